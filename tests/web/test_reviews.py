"""Second readings and reviews: the work list, the forms, and what becomes of what they write."""

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from pretadepenser import create_app, french
from pretadepenser.credit.model.scoring import current_model
from pretadepenser.credit.portfolio import current_portfolio
from pretadepenser.credit.recourse.decision import Verdict
from pretadepenser.records import decisions, reviews, sessions, users
from pretadepenser.records.decisions import State
from pretadepenser.web import reviews as review_pages
from tests.conftest import PASSWORD, signed_in
from tests.web.deciding import ASKED, decide, filled, led, main_of, person, read, send, words
from tests.web.test_least_data import Walk

TODAY = datetime.now(UTC).astimezone().date()


@pytest.fixture(scope="module")
def app(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application on a copy of `untouched` of this file's own, with a second advisor, alix."""
    folder = shutil.copytree(untouched, tmp_path_factory.mktemp("reviews") / "instance", symlinks=True)
    made = create_app({"INSTANCE": folder, "TESTING": True})
    users.add_user(made.extensions["database"], "alix", "conseiller", PASSWORD)
    users.add_user(made.extensions["database"], "denis", "responsable", PASSWORD)
    return made


Browsers = Callable[[str], FlaskClient]


def reviewed(app: Flask, browsers: Browsers, verdict: Verdict = Verdict.REFUSE) -> str:
    """A review that agathe asked for of a decision of hers; gives the address of its record."""
    decision = decide(app, "agathe", verdict)
    return led(send(browsers("agathe"), f"/decisions/{decision}/reexamen", **ASKED))


def entries(app: Flask, kind: str, client: int = 157_083) -> int:
    """How many entries of a kind the journal has on a client."""
    with app.extensions["database"].connection() as connection:
        query = text("SELECT count(*) FROM journal_entry WHERE kind = :kind AND client = :client")
        return int(connection.execute(query, {"kind": kind, "client": client}).scalar_one())


def state(app: Flask, decision: int) -> State:
    found = decisions.find(app.extensions["database"], decision)
    assert found is not None
    return found.state


# Second readings


def test_a_second_reader_sees_what_was_decided_and_why(app: Flask, browsers: Browsers) -> None:
    decision = decide(app, "agathe", Verdict.REFUSE, waiting=True)
    before = entries(app, "decision.consulted")
    said = read(browsers("delphine"), f"/revues/decisions/{decision}")
    for sentence in (
        f"Seconde lecture de la décision {decision}",
        "Prêt refusé par agathe",
        "Les revenus ou l’emploi ne sont pas prouvés, ou pas stables",
        "Le revenu n’est pas prouvé.",
        "Il dit gagner plus.",
        "Le modèle conseillait d’accorder le prêt",
        "dans 2 jours",
    ):
        assert sentence in said
    # What was asked for, in the order of every other page.
    labels = (
        "Type de crédit",
        "Montant du crédit",
        "Mensualité",
        "Prix du bien à financer",
        "Revenu mensuel",
    )
    places = [said.find(label, said.find("La demande")) for label in labels]
    assert -1 not in places
    assert places == sorted(places)
    assert entries(app, "decision.consulted") == before + 1


@pytest.mark.parametrize(
    ("typed", "then", "told"),
    [
        ("accord", State.FINAL, "Elle est définitive : delphine l’a lue et l’a confirmée"),
        ("renvoi", State.SENT_BACK, "delphine l’a lue et l’a renvoyée"),
    ],
)
def test_a_second_reading_is_written_once(
    app: Flask, browsers: Browsers, typed: str, then: State, told: str
) -> None:
    decision = decide(app, "agathe", waiting=True)
    address = f"/revues/decisions/{decision}"
    form = filled(browsers("delphine"), address, avis=typed, motif="Les bulletins le prouvent.")
    assert led(browsers("delphine").post(address, data=form)) == f"/decisions/{decision}"
    assert state(app, decision) is then
    assert "Votre lecture est enregistrée." in read(browsers("delphine"), f"/decisions/{decision}")
    assert told in read(browsers("agathe"), f"/decisions/{decision}")
    # Sent twice by the same person, or late by another one: where it is written.
    for name in ("delphine", "denis"):
        answer = browsers(name).post(address, data=form)
        assert led(answer) == f"/decisions/{decision}"
        assert f"La décision {decision} n’attend pas de seconde lecture : voici où elle en est." in read(
            browsers(name), f"/decisions/{decision}"
        )
    found = decisions.find(app.extensions["database"], decision)
    assert found is not None
    assert found.second is not None
    assert found.second.reader == "delphine"
    assert found.second.content == {"text": "Les bulletins le prouvent."}


def test_the_author_reads_why_a_decision_was_sent_back(app: Flask, browsers: Browsers) -> None:
    """The motive was stored, and shown to nobody."""
    decision = decide(app, "agathe", waiting=True)
    led(send(browsers("delphine"), f"/revues/decisions/{decision}", avis="renvoi", motif="Un revenu manque."))
    said = read(browsers("agathe"), f"/decisions/{decision}")
    assert "Ce qu’écrit delphine, qui l’a renvoyée Un revenu manque." in said
    other = decide(app, "agathe", waiting=True)
    led(send(browsers("delphine"), f"/revues/decisions/{other}", avis="accord", motif="Tout y est."))
    assert "Ce qu’écrit delphine, qui l’a confirmée Tout y est." in read(
        browsers("agathe"), f"/decisions/{other}"
    )


def test_a_second_reading_needs_an_answer_and_a_motive(app: Flask, browsers: Browsers) -> None:
    decision = decide(app, "agathe", waiting=True)
    address = f"/revues/decisions/{decision}"
    for avis in ("", "autre"):
        answer = send(browsers("delphine"), address, avis=avis, motif="  ")
        assert answer.status_code == 422
        summary = main_of(answer).find_class("error-summary")[0]
        assert [words(one) for one in summary.iter("li")] == [
            "Choisissez : d’accord, ou renvoyer.", "Écrivez votre motif.",
        ]  # fmt: skip
    answer = send(browsers("delphine"), address, avis="accord", motif="x" * 2001)
    assert "Pourquoi : écrivez 2 000 caractères au plus." in words(main_of(answer))
    assert state(app, decision) is State.WAITING


def test_nobody_reads_their_own_decision(app: Flask, browsers: Browsers) -> None:
    decision = decide(app, "delphine", waiting=True)
    said = read(browsers("delphine"), f"/revues/decisions/{decision}", 403)
    assert "La seconde lecture revient à une autre personne que l’auteur de la décision." in said
    answer = browsers("delphine").post(
        f"/revues/decisions/{decision}",
        data=filled(browsers("denis"), f"/revues/decisions/{decision}", avis="accord", motif="moi"),
    )
    assert answer.status_code in (403, 422)
    assert state(app, decision) is State.WAITING


def test_whom_the_client_contested_is_told_so_before_the_form(app: Flask, browsers: Browsers) -> None:
    """Of a new decision by denis in place of one by delphine: neither reads it a second time."""
    contested = decide(app, "delphine")
    record = led(send(browsers("delphine"), f"/decisions/{contested}/reexamen", **ASKED))
    why = {
        "motifs": ["revenus"],
        "texte": "Les revenus sont prouvés.",
        "reponse": "Un autre prêt vous est accordé.",
    }
    reference = record.rpartition("/")[2]
    database = app.extensions["database"]
    found = decisions.find(database, contested)
    assert found is not None
    assert found.content is not None
    new = reviews.New("nouvelle", Verdict.GRANT, found.content, waiting=True)
    made = reviews.end(database, person(app, "denis"), reference, why, new)
    for name, sentence in (
        (
            "delphine",
            "La seconde lecture revient à une autre personne que celle dont le client a contesté la "
            "décision.",
        ),
        ("denis", "La seconde lecture revient à une autre personne que l’auteur de la décision."),
    ):
        assert sentence in read(browsers(name), f"/revues/decisions/{made}", 403)
        rows = {words(row[0]): row for row in main_of(browsers(name).get("/revues")).xpath(".//tbody/tr")}
        assert words(rows[f"Décision {made}"][2]).endswith("(par une autre personne que vous)")
    # Nor is she led to a form that would be refused.
    assert "Corriger cette décision" not in read(browsers("delphine"), f"/decisions/{made}")
    assert "Corriger cette décision" in read(browsers("denis"), f"/decisions/{made}")
    refused = read(browsers("delphine"), f"/clients/157083/decision?corrige={made}", 409)
    assert (
        "Une nouvelle décision revient à une autre personne que celle dont le client a contesté la décision."
        in refused
    )


def test_what_was_sent_back_stands_first_for_its_author(app: Flask, browsers: Browsers) -> None:
    back = [decide(app, "agathe", waiting=True) for _ in range(2)]
    decide(app, "agathe")
    for one in back:
        led(send(browsers("delphine"), f"/revues/decisions/{one}", avis="renvoi", motif="Un revenu manque."))

    def listed(name: str, address: str) -> list[list[str]]:
        main = main_of(browsers(name).get(address))
        rows = main.xpath(".//table[caption[@id='tableau-renvois']]/tbody/tr")
        return [[words(cell) for cell in row] for row in rows]

    today = words(
        main_of(browsers("agathe").get("/decisions")).xpath(".//table[1]/tbody/tr[1]/td[last()-1]")[0]
    )
    line = ["Prêt refusé", today, "157083"]
    assert listed("agathe", "/decisions")[-2:] == [[f"Décision {one}", *line] for one in back]
    assert listed("delphine", "/revues")[-2:] == [
        [f"Décision {one}", line[0], "agathe", *line[1:]] for one in back
    ]
    assert listed("alix", "/decisions") == []
    titles = [words(one) for one in main_of(browsers("agathe").get("/decisions")).iter("h2")]
    assert titles[0] == "À corriger d’abord"
    told = read(browsers("agathe"), "/decisions")
    assert " décisions renvoyées, la plus ancienne d’abord" in told
    assert (
        "La seconde lecture a renvoyé ces décisions : le client ne reçoit rien tant qu’elles ne sont pas "
        "corrigées. Ouvrez la décision pour lire pourquoi, puis « Corriger cette décision »." in told
    )
    assert "Décisions renvoyées à leur auteur" in [
        words(one) for one in main_of(browsers("delphine").get("/revues")).iter("h2")
    ]
    # They stand on the first page alone, until they are corrected.
    assert listed("agathe", f"/decisions?avant={back[0]}") == []
    for one in back:
        decide(app, "agathe", corrects=one)
    assert not [
        row for row in listed("agathe", "/decisions") if row[0] in {f"Décision {one}" for one in back}
    ]


def test_what_a_review_put_right_holds_where_its_decision_is_corrected(
    app: Flask, browsers: Browsers
) -> None:
    """Sent back and decided anew, it was decided on the wrong data again; the letter had the right ones."""
    record = reviewed(app, browsers)
    led(send(browsers("denis"), f"{record}/donnees", amt_income_total="9 000", preuve="Avis d’imposition."))
    why = {"motifs": ["revenus"], "texte": "Faux papiers.", "reponse": "Non."}
    led(send(browsers("denis"), f"{record}/issue", verdict="refus", **why))
    database = app.extensions["database"]
    found = reviews.find(database, record.rpartition("/")[2])
    assert found
    assert found.end
    made = found.end.decided
    assert made
    led(
        send(
            browsers("delphine"), f"/revues/decisions/{made}", avis="renvoi", motif="Rien ne prouve le faux."
        )
    )
    again = led(send(browsers("denis"), f"/clients/157083/decision?corrige={made}", verdict="accord"))
    corrected = decisions.find(database, int(again.rpartition("/")[2]))
    first = decisions.find(database, made)
    assert corrected
    assert corrected.content
    assert first
    assert first.content
    assert corrected.content["advice"]["inputs"]["AMT_INCOME_TOTAL"] == 900_000
    assert corrected.content["advice"]["points"] == first.content["advice"]["points"]
    assert corrected.content["review"] == found.reference


# Requests for a review


def test_a_request_has_a_number_and_a_deadline(app: Flask, browsers: Browsers) -> None:
    decision = decide(app, "agathe")
    before = entries(app, "review.asked")
    form = filled(browsers("agathe"), f"/decisions/{decision}/reexamen", **ASKED)
    answers = [browsers("agathe").post(f"/decisions/{decision}/reexamen", data=form) for _ in range(2)]
    first, again = map(led, answers)
    assert first == again
    assert re.fullmatch(rf"/revues/REV-{TODAY.year}-\d{{6}}", first)
    assert entries(app, "review.asked") == before + 1
    said = read(browsers("agathe"), first)
    assert "Mon revenu est plus élevé que ce que dit le dossier." in said
    assert "dans 30 jours" in said
    assert "Par courrier" in said
    assert "Conclure" not in said
    said = read(browsers("agathe"), f"/decisions/{decision}")
    assert f"Le réexamen {first[-15:]} est en cours." in said
    assert "Enregistrer une demande de réexamen" not in said


@pytest.mark.parametrize(
    ("days", "said"),
    [(1, "La réponse est due le lendemain."), (2, "La réponse est due dans les 2 jours qui suivent.")],
)
def test_the_form_of_a_request_says_until_when_it_is_answered(
    app: Flask, browsers: Browsers, monkeypatch: pytest.MonkeyPatch, days: int, said: str
) -> None:
    decision = decide(app, "agathe")
    monkeypatch.setitem(app.config, "REVIEW_DAYS", days)
    assert said in read(browsers("agathe"), f"/decisions/{decision}/reexamen")


BETWEEN = "Demande reçue le : saisissez une date entre celle de la décision, le {}, et aujourd’hui."


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        (
            {"recue": "hier", "canal": "", "demande": ""},
            [
                "Demande reçue le : saisissez une date, comme « {} ».",
                "Choisissez comment la demande est arrivée.",
                "Écrivez ce que le client demande.",
            ],
        ),
        ({"recue": "1er janvier 2000"}, [BETWEEN]),
        ({"recue": "31/12/2999"}, [BETWEEN]),
        ({"canal": "pigeon"}, ["Choisissez comment la demande est arrivée."]),
    ],
)
def test_a_request_says_what_is_lacking(
    app: Flask, browsers: Browsers, typed: dict[str, str], errors: list[str]
) -> None:
    decision = decide(app, "agathe")
    answer = send(browsers("agathe"), f"/decisions/{decision}/reexamen", **(ASKED | typed))
    assert answer.status_code == 422
    told = [words(one) for one in main_of(answer).find_class("error-summary")[0].iter("li")]
    assert told == [error.format(" ".join(french.date(TODAY).split())) for error in errors]


