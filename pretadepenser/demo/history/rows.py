"""Rows that belong to clients: a Gaussian copula of three levels.

Each trait of a row (the age of a credit, whether it is closed) has a latent normal variable that is the sum
of what the client's application and outcome say (`pull`), of what all rows of the client share (`shared`)
and of the row alone (`own`). Traits of one client's credits therefore go together, the clients who default
have other histories, and every trait keeps its own distribution.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pretadepenser.demo.columns import Columns, Flags
from pretadepenser.demo.history.chance import Bits, below, normal
from pretadepenser.demo.parameters import Floats, Levels, Numbers, Whole

NOTHING = ""  # a missing text among the names of a trait


@dataclass(frozen=True)
class Trait:
    """One trait: its name, whether drawn from a grid, its parent class among `classes`, when it exists."""

    name: str
    continuous: bool = False
    parent: Callable[[Columns], Whole] | None = None
    classes: int = 1
    exists: Callable[[Columns], Flags] | None = None

    def of(self, v: Columns, size: int) -> Whole:
        """Parent class (size,) of each row."""
        return np.zeros(size, dtype=np.int64) if self.parent is None else self.parent(v)

    def there(self, v: Columns, size: int) -> Flags:
        """Whether the trait exists (size,) for each row."""
        return np.ones(size, dtype=bool) if self.exists is None else self.exists(v)


@dataclass(frozen=True)
class Model:
    """What the rows of one table are drawn from.

    `marginals`: one for each trait. `names`: for a trait whose values are codes, the texts (k, columns)
    behind them. `pull` (drivers, d), `shared` and `own` (d, d): how the latent variables come about.
    """

    marginals: Mapping[str, Numbers | Levels]
    names: Mapping[str, tuple[tuple[str, ...], ...]]
    pull: Floats
    shared: Floats
    own: Floats

    def coded(self, trait: str, column: int, wanted: Callable[[str], bool]) -> Flags:
        """Whether the text in `column` of each code (k,) of a trait is a wanted one."""
        return np.array([wanted(texts[column]) for texts in self.names[trait]])


def draw_rows(
    traits: tuple[Trait, ...],
    model: Model,
    drivers: Floats,
    clients: Bits,
    owner: Whole,
    keys: Bits,
    v: Mapping[str, Floats],
) -> dict[str, Floats]:
    """Draw the traits of rows: name -> values (n,), NaN where a trait does not exist.

    `drivers` (clients, k) and `clients` (clients,) describe the clients, `owner` (n,) says whose each row
    is, `keys` (n,) are the rows' own; `v` are columns that parents may ask for beside the traits.
    """
    return values_at(traits, model, latent(model, drivers, clients, owner, keys), v)


def common_part(model: Model, drivers: Floats, clients: Bits) -> Floats:
    """What the latent variables of all rows of a client have in common (clients, d)."""
    return drivers @ model.pull + normal(clients, len(model.own), purpose=11) @ model.shared.T


def latent(model: Model, drivers: Floats, clients: Bits, owner: Whole, keys: Bits) -> Floats:
    """Latent variables (n, d) of rows; arguments as for `draw_rows`."""
    own = normal(keys, len(model.own), purpose=12) @ model.own.T
    return np.asarray(common_part(model, drivers, clients)[owner] + own)


def values_at(
    traits: tuple[Trait, ...], model: Model, z: Floats, v: Mapping[str, Floats]
) -> dict[str, Floats]:
    """Traits of rows at their latent variables `z` (n, d), in order, beside the columns `v`."""
    drawn = dict(v)
    for i, trait in enumerate(traits):
        there = trait.there(drawn, len(z))
        values = np.full(len(z), np.nan)
        values[there] = model.marginals[trait.name].draw(z[there, i], trait.of(drawn, len(z))[there])
        drawn[trait.name] = values
    return drawn


def code(v: Columns, name: str) -> Whole:
    """A trait as whole numbers (n,); 0 where it does not exist."""
    return np.nan_to_num(v[name]).astype(np.int64)


def whole(values: Floats) -> Whole:
    """Counts (n,) of what was drawn between whole numbers; 0 where nothing was."""
    return np.maximum(np.round(np.nan_to_num(values)), 0).astype(np.int64)


def expanded(counts: Whole) -> tuple[Whole, Whole]:
    """Of rows that come `counts` (n,) at a time: whose each is (total,), and its place from 0 (total,)."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)


def row_keys(clients: Bits, table: int, owner: Whole, place: Whole) -> Bits:
    """The keys (n,) of rows `place` (n,) of clients `owner` (n,) in a table."""
    return below(below(clients, table)[owner], place)
