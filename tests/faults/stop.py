"""The database goes or waits and workers are stopped: nothing is lost, and all is well once they are back."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from random import Random

from tests.faults.ground import (
    ADDRESSES,
    API,
    CLIENT,
    DATABASE,
    Answer,
    Progress,
    Result,
    Visitor,
    integrity,
    silent,
    wrong,
)


def stop_things(visitor: Visitor, rounds: int, seed: int, progress: Progress = silent) -> list[Result]:
    """Take the database away, lock it and stop workers, `rounds` times each."""
    random, right = Random(seed), visitor.everything()
    results = []
    for what, blow in (
        ("the database taken away, workers begun anew, and put back", _gone),
        ("the database locked for up to two seconds under six requests", _locked),
        ("one worker stopped (SIGSTOP), continued after ten requests", _one_stopped),
        ("both workers stopped under six requests, continued after up to a second", _all_stopped),
    ):
        result = Result(what, rounds)
        for number in range(rounds):
            result.wrong += blow(visitor, random, right)
            again = visitor.everything()
            result.wrong += [f"{path} afterwards" for path in right if again[path] != right[path]]
            progress(f"stop: {what}", (number + 1) / rounds)
        result.wrong += integrity(visitor.server.instance)
        results.append(result)
    return results


def _gone(visitor: Visitor, random: Random, right: dict[str, Answer]) -> list[str]:
    """Where the file was is a folder; workers that begin then have never seen the file."""
    file = visitor.server.instance / DATABASE
    workers = visitor.server.wait_for_workers()
    kept = file.parent / "kept"
    kept.mkdir()
    for path in file.parent.glob(f"{file.name}*"):
        path.rename(kept / path.name)
    file.mkdir()
    try:
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        visitor.server.wait_for_workers(gone=workers)
        found = [one for path in ("/", *ADDRESSES) for one in wrong(path, visitor.ask(path), [])]
        found += [
            f"{path} needs no database"
            for path in ("/healthz", "/accessibilite")
            if visitor.ask(path)[0] != 200
        ]
        return found + ([] if visitor.ask("/readyz")[0] == 503 else ["/readyz without a database"])
    finally:
        file.rmdir()
        for path in kept.iterdir():
            path.rename(file.parent / path.name)
        kept.rmdir()


def _locked(visitor: Visitor, random: Random, right: dict[str, Answer]) -> list[str]:
    """Another writer takes its time: everybody waits and nobody is refused."""
    with closing(sqlite3.connect(visitor.server.instance / DATABASE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        return _meanwhile(visitor, right, random.uniform(0.1, 2.0), lambda: other.execute("ROLLBACK"))


def _one_stopped(visitor: Visitor, random: Random, right: dict[str, Answer]) -> list[str]:
    victim = random.choice(sorted(visitor.server.wait_for_workers()))
    os.kill(victim, signal.SIGSTOP)
    try:
        found = []
        for path in [CLIENT, API] * 5:
            try:
                found += wrong(path, visitor.ask(path, wait=5), [right[path]])
            except OSError as error:
                found.append(f"{path}: {error!r} with one worker stopped")
        return found
    finally:
        os.kill(victim, signal.SIGCONT)


def _all_stopped(visitor: Visitor, random: Random, right: dict[str, Answer]) -> list[str]:
    workers = visitor.server.wait_for_workers()

    def send(number: int) -> None:
        for worker in workers:
            os.kill(worker, number)

    send(signal.SIGSTOP)
    found = _meanwhile(visitor, right, random.uniform(0.1, 1.0), lambda: send(signal.SIGCONT))
    return found + ([] if visitor.server.workers() == workers else ["a worker that was stopped has gone"])


def _meanwhile(
    visitor: Visitor, right: dict[str, Answer], seconds: float, release: Callable[[], object]
) -> list[str]:
    """Ask six times at once, release after some seconds what holds them, and compare the answers."""
    found = []
    with ThreadPoolExecutor(6) as pool:
        asked = [(path, pool.submit(visitor.ask, path)) for path in [API, CLIENT] * 3]
        time.sleep(seconds)
        release()
        for path, answer in asked:
            try:
                if answer.result() != right[path]:
                    found.append(f"{path}: {answer.result()[0]} after waiting")
            except OSError as error:
                found.append(f"{path}: {error!r}")
    return found
