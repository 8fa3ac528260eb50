"""Numbers of pages as they are written for the ear, and what is left as it is (pretadepenser/speech.py)."""

import gzip
import re

import pytest
from flask.testing import FlaskClient

from pretadepenser import speech
from tests.conftest import Page

KNOWN = 157083


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("<p>351\u202f000\u00a0€</p>", '<p><span class="nb">351 000</span>\u00a0€</p>'),
        ("<p>1\u202f293\u202f503,50</p>", '<p><span class="nb">1 293 503,50</span></p>'),
        ("<b>−3 points</b>", '<b><span class="nb minus"><span>moins </span>3</span> points</b>'),
        ("<td>−12\u202f345,6</td>", '<td><span class="nb minus"><span>moins </span>12 345,6</span></td>'),
        ("<td>−0,5</td>", '<td><span class="nb minus"><span>moins </span>0,5</span></td>'),
        ("<p>12 %, 1,5 fois, de 500 à 520</p>", "<p>12 %, 1,5 fois, de 500 à 520</p>"),
        ("<title>de 1\u202f000 à −5</title>", "<title>de 1 000 à moins 5</title>"),
        ('<option value="1\u202f000">1\u202f000 €</option>', '<option value="1\u202f000">1 000 €</option>'),
        ("<textarea>\n−1\u202f000</textarea>", "<textarea>\n−1 000</textarea>"),
        ('<img alt="de −1\u202f000 à 2">', '<img alt="de moins 1 000 à 2">'),
        ('<i aria-label="1\u202f000" class="a">1</i>', '<i aria-label="1 000" class="a">1</i>'),
        ('<input type="text" value="1\u202f000">', '<input type="text" value="1 000">'),
        ('<input type="text" value="−1\u202f000">', '<input type="text" value="−1 000">'),
        ('<input name="a" type="hidden" value="1\u202f000">', None),
        ('<a href="/?a=1\u202f000">a</a>', None),
        ('<a data-a="1\u202f000" href="b">a</a>', None),
        ("<script>'1\u202f000'</script>", None),
        ("<style>/* −1 */</style>", None),
        ("<p>Qui\u202f? rien</p>", None),
        ("<th>+ ou −</th>", '<th>+ ou <span class="nb minus"><span>moins </span></span></th>'),
    ],
)
def test_where_a_number_stands_decides(given: str, written: str | None) -> None:
    assert speech.aloud(given) == (given if written is None else written)


def test_what_is_typed_is_no_markup() -> None:
    """The text around a number stays escaped."""
    assert speech.aloud("<p>&lt;b&gt;1\u202f000&lt;/b&gt;</p>").startswith("<p>&lt;b&gt;<span")


def test_pages_are_written_before_they_are_compressed(client: FlaskClient) -> None:
    client.get(f"/clients/{KNOWN}")
    answer = FlaskClient.open(client, f"/clients/{KNOWN}", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    page = gzip.decompress(answer.data).decode()
    assert re.search(r'<span class="nb">\d{1,3}( \d{3})+</span>\u00a0€', page)
    assert not re.search(r"\d\u202f\d", page)


@pytest.mark.parametrize("path", ["/graphiques/score.csv", "/graphiques/contributions.csv"])
def test_files_keep_what_they_had(client: FlaskClient, path: str) -> None:
    """Signs and thousands of a spreadsheet and of the API are for machines."""
    answer = client.get(f"/clients/{KNOWN}{path}")
    assert answer.status_code == 200
    assert "span" not in answer.text


def test_a_form_reads_what_it_was_filled_with(page: Page, send: Page) -> None:
    """Amounts stand in their fields with ordinary spaces; sent as they are, nothing has changed."""
    address = f"/clients/{KNOWN}/simulation"
    form = next(one for one in page(address).forms if one.get("action") == address)
    values = dict(form.form_values())
    assert any(re.fullmatch(r"\d{1,3}( \d{3})+(,\d+)?", value) for value in values.values())
    assert not [value for value in values.values() if re.search(r"[\u202f\u2212]", value)]
    values.pop("csrf_token")
    assert "Vous n’avez rien changé" in send(address, values).text_content()
