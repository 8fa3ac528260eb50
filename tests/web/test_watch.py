"""The technology watch: the published report as pages, its pictures and its figures."""

import base64
import csv
import hashlib
import io
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement

from pretadepenser.web import study, watch
from tests.conftest import signed_in

Page = Callable[..., HtmlElement]

# Address -> name in the list of contents, and the words that the heading ends with.
PAGES = {
    "/veille": ("L’essentiel", "veille technique : reconnaître la catégorie d’un produit"),
    "/veille/donnees": ("Données", "données de la veille"),
    "/veille/methode": ("Méthode", "méthode de la veille"),
    "/veille/photos": ("Photos", "VGG16 ou EfficientNet pour reconnaître des photos de produits"),
    "/veille/textes": ("Textes", "reconnaître un produit à son nom et à sa description"),
    "/veille/explications": ("Explications", "explications de la veille"),
    "/veille/erreurs": ("Erreurs", "erreurs de la veille"),
    "/veille/cout": ("Coût", "coût de la veille"),
    "/veille/essais": ("Essais", "essais de la veille"),
}
CATEGORIES = {
    "/veille/explications/puericulture": "Puériculture",
    "/veille/explications/beaute-et-soins": "Beauté et soins",
    "/veille/explications/informatique": "Informatique",
    "/veille/explications/decoration-et-fetes": "Décoration et fêtes",
    "/veille/explications/linge-de-maison": "Linge de maison",
    "/veille/explications/cuisine-et-table": "Cuisine et table",
    "/veille/explications/montres": "Montres",
}
ALL = [*PAGES, *CATEGORIES]
ORDER, DETAILS = list(PAGES), list(CATEGORIES)


