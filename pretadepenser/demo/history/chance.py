"""Chance that belongs to a client: random numbers that are a function of a key, not of what was drawn before.

A stream of random numbers would tie every row to the rows drawn before it. Here a key of 64 bits stands for
one client, credit or month, and its numbers follow from the key alone (SplitMix64's finaliser: Steele, Lea
and Flood, 2014): the same client has the same history in every portfolio and in batches of every size.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from pretadepenser.demo.parameters import Floats, Whole

Bits = NDArray[np.uint64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_ONE, _TWO = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def _mixed(x: Bits) -> Bits:
    x = (x ^ (x >> np.uint64(30))) * _ONE
    x = (x ^ (x >> np.uint64(27))) * _TWO
    return np.asarray(x ^ (x >> np.uint64(31)))


def below(keys: Bits, index: Whole | int) -> Bits:
    """Keys (n,) of what lies under `keys` (n,): the rows of a client, the months of a credit, a purpose."""
    with np.errstate(over="ignore"):
        return _mixed(keys + (np.asarray(index, dtype=np.int64).astype(np.uint64) + np.uint64(1)) * _STEP)


def keys(numbers: Whole, seed: int) -> Bits:
    """One key (n,) for each client number and seed."""
    root = below(np.array([seed % 2**63], dtype=np.uint64), 0)
    return below(np.broadcast_to(root, numbers.shape), numbers)


def uniform(keys: Bits, purpose: int) -> Floats:
    """Numbers (n,) strictly between 0 and 1, one for each key; each purpose has numbers of its own."""
    return np.asarray(((below(keys, purpose) >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53)


def normal(keys: Bits, count: int, purpose: int = 0) -> Floats:
    """Standard normal numbers (n, count), a row for each key."""
    under = below(keys, purpose)
    return np.asarray(ndtri(np.stack([uniform(under, i) for i in range(count)], axis=1)))
