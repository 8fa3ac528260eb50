"""A real standalone cluster on the loopback: one master and two workers of PySpark's own package."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

WORKERS = 2
# What makes Java start quickly and stay small: its classes are not held to the rules of bytecode again,
# and room is made at once for as many as it loads.
QUICK = (
    "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:MetaspaceSize=256m "
    "-XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote"
)
# Libraries that no test calls (Hive, Kubernetes, what MLlib reckons with…): for each class that there is not,
# Java looks into each that it is given, and the compiler of Spark's SQL asks for thousands of these.
UNCALLED = (
    "algebra", "arpack", "blas", "breeze", "cats", "commons-dbcp", "commons-pool", "curator",
    "datanucleus", "derby", "HikariCP", "hive-beeline", "hive-cli", "hive-common", "hive-exec",
    "hive-jdbc", "hive-metastore", "hive-serde", "hive-service", "hive-shims", "javax.jdo", "javolution",
    "jdo", "jjwt", "jline", "JLarge", "jpam", "jta", "JTransforms", "kubernetes", "lapack", "libfb303",
    "libthrift", "netty-tcnative", "opencsv", "rocksdbjni", "scala-compiler", "snakeyaml-engine",
    "spark-connect", "spark-graphx", "spark-hive", "spark-kubernetes", "spark-pipelines", "spark-repl",
    "spark-streaming", "spark-yarn", "spire", "ST4", "stax", "super-csv", "transaction-api", "vertx",
    "volcano", "zjsonpatch", "zookeeper",
)  # fmt: skip
# Seconds within which all of it must be up, on a machine that others use too.
PATIENCE = 60


def needed() -> None:
    """Skip where no cluster can be started."""
    if shutil.which("java") is None:
        pytest.skip("Java is not installed (apt install default-jre-headless)")
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("PySpark is not installed (make test installs it where Java is)")


def without_uncalled(home: Path) -> None:
    """Make an empty folder Spark's home: PySpark's own, but for UNCALLED."""
    found = importlib.util.find_spec("pyspark")
    assert found
    assert found.origin
    (home / "jars").mkdir()
    for one in Path(found.origin).parent.iterdir():
        if one.name != "jars":
            (home / one.name).symlink_to(one)
            continue
        for jar in one.iterdir():
            if not jar.name.startswith(UNCALLED):
                (home / "jars" / jar.name).symlink_to(jar)


@contextmanager
def cluster(home: Path, folder: Path) -> Iterator[str]:
    """Start it; yield its address, spark://127.0.0.1:PORT; whatever happens, nothing of it is left.

    home: Spark's; folder: of its logs and of what its machines work with.
    """
    port = free_port()
    address = f"spark://127.0.0.1:{port}"
    environment = os.environ | {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_NO_DAEMONIZE": "1",
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_DAEMON_JAVA_OPTS": QUICK,
        # Of the Java process that only says how the other is to be started.
        "SPARK_LAUNCHER_OPTS": QUICK,
    }
    # The code comes with each job, not from the folder in which the tests run.
    environment.pop("PYTHONPATH", None)

    def start(kind: str, *options: str) -> subprocess.Popen[bytes]:
        command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{kind}.{kind.title()}"]
        command += ["--host", "127.0.0.1", "--webui-port", "0", *options]
        with (folder / f"{kind}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                env=environment,
                cwd=folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )

    with ExitStack() as stack:
        master = start("master", "--port", str(port))
        stack.callback(ended, master)
        await_line(folder / "master.log", "I have been elected leader", 1, master)
        for number in range(WORKERS):
            worker = start(
                "worker",
                "--cores",
                "1",
                "--memory",
                "1g",
                "--work-dir",
                str(folder / f"work-{number}"),
                address,
            )
            stack.callback(ended, worker)
        await_line(folder / "worker.log", "Successfully registered with master", WORKERS, master)
        yield address


def _end_with_parent() -> None:
    """Have the kernel kill this process when the tests' own ends, also where that is killed (prctl(2))."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def await_line(log: Path, text: str, times: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a log has said it so often."""
    end = time.monotonic() + PATIENCE
    while not log.exists() or log.read_text(errors="replace").count(text) < times:
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
        assert time.monotonic() < end, f"{log} has not said {times} times: {text}"
        time.sleep(0.1)


def ended(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it has started."""
    for send in (15, 9):
        try:
            os.killpg(process.pid, send)
        except ProcessLookupError:
            return
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            continue


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
