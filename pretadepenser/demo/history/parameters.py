"""What the histories are drawn from: `parameters_histories.npz`, aggregates only.

Written by `python -m pretadepenser.demo.fit.histories FOLDER`. Grids are cut at the fifth lowest and fifth
highest value and kept to four digits, categories and joint cells of fewer than five rows are left out: no
row of anyone can be read from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pretadepenser.demo.history.rows import Model
from pretadepenser.demo.parameters import Floats, Levels, Numbers

PATH = Path(__file__).parents[1] / "parameters_histories.npz"


@dataclass(frozen=True)
class Histories:
    """`counts`: how many credits and applications a client has; `bureau`, `previous`: the rows of each.

    `followed`: the share of the clients with credits elsewhere whose months are told. `known`: the share of
    those the bureau was asked about that have a credit there.
    """

    counts: Model
    bureau: Model
    previous: Model
    followed: float
    known: float


def save(histories: Histories, path: Path = PATH) -> None:
    """Write the parameters, compressed."""
    arrays: dict[str, NDArray[np.generic]] = {"shares": np.array([histories.followed, histories.known])}
    for table in ("counts", "bureau", "previous"):
        model: Model = getattr(histories, table)
        arrays[f"{table}/traits"] = np.array(list(model.marginals))
        for name, marginal in model.marginals.items():
            if isinstance(marginal, Numbers):
                arrays[f"{table}/grid/{name}"] = marginal.grid.astype(np.float32)
            else:
                arrays[f"{table}/values/{name}"] = marginal.values
                arrays[f"{table}/cuts/{name}"] = marginal.cuts.astype(np.float16)
        for name, texts in model.names.items():
            arrays[f"{table}/names/{name}"] = np.array(texts)
        arrays[f"{table}/pull"] = model.pull.astype(np.float16)
        lower = np.tril_indices(len(model.own))
        arrays[f"{table}/shared"] = model.shared[lower].astype(np.float16)
        arrays[f"{table}/own"] = model.own[lower].astype(np.float16)
    np.savez_compressed(path, allow_pickle=False, **arrays)


@cache
def load(path: Path = PATH) -> Histories:
    """Read the parameters; they are kept for the life of the process."""
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    followed, known = arrays["shares"].tolist()
    models = {table: _model(arrays, table) for table in ("counts", "bureau", "previous")}
    return Histories(**models, followed=followed, known=known)


def _model(arrays: Mapping[str, NDArray[np.generic]], table: str) -> Model:
    def wide(key: str) -> Floats:
        return np.asarray(arrays[f"{table}/{key}"], dtype=np.float64)

    def square(key: str, size: int) -> Floats:
        out = np.zeros((size, size))
        out[np.tril_indices(size)] = wide(key)
        return out

    traits: list[str] = arrays[f"{table}/traits"].tolist()
    marginals: dict[str, Numbers | Levels] = {}
    for name in traits:
        if f"{table}/grid/{name}" in arrays:
            marginals[name] = Numbers(wide(f"grid/{name}"))
        else:
            marginals[name] = Levels(wide(f"values/{name}"), wide(f"cuts/{name}"))
    names = {
        key.removeprefix(f"{table}/names/"): tuple(map(tuple, texts.tolist()))
        for key, texts in arrays.items()
        if key.startswith(f"{table}/names/")
    }
    size = len(traits)
    return Model(marginals, names, wide("pull"), square("shared", size), square("own", size))
