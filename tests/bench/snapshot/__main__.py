"""Everything that the application answers, written to a folder, to see that a change changed nothing.

Once, with the code before the change, make an instance by the command line (a minute):

    python -m tests.bench.snapshot --prepare --instance /tmp/instance

Then write down what the code before and the code after answer, each from the root of its own checkout (four
minutes), and compare. A checkout without this command finds it where another one stands in PYTHONPATH:

    python -m tests.bench.snapshot --instance /tmp/instance --output /tmp/before
    python -m tests.bench.snapshot --instance /tmp/instance --output /tmp/after
    python -m tests.bench.snapshot --compare /tmp/before /tmp/after

The last command lists the files that differ with the first lines that do, and ends with 1 if there are any;
`diff -r /tmp/before /tmp/after` shows the rest. The instance is copied before it is asked, never changed, and
both versions find the same passwords, token and clients in it (folder `snapshot`).

One file an answer. Pages and API: method and address, status, the headers that matter, the body; every SVG
and CSV that a page links to is asked for too, and every form whose action is a CSV is sent. Commands: what
they print and write. `files`: what is on disk after a training and an import of the code's own. Binary files
stand as their SHA-256, a PDF as its text, Parquet as CSV.

Left out is what differs between two runs of the same code (CSRF tokens, moments, durations, passwords,
temporary names) and what no browser shows: spaces between blocks of HTML, and the hash in the address of a
static file, whose content is written down itself.

Only `create_app`, the command line, addresses and files are used, so that the code may be laid out anew.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.bench.snapshot import commands, compare, ground, pages
from tests.bench.snapshot.answers import Book

# Fewer would not be the promised proof: something is wrong with the instance or the code.
LEAST = 100


def main() -> int:
    """Prepare, write down or compare, as the arguments ask. Gives the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.snapshot",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--instance", type=Path, help="the instance folder made by --prepare")
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument("--prepare", action="store_true", help="make the instance")
    task.add_argument("--output", type=Path, metavar="FOLDER", help="write what this code answers")
    task.add_argument("--compare", type=Path, nargs=2, metavar=("A", "B"), help="say what differs")
    options = parser.parse_args()
    if options.compare:
        return compare.compare(*options.compare)
    if options.instance is None:
        parser.error("--instance is missing")
    ground.forget_settings()
    if options.prepare:
        ground.prepare(options.instance)
        return 0
    return write(options.instance, options.output)


def write(instance: Path, folder: Path) -> int:
    """Write all answers of the code in use to a new `folder`; 1 where they are too few or a page fails."""
    book = Book(folder)
    plan = ground.read_plan(instance)
    with ground.copied(instance) as copy:
        pages.ask(copy, plan, book)
        commands.run(copy, book)
    with ground.fresh() as empty:
        commands.grow(empty, book)
    with ground.fresh() as empty:
        commands.import_clients(empty, instance, book)
    sys.stdout.write(
        f"{ground.ROOT}: {book.written} answers in {folder}, {book.pages} pages, "
        f"{len(book.failures)} of them with status 500.\n"
    )
    sys.stdout.writelines(f"  500: {name}\n" for name in book.failures)
    return int(book.pages < LEAST or bool(book.failures))


if __name__ == "__main__":
    sys.exit(main())
