"""What the journal costs: client pages a second with it and without, two real servers in turns, one run.

Without: a client is noted among those looked at last, as before there was a journal, and commits are not
flushed to the disk. The ratio is the median of the turns': whatever else the machine does strikes both.
"""

from __future__ import annotations

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np

from pretadepenser.credit.portfolio import current_portfolio
from pretadepenser.records import journal
from pretadepenser.records.database import Database
from tests.bench.ground import PASSWORD, USER, Ground, line, median, title
from tests.bench.serving import Load, _ask
from tests.web.test_gunicorn import configured, start

# Short turns, many of them: a machine that gets slower meanwhile strikes both sides alike.
TURNS = 90
EACH = 32
MOST = 0.10
WITHOUT = """
from flask_login import current_user
from flask import request
from pretadepenser.records import database as _database, recents
_database.SYNCHRONOUS = "NORMAL"
def _before(kind):
    if request.endpoint == "clients.decision":
        recents.remember(trail.database(), current_user.id, request.view_args["number"])
trail._write = _before
"""


def run(ground: Ground) -> None:
    """Ask for the same pages of both, turn by turn, as 1 and as 8 users."""
    portfolio = current_portfolio(ground.instance)
    assert portfolio
    numbers = np.random.default_rng(2).choice(portfolio.numbers(), EACH).tolist()
    folder = ground.instance.parent
    title("The journal, gunicorn with 2 workers: client pages a second, median of turns")
    with ExitStack() as stack:
        loads = {}
        for name, lines in (("with", ""), ("without", WITHOUT)):
            own = Path(shutil.copytree(ground.instance, folder / name / "instance", symlinks=True))
            server = start(own, configured(folder / f"{name}.py", lines))
            stack.callback(server.process.wait, 40)
            stack.callback(server.process.terminate)
            server.wait()
            assert server.sign_in(USER, PASSWORD) == 303
            loads[name] = Load(server, numbers, "")
        for users in (1, 8):
            _turns(loads, users)
        _entry_alone(loads["with"].server.instance)


def _turns(loads: dict[str, Load], users: int) -> None:
    rates: dict[str, list[float]] = {name: [] for name in loads}
    work: dict[str, list[float]] = {name: [] for name in loads}
    for turn in range(TURNS + 1):
        for name in sorted(loads, reverse=bool(turn % 2)):
            before = _processor(loads[name])
            rates[name].append(_rate(loads[name], users))
            work[name].append((_processor(loads[name]) - before) / EACH)
    # The first turn warms both up.
    kept = {name: found[1:] for name, found in rates.items()}
    ratio = median([one / other for one, other in zip(kept["with"], kept["without"], strict=True)])
    verdict = "within 10 %" if ratio >= 1 - MOST else "TOO MUCH"
    # A turn is short beside the ticks in which the kernel counts: all of them together are not.
    spent = {name: sum(found[1:]) / TURNS for name, found in work.items()}
    line(
        f"{users} users: with, without, ratio",
        *(f"{median(kept[name]):.0f}/s" for name in ("with", "without")),
        f"{ratio:.3f}",
        verdict,
    )
    line(
        "  processor time a page: with, without, ratio",
        *(f"{spent[name]:.2f} ms" for name in ("with", "without")),
        f"{spent['with'] / spent['without']:.3f}",
    )


def _processor(load: Load) -> float:
    """Milliseconds of processor that the workers of a server have taken so far, whatever else ran beside."""
    ticks = 0
    for worker in load.server.workers():
        fields = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return 1000 * ticks / os.sysconf("SC_CLK_TCK")


def _rate(load: Load, users: int) -> float:
    asked = load.clients(EACH)
    shares = [asked[index::users] for index in range(users)]
    begun = time.perf_counter()
    with ThreadPoolExecutor(users) as pool:
        list(pool.map(partial(_ask, load), shares))
    return len(asked) / (time.perf_counter() - begun)


def _entry_alone(instance: Path) -> None:
    database = Database(f"sqlite:///{instance}/pretadepenser.sqlite")
    found = journal.verify(database)
    begun = time.perf_counter()
    for _ in range(200):
        journal.append(database, journal.Kind.OPENED, "bench", 157_083, page="clients.decision")
    taken = 1000 * (time.perf_counter() - begun) / 200
    line(
        "one entry, flushed to the disk; entries that the pages wrote", f"{taken:.2f} ms", f"{found.entries}"
    )
