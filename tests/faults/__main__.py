"""`make bench-faults`: everything that tests/faults does in its short form, at length, on real servers.

Kills, flipped bits, full disks, stopped workers, swapped portfolios and models, slow sockets and hostile
inputs, each on an instance of its own in a temporary folder. Ends with a table for docs/reliability.md, and
with status 1 where something was lost or served wrongly.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from pretadepenser import create_app
from pretadepenser.records import users
from tests import postgresql
from tests.conftest import PASSWORD, USERS
from tests.faults import contract, decide, fill, flip, ground, hostile, kill, slow, stop, swap
from tests.faults.ground import Ground, Result

Kind = Callable[[Ground, argparse.Namespace], list[Result]]
SHOWN = 5


def main() -> int:
    """Run the kinds that are asked for (all by default); 1 where something went wrong."""
    parser = argparse.ArgumentParser(prog="make bench-faults", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)} (default: all)")
    parser.add_argument("--kills", type=int, default=1000, help="processes killed (default: 1000)")
    parser.add_argument("--inputs", type=int, default=10_000, help="hostile inputs (default: 10000)")
    parser.add_argument("--flips", type=int, default=300, help="bits changed (default: 300)")
    parser.add_argument("--fills", type=int, default=100, help="commands on a full disk (default: 100)")
    parser.add_argument("--stops", type=int, default=20, help="times each thing is stopped (default: 20)")
    parser.add_argument("--swaps", type=int, default=200, help="swaps under eight users (default: 200)")
    parser.add_argument("--decisions", type=int, default=500, help="decisions of people (default: 500)")
    parser.add_argument("--sockets", type=int, default=500, help="slow sockets (default: 500)")
    parser.add_argument("--seed", type=int, default=1, help="what is drawn (default: 1)")
    options = parser.parse_args()
    if unknown := set(options.kinds) - KINDS.keys():
        parser.error(f"unknown kind: {', '.join(sorted(unknown))}")
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="pretadepenser-faults-") as folder:
        sound = ground.make(Path(folder) / "sound")
        for name in options.kinds or KINDS:
            begun = time.monotonic()
            (Path(folder) / name).mkdir()
            results += KINDS[name](sound.copy(Path(folder) / name / "instance"), options)
            _say(f"\r{name:<10}{time.monotonic() - begun:>8.0f} s{'':<60}")
    _say(f"\n{table(results)}")
    for result in results:
        for what in result.wrong[:SHOWN]:
            _say(f"\n{result.what}: {what}")
    return int(any(result.wrong for result in results))


def table(results: Sequence[Result]) -> str:
    """What was tried, how often, and what went wrong, in Markdown."""
    head = "| what was done | how often | lost or wrong | |\n| --- | ---: | ---: | --- |\n"
    return head + "".join(
        f"| {one.what} | {one.tried} | {len(one.wrong)} | {one.told} |\n" for one in results
    )


def _kill(own: Ground, options: argparse.Namespace) -> list[Result]:
    # Most are commands, which are the ones that write; a server takes some seconds to begin again.
    masters, workers, prepares = options.kills // 50, options.kills // 10, options.kills // 50
    commands = options.kills - masters - workers - prepares
    return [
        *kill.kill_commands(own, commands, options.seed, _progress),
        *kill.kill_servers(own, workers, masters, options.seed, _progress),
        *kill.kill_prepare(own.instance.parent, prepares, options.seed, _progress),
    ]


def _flip(own: Ground, options: argparse.Namespace) -> list[Result]:
    with own.served() as visitor:
        return flip.flip_bits(visitor, options.flips, options.seed, _progress)


def _fill(own: Ground, options: argparse.Namespace) -> list[Result]:
    return fill.fill_disk(own, own.instance.parent, options.fills, options.seed, _progress)


def _stop(own: Ground, options: argparse.Namespace) -> list[Result]:
    with own.served() as visitor:
        return stop.stop_things(visitor, options.stops, options.seed, _progress)


def _swap(own: Ground, options: argparse.Namespace) -> list[Result]:
    with own.served() as visitor:
        return swap.swap_generations(visitor, own.instance.parent, 8, options.swaps, options.seed, _progress)


def _decide(own: Ground, options: argparse.Namespace) -> list[Result]:
    # A third of the kills strike people who decide; some of these whole servers, which take seconds to begin.
    kills = max(1, options.kills * 3 // 10)
    masters = max(1, kills // 30)
    blows: dict[str, tuple[decide.Blow, int]] = {
        "a worker killed while people decide": (decide.kill_worker, kills - masters),
        "a server killed while people decide": (decide.kill_master, masters),
        "the database stopped while people decide": (decide.stop_database, max(1, options.stops // 2)),
    }
    results = []
    grounds = {"SQLite": own, "PostgreSQL": own.copy(own.instance.parent / "postgresql")}
    for name, ground_of in grounds.items():
        if name == "PostgreSQL" and not postgresql.PROGRAMS:
            _say("PostgreSQL is not installed (apt install postgresql): decisions are tried on SQLite alone.")
            continue
        with ExitStack() as stack:
            server = stack.enter_context(postgresql.running(durable=True)) if name == "PostgreSQL" else None
            bank = stack.enter_context(decide.opened(ground_of, server))
            found = decide.decide(bank, options.decisions, blows, options.seed, _progress)
        results += [replace(one, what=f"{one.what} ({name})") for one in found]
    return results


def _slow(own: Ground, options: argparse.Namespace) -> list[Result]:
    with own.served() as visitor:
        return slow.slow_sockets(visitor, options.sockets, 2.0, 20.0, _progress)


def _hostile(own: Ground, options: argparse.Namespace) -> list[Result]:
    app = create_app({"INSTANCE": own.instance, "API_REQUESTS": 1_000_000})
    for name, role in USERS.items():
        if name == ground.USER:
            users.set_password(app.extensions["database"], name, PASSWORD)
        else:
            users.add_user(app.extensions["database"], name, role, PASSWORD)
    results = [
        *hostile.assail(app, options.inputs * 7 // 10, options.seed, _progress),
        *contract.hold_to_contract(app, options.inputs * 2 // 10, options.seed, _progress),
    ]
    users.set_password(app.extensions["database"], ground.USER, ground.PASSWORD)
    with own.served() as visitor:
        return results + hostile.assail_sockets(visitor, options.inputs // 10, options.seed, _progress)


KINDS: dict[str, Kind] = {
    "kill": _kill,
    "flip": _flip,
    "fill": _fill,
    "stop": _stop,
    "swap": _swap,
    "decide": _decide,
    "slow": _slow,
    "hostile": _hostile,
}


def _progress(what: str, share: float) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{what[:60]:<60} {share:>5.0%}")
        sys.stderr.flush()


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 (a report on the terminal)


if __name__ == "__main__":
    sys.exit(main())
