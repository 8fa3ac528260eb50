"""A session with Spark: started when asked for, quiet, with our own code on its machines, and ended.

What goes wrong there is a Java trace of a hundred lines; `told` makes one French sentence of it. A trace may
quote values of clients: none is ever shown, and what Spark's Java process writes on the terminal is dropped.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from pretadepenser.errors import ToldError

if TYPE_CHECKING:
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

MASTER: Final = "SPARK_MASTER"
LOCAL: Final = "local[*]"
# Seconds to wait for a machine of the cluster to say that it is there, and then for it to begin to work.
ANSWER: Final = 5.0
EXECUTOR: Final = 60.0
_PACKAGE: Final = Path(__file__).parents[1]
# The code that rows need where they are: pages, commands and pictures stay here.
_SHIPPED: Final = ("__init__.py", "errors.py", "french.py", "money.py", "storage.py", "speech.py")
_ROOMS: Final = ("credit", "spark")


class SparkError(ToldError):
    """Spark cannot do what it was asked to; the message says in French why and what to do."""


@contextmanager
def session(master: str | None = None) -> Iterator[SparkSession]:
    """Yield a session on `master` (None: SPARK_MASTER, or all cores of this machine), ended with the block.

    Where a session is open already it is taken as it is, and stays open. Raises SparkError, saying what to
    install or to set, when there is none to be had; errors of the block are those of `told`.
    """
    try:
        from pyspark import SparkContext
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise SparkError(
            "Il manque PySpark pour travailler avec Spark : installez l’extra « spark » "
            "(pip install --editable '.[spark]')."
        ) from error
    # It says so on the terminal; no frame of pandas is made here (`mapInArrow`).
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    if (opened := SparkSession.getActiveSession()) is not None:
        with told():
            yield opened
        return
    where = master or os.environ.get(MASTER) or LOCAL
    _check_java()
    _check_answers(where)
    with (
        tempfile.TemporaryDirectory(prefix="pretadepenser-spark-") as folder,
        _java(where) as (conf, java),
        # Inside of `_java`: what an error says is asked of its process.
        told(where),
    ):
        context = SparkContext(conf=conf, gateway=java)
        try:
            # What PySpark starts on the machines, and not what is on their PATH.
            context.pythonExec = os.environ.get("PYSPARK_PYTHON", sys.executable)
            _wait_for_executor(context, where)
            context.addPyFile(str(_shipped(Path(folder))))
            yield SparkSession(context)
        finally:
            with suppress(Exception):  # a context that its cluster has lost cannot be told goodbye
                context.stop()


def _settings(master: str) -> dict[str, str]:
    """What the results depend on, and nothing that an administrator sets in spark-defaults.conf."""
    settings = {
        "spark.master": master,
        "spark.app.name": "pretadepenser",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.caseSensitive": "false",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "10000",
        "spark.ui.showConsoleProgress": "false",
        # Spark takes a table of few bytes for one of few rows, and sends it whole to every machine: ten
        # megabytes of months are millions of them, and end Java.
        "spark.sql.autoBroadcastJoinThreshold": "-1",
        # Parts of shuffles are put together up to so many bytes, and of months 64 megabytes (the default) are
        # more rows than a gigabyte can sort.
        "spark.sql.adaptive.advisoryPartitionSizeInBytes": "8m",
        # What is written is about clients: it is for its owner only.
        "spark.hadoop.fs.permissions.umask-mode": "077",
    }
    if master.startswith("local"):
        settings |= {"spark.driver.host": "127.0.0.1", "spark.ui.enabled": "false"}
    return settings


@contextmanager
def _java(master: str) -> Iterator[tuple[SparkConf, Any]]:
    """Start Spark's Java process, which says nothing on the terminal; end it with the block."""
    from pyspark import SparkConf, SparkContext
    from pyspark.java_gateway import launch_gateway

    conf = SparkConf()
    for name, value in _settings(master).items():
        conf.set(name, value)
    with told(master):
        gateway = launch_gateway(conf, {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL})
    try:
        yield conf, gateway
    finally:
        # PySpark would keep the process for the next context.
        SparkContext._gateway = SparkContext._jvm = None
        with suppress(Exception):
            gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.terminate()
        gateway.proc.wait()


def _shipped(folder: Path) -> Path:
    """Pack this version of the code: what scores there is what scores here."""
    path = folder / "pretadepenser.zip"
    files = [_PACKAGE / name for name in _SHIPPED if (_PACKAGE / name).exists()]
    for room in _ROOMS:
        files += [
            one for one in sorted((_PACKAGE / room).rglob("*")) if one.suffix in (".py", ".toml", ".sql")
        ]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in files:
            archive.write(one, one.relative_to(_PACKAGE.parent))
    return path


def _check_java() -> None:
    home = os.environ.get("JAVA_HOME")
    found = Path(home, "bin", "java").is_file() if home else shutil.which("java") is not None
    if not found:
        where = f"il n’est pas dans JAVA_HOME ({home})" if home else "il est introuvable"
        raise SparkError(
            f"Spark demande Java 17 ou plus récent, et {where} : installez-le "
            "(apt install default-jre-headless), ou indiquez son dossier dans JAVA_HOME."
        )


def _check_answers(master: str) -> None:
    """Refuse at once a standalone master that nobody is at: Spark would try for a minute."""
    if not master.startswith("spark://"):
        return
    for place in master.removeprefix("spark://").split(","):
        host, _, port = place.rpartition(":")
        with suppress(OSError, ValueError), socket.create_connection((host.strip("[]"), int(port)), ANSWER):
            return
    raise SparkError(
        f"Aucun maître Spark ne répond à {master} : démarrez-le, ou corrigez {MASTER} "
        "(spark://machine:7077, local[*], yarn, k8s://…)."
    )


