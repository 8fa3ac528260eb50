"""What the tests of the study share: a drawn catalogue, a tiny configuration, a trained study."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partialmethod
from pathlib import Path

import pytest

pytest.importorskip("keras", reason="l’extra « research » n’est pas installé (make research)")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Read when shap is loaded: to compile what it computes with takes longer than these small photos do without.
os.environ["NUMBA_DISABLE_JIT"] = "1"

import keras
import tensorflow as tf

from research import config as configs
from research import study as studies
from research import training
from research.backbones import BACKBONES, Network, network
from research.backbones.efficientnet_lite import _block, _normalise
from research.config import Config, Phase
from research.demo import draw_catalog
from research.files import write_json
from research.study import Run, Study
from tests.conftest import made_once

EACH = 10
SIDE = 32
# A graph is run a few times here: to make it faster takes longer than all of these.
tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


@pytest.fixture(scope="session")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A csv and a folder of drawn photos, ten of each category. Never changed."""

    def make(folder: Path) -> None:
        draw_catalog(folder, EACH, seed=1, side=48)

    made = made_once(tmp_path_factory, "drawings", make)
    return made / "catalogue.csv", made / "photos"


@pytest.fixture
def study(drawings: tuple[Path, Path], tmp_path: Path) -> Study:
    """A prepared study in a folder of its own."""
    return studies.prepare(*drawings, tmp_path / "work", seed=3, demonstration=True)


def little(size: int, weights: str | None) -> keras.Model:
    """A network of the EfficientNet-Lite family, of three blocks where the least that is published has 16."""
    inputs = keras.Input((size, size, 3), name="pixels")
    tensor = keras.layers.Rescaling(1 / 128, offset=-127 / 128, name="scale")(inputs)
    tensor = keras.layers.Conv2D(16, 3, 2, "same", use_bias=False, name="stem_conv")(tensor)
    tensor = _block(_normalise(tensor, "stem_bn"), "b0", 3, 2, 1, 16)
    tensor = _block(_block(tensor, "b1", 5, 1, 2, 16), "b2", 3, 2, 1, 32)
    tensor = keras.layers.Conv2D(128, 1, use_bias=False, name="head_conv")(tensor)
    return keras.Model(inputs, _normalise(tensor, "head_bn"), name="efficientnet_lite0")


@contextmanager
def little_lite0() -> Iterator[None]:
    """Meanwhile a little network has the name of EfficientNet-Lite0."""
    name = "efficientnet_lite0"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BACKBONES, name, replace(BACKBONES[name], build=little, cut="b1_add"))
        yield


@pytest.fixture(scope="module")
def tiny() -> Iterator[Config]:
    """EfficientNet-Lite0 at 32 px, two views, two epochs a phase; meanwhile a little network has its name.

    What training takes here is to make graphs, whatever their size: `test_backbones` has the true networks.
    """
    config = configs.load("efficientnet_lite0")
    assert isinstance(config, Config)
    with little_lite0():
        yield replace(
            config,
            size=SIDE,
            views=2,
            averaged=2,
            batch=64,
            head=Phase("rmsprop", 1e-2, 2, 2),
            tuning=Phase("rmsprop", 1e-4, 2, 2),
        )


@pytest.fixture
def little_network() -> Iterator[None]:
    """The same for one test: for what is said of weight files, whatever the network."""
    with little_lite0():
        yield


@pytest.fixture(scope="module")
def untrained(tiny: Config) -> Network:
    """The network of `tiny` with random weights. Never changed."""
    return network(tiny.backbone, tiny.size, "random")


@contextmanager
def learning_without_graphs() -> Iterator[None]:
    """Meanwhile models learn layer by layer: a few steps take less than to make a graph of one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.Model, "compile", partialmethod(keras.Model.compile, run_eagerly=True))
        yield


@pytest.fixture(scope="module")
def trained_once(drawings: tuple[Path, Path], tiny: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Working folders of two folds trained on random weights, to be copied: `whole`, and `killed`.

    The second is what a training leaves whose machine ends as soon as one epoch of fine-tuning is written.
    """

    def make(folder: Path) -> None:
        study = studies.prepare(*drawings, folder / "whole", seed=3, demonstration=True)

        def noted(path: Path, value: object) -> None:
            write_json(path, value)
            if path.name == "tuned.json" and not (folder / "killed").exists():
                shutil.copytree(study.work, folder / "killed")

        with pytest.MonkeyPatch.context() as patch, learning_without_graphs():
            patch.setattr(training, "write_json", noted)
            studies.train(study, tiny, "random", [0, 1])

    return made_once(tmp_path_factory, "trained_once", make)


@pytest.fixture(scope="module")
def trained(
    trained_once: Path, tiny: Config, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Study, list[Run]]:
    """A study with two folds trained on random weights. What a test adds to it, others of its file see."""
    work = tmp_path_factory.mktemp("trained") / "work"
    shutil.copytree(trained_once / "whole", work)
    study = studies.open_study(work)
    return study, studies.read_runs(study, tiny.name)


@contextmanager
def noted_steps() -> Iterator[list[str]]:
    """Names of the models of which a step of training is made into a graph, which takes seconds each time."""
    made: list[str] = []
    step = keras.Model.train_step

    def noted(model: keras.Model, *data: object) -> object:
        made.append(model.name)
        return step(model, *data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.Model, "train_step", noted)
        yield made


#: What the shop writes of a product of each category, one line a product with its number.
SAYINGS = (
    "Cotton baby romper for infants, soft sleeves",
    "Herbal face cream with aloe, for dry skin",
    "Laptop charger adapter with usb cable",
    "Brass showpiece for the wall of the temple",
    "Double bedsheet with two pillow covers",
    "Ceramic coffee mug, dishwasher safe",
    "Analog wrist watch with a leather strap",
)


@pytest.fixture(scope="session")
def worded(drawings: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study whose drawn products have names and descriptions too. Never changed but in its runs."""
    table = tmp_path_factory.mktemp("worded") / "catalogue.csv"
    with drawings[0].open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    with table.open("w", encoding="utf-8", newline="") as target:
        columns = ["uniq_id", "product_category_tree", "product_name", "description", "brand"]
        writer = csv.DictWriter(target, columns, extrasaction="ignore")
        writer.writeheader()
        for row in rows:
            kind, number = int(row["uniq_id"][4]), int(row["uniq_id"][5:])
            brand = f"Maker{number % 3}"
            name = f"{brand} {SAYINGS[kind].split(',')[0]} model{number}"
            about = f"Buy {SAYINGS[kind]} at Rs. {100 + number} &amp; more.\t\nOnly Genuine Products"
            writer.writerow({**row, "product_name": name, "description": about, "brand": brand})
    return studies.prepare(table, drawings[1], table.parent / "work", seed=3, demonstration=True)
