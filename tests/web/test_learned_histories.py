"""Pages and API where the model has learnt from credit histories."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from lxml.html import HtmlElement, document_fromstring

from pretadepenser import create_app
from pretadepenser.credit.dictionary import COLUMNS, HISTORY, describe
from pretadepenser.credit.explanation.reasons import explain
from pretadepenser.credit.model.inputs import FEATURES, HISTORY_FEATURES
from pretadepenser.credit.model.scoring import current_model, current_scores, score_row
from pretadepenser.credit.portfolio import Client, Portfolio, current_portfolio
from pretadepenser.credit.recourse import debts
from pretadepenser.credit.recourse.decision import Verdict
from pretadepenser.credit.recourse.levers import Lever
from pretadepenser.credit.scale import Scale
from pretadepenser.credit.whatif import repaid
from pretadepenser.credit.whatif.missing_data import missing, sensitivity
from pretadepenser.records import tokens, users
from pretadepenser.records.models import Role
from pretadepenser.web.review_forms import CorrectionForm
from tests import invariants
from tests.conftest import PASSWORD, signed_in
from tests.unit.by_heart import plain
from tests.web.deciding import decide
from tests.web.test_application import LITTLE, SCORES

# A new file with all that its page asks for.
NEW = LITTLE | SCORES | {"occupation_type": "Managers"}


@pytest.fixture(scope="module")
def app(learned: Path, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An application on `learned`, which an advisor may sign in to."""
    instance = tmp_path_factory.mktemp("learned") / "instance"
    shutil.copytree(learned, instance, symlinks=True)
    app = create_app({"INSTANCE": instance, "TESTING": True})
    app.extensions["database"].upgrade()
    users.add_user(app.extensions["database"], "agathe", Role.ADVISOR, PASSWORD)
    return app


@pytest.fixture(scope="module")
def clients(learned: Path) -> Portfolio:
    """The clients of the application."""
    found = current_portfolio(learned)
    assert found
    return found


@pytest.fixture(scope="module")
def indebted(clients: Portfolio, learned: Path) -> Client:
    """A refused client who owes on several credits elsewhere."""
    model = current_model(learned)
    assert model
    for number in clients.numbers():
        client = clients.client(int(number))
        assert client
        owes = len(repaid.debts(clients.history(client.number))) >= 3
        if owes and not score_row(model, client.values, 0.48).granted:
            return client
    raise AssertionError("nobody owes")


@pytest.fixture(scope="module")
def fetch(app: Flask) -> Callable[..., HtmlElement]:
    """Fetches a page, or sends a form, as the advisor."""
    browser = signed_in(app, "agathe")

    def ask(address: str, form: dict[str, str] | None = None, status: int = 200) -> HtmlElement:
        answer = browser.get(address) if form is None else browser.post(address, data=form)
        assert answer.status_code == status, answer.text
        return invariants.check(answer.text, address)

    return ask


def text(shown: HtmlElement) -> str:
    return " ".join(shown.text_content().split())


def test_the_model_looks_at_what_the_portfolio_tells(learned: Path) -> None:
    model = current_model(learned)
    assert model
    assert model.features == (*FEATURES, *HISTORY_FEATURES)
    assert len(model.features) <= 60
    assert model.card.histories is not None
    assert model.card.monotone["BUREAU_OVERDUE"] == 1
    assert "PREVIOUS_TERM" not in model.card.monotone


def test_arrears_never_help(learned: Path, clients: Portfolio) -> None:
    model = current_model(learned)
    assert model
    for number in clients.numbers()[::100]:
        client = clients.client(int(number))
        assert client
        for name in ("BUREAU_OVERDUE", "BUREAU_MONTHS_LATE", "INSTALMENTS_LATE_SHARE", "PREVIOUS_REFUSED"):
            before = client.values[name]
            if before is None:
                continue
            worse = {**client.values, name: float(before) * 2 + 1}
            assert score_row(model, worse, 0.48).margin >= score_row(model, client.values, 0.48).margin - 1e-5


