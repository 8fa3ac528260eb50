"""Whether decisions can be replayed: a thousand, by three models on two portfolios, after all are replaced.

The life of a lender in short: portfolios are imported and models trained in turn, and people decide between
them. In the end neither a model nor a portfolio that a decision saw need be in place any more.
"""

from __future__ import annotations

import time
from pathlib import Path

from flask import Flask

from pretadepenser import create_app, demo
from pretadepenser.credit.model import training
from pretadepenser.credit.model.scoring import current_model
from pretadepenser.credit.portfolio import current_portfolio, import_batches
from pretadepenser.credit.recourse.decision import Decided
from pretadepenser.demo.histories import histories
from pretadepenser.money import using
from pretadepenser.records import deciding, decisions, users
from pretadepenser.records.deciding import Desk
from pretadepenser.records.decisions import Person, Verdict
from tests.bench.ground import Ground, line, median, title

CLIENTS = 3000
DECISIONS = 1000
# Portfolios by seed: the first has credit histories; on the third a model is trained, nobody decides.
FIRST, SECOND, THIRD = 1, 2, 3
# What happens: a portfolio is imported, a model trained on it (True), people decide (True).
LIFE = (
    (FIRST, True, True), (SECOND, False, True), (SECOND, True, True), (FIRST, False, True),
    (THIRD, True, False), (FIRST, False, True), (SECOND, False, True), (THIRD, False, False),
    (THIRD, True, False), (THIRD, True, False),
)  # fmt: skip


def run(ground: Ground) -> None:
    """Decide, replace everything, replay all by the command, and say how many are the same."""
    instance = ground.instance.parent / "replay"
    instance.mkdir()
    app = create_app({"INSTANCE": instance, "TESTING": True})
    database = app.extensions["database"]
    database.upgrade()
    added = users.add_user(database, "agathe", "conseiller", "un mot de passe d'essai")
    author = Person(added.id, added.name)
    turns = sum(decide for *_, decide in LIFE)
    taken: list[float] = []
    pairs: set[tuple[str, str]] = set()
    for portfolio, train, decide in LIFE:
        told = histories(CLIENTS, portfolio) if portfolio == FIRST else {}
        import_batches(demo.batches(CLIENTS, portfolio), instance, fictitious=True, histories=told)
        if train:
            training.train(instance)
        if decide:
            # What is left, over the turns that are left.
            taken += _decide(app, author, pairs, -(-(DECISIONS - len(taken)) // (turns - len(pairs))))
    title(f"Replay of {len(taken):,} decisions, all generations that they saw replaced since")
    line("models, portfolios", *(str(len(set(each))) for each in zip(*pairs, strict=True)))
    line("freeze the advice, keep its model, write the decision: median", f"{median(taken):.1f} ms")
    begun = time.perf_counter()
    done = app.test_cli_runner().invoke(args=["journal", "replay", "--all"])
    seconds = time.perf_counter() - begun
    line("replayed by the command", f"{len(taken) / seconds:,.0f} a second")
    line("the archive", f"{_size(instance / 'archive') / 1e6:.1f} MB")
    line(f"the command says (exit code {done.exit_code}): {done.stdout.strip().splitlines()[-1]}")


def _decide(app: Flask, author: Person, pairs: set[tuple[str, str]], count: int) -> list[float]:
    """Write decisions on the first clients of the portfolio in place; milliseconds of each."""
    instance: Path = app.config["INSTANCE"]
    model, portfolio = current_model(instance), current_portfolio(instance)
    assert model
    assert portfolio
    pairs.add((model.sha256, portfolio.sha256))
    desk = Desk(instance, model, portfolio, app.config)
    taken = []
    for number in portfolio.numbers()[:count].tolist():
        client = portfolio.client(number)
        assert client
        begun = time.perf_counter()
        with using(portfolio.money):
            prepared = deciding.prepare(desk, client, Decided(Verdict.ASK))
        decisions.add(
            app.extensions["database"], f"{len(pairs)} {number}", author, number, Verdict.ASK,
            prepared.content, waiting=prepared.waiting,
        )  # fmt: skip
        taken.append(1000 * (time.perf_counter() - begun))
    return taken


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