def _wait_for_executor(context: Any, master: str) -> None:
    """Refuse a cluster that gives no machine: a job would wait for one for ever."""
    if master.startswith("local"):
        return
    end = time.monotonic() + EXECUTOR
    while time.monotonic() < end:
        # The driver counts as one.
        if context._jsc.sc().getExecutorMemoryStatus().size() > 1:
            return
        time.sleep(0.1)
    raise SparkError(
        f"Le maître Spark {master} ne donne aucune machine : démarrez-en, ou attendez qu’une se libère."
    )


@contextmanager
def told(master: str = "") -> Iterator[None]:
    """Make a SparkError of what Spark throws in a block."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError, ConnectionError, EOFError) as error:
        raise SparkError(_sentence(error, master)) from error


_NOT_WHOLE: Final = (
    "{} n’est pas un fichier Parquet entier, ou n’a pas les types des autres de sa table : écrivez-le à "
    "nouveau."
)
# What is found in a trace, and what is said of it; {} is the first group of the pattern.
_KNOWN: Final = (
    (
        r"PATH_NOT_FOUND\][^:]*: (\S+?)\.? ",
        "{} n’existe pas : indiquez le dossier, ou l’adresse, de tables Parquet.",
    ),
    (
        r"JAVA_GATEWAY_EXITED|UnsupportedClassVersionError",
        "Spark n’a pas démarré : vérifiez que Java est en version 17 ou plus récente (java -version).",
    ),
    (
        r"Could not parse Master URL: '?([^'\s]+)",
        "« {} » n’est pas un maître Spark : corrigez SPARK_MASTER (spark://machine:7077, local[*], yarn, k8s://…).",
    ),
    (
        r"(S3AFileSystem|GoogleHadoopFileSystem|AzureBlobFileSystem|No FileSystem for scheme \"?\w+)",
        "Spark n’a pas le connecteur de cette adresse ({}) : ajoutez-le à spark.jars.packages "
        "(pour s3a:// : org.apache.hadoop:hadoop-aws) dans spark-defaults.conf.",
    ),
    (
        r"(AccessDenied|Forbidden|Status Code: 40[13]|NoAuthWithAWSException|Permission denied)",
        "L’accès à cette adresse est refusé ({}) : vérifiez les droits du compte qui travaille.",
    ),
    (
        r"No module named '([\w.]+)'",
        "Sur les machines de Spark, Python n’a pas {} : installez-y les mêmes versions qu’ici, ou indiquez "
        "dans PYSPARK_PYTHON un Python qui les a.",
    ),
    (
        r"Cannot run program \"([^\"]+)\"",
        "Les machines de Spark n’ont pas {} : installez-y le même Python, ou indiquez le leur dans "
        "PYSPARK_PYTHON.",
    ),
    (
        r"PYTHON_VERSION_MISMATCH",
        "Les machines de Spark ont une autre version de Python : indiquez la même dans PYSPARK_PYTHON.",
    ),
    (
        r"No space left on device",
        "Le disque d’une machine de Spark est plein : libérez de la place, puis recommencez.",
    ),
    (
        r"(ExecutorLostFailure|[Ee]xecutor \w+ exited|Python worker exited unexpectedly|OutOfMemoryError"
        r"|Not enough memory to build|maxResultSize)",
        "Spark a perdu une machine trop de fois, souvent faute de mémoire : donnez-en plus "
        "(spark.executor.memory, spark.executor.memoryOverhead ; spark.driver.memory pour local[*]), puis "
        "recommencez.",
    ),
    (
        r"stopped SparkContext|SparkContext was shut down|Master removed our application|Connection refused"
        r"|Answer from Java side is empty|Error while sending or receiving",
        "Le lien avec Spark s’est rompu pendant le travail : vérifiez que son maître tourne et, si Java "
        "s’est arrêté de lui-même, donnez-lui plus de mémoire (spark.driver.memory), puis recommencez.",
    ),
    (
        r"Illegal Parquet type: ([\w ()]+\))",
        "Une colonne est d’un type que Spark ne lit pas ({}) : enregistrez-la en float64, ou en int64, "
        "depuis les données d’origine.",
    ),
    (
        r"Checksum error: (\S+\w)",
        "{} ne va pas avec sa somme de contrôle (.{}.crc) : copiez ce fichier à nouveau ou, si vous l’avez "
        "réécrit, enlevez-la.",
    ),
    (
        r"reading file (\S+\w)",
        _NOT_WHOLE,
    ),
    (
        r"(\S+\w) is not a Parquet file",
        _NOT_WHOLE,
    ),
    (
        r"is not a Parquet file|CANNOT_READ_FILE_FOOTER|FAILED_READ_FILE|UNABLE_TO_INFER_SCHEMA"
        r"|PARQUET_COLUMN_DATA_TYPE_MISMATCH",
        "Un fichier n’est pas du Parquet entier, ou n’a pas les types des autres de sa table : écrivez-le à "
        "nouveau.",
    ),
)


def _sentence(error: Exception, master: str) -> str:
    text = str(error)
    for pattern, sentence in _KNOWN:
        if found := re.search(pattern, text):
            # Of a file's address, the name: unlike the sentence it came in, it quotes no client.
            what = unquote(found[1]).rpartition("/")[2] if found.groups() else ""
            return sentence.replace("{}", what)
    # The name of the error only: its text may quote a client's values.
    condition = getattr(error, "getCondition", lambda: None)()
    named = f" ({condition})" if condition else ""
    on = f" sur {master}" if master else ""
    return (
        f"Spark n’a pas pu faire ce travail{on}{named} : le journal de ses machines dit pourquoi ; "
        "rien n’a été changé."
    )
