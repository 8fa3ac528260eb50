"""One cluster and one session with it for all of these tests: starting Java is what takes the time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pretadepenser.spark.session import session
from tests.spark.cluster import QUICK, cluster, needed, without_uncalled

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Spark's home, from which Java starts quickly."""
    needed()
    folder = tmp_path_factory.mktemp("home")
    without_uncalled(folder)
    return folder


@pytest.fixture(scope="session")
def master(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a standalone master with two workers."""
    with cluster(home, tmp_path_factory.mktemp("cluster")) as address:
        yield address


# What an administrator may set: Java that starts quickly and stays small, and as few parts as the tables of
# tests need (of 200, Spark's own default, nearly all would be empty).
DEFAULTS = f"""
spark.driver.extraJavaOptions {QUICK}
spark.executor.extraJavaOptions {QUICK}
spark.executor.memory 512m
spark.sql.shuffle.partitions 2
spark.ui.enabled false
"""


@pytest.fixture(scope="session")
def settings(home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of the one who calls Spark: where it and its defaults are, this machine's address."""
    folder = tmp_path_factory.mktemp("conf")
    (folder / "spark-defaults.conf").write_text(DEFAULTS)
    return {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_CONF_DIR": str(folder),
        "SPARK_LAUNCHER_OPTS": QUICK,
    }


@pytest.fixture(scope="session")
def spark(master: str, settings: dict[str, str]) -> Iterator[SparkSession]:
    """A session with it, which commands of this process then take as well."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setitem(os.environ, name, value)
        with session(master) as opened:
            yield opened