def test_repaying_never_costs_a_point(learned: Path, clients: Portfolio) -> None:
    model = current_model(learned)
    assert model
    tried = 0
    for number in clients.numbers()[::40].tolist():
        client, history = clients.client(number), clients.history(number)
        assert client
        owed = [debt.number for debt in repaid.debts(history)]
        for chosen in ([one] for one in owed[:3]), [owed] if len(owed) > 1 else []:
            for numbered in chosen:
                after = {**client.values, **repaid.repaid(history, numbered)}
                margins = [score_row(model, row, 0.48).margin for row in (client.values, after)]
                # To the millionth of a float32's sum: figures that were not known may come to be.
                assert margins[1] <= margins[0] + 1e-5, (number, numbered)
                tried += 1
    assert tried > 30


def test_the_client_page_tells_the_history_among_its_reasons(
    fetch: Callable[..., HtmlElement], clients: Portfolio
) -> None:
    told = " ".join(text(fetch(f"/clients/{number}")) for number in clients.numbers()[:6])
    assert re.search(r"Crédits dans d’autres établissements|Reste à rembourser ailleurs", told)
    assert not re.search(r"\b(BUREAU|PREVIOUS|INSTALMENTS|POS|CARD)_", told)


def boxes(shown: HtmlElement) -> dict[str, str]:
    """Boxes of the debts that can be supposed repaid, by name, with their words."""
    found = {}
    for box in shown.xpath("//input[@type='checkbox' and starts-with(@name, 'rembourse_')]"):
        (label,) = shown.xpath(f"//label[@for='{box.get('id')}']")
        found[box.get("name")] = text(label)
    return found


def test_no_reason_says_that_what_has_no_object_lacks(learned: Path, clients: Portfolio) -> None:
    model = current_model(learned)
    assert model
    without = 0
    for number in clients.numbers()[:400]:
        client = clients.client(int(number))
        assert client
        told = explain(model, clients, client.values, 0.48)
        for reason in (*told.against, *told.in_favour):
            without += " est sans objet (" in reason.sentence
            for name in reason.names:
                lacks = f"ne donne pas {describe(name).definite}." in reason.sentence
                assert not (lacks and describe(name).without_object(client.values)), reason.sentence
    assert without


def test_the_page_of_levers_lists_what_was_tried_and_nothing_else(
    fetch: Callable[..., HtmlElement], clients: Portfolio, learned: Path
) -> None:
    """With all else held fixed, what is late and a card are paid alone and together, where there are both."""
    model = current_model(learned)
    assert model
    held = "&".join(f"fixe={name}" for name in ("projet", "apport", "duree", "revenu"))
    wanted = {
        (
            True,
            True,
        ): "3 changements, seuls ou par deux : Payer ce qui est en retard sur des crédits ailleurs, "
        "ou rembourser et fermer la carte de crédit où il reste le plus.",
        (True, False): "1 changement : Payer ce qui est en retard sur des crédits ailleurs. ",
        (False, True): "1 changement : Rembourser et fermer la carte de crédit ailleurs où il reste le plus.",
    }
    margins = current_scores(learned, clients, model)
    assert margins is not None
    for number in clients.numbers()[~Scale(0.48).granted(margins)].tolist():
        client = clients.client(number)
        assert client
        owed = debts.of(model, clients.history(number), client.values).settlements
        said = wanted.pop((Lever.ARREARS in owed, Lever.CARD in owed), None)
        if said:
            page = text(fetch(f"/clients/{number}/leviers?{held}"))
            assert f"Le modèle a noté {said}" in page, page
    assert not wanted


def test_a_refusal_names_who_keeps_the_file_of_credits(
    app: Flask, fetch: Callable[..., HtmlElement], indebted: Client
) -> None:
    """On the sheet and in the letter, which also says what the file said."""
    sheet = text(fetch(f"/clients/{indebted.number}/entretien"))
    assert (
        "Nous avons aussi consulté le fichier des crédits : Fichier fictif des crédits, fichier.example."
    ) in sheet
    decision = decide(app, "agathe", Verdict.REFUSE, number=indebted.number)
    letter = text(fetch(f"/decisions/{decision}/courrier"))
    said = letter.split("Fichier des crédits (Fichier fictif des crédits, fichier.example) : ")[1]
    assert re.search(r"crédits en cours ailleurs : \d+ crédits", said.split("Catégories de données")[0])
    assert re.search(r"reste connu à rembourser ailleurs : [\d ]+ €", said.split("Catégories de données")[0])


