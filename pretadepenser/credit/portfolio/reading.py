"""A published portfolio: opened in constant time and memory, searched by number, scanned by column.

The rows stay in a memory-mapped Arrow file that all worker processes share; the private memory of a process
does not depend on the number of clients.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pretadepenser import storage
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import COLUMNS, HISTORY, TABLES, Column, Frame, Row
from pretadepenser.credit.distribution.bins import Bins, values_of
from pretadepenser.credit.distribution.statistics import Quantiles, Statistics
from pretadepenser.credit.history import features
from pretadepenser.credit.intake.validation import PortfolioError, schema_of
from pretadepenser.credit.stored.histories import History
from pretadepenser.credit.stored.rows import Rows
from pretadepenser.money import KAGGLE, Money

NAME = "portfolio"
CLIENTS = "clients.arrow"
NUMBERS = "numbers.npy"
CHECKS = "checks.npy"
CARD = "card.json"
# Changed when a portfolio written by an older version of this code can no longer be read.
FORMAT = 4


@dataclass(frozen=True, eq=False)
class Client:
    """One client: a raw value for each of dictionary.STORED (None: missing, or its table was not imported).

    `values` has 1 besides by the name of each history table that was imported (see dictionary.Row).
    `target` is 1 for a default, None where unknown.
    """

    number: int
    values: Row
    target: int | None


class Portfolio:
    """The clients of one import, sorted by SK_ID_CURR. Safe to use from several threads."""

    def __init__(self, folder: Path, card: Mapping[str, Any]) -> None:
        self.folder = folder
        self.size: int = card["clients"]
        self.labelled: int = card["labelled"]
        self.defaults: int = card["defaults"]
        self.fictitious: bool = card["fictitious"]
        # Portfolios that older versions imported say nothing: all had Kaggle's layout.
        self.money = Money(card.get("currency", KAGGLE.currency), card.get("amount_scale", KAGGLE.scale))
        self.sha256: str = card["sha256"]
        # This portfolio and those that it was before clients were erased from it: what was learnt from one of
        # these was learnt from its clients.
        self.lineage: frozenset[str] = frozenset({self.sha256, *card.get("former", ())})
        self.imported_at: datetime = datetime.fromisoformat(card["imported_at"])
        self.sources: tuple[str, ...] = tuple(source["name"] for source in card["sources"])
        # The history tables that were imported: where a client has no rows in one, there was nothing to tell.
        self.tables: frozenset[str] = frozenset(card["tables"])
        self._looked_into = dict.fromkeys(features.usable(self.tables), 1)
        self._batch_rows: int = card["batch_rows"]
        self._rows = Rows(pa.memory_map(str(folder / CLIENTS)).read_buffer())
        self._histories = {
            name: History(folder, table, self.size, self._batch_rows)
            for name, table in TABLES.items()
            if name in self.tables
        }
        # Mapped all the same: numpy's own class of maps makes each look four times as long.
        self._numbers: NDArray[np.int64] = np.load(folder / NUMBERS, mmap_mode="r").view(np.ndarray)
        self._checks: NDArray[np.uint64] = np.load(folder / CHECKS, mmap_mode="r").view(np.ndarray)
        self.statistics = Statistics.open(folder)
        self.bins = Bins.open(folder)

    @classmethod
    def open(cls, folder: Path) -> Portfolio:
        """Open a published portfolio, in the same time and memory for any number of clients.

        Raises PortfolioError when a file is missing, has changed or does not fit this version of the code.
        """
        try:
            card = json.loads((folder / CARD).read_text("utf-8"))
            if card["format"] != FORMAT:
                raise PortfolioError(
                    "Le portefeuille a été importé par une autre version de l’application : "
                    "importez-le à nouveau."
                )
            storage.check(folder)
            portfolio = cls(folder, card)
            portfolio._check()
        except storage.DamagedError as error:
            raise _damaged(error.path) from error
        except (OSError, EOFError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
            raise _damaged(folder / CARD) from error
        return portfolio

    def client(self, number: int) -> Client | None:
        """Return the client with this SK_ID_CURR, or None. Takes a binary search and one row.

        Raises PortfolioError when the row is not the one that was imported.
        """
        index = self.index(number)
        if index is None:
            return None
        with self._readable():
            values, check = self._rows.row(index // self._batch_rows, index % self._batch_rows)
            if values["SK_ID_CURR"] != number or check != self._checks[index]:
                raise ValueError("another row")
        target = values["TARGET"]
        return Client(number, {**values, **self._looked_into}, None if target is None else int(target))

    def history(self, number: int, tables: Collection[str] | None = None) -> dict[str, list[Row]]:
        """The raw rows of a client in those of `tables` (None: all) that were imported, in order of time.

        A table that was not imported is not there, one in which the client has no rows is empty. Raises
        KeyError for an unknown client, PortfolioError when the rows are not those that were imported.
        """
        index = self.index(number)
        if index is None:
            raise KeyError(number)
        found = {}
        for name, history in self._histories.items():
            if tables is None or name in tables:
                with self._readable(f"{name}.arrow"):
                    found[name] = history.of(index)
        return found

    def rows(self, indices: NDArray[np.int64], columns: Sequence[str]) -> list[Row]:
        """Raw values of `columns` of several clients, as in `Client.values`, in the order asked.

        indices: positions in `numbers()`, int64, shape (n,). Opens each stored batch once. Raises KeyError
        for a column that the portfolio does not have.
        """
        found: list[Row] = [{}] * len(indices)
        batches, within = np.divmod(indices, self._batch_rows)
        for batch in np.unique(batches):
            asked = np.flatnonzero(batches == batch)
            with self._readable():
                picked = self._rows.picked(int(batch), within[asked], columns)
            for index, row in zip(asked, picked, strict=True):
                found[index] = row
        return found

    def index(self, number: int) -> int | None:
        """Return the position of a client in `numbers()` and in every scan, or None if there is none."""
        if not self.size or not self._numbers[0] <= number <= self._numbers[-1]:
            return None
        index = int(np.searchsorted(self._numbers, np.int64(number)))
        return index if self._numbers[index] == number else None

    def numbers(self) -> NDArray[np.int64]:
        """All SK_ID_CURR, ascending, int64, shape (size,), read through a memory map."""
        return self._numbers

    def frames(self, columns: Sequence[str] | None = None, batch: int | None = None) -> Iterator[Frame]:
        """Scan the portfolio in order: frames of at most `batch` clients, of `columns` (None: all stored).

        Arrays are float64, NaN where missing, categories as their code. Raises KeyError for a column that
        the portfolio does not have.
        """
        with self._readable():
            yield from self._rows.frames(columns, batch)

    def column(self, name: str) -> NDArray[np.float64]:
        """One column of all clients, float64, shape (size,), NaN where missing, categories as their code."""
        with self._readable():
            return self._rows.column(name)

    def values(self, name: str) -> NDArray[np.float64]:
        """One column or derived figure of all clients, as `column` gives it; KeyError for an unknown name."""
        with self._readable():
            return values_of(self._rows, name)

    def rank(self, name: str, value: float) -> float:
        """Share (0..1) of clients with a known value strictly below `value`, plus half of the equal ones.

        `name` is a numeric column or derived figure (KeyError otherwise). Exact for values with few
        distinct ones, else within 0.001. Raises ValueError when no client has a value.
        """
        return self.statistics.quantiles(name).rank(value)

    def share(self, name: str, category: str | float) -> float:
        """Share (0..1) of all clients with this category, or with this value of a discrete column."""
        return self.statistics.share(name, category)

    def missing(self, name: str) -> float:
        """Share (0..1) of clients whose value of a column or derived figure is missing."""
        return self.statistics.missing(name)

    def median(self, name: str) -> float:
        """Median of the known values; ValueError when there is none."""
        return self.quantile(name, 0.5)

    def quantile(self, name: str, q: float) -> float:
        """Value of a column or derived figure that a share q (0..1) of the known ones do not exceed."""
        return self.statistics.quantiles(name).quantile(q)

    def quantiles(self, name: str) -> Quantiles:
        """The prepared distribution of a numeric column or derived figure."""
        return self.statistics.quantiles(name)

    def verify(self) -> None:
        """Read every file and compare with the seal of the import. Raises PortfolioError if one differs."""
        try:
            storage.check(self.folder, whole=True)
        except storage.DamagedError as error:
            raise _damaged(error.path) from error

    @contextmanager
    def _readable(self, file: str = CLIENTS) -> Iterator[None]:
        """Say of what cannot be read that the portfolio is damaged; a KeyError is the caller's."""
        try:
            yield
        except (OSError, ValueError, IndexError, OverflowError, pa.ArrowException) as error:
            raise _damaged(self.folder / file) from error

    def _check(self) -> None:
        """Compare the files with the card, without reading the rows; ValueError when they disagree."""
        if not self._rows.schema.equals(schema_of(stored(self.tables))):
            raise ValueError("other columns")
        if self._numbers.dtype != np.int64 or self._numbers.shape != (self.size,):
            raise ValueError("other numbers")
        if self._checks.dtype != np.uint64 or self._checks.shape != (self.size,):
            raise ValueError("other checksums")
        if self.bins.clients != self.size:
            raise ValueError("other bins")
        batches = -(-self.size // self._batch_rows)
        if self._rows.batches != batches:
            raise ValueError("other batches")
        if batches:
            # Also loads the categories now: later reads, from any thread, then change nothing in the reader.
            first = self._rows.batch(0)
            if first.column(0)[0].as_py() != int(self._numbers[0]):
                raise ValueError("other order")
            for name, column in dictionary.COLUMNS.items():
                if column.textual and first.column(name).dictionary.to_pylist() != list(column.codes):
                    raise ValueError(f"other categories of {name}")


def stored(tables: Collection[str]) -> dict[str, Column]:
    """What is stored of each client where these history tables are imported: their figures come last."""
    return {**COLUMNS, **{name: HISTORY[name] for name in features.known(tables)}}


def current_portfolio(instance: Path) -> Portfolio | None:
    """Open the portfolio published in `instance`, or return None when there is none yet.

    Raises PortfolioError when there is one and it cannot be read.
    """
    try:
        folder = storage.current(instance, NAME)
    except storage.DamagedError as error:
        raise _damaged(error.path) from error
    return None if folder is None else Portfolio.open(folder)


def _damaged(path: Path) -> PortfolioError:
    return PortfolioError(
        f"Le portefeuille de {path.parent} est endommagé ({path.name}) : importez-le à nouveau."
    )
