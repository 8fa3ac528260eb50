"""A lender whose limit is 30 %: every page, file, picture, answer and command counts with it.

The limit of 48 % is that of the settings, of the training and of nearly all other tests: where it had been
written down a second time, nothing else would show it. Points are counted here by the scale's own formula.
"""

import csv
import io
import math
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement, document_fromstring

from pretadepenser import create_app
from pretadepenser.credit.dictionary import COLUMNS
from pretadepenser.credit.model import learning
from pretadepenser.credit.model.scoring import Model, current_model, current_scores, score_row
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.whatif.missing_data import sensitivity
from pretadepenser.records import tokens, users
from tests.conftest import PASSWORD, signed_in
from tests.web.conftest import token_of

EDGE = math.log(0.3 / 0.7)


def points(margin: float) -> int:
    """Whole points of a margin where 30 % is the limit."""
    return math.floor(500 - (margin - EDGE) * 20 / math.log(2))


@dataclass(frozen=True)
class Someone:
    """A client: number, raw values and the points that are due."""

    number: int
    row: dict[str, Any]
    points: int


@pytest.fixture(scope="module")
def app(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application with the limit of this lender."""
    folder = tmp_path_factory.mktemp("limit") / "instance"
    shutil.copytree(untouched, folder, symlinks=True)
    return create_app({"INSTANCE": folder, "TESTING": True, "LIMIT": 0.3})


@pytest.fixture(scope="module")
def people(portfolio: Portfolio, model: Model) -> dict[str, Someone]:
    """A client whom only 48 % would grant, one whom 30 % grants too, and one whom neither does."""
    found: dict[str, Someone] = {}
    for number in portfolio.numbers()[:200].tolist():
        client = portfolio.client(number)
        assert client
        due = points(score_row(model, client.values, 0.5).margin)
        kind = "turned" if 482 <= due < 494 else "granted" if due >= 515 else "refused" if due < 460 else ""
        found.setdefault(kind, Someone(number, {name: client.values[name] for name in COLUMNS}, due))
    assert {"turned", "granted", "refused"} <= found.keys()
    return found


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return signed_in(app, "agathe")


def words(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def main(browser: FlaskClient, url: str, status: int = 200) -> str:
    """What stands on a page, which must not speak of 48 % as its limit."""
    answer = browser.get(url)
    assert answer.status_code == status, url
    return judged(answer.text)


def judged(page: str) -> str:
    text = words(document_fromstring(page).xpath("//main")[0])
    assert not re.search(r"(tolérance|limite|prête jusqu)[^.]{0,30}48 %", text)
    return text


def lines(browser: FlaskClient, url: str) -> list[list[str]]:
    """The lines of a CSV download, spaces plain."""
    answer = browser.get(url)
    assert answer.mimetype == "text/csv", url
    rows = csv.reader(io.StringIO(answer.text.lstrip("\ufeff")), delimiter=";")
    return [[" ".join(cell.split()) for cell in row] for row in rows]


def number(count: int) -> str:
    """A count as people write it."""
    return f"{count:,}".replace(",", " ")


def drawn(browser: FlaskClient, url: str) -> str:
    answer = browser.get(url)
    assert answer.mimetype == "image/svg+xml", url
    return " ".join(answer.text.split())


KINDS = pytest.mark.parametrize("kind", ["turned", "granted", "refused"])


@KINDS
def test_the_heading_of_every_page_of_a_client(
    browser: FlaskClient, people: dict[str, Someone], model: Model, kind: str
) -> None:
    one = people[kind]
    score = score_row(model, one.row, 0.3)
    answer = "accordé" if kind == "granted" else "refusé"
    near = ", proche de la limite" if score.close else ""
    today = f"client {one.number}, prêt {answer}, {one.points} points{near}"
    sheet = "peut être acceptée" if kind == "granted" else "n’est pas acceptée"
    for page, told in (
        ("", f"Prêt {answer} (avis du modèle) – client {one.number} – {one.points} points{near}"),
        ("/comparaison", f" – {today}"),
        ("/simulation", f"Simulation – {today}"),
        ("/leviers", f" – {today}"),
        ("/entretien", f"Votre demande de prêt {sheet} – fiche d’entretien du client {one.number}"),
    ):
        shown = document_fromstring(browser.get(f"/clients/{one.number}{page}").text)
        assert words(shown.find(".//h1")).endswith(told), page
        assert told in words(shown.find(".//title")), page
        for box in shown.find_class("decision"):
            expected = "decision-granted" if kind == "granted" else "decision-refused"
            assert box.get("class") == f"decision {expected}", page


@KINDS
def test_the_decision_its_charts_and_their_files(
    browser: FlaskClient, people: dict[str, Someone], model: Model, kind: str
) -> None:
    one = people[kind]
    text = main(browser, f"/clients/{one.number}")
    answer = "le prêt sera accordé" if kind == "granted" else "le prêt ne sera pas accordé"
    for said in (
        "(tolérance maximale : 30 %).",
        f"Avis du modèle : {answer}.",
        "Sa probabilité se compare à la tolérance de 30 % ;",
    ):
        assert said in text
    address = f"/clients/{one.number}/graphiques"
    score = {line[0]: line[1:] for line in lines(browser, f"{address}/score.csv")}
    assert score["Limite pour accorder le prêt"] == ["500", "0,3"]
    assert score["Score de ce client"][0] == str(one.points)
    assert f"Ce client : {one.points}<" in drawn(browser, f"{address}/score.svg")
    parts = lines(browser, f"{address}/contributions.csv")
    assert int(parts[1][2]) == points(model.base)
    assert sum(int(line[2]) for line in parts[1:] if line[2]) == one.points


@pytest.mark.parametrize("outcome", ["accordes", "refuses"])
def test_groups_are_of_those_whom_the_limit_grants(
    browser: FlaskClient,
    people: dict[str, Someone],
    trained: Path,
    portfolio: Portfolio,
    model: Model,
    outcome: str,
) -> None:
    margins = current_scores(trained, portfolio, model)
    assert margins is not None
    granted = int((margins.astype(float) <= EDGE).sum())
    count = granted if outcome == "accordes" else portfolio.size - granted
    decided = {"accordes": "accordé", "refuses": "refusé"}[outcome]
    address = f"/clients/{people['turned'].number}/comparaison"
    text = main(browser, f"{address}?groupe={outcome}")
    assert f"Le groupe compte {number(count)} clients dont le prêt est {decided}." in text
    page = document_fromstring(browser.get(f"{address}?groupe={outcome}").text)
    (chosen,) = page.xpath("//input[@name='groupe'][@checked]")
    (label,) = page.xpath(f"//label[@for='{chosen.get('id')}']")
    assert words(label) == f"Clients dont le prêt est {decided}"
    shares = lines(browser, f"{address}/graphiques/repartition.csv?groupe={outcome}&donnee=AMT_CREDIT")
    assert sum(int(line[1]) for line in shares[1:]) == count
    near = f"prêt refusé, {people['turned'].points} points, proche de la limite"
    assert near in main(browser, address) or people["turned"].points < 490


@KINDS
def test_a_simulation(browser: FlaskClient, people: dict[str, Someone], model: Model, kind: str) -> None:
    """The same client with another income, by the form as a browser sends it."""
    one = people[kind]
    url = f"/clients/{one.number}/simulation"
    page = browser.get(url)
    form = next(
        f for f in document_fromstring(page.text).forms if (f.get("action") or "").endswith("simulation")
    )
    income = float(one.row["AMT_INCOME_TOTAL"]) * 1.2
    typed = {**dict(form.form_values()), "amt_income_total": f"{income / 100:.2f}".replace(".", ",")}
    answer = browser.post(url, data=typed)
    assert answer.status_code == 200
    text = judged(answer.text)
    after = points(score_row(model, {**one.row, "AMT_INCOME_TOTAL": income}, 0.5).margin)
    assert "tolérance maximale : 30 %)" in text
    moved = "resterait à" if after == one.points else f"passerait de {one.points} à"
    assert f"et le score {moved} {after} points" in text
    old, new = one.points >= 500, after >= 500
    decision = {
        (True, True): "Le prêt resterait accordé.",
        (False, False): "Le prêt resterait refusé.",
        (False, True): "Le prêt, refusé aujourd’hui, serait accordé.",
        (True, False): "Le prêt, accordé aujourd’hui, serait refusé.",
    }[old, new]
    assert decision in text
    verb = "resterait" if old == new else "serait"
    told = (
        f"Simulation : le prêt {verb} {'accordé' if new else 'refusé'} – client {one.number} – {after} points"
    )
    was = "comme" if after == one.points else one.points
    assert words(document_fromstring(answer.text).find(".//h1")).startswith(f"{told} ({was} aujourd’hui)")


@KINDS
def test_levers_and_their_curve(browser: FlaskClient, people: dict[str, Someone], kind: str) -> None:
    one = people[kind]
    text = main(browser, f"/clients/{one.number}/leviers")
    if kind == "granted":
        assert f"Le score dépasse la limite de {one.points - 500} points." in text
    else:
        assert f"Il manque {500 - one.points} points pour que" in text
    address = f"/clients/{one.number}/leviers/graphiques/montant"
    assert f"Demande : {one.points}<" in drawn(browser, f"{address}.svg")
    assert str(one.points) in [line[1] for line in lines(browser, f"{address}.csv")]


@KINDS
def test_the_sheet_of_the_meeting(browser: FlaskClient, people: dict[str, Someone], kind: str) -> None:
    one = people[kind]
    text = main(browser, f"/clients/{one.number}/entretien")
    accepted = "peut être acceptée" if kind == "granted" else "n’est pas acceptée"
    for said in (
        f"Votre demande de prêt {accepted}.",
        f"Votre score est de {one.points} points ; il en faut 500.",
        "on prête jusqu’à 30 %, soit 500 points.",
        f"Votre score dépasse de {one.points - 500} points le minimum demandé."
        if kind == "granted"
        else f"Il vous manque {500 - one.points} points.",
    ):
        assert said in text
    address = f"/clients/{one.number}/entretien/graphiques/score"
    assert f"Vous : {one.points}<" in drawn(browser, f"{address}.svg")
    score = {line[0]: line[1:] for line in lines(browser, f"{address}.csv")}
    assert score["Limite pour accorder le prêt"] == ["500", "0,3"]
    assert score["Votre score"][0] == str(one.points)


def typed(row: dict[str, Any]) -> dict[str, str]:
    """A client's values as a new application has them, amounts in euros."""
    shown = {
        name.lower(): f"{value / 100:.4f}" if name.startswith("AMT_") else str(value)
        for name, value in row.items()
        if value is not None
    }
    shown = {name: value.replace(".", ",") for name, value in shown.items()}
    if row["DAYS_EMPLOYED"] == 365243:
        return shown | {"days_employed": "", "days_employed_none": "y"}
    return shown | {"days_employed": f"{-row['DAYS_EMPLOYED']} jours"}


def post(browser: FlaskClient, url: str, data: dict[str, str]) -> Any:
    token = token_of(browser.get("/dossiers/nouveau").text)
    return browser.post(url, data={**data, "csrf_token": token})


@KINDS
def test_a_new_application_is_judged_alike(
    browser: FlaskClient, people: dict[str, Someone], portfolio: Portfolio, model: Model, kind: str
) -> None:
    one = people[kind]
    row = {**one.row, "EXT_SOURCE_2": None}
    answer = post(browser, "/dossiers/nouveau", typed(row))
    assert answer.status_code == 200
    text = judged(answer.text)
    due = points(score_row(model, row, 0.5).margin)
    assert "(tolérance maximale : 30 %)" in text
    assert re.search(rf"( – nouveau dossier – |core de ce client est de ){due} points", text)
    left = sensitivity(model, portfolio, row, 0.3)
    assert " ".join(left.sentence.split()) in text
    assert left.sentence != sensitivity(model, portfolio, row, 0.48).sentence
    spreadsheet = post(browser, "/dossiers/nouveau/chiffres/score.csv", typed(row)).text
    assert "Limite pour accorder le prêt;500;0,3" in spreadsheet.replace("\u00a0", " ")
    assert f"Score de ce client;{due};" in spreadsheet.replace("\u00a0", " ")


def test_other_systems(app: Flask, people: dict[str, Someone]) -> None:
    system = app.test_client()
    text = tokens.add_token(app.extensions["database"], "agence")
    system.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {text}"
    rows = [one.row for one in people.values()]
    due = [(one.number, one.points, one.points >= 500, 0.3) for one in people.values()]

    def told(scores: list[dict[str, Any]]) -> list[tuple[int, int, bool, float]]:
        return [(one["client"], one["points"], one["granted"], one["limit"]) for one in scores]

    alone = [system.get(f"/api/v1/clients/{one.number}/score").get_json() for one in people.values()]
    assert told(alone) == due
    for one in alone:
        assert one["base_points"] + sum(part["points"] for part in one["contributions"]) == one["points"]
    for query in ("", "?reasons=true"):
        sent = system.post(f"/api/v1/scores{query}", json={"rows": rows}).get_json()
        assert told(sent["scores"]) == due
    as_csv = system.post("/api/v1/scores", json={"rows": rows}, headers={"Accept": "text/csv"}).text
    read = list(csv.DictReader(io.StringIO(as_csv)))
    assert [(int(one["client"]), int(one["points"]), one["limit"]) for one in read] == [
        (number, points, "0.3") for number, points, _, _ in due
    ]


@pytest.mark.parametrize("reasons", ["--reasons", "--no-reasons"])
def test_a_file_of_the_command_line(
    app: Flask, people: dict[str, Someone], tmp_path: Path, reasons: str
) -> None:
    source, output = tmp_path / "clients.csv", tmp_path / "scores.csv"
    pa.csv.write_csv(pa.Table.from_pylist([one.row for one in people.values()]), source)
    done = app.test_cli_runner().invoke(args=["score", str(source), "--output", str(output), reasons])
    assert done.exit_code == 0, done.output
    read = list(csv.DictReader(output.open(encoding="utf-8")))
    assert [(int(one["client"]), int(one["points"]), one["granted"], one["limit"]) for one in read] == [
        (one.number, one.points, "true" if one.points >= 500 else "false", "0.3") for one in people.values()
    ]


# --- training -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def retrained(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An application with this limit and another cost of a default, and a quick model trained with them."""
    folder = tmp_path_factory.mktemp("retrained") / "instance"
    folder.mkdir()
    (folder / "portfolio").symlink_to((trained / "portfolio").resolve())
    app = create_app({"INSTANCE": folder, "TESTING": True, "LIMIT": 0.3, "COST_RATIO": 7})
    app.extensions["database"].upgrade()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learning, "TREE_COUNT", 15)
        patch.setattr(learning, "PARAMETERS", {**learning.PARAMETERS, "eta": 0.6})
        done = app.test_cli_runner().invoke(args=["model", "train"])
    assert done.exit_code == 0, done.output
    for name, role in (("agathe", "conseiller"), ("basile", "auditeur")):
        users.add_user(app.extensions["database"], name, role, PASSWORD)
    return app


