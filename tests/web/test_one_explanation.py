"""The same points for the same client wherever they are told, and no protected ground named."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html

from pretadepenser import demo
from pretadepenser.credit.dictionary import COLUMNS
from pretadepenser.credit.explanation import batch
from pretadepenser.credit.model.inputs import NEUTRAL
from pretadepenser.credit.portfolio import import_batches
from pretadepenser.records import tokens
from pretadepenser.web import resources

CLIENTS = 24


def words(element: html.HtmlElement) -> str:
    """The text of an element on one line, spaces plain."""
    return " ".join(element.text_content().split())


def points(text: str) -> int:
    """The signed points that a sentence or a cell gives."""
    found = re.search(r"(ajoute|retire)\s(\d+)\spoint", text)
    if found:
        return int(found[2]) * (1 if found[1] == "ajoute" else -1)
    return int(re.sub(r"[^\d-]", "", text.replace("moins ", "-").replace("−", "-")) or 0)


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """An application of the test's own."""
    return make_app()


@pytest.fixture
def browser(app: Flask, sign_in: Callable[..., object]) -> FlaskClient:
    """An advisor who may also call the API."""
    found = app.test_client()
    sign_in(found)
    return found


def scored(app: Flask, number: int) -> dict[str, Any]:
    """What the API says of a client."""
    with app.app_context():
        token = tokens.add_token(app.extensions["database"], f"essai-{number}")
    path = f"/api/v1/clients/{number}/score"
    answer: dict[str, Any] = (
        app.test_client().get(path, headers={"Authorization": f"Bearer {token}"}).get_json()
    )
    return answer


def chosen(app: Flask) -> Iterator[int]:
    with app.app_context():
        numbers = resources.portfolio().numbers()
    yield from (int(number) for number in numbers[:: len(numbers) // CLIENTS][:CLIENTS])


def test_every_surface_gives_the_same_points(app: Flask, browser: FlaskClient, tmp_path: Path) -> None:
    numbers = list(chosen(app))
    files = batched(app, numbers, tmp_path)
    for number, written in zip(numbers, files, strict=True):
        told = scored(app, number)
        parts = [(one["label"], one["text"], one["points"]) for one in told["contributions"]]
        assert told["base_points"] + sum(part[2] for part in parts) == told["points"]
        assert told["reference"] == "score moyen des clients connus du modèle"
        page = html.fromstring(browser.get(f"/clients/{number}").text)
        sentences = {way: [one["sentence"] for one in told["reasons"][way]] for way in told["reasons"]}
        for way, marked in (("against", "reasons-against"), ("in_favour", "reasons-for")):
            shown = [words(item) for item in page.xpath(f"//ol[contains(@class, '{marked}')]/li")]
            assert shown == [" ".join(sentence.split()) for sentence in sentences[way]]
            kept = [written[f"{way}_{index}"] for index in (1, 2, 3)]
            assert [one for one in kept if one] == sentences[way][:3]
            by_names = {
                tuple(sorted(member["name"] for member in one["members"])): one["points"]
                for one in told["contributions"]
            }
            for reason in told["reasons"][way]:
                assert points(reason["sentence"]) == reason["points"]
                assert by_names[tuple(sorted(reason["names"]))] == reason["points"]
        rows = [
            [words(cell) for cell in row]
            for row in page.xpath("//figure[@id='figure-contributions']//tbody/tr")
        ]
        assert points(rows[0][2]) == told["base_points"]
        plain = [" ".join(part[0].split()) for part in parts]
        assert [row[0] for row in rows[1:] if not row[0].startswith("dont ")] == plain
        assert [points(row[2]) for row in rows[1:] if row[2] != "sans objet"] == [part[2] for part in parts]
        members = [
            member["points"]
            for one in told["contributions"]
            if len(one["members"]) > 1
            for member in one["members"]
        ]
        assert [points(row[3]) for row in rows[1:] if row[0].startswith("dont ")] == members
        text = browser.get(f"/clients/{number}/graphiques/contributions.csv").text
        lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))[1:]
        assert [int(line[2]) for line in lines[1:] if line[2]] == [part[2] for part in parts]
        picture = browser.get(f"/clients/{number}/graphiques/contributions.svg").text
        drawn = re.findall(r">([+−]\d+)\u00a0points?<", picture)
        assert sorted(points(one) for one in drawn) == sorted(part[2] for part in parts if part[2])
        sheet = html.fromstring(browser.get(f"/clients/{number}/entretien").text)
        for way, marked in (("against", "reasons-against"), ("in_favour", "reasons-for")):
            said = [points(words(item)) for item in sheet.xpath(f"//ol[contains(@class, '{marked}')]/li")]
            assert said == [one["points"] for one in told["reasons"][way][:3]]


def batched(app: Flask, numbers: list[int], folder: Path) -> list[dict[str, str]]:
    """The same clients by a file, with their reasons."""
    with app.app_context():
        portfolio, model = resources.portfolio(), resources.model()
        found = [one for number in numbers if (one := portfolio.client(number))]
        clients = [{name: one.values[name] for name in COLUMNS} for one in found]
    source, output = folder / "clients.csv", folder / "scores.csv"
    with source.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(COLUMNS), lineterminator="\n")
        writer.writeheader()
        writer.writerows(clients)
    batch.score_file(source, output, model, 0.48, portfolio, lambda step, share: None)
    return list(csv.DictReader(output.open(encoding="utf-8")))


@pytest.mark.parametrize(("column", "code"), NEUTRAL)
def test_a_neutralised_category_is_named_nowhere(
    app: Flask, browser: FlaskClient, column: str, code: str, tmp_path: Path
) -> None:
    """A portfolio in which the first clients have it: every page, sheet, PDF and answer about them."""
    whole = pa.Table.from_batches(demo.batches(400, 3)).combine_chunks()
    values = whole.column(column).to_pylist()
    index = whole.schema.get_field_index(column)
    changed = pa.array([code] * 3 + values[3:]).dictionary_encode()
    codes = {value: position for position, value in enumerate(COLUMNS[column].categories or ())}
    indices = pa.array([None if value is None else codes[value] for value in changed.to_pylist()], pa.int8())
    changed = pa.DictionaryArray.from_arrays(indices, pa.array(list(codes)))
    table = whole.set_column(index, whole.schema.field(index), changed)
    import_batches(table.to_batches(), Path(app.config["INSTANCE"]), fictitious=True)
    label = (COLUMNS[column].categories or {})[code]
    neutral = (COLUMNS[column].categories or {})[NEUTRAL[column, code]]
    numbers = whole.column("SK_ID_CURR").to_pylist()[:3]
    for number in numbers:
        for page in ("", "/dossier", "/simulation", "/leviers", "/comparaison", "/entretien"):
            text = browser.get(f"/clients/{number}{page}").text
            for word in (label, code, label.lower(), f"{label[0].lower()}{label[1:]}"):
                assert word not in html.fromstring(text).text_content(), page
        assert neutral in browser.get(f"/clients/{number}/dossier").text
        answer = str(scored(app, number))
        assert label not in answer
        assert code not in answer
    for written in batched(app, numbers, tmp_path):
        assert label.lower() not in str(written).lower()
