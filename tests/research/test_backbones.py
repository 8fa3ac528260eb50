"""The networks: their architecture, their weights, and the pixels they expect."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras.src.applications.efficientnet import EfficientNet

from research import config as configs
from research.backbones import BACKBONES, Network, infer, network
from research.backbones.efficientnet_lite import efficientnet_lite, round_channels
from research.config import Config
from research.cost import multiplications
from research.errors import ResearchError
from research.training import head_model, open_top
from tests.research.conftest import little_lite0

WEIGHTS = Path(__file__).parents[3] / "shared" / "weights"
needs_weights = pytest.mark.skipif(
    not WEIGHTS.is_dir(), reason="les poids ImageNet (../shared/weights) sont absents"
)


@pytest.fixture(scope="module")
def lite2() -> keras.Model:
    """EfficientNet-Lite2 as it is built. Never changed."""
    return BACKBONES["efficientnet_lite2"].build(32, None)


def test_lite_has_the_published_size(lite0: Network, lite2: keras.Model) -> None:
    sizes = [base.count_params() / 1e6 for base in (lite0.base, lite2)]
    assert sizes == pytest.approx([3.41, 4.87], abs=0.05)


def test_channels_are_rounded_as_in_the_paper() -> None:
    assert [round_channels(channels, 1.1) for channels in (16, 24, 40, 80)] == [16, 24, 48, 88]


def test_multiplications_match_a_hand_count() -> None:
    inputs = keras.Input((8, 8, 3))
    tensor = keras.layers.Conv2D(4, 3, padding="same", use_bias=False)(inputs)
    tensor = keras.layers.DepthwiseConv2D(3, 2, padding="same", use_bias=False)(tensor)
    model = keras.Model(inputs, keras.layers.Dense(5)(keras.layers.GlobalAveragePooling2D()(tensor)))
    assert multiplications(model) == 8 * 8 * 3 * 3 * 3 * 4 + 4 * 4 * 3 * 3 * 4 + 4 * 5


def test_lite0_counts_the_published_operations() -> None:
    # Google publishes 407 million multiply-adds at 224 px, classifier (1.28 million) included.
    assert multiplications(efficientnet_lite(0)) / 1e6 == pytest.approx(407 - 1.28, rel=0.06)


def test_each_backbone_is_given_the_pixels_it_expects() -> None:
    """Fails if the two preparations are swapped: VGG16 wants BGR minus means, EfficientNet raw pixels."""
    red = np.zeros((1, 2, 2, 3), np.float32)
    red[..., 0] = 255
    vgg = BACKBONES["vgg16"].preprocess(red.copy())[0, 0, 0]
    assert vgg == pytest.approx([-103.939, -116.779, 255 - 123.68])
    for name in ("efficientnet_b7", "efficientnet_lite0", "efficientnet_lite2"):
        assert np.array_equal(BACKBONES[name].preprocess(red.copy()), red)


@pytest.fixture(scope="module")
def genuine() -> Network:
    """Lite0 with the published weights. Never changed."""
    return network("efficientnet_lite0", 64, str(WEIGHTS / "efficientnet_lite0_notop.weights.h5"))


@needs_weights
def test_swapped_preparations_give_other_features(genuine: Network) -> None:
    picture = np.random.default_rng(0).uniform(0, 255, (1, 64, 64, 3)).astype(np.float32)
    right = np.asarray(genuine.base(picture, training=False))
    swapped = np.asarray(genuine.base(BACKBONES["vgg16"].preprocess(picture.copy()), training=False))
    assert np.abs(right - swapped).mean() > 0.05 * np.abs(right).mean()


@needs_weights
def test_genuine_weights_know_their_classes(genuine: Network, lite0: Network) -> None:
    """The features of our Lite0 are those of the published classifier: a flat grey photo is no exception."""
    picture = np.full((1, 64, 64, 3), 127, np.float32)
    assert not np.allclose(genuine.base(picture), lite0.base(picture))


@pytest.fixture(scope="module")
def lite0() -> Network:
    """EfficientNet-Lite0 with random weights. Never changed."""
    return network("efficientnet_lite0", 64, "random")


@pytest.fixture(scope="module")
def vgg16() -> Network:
    """VGG16 with random weights. Never changed."""
    return network("vgg16", 32, "random")


@pytest.mark.parametrize("name", ["vgg16", "lite0"])
def test_both_halves_make_the_whole(name: str, request: pytest.FixtureRequest) -> None:
    built: Network = request.getfixturevalue(name)
    picture = np.random.default_rng(0).uniform(0, 255, (2, *built.base.input_shape[1:])).astype(np.float32)
    halves = built.top(built.trunk(picture, training=False), training=False)
    assert np.allclose(halves, built.base(picture, training=False), atol=1e-4)


def test_one_graph_serves_batches_of_every_size() -> None:
    """B7's takes as long to build as a dozen photos to read, and the last batch is seldom a whole one."""
    calls: list[int] = []

    class Doubled(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped for mypy
        def call(self, values: keras.KerasTensor) -> keras.KerasTensor:
            calls.append(1)
            return values * 2

    inputs = keras.Input((3,))
    model = keras.Model(inputs, Doubled()(inputs))
    calls.clear()
    for photos in (4, 3, 1):
        values = np.full((photos, 3), photos, np.float32)
        assert np.array_equal(infer(model, values), values * 2)
    assert len(calls) == 1


def test_weights_of_another_network_are_refused(
    lite0: Network, lite2: keras.Model, vgg16: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "other.weights.h5"
    lite0.base.save_weights(path)
    # They are refused before they change anything: what is built already will do.
    for name, base in (("efficientnet_lite2", lite2), ("vgg16", vgg16.base)):
        monkeypatch.setitem(BACKBONES, name, replace(BACKBONES[name], build=lambda *_, base=base: base))
        with pytest.raises(ResearchError, match="ne sont pas ceux de"):
            network(name, 32, str(path))
    assert network("efficientnet_lite0", 32, str(path)).weights


def test_missing_damaged_and_unpublished_weights_have_their_sentence(tmp_path: Path) -> None:
    with pytest.raises(ResearchError, match="Fichier de poids absent"):
        network("vgg16", 32, str(tmp_path / "absent.h5"))
    (tmp_path / "damaged.h5").write_bytes(b"not hdf5")
    with pytest.raises(ResearchError, match="Fichier de poids illisible"):
        network("vgg16", 32, str(tmp_path / "damaged.h5"))
    with pytest.raises(ResearchError, match="Keras ne distribue pas"):
        network("efficientnet_lite0", 32, "imagenet")
    with pytest.raises(ResearchError, match="Réseau inconnu"):
        network("resnet", 32, "random")


ARCHIVE = "c’est une archive zip, comme un modèle .keras ou de PyTorch"


@pytest.mark.parametrize(
    ("make", "cause"),
    [
        (
            lambda path: path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
            "c’est un pointeur Git LFS, pas le fichier : lancez « git lfs pull »",
        ),
        (lambda path: path.write_bytes(b"<!DOCTYPE html>"), "c’est une page web"),
        (lambda path: path.write_bytes(b"PK\x03\x04rest"), ARCHIVE),
        (lambda path: path.write_bytes(b""), "fichier vide"),
        (lambda path: path.mkdir(), "c’est un dossier"),
        (lambda path: path.symlink_to("nowhere"), "lien vers un fichier absent"),
        (os.mkfifo, "c’est un fichier spécial (tube, prise ou périphérique)"),
    ],
)
def test_what_is_no_file_of_weights_is_told_by_what_it_is(
    make: Callable[[Path], object], cause: str, tmp_path: Path
) -> None:
    path = tmp_path / "vgg16_notop.weights.h5"
    make(path)
    with pytest.raises(ResearchError) as caught:
        network("vgg16", 32, str(path))
    assert str(caught.value) == (
        f"Fichier de poids illisible : « {path} » ({cause}). Donnez un fichier HDF5 (.weights.h5)."
    )


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of the `little_network` as Keras 3 saves them. Never changed."""
    path = tmp_path_factory.mktemp("saved") / "lite0.weights.h5"
    with little_lite0():
        network("efficientnet_lite0", 32, "random").base.save_weights(path)
    return path


@pytest.mark.usefixtures("little_network")
def test_weights_that_came_half_are_one_sentence(saved: Path, tmp_path: Path) -> None:
    whole = saved.read_bytes()
    path = tmp_path / "half.weights.h5"
    path.write_bytes(whole[: len(whole) // 2].ljust(len(whole), b"\0"))
    with pytest.raises(ResearchError, match=r"n’est pas un fichier HDF5 entier\. Recopiez-le\."):
        network("efficientnet_lite0", 32, str(path))


@pytest.mark.usefixtures("little_network")
def test_weights_that_hold_nothing_are_refused(saved: Path, tmp_path: Path) -> None:
    """A network learnt for hours on what they gave."""
    model = network("efficientnet_lite0", 32, "random").base
    kernel = next(weight for weight in model.weights if weight.path == "stem_conv/kernel")
    for value, cause in ((np.nan, "des valeurs qui ne sont pas des nombres"), (0, "rien que des zéros")):
        model.load_weights(saved)
        values = np.array(keras.ops.convert_to_numpy(kernel))
        if value == 0:
            values[:] = 0
        else:
            values.flat[7] = value
        kernel.assign(values)
        path = tmp_path / "spoilt.weights.h5"
        model.save_weights(path)
        with pytest.raises(ResearchError) as caught:
            network("efficientnet_lite0", 32, str(path))
        assert str(caught.value) == (
            f"Les poids « spoilt.weights.h5 » sont inutilisables : {cause} dans « stem_conv/kernel ». "
            "Recopiez le fichier, ou donnez-en un autre."
        )


@pytest.mark.usefixtures("little_network")
@pytest.mark.parametrize("kind", ["float16", "float64", "int8"])
def test_weights_of_other_numbers_are_read_unless_rounded(kind: str, saved: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.weights.h5"
    shutil.copy(saved, path)
    with h5py.File(path, "r+") as file:
        names: list[str] = []
        file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
        for name in names:
            values = file[name][...]
            del file[name]
            file[name] = (values * 100).astype(kind)
    if kind == "int8":
        with pytest.raises(ResearchError) as caught:
            network("efficientnet_lite0", 32, str(path))
        assert str(caught.value) == (
            "Les poids « other.weights.h5 » sont arrondis à des nombres entiers (« layers/conv2d/vars/0 ») : "
            "donnez à --weights ceux d’origine, à virgule flottante."
        )
    else:
        assert network("efficientnet_lite0", 32, str(path)).weights


@pytest.mark.usefixtures("little_network")
def test_the_name_that_keras_wants_is_told(saved: Path, tmp_path: Path) -> None:
    shutil.copy(saved, tmp_path / "lite0.h5")
    with pytest.raises(ResearchError) as caught:
        network("efficientnet_lite0", 32, str(tmp_path / "lite0.h5"))
    assert str(caught.value) == (
        "Les poids « lite0.h5 » ne se chargent pas dans efficientnet_lite0 : leur ordre ou leur format "
        "diffère. Réenregistrez-les avec model.save_weights de Keras 3, ou finissez le nom du fichier par "
        "« .weights.h5 »."
    )


def test_a_local_copy_of_published_efficientnet_weights_is_scaled_like_keras(tmp_path: Path) -> None:
    """Keras's files hold deviations for variances; it repairs that only for weights="imagenet"."""
    from research.backbones import weights

    # Of the same layers as B0, a tenth as wide and as deep.
    base = EfficientNet(0.1, 0.1, 32, include_top=False, weights=None, input_shape=(32, 32, 3))
    scale = next(layer for layer in base.layers if isinstance(layer, keras.layers.Normalization))
    mean, _, count = scale.get_weights()
    deviations = np.array([0.229, 0.224, 0.225], np.float32)
    scale.set_weights([mean, deviations, count])
    base.save_weights(tmp_path / "b0.weights.h5")
    weights.load(tmp_path / "b0.weights.h5", base)
    assert scale.get_weights()[1] == pytest.approx(deviations**2)


def test_only_the_top_is_opened_and_normalisation_stays_frozen(lite0: Network) -> None:
    config = configs.load("efficientnet_lite0")
    assert isinstance(config, Config)
    built, known = lite0, lite0.top.get_weights()
    whole = open_top(built, head_model(config, np.zeros(1280), np.ones(1280)))
    opened = {layer.name for layer in built.base.layers if layer.trainable and layer.weights}
    assert "b11_expand" in opened
    assert "head_conv" in opened
    assert not any("bn" in name for name in opened)
    assert not any(name.startswith(("stem", "b0_", "b5_", "b10_")) for name in opened)
    before = [np.array(weight) for weight in built.base.get_layer("b11_bn1").get_weights()]
    assert len(before) == 4
    whole.compile("rmsprop", "categorical_crossentropy", run_eagerly=True)
    whole.train_on_batch(np.ones((2, *built.top.input_shape[1:])), np.eye(7)[:2])
    after = built.base.get_layer("b11_bn1").get_weights()
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))
    built.base.trainable = False
    built.top.set_weights(known)