def test_a_request_for_what_cannot_be_reviewed_leads_to_the_decision(app: Flask, browsers: Browsers) -> None:
    waits = decide(app, "agathe", waiting=True)
    answer = browsers("agathe").get(f"/decisions/{waits}/reexamen")
    assert led(answer) == f"/decisions/{waits}"
    assert "n’est pas encore définitive" in read(browsers("agathe"), f"/decisions/{waits}")


def test_an_advisor_asks_and_reads_only_what_is_theirs(app: Flask, browsers: Browsers) -> None:
    decision = decide(app, "agathe")
    for page in ("", "/reexamen"):
        said = read(browsers("alix"), f"/decisions/{decision}{page}", 403)
        assert "Cette décision est d’une autre personne : un responsable peut la lire." in said
    record = led(send(browsers("delphine"), f"/decisions/{decision}/reexamen", **ASKED))
    read(browsers("agathe"), record)
    said = read(browsers("alix"), record, 403)
    assert "Ce réexamen est d’une autre personne : un responsable peut le lire." in said
    said = read(browsers("delphine"), "/revues/REV-2026-999999", 404)
    assert "Ce réexamen n’existe pas : vérifiez son numéro." in said


# Corrections


def test_data_are_corrected_and_scored_again_as_a_simulation_scores(app: Flask, browsers: Browsers) -> None:
    record = reviewed(app, browsers)
    delphine = browsers("delphine")
    changed = {"amt_income_total": "9 000", "preuve": "Avis d’imposition du 3 mars."}
    before = entries(app, "review.step")
    form = filled(delphine, f"{record}/donnees", **changed)
    for _ in range(2):
        assert led(delphine.post(f"{record}/donnees", data=form)) == f"{record}#corrections"
    assert entries(app, "review.step") == before + 1
    main = main_of(delphine.get(record))
    tables = [
        [[words(cell) for cell in row] for row in table.xpath(".//tbody/tr")] for table in main.iter("table")
    ]
    simulation = main_of(delphine.get("/clients/157083/simulation")).xpath(".//form[.//fieldset]")[0]
    typed = dict(simulation.form_values()) | {"amt_income_total": "9 000"}
    shown = main_of(delphine.post("/clients/157083/simulation", data=typed))
    assert tables[:2] == [
        [[words(cell) for cell in row] for row in table.xpath(".//tbody/tr")] for table in shown.iter("table")
    ]
    income = next(row for row in tables[0] if row[0] == "Revenu mensuel")
    assert income[2] == "9 000 €"
    said = words(main)
    assert "Avis d’imposition du 3 mars." in said
    assert "Le score passe de" in said


