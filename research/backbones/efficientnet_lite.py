"""EfficientNet-Lite in Keras: EfficientNet without squeeze-and-excite, ReLU6 instead of swish.

Architecture: Google, *EfficientNet-Lite* (2020), after Tan and Le, *EfficientNet: Rethinking Model
Scaling for Convolutional Neural Networks* (ICML 2019). Pixels 0..255 go in; scaling is inside.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import keras
from keras import layers


@dataclass(frozen=True)
class Stage:
    """A run of blocks of one width: repeats, kernel, first stride, expansion and output channels."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


@dataclass(frozen=True)
class Scaling:
    """Compound scaling of one member of the family: width and depth factors, native side in pixels."""

    width: float
    depth: float
    size: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)
SCALINGS = {0: Scaling(1.0, 1.0, 224), 1: Scaling(1.0, 1.1, 240), 2: Scaling(1.1, 1.2, 260)}
STEM_CHANNELS, HEAD_CHANNELS = 32, 1280


def round_channels(channels: int, width: float) -> int:
    """Scale a number of channels, to a multiple of 8 that loses at most 10 % (the paper's rule)."""
    scaled = channels * width
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * scaled else rounded


def _normalise(tensor: keras.KerasTensor, name: str, activate: bool = True) -> keras.KerasTensor:
    tensor = layers.BatchNormalization(epsilon=1e-3, momentum=0.99, name=name)(tensor)
    return layers.ReLU(6.0, name=f"{name}_relu6")(tensor) if activate else tensor


def _block(
    tensor: keras.KerasTensor, name: str, kernel: int, stride: int, expansion: int, channels: int
) -> keras.KerasTensor:
    """Inverted residual: widen, filter each channel apart, narrow, and add the input where shapes allow."""
    entry, width = tensor, tensor.shape[-1]
    if expansion != 1:
        widen = layers.Conv2D(width * expansion, 1, use_bias=False, name=f"{name}_expand")
        tensor = _normalise(widen(tensor), f"{name}_bn0")
    depthwise = layers.DepthwiseConv2D(kernel, stride, "same", use_bias=False, name=f"{name}_dw")
    tensor = _normalise(depthwise(tensor), f"{name}_bn1")
    narrow = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_project")
    tensor = _normalise(narrow(tensor), f"{name}_bn2", activate=False)
    if stride == 1 and width == channels:
        tensor = layers.Add(name=f"{name}_add")([entry, tensor])
    return tensor


def efficientnet_lite(variant: int, size: int | None = None) -> keras.Model:
    """The convolutional base of EfficientNet-Lite ``variant`` (0, 1 or 2), with random weights.

    Input ``(size, size, 3)``, RGB 0..255 (``size`` defaults to the member's native side); output
    ``(size / 32, size / 32, 1280)``. Layer names are those of the weight files.
    """
    scaling = SCALINGS[variant]
    side = size or scaling.size
    inputs = keras.Input((side, side, 3), name="pixels")
    tensor = layers.Rescaling(1 / 128, offset=-127 / 128, name="scale")(inputs)
    tensor = layers.Conv2D(STEM_CHANNELS, 3, 2, "same", use_bias=False, name="stem_conv")(tensor)
    tensor = _normalise(tensor, "stem_bn")
    number = 0
    for position, stage in enumerate(STAGES):
        channels = round_channels(stage.channels, scaling.width)
        # The first and last stages keep their depth in the Lite family.
        ends = position in {0, len(STAGES) - 1}
        repeats = stage.repeats if ends else math.ceil(stage.repeats * scaling.depth)
        for repeat in range(repeats):
            stride = stage.stride if repeat == 0 else 1
            tensor = _block(tensor, f"b{number}", stage.kernel, stride, stage.expansion, channels)
            number += 1
    tensor = layers.Conv2D(HEAD_CHANNELS, 1, use_bias=False, name="head_conv")(tensor)
    return keras.Model(inputs, _normalise(tensor, "head_bn"), name=f"efficientnet_lite{variant}")
