"""The pages of the model and of its fairness: what they say is what was measured."""

import csv
import dataclasses
import io
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree
from lxml.html import HtmlElement, document_fromstring

from pretadepenser import french
from pretadepenser.charts import drawing, fairness, model, quality, rows
from pretadepenser.credit.evaluation.fairness import AgeLink, Audit, Group
from pretadepenser.credit.evaluation.metrics import Rate
from pretadepenser.credit.model import card as model_card
from pretadepenser.credit.model import scoring
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.recourse import deadline
from tests.conftest import signed_in

Page = Callable[..., HtmlElement]


@pytest.fixture
def trained_model(app: Flask) -> Model:
    opened = scoring.current_model(app.config["INSTANCE"])
    assert opened
    return opened


def words(element: HtmlElement) -> str:
    """Text with all kinds of space made plain."""
    return " ".join(element.text_content().split())


def test_the_page_tells_the_measures(page: Page, trained_model: Model) -> None:
    text = words(page("/modele").xpath("//main")[0])
    card = trained_model.card
    for said in (
        french.number(card.without_protected.roc_auc, 3),
        french.number(card.with_protected.roc_auc, 3),
        french.number(card.data.labelled),
        french.number(card.without_protected.cost, 1),
        french.compact_percent(card.without_protected.cheapest_limit, 1),
        french.date(deadline.day(card.trained_at)),
        "À quoi il ne doit pas servir",
        "ni le sexe",
        "À 0,5 le modèle ne saurait rien ; à 1 il ne se tromperait jamais.",
        "Le score de Brier est l’écart moyen",
        "L’aire sous la courbe précision-rappel ne regarde que",
        "Ce modèle aide un conseiller à décider",
    ):
        assert " ".join(said.split()) in text
    assert re.search(r"Le modèle ne regarde ni [^,.]+, ni [^.]+, ni [^.]+\.", text)
    assert not re.search(r"\d\d/\d\d/\d{4}", text)


def test_everybody_is_told_what_fairness_shows(page: Page) -> None:
    """Sentences on the page and in the advisor's card, no table; the auditor's card keeps the tables."""
    text = words(page("/modele").xpath("//main")[0])
    assert re.search(
        r"Selon l’âge, le prêt est accordé à \d+ % du groupe « [^»]+ » et à \d+ % du groupe « [^»]+ », "
        r"le plus accordé. Le rapport est de [01],\d\d\.",
        text,
    )
    assert re.search(
        r"Leur corrélation avec lui est de 0,\d\d pour la note de l’organisme extérieur numéro 1", text
    )
    assert "un repère américain" in text
    assert "à la page « Équité », réservée aux auditeurs" in text


def test_the_sentences_are_those_of_the_audits(trained_model: Model) -> None:
    groups = (
        Group("Moins de 30 ans", 1000, Rate.of(390, 1000), four_fifths=0.479, four_fifths_low=0.4),
        Group("60 ans et plus", 900, Rate.of(733, 900), four_fifths=1.0, four_fifths_low=1.0),
        Group("Tout petit", 3),
    )
    overall = dataclasses.replace(
        trained_model.global_explanation,
        audits=(Audit("DAYS_BIRTH", 0.48, "60 ans et plus", groups),),
        age_links=(AgeLink("EXT_SOURCE_1", 0.6066, 134_133), AgeLink("EXT_SOURCE_3", -0.004, 200)),
    )
    ages, others, links, yardstick, place = (
        " ".join(one.split()) for one in model_card.fairness_told(overall)
    )
    assert others == (
        "Le portefeuille ne permet aucune comparaison selon le sexe ou selon la situation de famille."
    )
    assert ages == (
        "Selon l’âge, le prêt est accordé à 39 % du groupe « Moins de 30 ans » et à 81 % du groupe « 60 ans "
        "et plus », le plus accordé. Le rapport est de 0,48."
    )
    assert links == (
        "Les notes extérieures, que le modèle regarde, peuvent suivre l’âge. Leur corrélation avec lui "
        "est de 0,61 pour la note de l’organisme extérieur numéro 1 et 0,00 pour la note de l’organisme "
        "extérieur numéro 3 (1 : elles le suivraient exactement ; 0 : aucun lien)."
    )
    assert "EEOC" in yardstick
    assert "Équité" in place


