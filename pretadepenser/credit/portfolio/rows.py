"""Rows of a stored portfolio, read from Arrow's IPC file format without copying what is not asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pretadepenser.credit import dictionary

# Column name -> float64, shape (n,), missing = NaN, categories as their code.
Frame = Mapping[str, NDArray[np.float64]]


class Rows:
    """The rows held in `content`, an Arrow IPC file in memory or in a memory map."""

    def __init__(self, content: pa.Buffer) -> None:
        self._content = content
        self._reader = pa.ipc.open_file(content)

    @property
    def schema(self) -> pa.Schema:
        """Columns as stored."""
        return self._reader.schema

    @property
    def batches(self) -> int:
        """Number of stored batches."""
        return int(self._reader.num_record_batches)

    def batch(self, place: int) -> pa.RecordBatch:
        """One stored batch, its values left where they are."""
        return self._reader.get_batch(place)

    def frames(self, columns: Sequence[str] | None = None, rows: int | None = None) -> Iterator[Frame]:
        """Scan in stored order, `rows` at most a frame (None: as stored); KeyError for an unknown column."""
        names = list(dictionary.COLUMNS) if columns is None else list(columns)
        places = {name: place for place, name in enumerate(self.schema.names)}
        # Only these columns are looked at: a scan costs what it reads.
        included = sorted({places[name] for name in names})
        reader = pa.ipc.open_file(self._content, options=pa.ipc.IpcReadOptions(included_fields=included))
        for place in range(self.batches):
            batch = reader.get_batch(place)
            for start in range(0, batch.num_rows, rows or batch.num_rows):
                piece = batch.slice(start, rows)
                yield {name: _floats(piece.column(name)) for name in names}

    def column(self, name: str) -> NDArray[np.float64]:
        """One whole column, float64."""
        pieces = [frame[name] for frame in self.frames([name])]
        return np.concatenate(pieces) if pieces else np.empty(0)


def _floats(values: pa.Array) -> NDArray[np.float64]:
    if pa.types.is_dictionary(values.type):
        values = values.indices
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
