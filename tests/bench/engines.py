"""DuckDB on this machine against Spark: seconds and memory by size, and where their lines cross.

Fictitious clients with all seven tables, as Parquet. The smallest size is drawn, the others are copies of it
under other numbers: the same rows for each client, in as many clients as asked for.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from pretadepenser.credit.dictionary import TABLES
from tests.bench.ground import Ground, line, title

# Applications of Kaggle's whole download, labelled and not.
KAGGLE = 356_255
APPLICATION = "application_train"
# Columns that number clients, credits elsewhere and contracts here; the n-th copy's begin at n times this.
NUMBERS = ("SK_ID_CURR", "SK_ID_BUREAU", "SK_ID_PREV")
APART = 100_000_000
ENGINES = ("duckdb", "spark")
# What is compared: the sums of all histories alone, and a whole import, published.
WORKS = ("figures", "import")


@dataclass(frozen=True)
class Measured:
    """What a work took: seconds, those of processors (of all its processes), megabytes at most."""

    seconds: float
    processor: float
    megabytes: float

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s, {self.processor:.1f} s, {self.megabytes:,.0f} MB"


def run(ground: Ground) -> None:
    """Compare both engines at `ground.multiples` of Kaggle's size, each in a process of its own."""
    folder = ground.instance.parent / "engines"
    multiples = sorted(ground.multiples)
    clients = max(1000, round(KAGGLE * multiples[0]))
    base = ground.drawn or drawn(folder / "base", clients)
    clients = rows_of(base / APPLICATION)
    title(f"Engines: {clients:,} clients with their histories, then as many copies of them as asked for")
    line("work", "clients", "history rows", "s, s of processor, memory")
    found: dict[str, list[tuple[int, dict[str, float]]]] = {work: [] for work in ground.works}
    for multiple in multiples:
        copies = max(1, round(multiple * KAGGLE / clients))
        source = base if copies == 1 else copied(base, folder / f"copies-{copies}", copies)
        rows = sum(rows_of(source / name) for name in TABLES)
        for work in ground.works:
            took = {}
            for engine in ENGINES:
                took[engine] = measured(work, engine, source, folder / "instance")
                # At once: the other may take an hour.
                line(f"{work}, {engine}", f"{copies * clients:,}", f"{rows:,}", str(took[engine]))
            ratio = took["spark"].seconds / took["duckdb"].seconds
            line(work, f"{copies * clients:,}", f"{rows:,}", f"Spark / DuckDB {ratio:.1f}")
            found[work].append((copies * clients, {engine: one.seconds for engine, one in took.items()}))
        if copies > 1:
            shutil.rmtree(source)
    for work, points in found.items():
        line(work, crossing(points))


def drawn(folder: Path, clients: int) -> Path:
    """Draw fictitious clients with all seven tables; return their folder."""
    folder.mkdir(parents=True)
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "pretadepenser.demo", folder, "--clients", str(clients)],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    line(f"draw {clients:,} clients", f"{time.perf_counter() - begun:.0f} s")
    return folder


def crossing(points: Sequence[tuple[int, dict[str, float]]]) -> str:
    """Where the straight lines through the smallest and the largest size cross."""
    if len(points) < 2:
        return "one size: no line"
    (small, first), (large, last) = points[0], points[-1]
    slope = {one: (last[one] - first[one]) / (large - small) for one in ENGINES}
    start = {one: first[one] - slope[one] * small for one in ENGINES}
    told = ", ".join(f"{one} {start[one]:.1f} s + {1e6 * slope[one]:.1f} s a million" for one in ENGINES)
    if slope["spark"] >= slope["duckdb"]:
        return f"{told}: no crossing, Spark on this machine is behind at any size"
    at = (start["spark"] - start["duckdb"]) / (slope["duckdb"] - slope["spark"])
    return f"{told}: they cross at {max(0, at):,.0f} clients"


def copied(base: Path, folder: Path, copies: int) -> Path:
    """Write the tables of `base` so often, each time under other numbers; return the folder."""
    for name in (APPLICATION, *TABLES):
        (folder / name).mkdir(parents=True)
        for part in sorted((base / name).glob("*.parquet")):
            for copy in range(copies):
                _renumbered(part, folder / name / f"copy-{copy:04}-{part.name}", copy * APART)
    return folder