def test_the_model_is_in_the_archive_before_a_correction(app: Flask, browsers: Browsers) -> None:
    """Where it cannot be kept nothing is written, in one sentence; the same form, sent again, is written."""
    record = reviewed(app, browsers)
    folder = app.config["INSTANCE"] / "archive"
    shutil.rmtree(folder)
    folder.write_text("no folder")
    delphine, address = browsers("delphine"), f"{record}/donnees"
    form = filled(delphine, address, amt_income_total="9 000", preuve="Avis d’imposition.")
    before = entries(app, "review.step")
    answer = delphine.post(address, data=form)
    folder.unlink()
    assert answer.status_code == 503
    assert "Décision non enregistrée" in words(main_of(answer))
    assert entries(app, "review.step") == before
    led(delphine.post(address, data=form))
    assert entries(app, "review.step") == before + 1
    model = current_model(app.config["INSTANCE"])
    assert model
    assert (folder / f"model.{model.training}").is_dir()


def test_the_next_correction_starts_from_the_last(app: Flask, browsers: Browsers) -> None:
    record = reviewed(app, browsers)
    address = f"{record}/donnees"
    delphine = browsers("delphine")
    proof = {"preuve": "Bulletins."}
    led(send(delphine, address, amt_income_total="9 000", **proof))
    again = filled(delphine, address)
    assert " ".join(str(again["amt_income_total"]).split()) == "9 000"
    assert str(again["preuve"]).strip() == ""
    answer = send(delphine, address, **proof)
    assert answer.status_code == 422
    assert "Vous n’avez rien changé : corrigez au moins une donnée." in words(main_of(answer))
    led(send(delphine, address, amt_credit="12 000", **proof))
    found = reviews.find(app.extensions["database"], record.rpartition("/")[2])
    assert found is not None
    last = reviews.steps(app.extensions["database"], found.id)[-1].content
    assert last is not None
    assert [one["label"] for one in last["corrected"]] == ["Revenu mensuel", "Montant du crédit"]
    assert last["changes"]["AMT_INCOME_TOTAL"] == 900_000


