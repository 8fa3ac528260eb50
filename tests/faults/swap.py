"""Portfolios and models are swapped under people who ask: no error, and no answer that mixes two."""

from __future__ import annotations

import shutil
import threading
import time
from itertools import product
from pathlib import Path
from random import Random

from pretadepenser import demo, storage
from pretadepenser.credit.model import scoring, training
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Portfolio, import_batches
from tests.faults.flip import point
from tests.faults.ground import ADDRESSES, CLIENTS, Answer, Ground, Progress, Result, Visitor, silent


def swap_generations(
    visitor: Visitor, scratch: Path, users: int, swaps: int, seed: int, progress: Progress = silent
) -> list[Result]:
    """Swap between two portfolios and between two models at random, with the scores of all four pairs there.

    scratch: a folder for what is made on the way.
    """
    instance, random = visitor.server.instance, Random(seed)
    before = {name: (instance / name).readlink() for name in ("portfolio", "model")}
    portfolios, models = _others(instance, scratch)
    noted: dict[str, set[Answer]] = {path: set() for path in ADDRESSES}
    for portfolio, model in product(portfolios, models):
        point(instance, "portfolio", portfolio)
        point(instance, "model", model)
        for path, answer in visitor.everything().items():
            noted[path].add(answer)
    result = Result(f"portfolios and models swapped under {users} users", swaps)
    seen: list[tuple[str, Answer]] = []
    stop = threading.Event()

    def ask(own: Random) -> None:
        while not stop.is_set():
            path = own.choice(ADDRESSES)
            try:
                seen.append((path, visitor.ask(path)))
            except OSError as error:
                result.wrong.append(f"{path}: {error!r}")

    threads = [threading.Thread(target=ask, args=(Random(f"{seed} {user}"),)) for user in range(users)]
    for thread in threads:
        thread.start()
    try:
        for number in range(swaps):
            time.sleep(random.uniform(0.0, 0.1))
            name, folders = random.choice((("portfolio", portfolios), ("model", models)))
            point(instance, name, random.choice(folders))
            progress("swap", (number + 1) / swaps)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    for path, answer in seen:
        if answer not in noted[path]:
            result.wrong.append(f"{path}: {answer[0]}, of no pair of portfolio and model")
    if len({answer for path, answer in seen if path == ADDRESSES[0]}) < 2:
        result.wrong.append("only one portfolio and model was ever seen")
    result.told = f"{len(seen)} answers"
    for name, folder in before.items():
        point(instance, name, instance / folder)
    return [result]


def _others(instance: Path, scratch: Path) -> tuple[list[Path], list[Path]]:
    """Folders of two portfolios and of two models in `instance`, with the scores of all pairs beside them."""
    other = Ground(instance, "").copy(scratch / "other").instance
    import_batches(demo.batches(CLIENTS, 4), other, fictitious=True)
    training.train(other)
    folders: dict[str, list[Path]] = {}
    for name in ("portfolio", "model"):
        fresh = storage.current(other, name)
        assert fresh
        folders[name] = [(instance / name).resolve(), instance / fresh.name]
        shutil.copytree(fresh, instance / fresh.name)
    pairs = product(map(Portfolio.open, folders["portfolio"]), map(Model.load, folders["model"]))
    for number, (portfolio, model) in enumerate(pairs):
        made = scratch / f"scores-{number}"
        scoring.score_portfolio(model, portfolio, made)
        shutil.copytree((made / scoring.SCORES).resolve(), instance / f"{scoring.SCORES}.pair-{number}")
    return folders["portfolio"], folders["model"]
