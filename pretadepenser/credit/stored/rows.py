"""Rows of a stored portfolio, read from Arrow's IPC file format without copying what is not asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pretadepenser.credit.dictionary import STORED, Column, Frame, Row

# Batches whose columns are held ready for `row`: some 100 kB each.
VIEWS: Final = 64
# Rows of which all columns are looked at together: of more, one after the other.
FEW: Final = 256


@dataclass(frozen=True, eq=False)
class _View:
    """The stored numbers of a column of one batch, left where they are: looking at one costs no Arrow object.

    known: the map of what is not missing, a bit each, None where nothing is missing.
    """

    numbers: NDArray[Any]
    known: NDArray[np.uint8] | None
    offset: int

    @classmethod
    def of(cls, values: pa.Array) -> _View:
        return cls(*_buffers(values))

    def number(self, place: int) -> float | int:
        """The number in one row, a category's code, NaN where missing."""
        place += self.offset
        if self.known is not None and not self.known.item(place >> 3) >> (place & 7) & 1:
            return math.nan
        number: float | int = self.numbers.item(place)
        return number

    def some(self, first: int, count: int) -> NDArray[np.float64]:
        """The numbers of `count` rows from the row `first` on, float64, NaN where missing."""
        start = first + self.offset
        found = self.numbers[start : start + count].astype(np.float64)
        if self.known is not None:
            # Of the map only the bytes of these rows: a batch has 65,536.
            known = self.known[start >> 3 : (start + count + 7) >> 3]
            every = (1 << found.size) - 1
            # Of a few rows mostly nothing is missing, which a number tells quicker than an array.
            if found.size > FEW or int.from_bytes(known.tobytes(), "little") >> (start & 7) & every != every:
                bits = np.unpackbits(known, bitorder="little")[start & 7 : (start & 7) + found.size]
                found[bits == 0] = np.nan
        return found


def _given(column: Column, number: float | int) -> float | str | None:
    """A stored number in Kaggle's coding."""
    if number != number:
        return None
    if not column.textual:
        return raw(column, number)
    if number < 0:
        raise ValueError("no category")
    return column.codes[int(number)]


def _raw_values(column: Column, numbers: Sequence[float]) -> Sequence[float | str | None]:
    """Do for many numbers of a column what `_given` does for one."""
    if column.textual:
        return [_given(column, number) for number in numbers]
    if column.integer:
        return [None if number != number else int(number) for number in numbers]
    return [None if number != number else number for number in numbers]


class Rows:
    """The rows held in `content`, an Arrow IPC file in memory or in a memory map.

    `columns` are those that may be asked for: a value of one that is not stored is missing.
    """

    def __init__(self, content: pa.Buffer, columns: Mapping[str, Column] = STORED) -> None:
        self._content = content
        self._reader = pa.ipc.open_file(content)
        self._columns = columns
        self._places = {name: index for index, name in enumerate(self._reader.schema.names)}
        self._stored = [(name, columns[name]) for name in self._places]
        # Those whose numbers are not their raw values.
        self._special = [(name, column) for name, column in self._stored if column.textual or column.integer]
        self._nothing: dict[str, float | str | None] = dict.fromkeys(columns)
        self._views: dict[int, tuple[int, list[_View]]] = {}
        self._held: Frame = {}

    @property
    def schema(self) -> pa.Schema:
        """Columns as stored."""
        return self._reader.schema

    @property
    def batches(self) -> int:
        """Number of stored batches."""
        return int(self._reader.num_record_batches)

    def batch(self, index: int) -> pa.RecordBatch:
        """One stored batch, its values left where they are."""
        return self._reader.get_batch(index)

    def row(self, index: int, place: int) -> tuple[Row, int]:
        """All raw values of one row of one stored batch, in the columns' order, and their checksum.

        Raises ValueError, IndexError or OverflowError where the bytes cannot be values of their columns.
        """
        _, views = self._viewed(index)
        stored = [view.number(place) for view in views]
        check = int((np.array(stored, np.float64).view(np.uint64) * _FACTORS[: len(stored)]).sum())
        given: dict[str, Any] = dict(zip(self._places, stored, strict=True))
        for name, column in self._special:
            given[name] = _given(column, given[name])
        missing = {name: None for name, value in given.items() if value != value}
        return self._nothing | given | missing, check

    def _viewed(self, index: int) -> tuple[int, list[_View]]:
        """Number of rows of a stored batch, and its columns, held ready."""
        found = self._views.get(index)
        if found is None:
            batch = self.batch(index)
            found = batch.num_rows, [_View.of(values) for values in batch.columns]
            if len(self._views) >= VIEWS:
                self._views.clear()
            self._views[index] = found
        return found

    def picked(self, index: int, rows: NDArray[np.int64], columns: Sequence[str]) -> list[Row]:
        """Raw values of `columns` in some rows of one stored batch, in the order asked.

        rows: positions in the batch, int64, shape (n,). KeyError for an unknown column. Looks at the values
        asked for only, whatever the size of the batch.
        """
        # Made from its buffer: pa.array would load pandas, see `floats`.
        wanted = pa.Array.from_buffers(
            pa.int64(), len(rows), [None, pa.py_buffer(np.ascontiguousarray(rows))]
        )
        asked = {name: self._columns[name] for name in columns}
        stored = self.batch(index).select([name for name in asked if name in self._places]).take(wanted)
        found = stored.to_pylist() if stored.num_columns else [{}] * len(rows)
        return [{name: raw(column, row.get(name)) for name, column in asked.items()} for row in found]

    def some(self, index: int, first: int, count: int) -> Frame:
        """At most `count` rows of one stored batch from the row `first` on, every stored column."""
        rows, views = self._viewed(index)
        if not 0 <= first < rows:
            raise IndexError(f"no row {first} in batch {index}")
        upto = min(count, rows - first)
        return {name: view.some(first, upto) for name, view in zip(self._places, views, strict=True)}

    def given(self, frame: Frame) -> list[Row]:
        """The raw values of the rows of a frame of every stored column."""
        values = [_raw_values(column, frame[name].tolist()) for name, column in self._stored]
        return [dict(zip(self._places, row, strict=True)) for row in zip(*values, strict=True)]

    def frames(self, columns: Sequence[str] | None = None, rows: int | None = None) -> Iterator[Frame]:
        """Scan in stored order, `rows` at most a frame (None: as stored); KeyError for an unknown column."""
        names = list(self._columns) if columns is None else list(columns)
        if unknown := [name for name in names if name not in self._columns]:
            raise KeyError(unknown[0])
        # Only these columns are looked at: a scan costs what it reads. None at all would read all.
        included = sorted({self._places.get(name, 0) for name in names})
        reader = pa.ipc.open_file(self._content, options=pa.ipc.IpcReadOptions(included_fields=included))
        for index in range(self.batches):
            batch = reader.get_batch(index)
            for start in range(0, batch.num_rows, rows or batch.num_rows):
                piece = batch.slice(start, rows)
                yield {
                    name: floats(piece.column(name)) if name in self._places else np.full(len(piece), np.nan)
                    for name in names
                }

    def hold(self) -> None:
        """Read all columns at once, 8 bytes a value: of few rows each scan costs more than they do."""
        frames = list(self.frames())
        self._held = {name: np.concatenate([frame[name] for frame in frames]) for name in self._columns}

    def column(self, name: str) -> NDArray[np.float64]:
        """One whole column, float64."""
        if name in self._held:
            return self._held[name]
        pieces = [frame[name] for frame in self.frames([name])]
        return np.concatenate(pieces) if pieces else np.empty(0)


