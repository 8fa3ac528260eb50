"""A table as a file for a French spreadsheet: figures as they are, and texts that are never run."""

import csv
import io

import pytest

from pretadepenser.charts.chart import Cell, Column, Table


def written(cell: Cell) -> str:
    """The cell as it stands in the file."""
    table = Table("Essai", (Column("Donnée"), Column("Valeur")), (("a", "b"),), (("a", cell),))
    text = table.csv()
    assert text.startswith("\ufeffDonnée;Valeur\r\n")
    return next(csv.reader(io.StringIO(text[1:].split("\r\n", 1)[1]), delimiter=";"))[1]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""), (0.0, "0"), (-0.0, "0"), (5.0, "5"), (100.0, "100"), (-56, "-56"), (1_538, "1538"),
        (0.0998157, "0,0998157"), (1 / 3, "0,333333"), (-0.0940025, "-0,0940025"), (0.00001234, "0,00001234"),
        (13914.21, "13914,21"), (1_293_502.5, "1293502,5"), (40_500_000.0, "40500000"), (0.99999996, "1"),
    ],
)  # fmt: skip
def test_figures_have_a_decimal_comma_and_no_power_of_ten(cell: Cell, text: str) -> None:
    assert written(cell) == text


@pytest.mark.parametrize("start", ["=", "+", "-", "−", "@", "\t", "\r"])
def test_a_text_that_a_spreadsheet_would_run_is_kept_a_text(start: str) -> None:
    said = written(f"{start}HYPERLINK(1)")
    assert said == f"'{start}HYPERLINK(1)"
    assert written("Moins de 5 %") == "Moins de 5 %"
    assert written("1,5 = a") == "1,5 = a"


def test_a_whole_file_is_written_to_the_letter() -> None:
    """A mark for UTF-8, semicolons, lines that end as Excel's, quotes only where they are needed."""
    columns = (Column("Donnée"), Column("=Valeur", numeric=True), Column("Fin ; suite"))
    rows = (("Âge", "1", "x"), ("Revenu", "2", "y"))
    raw = (("Âge", 1.5, None), ("@Revenu", -2.25, 'dit « "non" »'))
    assert Table("Essai", columns, rows, raw).csv() == (
        '\ufeffDonnée;\'=Valeur;"Fin ; suite"\r\nÂge;1,5;\r\n\'@Revenu;-2,25;"dit « ""non"" »"\r\n'
    )
