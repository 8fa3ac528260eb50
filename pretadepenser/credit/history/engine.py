"""DuckDB as this application opens it: bounded memory, spilling where it is told to, and nothing fetched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

MEMORY: Final = "1GB"


def connect(
    memory: str = MEMORY,
    spill: Path | None = None,
    threads: int | None = None,
    readable: Sequence[Path] = (),
) -> duckdb.DuckDBPyConnection:
    """Open an in-memory DuckDB that holds at most `memory` ("1GB") and sorts the rest in the folder `spill`.

    Without `spill` nothing is ever written. threads: of its own (all processors otherwise). readable: the
    files, and folders with all they hold, that its SQL may read; no others, and no address. No extension is
    fetched or loaded, and no setting can be changed any more. Raises duckdb.Error for settings it refuses.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "temp_directory": "" if spill is None else str(spill),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        # Rows are put in order where an order is needed; to keep that of the input costs memory.
        "preserve_insertion_order": False,
        # Names in SQL are tables and views, never variables of the caller.
        "python_enable_replacements": False,
    }
    if threads is not None:
        settings["threads"] = threads
    connection = duckdb.connect(":memory:", config=settings)
    files = [str(path.resolve()) for path in readable if not path.is_dir()]
    folders = [str(path.resolve()) for path in readable if path.is_dir()]
    connection.execute("set allowed_paths = ?", [files])
    connection.execute("set allowed_directories = ?", [folders])
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection
