"""The networks of the study: how each is built, reads pixels, and where it is cut.

A network is cut in two. Below the cut is the *trunk*, never trained, computed once per photo and view;
above it is the *top*, opened for fine-tuning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from research.backbones import weights as weight_files
from research.backbones.efficientnet_lite import efficientnet_lite
from research.backbones.settling import settle
from research.errors import ResearchError
from research.files import sha256

Preprocess = Callable[[np.ndarray], np.ndarray]
Build = Callable[[int, str | None], keras.Model]

IMAGENET, RANDOM = "imagenet", "random"


def _as_they_are(values: np.ndarray) -> np.ndarray:
    """EfficientNet reads pixels 0..255 and scales them inside: nothing must be done outside."""
    return values


def _vgg16(size: int, weights: str | None) -> keras.Model:
    return keras.applications.VGG16(include_top=False, weights=weights, input_shape=(size, size, 3))


def _efficientnet_b7(size: int, weights: str | None) -> keras.Model:
    return keras.applications.EfficientNetB7(include_top=False, weights=weights, input_shape=(size, size, 3))


def _lite(variant: int) -> Build:
    def build(size: int, weights: str | None) -> keras.Model:
        if weights == IMAGENET:
            raise ResearchError(
                f"Keras ne distribue pas les poids d’EfficientNet-Lite{variant} : donnez leur fichier avec "
                "--weights (voir research/README.md)."
            )
        return efficientnet_lite(variant, size)

    return build


@dataclass(frozen=True)
class Backbone:
    """A convolutional base.

    ``cut`` names the last layer of the trunk; ``size`` is the native side in pixels; ``preprocess`` maps
    RGB 0..255 of shape ``(n, side, side, 3)`` to what the first layer expects.
    """

    name: str
    label: str
    build: Build
    preprocess: Preprocess
    cut: str
    size: int


BACKBONES: dict[str, Backbone] = {
    backbone.name: backbone
    for backbone in (
        Backbone("vgg16", "VGG16", _vgg16, keras.applications.vgg16.preprocess_input, "block4_pool", 224),
        Backbone("efficientnet_b7", "EfficientNet-B7", _efficientnet_b7, _as_they_are, "block6m_add", 600),
        Backbone("efficientnet_lite0", "EfficientNet-Lite0", _lite(0), _as_they_are, "b10_add", 224),
        Backbone("efficientnet_lite2", "EfficientNet-Lite2", _lite(2), _as_they_are, "b14_add", 260),
    )
}


@dataclass(frozen=True)
class Network:
    """A base with its weights: the whole ``base``, its two halves, and the fingerprint of its weights.

    ``trunk`` maps pixels ``(n, side, side, 3)`` to cut features, ``top`` maps those to final features;
    both share the layers of ``base``.
    """

    backbone: Backbone
    size: int
    weights: str
    base: keras.Model
    trunk: keras.Model
    top: keras.Model


def infer(model: keras.Model, *inputs: np.ndarray) -> np.ndarray:
    """Outputs of ``model`` for one batch, run as a graph: about twice as fast as layer by layer.

    ``inputs`` are an array for each of the model's. The graph serves batches of every size. Keras's own
    ``predict_on_batch`` builds another one for the shorter last batch, which takes B7 as long as a dozen
    photos.
    """
    graph = getattr(model, "any_batch", None)
    if graph is None:
        read = [tf.TensorSpec(one.shape, one.dtype) for one in model.inputs]
        graph = tf.function(partial(_answer, model), input_signature=read, autograph=False)
        # Kept by the model itself: what refers to it from elsewhere would keep its weights in memory.
        model.any_batch = graph
    outputs: np.ndarray = graph(*inputs).numpy()
    return outputs


def answers(model: keras.Model, inputs: Sequence[np.ndarray], members: np.ndarray, batch: int) -> np.ndarray:
    """What ``infer`` gives for some rows of the model's inputs, ``batch`` at a time, in their order."""
    parts = [members[at : at + batch] for at in range(0, len(members), batch)]
    rows = [
        infer(model, *(one[part].astype(read.dtype) for one, read in zip(inputs, model.inputs, strict=True)))
        for part in parts
    ]
    return np.concatenate(rows)


def _answer(model: keras.Model, *inputs: tf.Tensor) -> tf.Tensor:
    return model(inputs[0] if len(inputs) < 2 else list(inputs), training=False)


def network(name: str, size: int, weights: str, seed: int = 0) -> Network:
    """Build a network and give it weights: ``"imagenet"``, ``"random"`` or the path of an HDF5 file.

    Raises ResearchError: unknown name, missing weights, or weights of another architecture.
    """
    if name not in BACKBONES:
        raise ResearchError(f"Réseau inconnu : « {name} ». Choisissez parmi {', '.join(BACKBONES)}.")
    backbone = BACKBONES[name]
    keras.utils.set_random_seed(seed)
    if weights == IMAGENET:
        try:
            base = backbone.build(size, IMAGENET)
        except ResearchError:
            raise
        # Keras raises a bare Exception where it cannot connect, and ValueError where what came is not what it
        # published: its checksum is compared with Keras's own before anything is loaded.
        except Exception as error:
            what = (
                "ne sont pas ceux que Keras publie (somme de contrôle différente)"
                if "corrupted" in str(error)
                else "n’ont pas pu être téléchargés"
            )
            raise ResearchError(
                f"Les poids ImageNet ({backbone.label}) {what}. Vérifiez le réseau et relancez, ou donnez un "
                "fichier local avec --weights."
            ) from error
        identity = f"keras-{keras.__version__}-imagenet"
    elif weights == RANDOM:
        base = backbone.build(size, None)
        settle(base, seed)
        identity = f"random-{seed}-settled"
    else:
        # Before the network is built, which takes seconds: a file that is none is refused at once.
        shapes = weight_files.file_shapes(Path(weights))
        base = backbone.build(size, None)
        weight_files.load(Path(weights), base, shapes)
        identity = sha256(Path(weights))[:16]
    base.trainable = False
    cut = base.get_layer(backbone.cut).output
    return Network(
        backbone, size, identity, base, keras.Model(base.input, cut), keras.Model(cut, base.output)
    )
