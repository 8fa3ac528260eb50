"""The clients of the fictitious portfolio: their numbers, their applications, block by block."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa

from pretadepenser.credit.dictionary import COLUMNS, arrow_schema
from pretadepenser.demo.drawing import draw
from pretadepenser.demo.parameters import Floats, Parameters, Whole, load

KNOWN_CLIENT = 157083  # the client of the documentation and of every demonstration
FIRST, LAST = 100001, 456255  # Kaggle's numbers
BLOCK = 8192
CANDIDATES = 4096


def numbers(clients: int) -> Whole:
    """SK_ID_CURR of `clients` clients, ascending and unique, spread over Kaggle's range; 157083 among them.

    Beyond Kaggle's 356,255 numbers they go on consecutively.
    """
    room_below, room_above = KNOWN_CLIENT - FIRST, LAST - KNOWN_CLIENT
    below = min(room_below, (clients - 1) * room_below // (room_below + room_above))
    above = clients - 1 - below
    lower = FIRST + np.arange(below) * room_below // max(below, 1)
    upper = KNOWN_CLIENT + (np.arange(above) + 1) * max(room_above, above) // max(above, 1)
    return np.concatenate([lower, [KNOWN_CLIENT], upper]).astype(np.int64)


def batches(clients: int, seed: int, batch_rows: int = 65_536) -> Iterator[pa.RecordBatch]:
    """Draw `clients` fictitious clients by ascending SK_ID_CURR, in batches of `batch_rows` (the last fewer).

    Schema: `dictionary.arrow_schema()`. The same seed gives the same clients, whatever the batch size.
    Raises ValueError, with a French sentence, when a number is out of range.
    """
    refuse_impossible(clients, seed, batch_rows, "lignes")
    return _batches(clients, seed, batch_rows)


def refuse_impossible(clients: int, seed: int, batch: int, of: str) -> None:
    """Raise ValueError, with a French sentence, for a number out of range; `of` is what a batch holds."""
    for value, least, what in (
        (clients, 1, "Le nombre de clients"),
        (batch, 1, f"Le nombre de {of} par lot"),
        (seed, 0, "La graine"),
    ):
        if value < least:
            raise ValueError(f"{what} doit être un entier supérieur ou égal à {least} : donnez-en un autre.")


def _batches(clients: int, seed: int, batch_rows: int) -> Iterator[pa.RecordBatch]:
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for block in _blocks(clients, seed):
        waiting.append(block)
        rows += block.num_rows
        while rows >= batch_rows:
            whole = pa.concat_batches(waiting)
            yield whole.slice(0, batch_rows)
            rows -= batch_rows
            waiting = [whole.slice(batch_rows)]
    if rows:
        yield pa.concat_batches(waiting)


def _blocks(clients: int, seed: int) -> Iterator[pa.RecordBatch]:
    schema = arrow_schema()
    for people in blocks(clients, seed):
        yield _record_batch(people.columns, people.numbers, load(), schema)


@dataclass(frozen=True)
class Block:
    """Clients who were drawn together: SK_ID_CURR (n,), and by name the other columns (n,), text as codes."""

    numbers: Whole
    columns: dict[str, Floats]


def blocks(clients: int, seed: int) -> Iterator[Block]:
    """Draw `clients` fictitious clients, 8,192 at a time."""
    return (block(clients, seed, number) for number in range(-(-clients // BLOCK)))


def block(clients: int, seed: int, number: int) -> Block:
    """Draw the block at the place `number` of `clients` fictitious clients."""
    parameters = load()
    generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,)))
    columns, _ = draw(generator, BLOCK, parameters)
    chosen = _all_numbers(clients)[number * BLOCK : (number + 1) * BLOCK]
    columns = {name: values[: len(chosen)] for name, values in columns.items()}
    index = int(np.searchsorted(chosen, KNOWN_CLIENT))
    if index < len(chosen) and chosen[index] == KNOWN_CLIENT:
        for name, value in _known_client(seed).items():
            columns[name][index] = value
    return Block(chosen, columns)


@lru_cache(maxsize=1)
def _all_numbers(clients: int) -> Whole:
    """`numbers`, kept from one block to the next."""
    return numbers(clients)


@lru_cache(maxsize=1)
def _known_client(seed: int) -> dict[str, float]:
    """Columns of client 157083: the safest of 4,096 draws, the same in every portfolio of this seed.

    The documentation shows this client as one whose loan is granted with a wide margin.
    """
    generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0, KNOWN_CLIENT)))
    columns, odds = draw(generator, CANDIDATES, load())
    safest = int(np.argmin(odds))
    return {name: float(values[safest]) for name, values in columns.items()} | {"TARGET": 0.0}


def _record_batch(
    columns: dict[str, Floats], ids: Whole, parameters: Parameters, schema: pa.Schema
) -> pa.RecordBatch:
    arrays = []
    for field in schema:
        column = COLUMNS[field.name]
        if field.name == "SK_ID_CURR":
            arrays.append(pa.array(ids, type=field.type))
            continue
        values = columns[field.name]
        missing = np.isnan(values)
        if column.textual and column.categories is not None:
            names = parameters.categories[field.name]
            known = np.array([column.code(name) if name else -1 for name in names], dtype=np.int8)
            codes = known[np.where(missing, 0, values).astype(np.int64)]
            indices = pa.array(codes, mask=missing)
            arrays.append(pa.DictionaryArray.from_arrays(indices, pa.array(list(column.categories))))
        else:
            filled = np.where(missing, 0, values).astype(field.type.to_pandas_dtype())
            arrays.append(pa.array(filled, type=field.type, mask=missing if missing.any() else None))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