def test_a_correction_is_proved_and_plausible(app: Flask, browsers: Browsers) -> None:
    record = reviewed(app, browsers)
    answer = send(browsers("delphine"), f"{record}/donnees", amt_income_total="beaucoup", preuve=" ")
    assert answer.status_code == 422
    told = [words(one) for one in main_of(answer).find_class("error-summary")[0].iter("li")]
    assert told[0].startswith("Revenu mensuel : saisissez")
    assert told[1] == "Écrivez ce qui prouve la correction : la pièce que vous avez vue, par exemple."


# Ends


def test_a_review_that_upholds_the_decision_answers_the_client(app: Flask, browsers: Browsers) -> None:
    record = reviewed(app, browsers)
    delphine = browsers("delphine")
    form = filled(
        delphine, f"{record}/issue", verdict="maintenue", reponse="Le revenu reste sans preuve.",
        motifs=["revenus", "pieces"], texte="Le bulletin est illisible.\nRedemandé deux fois.",
        parole="Il gagne plus.", pieces=["comptes"],
    )  # fmt: skip
    for _ in range(2):
        assert led(delphine.post(f"{record}/issue", data=form)).partition("#")[0] == record
    said = read(browsers("agathe"), record)
    assert "décision maintenue" in said
    assert "La décision est maintenue : prêt refusé." in said
    assert "Le revenu reste sans preuve." in said
    weighed = main_of(browsers("agathe").get(record)).xpath(
        ".//h2[.='Ce qui a pesé dans la conclusion']/following-sibling::section[1]"
    )[0]
    assert [words(one) for one in weighed.xpath(".//li | .//p")] == [
        "Les revenus ou l’emploi ne sont pas prouvés, ou pas stables",
        "Des pièces manquent ou ne concordent pas",
        "Le bulletin est illisible.",
        "Redemandé deux fois.",
        "Il gagne plus.",
        "Relevés de compte des trois derniers mois",
    ]
    assert record.rpartition("/")[2] in read(delphine, "/revues")
    captions = [words(one) for one in main_of(browsers("delphine").get("/revues")).iter("caption")]
    assert captions[-1] == "Réexamens conclus, les derniers d’abord"