def test_the_cards_of_advisors_and_auditors(client: FlaskClient, auditor: FlaskClient) -> None:
    advisor, audited = client.get("/modele/fiche.md").text, auditor.get("/modele/fiche.md").text
    assert "### Âge" in audited
    assert "### Âge" not in advisor
    assert "Selon" in advisor.split("## Équité")[1]


def test_another_cost_of_a_default_is_told(app: Flask, page: Page) -> None:
    text = words(page("/modele").xpath("//main")[0])
    assert "Un défaut accordé compte pour 10." in text
    assert re.search(r"la moins chère, [\d,]+ % \(intervalle à 95 % : de [\d,]+ % à [\d,]+ %\)", text)
    assert "Un défaut compte aujourd’hui" not in text
    before = app.config["COST_RATIO"]
    app.config["COST_RATIO"] = 5
    try:
        assert (
            "Un défaut compte aujourd’hui pour 5 bons clients refusés. Les coûts de cette page ont été "
            "mesurés avec 10, comme à l’entraînement. Entraînez le modèle à nouveau pour les refaire."
            in words(page("/modele"))
        )
        app.config["COST_RATIO"] = 1
        assert "Un défaut compte aujourd’hui pour 1 bon client refusé. " in words(page("/modele"))
    finally:
        app.config["COST_RATIO"] = before


