"""What a network costs: parameters, operations, seconds a photo, memory; measured in a process apart."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from typing import Any

import keras
import numpy as np

from research.backbones import BACKBONES, RANDOM, Network, infer, network
from research.errors import ResearchError
from research.meters import best_seconds, peak_bytes

GIGA = 1e9


def multiplications(model: keras.Model) -> int:
    """Multiply-adds of one picture through the convolutions and dense layers of ``model``, from its graph."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            total += multiplications(layer)
        elif isinstance(layer, keras.layers.Dense):
            total += int(np.prod(layer.kernel.shape))
        elif isinstance(layer, (keras.layers.DepthwiseConv2D, keras.layers.Conv2D)):
            # Each output pixel of a convolution costs one multiply-add per kernel weight.
            _, height, width, _ = layer.output.shape
            total += height * width * int(np.prod(layer.kernel.shape))
    return total


def parameters(network_: Network) -> dict[str, int]:
    """Parameters of the whole base and of the part that fine-tuning opens."""
    return {"base": network_.base.count_params(), "opened": network_.top.count_params()}


def measure(name: str, size: int, batch: int, repeats: int) -> dict[str, Any]:
    """Measure one base with random weights (weights change neither time nor memory).

    Seconds are per photo: whole forward pass, and one training step of the opened top alone.
    """
    started = peak_bytes()
    built = network(name, size, RANDOM)
    pictures = np.random.default_rng(0).uniform(0, 255, (batch, size, size, 3)).astype(np.float32)
    inference = best_seconds(lambda: infer(built.base, pictures), repeats)
    after_inference = peak_bytes()
    built.base.trainable = True
    pooled = keras.layers.GlobalAveragePooling2D()(built.top.output)
    classify = keras.Model(built.top.input, keras.layers.Dense(7, "softmax")(pooled))
    classify.compile("adam", "categorical_crossentropy", jit_compile=False)
    features = infer(built.trunk, pictures)
    targets = np.eye(7, dtype=np.float32)[np.arange(batch) % 7]
    training = best_seconds(lambda: classify.train_on_batch(features, targets), repeats)
    operations = multiplications(built.base)
    return {
        "network": name,
        "label": built.backbone.label,
        "size": size,
        "batch": batch,
        "parameters": parameters(built),
        "multiply_adds": operations,
        "flops": 2 * operations,
        "inference_seconds": inference["elapsed"] / batch,
        "inference_processor_seconds": inference["processor"] / batch,
        "opened_training_seconds": training["elapsed"] / batch,
        "opened_training_processor_seconds": training["processor"] / batch,
        "memory_before": started,
        "memory_inference": after_inference,
        "memory_training": peak_bytes(),
    }


def measure_apart(name: str, size: int, batch: int = 4, repeats: int = 3) -> dict[str, Any]:
    """:func:`measure` in a fresh process, so that one network's memory is not counted with another's.

    Raises ResearchError: the process failed, most often for lack of memory.
    """
    if name not in BACKBONES:
        raise ResearchError(f"Réseau inconnu : « {name} ». Choisissez parmi {', '.join(BACKBONES)}.")
    arguments = [str(value) for value in (name, size, batch, repeats)]
    done = subprocess.run(
        [sys.executable, "-m", "research.cost", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ResearchError(
            f"La mesure de {BACKBONES[name].label} à {size} px a échoué (code {done.returncode}) : "
            "la mémoire a sans doute manqué. Réduisez --batch."
        )
    measured = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(measured, dict)
    return measured


def environment() -> dict[str, Any]:
    """The machine and library versions figures were made with; nothing personal."""
    import tensorflow

    return {
        "python": platform.python_version(),
        "keras": keras.__version__,
        "tensorflow": tensorflow.__version__,
        "numpy": np.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
    }


if __name__ == "__main__":
    network_name, *numbers = sys.argv[1:]
    sys.stdout.write(json.dumps(measure(network_name, *(int(number) for number in numbers))) + "\n")
