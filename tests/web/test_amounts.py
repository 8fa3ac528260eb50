"""Amounts that people believe: the convention of the data, on every page, whatever the tests' own is."""

import re
import shutil
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from pretadepenser import create_app
from pretadepenser.credit.portfolio import Portfolio, import_batches
from pretadepenser.credit.portfolio.reading import current_portfolio
from pretadepenser.demo import batches
from pretadepenser.money import KAGGLE, PLAIN, Money, in_use, using
from pretadepenser.web import frame
from tests.conftest import signed_in


def plain(text: str) -> str:
    return " ".join(text.replace("\u202f", " ").split())


CREDIT, ALL = ["11 250"], ["2 925", "11 250", "465"]


@pytest.mark.parametrize(
    ("path", "shown"),
    [("", ALL), ("/comparaison", CREDIT), ("/simulation", ALL), ("/leviers", CREDIT), ("/entretien", ALL)],
)
def test_every_page_shows_the_file_s_amounts_divided_by_a_hundred(
    client: FlaskClient, portfolio: Portfolio, path: str, shown: list[str]
) -> None:
    number = 157083
    someone = portfolio.client(number)
    assert someone
    columns = ("AMT_INCOME_TOTAL", "AMT_CREDIT", "AMT_ANNUITY")
    assert [someone.values[name] for name in columns] == [292_500, 1_125_000, 46_539]
    with using(PLAIN):
        text = plain(client.get(f"/clients/{number}{path}").text)
        assert in_use() == PLAIN, "a request leaves no currency behind"
    for amount in ("292 500", "1 125 000", "46 539"):
        assert not re.search(rf"(?<!\d){amount} ?€", text)
    for amount in shown:
        assert re.search(rf"(?<!\d){amount}(?!\d)", text)


def test_the_convention_is_told(client: FlaskClient) -> None:
    said = (
        "Les montants affichés, en euros, sont ceux des données divisés par 100 : c’est une convention, car "
        "leur monnaie et leur échelle ne sont pas publiées."
    )
    assert said in plain(client.get("/modele").text)
    assert said in plain(client.get("/clients/157083").text)
    sheet = plain(client.get("/clients/157083/entretien").text)
    assert "Montants en euros : ceux des données divisés par 100, par convention." in sheet
    period = "La période du revenu n’est pas publiée non plus : il est lu par mois."
    assert period in plain(client.get("/clients/157083").text)
    with using(PLAIN):
        assert plain(frame.amounts_convention()) == "Les montants sont ceux des données, en euros."


def test_who_told_currency_and_scale_is_not_told_that_they_are_unknown(genuine: Path, tmp_path: Path) -> None:
    with using(Money("CHF", 0.001)):
        assert plain(frame.amounts_convention()) == (
            "Les montants affichés, en francs suisses, sont ceux des données divisés par 0,001."
        )
        assert plain(frame.amounts_convention(short=True)) == (
            "Montants en francs suisses : ceux des données divisés par 0,001."
        )
    folder = tmp_path / "instance"
    shutil.copytree(genuine, folder, symlinks=True)
    import_batches(batches(2000, 3), folder, money=Money("EUR", 1))
    browser = signed_in(create_app({"INSTANCE": folder, "TESTING": True}), "agathe")
    told = plain(browser.get("/clients/157083").text)
    assert "Les montants sont ceux des données, en euros." in told
    assert "n’est pas publiée" not in told


def test_an_import_records_the_currency_and_keeps_file_units(tmp_path: Path) -> None:
    import_batches(batches(50, 3), tmp_path, money=Money("CHF", 1))
    francs = current_portfolio(tmp_path)
    import_batches(batches(50, 3), tmp_path)
    euros = current_portfolio(tmp_path)
    assert francs
    assert euros
    assert (francs.money, euros.money) == (Money("CHF", 1), KAGGLE)
    assert francs.column("AMT_CREDIT").tolist() == euros.column("AMT_CREDIT").tolist()
