"""`make bench`: speed, memory and honesty of the application, as medians and ratios measured in one run.

Timings on shared machines are noisy: read the ratios. Everything runs on fictitious clients made for the
occasion, or on the clients of a folder (`--data`), in a temporary folder; the instance in use is not touched.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench import (
    browser,
    engines,
    honesty,
    journal,
    learning,
    levers,
    pages,
    replay,
    scale,
    servers,
    serving,
    stability,
)
from tests.bench.ground import Ground, make_ground
from tests.bench.recompute import report

PARTS: dict[str, Callable[[Ground], None]] = {
    "pages": pages.run,
    "serving": serving.run,
    "servers": servers.run,
    "journal": journal.run,
    "browser": browser.run,
    "honesty": honesty.run,
    "levers": levers.run,
    "scale": scale.run,
    "learning": learning.run,
    "stability": stability.run,
    "replay": replay.run,
    "recompute": report.run,
    "engines": engines.run,
}


def main() -> None:
    """Run the parts that are asked for (all by default) on a fresh ground."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help="parts to run (default: all)")
    parser.add_argument(
        "--clients", type=int, default=20_000, help="clients of the portfolio (default: 20000)"
    )
    parser.add_argument(
        "--data", type=Path, help="folder of clients in Kaggle's layout (default: fictitious)"
    )
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="*",
        default=[5_000, 300_000, 2_000_000],
        help="portfolios of the parts scale and learning",
    )
    parser.add_argument(
        "--multiples",
        type=float,
        nargs="*",
        default=[1, 4, 10],
        help="sizes of the part engines, in times Kaggle's 356,255 clients (0.02: 7,125 of them)",
    )
    parser.add_argument(
        "--works",
        choices=engines.WORKS,
        nargs="*",
        default=engines.WORKS,
        help="what the part engines compares (default: all)",
    )
    parser.add_argument(
        "--drawn",
        type=Path,
        help="folder of `python -m pretadepenser.demo` for the part engines (default: drawn anew)",
    )
    options = parser.parse_args()
    if unknown := set(options.parts) - PARTS.keys():
        parser.error(f"unknown part: {', '.join(unknown)} (parts: {', '.join(PARTS)})")
    with tempfile.TemporaryDirectory(prefix="pretadepenser-bench-") as folder:
        ground = make_ground(Path(folder), options.clients, tuple(options.sizes), options.data)
        ground = dataclasses.replace(
            ground, multiples=tuple(options.multiples), works=tuple(options.works), drawn=options.drawn
        )
        for name in options.parts or PARTS:
            PARTS[name](ground)


if __name__ == "__main__":
    main()
