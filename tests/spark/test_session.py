"""Without Spark, or with one that fails: one French sentence each, and nothing of Java on the terminal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet
import pytest

from pretadepenser import create_app
from pretadepenser.credit.portfolio import current_portfolio, import_folder
from pretadepenser.spark.session import SparkError, told
from tests.spark.cluster import free_port, needed
from tests.unit import made_up

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

REPO = Path(__file__).parents[2]
IMPORT = ("portfolio", "import", "/nulle/part", "--engine", "spark")


def said(instance: Path, *arguments: str) -> str:
    """What a command that must fail says."""
    done = create_app({"INSTANCE": instance}).test_cli_runner().invoke(args=arguments)
    assert done.exit_code == 1, done.output
    return done.output


def test_without_pyspark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    assert said(tmp_path, *IMPORT) == (
        "Erreur : Il manque PySpark pour travailler avec Spark : installez l’extra « spark » "
        "(pip install --editable '.[spark]').\n"
    )


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No session is open; PySpark and Java are there."""
    needed()
    monkeypatch.setattr("pyspark.sql.SparkSession.getActiveSession", lambda: None)


@pytest.mark.usefixtures("alone")
def test_without_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nulle/part")
    assert said(tmp_path, *IMPORT) == (
        "Erreur : Spark demande Java 17 ou plus récent, et il n’est pas dans JAVA_HOME (/nulle/part) : "
        "installez-le (apt install default-jre-headless), ou indiquez son dossier dans JAVA_HOME.\n"
    )
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "et il est introuvable : installez-le (apt install default-jre-headless)" in said(
        tmp_path, *IMPORT
    )


@pytest.mark.usefixtures("alone")
def test_without_a_master(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("SPARK_MASTER", f"spark://127.0.0.1:{port}")
    assert said(tmp_path, *IMPORT) == (
        f"Erreur : Aucun maître Spark ne répond à spark://127.0.0.1:{port} : démarrez-le, ou corrigez "
        "SPARK_MASTER (spark://machine:7077, local[*], yarn, k8s://…).\n"
    )


def test_pyspark_is_imported_only_when_asked_for() -> None:
    """All commands, the room of Spark included, load without it."""
    program = (
        "import sys, pretadepenser.cli, pretadepenser.spark.session\n"
        "import pretadepenser.spark.importing, pretadepenser.spark.scoring\n"
        "print('pyspark' in sys.modules, 'py4j' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPO, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False False\n"


@dataclass(frozen=True)
class Own:
    """A command that has had a session of its own, on this machine: what it read, and where it put it."""

    source: Path
    instance: Path
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def own(settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Own:
    """An import of forty clients by `flask`, Java and all."""
    needed()
    folder = tmp_path_factory.mktemp("own")
    source, instance = folder / "source", folder / "instance"
    source.mkdir()
    pa.parquet.write_table(made_up.text(made_up.table(40)), source / "application_train.parquet")
    # The workers' cores are those of the tests' own session: this one asks for this machine.
    environment = (
        os.environ
        | settings
        | {
            "SPARK_MASTER": "local[1]",
            "PRETADEPENSER_INSTANCE": str(instance),
            "PYTHONPATH": str(REPO),
        }
    )
    flask = Path(sys.executable).with_name("flask")
    done = subprocess.run(
        [flask, "--app", "wsgi", "portfolio", "import", str(source), "--engine", "spark"],
        cwd=REPO, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Own(source, instance, done)


def test_a_command_of_its_own_is_quiet(own: Own) -> None:
    """Its steps on one stream, its result on the other: no word of Java on either."""
    assert own.done.returncode == 0
    assert own.done.stderr == (
        "Vérification des tables par Spark…\n"
        "Lecture de application_train.parquet…\n"
        "Écriture du portefeuille…\n"
        "Calcul des statistiques…\n"
        "Ceci n’est pas inscrit au journal : la base de données n’est pas prête (flask --app wsgi database "
        "upgrade).\n"
    )
    first, *others = own.done.stdout.splitlines()
    assert first.startswith("Portefeuille en place : 40\u00a0clients, 32\u00a0issues connues")
    assert [line.partition(" ")[0] for line in others] == ["Tables", "Montants", "Entraînez"]


def test_a_command_of_its_own_imports_the_very_portfolio(own: Own, tmp_path: Path) -> None:
    ordinary = import_folder(own.source, tmp_path)
    imported = current_portfolio(own.instance)
    assert imported
    assert (imported.folder / "clients.arrow").read_bytes() == (
        ordinary.folder / "clients.arrow"
    ).read_bytes()


def test_a_command_of_its_own_leaves_no_process(own: Own) -> None:
    # What Java has started ends a moment after it.
    end = time.monotonic() + 5
    while (left := _of(own.instance)) and time.monotonic() < end:
        time.sleep(0.1)
    assert left == []


def _of(instance: Path) -> list[bytes]:
    """The processes that were started with this instance."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is somebody else's
            if str(instance).encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes())
    return found


def test_a_lost_machine_is_told_and_another_takes_over(spark: SparkSession) -> None:
    """A process of Python that is killed is one sentence; the next work is done all the same."""

    def dies(batches):  # type: ignore[no-untyped-def]
        os.kill(os.getpid(), signal.SIGKILL)
        yield from batches

    with pytest.raises(SparkError) as caught, told():
        spark.range(4).mapInArrow(dies, "id long").toArrow()
    assert str(caught.value) == (
        "Spark a perdu une machine trop de fois, souvent faute de mémoire : donnez-en plus "
        "(spark.executor.memory, spark.executor.memoryOverhead ; spark.driver.memory pour local[*]), puis "
        "recommencez."
    )
    assert spark.range(4).count() == 4


def test_what_is_not_known_quotes_no_value(spark: SparkSession) -> None:
    with pytest.raises(SparkError) as caught, told():
        spark.sql("select cast('Dupont' as int)").collect()
    assert str(caught.value) == (
        "Spark n’a pas pu faire ce travail (CAST_INVALID_INPUT) : le journal de ses machines dit pourquoi ; "
        "rien n’a été changé."
    )