def test_a_decision_that_was_upheld_and_then_corrected_does_not_hold(app: Flask, browsers: Browsers) -> None:
    decision = decide(app, "agathe")
    record = led(send(browsers("agathe"), f"/decisions/{decision}/reexamen", **ASKED))
    why = {"motifs": ["revenus"], "texte": "Sans preuve."}
    led(send(browsers("delphine"), f"{record}/issue", verdict="maintenue", reponse="Non.", **why))
    said = read(browsers("delphine"), record)
    assert "La décision est maintenue : prêt refusé." in said
    assert "ne vaut plus" not in said
    later = decide(app, "agathe", Verdict.GRANT, corrects=decision)
    said = read(browsers("delphine"), record)
    assert "La décision a été maintenue : prêt refusé." in said
    assert f"Elle ne vaut plus : la décision {later} la corrige." in said


def test_the_work_list_says_where_the_reviews_that_ended_stop(app: Flask, browsers: Browsers) -> None:
    database = app.extensions["database"]
    numbers = [int(one) for one in current_portfolio(app.config["INSTANCE"]).numbers()[-40:]]  # type: ignore[union-attr]
    for place, number in enumerate(numbers):
        ended = len(reviews.ended(database, 100))
        captions = [words(one) for one in main_of(browsers("delphine").get("/revues")).iter("caption")]
        if ended > review_pages.ENDED:
            assert place > 0
            assert captions[-1] == "Les 20 derniers réexamens conclus"
            break
        assert not ended or captions[-1] == "Réexamens conclus, les derniers d’abord"
        decision = decide(app, "agathe", number=number)
        asked = reviews.ask(database, f"conclu {number}", person(app, "agathe"), decision, TODAY, 30, {})
        reviews.end(database, person(app, "delphine"), asked, {"answer": "Non."})
    else:
        pytest.fail("as many reviews as were asked for did not end")


def test_a_list_that_stops_is_not_of_all_decisions(app: Flask, browsers: Browsers) -> None:
    database = app.extensions["database"]
    users.add_user(database, "armand", "conseiller", PASSWORD)
    armand = signed_in(app, "armand")
    sent = decide(app, "armand", Verdict.GRANT, number=100_001, waiting=True)
    decisions.read(database, sent, person(app, "delphine"), {"text": "Non."}, agrees=False)
    titles = [words(one) for one in main_of(armand.get("/decisions")).iter("h2")]
    assert titles == ["À corriger d’abord", "Toutes vos décisions"]
    for _ in range(50):
        decide(app, "armand", at=datetime.now(UTC))
    titles = [words(one) for one in main_of(armand.get("/decisions")).iter("h2")]
    assert titles == ["À corriger d’abord", "Vos 50 dernières décisions"]


def test_the_work_list_says_in_which_order_it_stands(app: Flask, browsers: Browsers) -> None:
    """What is to be read stands before the requests, even where one of these presses more."""
    assert (
        "Ce qui est en retard vient d’abord, puis les décisions à lire et les demandes de réexamen : chaque "
        "fois, ce qui presse le plus est en tête."
    ) in read(browsers("delphine"), "/revues")


def test_a_decision_is_upheld_by_the_rules_of_taking_it(app: Flask, browsers: Browsers) -> None:
    """Against the advice it asks for motives and words; along with it, far from the limit, for none."""
    record = reviewed(app, browsers)
    answer = send(browsers("delphine"), f"{record}/issue", verdict="maintenue", reponse="Non.")
    assert answer.status_code == 422
    told = [words(one) for one in main_of(answer).find_class("error-summary")[0].iter("li")]
    assert told == [
        "Cochez au moins un motif : la décision maintenue s’écarte de l’avis du modèle.",
        "Écrivez pourquoi : la décision maintenue s’écarte de l’avis du modèle.",
    ]
    followed = reviewed(app, browsers, Verdict.GRANT)
    led(send(browsers("delphine"), f"{followed}/issue", verdict="maintenue", reponse="Rien ne change."))
    assert "La décision est maintenue : prêt accordé." in read(browsers("delphine"), followed)


CORRECTED = (
    "Des données ont été corrigées : la première décision reposait sur d’autres, et ne peut pas être "
    "maintenue. Prenez une nouvelle décision, même si la réponse reste la même."
)


def test_on_corrected_data_the_same_answer_is_a_new_decision(app: Flask, browsers: Browsers) -> None:
    record = reviewed(app, browsers)
    delphine = browsers("delphine")
    led(send(delphine, f"{record}/donnees", amt_income_total="9 000", preuve="Bulletins."))
    group = main_of(delphine.get(f"{record}/issue")).get_element_by_id("verdict")
    assert CORRECTED in words(group)
    assert [one.get("value") for one in group.iter("input")] == ["accord", "refus", "pièces", "proposition"]
    answer = send(delphine, f"{record}/issue", verdict="refus", reponse="Toujours non.")
    assert answer.status_code == 422
    assert "Cochez au moins un motif : votre décision s’écarte de l’avis du modèle." in words(main_of(answer))
    why = {"motifs": ["historique"], "texte": "Des retards récents."}
    led(send(delphine, f"{record}/issue", verdict="refus", reponse="Toujours non.", **why))
    found = reviews.find(app.extensions["database"], record.rpartition("/")[2])
    assert found is not None
    assert found.end is not None
    assert found.end.decided is not None
    new = decisions.find(app.extensions["database"], found.end.decided)
    assert new is not None
    assert new.content is not None
    assert (new.verdict, new.corrects, new.state) == (Verdict.REFUSE, found.decision, State.WAITING)
    assert new.content["advice"]["inputs"]["AMT_INCOME_TOTAL"] == 900_000
    assert new.content["motives"] == ["historique"]
    said = read(delphine, record)
    assert "décision remplacée" in said
    assert f"La décision {new.id} remplace la décision {found.decision}. Elle attend une seconde" in said
    assert "Des crédits passés ou en cours sont mal payés, ou trop lourds" in said


