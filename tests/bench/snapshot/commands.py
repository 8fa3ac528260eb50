"""What the command line prints and writes, and what it leaves on the disk."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet

from tests.bench.snapshot import pages
from tests.bench.snapshot.answers import Book, digest, file_name
from tests.bench.snapshot.ground import CLIENTS, FOLDER, flask

HELP = (
    ("database",),
    ("model",),
    ("portfolio",),
    ("token",),
    ("user",),
    ("score",),
    ("model", "card"),
    ("model", "train"),
    ("portfolio", "demo"),
    ("portfolio", "import"),
    ("portfolio", "compare"),
    ("user", "add"),
)
# Moments, durations and versions of a run, in the JSON of portfolios and models.
PASSING = frozenset({"imported_at", "trained_at", "seconds", "versions"})


def run(instance: Path, book: Book) -> None:
    """Run the commands on an instance that is complete."""
    for words in HELP:
        _say(book, instance, *words, "--help")
    for words in (("user", "list"), ("token", "list"), ("model", "card"), ("model", "inconnu")):
        _say(book, instance, *words)
    few = _few(instance)
    for written, show in (("scores.csv", _text), ("scores.parquet", _table)):
        _score(book, instance, few, few.with_name(written), show)
    whole = instance / FOLDER / CLIENTS
    _score(book, instance, whole, few.with_name("whole.csv"), _text, "--no-reasons")
    _say(book, instance, "score", str(few.with_name("absent.csv")), "--output", "absent.parquet")
    _say(book, instance, "score", str(few), "--output", str(few.with_name("scores.txt")))
    broken = few.with_name("broken.csv")
    broken.write_text(few.read_text("utf-8").replace("Cash loans", "Inconnu", 2), "utf-8")
    _score(book, instance, broken, few.with_name("none.csv"), _text)
    _say(book, instance, "portfolio", "import", str(instance / "absent"))
    _say(book, instance, "user", "password", "auditeur", "--generate")
    _say(book, instance, "user", "add", "auditeur", "--role", "auditeur", "--generate")
    _say(book, instance, "user", "disable", "auditeur")
    _say(book, instance, "token", "add", "autre")
    _say(book, instance, "token", "revoke", "autre")
    _say(book, instance, "token", "revoke", "inconnu")
    with sqlite3.connect(instance / "pretadepenser.sqlite") as database:
        schema = database.execute("select sql from sqlite_master where sql is not null order by name")
        book.write("files/database", "\n".join(sql for (sql,) in schema))


def grow(instance: Path, book: Book) -> None:
    """Make an instance step by step, and ask it for pages between the steps."""
    _say(book, instance, "user", "list")  # without its tables
    _say(book, instance, "database", "upgrade")
    printed = _say(
        book,
        instance,
        "user",
        "add",
        "conseiller",
        "--role",
        "conseiller",
        "--generate",
        "--permanent",
    )
    password = printed.split()[-1]
    _say(book, instance, "model", "train")
    _say(book, instance, "model", "card")
    pages.ask_unfinished(instance, password, book, "without portfolio")
    _say(book, instance, "portfolio", "demo", "--clients", "3000", "--seed", "3")
    pages.ask_unfinished(instance, password, book, "without model")
    _say(book, instance, "model", "train")
    _files(book, instance, "made")


def import_clients(instance: Path, prepared: Path, book: Book) -> None:
    """Import the clients of a prepared instance from their CSV, and train on them."""
    _say(book, instance, "portfolio", "import", str(prepared / FOLDER))
    _say(book, instance, "model", "train")
    _files(book, instance, "imported")


def _say(book: Book, instance: Path, *words: str) -> str:
    """Write down what a command prints and how it ends; give what it printed."""
    done = flask(instance, *words)
    said = [f"flask {' '.join(words)}", f"status {done.returncode}", "", done.stdout]
    said += ["-- standard error", done.stderr] if done.stderr else []
    book.write(f"commands/{file_name(' '.join(words))}", "\n".join(said))
    return done.stdout


def _score(
    book: Book, instance: Path, clients: Path, written: Path, show: Callable[[Path], str], *options: str
) -> None:
    _say(book, instance, "score", str(clients), "--output", str(written), *options)
    book.write(f"commands/{written.name}", show(written) if written.exists() else "(not written)")


def _few(instance: Path, rows: int = 200) -> Path:
    """A file of the portfolio's first clients."""
    whole = instance / FOLDER / CLIENTS
    few = whole.with_name("few.csv")
    with whole.open(encoding="utf-8") as file:
        few.write_text("".join(line for line, _ in zip(file, range(rows + 1), strict=False)), "utf-8")
    return few


def _text(path: Path) -> str:
    return path.read_text("utf-8")


def _table(path: Path) -> str:
    """A Parquet file as CSV, its schema first."""
    table = pyarrow.parquet.read_table(path)
    rows = [table.schema.names, *(row.values() for row in table.to_pylist())]
    schema = [f"{field.name}: {field.type}" for field in table.schema]
    with path.with_suffix(".parquet.csv").open("w+", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
        file.seek(0)
        return "\n".join([*schema, "", file.read()])


def _files(book: Book, instance: Path, name: str) -> None:
    """Names of all that an instance holds, and the content of what commands publish in it."""
    # SQLite's own files beside the database come and go with its connections.
    held = sorted(path for path in instance.iterdir() if ".sqlite-" not in path.name)
    book.write(f"files/{name}/instance", "\n".join(f"{path.name} {_mode(path)}" for path in held))
    for published in ("portfolio", "model", "scores"):
        for path in sorted((instance / published).iterdir()):
            content = _json(path) if path.suffix == ".json" else _binary(path)
            book.write(f"files/{name}/{published}/{path.name}", content)


def _mode(path: Path) -> str:
    return f"{path.stat().st_mode & 0o777:o}"


def _json(path: Path) -> str:
    """A JSON file, one value a line and keys in their order."""

    def constant(value: Any) -> Any:
        if isinstance(value, list):
            return [constant(one) for one in value]
        if isinstance(value, dict):
            return {key: "…" if key in PASSING else constant(one) for key, one in value.items()}
        return value

    return json.dumps(constant(json.loads(path.read_text("utf-8"))), ensure_ascii=False, indent=1)


def _binary(path: Path) -> str:
    content = path.read_bytes()
    return f"{len(content)} bytes, SHA-256 {digest(content)}"
