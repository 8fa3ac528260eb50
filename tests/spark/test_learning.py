"""Training on a real cluster: nearly the model of one machine, and nothing left of the clients."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet
import pytest

from pretadepenser import create_app
from pretadepenser.credit import dictionary
from pretadepenser.credit.model import learning, scoring, training
from pretadepenser.credit.model.inputs import input_matrix
from pretadepenser.credit.portfolio import current_portfolio
from pretadepenser.spark import learning as spark_learning
from pretadepenser.spark.session import SparkError
from tests.spark.test_scoring import command
from tests.unit.test_training import trained_shortly

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def test_machines_learn_nearly_what_one_learns(
    spark: SparkSession,
    trained: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(learning, "TREE_COUNT", 30)
    # A fit takes some seconds here, however short: five, not eleven.
    monkeypatch.setattr(training, "FOLDS", 2)
    monkeypatch.setattr(learning, "PART", 1500)
    here = trained_shortly(trained, tmp_path / "here", 1000)
    shared = tmp_path / "shared by all"
    shared.mkdir()
    monkeypatch.setitem(os.environ, "SPARK_SCRATCH", str(shared))
    instance = tmp_path / "there"
    instance.mkdir()
    (instance / "portfolio").symlink_to((trained / "portfolio").resolve())
    said = command(instance, "model", "train", "--engine", "spark")
    assert "Modèle en place : " in said
    assert capfd.readouterr() == ("", ""), "neither Spark nor XGBoost has a word of its own"
    assert list(shared.iterdir()) == [], "what machines read of clients is deleted"
    assert {one.name for one in tmp_path.iterdir()} == {"here", "there", "shared by all"}
    there, portfolio = scoring.current_model(instance), current_portfolio(trained)
    assert there
    assert portfolio
    columns = dictionary.columns_of(here.features)
    inputs = input_matrix({name: portfolio.column(name) for name in columns}, here.features)
    first, second = here.margins(inputs), there.margins(inputs)
    # Each machine draws the clients of a tree among its own. With another seed, one machine is further (0.95)
    # from itself.
    assert np.corrcoef(first, second)[0, 1] > 0.97
    assert np.abs(first - second).mean() < 0.1
    for name in ("absent", "counts", "features", "monotone", "data", "trees", "parameters"):
        assert getattr(there.card, name) == getattr(here.card, name)
    assert there.card.without_protected.roc_auc == pytest.approx(
        here.card.without_protected.roc_auc, abs=0.02
    )
    assert "pyspark" in there.card.versions
    assert "pyspark" not in here.card.versions


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
