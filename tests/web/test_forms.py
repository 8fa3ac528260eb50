"""What every form says of its required fields, and in which order it tells what is wrong."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement

from tests import invariants
from tests.conftest import Browser, Page, signed_in

ALL = "Tous les champs sont obligatoires."
SOME = "Les champs marqués « obligatoire » ne peuvent pas rester vides."
ONE = "Ce champ est obligatoire."
PERSON = [
    "name_contract_type", "amt_credit", "amt_annuity", "amt_goods_price", "amt_income_total",
    "name_income_type", "days_employed", "flag_own_car", "flag_own_realty", "name_housing_type",
    "name_education_type",
]  # fmt: skip


def words(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


@pytest.mark.parametrize(
    ("who", "url", "sentence", "required"),
    [
        ("", "/connexion", ALL, ["identifiant", "mot_de_passe"]),
        ("agathe", "/", ONE, ["numero"]),
        ("agathe", "/clients/1", ONE, ["numero"]),
        ("agathe", "/compte", ALL, ["actuel", "nouveau", "encore"]),
        ("agathe", "/dossiers/nouveau", SOME, PERSON),
        # Lists that have an answer from the start cannot be left empty.
        (
            "agathe",
            "/clients/157083/simulation",
            SOME,
            ["amt_credit", "amt_annuity", "amt_goods_price", "amt_income_total", "days_employed"],
        ),
        ("agathe", "/clients/157083/comparaison", None, []),
        ("agathe", "/clients/157083/leviers", None, []),
        ("agathe", "/clients/157083/capacite", None, []),
        ("agathe", "/modele", None, []),
    ],
)
def test_each_form_says_what_is_required(
    app: Flask, who: str, url: str, sentence: str | None, required: list[str]
) -> None:
    app.test_client_class = Browser
    browser = signed_in(app, who) if who else app.test_client()
    main = invariants.check(browser.get(url).text, url).xpath("//main")[0]
    controls = main.xpath(".//*[self::input or self::select][@required]")
    assert [one.get("id") for one in controls] == required
    marked = [label for label in main.xpath(".//label") if "(obligatoire" in words(label)]
    assert [label.get("for") for label in marked] == required
    told = [words(one) for one in main.xpath(".//form//p") if "obligatoire" in words(one)]
    assert told == ([sentence] if sentence else [])
    assert "facultatif)" not in words(main)


def test_the_box_decides_whether_a_length_of_employment_is_required(send: Page) -> None:
    for boxed in (True, False):
        typed = {"amt_credit": "beaucoup"} | ({"days_employed_none": "y"} if boxed else {})
        shown = send("/dossiers/nouveau", typed, status=422)
        assert ("required" in shown.get_element_by_id("days_employed").attrib) is not boxed
        label = shown.xpath("//label[@for='days_employed']")[0]
        assert words(label) == "Ancienneté dans l’emploi (obligatoire, sauf sans emploi)"


@pytest.mark.parametrize(
    ("url", "typed", "links"),
    [
        ("/", {"numero": ""}, ["numero"]),
        ("/compte", {}, ["actuel", "nouveau", "encore"]),
        ("/dossiers/nouveau", {}, PERSON),
        (
            "/dossiers/nouveau",
            {"ext_source_3": "3", "own_car_age": "vieille", "occupation_type": "roi", "amt_credit": "9"},
            [
                "name_contract_type", "amt_credit", "amt_annuity", "amt_goods_price", "amt_income_total",
                "name_income_type", "days_employed", "occupation_type", "flag_own_car", "own_car_age",
                "flag_own_realty", "name_housing_type", "name_education_type", "ext_source_3",
            ],
        ),
        (
            "/clients/157083/simulation",
            {"amt_income_total": "x", "amt_credit": "x", "days_employed": "x", "amt_annuity": ""},
            ["amt_credit", "amt_annuity", "amt_income_total", "days_employed"],
        ),
    ],
)  # fmt: skip
def test_errors_follow_the_order_of_the_form(
    client: FlaskClient, url: str, typed: dict[str, str], links: list[str]
) -> None:
    shown = invariants.check(client.get(url).text, url)
    form = next(one for one in shown.xpath("//main//form") if one.get("method") == "post")
    sent = {name: value for name, value in form.form_values() if value is not None} | typed
    wrong = invariants.check(client.post(url, data=sent).text, url)
    summary = wrong.find_class("error-summary")[0]
    assert [link.get("href") for link in summary.iter("a")] == [f"#{one}" for one in links]
    assert words(summary.xpath(".//h2")[0]) == (
        "Un point est à corriger" if len(links) == 1 else f"{len(links)} points sont à corriger"
    )


def test_an_expired_form_is_told_before_the_fields(client: FlaskClient) -> None:
    page = invariants.check(client.post("/", data={"csrf_token": "autre", "numero": ""}).text, "/")
    told = [words(item) for item in page.find_class("error-summary")[0].iter("li")]
    assert told == [
        "Ce formulaire était périmé : vérifiez ce que vous avez saisi, puis envoyez-le à nouveau.",
        "Saisissez le numéro du client.",
    ]
    assert words(page.xpath("//main//h1")[0]) == "Aucun client trouvé – rechercher un client"


@pytest.mark.parametrize(
    ("typed", "heading"),
    [
        ("157083 xyz", "Page inconnue – rechercher un client"),
        ("1 xyz", "Aucun client trouvé – rechercher un client"),
    ],
)
def test_a_client_who_is_there_is_not_told_to_be_missing(send: Page, typed: str, heading: str) -> None:
    page = send("/", {"numero": typed}, 422)
    assert words(page.xpath("//main//h1")[0]) == heading


@pytest.mark.parametrize(("query", "first"), [("groupe=inconnu", "groupe-0"), ("comme=inconnu", "comme-0")])
def test_a_group_is_wrong_as_a_whole_and_mended_from_its_first(page: Page, query: str, first: str) -> None:
    shown = page(f"/clients/157083/comparaison?{query}", 422)
    (link,) = shown.find_class("error-summary")[0].iter("a")
    assert link.get("href") == f"#{first}"
    group = shown.get_element_by_id(first.removesuffix("-0"))
    assert group.tag == "fieldset"
    boxes = group.xpath(".//input")
    if first == "groupe-0":
        assert group.get("role") == "radiogroup"
        assert group.get("aria-invalid") == "true"
        assert not any(box.get("aria-invalid") for box in boxes)
    else:
        assert group.get("aria-invalid") is None
        assert {box.get("aria-invalid") for box in boxes} == {"true"}


@pytest.mark.parametrize(
    ("url", "hints"),
    [
        ("/connexion", {"identifiant": ("username", None), "mot_de_passe": ("current-password", None)}),
        ("/", {"numero": ("off", "numeric")}),
        (
            "/dossiers/nouveau",
            {
                "amt_credit": ("off", "decimal"),
                "days_employed": ("off", "text"),
                "own_car_age": ("off", "numeric"),
                "ext_source_1": ("off", "decimal"),
            },
        ),
    ],
)
def test_fields_say_what_is_typed_into_them(
    app: Flask, url: str, hints: dict[str, tuple[str, str | None]]
) -> None:
    browser = app.test_client() if url == "/connexion" else signed_in(app, "agathe")
    page = invariants.check(browser.get(url).text, url)
    for name, (autocomplete, keypad) in hints.items():
        box = page.get_element_by_id(name)
        assert (box.get("autocomplete"), box.get("inputmode")) == (autocomplete, keypad)
    assert re.search(r"\bnovalidate\b", browser.get(url).text)
