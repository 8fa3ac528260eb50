"""Training on a real cluster: nearly the model of one machine, and nothing left of the clients."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet
import pytest

from pretadepenser import create_app
from pretadepenser.credit import dictionary
from pretadepenser.credit.model import learning, scoring, training
from pretadepenser.credit.model.inputs import input_matrix
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.spark import learning as spark_learning
from pretadepenser.spark.session import SparkError
from tests.spark.test_scoring import command
from tests.unit.test_training import trained_shortly

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Learnt:
    """What two machines learnt by the command, and what one did: `said` by it, `heard` by the terminal."""

    folder: Path
    said: str
    heard: str
    here: Model
    there: Model


@pytest.fixture(scope="module")
def learnt(spark: SparkSession, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Learnt:
    """A short training each way: of five fits by Spark, each waits some seconds for its machines to meet."""
    folder = tmp_path_factory.mktemp("learnt")
    shared, instance, terminal = folder / "shared by all", folder / "there", folder / "terminal"
    shared.mkdir()
    instance.mkdir()
    (instance / "portfolio").symlink_to((trained / "portfolio").resolve())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learning, "TREE_COUNT", 30)
        patch.setattr(training, "FOLDS", 2)
        patch.setattr(learning, "PART", 1500)
        patch.setitem(os.environ, "SPARK_SCRATCH", str(shared))
        here = trained_shortly(trained, folder / "here", 1000)
        with terminal.open("w+") as file, ExitStack() as stack:
            for number in (1, 2):
                kept = os.dup(number)
                stack.callback(os.close, kept)
                stack.callback(os.dup2, kept, number)
                os.dup2(file.fileno(), number)
            said = command(instance, "model", "train", "--engine", "spark")
    there = scoring.current_model(instance)
    assert there
    return Learnt(folder, said, terminal.read_text(), here, there)


def test_the_command_says_that_a_model_is_in_place_and_spark_says_nothing(learnt: Learnt) -> None:
    assert "Modèle en place : " in learnt.said
    assert learnt.heard == "", "neither Spark nor XGBoost has a word of its own"


def test_nothing_is_left_of_the_clients(learnt: Learnt) -> None:
    assert list((learnt.folder / "shared by all").iterdir()) == [], "what machines read of clients is deleted"
    assert {one.name for one in learnt.folder.iterdir()} == {"here", "there", "shared by all", "terminal"}


def test_machines_learn_nearly_what_one_learns(learnt: Learnt, portfolio: Portfolio) -> None:
    columns = dictionary.columns_of(learnt.here.features)
    inputs = input_matrix({name: portfolio.column(name) for name in columns}, learnt.here.features)
    first, second = learnt.here.margins(inputs), learnt.there.margins(inputs)
    # Each machine draws the clients of a tree among its own. With another seed, one machine is further (0.95)
    # from itself.
    assert np.corrcoef(first, second)[0, 1] > 0.97
    assert np.abs(first - second).mean() < 0.1


def test_the_card_says_the_same_of_both(learnt: Learnt) -> None:
    here, there = learnt.here.card, learnt.there.card
    for name in ("absent", "counts", "features", "monotone", "data", "trees", "parameters"):
        assert getattr(there, name) == getattr(here, name)
    assert there.without_protected.roc_auc == pytest.approx(here.without_protected.roc_auc, abs=0.02)
    assert "pyspark" in there.versions
    assert "pyspark" not in here.versions


def test_where_nothing_is_set_it_is_written_in_the_folder_of_the_instance(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPARK_SCRATCH", raising=False)
    monkeypatch.setattr(spark.sparkContext, "master", "local[2]")
    names = ("AMT_CREDIT", "BUREAU_DEBT")
    inputs = np.arange(8000, dtype=np.float32).reshape(-1, 2)
    outcomes, folds = np.arange(4000) % 2, np.arange(4000) % 5
    clients = learning.Clients(names, inputs, outcomes.astype(np.int8), folds.astype(np.int8))
    # A name that addresses escape: there, and nowhere else.
    instance = tmp_path / "prêt à dépenser"
    instance.mkdir()
    with spark_learning.cluster(spark, instance) as learner:
        learner(learning.Counter(1, print)).hold(clients)
        assert list(tmp_path.iterdir()) == [instance]
        (folder,) = instance.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700
        (written,) = folder.iterdir()
        rows = pyarrow.parquet.read_table(written).sort_by("AMT_CREDIT")
    assert not list(instance.iterdir())
    assert rows["AMT_CREDIT"].to_pylist() == list(range(0, 8000, 2))
    assert rows["outcome"].to_pylist() == outcomes.tolist()
    assert rows["fold"].to_pylist() == folds.tolist()
    # Of one client in ten no history is told, of one in twenty of the others not this table.
    left_out = np.isnan(rows["BUREAU_DEBT"].to_numpy())
    assert left_out.mean() == pytest.approx(0.145, abs=0.02)
    assert (rows["BUREAU_DEBT"].to_numpy()[~left_out] == inputs[~left_out, 1]).all()


def test_an_address_that_spark_cannot_write_to_is_one_sentence(
    spark: SparkSession, learned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "SPARK_SCRATCH", "s3a://nobody/nowhere")
    (tmp_path / "portfolio").symlink_to((learned / "portfolio").resolve())
    runner = create_app({"INSTANCE": tmp_path}).test_cli_runner()
    done = runner.invoke(args=["model", "train", "--engine", "spark"])
    assert done.exit_code == 1
    assert "Spark n’a pas le connecteur de cette adresse (S3AFileSystem)" in done.output
    assert "Traceback" not in done.output
    assert scoring.current_model(tmp_path) is None


def test_machines_elsewhere_must_be_told_where_to_read(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPARK_SCRATCH", raising=False)
    with pytest.raises(SparkError) as caught, spark_learning.cluster(spark, tmp_path):
        pass
    assert str(caught.value) == (
        "Pour apprendre, les machines de Spark lisent les clients là où SPARK_SCRATCH le dit : indiquez-y "
        "une adresse (s3a://…) ou un dossier que toutes voient."
    )
    assert not list(tmp_path.iterdir())