def test_a_training_measures_at_the_limit(retrained: Flask) -> None:
    model = current_model(retrained.config["INSTANCE"])
    assert model
    for measured in (model.card.without_protected, model.card.with_protected):
        assert (measured.limit, measured.cost_ratio) == (0.3, 7)
    overall = model.global_explanation
    audits = (*overall.audits, *overall.audits_with_protected)
    assert len(audits) >= 4
    assert {audit.limit for audit in audits} == {0.3}
    counts = model.card.without_protected.confusion
    total = counts.granted_good + counts.granted_default + counts.refused_good + counts.refused_default
    assert total == model.card.data.labelled
    shared = (counts.granted_good + counts.granted_default) / total
    at = {round(point.limit, 9): point for point in overall.costs}
    assert at[0.3].granted == pytest.approx(shared)
    assert at[0.3].cost == pytest.approx(model.card.without_protected.cost)
    assert model.card.without_protected.cost == pytest.approx(
        100 * (counts.refused_good + 7 * counts.granted_default) / total
    )
    assert at[0.48].granted > shared, "at another limit others are granted"


def test_the_pages_of_the_model_tell_it(retrained: Flask) -> None:
    browser = signed_in(retrained, "agathe")
    text = main(browser, "/modele")
    assert "La limite est aujourd’hui" not in text
    assert "Un défaut compte aujourd’hui" not in text
    assert "À la limite de 30 %, les décisions coûtent l’équivalent de" in text
    assert "Un défaut accordé compte pour 7." in text
    assert "Décisions à la limite de 30 % et ce qui est arrivé" in text
    assert "30 % (limite mesurée)" in [line[0] for line in lines(browser, "/modele/graphiques/cout.csv")]
    assert "limite 30 %<" in drawn(browser, "/modele/graphiques/cout.svg")
    card = " ".join(browser.get("/modele/fiche.md").text.split())
    assert "| Coût à la limite de 30 % |" in card
    assert "| Décision à 30 % |" in card
    assert "48 %" not in card.split("Qualité mesurée")[1].split("Étalonnage")[0]
    auditor = signed_in(retrained, "basile")
    fair = main(auditor, "/modele/equite")
    assert "à la limite de 30 %." in fair
    assert "décisions à la limite de 30 %" in fair
    assert "refaire ces mesures" not in fair
    assert "Décisions à la limite de 30 % sur les clients" in " ".join(
        auditor.get("/modele/fiche.md").text.split()
    )


def test_measures_of_another_limit_are_said_to_be(browser: FlaskClient, app: Flask) -> None:
    text = words(document_fromstring(browser.get("/modele").text).xpath("//main")[0])
    assert (
        "La limite est aujourd’hui de 30 %. Les mesures de cette page ont été faites à la limite de 48 %, "
        "celle de l’entraînement."
    ) in text
    fair = words(document_fromstring(signed_in(app, "basile").get("/modele/equite").text))
    assert (
        "La limite est aujourd’hui de 30 % : entraînez le modèle à nouveau pour refaire ces mesures." in fair
    )
