"""Giving a network of random weights the scale that trained ones have.

Under normalisation that is frozen at its first values, signals of random weights shrink at every layer: after
forty of them nothing is left that sixteen bits can tell from zero, and nothing can be learnt from it.
"""

from __future__ import annotations

import keras
import numpy as np

#: Pictures of noise that the scale is measured on, and their side: only the scale counts, not what is seen.
PICTURES, SIDE = 4, 64


def settle(base: keras.Model, seed: int) -> None:
    """Make each normalisation layer of ``base`` divide by what goes into it, in place.

    One scale a layer and no centring: that keeps what a random network tells apart, where normalising each
    channel by itself would not. A network without such layers is left as it is.
    """
    noise = np.random.default_rng(seed).uniform(0, 255, (PICTURES, SIDE, SIDE, 3)).astype(np.float32)
    if not any(isinstance(layer, keras.layers.BatchNormalization) for layer in base.layers):
        return
    values = {id(base.inputs[0]): noise}
    for layer in base.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        several = isinstance(layer.input, list)
        given = [values[id(tensor)] for tensor in (layer.input if several else [layer.input])]
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = layer.get_weights()
            power = float(np.mean(np.square(np.asarray(given[0]))))
            layer.set_weights([gamma, beta, mean, np.full_like(variance, power)])
        values[id(layer.output)] = layer(given if several else given[0], training=False)