def _renumbered(source: Path, path: Path, add: int) -> None:
    with pa.parquet.ParquetFile(source) as file:
        schema = file.schema_arrow
        with pa.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
            for batch in file.iter_batches():
                columns = [
                    pc.add(values, pa.scalar(add, values.type)) if name in NUMBERS else values
                    for name, values in zip(schema.names, batch.columns, strict=True)
                ]
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))


def rows_of(folder: Path) -> int:
    """Rows of a table in parts."""
    return sum(pa.parquet.read_metadata(part).num_rows for part in folder.glob("*.parquet"))


def measured(work: str, engine: str, source: Path, instance: Path) -> Measured:
    """Do one work with one engine in a process of its own.

    Seconds are told by that process and hold the start of the engine, not that of Python. Memory is that of
    the process and all it has started, shared pages shared.
    """
    shutil.rmtree(instance, ignore_errors=True)
    command = [sys.executable, "-m", "tests.bench.engines", work, engine, str(source), str(instance)]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said)
        peak = 0.0
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            peak = max(peak, sum(_memory(pid) for pid in _family(process.pid)))
            time.sleep(0.25)
        if ended[1]:
            said.seek(0)
            told = said.read().decode(errors="replace")[-2000:]
            raise RuntimeError(f"{work} with {engine} failed: {' '.join(command)}\n{told}")
        assert process.stdout
        with process.stdout as out:
            seconds = float(json.loads(out.read().splitlines()[-1]))
    return Measured(seconds, ended[2].ru_utime + ended[2].ru_stime, peak)


def _family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    family, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        family.append(one)
        waiting += children.get(one, [])
    return family


def _memory(pid: int) -> float:
    """Memory of a process, pages that it shares counted in part (PSS), in MB; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(one.split()[1]) / 1024 for one in lines if one.startswith("Pss:")), 0.0)


def _figures_duckdb(source: Path, instance: Path) -> None:
    from pretadepenser.credit.history import engine, features

    instance.mkdir(parents=True)
    with engine.connect("1GB", instance, readable=[source]) as connection:
        for name in TABLES:
            connection.execute(
                f"create view {name} as select * from read_parquet('{source / name}/*.parquet')"
            )
        applications = f"read_parquet('{source / APPLICATION}/*.parquet')"
        connection.execute(f"create view application as select SK_ID_CURR from {applications}")
        given = features.compute(connection, TABLES)
        # Every figure of every client is looked at, none is kept.
        sums = ", ".join(f"sum({name})" for name in given.columns)
        given.aggregate(sums).fetchall()


def _import_duckdb(source: Path, instance: Path) -> None:
    from pretadepenser.credit.portfolio import import_folder

    import_folder(source, instance)


def _figures_spark(source: Path, instance: Path) -> None:
    from pyspark.sql import functions as f

    from pretadepenser.spark import histories, session, tables

    with session.session() as spark:
        found = tables.find(spark, str(source))
        given, names = histories.computed(spark, tables.together(tables.applications(found)), found)
        given.agg(*(f.sum(name) for name in names)).collect()


def _import_spark(source: Path, instance: Path) -> None:
    from pretadepenser.spark import importing, session

    with session.session() as spark:
        importing.import_tables(spark, str(source), instance, lambda step, share: None)


_DONE: dict[tuple[str, str], Callable[[Path, Path], None]] = {
    ("figures", "duckdb"): _figures_duckdb,
    ("figures", "spark"): _figures_spark,
    ("import", "duckdb"): _import_duckdb,
    ("import", "spark"): _import_spark,
}


def main() -> None:
    """Do one work with one engine, and say how many seconds it took."""
    work, engine, source, instance = sys.argv[1:]
    begun = time.perf_counter()
    _DONE[work, engine](Path(source), Path(instance))
    print(json.dumps(time.perf_counter() - begun))  # noqa: T201 (read by the process that has started this one)


if __name__ == "__main__":
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    main()