def words(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    """The committed report."""
    path = watch.RESULTS / "report.json"
    report = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(report, dict)
    return report


def blocks(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [block for page in report["pages"] for part in page["sections"] for block in part["blocks"]]


def test_the_report_has_these_pages(published: dict[str, Any]) -> None:
    assert [f"/veille/{one['slug']}".rstrip("/") for one in published["pages"]] == [
        *ORDER[:6], *DETAILS, *ORDER[6:],
    ]  # fmt: skip
    assert published["demonstration"] is False


def test_every_page_answers_in_its_heading_and_is_described(page: Page) -> None:
    titles, descriptions = set(), set()
    for address in ALL:
        parsed = page(address)
        (heading,) = parsed.xpath("//h1")
        about = PAGES[address][1] if address in PAGES else "explications de la veille"
        assert words(heading).endswith(about), address
        assert len(words(heading)) > len(about) + 20, address
        assert heading.get("id") == "reponse", address
        titles.add(words(parsed.xpath("//title")[0]))
        (description,) = parsed.xpath("/html/head/meta[@name='description']/@content")
        assert 60 <= len(description) <= 220, (address, len(description))
        assert "⟦" not in parsed.text_content() + description, address
        descriptions.add(description)
    assert len(titles) == len(descriptions) == len(ALL)


def test_each_page_has_the_same_contents_and_says_where_one_is(page: Page) -> None:
    for address in ALL:
        parsed = page(address)
        (contents,) = parsed.xpath("//nav[@aria-label='Sommaire de la veille']")
        links = {link.get("href"): words(link) for link in contents.xpath(".//a")}
        assert links == {one: name for one, (name, _) in PAGES.items()}, address
        marked = {
            link.get("href"): link.get("aria-current") for link in contents.xpath(".//a[@aria-current]")
        }
        at = {"/veille/explications": "true"} if address in CATEGORIES else {address: "page"}
        assert marked == at, address
        own = "//nav[@aria-label='Navigation principale']//a[@aria-current]"
        current = {link.get("href"): link.get("aria-current") for link in parsed.xpath(own)}
        assert current == {"/veille": "page" if address == "/veille" else "true"}


def test_categories_lead_to_each_other(page: Page) -> None:
    for address in ALL:
        links = page(address).xpath("//nav[@aria-label='Explications par catégorie']//a")
        if address in CATEGORIES or address == "/veille/explications":
            assert {link.get("href"): words(link) for link in links} == CATEGORIES, address
            (title,) = page(address).xpath("//nav[@aria-label='Explications par catégorie']/h2")
            assert words(title) == "Par catégorie"
            assert [link.get("href") for link in links if link.get("aria-current") == "page"] == [
                one for one in CATEGORIES if one == address
            ]
        else:
            assert not links, address


def turns(address: str) -> dict[str, str]:
    """Where the links to the page before and the page after lead, as they are meant."""
    if address in PAGES:
        at = ORDER.index(address)
        before, after = ORDER[at - 1] if at else "", ORDER[at + 1] if at < 8 else ""
    else:
        at = DETAILS.index(address)
        before = DETAILS[at - 1] if at else "/veille/explications"
        after = DETAILS[at + 1] if at < 6 else "/veille/erreurs"
    return {name: one for name, one in (("prev", before), ("next", after)) if one}


def test_one_reads_on_and_back(page: Page) -> None:
    for address in ALL:
        links = page(address).xpath("//nav[@aria-label='Page précédente, page suivante']//a")
        assert {link.get("rel"): link.get("href") for link in links} == turns(address), address
        names = CATEGORIES | {one: name for one, (name, _) in PAGES.items()}
        for link in links:
            told = "Précédent" if link.get("rel") == "prev" else "Suivant"
            assert words(link) == f"{told} : {names[link.get('href')]}"


@pytest.mark.parametrize("who", ["agathe", "basile", "camille", "delphine"])
def test_every_role_reads_every_page(app: Flask, who: str) -> None:
    browser = signed_in(app, who)
    assert {address: browser.get(address).status_code for address in ALL} == dict.fromkeys(ALL, 200)


def test_nobody_reads_it_without_signing_in(anonymous: FlaskClient) -> None:
    assert {address: anonymous.get(address).status_code for address in ALL} == dict.fromkeys(ALL, 303)


@pytest.mark.parametrize(
    "address", ["/veille/absente", "/veille/explications/absente", "/veille/photos/montres", "/veille/a/b/c"]
)
def test_no_other_page_is_there(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404


def test_the_first_page_is_question_answer_table_picture_advice_and_limits(page: Page) -> None:
    main = page("/veille").xpath("//main")[0]
    assert [words(title) for title in main.xpath(".//h2")] == [
        "La question", "Ce que chacun reconnaît", "Recommandation", "Limites",
    ]  # fmt: skip
    assert len(main.xpath(".//p[@class='lead']")) == 1
    assert len(main.xpath(".//table[not(ancestor::figure)]")) == 1
    assert len(main.xpath(".//img")) == len(main.xpath(".//figure")) == 1


def test_the_seed_question_comes_first_on_the_page_of_the_photos(page: Page) -> None:
    table = page("/veille/photos").xpath("//main//table")[0]
    rows = [[words(cell) for cell in row.xpath("./th | ./td")] for row in table.xpath("./tbody/tr")]
    assert rows[:4] == [
        ["VGG16, chiffres de départ", "93,94 %", "83,47 %", "84,75 %"],
        ["VGG16, mesuré ici", "95,83 %", "83,18 %", "83,95 %"],
        ["EfficientNet-B7, chiffres de départ", "98,17 %", "86,44 %", "illisible"],
        ["EfficientNet-B7, mesuré ici", "non mesuré", "non mesuré", "non mesuré"],
    ]


def test_every_picture_has_words_and_size_waits_and_is_served(page: Page, client: FlaskClient) -> None:
    seen = set()
    for address in ALL:
        for image in page(address).xpath("//main//img"):
            assert len(image.get("alt")) > 20
            assert int(image.get("width")) >= 50
            assert int(image.get("height")) >= 50
            assert image.get("loading") == "lazy"
            seen.add(image.get("src"))
    assert len(seen) >= 40
    for source in seen:
        answer = client.get(source)
        assert answer.status_code == 200
        assert answer.mimetype in {"image/svg+xml", "image/webp"}
        assert b"style=" not in answer.data or answer.mimetype == "image/webp"


def test_no_two_tables_or_charts_have_the_same_name(published: dict[str, Any]) -> None:
    """They name figures, groups and links: axe and a reader tell them apart by nothing else."""
    found = blocks(published)
    captions = [block["table"]["caption"] for block in found if "table" in block]
    titles = [block["title"] for block in found if block["kind"] == "figure"]
    short = [block["short"] for block in found if block["kind"] == "figure"]
    for names in (captions, titles, short):
        assert len(names) >= 10
        assert len(names) == len(set(names))


def test_a_chart_has_a_narrow_drawing_and_its_own_style_sheet_alone(page: Page, client: FlaskClient) -> None:
    sources = [source for address in ALL for source in page(address).xpath("//main//picture/source")]
    assert len(sources) >= 10
    for source in sources:
        assert int(source.get("width")) <= 300
        answer = client.get(source.get("srcset"))
        assert answer.status_code == 200
        sheet = answer.data.partition(b"<style>")[2].partition(b"</style>")[0]
        digest = base64.b64encode(hashlib.sha256(sheet).digest()).decode()
        assert f"style-src 'sha256-{digest}';" in answer.headers["Content-Security-Policy"]


def test_every_chart_stands_beside_its_figures(page: Page, client: FlaskClient) -> None:
    figures = [figure for address in ALL for figure in page(address).xpath("//main//figure[@class='figure']")]
    assert len(figures) >= 10
    for figure in figures:
        answer = client.get(figure.xpath(".//a[@download]/@href")[0])
        assert answer.status_code == 200
        rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";")
        (table,) = figure.xpath(".//table")
        lines = [[words(cell) for cell in row.xpath("./th | ./td")] for row in table.xpath(".//tr")]
        # What a voice says for the sign of a number.
        shown = [[re.sub(r"moins (?=\d)", "−", cell) for cell in line] for line in lines]
        assert len(shown) > 1
        # The apostrophe keeps a spreadsheet from running what begins with a sign.
        assert [[cell.removeprefix("'").split() for cell in row] for row in rows] == [
            [cell.split() for cell in row] for row in shown
        ]


@pytest.mark.parametrize("name", ["report.json", "figures.json", "..%2Freport.py", "absent.svg"])
def test_other_files_stay_out_of_reach(client: FlaskClient, name: str) -> None:
    assert client.get(f"/veille/images/{name}").status_code == 404


def test_english_is_marked_as_english(page: Page) -> None:
    """Names of the catalogue, words of its texts and one term: a French voice would read them as French."""
    marked = {
        address: [words(one) for one in page(address).xpath("//main//*[@lang='en']")] for address in ALL
    }
    names = [
        "Baby Care", "Beauty and Personal Care", "Computers", "Home Decor & Festive Needs", "Home Furnishing",
        "Kitchen & Dining", "Watches",
    ]  # fmt: skip
    assert marked["/veille/donnees"][:7] == names
    assert marked["/veille"] == marked["/veille/methode"] == ["squeeze-and-excite"]
    for address in ALL:
        found = re.findall(r"Baby Care|squeeze-and-excite", page(address).text_content())
        assert len(found) == len(
            [one for one in marked[address] if one in ("Baby Care", "squeeze-and-excite")]
        )


def test_every_photo_has_its_caption_and_its_map_a_description(page: Page) -> None:
    photos = [one for address in ALL for one in page(address).xpath("//main//ul[@class='gallery']/li/figure")]
    assert len(photos) >= 40
    for photo in photos:
        assert len(photo.xpath("./img")) == len(photo.xpath("./figcaption")) == 1
        alternative = photo.xpath("./img/@alt")[0]
        assert (photo.getnext() is not None) == ("carte" in alternative), alternative


def test_maps_stand_on_the_page_of_their_category(page: Page) -> None:
    for address, name in CATEGORIES.items():
        captions = [words(one) for one in page(address).xpath("//ul[@class='gallery']//figcaption")]
        assert captions, address
        for caption in captions:
            truth = re.findall(r"« ([^«»]+) »", caption)[-1]
            assert truth == name, (address, caption)


# What is broken in the report -> what the page says of it.
FAULTS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "former version": (
        lambda report: report.update(version=3),
        "Le rapport de veille publié ici a été écrit pour une autre version de l’application :",
    ),
    "later version": (
        lambda report: report.update(version=99),
        "Le rapport de veille publié ici a été écrit pour une autre version de l’application :",
    ),
    "no version": (
        lambda report: report.pop("version"),
        "Le rapport de veille publié ici est endommagé (rapport.version : absent) :",
    ),
    "no pages": (
        lambda report: report.update(pages=[]),
        "(rapport.pages : la première doit être sans adresse)",
    ),
    "a list of nothing": (lambda report: report.update(pages={}), "rapport.pages : liste attendue"),
    "a truth that is a number": (
        lambda report: report.update(demonstration=0),
        "rapport.demonstration : bool",
    ),
    "an unknown field": (lambda report: report.update(english=[]), "rapport.english : inattendu"),
    "a page without title": (
        lambda report: report["pages"][2].pop("title"),
        "rapport.pages[2].title : absent",
    ),
    "an empty title": (
        lambda report: report["pages"][2].update(title=" "),
        "(page « methode » : sans titre ou sans description)",
    ),
    "an address outside": (
        lambda report: report["pages"][2].update(slug="../x"),
        "(rapport.pages : adresse double ou impossible)",
    ),
    "two of one address": (
        lambda report: report["pages"][2].update(slug="photos"),
        "(rapport.pages : adresse double ou impossible)",
    ),
    "an orphan": (
        lambda report: report["pages"][6].update(parent="absente"),
        " : rattachée à une page qui n’existe pas)",
    ),
    "an unknown block": (
        lambda report: report["pages"][2]["sections"][0]["blocks"].append({"kind": "script", "text": "x"}),
        "rapport.pages[2].sections[0].blocks[1] : sorte inconnue",
    ),
    "a block that is a text": (
        lambda report: report["pages"][2]["sections"][0]["blocks"].append("x"),
        "rapport.pages[2].sections[0].blocks[1] : dict attendu",
    ),
    "a link to nowhere": (
        lambda report: report["pages"][0]["sections"][0]["blocks"].append(
            {"kind": "links", "items": [{"page": "absente", "text": "x"}]}
        ),
        "lien vers une page qui n’existe pas",
    ),
    "a short row": (
        lambda report: report["pages"][0]["sections"][1]["blocks"][0]["table"]["rows"][0].pop(),
        "tableau aux lignes inégales",
    ),
    "a number in a cell": (
        lambda report: report["pages"][0]["sections"][1]["blocks"][0]["table"]["rows"][0].__setitem__(0, 1),
        "rows[0][0] : str attendu",
    ),
    "a picture elsewhere": (
        lambda report: report["pages"][0]["sections"][1]["blocks"][1].update(file="../x.svg"),
        "image impossible",
    ),
    "a picture of no width": (
        lambda report: report["pages"][0]["sections"][1]["blocks"][1].update(width=0),
        "image impossible",
    ),
    "two figures of one key": (
        lambda report: report["pages"][3]["sections"][1]["blocks"].append(
            report["pages"][0]["sections"][1]["blocks"][1]
        ),
        "(page « photos » : clé double ou impossible)",
    ),
    "a strength that there is not": (
        lambda report: report["pages"][2]["sections"][0]["blocks"].append(
            {"kind": "words", "runs": [{"text": "x", "side": "for", "strength": True, "effect": ""}]}
        ),
        "runs[0].strength : valeur inattendue",
    ),
}


def put(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "report.json").write_text(text, encoding="utf-8")
    monkeypatch.setattr(watch, "RESULTS", folder)


@pytest.mark.parametrize("name", FAULTS)
def test_a_report_that_cannot_be_shown_says_why_and_what_to_do(
    page: Page, client: FlaskClient, published: dict[str, Any], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, name: str,
) -> None:  # fmt: skip
    break_it, said = FAULTS[name]
    report = json.loads(json.dumps(published))
    break_it(report)
    put(tmp_path, json.dumps(report), monkeypatch)
    (notice,) = page("/veille").xpath("//main//div[@class='notice notice-care']")
    assert said in words(notice)
    assert words(notice).endswith("publiez-le à nouveau avec « python -m research compare ».")
    assert client.get("/veille/methode").status_code == 404
    assert client.get("/veille/images/exactitude.svg").status_code == 404
    assert client.get("/veille/chiffres/exactitude.csv").status_code == 404
    assert "/veille/methode" not in client.get("/plan-du-site").text


NO_REPORT = "Le rapport de veille publié ici est endommagé (rapport : objet attendu) :"
NO_JSON = "Le rapport de veille publié ici est endommagé, ce n’est pas du JSON :"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", NO_JSON),
        ("{", NO_JSON),
        ("[]", NO_REPORT),
        ('"rapport"', NO_REPORT),
        ("null", NO_REPORT),
        ("\ufeff{}", NO_JSON),
    ],
)
def test_what_is_no_report_at_all_is_told_damaged(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    put(tmp_path, text, monkeypatch)
    told = words(page("/veille").xpath("//main")[0])
    assert said in told
    assert "publiez-le à nouveau" in told


def test_without_results_the_page_says_how_to_make_them(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "RESULTS", tmp_path)
    assert (
        "Le rapport de veille n’est pas encore publié ici. La personne qui administre ce site peut le "
        "produire avec la commande make research." in words(page("/veille"))
    )


def one_page(*shown: dict[str, Any]) -> dict[str, Any]:
    """A report of one page that shows these blocks."""
    first = dict.fromkeys(("name", "title", "about", "description"), "Essai")
    sections = [{"key": "essai", "title": "Essai", "blocks": list(shown)}]
    page = first | {"slug": "", "parent": "", "lead": [], "sections": sections}
    return {"version": 4, "demonstration": True, "pages": [page]}


def test_words_are_told_by_line_weight_and_voice(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never by colour alone: a kind of line, its thickness, bold letters, and words for a voice."""
    runs = [
        {"text": "Titan", "side": "for", "strength": 3, "effect": "pour, +1,00"},
        {"text": " <b> ", "side": "neither", "strength": 0, "effect": ""},
        {"text": "men", "side": "against", "strength": 1, "effect": "contre, −0,10"},
    ]
    sentence = {"kind": "paragraph", "text": "Le mot « ⟦men & women⟧ » compte."}
    put(tmp_path, json.dumps(one_page({"kind": "words", "runs": runs}, sentence)), monkeypatch)
    parsed = page("/veille")
    (text,) = parsed.xpath("//p[@class='words']")
    assert text.get("lang") == "en"
    marked = [(one.get("class"), words(one)) for one in text.xpath("./mark")]
    assert marked == [
        ("for strength-3", "Titan (pour, +1,00)"),
        ("against strength-1", "men (contre, moins 0,10)"),
    ]
    assert text.xpath("./mark/span/@lang") == ["fr", "fr"]
    assert not text.xpath(".//b")
    assert [words(one) for one in parsed.xpath("//main//p/span[@lang='en']")] == ["men & women"]
    assert (
        "Démonstration. Ces chiffres viennent d’images et de textes fabriqués par programme : ils ne disent "
        "rien de vrais produits." in words(parsed.xpath("//main")[0])
    )


def test_the_file_of_figures_runs_nothing_and_is_french(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = {
        "caption": "Essai",
        "columns": [{"label": "Méthode", "numeric": False}, {"label": "+ ou −", "numeric": True}],
        "rows": [
            ["Réseau", "89,1 %"],
            ["=HYPERLINK(1)", "+33"],
            ["-2", "−2"],
            ["@SOMME(A1)", "\t=1"],
            ["a ; b", "1 = 1"],
        ],
        "footer": [],
    }
    picture = {"file": "essai.svg", "width": 9, "height": 9}
    told = dict.fromkeys(("title", "short", "sentence", "alternative"), "Essai")
    figure = {"kind": "figure", "key": "essai", "table": table, "narrow": picture} | picture | told
    put(tmp_path, json.dumps(one_page(figure)), monkeypatch)
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


def test_a_report_is_read_anew_once_it_is_published_again(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    for number, title in enumerate(("Un", "Deux")):
        report = one_page()
        report["pages"][0]["title"] = title
        path.write_text(json.dumps(report), encoding="utf-8")
        os.utime(path, ns=(number, number))
        found = study.published(tmp_path)
        assert found
        assert found.pages[0].title == title


def test_another_study_is_shown_where_the_setting_names_it(
    app: Flask, page: Page, client: FlaskClient, published: dict[str, Any], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    report = json.loads(json.dumps(published))
    report["pages"][0]["title"] = "Une autre étude"
    (tmp_path / "report.json").write_text(json.dumps(report), "utf-8")
    (tmp_path / "exactitude.svg").write_text(
        "<svg xmlns='http://www.w3.org/2000/svg'><desc>autre</desc></svg>"
    )
    monkeypatch.setitem(app.config, "WATCH_RESULTS", str(tmp_path))
    assert "Une autre étude" in words(page("/veille").xpath("//h1")[0])
    assert "<desc>autre</desc>" in client.get("/veille/images/exactitude.svg").text
    monkeypatch.setitem(app.config, "WATCH_RESULTS", "")
    assert "Une autre étude" not in page("/veille").text_content()