def test_a_repaid_credit_is_simulated(fetch: Callable[..., HtmlElement], indebted: Client) -> None:
    address = f"/clients/{indebted.number}/simulation"
    shown = fetch(address)
    assert "Crédits ailleurs que le client rembourserait" in text(shown)
    # On the form of a review, what was so on the day of the request.
    assert CorrectionForm.supposed == "Crédits ailleurs déjà remboursés"
    offered = boxes(shown)
    assert len(offered) >= 3
    assert all(
        re.search(r" : (.* à rembourser|reste à rembourser inconnu)", words) for words in offered.values()
    )
    form = next(one for one in shown.forms if (one.get("action") or "").endswith("simulation"))
    sent = dict(form.form_values())
    answer = fetch(address, sent | dict.fromkeys(offered, "y"))
    said = text(answer)
    assert "Vous supposez remboursé : « " in said
    assert "Vous avez changé" not in said
    assert "Reste connu à rembourser ailleurs" in said or "Crédits en cours ailleurs" in said
    # What was chosen is still chosen.
    kept = answer.xpath("//input[starts-with(@name, 'rembourse_') and @checked]")
    assert {one.get("name") for one in kept} >= set(offered)
    pictures = answer.xpath("//main//img/@src")
    assert all("rembourse" not in one for one in pictures)


def test_levers_tell_debts_only_where_there_are_some(
    fetch: Callable[..., HtmlElement], clients: Portfolio, indebted: Client
) -> None:
    offered = text(fetch(f"/clients/{indebted.number}/leviers"))
    owed = [one for one in repaid.debts(clients.history(indebted.number)) if not one.currency]
    late, cards = any(one.late for one in owed), any(one.revolving and one.owed for one in owed)
    owing = late or cards
    assert ("Les dettes ailleurs : le client ne peut pas en payer maintenant" in offered) == owing
    assert ("Payer ce qui est en retard sur des crédits ailleurs" in offered) == late
    assert ("embourser et fermer la carte de crédit " in offered) == cards


@pytest.fixture(scope="module")
def api(app: Flask) -> Any:
    """A system with a token."""
    browser = app.test_client()
    token = tokens.add_token(app.extensions["database"], "agence")
    browser.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return browser


def sent(clients: Portfolio, number: int, *, histories: bool) -> dict[str, Any]:
    """A client of the portfolio as another system would send it."""
    client = clients.client(number)
    assert client
    row: dict[str, Any] = {name: client.values[name] for name in COLUMNS}
    return row | (dict(clients.history(number)) if histories else {})


def test_a_person_sent_with_the_history_has_the_score_of_the_screen(api: Any, clients: Portfolio) -> None:
    numbers = clients.numbers()[:30].tolist()
    rows = [sent(clients, number, histories=True) for number in numbers]
    told = api.post("/api/v1/scores", json={"rows": rows}).get_json()["scores"]
    screen = [api.get(f"/api/v1/clients/{number}/score").get_json() for number in numbers]
    assert [one["points"] for one in told] == [one["points"] for one in screen]
    assert [one["probability"] for one in told] == pytest.approx(
        [one["probability"] for one in screen], abs=1e-9
    )


def test_a_person_sent_with_the_history_is_told_what_the_screen_tells(api: Any, clients: Portfolio) -> None:
    """What has no object has none there either, whether or not the model looks at what makes it so."""
    numbers = clients.numbers()[:40].tolist()
    rows = [sent(clients, number, histories=True) for number in numbers]
    told = api.post("/api/v1/scores?reasons=true", json={"rows": rows}).get_json()["scores"]
    seen = set()
    for number, one in zip(numbers, told, strict=True):
        screen = api.get(f"/api/v1/clients/{number}/score").get_json()
        assert one["reasons"] == screen["reasons"]
        assert one["contributions"] == screen["contributions"]
        seen |= {plain(part["text"]) for part in one["contributions"]}
        seen |= {plain(member["text"]) for part in one["contributions"] for member in part["members"]}
    assert {
        "sans objet (pas de carte de crédit connue chez nous)",
        "sans objet (pas de crédit connu ailleurs)",
        "sans objet (pas de mois connu ailleurs sur deux ans)",
    } <= seen