def test_defaults_are_told_as_rare_only_where_they_are(
    page: Page, trained_model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    rare = "ne regarde que les clients en difficulté, qui sont rares : un modèle qui ne saurait rien"
    assert rare in words(page("/modele"))
    half = dataclasses.replace(trained_model.card.data, defaults=trained_model.card.data.labelled // 2)
    often = Model.load(trained_model.folder)
    often.card = dataclasses.replace(trained_model.card, data=half)
    monkeypatch.setattr("pretadepenser.web.resources.model", lambda: often)
    text = words(page("/modele"))
    assert "ne regarde que les clients en difficulté : un modèle qui ne saurait rien aurait leur part" in text
    written = model_card.render(often.card, trained_model.global_explanation)
    assert "ne regarde que les défauts : un modèle qui" in " ".join(written.split())
    written = model_card.render(trained_model.card, trained_model.global_explanation)
    assert "ne regarde que les défauts, qui sont rares : un modèle qui" in " ".join(written.split())


def test_a_range_says_its_scale_once(trained_model: Model) -> None:
    shown = {one.feature: model.dependence(one) for one in trained_model.global_explanation.influences}
    names = [" ".join(row[0].split()) for row in shown["EXT_SOURCE_3"].table.rows]
    assert re.fullmatch(r"De 0,\d\d à 0,\d\d \(sur 1\)", names[0])
    assert not [name for name in names if name.count("sur 1") > 1]


def test_every_chart_has_picture_table_and_csv(client: FlaskClient, page: Page) -> None:
    shown = page("/modele")
    figures = shown.xpath("//figure")
    assert len(figures) == 5
    for figure in figures:
        addresses = figure.xpath(".//img/@src | .//source/@srcset")
        assert len(addresses) == 2
        for address in addresses:
            picture = client.get(address)
            assert picture.mimetype == "image/svg+xml"
            assert etree.fromstring(picture.data).tag == "{http://www.w3.org/2000/svg}svg"
        (address,) = figure.xpath(".//a[@download]/@href")
        lines = list(csv.reader(io.StringIO(client.get(address).text.lstrip("\ufeff")), delimiter=";"))
        table = figure.xpath(".//table")[0]
        assert lines[0] == [head.text_content() for head in table.xpath("./thead//th")]
        assert len(lines) - 1 == len(table.xpath("./tbody/tr"))


def test_the_effect_of_any_figure_can_be_chosen(page: Page, trained_model: Model) -> None:
    for name in trained_model.features:
        shown = page(f"/modele?donnee={name}")
        chosen = shown.xpath("//select[@name='donnee']/option[@selected]/@value")
        assert chosen == [name]
        assert shown.xpath("//figure[@id='figure-dependance']")


def test_an_unknown_figure_is_an_error_with_a_sentence(page: Page) -> None:
    shown = page("/modele?donnee=CODE_GENDER", status=422)
    assert "n’est pas dans la liste" in words(shown.get_element_by_id("donnee-erreur"))
    assert shown.xpath("//*[@class='error-summary']//a[@href='#donnee']")
    assert not shown.xpath("//figure[@id='figure-dependance']")


@pytest.mark.parametrize("name", ["inconnu", "dependance", "accords-sexe"])
def test_there_is_no_other_chart(client: FlaskClient, name: str) -> None:
    query = "?donnee=SK_ID_CURR" if name == "dependance" else ""
    assert client.get(f"/modele/graphiques/{name}.svg{query}").status_code == 404
    assert client.get(f"/modele/graphiques/{name}.csv{query}").status_code == 404


def test_the_card_can_be_downloaded(client: FlaskClient, trained_model: Model) -> None:
    answer = client.get("/modele/fiche.md")
    assert answer.mimetype == "text/markdown"
    assert answer.text.startswith("# Fiche du modèle de score")
    assert trained_model.sha256 in answer.text


@pytest.mark.parametrize(
    "address", ["/modele/equite", "/modele/equite/sexe.csv", "/modele/equite/graphiques/accords-sexe.svg"]
)
def test_fairness_is_for_auditors_and_administrators(
    app: Flask, anonymous: FlaskClient, address: str
) -> None:
    assert anonymous.get(address).status_code == 303
    assert signed_in(app, "agathe").get(address).status_code == 403
    assert signed_in(app, "basile").get(address).status_code == 200
    assert signed_in(app, "camille").get(address).status_code == 200


def test_advisors_see_no_link_to_fairness(page: Page, auditor: FlaskClient) -> None:
    assert not page("/modele").xpath("//a[@href='/modele/equite']")
    assert 'href="/modele/equite"' in auditor.get("/modele").text


def test_the_table_stands_before_the_chart(auditor: FlaskClient) -> None:
    shown = document_fromstring(auditor.get("/modele/equite").text)
    assert [words(title) for title in shown.xpath("//main/h2")] == ["Sexe", "Âge", "Situation de famille"]
    order = [element.tag for element in shown.xpath("//main/div[@class='card'] | //main/figure")]
    assert order == ["div", "figure"] * 3
    addresses = shown.xpath("//figure//img/@src | //figure//source/@srcset | //figure//a[@download]/@href")
    assert len(addresses) == 9
    assert [auditor.get(address).status_code for address in addresses] == [200] * 9
    files = shown.xpath("//div[@class='card']//a/@href")
    assert len(files) == 3
    for address in files:
        lines = list(csv.reader(io.StringIO(auditor.get(address).text), delimiter=";"))
        assert {len(line) for line in lines} == {18}


@pytest.mark.parametrize("name", ["inconnu", "CODE_GENDER"])
def test_there_is_no_other_audit(auditor: FlaskClient, name: str) -> None:
    assert auditor.get(f"/modele/equite/{name}.csv").status_code == 404
    assert auditor.get(f"/modele/equite/graphiques/accords-{name}.svg").status_code == 404


def test_a_changed_limit_is_told(app: Flask, page: Page, auditor: FlaskClient) -> None:
    assert "celle de l’entraînement" not in words(page("/modele"))
    before = app.config["LIMIT"]
    app.config["LIMIT"] = 0.4
    try:
        assert (
            "La limite est aujourd’hui de 40 %. Les mesures de cette page ont été faites à la limite de 48 "
            "%, celle de l’entraînement. Entraînez le modèle à nouveau pour les refaire."
            in words(page("/modele"))
        )
        assert (
            "La limite est aujourd’hui de 40 % : entraînez le modèle à nouveau pour refaire ces mesures."
            in words(document_fromstring(auditor.get("/modele/equite").text))
        )
    finally:
        app.config["LIMIT"] = before


def group(label: str, granted: int, ratio: tuple[float, float, float], expected: float = 0.1) -> Group:
    """A group of 1,000 clients, 100 of them in default."""
    return Group(
        label, 1000, Rate.of(granted, 1000), Rate.of(5, granted), Rate.of(900 - granted, 900), expected,
        Rate.of(100, 1000), *ratio,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        ((0.7, 0.65, 0.75), "nettement sous le repère"),
        ((0.81, 0.78, 0.84), "ne permettent pas de trancher"),
        ((0.9, 0.86, 0.94), "atteint le repère"),
    ],
)
def test_the_sentence_claims_no_more_than_the_interval(ratio: tuple[float, float, float], said: str) -> None:
    audit = Audit(
        "CODE_GENDER", 0.48, "Femme", (group("Femme", 800, (1.0, 1.0, 1.0)), group("Homme", 560, ratio))
    )
    grants, refusals, calibrated = fairness.sentences(audit)
    assert said in grants
    assert "Homme" in refusals
    assert "dans l’intervalle" in calibrated


UNSETTLED = {
    "Jeunes": ((0.59, 0.54, 0.64), "nettement sous"),
    "Moyens": ((0.76, 0.73, 0.81), "on ne peut pas trancher"),
    "Justes": ((0.77, 0.74, 0.7991), "on ne peut pas trancher"),  # shown as "0,74 à 0,80"
    "Mûrs": ((0.9, 0.86, 0.94), "au-dessus"),
}


def unsettled() -> Audit:
    """An audit with a group in each position towards four fifths."""
    groups = [group(name, round(800 * ratio[0]), ratio) for name, (ratio, _) in UNSETTLED.items()]
    return Audit("DAYS_BIRTH", 0.48, "Anciens", (*groups, group("Anciens", 800, (1.0, 1.0, 1.0))))


def test_each_group_is_placed_by_its_interval_in_picture_sentence_and_table() -> None:
    chart = fairness.grants(unsettled())
    placed = {row[0]: row[-1] for row in chart.table.rows}
    assert placed == {name: said for name, (_, said) in UNSETTLED.items()} | {
        "Anciens": "groupe le plus accordé"
    }
    said = " ".join(chart.sentence.split())
    assert "nettement inférieure pour « Jeunes » et supérieure pour « Mûrs »" in said
    assert said.endswith("on ne peut pas trancher pour « Moyens » et « Justes ».")
    texts = [" ".join(text.split()) for text in re.findall(r"<text[^>]*>([^<]*)", chart.svg().decode())]
    assert {"repère : 0,80", "Rapport au groupe le plus accordé", "0,6", "0,8", "1"} <= set(texts)


def test_the_card_claims_no_more_than_the_intervals(trained_model: Model) -> None:
    overall = dataclasses.replace(trained_model.global_explanation, audits=(unsettled(),))
    text = " ".join(model_card.render(trained_model.card, overall).split())
    assert "Rapport nettement sous 0,80 : « Jeunes »." in text
    assert "Ces chiffres ne permettent pas de trancher : « Moyens » et « Justes »." in text


def test_a_risk_announced_too_high_is_told() -> None:
    audit = Audit(
        "CODE_GENDER", 0.48, "Femme",
        (
            group("Femme", 800, (1.0, 1.0, 1.0), expected=0.2),
            group("Homme", 560, (0.7, 0.6, 0.8)),
            Group("X", 3),
        ),
    )  # fmt: skip
    assert re.search(r"trop haut pour le groupe «\sFemme\s»", fairness.sentences(audit)[2])
    assert "3" not in [cell for row in fairness.decisions(audit).rows for cell in row]
    assert fairness.detail(audit).raw[2][1:] == (None,) * 17


def test_pictures_hold_the_numbers_of_their_tables(trained_model: Model) -> None:
    overall = trained_model.global_explanation
    for chart in (
        model.importance(overall),
        *(model.dependence(one) for one in overall.influences),
        *(fairness.grants(audit) for audit in overall.audits),
    ):
        for width in drawing.WIDTHS:
            svg = chart.svg(width).decode()
            texts = {" ".join(text.split()) for text in re.findall(r"<text[^>]*>([^<]*)", svg)}
            heads = [column.label for column in chart.table.columns]
            index = heads.index("Effet moyen") if chart.key == "dependance" else 1
            for row in chart.table.rows[: model.SHOWN]:
                shown = " ".join(row[index].split())
                assert any(text.startswith(shown) for text in texts), (chart.key, row)


def test_heights_fit_the_drawing(trained_model: Model) -> None:
    for chart in (
        quality.calibration(trained_model.global_explanation),
        model.spread(trained_model.global_explanation),
    ):
        for width in drawing.WIDTHS:
            size = chart.draw(width).get_size_inches() * 72
            assert tuple(round(side) for side in size) == chart.size(width)
    assert rows.heights(1) < rows.heights(2)
