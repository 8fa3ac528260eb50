"""The instance that is asked: made by the command line, and copied for every run."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc

import pretadepenser

ROOT = Path(pretadepenser.__file__).resolve().parents[1]
# Settings that are understood without the application's prefix.
ALIASES = ("DATABASE_URL", "HOST", "PORT", "WEB_CONCURRENCY")
ROLES = ("conseiller", "auditeur", "administrateur")
FOLDER = "snapshot"
PLAN = "plan.json"
CLIENTS = "application_train.csv"  # the name that an import looks for
TEMPORARY = "pretadepenser-snapshot-"
# Clients to look at: so many granted, refused, and near the limit.
OF_EACH_KIND = 4


@dataclass(frozen=True)
class Plan:
    """What both versions ask for: a password by role (also the user's name), a token, raw rows of clients."""

    passwords: Mapping[str, str]
    token: str
    clients: tuple[dict[str, Any], ...]


def forget_settings() -> None:
    """Take the caller's own settings out of the environment: only the instance's count."""
    for name in list(os.environ):
        if name.startswith("PRETADEPENSER_") or name in ALIASES:
            del os.environ[name]


def flask(instance: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `flask --app wsgi WORDS` of the code in use on an instance."""
    own = {"PRETADEPENSER_INSTANCE": str(instance), "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | own, capture_output=True, text=True, check=False
    )


def must(instance: Path, *words: str) -> str:
    """Run a command that must succeed, and give what it printed."""
    done = flask(instance, *words)
    if done.returncode:
        sys.exit(f"flask {' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def prepare(instance: Path) -> None:
    """Make the instance, and write the plan into it."""
    if instance.exists() and any(instance.iterdir()):
        sys.exit(f"{instance} is not empty: name a new folder.")
    must(instance, "database", "upgrade")
    must(instance, "portfolio", "demo", "--clients", "3000", "--seed", "3")
    must(instance, "model", "train")
    passwords = {
        role: must(instance, "user", "add", role, "--role", role, "--generate", "--permanent")
        for role in ROLES
    }
    token = must(instance, "token", "add", "agence")
    folder = instance / FOLDER
    folder.mkdir()
    table = _plain(next((instance / "portfolio").glob("*.arrow")))
    pa.csv.write_csv(table, folder / CLIENTS)
    chosen = _chosen(_scores(instance, folder / CLIENTS))
    rows = {row["SK_ID_CURR"]: row for row in table.to_pylist()}
    plan = {
        "passwords": {role: printed.split()[-1] for role, printed in passwords.items()},
        "token": token.split()[-1],
        "clients": [rows[number] for number in chosen],
    }
    (folder / PLAN).write_text(json.dumps(plan, ensure_ascii=False, indent=1), "utf-8")


def _plain(path: Path) -> pa.Table:
    """The stored clients, their categories as texts."""
    with pa.memory_map(str(path)) as file:
        table = pa.ipc.open_file(file).read_all()
    fields = [
        pa.field(field.name, field.type.value_type if pa.types.is_dictionary(field.type) else field.type)
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))


def _scores(instance: Path, clients: Path) -> list[dict[str, str]]:
    """A score for every client, as the command line writes them."""
    written = clients.with_name("scores.csv")
    must(instance, "score", str(clients), "--output", str(written), "--no-reasons")
    with written.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _chosen(scores: Sequence[Mapping[str, str]]) -> list[int]:
    """Numbers of clients granted, refused and near the limit, each from the worst score to the best."""
    kinds: dict[str, list[tuple[int, int]]] = {}
    for score in scores:
        kind = "close" if score["close"] == "true" else score["granted"]
        kinds.setdefault(kind, []).append((int(score["points"]), int(score["client"])))
    found = []
    for kind in ("true", "false", "close"):
        ranked = sorted(kinds[kind])
        # The ends are kept: the best and the worst score are pages of their own kind.
        steps = [round(step * (len(ranked) - 1) / (OF_EACH_KIND - 1)) for step in range(OF_EACH_KIND)]
        found += [ranked[step][1] for step in steps]
    return found


def read_plan(instance: Path) -> Plan:
    """Read what `prepare` wrote."""
    plan = json.loads((instance / FOLDER / PLAN).read_text("utf-8"))
    return Plan(plan["passwords"], plan["token"], tuple(plan["clients"]))


@contextmanager
def fresh() -> Iterator[Path]:
    """An instance folder that does not exist yet, deleted at the end."""
    with tempfile.TemporaryDirectory(prefix=TEMPORARY) as folder:
        yield Path(folder) / "instance"


@contextmanager
def copied(instance: Path) -> Iterator[Path]:
    """A copy of an instance, without the pictures that another version may have drawn into it."""
    with fresh() as copy:
        shutil.copytree(instance, copy, symlinks=True, ignore=shutil.ignore_patterns("pictures"))
        yield copy