def test_a_history_of_a_table_that_was_not_looked_into_is_absent(api: Any, clients: Portfolio) -> None:
    """An empty list says that there is no card; a list that is not given says nothing."""
    row = sent(clients, int(clients.numbers()[0]), histories=False)
    looked, not_looked = api.post(
        "/api/v1/scores?reasons=true", json=[row | {"credit_card_balance": []}, row | {"bureau": []}]
    ).get_json()["scores"]
    cards = [
        next(
            plain(part["text"]) for part in one["contributions"] if part["members"][0]["name"][:5] == "CARD_"
        )
        for one in (looked, not_looked)
    ]
    assert cards == ["sans objet (pas de carte de crédit connue chez nous)", "donnée absente"]


def test_a_person_without_a_history_is_judged_all_the_same(api: Any, clients: Portfolio) -> None:
    number = int(clients.numbers()[0])
    (told,) = api.post(
        "/api/v1/scores?reasons=true", json=[sent(clients, number, histories=False)]
    ).get_json()["scores"]
    listed = {one["name"]: one["text"] for part in told["contributions"] for one in part["members"]}
    assert {listed[name] for name in HISTORY if name in listed} == {"donnée absente"}
    against = " ".join(one["sentence"] for one in told["reasons"]["against"] + told["reasons"]["in_favour"])
    assert "ailleurs" not in against


def test_a_new_file_without_a_history_is_not_said_to_be_whole(learned: Path, clients: Portfolio) -> None:
    model = current_model(learned)
    assert model
    rows = (client.values for number in clients.numbers() if (client := clients.client(int(number))))
    whole = next(row for row in rows if not missing(model, row))
    known = sensitivity(model, clients, whole, 0.48)
    assert known.sentence == "Toutes les données que le modèle utilise sont connues."
    without = {**whole, **dict.fromkeys(HISTORY)}
    assert sensitivity(model, clients, without, 0.48).sentence == (
        "Toutes les données demandées ici sont connues. L’historique de crédit, que le modèle utilise aussi, "
        "ne l’est pas."
    )
    lacking = sensitivity(model, clients, {**without, "AMT_GOODS_PRICE": None}, 0.48).sentence
    assert lacking.startswith("Il manque une donnée que le modèle utilise. Selon sa valeur, ")
    assert lacking.endswith(". L’historique de crédit, qu’il utilise aussi, n’est pas connu.")


def test_the_page_of_a_new_file_says_that_it_has_no_history(fetch: Callable[..., HtmlElement]) -> None:
    page = fetch("/dossiers/nouveau")
    assert "Les champs sont des données dont le modèle se sert." in page.text_content()
    (form,) = [one for one in page.forms if "amt_credit" in one.fields]
    typed = {name: str(value) for name, value in form.form_values()} | NEW
    said = " ".join(fetch("/dossiers/nouveau", typed).text_content().split())
    assert "Réponse donnée sans historique de crédit. Toutes les données demandées ici sont connues." in said
    assert "toutes les données utiles" not in said


def test_a_wrong_history_is_told_with_its_place(api: Any, clients: Portfolio) -> None:
    row = sent(clients, int(clients.numbers()[0]), histories=False) | {"bureau": [{"CREDIT_ACTIVE": 3}]}
    answer = api.post("/api/v1/scores", json=[row])
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0] | {"rows": 1} == {
        "row": 0,
        "column": "bureau.CREDIT_ACTIVE",
        "detail": "un texte est attendu",
        "rows": 1,
    }


def test_the_card_tells_what_histories_add(fetch: Callable[..., HtmlElement], app: Flask) -> None:
    card = signed_in(app, "agathe").get("/modele/fiche.md").text
    assert re.search(r"l’aire sous la courbe ROC passe de 0,\d{4} pour la demande seule à 0,\d{4}", card)
    assert document_fromstring(f"<p>{card}</p>").text_content()
