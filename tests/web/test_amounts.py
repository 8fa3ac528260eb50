"""Amounts that people believe: the convention of the data, on every page, whatever the tests' own is."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from pretadepenser.credit.portfolio import Portfolio, import_batches
from pretadepenser.credit.portfolio.reading import current_portfolio
from pretadepenser.demo import batches
from pretadepenser.money import KAGGLE, PLAIN, Money, in_use, using


def plain(text: str) -> str:
    return " ".join(text.replace("\u202f", " ").split())


@pytest.mark.parametrize("path", ["", "/comparaison", "/simulation", "/leviers", "/entretien"])
def test_every_page_shows_the_file_s_amounts_divided_by_a_hundred(
    client: FlaskClient, portfolio: Portfolio, path: str
) -> None:
    number = 157083
    someone = portfolio.client(number)
    assert someone
    income, credit = (float(someone.values[name] or 0) for name in ("AMT_INCOME_TOTAL", "AMT_CREDIT"))
    with using(PLAIN):
        text = plain(client.get(f"/clients/{number}{path}").text)
        assert in_use() == PLAIN, "a request leaves no currency behind"
    file_units = {f"{round(value):,}".replace(",", " ") for value in (income, credit)}
    shown = {f"{int(value / 100 + 0.5):,}".replace(",", " ") for value in (income, credit)}
    assert not [amount for amount in file_units if re.search(rf"(?<!\d){amount} ?€", text)]
    assert [amount for amount in shown if re.search(rf"(?<!\d){amount}(?!\d)", text)]


def test_the_convention_is_told(client: FlaskClient) -> None:
    said = (
        "Les montants affichés, en euros, sont ceux des données divisés par 100 : c’est une convention, car "
        "leur monnaie et leur échelle ne sont pas publiées."
    )
    assert said in plain(client.get("/modele").text)
    assert said in plain(client.get("/clients/157083").text)
    sheet = plain(client.get("/clients/157083/entretien").text)
    assert "Montants en euros : ceux des données divisés par 100, par convention." in sheet


def test_an_import_records_the_currency_and_keeps_file_units(tmp_path: Path) -> None:
    import_batches(batches(50, 3), tmp_path, money=Money("CHF", 1))
    francs = current_portfolio(tmp_path)
    import_batches(batches(50, 3), tmp_path)
    euros = current_portfolio(tmp_path)
    assert francs
    assert euros
    assert (francs.money, euros.money) == (Money("CHF", 1), KAGGLE)
    assert francs.column("AMT_CREDIT").tolist() == euros.column("AMT_CREDIT").tolist()
