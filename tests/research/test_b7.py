"""EfficientNet-B7 as on a connected machine: a weight file in Keras's published layout, served from here.

The values are random; names, shapes, layout and the comparison of checksums are the real ones.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras.src.applications import efficientnet
from keras.src.backend import config as keras_config
from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

from research import config as configs
from research import study as studies
from research.backbones import network
from research.cache import FeatureCache, View
from research.config import Config
from research.errors import ResearchError
from research.evaluation import evaluate, read_predictions
from research.files import read_json
from research.images import Aspect, Augmentation
from research.study import Study

FILE = "efficientnetb7_notop.h5"


class Quiet(SimpleHTTPRequestHandler):
    """A server that writes nothing on the terminal."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """B7's weight file without its top, as Keras publishes it: deviations where a variance is meant."""
    base = keras.applications.EfficientNetB7(include_top=False, weights=None, input_shape=(32, 32, 3))
    scale = next(layer for layer in base.layers if isinstance(layer, keras.layers.Normalization))
    scale.set_weights([np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225]), np.array(0)])
    path = tmp_path_factory.mktemp("published") / FILE
    with h5py.File(path, "w") as file:
        save_weights_to_hdf5_group(file, base)
    return path


@pytest.fixture
def connected(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Keras without a file of its own yet, downloading from this machine; gives its folder."""
    served = partial(Quiet, directory=str(published.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), served) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        monkeypatch.setattr(efficientnet, "BASE_WEIGHTS_PATH", address)
        monkeypatch.setattr(keras_config, "_KERAS_DIR", str(tmp_path / "keras"))
        yield tmp_path / "keras" / "models"
        server.shutdown()


def expect(monkeypatch: pytest.MonkeyPatch, published: Path) -> None:
    """Let Keras expect the checksum of the file that is served."""
    with published.open("rb") as file:
        digest = hashlib.file_digest(file, "md5").hexdigest()
    monkeypatch.setitem(efficientnet.WEIGHTS_HASHES, "b7", ("", digest))


def test_what_is_downloaded_is_verified_and_read(
    connected: Path, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged file left by an earlier try is replaced; a local copy of the file gives the same network."""
    expect(monkeypatch, published)
    connected.mkdir(parents=True)
    (connected / FILE).write_bytes(b"half of it")
    built = network("efficientnet_b7", 32, "imagenet")
    assert (connected / FILE).stat().st_size == published.stat().st_size
    local = network("efficientnet_b7", 32, str(published))
    picture = np.random.default_rng(0).uniform(0, 255, (1, 32, 32, 3)).astype(np.float32)
    first, second = (np.asarray(one.trunk(picture, training=False)) for one in (built, local))
    assert np.abs(first).max() > 0
    assert np.allclose(first, second, rtol=1e-3, atol=1e-5 * np.abs(first).max())


def test_a_file_that_keras_did_not_publish_is_refused(connected: Path) -> None:
    """Its checksum is not the genuine one's, which Keras knows."""
    with pytest.raises(ResearchError) as caught:
        network("efficientnet_b7", 32, "imagenet")
    assert str(caught.value) == (
        "Les poids ImageNet (EfficientNet-B7) ne sont pas ceux que Keras publie (somme de contrôle "
        "différente). Vérifiez le réseau et relancez, ou donnez un fichier local avec --weights."
    )


def test_a_machine_without_network_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(efficientnet, "BASE_WEIGHTS_PATH", "http://127.0.0.1:9/")
    monkeypatch.setattr(keras_config, "_KERAS_DIR", str(tmp_path))
    with pytest.raises(ResearchError) as caught:
        network("efficientnet_b7", 32, "imagenet")
    assert str(caught.value) == (
        "Les poids ImageNet (EfficientNet-B7) n’ont pas pu être téléchargés. Vérifiez le réseau et relancez, "
        "ou donnez un fichier local avec --weights."
    )


@pytest.mark.parametrize(("size", "photos", "stopped"), [(224, 17, 16), (600, 3, 2)])
def test_a_reading_that_was_stopped_goes_on_and_gives_the_same(
    study: Study, published: Path, tmp_path: Path, size: int, photos: int, stopped: int
) -> None:
    built = network("efficientnet_b7", size, str(published))
    catalog = replace(study.catalog, photos=study.catalog.photos[:photos])
    view = View(Aspect.PAD, 0, Augmentation())
    whole = np.array(FeatureCache(tmp_path / "whole", 10**9).features(catalog, built, view))

    def stop(done: int) -> None:
        raise KeyboardInterrupt

    cache = FeatureCache(tmp_path / "cache", 10**9)
    with pytest.raises(KeyboardInterrupt):
        cache.features(catalog, built, view, stop)
    assert cache.missing(catalog, built, view) == photos - stopped
    resumed: list[int] = []
    assert np.array_equal(cache.features(catalog, built, view, resumed.append), whole)
    assert resumed == [photos]
    assert np.abs(whole).max() > 0


def test_what_it_takes_is_said_first_and_its_predictions_are_published(study: Study, published: Path) -> None:
    """The whole way of the configuration at 32 px: announced, trained, measured, written."""
    config = configs.load("efficientnet_b7_224")
    assert isinstance(config, Config)
    one = replace(config.head, epochs=1)
    short = replace(config, size=32, views=1, averaged=1, batch=64, head=one, tuning=replace(one, epochs=0))
    told: list[str] = []
    runs = studies.train(study, short, str(published), [0, 1], say=told.append)
    assert re.fullmatch(
        r"EfficientNet-B7 à 224 px sur cette machine : \d+,\d\d s par photo, 70 photos à lire "
        r"\(vues comprises\), soit environ \d+ (s|min) ; puis 2 tirages, au plus 1 s d’apprentissage\.",
        told[0],
    )
    assert re.fullmatch(
        r"Mémoire : \d+,\d Go mesurés sur un lot de 16 ; disque : 0,0 Go\. On peut interrompre et relancer "
        r"la même commande : elle reprend\.",
        told[1],
    )
    again: list[str] = []
    studies.train(study, short, str(published), [0, 1], say=again.append)
    assert again == [], "nothing is left to do"
    evaluate(study, config.name, config.label, runs)
    value = read_json(study.work / "predictions" / "efficientnet_b7_224.json")
    assert (value["name"], value["label"]) == ("efficientnet_b7_224", "EfficientNet-B7 à 224 px")
    assert len(read_predictions(value).identities) == 28
