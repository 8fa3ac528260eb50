"""The technology watch: the published report as a page, its pictures and its figures."""

import base64
import csv
import hashlib
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml.html import HtmlElement

from pretadepenser.web import watch

Page = Callable[..., HtmlElement]


@pytest.fixture
def published() -> dict[str, Any]:
    """The committed report."""
    path = watch.RESULTS / "report.json"
    report = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(report, dict)
    return report


def test_the_report_answers_first(page: Page, published: dict[str, Any]) -> None:
    parsed = page("/veille")
    lead = parsed.xpath("//main/p[@class='lead']")[0].text_content()
    assert " ".join(lead.split()) == " ".join(published["answer"][0].split())
    assert published["demonstration"] is False


def test_every_picture_has_words_and_is_served(
    page: Page, client: FlaskClient, published: dict[str, Any]
) -> None:
    images = page("/veille").xpath("//main//img")
    assert len(images) >= 10
    for image in images:
        assert len(image.get("alt")) > 20
        answer = client.get(image.get("src"))
        assert answer.status_code == 200
        assert answer.mimetype in {"image/svg+xml", "image/webp"}
        assert b"style=" not in answer.data or answer.mimetype == "image/webp"


def test_no_two_tables_or_charts_have_the_same_name(published: dict[str, Any]) -> None:
    """They name figures, groups and links: axe and a reader tell them apart by nothing else."""
    blocks = [block for section in published["sections"] for block in section["blocks"]]
    captions = [block["table"]["caption"] for block in blocks if "table" in block]
    titles = [block["title"] for block in blocks if block["kind"] == "figure"]
    short = [block["short"] for block in blocks if block["kind"] == "figure"]
    for names in (captions, titles, short):
        assert len(names) >= 6
        assert len(names) == len(set(names))


def test_a_chart_has_a_narrow_drawing_and_its_own_style_sheet_alone(page: Page, client: FlaskClient) -> None:
    sources = page("/veille").xpath("//main//picture/source")
    assert len(sources) >= 6
    for source in sources:
        assert int(source.get("width")) <= 300
        answer = client.get(source.get("srcset"))
        assert answer.status_code == 200
        sheet = answer.data.partition(b"<style>")[2].partition(b"</style>")[0]
        digest = base64.b64encode(hashlib.sha256(sheet).digest()).decode()
        assert f"style-src 'sha256-{digest}';" in answer.headers["Content-Security-Policy"]


def test_every_chart_stands_beside_its_figures(
    page: Page, client: FlaskClient, published: dict[str, Any]
) -> None:
    figures = page("/veille").xpath("//main//figure[@class='figure']")
    assert len(figures) >= 6
    for figure in figures:
        answer = client.get(figure.xpath(".//a[@download]/@href")[0])
        assert answer.status_code == 200
        rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";")
        (table,) = figure.xpath(".//table")
        shown = [[cell.text_content() for cell in row.xpath("./th | ./td")] for row in table.xpath(".//tr")]
        assert len(shown) > 1
        # The apostrophe keeps a spreadsheet from running what begins with a sign.
        assert [[cell.removeprefix("'").split() for cell in row] for row in rows] == [
            [cell.split() for cell in row] for row in shown
        ]


@pytest.mark.parametrize("name", ["report.json", "figures.json", "..%2Freport.py", "absent.svg"])
def test_other_files_stay_out_of_reach(client: FlaskClient, name: str) -> None:
    assert client.get(f"/veille/images/{name}").status_code == 404


def test_nobody_reads_it_without_signing_in(anonymous: FlaskClient) -> None:
    assert anonymous.get("/veille").status_code == 303


def test_english_is_marked_as_english(page: Page) -> None:
    """Names of the catalogue and one term: a French voice would read them as French."""
    marked = [" ".join(one.text_content().split()) for one in page("/veille").xpath("//main//*[@lang='en']")]
    assert marked == [
        "Baby Care", "Beauty and Personal Care", "Computers", "Home Decor & Festive Needs", "Home Furnishing",
        "Kitchen & Dining", "Watches", "squeeze-and-excite", "squeeze-and-excite",
    ]  # fmt: skip
    found = re.findall(r"Baby Care|squeeze-and-excite", page("/veille").text_content())
    assert len(found) == 3


def test_every_photo_has_its_caption_and_its_map_a_description(page: Page) -> None:
    photos = page("/veille").xpath("//main//ul[@class='gallery']/li/figure")
    assert len(photos) >= 20
    for photo in photos:
        assert len(photo.xpath("./img")) == len(photo.xpath("./figcaption")) == 1
        alternative = photo.xpath("./img/@alt")[0]
        assert (photo.getnext() is not None) == ("carte" in alternative), alternative


def test_without_results_the_page_says_how_to_make_them(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "RESULTS", tmp_path)
    assert "make research" in page("/veille").text_content()


def test_a_report_of_another_version_is_not_shown(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "report.json").write_text('{"version": 99}', encoding="utf-8")
    monkeypatch.setattr(watch, "RESULTS", tmp_path)
    assert "make research" in page("/veille").text_content()


def test_the_file_of_figures_runs_nothing_and_is_french(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = {
        "columns": [{"label": "Méthode", "numeric": False}, {"label": "+ ou −", "numeric": True}],
        "rows": [
            ["Réseau", "89,1 %"],
            ["=HYPERLINK(1)", "+33"],
            ["-2", "−2"],
            ["@SOMME(A1)", "\t=1"],
            ["a ; b", "1 = 1"],
        ],
    }
    figure = {"kind": "figure", "key": "essai", "table": table, "narrow": {"file": "essai.svg"}}
    report = {"version": 3, "sections": [{"blocks": [figure]}]}
    (tmp_path / "report.json").write_text(json.dumps(report), encoding="utf-8")
    monkeypatch.setattr(watch, "RESULTS", tmp_path)
    answer = client.get("/veille/chiffres/essai.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="veille-essai.csv"'
    assert answer.data.decode() == (
        "\ufeffMéthode;'+ ou −\r\n"
        "Réseau;89,1\u00a0%\r\n"
        "'=HYPERLINK(1);'+33\r\n"
        "'-2;'−2\r\n"
        "'@SOMME(A1);'\t=1\r\n"
        '"a\u202f; b";1 = 1\r\n'
    )