def test_a_correction_that_is_taken_back_leaves_the_decision_to_be_upheld(
    app: Flask, browsers: Browsers
) -> None:
    record, delphine = reviewed(app, browsers, Verdict.GRANT), browsers("delphine")
    before = filled(delphine, f"{record}/donnees")["amt_credit"]
    led(send(delphine, f"{record}/donnees", amt_credit="12 000", preuve="Contrat."))
    assert CORRECTED in read(delphine, f"{record}/issue")
    led(send(delphine, f"{record}/donnees", amt_credit=before, preuve="Faute de frappe."))
    said = read(delphine, f"{record}/issue")
    assert "Avis du modèle : le prêt sera accordé." in said
    assert CORRECTED not in said
    assert "Maintenir la décision : prêt accordé" in said
    led(send(delphine, f"{record}/issue", verdict="maintenue", reponse="Rien ne change."))
    assert "La décision est maintenue : prêt accordé." in read(delphine, record)


def test_data_corrected_while_a_decision_is_upheld_stop_it(app: Flask, browsers: Browsers) -> None:
    record = reviewed(app, browsers, Verdict.GRANT)
    form = filled(browsers("delphine"), f"{record}/issue", verdict="maintenue", reponse="Rien ne change.")
    led(send(browsers("denis"), f"{record}/donnees", amt_credit="12 000", preuve="Contrat."))
    answer = browsers("delphine").post(f"{record}/issue", data=form)
    assert answer.status_code == 422
    told = [words(one) for one in main_of(answer).find_class("error-summary")[0].iter("li")]
    assert told == [CORRECTED]
    found = reviews.find(app.extensions["database"], record.rpartition("/")[2])
    assert found is not None
    assert found.end is None


def test_a_correction_that_leaves_the_advice_is_read_before_the_end(app: Flask, browsers: Browsers) -> None:
    """Put back as it was: the score is the same, what the reviewer has read is not."""
    record = reviewed(app, browsers)
    delphine, denis = browsers("delphine"), browsers("denis")
    before = filled(delphine, f"{record}/donnees")["amt_income_total"]
    form = filled(
        delphine, f"{record}/issue", verdict="accord", motifs=["revenus"], texte="Bien.", reponse="Oui."
    )
    for income in ("9 000", before):
        led(send(denis, f"{record}/donnees", amt_income_total=income, preuve="Bulletins."))
    assert "Le score passe de " in read(denis, record)
    answer = delphine.post(f"{record}/issue", data=form)
    assert answer.status_code == 409
    assert "Ce que vous avez saisi est gardé" in words(main_of(answer))


def test_a_review_ends_with_a_decision_on_the_corrected_data(app: Flask, browsers: Browsers) -> None:
    record = reviewed(app, browsers)
    delphine = browsers("delphine")
    led(send(delphine, f"{record}/donnees", amt_income_total="9 000", preuve="Bulletins."))
    form = filled(
        delphine, f"{record}/issue", verdict="accord", motifs=["revenus"], texte="Revenu prouvé.",
        reponse="Votre demande est acceptée.",
    )  # fmt: skip
    for _ in range(2):
        assert led(delphine.post(f"{record}/issue", data=form)).partition("#")[0] == record
    database = app.extensions["database"]
    found = reviews.find(database, record.rpartition("/")[2])
    assert found is not None
    assert found.end is not None
    assert found.end.decided is not None
    new = decisions.find(database, found.end.decided)
    assert new is not None
    assert new.content is not None
    assert (new.author, new.verdict, new.corrects) == ("delphine", Verdict.GRANT, found.decision)
    assert new.content["advice"]["inputs"]["AMT_INCOME_TOTAL"] == 900_000
    assert new.content["review"] == found.reference
    steps = reviews.steps(database, found.id)
    assert steps[-1].content is not None
    assert new.content["advice"]["points"] == steps[-1].content["points"][1]
    assert new.content["text"] == "Revenu prouvé."
    assert state(app, found.decision) is State.CORRECTED
    said = read(browsers("agathe"), record)
    assert f"La décision {new.id} remplace la décision {found.decision}." in said


def test_a_new_decision_that_departs_from_the_advice_waits_for_another_reader(
    app: Flask, browsers: Browsers
) -> None:
    """What a reviewer decides alone is held to the same rules as any decision."""
    record = reviewed(app, browsers, Verdict.GRANT)
    answer = send(browsers("delphine"), f"{record}/issue", verdict="refus", reponse="Non.")
    assert answer.status_code == 422
    assert "Cochez au moins un motif : votre décision s’écarte de l’avis du modèle." in words(main_of(answer))
    why = {"motifs": ["revenus"], "texte": "Faux papiers."}
    led(send(browsers("delphine"), f"{record}/issue", verdict="refus", reponse="Non.", **why))
    said = read(browsers("delphine"), record)
    waits = "Elle attend une seconde lecture : le client ne reçoit rien avant."
    assert waits in said
    database = app.extensions["database"]
    found = reviews.find(database, record.rpartition("/")[2])
    assert found
    assert found.end
    assert found.end.decided
    decisions.read(database, found.end.decided, person(app, "denis"), {"text": "Non."}, agrees=False)
    said = read(browsers("delphine"), record)
    assert waits not in said
    assert "denis l’a lue et l’a renvoyée : elle ne vaut pas." in said
    later = decide(app, "delphine", Verdict.GRANT, number=found.client or 0, corrects=found.end.decided)
    said = read(browsers("delphine"), record)
    assert f"Elle ne vaut plus : la décision {later} la corrige." in said
    assert "elle ne vaut pas" not in said


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({}, ["Choisissez votre conclusion.", "Écrivez ce que vous répondez au client."]),
        ({"verdict": "refus", "reponse": "x"}, ["Choisissez votre conclusion."]),
        (
            {"verdict": "maintenue", "motifs": ["revenus"], "texte": "x"},
            ["Écrivez ce que vous répondez au client."],
        ),
        ({"verdict": "pièces", "reponse": "x"}, ["Cochez au moins une pièce à demander."]),
    ],
)
def test_a_conclusion_says_what_is_lacking(
    app: Flask, browsers: Browsers, typed: dict[str, str], errors: list[str]
) -> None:
    """Where nothing was corrected, refusing again what was refused is to maintain it."""
    record = reviewed(app, browsers)
    answer = send(browsers("delphine"), f"{record}/issue", **typed)
    assert answer.status_code == 422
    told = [words(one) for one in main_of(answer).find_class("error-summary")[0].iter("li")]
    assert told == errors


