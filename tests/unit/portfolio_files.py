"""Files of a portfolio: made up as an administrator has them, packed, spoiled, and as they are stored."""

import csv
import gzip
import shutil
import zipfile
from pathlib import Path

import pyarrow as pa

from pretadepenser.credit.portfolio import Portfolio, current_portfolio
from tests.unit import made_up


def write(folder: Path) -> Path:
    """Write 300 labelled and 40 unlabelled made-up clients as Kaggle's two files; return the folder."""
    made_up.write_csv(made_up.table(300), folder / "application_train.csv")
    test = made_up.table(40, seed=1, first=100_003).drop_columns(["TARGET"])
    made_up.write_csv(test, folder / "application_test.csv")
    return folder


def spoil(path: Path, line: int, column: str, value: str) -> None:
    """Put `value` in one field of a CSV file."""
    lines = path.read_text().split("\n")
    index = lines[0].replace('"', "").split(",").index(column)
    changed = fields(lines[line - 1])
    changed[index] = value
    lines[line - 1] = ",".join(changed)
    path.write_text("\n".join(lines))


def fields(line: str) -> list[str]:
    """The fields of a line of a CSV file, quoted where they must be."""
    return [f'"{field}"' if "," in field else field for field in next(csv.reader([line]))]


def zipped(source: Path) -> None:
    """Add the clients with outcomes as a zip file, as a Mac makes it."""
    with zipfile.ZipFile(source / "application_train.csv.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(source / "application_train.csv", "application_train.csv")
        archive.writestr("__MACOSX/._application_train.csv", "")


def gzipped(source: Path) -> None:
    """Add the clients with outcomes as a gz file."""
    with (
        (source / "application_train.csv").open("rb") as plain,
        gzip.open(source / "application_train.csv.gz", "wb") as packed,
    ):
        shutil.copyfileobj(plain, packed)


def opened(instance: Path) -> Portfolio:
    """The portfolio that was imported."""
    portfolio = current_portfolio(instance)
    assert portfolio is not None
    return portfolio


def stored(instance: Path) -> pa.Table:
    """All stored rows, categories as strings."""
    with pa.memory_map(str(opened(instance).folder / "clients.arrow")) as file:
        return made_up.text(pa.ipc.open_file(file).read_all()).combine_chunks()
