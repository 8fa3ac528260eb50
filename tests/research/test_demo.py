"""The demonstration teaches something: both networks learn drawn pictures, words tell most products apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from research import config as configs
from research import study as studies
from research.config import Config
from research.demo import SIDE, demonstrated, draw_catalog
from research.manifest import Role
from research.study import Run, Study


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The demonstration's own study. Its parts are never changed."""
    folder = tmp_path_factory.mktemp("demo")
    return studies.prepare(*draw_catalog(folder, 10, seed=0), folder / "work", seed=0, demonstration=True)


def accuracy(study: Study, runs: list[Run]) -> float:
    """Share of the photos of the test that are told right, all folds together."""
    right = [
        (run.averaged("tuned").argmax(axis=1) == study.catalog.labels)[
            study.manifest.members(run.fold, Role.TEST)
        ]
        for run in runs
    ]
    return float(np.concatenate(right).mean())


# VGG16 reads a smaller picture in half the time, and sees as much of it.
@pytest.mark.parametrize(("name", "side"), [("vgg16", 48), ("efficientnet_lite0", SIDE)])
def test_a_network_of_random_weights_learns_the_drawings(drawn: Study, name: str, side: int) -> None:
    config = configs.load(name)
    assert isinstance(config, Config)
    short = demonstrated(config)
    # Opening the top takes a minute and is as small as can be; the demonstration's own run does it.
    # Three epochs of its head are enough to tell the drawings apart.
    head, tuning = replace(short.head, epochs=3), replace(short.tuning, epochs=0)
    short = replace(short, size=side, views=1, averaged=1, head=head, tuning=tuning)
    assert accuracy(drawn, studies.train(drawn, short, "random", [0])) >= 0.9


@pytest.mark.parametrize("name", ["bag_of_words", "tfidf"])
def test_words_tell_most_products_apart_but_not_all(drawn: Study, name: str) -> None:
    assert 0.75 <= accuracy(drawn, studies.train(drawn, configs.load(name), "", range(5))) <= 0.95