def test_advice_that_changed_since_the_page_was_shown_is_shown_again(app: Flask, browsers: Browsers) -> None:
    """Another person corrects the data while the conclusion is written."""
    record = reviewed(app, browsers)
    form = filled(
        browsers("delphine"), f"{record}/issue", verdict="accord", motifs=["revenus"], texte="Bien.",
        reponse="Oui.",
    )  # fmt: skip
    led(send(browsers("denis"), f"{record}/donnees", amt_credit="12 000", preuve="Contrat."))
    answer = browsers("delphine").post(f"{record}/issue", data=form)
    assert answer.status_code == 409
    said = words(main_of(answer))
    assert (
        "Ce que vous avez saisi est gardé, mais l’avis du modèle n’est plus celui que cette page montrait. "
        "Lisez le nouvel avis, puis enregistrez à nouveau votre conclusion si elle tient." in said
    )
    assert "avec les données corrigées" in said
    again = {name: value for form in main_of(answer).iter("form") for name, value in form.form_values()}
    assert str(again["reponse"]).strip() == "Oui."


def test_the_first_decider_neither_corrects_nor_concludes(app: Flask, browsers: Browsers) -> None:
    decision = decide(app, "delphine")
    record = led(send(browsers("denis"), f"/decisions/{decision}/reexamen", **ASKED))
    for page in ("donnees", "issue"):
        said = read(browsers("delphine"), f"{record}/{page}", 403)
        assert "Le réexamen revient à une autre personne que celle qui a décidé." in said
    said = read(browsers("delphine"), record)
    assert "C’est votre décision qui est contestée : une autre personne la réexamine." in said
    assert "Conclure" not in said
    for page in ("donnees", "issue"):
        read(browsers("agathe"), f"{record}/{page}", 403)


def test_a_client_who_left_the_portfolio_is_answered_all_the_same(app: Flask, browsers: Browsers) -> None:
    decision = decide(app, "agathe", told_as=42)
    record = led(send(browsers("agathe"), f"/decisions/{decision}/reexamen", **ASKED))
    said = read(browsers("delphine"), record)
    assert (
        "Le portefeuille n’a plus le client 42 : ses données ne peuvent plus être corrigées, et la décision "
        "ne peut qu’être maintenue." in said
    )
    assert "Corriger des données" not in said
    read(browsers("delphine"), f"{record}/donnees", 404)
    assert (
        "Le portefeuille n’a plus le client 42. Rien ne peut être calculé : la décision ne peut qu’être "
        "maintenue." in read(browsers("delphine"), f"{record}/issue")
    )
    led(send(browsers("delphine"), f"{record}/issue", reponse="Votre dossier est clos."))
    # Left open by another manager, who is told that it came to its end.
    assert led(browsers("denis").get(f"{record}/issue")) == record
    assert f"Le réexamen {record[-15:]} est déjà conclu, par delphine." in read(browsers("denis"), record)
    assert "Votre dossier est clos." in read(browsers("delphine"), record)


def test_a_form_with_a_bad_token_is_asked_again_with_what_was_typed(app: Flask, browsers: Browsers) -> None:
    waits = decide(app, "agathe", number=100_001, waiting=True)
    decision = decide(app, "agathe", number=100_001)
    record = reviewed(app, browsers)
    for address, field in (
        (f"/decisions/{decision}/reexamen", "demande"),
        (f"/revues/decisions/{waits}", "motif"),
        (f"{record}/donnees", "preuve"),
        (f"{record}/issue", "reponse"),
    ):
        answer = send(browsers("delphine"), address, csrf_token="autre", **{field: "Mes mots."})
        assert answer.status_code == 422
        main = main_of(answer)
        assert "Ce formulaire était périmé" in words(main)
        assert words(main.xpath(f".//*[@name='{field}']")[0]) == "Mes mots."


def test_what_was_typed_outlives_the_session(app: Flask) -> None:
    decision = decide(app, "alix")
    address = f"/decisions/{decision}/reexamen"
    browser = signed_in(app, "alix")
    form = filled(browser, address, **(ASKED | {"demande": "Mes mots."}))
    sessions.end_others(app.extensions["database"], person(app, "alix").id, 0)
    door = browser.post(address, data=form).location
    assert door == f"/connexion?suite={address}"
    page = main_of(browser.get(door))
    known = {"identifiant": "alix", "mot_de_passe": PASSWORD}
    token = page.xpath(".//input[@name='csrf_token']/@value")[0]
    assert led(browser.post(door, data=known | {"csrf_token": token})) == address
    assert words(main_of(browser.get(address)).get_element_by_id("demande")) == "Mes mots."


