"""The decision of a person: asked, checked, written once with the advice that was shown, corrected."""

import json
import re
import shutil
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml.html import HtmlElement, document_fromstring
from sqlalchemy import text
from werkzeug.test import TestResponse

from pretadepenser import create_app, demo
from pretadepenser.credit.model.scoring import Model, score_row
from pretadepenser.credit.portfolio import Client, Portfolio, import_batches
from pretadepenser.credit.recourse import deadline
from pretadepenser.credit.recourse import decision as domain
from pretadepenser.records import decisions, journal, reviews, users
from pretadepenser.records.decisions import Found
from pretadepenser.web.decision_form import DecisionForm
from pretadepenser.web.frame import in_words
from tests.conftest import PASSWORD, signed_in, still_signed_in
from tests.unit import made_up_histories
from tests.web.deciding import person

Number = Callable[[int, int], int]


@pytest.fixture(scope="module")
def app(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An application of this module's own, where decisions are written: with a second advisor, armand."""
    folder = tmp_path_factory.mktemp("decisions") / "instance"
    shutil.copytree(untouched, folder, symlinks=True)
    app = create_app({"INSTANCE": folder, "TESTING": True})
    users.add_user(app.extensions["database"], "armand", "conseiller", PASSWORD)
    return app


@pytest.fixture(scope="module")
def number(model: Model, portfolio: Portfolio) -> Number:
    """Gives a client, another one each time, whose points lie between two bounds."""
    scored = [
        (one, score_row(model, client.values, 0.48).points)
        for one in portfolio.numbers()[:900].tolist()
        if (client := portfolio.client(one))
    ]
    taken: set[int] = set()

    def find(low: int, high: int) -> int:
        found: int = next(one for one, points in scored if low <= points <= high and one not in taken)
        taken.add(found)
        return found

    return find


def address(number: int) -> str:
    return f"/clients/{number}/decision"


def said(answer: TestResponse) -> str:
    return " ".join(document_fromstring(answer.text).xpath("//main")[0].text_content().split())


def form_of(page: HtmlElement) -> dict[str, Any]:
    """What a browser would send of the form, unchanged; boxes of one name as a list."""
    (form,) = [one for one in page.forms if one.xpath(".//*[@name='verdict']")]
    sent: dict[str, Any] = {}
    for name, typed in form.form_values():
        # The line that follows the tag of a text area is no part of it.
        value = typed.removeprefix("\n")
        sent[name] = [*sent[name], value] if isinstance(sent.get(name), list) else value
        if name in ("motifs", "pieces", "demandees") and not isinstance(sent[name], list):
            sent[name] = [sent[name]]
    return sent


def opened(browser: FlaskClient, url: str) -> dict[str, Any]:
    answer = browser.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return form_of(document_fromstring(answer.text))


def errors(answer: TestResponse) -> dict[str, str]:
    page = document_fromstring(answer.text)
    return {
        one.get("id").removesuffix("-erreur"): " ".join(one.text_content().split()).removeprefix("Erreur : ")
        for one in page.find_class("field-error")
    }


def decide(browser: FlaskClient, number: int, **answers: object) -> int:
    """Decide on a client; gives the id of the decision."""
    sent = opened(browser, address(number))
    answer = browser.post(address(number), data=sent | answers)
    assert answer.status_code == 303, said(answer)[:2000]
    return int(answer.location.removeprefix("/decisions/"))


def stored(app: Flask, decision: int) -> Found:
    found = decisions.find(app.extensions["database"], decision)
    assert found
    return found


def count(app: Flask) -> int:
    with app.extensions["database"].connection() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM decision")))


def entries_of(app: Flask, client: int) -> list[str]:
    """Kinds of the journal's entries about a client."""
    with app.extensions["database"].connection() as connection:
        query = text("SELECT kind FROM journal_entry WHERE client = :client ORDER BY number")
        return list(connection.scalars(query, {"client": client}))


def test_what_the_file_of_credits_said_is_written_whatever_counts(untouched: Path, tmp_path: Path) -> None:
    """Before, the record did not tell that the file was read, and a letter said that none had been."""
    folder = shutil.copytree(untouched, tmp_path / "instance", symlinks=True)
    app = create_app({"INSTANCE": folder, "TESTING": True})
    browser = signed_in(app, "agathe")

    def told(decision: int) -> tuple[Any, Any]:
        content = stored(app, decision).content
        assert content
        return content["capacity"]["credits"], content["capacity"]["filed"]

    def correct(former: int, total: str) -> None:
        url = f"{address(157_083)}?corrige={former}"
        sent = opened(browser, url) | {"capacite_credits": total}
        assert browser.post(url, data=sent).location == f"/decisions/{former + 1}"

    named = "Fichier des crédits (Fichier fictif des crédits, fichier.example) : mensualité non connue pour 2"
    first = decide(browser, 157_083, verdict="accord", motifs=["capacite"], capacite_credits="900")
    assert told(first) == (90_000.0, None)
    assert named not in said(browser.get(f"/decisions/{first}/courrier"))
    # Corrected once the file is there, without another sum than the client's; then once it is not any more.
    histories = made_up_histories.batches(made_up_histories.of(157_083))
    import_batches(demo.batches(2000, 3), folder, fictitious=True, histories=histories)
    correct(first, "900")
    assert told(first + 1) == (90_000.0, {"credits": None, "lacking": 2})
    assert named in said(browser.get(f"/decisions/{first + 1}/courrier"))
    import_batches(demo.batches(2000, 3), folder, fictitious=True)
    correct(first + 1, "950")
    assert told(first + 2) == (95_000.0, {"credits": None, "lacking": 2})


def test_all_that_was_seen_and_said_is_written(app: Flask, client: FlaskClient, model: Model) -> None:
    before = journal.verify(app.extensions["database"]).entries
    made = decide(
        client,
        157_083,
        verdict="accord",
        motifs=["revenus", "capacite"],
        texte="  Emploi public.\r\nRevenus prouvés.  ",
        parole="Il veut une voiture.",
        pieces=["identite", "impots"],
        demandees=["comptes"],
        montant="9 000",
        capacite_loyer="500",
    )
    found = stored(app, made)
    assert (found.client, found.author, found.verdict, found.waiting) == (157_083, "agathe", "accord", False)
    assert found.state == "définitive"
    content = found.content
    assert content
    assert content["motives"] == ["capacite", "revenus"]
    assert (content["text"], content["said"]) == ("Emploi public.\nRevenus prouvés.", "Il veut une voiture.")
    # What is asked of the client, and another loan, belong to other decisions.
    assert (content["documents"], content["asked"], content["counter"]) == (["identite", "impots"], [], None)
    assert (content["capacity"]["rent"], content["reader"]) == (50_000.0, [])
    assert content["version"] == metadata.version("pretadepenser")
    assert content["money"] == {"currency": "EUR", "scale": 100.0}
    told = content["settings"]
    assert (told["LIMIT"], told["NEAR_POINTS"], told["READER_AMOUNT"]) == (0.48, 10, 20_000)
    assert {"SECRET_KEY", "DATABASE_URL"}.isdisjoint(told)
    row = app.extensions["shelf"].opened.portfolio.client(157_083).values
    advice = content["advice"]
    assert advice["points"] == score_row(model, row, 0.48).points
    assert advice["model"] == model.sha256
    assert advice["inputs"]["AMT_CREDIT"] == row["AMT_CREDIT"]
    assert {"CODE_GENDER", "DAYS_BIRTH"}.isdisjoint(advice["inputs"])
    kind, told_entry = last_entry(app)
    assert (kind, told_entry["decision"], told_entry["sha256"]) == ("decision.made", made, found.sha256)
    assert journal.verify(app.extensions["database"]).entries > before


def last_entry(app: Flask) -> tuple[str, dict[str, Any]]:
    with app.extensions["database"].connection() as connection:
        query = "SELECT kind, content FROM journal_entry WHERE kind LIKE 'decision.%' ORDER BY number DESC"
        kind, content = connection.execute(text(query)).first() or ("", "{}")
    return kind, json.loads(content)


def test_the_model_is_in_the_archive_before_the_decision(
    app: Flask, client: FlaskClient, number: Number
) -> None:
    """Where it cannot be kept, nothing is written, in one sentence."""
    folder = app.config["INSTANCE"] / "archive"
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("no folder")
    chosen, before = number(540, 700), count(app)
    sent = opened(client, address(chosen)) | {"verdict": "accord"}
    answer = client.post(address(chosen), data=sent)
    assert answer.status_code == 503
    assert "Décision non enregistrée" in said(answer)
    assert "rien n’a été écrit de la décision" in said(answer)
    assert count(app) == before
    folder.unlink()
    # The same form, sent again.
    assert client.post(address(chosen), data=sent).status_code == 303
    assert [one.name.partition(".")[0] for one in sorted(folder.iterdir()) if one.is_dir()] == [
        "distributions",
        "model",
    ]


AGAINST = "votre décision s’écarte de l’avis du modèle."


def test_whose_score_is_close_to_the_limit_is_named() -> None:
    case = SimpleNamespace(rules=domain.Rules(near=10, amount=0), score=None)
    form = SimpleNamespace(case=case, named="Votre décision")
    for points, said in ((495, "le score est"), (440, "le score du prêt proposé est")):
        why = DecisionForm._why(cast(Any, form), domain.Verdict.COUNTER, points, 505)
        assert " ".join(why.split()) == f"{said} à 10 points de la limite, ou à moins"


def test_a_setting_of_a_decision_is_told_as_it_was() -> None:
    assert [in_words(value) for value in (0.475, 0.48, 20_000.0)] == ["0,475", "0,48", "20\u202f000"]


AN_AMOUNT = "un montant en euros, par exemple 12 500 ou 12 500,50."
NEAR = "le score est à 10 points de la limite, ou à moins."


@pytest.mark.parametrize(
    ("low", "high", "answers", "expected"),
    [
        (540, 700, {}, {"verdict": "Choisissez votre décision."}),
        (540, 700, {"verdict": "peut-être"}, {"verdict": "Choisissez votre décision."}),
        (
            540,
            700,
            {"verdict": "refus"},
            {"motifs": f"Cochez au moins un motif : {AGAINST}", "texte": f"Écrivez pourquoi : {AGAINST}"},
        ),
        (400, 480, {"verdict": "accord", "motifs": ["donnees"]}, {"texte": f"Écrivez pourquoi : {AGAINST}"}),
        (
            500,
            509,
            {"verdict": "accord", "texte": "Parce que."},
            {"motifs": f"Cochez au moins un motif : {NEAR}"},
        ),
        (
            490,
            499,
            {"verdict": "refus"},
            {"motifs": f"Cochez au moins un motif : {NEAR}", "texte": f"Écrivez pourquoi : {NEAR}"},
        ),
        (540, 700, {"verdict": "accord", "motifs": ["autre"]}, {"texte": "Écrivez votre autre motif."}),
        (
            540,
            700,
            {"verdict": "accord", "motifs": ["chance"]},
            {"motifs": "Ce motif n’est pas dans la liste : cochez-en un autre."},
        ),
        (540, 700, {"verdict": "pièces"}, {"demandees": "Cochez au moins une pièce à demander."}),
        (
            540,
            700,
            {"verdict": "pièces", "demandees": ["tickets"]},
            {"demandees": "Cette pièce n’est pas dans la liste : cochez-en une autre."},
        ),
        (
            400,
            480,
            {"verdict": "proposition"},
            {
                "montant": "Montant du crédit : saisissez celui du prêt que vous proposez.",
                "mensualite": "Mensualité : saisissez celle du prêt que vous proposez.",
            },
        ),
        (
            400,
            480,
            {"verdict": "proposition", "montant": "x", "mensualite": "100"},
            {"montant": f"Montant du crédit : saisissez {AN_AMOUNT}"},
        ),
        (
            540,
            700,
            {"verdict": "accord", "parole": "x" * 2001},
            {"parole": "Ce que le client a dit : écrivez 2 000 caractères au plus."},
        ),
        (
            540,
            700,
            {"verdict": "accord", "capacite_loyer": "x"},
            {"capacite_loyer": f"Loyer : saisissez {AN_AMOUNT}"},
        ),
    ],
)
def test_what_lacks_is_asked_for(
    app: Flask, client: FlaskClient, number: Number,
    low: int, high: int, answers: dict[str, object], expected: dict[str, str],
) -> None:  # fmt: skip
    chosen, before = number(low, high), count(app)
    sent = opened(client, address(chosen)) | answers
    answer = client.post(address(chosen), data=sent)
    assert answer.status_code == 422
    told = {name: re.sub("[\xa0\u202f]", " ", sentence) for name, sentence in errors(answer).items()}
    assert told == expected
    assert count(app) == before
    again = form_of(document_fromstring(answer.text))
    kept = {
        name: value for name, value in answers.items() if value not in ("peut-être", ["chance"], ["tickets"])
    }
    assert {name: again[name] for name in kept} == kept
    # A fault is not hidden in a part that is folded.
    page = document_fromstring(answer.text)
    hidden = page.xpath("//details[not(@open)]//*[@class='field-error']")
    assert not hidden


@pytest.mark.parametrize(
    ("low", "high", "answers", "reasons"),
    [
        (400, 480, {"verdict": "refus"}, []),
        (540, 700, {"verdict": "pièces", "demandees": ["impots"]}, []),
        (540, 700, {"verdict": "refus", "motifs": ["projet"], "texte": "Trop flou."}, ["contre"]),
        (500, 509, {"verdict": "accord", "motifs": ["revenus"], "texte": "Sûrs."}, ["proche"]),
        (490, 499, {"verdict": "accord", "motifs": ["revenus"], "texte": "Sûrs."}, ["proche", "contre"]),
    ],
)
def test_who_decides_alone_and_who_waits(
    app: Flask, client: FlaskClient, number: Number,
    low: int, high: int, answers: dict[str, object], reasons: list[str],
) -> None:  # fmt: skip
    chosen = number(low, high)
    form = said(client.get(address(chosen)))
    close = (
        "Le score est à 10 points de la limite, ou à moins : donnez vos motifs. Une seconde personne lira "
        "votre décision, sauf si vous demandez des pièces."
    )
    assert (close in form) == ("proche" in reasons)
    assert "Ce client a déjà" not in form
    found = stored(app, decide(client, chosen, **answers))
    assert (
        "Ce client a déjà une décision. Pour la changer, ouvrez-la et corrigez-la ; celle-ci s’y ajoutera."
        in said(client.get(address(chosen)))
    )
    assert found.content
    assert (found.content["reader"], found.waiting) == (reasons, bool(reasons))
    page = said(client.get(f"/decisions/{found.id}"))
    assert ("Elle attend une seconde lecture." in page) == bool(reasons)
    assert ("Le client ne reçoit rien avant." in page) == bool(reasons)
    assert [one.id for one in decisions.waiting(app.extensions["database"]) if one.client == chosen] == (
        [found.id] if reasons else []
    )


def test_a_form_that_is_sent_again_writes_nothing_more(
    app: Flask, client: FlaskClient, number: Number
) -> None:
    """Double click, reload, or the back button with another answer: one decision, and it is said."""
    chosen = number(540, 700)
    sent = opened(client, address(chosen)) | {"verdict": "accord"}
    first = client.post(address(chosen), data=sent)
    before = count(app)
    again = client.post(address(chosen), data=sent)
    other = client.post(address(chosen), data=sent | {"verdict": "pièces", "demandees": ["impots"]})
    assert (again.status_code, again.location) == (303, first.location) == (303, other.location)
    assert count(app) == before
    page = said(client.get(first.location))
    assert (
        "Cette décision était déjà enregistrée : la voici, telle qu’elle a été écrite. Pour la changer, "
        "corrigez-la."
    ) in page
    assert "Prêt accordé" in page
    # Another form, even with the same answers, is another decision.
    assert decide(client, chosen, verdict="accord") == int(first.location.removeprefix("/decisions/")) + 1


def test_the_key_of_a_form_is_of_one_person_and_one_client(
    app: Flask, client: FlaskClient, number: Number
) -> None:
    one, other = number(540, 700), number(540, 700)
    sent = opened(client, address(one)) | {"verdict": "accord"}
    assert client.post(address(one), data=sent).status_code == 303
    armand = signed_in(app, "armand")
    for browser, chosen in ((armand, one), (client, other)):
        own = opened(browser, address(chosen)) | {"verdict": "accord", "cle": sent["cle"]}
        answer = browser.post(address(chosen), data=own)
        assert answer.status_code == 303
        found = stored(app, int(answer.location.removeprefix("/decisions/")))
        assert (found.client, found.author) == (chosen, "armand" if browser is armand else "agathe")


def test_where_the_advice_has_changed_nothing_is_written(
    app: Flask, client: FlaskClient, number: Number, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was typed is kept, the new advice shown; sent again from there, it is written."""
    chosen, before = number(501, 508), count(app)
    typed = {
        "verdict": "accord",
        "motifs": ["revenus"],
        "texte": "Prouvés.",
        "pieces": ["identite", "impots"],
    }
    sent = opened(client, address(chosen)) | typed
    monkeypatch.setitem(app.config, "LIMIT", 0.3)
    looked = entries_of(app, chosen)
    answer = client.post(address(chosen), data=sent)
    assert answer.status_code == 409
    # It shows the client anew: that is written down as the form's first showing was.
    assert entries_of(app, chosen) == [*looked, looked[-1]]
    page = said(answer)
    assert "L’avis du modèle a changé : rien n’est encore enregistré" in page
    assert (
        "Ce que vous avez saisi est gardé, mais l’avis du modèle n’est plus celui que cette page montrait. "
        "Lisez le nouvel avis, puis enregistrez à nouveau votre décision si elle tient." in page
    )
    assert "Avis du modèle : le prêt ne sera pas accordé." in page
    assert count(app) == before
    again = form_of(document_fromstring(answer.text))
    assert {name: again[name] for name in typed} == typed
    made = client.post(address(chosen), data=again)
    assert made.status_code == 303
    found = stored(app, int(made.location.removeprefix("/decisions/")))
    assert found.content
    assert (found.content["advice"]["limit"], found.content["reader"]) == (0.3, ["contre"])


@pytest.mark.parametrize("broken", [{"vu": ""}, {"vu": "autre"}, {"cle": ""}])
def test_a_form_that_does_not_say_what_it_showed_is_asked_again(
    app: Flask, client: FlaskClient, number: Number, broken: dict[str, str]
) -> None:
    chosen, before = number(540, 700), count(app)
    answer = client.post(
        address(chosen), data=opened(client, address(chosen)) | {"verdict": "accord"} | broken
    )
    assert (answer.status_code, count(app)) == (409, before)
    again = form_of(document_fromstring(answer.text))
    assert client.post(address(chosen), data=again).status_code == 303


def test_a_correction_is_another_decision_and_the_former_stays(
    app: Flask, client: FlaskClient, number: Number
) -> None:
    chosen = number(540, 700)
    first = decide(
        client, chosen, verdict="pièces", demandees=["impots", "comptes"], motifs=["pieces"],
        texte="Il en manque.", parole="Il les apporte.", pieces=["identite"], capacite_loyer="450",
    )  # fmt: skip
    was = stored(app, first)
    led = client.get(f"/decisions/{first}/corriger")
    assert (led.status_code, led.location) == (303, f"/clients/{chosen}/decision?corrige={first}")
    sent = opened(client, led.location)
    assert sent["verdict"] == "pièces"
    assert (sent["demandees"], sent["pieces"], sent["motifs"]) == (
        ["impots", "comptes"],
        ["identite"],
        ["pieces"],
    )
    assert (sent["texte"].strip(), sent["parole"].strip()) == ("Il en manque.", "Il les apporte.")
    assert sent["capacite_loyer"] == "450"
    answer = client.post(address(chosen), data=sent | {"verdict": "accord"})
    assert answer.status_code == 303
    second = int(answer.location.removeprefix("/decisions/"))
    # A second click, or a second try after a cut: the form that made the correction is not refused for it.
    again = client.post(address(chosen), data=sent | {"verdict": "accord"})
    assert (again.status_code, again.location) == (303, answer.location)
    found, now = stored(app, first), stored(app, second)
    assert (found.content, found.sha256, found.verdict) == (was.content, was.sha256, "pièces")
    assert (found.corrected_by, found.state, now.corrects) == (second, "corrigée par une autre", first)
    assert f"Elle ne vaut plus : la décision {second} la corrige." in said(client.get(f"/decisions/{first}"))
    assert f"Elle corrige la décision {first}, qui reste telle qu’elle a été écrite." in said(
        client.get(f"/decisions/{second}")
    )
    # Corrected once: whoever comes back to it is sent to the newer one.
    late = client.get(f"{address(chosen)}?corrige={first}")
    assert late.status_code == 409
    assert f"La décision {first} est déjà corrigée par la {second} : corrigez celle-ci." in said(late)


def test_two_who_correct_the_same_decision_leave_one_correction(
    app: Flask, client: FlaskClient, number: Number
) -> None:
    chosen = number(540, 700)
    first = decide(client, chosen, verdict="pièces", demandees=["impots"])
    delphine = still_signed_in(app, "delphine")
    url = f"{address(chosen)}?corrige={first}"
    mine, hers = opened(client, url), opened(delphine, url)
    assert client.post(address(chosen), data=mine | {"verdict": "accord"}).status_code == 303
    before = count(app)
    answer = delphine.post(address(chosen), data=hers | {"verdict": "accord"})
    assert (answer.status_code, count(app)) == (409, before)
    assert f"La décision {first} est déjà corrigée" in said(answer)


def test_while_a_review_is_open_nobody_decides_beside_it(
    app: Flask, client: FlaskClient, number: Number
) -> None:
    chosen = number(540, 700)
    sent = opened(client, address(chosen)) | {"verdict": "accord"}
    first = int(client.post(address(chosen), data=sent).location.removeprefix("/decisions/"))
    typed = opened(client, address(chosen)) | {"verdict": "pièces", "demandees": ["impots"]}
    database, today = app.extensions["database"], deadline.today()
    agathe, delphine = person(app, "agathe"), person(app, "delphine")
    reference = reviews.ask(database, "réexamen ouvert", agathe, first, today, 30, {})
    before = count(app)
    looked = len(entries_of(app, chosen))
    told = (
        f"Le réexamen {reference} de la décision {first} de ce client est ouvert : c’est lui qui décidera, "
        "et il revient à une autre personne que celle dont le client conteste la décision."
    )
    # Told before anything is typed, and to whoever had begun to.
    for answer in (
        client.get(address(chosen)),
        client.get(f"{address(chosen)}?corrige={first}"),
        client.post(address(chosen), data=typed),
        still_signed_in(app, "delphine").get(address(chosen)),
    ):
        assert answer.status_code == 409
        assert told in said(answer)
    assert count(app) == before
    # Nothing of the client was shown: nobody opened anything.
    assert len(entries_of(app, chosen)) == looked
    # What was written before is shown all the same to whoever sends it again.
    again = client.post(address(chosen), data=sent)
    assert (again.status_code, again.location) == (303, f"/decisions/{first}")
    reviews.end(database, delphine, reference, {})
    assert client.post(address(chosen), data=typed).status_code == 303
    assert count(app) == before + 1


@pytest.mark.parametrize("corrige", ["999999999", "99999999999999999999", "abc", "-1"])
def test_nothing_is_corrected_that_does_not_exist(client: FlaskClient, corrige: str) -> None:
    assert client.get(f"{address(157_083)}?corrige={corrige}").status_code == 404


def test_a_decision_of_another_client_is_not_corrected(client: FlaskClient, number: Number) -> None:
    made = decide(client, number(540, 700), verdict="accord")
    assert client.get(f"{address(number(540, 700))}?corrige={made}").status_code == 404


def test_an_advisor_reads_no_other_advisors_decisions(
    app: Flask, client: FlaskClient, number: Number
) -> None:
    chosen = number(540, 700)
    made = decide(client, chosen, verdict="accord")
    armand, delphine = still_signed_in(app, "armand"), still_signed_in(app, "delphine")
    for url in (f"/decisions/{made}", f"/decisions/{made}/corriger", f"{address(chosen)}?corrige={made}"):
        assert armand.get(url).status_code == 403
        assert delphine.get(url).status_code in (200, 303)
    assert f"Décision {made}" not in said(armand.get("/decisions"))
    assert f"Décision {made}" in said(client.get("/decisions"))
    assert f"Décision {made}" in said(delphine.get("/decisions"))
    # The bar of the client says that there is one, and leads there only who may read it.
    told = f"Décision {made} : prêt accordé par agathe, le "
    for browser, leads in ((armand, False), (client, True), (delphine, True)):
        page = document_fromstring(browser.get(f"/clients/{chosen}/leviers").text)
        (line,) = page.xpath("//ul[@aria-label='Décisions prises']/li")
        assert " ".join(line.text_content().split()).replace("\xa0", " ").startswith(told)
        assert line.text_content().rstrip().endswith("définitive")
        assert bool(line.xpath(f"./a[@href='/decisions/{made}']")) is leads


def test_who_decides_again_is_told_of_the_decisions_that_the_form_does_not_correct(
    client: FlaskClient, number: Number
) -> None:
    chosen = number(540, 700)

    def told(corrected: int | None = None) -> str:
        url = f"{address(chosen)}?corrige={corrected}" if corrected else address(chosen)
        (notice,) = re.findall(r"Ce client a déjà .*? ajoutera\.", said(client.get(url))) or [""]
        return str(notice)

    one = "Ce client a déjà une décision. Pour la changer, ouvrez-la et corrigez-la ; celle-ci s’y ajoutera."
    assert told() == ""
    first = decide(client, chosen, verdict="pièces", demandees=["impots"])
    assert (told(), told(first)) == (one, "")
    second = decide(client, chosen, verdict="pièces", demandees=["comptes"])
    assert told() == (
        "Ce client a déjà des décisions. Pour en changer une, ouvrez-la et corrigez-la ; celle-ci s’y "
        "ajoutera."
    )
    assert (told(first), told(second)) == (one, one)
    page = document_fromstring(client.get(f"/clients/{chosen}").text)
    bar = [
        " ".join(line.text_content().split())
        for line in page.xpath("//ul[@aria-label='Décisions prises']/li")
    ]
    assert [re.findall(r"Décision (\d+)", line) for line in bar] == [[str(second)], [str(first)]]


@pytest.mark.parametrize("field", ["texte", "parole"])
def test_a_text_has_two_thousand_characters_at_most(client: FlaskClient, number: Number, field: str) -> None:
    chosen = number(540, 700)
    sent = opened(client, address(chosen)) | {
        "verdict": "pièces",
        "demandees": ["impots"],
        "motifs": ["pieces"],
    }
    refused = client.post(address(chosen), data=sent | {field: "é" * 2001})
    assert (refused.status_code, list(errors(refused))) == (422, [field])
    assert client.post(address(chosen), data=sent | {field: "é" * 2000}).status_code == 303


def test_the_bar_leaves_out_what_is_corrected(client: FlaskClient, number: Number) -> None:
    chosen = number(540, 700)
    first = decide(client, chosen, verdict="pièces", demandees=["impots"])
    sent = opened(client, f"{address(chosen)}?corrige={first}")
    client.post(address(chosen), data=sent | {"verdict": "accord"})
    page = document_fromstring(client.get(f"/clients/{chosen}").text)
    (line,) = page.xpath("//ul[@aria-label='Décisions prises']/li")
    assert f"Décision {first + 1}" in line.text_content().replace("\xa0", " ")
    bar = "//ul[@aria-label='Décisions prises']//a/@aria-current"
    assert page.xpath(bar) == []
    own = document_fromstring(client.get(f"/decisions/{first + 1}").text)
    assert own.xpath(bar) == ["page"]
    assert re.search(r" à \d+\xa0heures?(\xa0\d\d)?$", own.xpath("//main//time")[0].text_content())


def test_a_lever_and_a_simulation_fill_in_the_other_loan(
    app: Flask, client: FlaskClient, number: Number, model: Model, portfolio: Portfolio
) -> None:
    """Amount and instalment, and what the model says of them with the price that the lever changes."""
    links: list[str] = []
    while not links:
        chosen = number(440, 499)
        page = document_fromstring(client.get(f"/clients/{chosen}/leviers").text)
        links = page.xpath("//main//a[contains(@href, 'proposition=')]/@href")
    assert not re.search(r"montant|credit|\d{4,6}[^0-9A-Za-z_-]", links[0].partition("?")[2])
    sent = opened(client, links[0])
    assert sent["verdict"] == "proposition"
    row = client_of(portfolio, chosen).values
    answer = client.post(
        address(chosen), data=sent | {"motifs": ["projet"], "texte": "Un prêt plus petit passe."}
    )
    assert answer.status_code == 303, said(answer)
    found = stored(app, int(answer.location.removeprefix("/decisions/")))
    assert found.content
    counter = found.content["counter"]
    assert counter["from"] == "un levier"
    assert counter["points"] >= 500
    assert f"{counter['amount'] / 100:.0f}" == re.sub(r"\s", "", sent["montant"])
    assert found.content["capacity"]["instalment"] == counter["instalment"] != row["AMT_ANNUITY"]
    assert "Ces chiffres viennentd’un levier" in said(client.get(answer.location))
    # Typed by hand, it is another loan than the lever's, at the price that stands in the form.
    typed = opened(client, links[0]) | {"montant": sent["montant"][:-1] + "1"}
    answer = client.post(
        address(chosen), data=typed | {"motifs": ["projet"], "texte": "Un prêt plus petit passe."}
    )
    assert answer.status_code == 303, said(answer)
    found = stored(app, int(answer.location.removeprefix("/decisions/")))
    assert found.content
    counter = found.content["counter"]
    assert counter["from"] == "une saisie"
    again = {**row, "AMT_CREDIT": counter["amount"], "AMT_ANNUITY": counter["instalment"]}
    again |= {"AMT_GOODS_PRICE": counter["price"]} if counter["price"] is not None else {}
    assert counter["points"] == score_row(model, again, 0.48).points


def client_of(portfolio: Portfolio, number: int) -> Client:
    found = portfolio.client(number)
    assert found
    return found


def test_a_simulation_leads_on_where_the_loan_is_another(client: FlaskClient) -> None:
    url = "/clients/157083/simulation"
    page = document_fromstring(client.get(url).text)
    (form,) = [one for one in page.forms if (one.get("action") or "") == url]
    sent = dict(form.form_values())
    for changes, leads in (({"amt_annuity": "400"}, True), ({"days_employed": "1 an"}, False), (
        # Another job is nothing that the lender offers: without it the loan has another score.
        {"amt_annuity": "400", "days_employed": "1 an"}, False,
    )):  # fmt: skip
        answer = client.post(url, data=sent | changes)
        links = document_fromstring(answer.text).xpath("//main//a[contains(@href, 'proposition=')]")
        assert [" ".join(one.text_content().split()) for one in links] == [
            "Proposer ce prêt au client"
        ] * leads
        if leads:
            filled = opened(client, links[0].get("href"))
            assert (filled["verdict"], filled["mensualite"]) == ("proposition", "400")


def test_a_loan_that_the_model_would_refuse_too_is_not_offered(
    client: FlaskClient, number: Number, model: Model, portfolio: Portfolio
) -> None:
    """Neither what comes nearest among the levers nor a simulation that stays under the limit."""
    proposed = 0
    for _ in range(12):
        chosen = number(380, 450)
        page = document_fromstring(client.get(f"/clients/{chosen}/leviers").text)
        for section in page.xpath("//main//section[contains(@class, 'card')][.//table]"):
            last = section.xpath(".//table//tr[last()]/td")[-1].text_content().strip()
            offered = section.xpath(".//a[contains(@href, 'proposition=')]")
            assert bool(offered) <= (last == "accordé"), (chosen, last)
            proposed += last == "refusé"
    assert proposed > 0
    url = f"/clients/{chosen}/simulation"
    forms = document_fromstring(client.get(url).text).forms
    form = dict(next(one for one in forms if one.action == url).form_values())
    amount = client_of(portfolio, chosen).values["AMT_CREDIT"]
    assert isinstance(amount, int | float)
    less = {"amt_credit": f"{amount / 100 * 0.97:.0f}"}
    answer = client.post(url, data=form | less)
    assert answer.status_code == 200
    assert "C’est une simulation" in answer.text
    assert "decision-refused" in answer.text
    assert "proposition=" not in answer.text


def test_the_price_that_was_simulated_counts_too(
    app: Flask, client: FlaskClient, model: Model, portfolio: Portfolio
) -> None:
    """And what is lent is looked at beside it, not beside the price of the file."""
    url = "/clients/157083/simulation"
    page = document_fromstring(client.get(url).text)
    (form,) = [one for one in page.forms if (one.get("action") or "") == url]
    loan = {"amt_credit": "9 000", "amt_annuity": "370", "amt_goods_price": "7 000"}
    answer = client.post(url, data=dict(form.form_values()) | loan)
    (link,) = document_fromstring(answer.text).xpath("//main//a[contains(@href, 'proposition=')]/@href")
    why = {"motifs": ["projet"], "texte": "Il en demande trop."}
    made = client.post(address(157_083), data=opened(client, link) | why)
    assert made.status_code == 303, said(made)
    content = stored(app, int(made.location.removeprefix("/decisions/"))).content
    assert content
    row = {**client_of(portfolio, 157_083).values, "AMT_CREDIT": 900_000.0, "AMT_ANNUITY": 37_000.0}
    at_price = score_row(model, {**row, "AMT_GOODS_PRICE": 700_000.0}, 0.48).points
    assert at_price != score_row(model, row, 0.48).points
    assert content["counter"]["points"] == at_price
    assert (content["counter"]["from"], content["counter"]["price"]) == ("une simulation", 700_000.0)
    assert "Prix du bien à financer7 000 €" in said(client.get(made.location))


def test_the_loan_that_is_asked_for_is_no_other_loan(client: FlaskClient, portfolio: Portfolio) -> None:
    row = client_of(portfolio, 157_083).values
    amount, instalment = row["AMT_CREDIT"], row["AMT_ANNUITY"]
    assert isinstance(amount, int | float)
    assert isinstance(instalment, int | float)
    sent = opened(client, address(157_083)) | {
        "verdict": "proposition",
        "montant": f"{amount / 100:.2f}".replace(".", ","),
        "mensualite": f"{instalment / 100:.2f}".replace(".", ","),
    }
    answer = client.post(address(157_083), data=sent)
    assert answer.status_code == 422
    assert errors(answer)["montant"].replace("\xa0", " ") == (
        "C’est le prêt demandé : changez le montant ou la mensualité, ou accordez le prêt."
    )


def test_the_record_shows_all_that_was_frozen(app: Flask, client: FlaskClient, number: Number) -> None:
    chosen = number(400, 480)
    made = decide(client, chosen, verdict="refus", motifs=["capacite"], texte="Le loyer est lourd.")
    found = stored(app, made)
    assert found.content
    advice = found.content["advice"]
    page = said(client.get(f"/decisions/{made}"))
    for told in (
        f"Prêt refusé – client {chosen}, décision {made} prise par agathe",
        "La capacité de remboursement ne suffit pas",
        "Le loyer est lourd.",
        "Le modèle conseillait de refuser le prêt.",
        f"Le score était de {advice['points']} points, pour 500 demandés.",
        advice["against"][0]["sentence"],
        found.sha256,
        advice["model"],
        advice["portfolio"],
        "NEAR_POINTS",
    ):
        assert " ".join(told.split()) in page
    table = document_fromstring(client.get(f"/decisions/{made}").text).get_element_by_id("tableau-points")
    cells = [row.xpath("./td[2]")[0].text_content() for row in table.xpath("./following-sibling::tbody/tr")]
    total = sum(int(re.sub(r"[^\d-]", "", one.replace("moins", "-").replace("−", "-")) or 0) for one in cells)
    assert total == advice["points"]


def test_the_list_goes_on_page_by_page(app: Flask, number: Number, client: FlaskClient) -> None:
    """Fifty at most, the last one first; what is older is a link away."""
    chosen = number(540, 700)
    made = decide(client, chosen, verdict="accord")
    database = app.extensions["database"]
    person = decisions.Person(stored(app, made).author_id, "agathe")
    content = stored(app, made).content
    assert content
    for place in range(60):
        decisions.add(
            database, f"page {place}", person, chosen, decisions.Verdict.GRANT, content, waiting=False
        )
    shown = document_fromstring(client.get("/decisions").text)
    rows = [int(one.text_content().split()[-1]) for one in shown.xpath("//tbody/tr/th")]
    assert len(rows) == 50
    assert rows == sorted(rows, reverse=True)
    (older,) = shown.xpath("//main//a[. = 'Les décisions plus anciennes']/@href")
    rest = document_fromstring(client.get(older).text)
    below = [int(one.text_content().split()[-1]) for one in rest.xpath("//tbody/tr/th")]
    assert below[0] == rows[-1] - 1
    assert "Il n’y a pas de décision plus ancienne." in said(client.get("/decisions?avant=1"))
    assert (
        "Ce client a déjà des décisions. Pour en changer une, ouvrez-la et corrigez-la ; celle-ci s’y "
        "ajoutera." in said(client.get(address(chosen)))
    )


def test_what_was_typed_waits_for_a_session_that_has_ended(
    app: Flask, number: Number, portfolio: Portfolio
) -> None:
    """Boxes too, and that it corrects another."""
    browser = signed_in(app, "agathe")
    chosen = number(540, 700)
    first = decide(browser, chosen, verdict="pièces", demandees=["impots"])
    sent = opened(browser, f"{address(chosen)}?corrige={first}") | {
        "verdict": "refus", "motifs": ["projet", "revenus"], "texte": "Pas clair.",
    }  # fmt: skip
    with app.extensions["database"].connection() as connection:
        connection.execute(text("DELETE FROM user_session"))
    answer = browser.post(address(chosen), data=sent)
    assert (answer.status_code, answer.location) == (303, f"/connexion?suite={address(chosen)}")
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', browser.get(answer.location).text)
    assert token
    form = {"identifiant": "agathe", "mot_de_passe": PASSWORD, "csrf_token": token[1]}
    back = browser.post(answer.location, data=form)
    assert back.location == address(chosen)
    again = opened(browser, back.location)
    assert again["corrige"] == str(first)
    assert (again["verdict"], sorted(again["motifs"])) == ("refus", ["projet", "revenus"])
    made = browser.post(address(chosen), data=again)
    assert made.status_code == 303, said(made)
    assert stored(app, int(made.location.removeprefix("/decisions/"))).corrects == first
