"""What the tests of the study share: a drawn catalogue, a tiny configuration, a trained study."""

from __future__ import annotations

import csv
import os
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("keras", reason="l’extra « research » n’est pas installé (make research)")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

from research import config as configs
from research import study as studies
from research.backbones import Network, network
from research.config import Config, Phase
from research.demo import draw_catalog
from research.study import Run, Study

EACH = 10
SIDE = 32


@pytest.fixture(scope="session")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A csv and a folder of drawn photos, ten of each category. Never changed."""
    return draw_catalog(tmp_path_factory.mktemp("drawings"), EACH, seed=1, side=48)


@pytest.fixture
def study(drawings: tuple[Path, Path], tmp_path: Path) -> Study:
    """A prepared study in a folder of its own."""
    return studies.prepare(*drawings, tmp_path / "work", seed=3, demonstration=True)


@pytest.fixture(scope="session")
def tiny() -> Config:
    """EfficientNet-Lite0 at 32 px, two views, two epochs a phase."""
    config = configs.load("efficientnet_lite0")
    assert isinstance(config, Config)
    return replace(
        config,
        size=SIDE,
        views=2,
        averaged=2,
        batch=64,
        head=Phase("rmsprop", 1e-2, 2, 2),
        tuning=Phase("rmsprop", 1e-4, 2, 2),
    )


@pytest.fixture(scope="session")
def untrained(tiny: Config) -> Network:
    """The network of `tiny` with random weights. Never changed."""
    return network(tiny.backbone, tiny.size, "random")


@pytest.fixture(scope="session")
def trained(
    drawings: tuple[Path, Path], tiny: Config, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Study, list[Run]]:
    """A study with two folds trained on random weights. Never changed by a test."""
    study = studies.prepare(*drawings, tmp_path_factory.mktemp("trained"), seed=3, demonstration=True)
    return study, studies.train(study, tiny, "random", [0, 1])


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the models of which a step of training is made into a graph, which takes seconds each time."""
    made: list[str] = []
    step = keras.Model.train_step

    def noted(model: keras.Model, *data: object) -> object:
        made.append(model.name)
        return step(model, *data)

    monkeypatch.setattr(keras.Model, "train_step", noted)
    return made


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