def test_a_reviewer_meets_no_protected_ground(app: Flask, browsers: Browsers) -> None:
    walked = Walk(app, browsers("delphine"))
    waits = decide(app, "agathe", number=100_001, waiting=True)
    record = reviewed(app, browsers)
    led(send(browsers("delphine"), f"{record}/donnees", amt_income_total="9 000", preuve="Bulletins."))
    for address in ("/revues", f"/revues/decisions/{waits}", record, f"{record}/donnees", f"{record}/issue"):
        walked.open(address)
    assert walked.endpoints == {
        "reviews.work_list", "reviews.second_reading", "reviews.record", "reviews.correct", "reviews.end",
    }  # fmt: skip
    assert not list(walked.found())


# The work list


def test_what_is_late_stands_first(app: Flask, browsers: Browsers) -> None:
    fresh = decide(app, "delphine", waiting=True)
    now = datetime.now(UTC)
    late = decide(app, "agathe", Verdict.GRANT, waiting=True, at=now - timedelta(5))
    later = decide(app, "agathe", Verdict.GRANT, waiting=True, at=now - timedelta(9))
    main = main_of(browsers("delphine").get("/revues"))
    titles = [words(one) for one in main.iter("h2")]
    assert titles[:3] == ["En retard", "Décisions à lire une seconde fois", "Demandes de réexamen ouvertes"]
    heading = words(main.xpath(".//h1")[0])
    assert re.match(r"Revues : \d+ dossiers attendent, dont 2 en retard", heading)
    rows = [[words(cell) for cell in row] for row in main.xpath(".//table[1]/tbody/tr")]
    assert words(main.xpath(".//table[1]/caption")[0]) == "2 dossiers dont le délai est passé"
    overdue = rows[:2]
    assert [row[0] for row in overdue] == [f"Décision {later}", f"Décision {late}"]
    assert overdue[0][2:] == ["Lire : prêt accordé, décidé par agathe", "depuis 9 jours", "157083"]
    assert overdue[0][1].endswith("en retard de 7 jours")
    own = next(row for row in rows if row[0] == f"Décision {fresh}")
    assert own[2].endswith("(par une autre personne que vous)")
    links = {words(link): link.get("href") for link in main.iter("a")}
    assert links[f"Décision {late}"] == f"/revues/decisions/{late}"
    assert links[f"Décision {fresh}"] == f"/decisions/{fresh}"


def test_both_answers_of_a_second_reading_are_said_to_be_required(app: Flask, browsers: Browsers) -> None:
    decision = decide(app, "agathe", waiting=True)
    page = main_of(browsers("delphine").get(f"/revues/decisions/{decision}"))
    (motive,) = page.xpath(".//label[starts-with(., 'Pourquoi')]")
    assert words(motive) == "Pourquoi (obligatoire)"
    (answers,) = page.xpath(".//fieldset[@role='radiogroup']")
    assert answers.get("aria-required") == "true"


def test_a_conclusion_that_is_opened_is_no_answer(app: Flask, browsers: Browsers) -> None:
    """Nothing was typed yet, and no advice was shown before."""
    said = read(browsers("delphine"), f"{reviewed(app, browsers)}/issue")
    assert "Ce que vous avez saisi est gardé" not in said
    assert "avec les données corrigées" not in said


def test_a_decision_that_is_erased_is_neither_corrected_nor_reviewed(app: Flask, browsers: Browsers) -> None:
    decision = decide(app, "agathe")
    with app.extensions["database"].connection() as connection:
        erase = text("UPDATE decision SET client = NULL, content = NULL WHERE id = :decision")
        connection.execute(erase, {"decision": decision})
    for page, sentence in (
        (
            f"/decisions/{decision}/corriger",
            "Le contenu de cette décision a été effacé : elle ne se corrige plus.",
        ),
        (f"/decisions/{decision}/reexamen", "Ce que disait cette décision a été effacé."),
        ("/decisions/99999/reexamen", "Cette décision n’existe pas."),
    ):
        assert sentence in read(browsers("agathe"), page, 404), page


@pytest.mark.parametrize(
    ("points", "granted", "said"),
    [
        (
            [480, 510],
            [False, True],
            "Le score passe de 480 à 510 points : le modèle conseille maintenant d’accorder le prêt.",
        ),
        (
            [480, 480],
            [False, False],
            "Le score reste de 480 points : le modèle conseille toujours de refuser le prêt.",
        ),
    ],
)
def test_what_a_correction_did_to_the_score(points: list[int], granted: list[bool], said: str) -> None:
    table = {"caption": "", "columns": [["Donnée", False]], "rows": [], "footer": []}
    content = {"points": points, "granted": granted, "moves": None, "proof": "Bulletin.", "answers": table}
    shown = review_pages._shown(reviews.Step("delphine", datetime.now(UTC), content))
    assert shown is not None
    assert " ".join(shown.sentence.split()) == said


def test_the_data_of_a_review_that_is_erased_cannot_be_corrected(app: Flask, browsers: Browsers) -> None:
    record = reviewed(app, browsers)
    with app.extensions["database"].connection() as connection:
        erase = text("UPDATE review SET client = NULL, content = NULL WHERE reference = :reference")
        connection.execute(erase, {"reference": record[-15:]})
    said = read(browsers("delphine"), f"{record}/donnees", 404)
    assert "Les données de ce réexamen sont effacées." in said
