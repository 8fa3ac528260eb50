"""The networks: their architecture, their weights, and the pixels they expect."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from research.backbones import BACKBONES, infer, network
from research.backbones.efficientnet_lite import efficientnet_lite, round_channels
from research.cost import multiplications
from research.errors import ResearchError

WEIGHTS = Path(__file__).parents[3] / "shared" / "weights"
needs_weights = pytest.mark.skipif(
    not WEIGHTS.is_dir(), reason="les poids ImageNet (../shared/weights) sont absents"
)


@pytest.mark.parametrize(("variant", "millions"), [(0, 3.41), (2, 4.87)])
def test_lite_has_the_published_size(variant: int, millions: float) -> None:
    assert efficientnet_lite(variant, 32).count_params() / 1e6 == pytest.approx(millions, abs=0.05)


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


@needs_weights
def test_swapped_preparations_give_other_features() -> None:
    built = network("efficientnet_lite0", 64, str(WEIGHTS / "efficientnet_lite0_notop.weights.h5"))
    picture = np.random.default_rng(0).uniform(0, 255, (1, 64, 64, 3)).astype(np.float32)
    right = np.asarray(built.base(picture, training=False))
    swapped = np.asarray(built.base(BACKBONES["vgg16"].preprocess(picture.copy()), training=False))
    assert np.abs(right - swapped).mean() > 0.05 * np.abs(right).mean()


@needs_weights
def test_genuine_weights_know_their_classes() -> None:
    """The features of our Lite0 are those of the published classifier: a flat grey photo is no exception."""
    built = network("efficientnet_lite0", 64, str(WEIGHTS / "efficientnet_lite0_notop.weights.h5"))
    again = network("efficientnet_lite0", 64, "random")
    picture = np.full((1, 64, 64, 3), 127, np.float32)
    assert not np.allclose(built.base(picture), again.base(picture))


def test_both_halves_make_the_whole() -> None:
    for name in ("vgg16", "efficientnet_lite0"):
        built = network(name, 32, "random")
        picture = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype(np.float32)
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


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.weights.h5"
    efficientnet_lite(0, 32).save_weights(path)
    for name in ("efficientnet_lite2", "vgg16"):
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


def test_a_local_copy_of_published_efficientnet_weights_is_scaled_like_keras(tmp_path: Path) -> None:
    """Keras's files hold deviations for variances; it repairs that only for weights="imagenet"."""
    from research.backbones import weights

    base = keras.applications.EfficientNetB0(include_top=False, weights=None, input_shape=(32, 32, 3))
    scale = next(layer for layer in base.layers if isinstance(layer, keras.layers.Normalization))
    mean, _, count = scale.get_weights()
    deviations = np.array([0.229, 0.224, 0.225], np.float32)
    scale.set_weights([mean, deviations, count])
    base.save_weights(tmp_path / "b0.weights.h5")
    weights.load(tmp_path / "b0.weights.h5", base)
    assert scale.get_weights()[1] == pytest.approx(deviations**2)
