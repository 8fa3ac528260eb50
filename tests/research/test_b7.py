"""EfficientNet-B7 as on a connected machine: a weight file in Keras's published layout, served from here.

The values are random; layout, names and the comparison of checksums are the real ones. Of the network's 55
blocks there are the 13 of the sixth kind, after which it is cut, and one of each other, a twentieth as wide.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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

from research import cache
from research import config as configs
from research import study as studies
from research.backbones import Network, infer, network
from research.backbones import weights as weight_files
from research.cache import FeatureCache, View
from research.config import Config
from research.errors import ResearchError
from research.evaluation import evaluate, read_predictions
from research.files import read_json
from research.images import Aspect, Augmentation
from research.study import Study
from tests.research.conftest import learning_without_graphs

FILE = "efficientnetb7_notop.h5"
SIDE = 32
#: Of ImageNet's pixels, by channel.
DEVIATIONS = np.array([0.229, 0.224, 0.225])
BLOCKS = efficientnet.DEFAULT_BLOCKS_ARGS


class Quiet(SimpleHTTPRequestHandler):
    """A server that writes nothing on the terminal."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module", autouse=True)
def little() -> Iterator[None]:
    """What Keras makes B7 of, with fewer and narrower blocks: their kinds, and B7's own depth, stay."""
    made = efficientnet.EfficientNet
    kinds = [{**kind, "repeats": kind["repeats"] if n == 6 else 0.1} for n, kind in enumerate(BLOCKS, 1)]

    def build(width: float, *others: float, **options: object) -> keras.Model:
        return made(width / 20, *others, blocks_args=kinds, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(efficientnet, "EfficientNet", build)
        yield


@pytest.fixture(scope="module")
def original() -> keras.Model:
    """B7 with random values, as if they had been learnt: what its weight file must give back."""
    base = keras.applications.EfficientNetB7(include_top=False, weights=None, input_shape=(SIDE, SIDE, 3))
    scaling(base).set_weights([np.array([0.485, 0.456, 0.406]), DEVIATIONS**2, np.array(0)])
    scaling(base).finalize_state()
    return base


def scaling(base: keras.Model) -> keras.layers.Normalization:
    """The layer that brings pixels to the scale of ImageNet's."""
    return next(layer for layer in base.layers if isinstance(layer, keras.layers.Normalization))


@pytest.fixture(scope="module")
def published(original: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its weight file without its top, as Keras publishes it: deviations where a variance is meant."""
    mean, variance, count = scaling(original).get_weights()
    path = tmp_path_factory.mktemp("published") / FILE
    scaling(original).set_weights([mean, np.sqrt(variance), count])
    with h5py.File(path, "w") as file:
        save_weights_to_hdf5_group(file, original)
    scaling(original).set_weights([mean, variance, count])
    return path


@contextmanager
def connected(served: Path, home: Path) -> Iterator[Path]:
    """Keras with ``home`` as its own folder, downloading from this machine; gives where it puts models."""
    handler = partial(Quiet, directory=str(served))
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        patch.setattr(efficientnet, "BASE_WEIGHTS_PATH", f"http://127.0.0.1:{server.server_port}/")
        patch.setattr(keras_config, "_KERAS_DIR", str(home))
        yield home / "models"
        server.shutdown()


@pytest.fixture(scope="module")
def downloaded(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Network:
    """B7 with the weights that Keras downloads and expects; an earlier try left half a file."""
    with (
        connected(published.parent, tmp_path_factory.mktemp("keras")) as models,
        pytest.MonkeyPatch.context() as patch,
        published.open("rb") as file,
    ):
        digest = hashlib.file_digest(file, "md5").hexdigest()
        patch.setitem(efficientnet.WEIGHTS_HASHES, "b7", ("", digest))
        models.mkdir(parents=True)
        (models / FILE).write_bytes(b"half of it")
        built = network("efficientnet_b7", SIDE, "imagenet")
        assert (models / FILE).stat().st_size == published.stat().st_size
    return built


def test_what_is_downloaded_is_verified_and_read(original: keras.Model, downloaded: Network) -> None:
    """A damaged file left by an earlier try was replaced, and what came is the network that was saved."""
    picture = np.random.default_rng(0).uniform(0, 255, (1, SIDE, SIDE, 3)).astype(np.float32)
    cut = original.get_layer(downloaded.backbone.cut).output
    expected = np.asarray(keras.Model(original.input, cut)(picture, training=False))
    assert np.abs(expected).max() > 0
    found = infer(downloaded.trunk, picture)
    assert np.allclose(found, expected, rtol=1e-3, atol=1e-5 * np.abs(expected).max())


@pytest.fixture
def least(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each kind of blocks there is one: Keras makes the network before it asks for the weights."""
    built = efficientnet.EfficientNet
    monkeypatch.setattr(
        efficientnet,
        "EfficientNet",
        lambda width, _, *others, **options: built(width, 0.1, *others, **options),
    )


@pytest.mark.usefixtures("least")
def test_a_file_that_keras_did_not_publish_is_refused(tmp_path: Path) -> None:
    """Its checksum is not the genuine one's, which Keras knows."""
    (tmp_path / FILE).write_bytes(b"weights of someone else")
    with connected(tmp_path, tmp_path / "keras"), pytest.raises(ResearchError) as caught:
        network("efficientnet_b7", SIDE, "imagenet")
    assert str(caught.value) == (
        "Les poids ImageNet (EfficientNet-B7) ne sont pas ceux que Keras publie (somme de contrôle "
        "différente). Vérifiez le réseau et relancez, ou donnez un fichier local avec --weights."
    )


@pytest.mark.usefixtures("least")
def test_a_machine_without_network_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(efficientnet, "BASE_WEIGHTS_PATH", "http://127.0.0.1:9/")
    monkeypatch.setattr(keras_config, "_KERAS_DIR", str(tmp_path))
    with pytest.raises(ResearchError) as caught:
        network("efficientnet_b7", SIDE, "imagenet")
    assert str(caught.value) == (
        "Les poids ImageNet (EfficientNet-B7) n’ont pas pu être téléchargés. Vérifiez le réseau et relancez, "
        "ou donnez un fichier local avec --weights."
    )


def test_a_batch_takes_no_more_memory_where_photos_are_larger() -> None:
    assert [cache.batch_size(side) for side in (SIDE, 224, 600)] == [16, 16, 2]


def test_a_local_copy_of_the_file_gives_the_same_network(original: keras.Model, published: Path) -> None:
    """Read into a network that has forgotten all: building another would take longer than all else."""
    known = original.get_weights()
    original.set_weights([np.zeros_like(one) for one in known])
    weight_files.load(published, original)
    assert all(
        np.allclose(one, other, rtol=1e-6, atol=0)
        for one, other in zip(original.get_weights(), known, strict=True)
    )


def test_a_reading_that_was_stopped_goes_on_and_gives_the_same(
    study: Study, downloaded: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Photo by photo, as large ones are nearly read (`batch_size`): seconds grow with their number."""
    monkeypatch.setattr(cache, "BATCH", 1)
    catalog = replace(study.catalog, photos=study.catalog.photos[:2])
    view = View(Aspect.PAD, 0, Augmentation())
    whole = np.array(FeatureCache(tmp_path / "whole", 10**9).features(catalog, downloaded, view))

    def stop(done: int) -> None:
        raise KeyboardInterrupt

    stopped = FeatureCache(tmp_path / "cache", 10**9)
    with pytest.raises(KeyboardInterrupt):
        stopped.features(catalog, downloaded, view, stop)
    assert stopped.missing(catalog, downloaded, view) == 1
    resumed: list[int] = []
    assert np.array_equal(stopped.features(catalog, downloaded, view, resumed.append), whole)
    assert resumed == [2]
    assert np.abs(whole).max(axis=(1, 2, 3)).min() > 0


def test_what_it_takes_is_said_first_and_its_predictions_are_published(
    study: Study, downloaded: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way of the configuration at 32 px: announced, trained, measured, written."""
    asked: list[tuple[object, ...]] = []

    def built(*values: object) -> Network:
        asked.append(values)
        return downloaded

    monkeypatch.setattr(studies, "network", built)
    config = configs.load("efficientnet_b7_224")
    assert isinstance(config, Config)
    one = replace(config.head, epochs=1)
    short = replace(config, size=SIDE, views=1, averaged=1, batch=64, head=one, tuning=replace(one, epochs=0))
    told: list[str] = []
    with learning_without_graphs():
        runs = studies.train(study, short, "imagenet", [0, 1], say=told.append)
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
    assert asked == [("efficientnet_b7", SIDE, "imagenet", study.manifest.seed)], "what was downloaded"
    again: list[str] = []
    studies.train(study, short, "imagenet", [0, 1], say=again.append)
    assert again == [], "nothing is left to do"
    evaluate(study, config.name, config.label, runs)
    value = read_json(study.work / "predictions" / "efficientnet_b7_224.json")
    assert (value["name"], value["label"]) == ("efficientnet_b7_224", "EfficientNet-B7 à 224 px")
    assert len(read_predictions(value).identities) == 28
