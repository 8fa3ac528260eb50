"""Write the fictitious portfolio as a folder like Kaggle's download.

    python -m pretadepenser.demo FOLDER --clients N [--format parquet|csv] [--whole]

Seven tables, in folders of parts of two million rows at most (NAME/part-00001.parquet), or in one file a
table (--whole). Memory does not grow with the number of clients: 3,562,550 of them are ten times Kaggle.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from tqdm import tqdm

from pretadepenser.credit.dictionary import TABLES, arrow_schema
from pretadepenser.demo.clients import batches
from pretadepenser.demo.histories import CLIENTS, MAKERS, all_tables
from pretadepenser.french import plural

PART = 2_000_000  # rows
APPLICATION = "application_train"
CSV = pa_csv.WriteOptions(quoting_style="needed")


class Parts:
    """The files of one table, opened one after the other as rows come."""

    def __init__(self, folder: Path, name: str, schema: pa.Schema, kind: str, whole: bool) -> None:
        text = pa.string()
        self._plain = pa.schema(
            [pa.field(f.name, text if pa.types.is_dictionary(f.type) else f.type) for f in schema]
        )
        self._folder, self._name, self._kind, self._whole = folder, name, kind, whole
        self._schema = schema if kind == "parquet" else self._plain
        self._part = 0
        self._rows = 0
        self._writer: Any = None
        self.total = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows, to a new part where the last is full."""
        start = 0
        while start < batch.num_rows or self._writer is None:
            writer = self._writer or self._open()
            room = batch.num_rows if self._whole else PART - self._rows
            rows = batch.slice(start, room)
            writer.write(rows if self._kind == "parquet" else rows.cast(self._plain))
            start += rows.num_rows
            self._rows += rows.num_rows
            self.total += rows.num_rows
            if not self._whole and self._rows >= PART:
                self.close()

    def _open(self) -> Any:
        self._part += 1
        self._rows = 0
        if self._whole:
            path = self._folder / f"{self._name}.{self._kind}"
        else:
            path = self._folder / self._name / f"part-{self._part:05}.{self._kind}"
            path.parent.mkdir(exist_ok=True)
        if self._kind == "parquet":
            self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        else:
            self._writer = pa_csv.CSVWriter(path, self._schema, write_options=CSV)
        return self._writer

    def close(self) -> None:
        """End the part that is open, if one is."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def write(
    folder: Path, clients: int, seed: int, kind: str = "parquet", whole: bool = False
) -> Mapping[str, int]:
    """Write all seven tables of `clients` clients into `folder`, made if need be; the rows of each by name.

    Raises FileExistsError when the folder is not empty, ValueError when a number is out of range.
    """
    application = batches(clients, seed, CLIENTS)
    tables = all_tables(clients, seed)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} n’est pas vide : choisissez un dossier nouveau ou vide.")
    parts = {APPLICATION: Parts(folder, APPLICATION, arrow_schema(), kind, whole)}
    parts |= {name: Parts(folder, name, TABLES[name].arrow_schema(), kind, whole) for name in MAKERS}
    try:
        for batch in application:
            parts[APPLICATION].write(batch)
        with tqdm(total=clients, unit=" clients", disable=None) as bar:
            done = 0
            for drawn in tables:
                for name, batch in drawn.items():
                    parts[name].write(batch)
                step = min(CLIENTS, clients - done)
                done += step
                bar.update(step)
    finally:
        for one in parts.values():
            one.close()
    return {name: one.total for name, one in parts.items()}


def main(arguments: list[str] | None = None) -> int:
    """Command line: 0 when all is written, 2 when it cannot be."""
    parser = argparse.ArgumentParser(
        prog="python -m pretadepenser.demo",
        description="Écrire le portefeuille fictif comme celui de Kaggle.",
    )
    parser.add_argument("folder", type=Path, metavar="DOSSIER", help="dossier à écrire, nouveau ou vide")
    parser.add_argument("--clients", type=int, default=20_000, metavar="N", help="nombre de clients (20 000)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="graine du tirage (1)")
    parser.add_argument("--format", choices=("parquet", "csv"), default="parquet", help="format des fichiers")
    parser.add_argument("--whole", action="store_true", help="un seul fichier par table")
    options = parser.parse_args(arguments)
    try:
        rows = write(options.folder, options.clients, options.seed, options.format, options.whole)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for name, total in rows.items():
        sys.stdout.write(f"{name} : {plural(total, 'ligne')}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