def raw(column: Column, value: float | str | None) -> float | str | None:
    """A stored value in Kaggle's coding: a whole number that may be missing is stored as a float64."""
    return int(value) if column.integer and value is not None else value


def canonical(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The same rows in the one form that their values allow, so that equal portfolios have equal bytes.

    schema: as they are to be stored; the codes of a category may come in another width.

    Arrow leaves free what lies under a missing value and whether a column without any has a validity map.
    Zero is written without a sign, which files may give it ("-0.0") and a whole number cannot have.
    """
    arrays = []
    for values, field in zip(batch.columns, schema, strict=True):
        coded = pa.types.is_dictionary(field.type)
        codes = pc.cast(values.indices, field.type.index_type) if coded else values
        filled = pc.fill_null(codes, pa.scalar(0, codes.type))
        if pa.types.is_floating(codes.type):
            filled = pc.add(filled, pa.scalar(0.0, codes.type))
        if codes.null_count:
            known = np.packbits(pc.is_valid(codes).to_numpy(zero_copy_only=False), bitorder="little")
            # fill_null always makes a new array, so its offset is 0 as that of the map is.
            buffers = [pa.py_buffer(known), filled.buffers()[1]]
            filled = pa.Array.from_buffers(codes.type, len(codes), buffers, codes.null_count)
        if coded:
            filled = pa.DictionaryArray.from_arrays(filled, values.dictionary)
        arrays.append(filled)
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def frame_of(batch: pa.RecordBatch) -> Frame:
    """All columns of a stored batch."""
    return {name: floats(values) for name, values in zip(batch.schema.names, batch.columns, strict=True)}


def floats(values: pa.Array) -> NDArray[np.float64]:
    """float64 values of a stored array, NaN where missing.

    Read from Arrow's buffers: Array.to_numpy would load pandas, a second and 40 MB in every worker process.
    """
    return _View.of(values).some(0, len(values))


def _buffers(values: pa.Array) -> tuple[NDArray[Any], NDArray[np.uint8] | None, int]:
    """Stored numbers (categories as codes), the map of what is not missing, a bit each, and their offset."""
    codes = values.indices if pa.types.is_dictionary(values.type) else values
    validity, content = codes.buffers()
    known = None if validity is None else np.frombuffer(validity, np.uint8)
    return np.frombuffer(content, dtype=codes.type.to_pandas_dtype()), known, codes.offset


# One odd factor a column, of a fixed stream: a change of any one value changes the sum, whatever the others.
_STREAM: Final = np.random.default_rng(20_180_517)
_FACTORS: Final = 2 * _STREAM.integers(0, 1 << 62, 1024, np.uint64) + np.uint64(1)


def checks(frame: Frame) -> NDArray[np.uint64]:
    """A checksum of each row of a frame of all stored columns in their order, uint64, shape (n,).

    A look-up compares it with the one kept at import, so that a row that has changed on the disk is noticed
    at any moment and at the cost of one row.
    """
    size = len(next(iter(frame.values())))
    if size <= FEW:
        together = np.stack(list(frame.values())).astype(np.float64, copy=False).view(np.uint64)
        few: NDArray[np.uint64] = (together * _FACTORS[: len(frame), np.newaxis]).sum(axis=0)
        return few
    total = np.zeros(size, np.uint64)
    for factor, values in zip(_FACTORS, frame.values(), strict=False):
        total += np.ascontiguousarray(values, np.float64).view(np.uint64) * factor
    return total
