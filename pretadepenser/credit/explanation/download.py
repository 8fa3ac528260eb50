"""Score a whole download, histories included: imported beside the output, scored, and deleted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from pretadepenser.credit import dictionary
from pretadepenser.credit.explanation import batch
from pretadepenser.credit.explanation.batch import RowsError
from pretadepenser.credit.intake.finding import KEY
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Portfolio, PortfolioError, current_portfolio, import_folder

# Clients scored at a time.
CHUNK: Final = 4096


def is_download(source: Path) -> bool:
    """Whether a path is that of a folder or of Kaggle's zip, rather than of one table."""
    return source.is_dir() or (
        source.suffix.lower() == ".zip" and not source.name.lower().endswith(".csv.zip")
    )


def score_download(
    source: Path,
    output: Path,
    model: Model,
    limit: float,
    portfolio: Portfolio | None,
    progress: Callable[[str, float], None],
    *,
    force: bool = False,
    memory: int,
) -> int:
    """Score every client of a download into a .csv or .parquet file, as `batch.score_file` does.

    The tables are checked whole before anything is scored. They wait in a folder beside `output`, which only
    its owner can read and which is deleted in the end, or by the next such command where this one is killed;
    memory, in megabytes, bounds what reading them takes.

    Returns the number of clients. Raises RowsError or PortfolioError, nothing written.
    """
    batch.check_output(source, output, force=force)
    try:
        # The output first: where it cannot be written, nothing is read. Beside it, for temporary folders are
        # often memory.
        with (
            batch.scores_written(output, portfolio) as write,
            batch.scratch(output) as folder,
        ):
            import_folder(source, folder, progress, memory=memory)
            clients = current_portfolio(folder)
            assert clients
            _score(clients, model, limit, write, progress)
            return clients.size
    except PortfolioError as error:
        # Nothing was to be imported, so that no portfolio is said to be unchanged.
        raise (RowsError.refused(error.problems) if error.problems else error) from error


def _score(
    clients: Portfolio,
    model: Model,
    limit: float,
    write: batch.Write,
    progress: Callable[[str, float], None],
) -> None:
    names = dict.fromkeys((KEY, *dictionary.columns_of(model.features)))
    schema = pa.schema([(name, dictionary.STORED[name].arrow_type) for name in names])
    for start in range(0, clients.size, CHUNK):
        indices = np.arange(start, min(start + CHUNK, clients.size))
        write(model, pa.Table.from_pylist(clients.rows(indices, list(names)), schema), limit)
        progress("Calcul des scores", (start + indices.size) / clients.size)
