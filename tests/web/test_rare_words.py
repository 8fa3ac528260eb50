"""What pages say in states that are seldom met, whole sentences: near the limit, empty, late, erased, new."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from lxml.html import HtmlElement, document_fromstring, fromstring

from pretadepenser import create_app
from pretadepenser.credit.dictionary import EXTERNAL_GROUP, in_group
from pretadepenser.credit.explanation.reasons import explain
from pretadepenser.credit.model.scoring import Model, score_row
from pretadepenser.credit.portfolio import Portfolio, current_portfolio
from pretadepenser.credit.recourse import deadline, meeting_sheet
from pretadepenser.credit.recourse.decision import Verdict
from pretadepenser.credit.recourse.meeting_sheet import Bureau
from tests.conftest import signed_in, still_signed_in
from tests.web import test_replay
from tests.web.deciding import ASKED, decide, led, main_of, read, send, words

PAGES = Path(__file__).parents[2] / "deploy" / "pages"
KNOWN = 157_083
NEAR = (
    "Ce cas est proche de la limite. Un autre apprentissage du modèle pourrait donner la réponse contraire : "
    "vérifiez les données du dossier avant de répondre. La décision reste la vôtre."
)
NEAR_SHEET = (
    "Votre score est proche de la limite : la réponse aurait pu être l’autre. Vérifiez avec votre conseiller "
    "les chiffres de cette fiche. Une personne prend la décision, pas le programme."
)
NEAR_SIMULATED = (
    "Le cas simulé est proche de la limite. Un autre apprentissage du modèle pourrait donner la réponse "
    "contraire : ne promettez rien sur cette seule simulation."
)
NEAR_REVIEWED = (
    "Le score est proche de la limite. Une nouvelle décision attendra une seconde lecture, sauf si vous "
    "demandez des pièces."
)
NOTHING_MOVES = "Aucune donnée ne fait bouger le score d’un point ou plus."
NONE_AGAINST = "Aucune donnée ne retirait un point ou plus au score."
NONE_IN_FAVOUR = "Aucune donnée n’ajoutait un point ou plus au score."


@pytest.fixture(scope="module")
def own(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application on a copy of `untouched` of this file's own: nobody has decided there yet."""
    folder = shutil.copytree(untouched, tmp_path_factory.mktemp("rare") / "instance", symlinks=True)
    return create_app({"INSTANCE": folder, "TESTING": True})


@pytest.fixture(scope="module")
def near(model: Model, portfolio: Portfolio) -> int:
    """A client whose score is near the limit."""
    clients = map(portfolio.client, portfolio.numbers().tolist())
    return next(one.number for one in clients if one and score_row(model, one.values, 0.48, one.number).close)


@pytest.fixture(scope="module")
def torn(model: Model, portfolio: Portfolio) -> int:
    """A client with reasons each way."""
    for client in map(portfolio.client, portfolio.numbers()[1:].tolist()):
        assert client
        told = explain(model, portfolio, client.values, 0.48)
        if told.against and told.in_favour:
            return client.number
    raise AssertionError("nobody has reasons each way")


def simulated(app: Flask, number: int, share: float) -> HtmlElement:
    """The answer to a credit of a share of that of the file."""
    browser, address = still_signed_in(app, "agathe"), f"/clients/{number}/simulation"
    form = next(
        one
        for one in document_fromstring(browser.get(address).text).forms
        if str(one.get("action")).endswith("simulation")
    )
    sent = dict(form.form_values())
    amount = float("".join(sent["amt_credit"].split()).replace(",", ".")) * share
    return main_of(browser.post(address, data=sent | {"amt_credit": f"{amount:.2f}".replace(".", ",")}))


def test_near_the_limit_every_page_says_so(app: Flask, near: int) -> None:
    browser = still_signed_in(app, "agathe")
    for number in (near, KNOWN):
        assert (NEAR in read(browser, f"/clients/{number}")) == (number == near)
        assert (NEAR_SHEET in read(browser, f"/clients/{number}/entretien")) == (number == near)
        told = words(simulated(app, number, 0.9999))
        assert (NEAR_SIMULATED in told) == (number == near)
        assert (NOTHING_MOVES in told) == ("Ce qui fait bouger le score" not in told)
    assert NOTHING_MOVES in words(simulated(app, KNOWN, 0.99999))


def test_a_review_near_the_limit_tells_of_the_second_reading(own: Flask, near: int) -> None:
    agathe, delphine = still_signed_in(own, "agathe"), still_signed_in(own, "delphine")
    for number in (near, KNOWN):
        made = decide(own, "agathe", number=number)
        record = led(send(agathe, f"/decisions/{made}/reexamen", **ASKED))
        assert (NEAR_REVIEWED in read(delphine, f"{record}/issue")) == (number == near)


def test_before_anything_is_decided_lists_say_so_and_once_all_is_late_that_nothing_else_waits(
    untouched: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(untouched, tmp_path / "instance", symlinks=True)
    app = create_app({"INSTANCE": folder, "TESTING": True})
    agathe, delphine = signed_in(app, "agathe"), signed_in(app, "delphine")
    assert read(agathe, "/decisions").endswith(
        "Vous n’avez pas encore enregistré de décision. Ouvrez un client, puis « Décider »."
    )
    assert read(delphine, "/decisions").endswith("Aucune décision n’est encore enregistrée.")
    told = read(delphine, "/revues")
    assert "Aucune décision n’attend de seconde lecture." in told
    assert "Aucune demande de réexamen n’est ouverte." in told
    decide(app, "agathe", Verdict.GRANT, waiting=True, at=datetime.now(UTC) - timedelta(5))
    told = read(delphine, "/revues")
    assert "Aucune autre décision n’attend de seconde lecture." in told
    # What is late is no request for a review: there is none, and not no other.
    assert "Aucune demande de réexamen n’est ouverte." in told
    led(send(agathe, f"/decisions/{decide(app, 'agathe', number=100_001)}/reexamen", **ASKED))
    assert "1 demande attend une réponse" in read(delphine, "/revues")


def test_of_nothing_but_late_requests_no_other_decision_is_told(untouched: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(untouched, tmp_path / "instance", symlinks=True)
    app = create_app({"INSTANCE": folder, "TESTING": True, "REVIEW_DAYS": 30})
    agathe, delphine = signed_in(app, "agathe"), signed_in(app, "delphine")
    received = deadline.today() - timedelta(31)
    made = decide(app, "agathe", at=datetime.now(UTC) - timedelta(40))
    led(send(agathe, f"/decisions/{made}/reexamen", **{**ASKED, "recue": received.isoformat()}))
    told = read(delphine, "/revues")
    assert "1 dossier attend, dont 1 en retard" in told
    assert "Aucune décision n’attend de seconde lecture." in told
    assert "Aucune autre demande de réexamen n’est ouverte." in told


def test_what_was_sent_back_is_not_nothing(untouched: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(untouched, tmp_path / "instance", symlinks=True)
    app = create_app({"INSTANCE": folder, "TESTING": True})
    delphine = signed_in(app, "delphine")
    assert "Revues : rien n’attend" in read(delphine, "/revues")
    for count in (1, 2):
        one = decide(app, "agathe", waiting=True)
        led(send(delphine, f"/revues/decisions/{one}", avis="renvoi", motif="Un revenu manque."))
        many = "1 décision à corriger" if count == 1 else "2 décisions à corriger"
        assert f"Revues : {many}" in read(delphine, "/revues")
    decide(app, "agathe", waiting=True)
    assert "Revues : 1 dossier attend ; 2 décisions à corriger" in read(delphine, "/revues")


def test_without_a_reason_the_page_says_that_there_is_none(
    own: Flask, model: Model, portfolio: Portfolio, torn: int
) -> None:
    """Of a client whom the model knows nothing of that counts: made up here from one who has reasons."""
    client = portfolio.client(torn)
    assert client
    explanation = explain(model, portfolio, client.values, 0.48)
    why = own.jinja_env.get_template("components/why.html").module.why  # type: ignore[attr-defined]
    none_against = "Aucune donnée ne retire un point ou plus au score."
    none_in_favour = "Aucune donnée n’ajoute un point ou plus au score."
    with own.test_request_context():
        told = words(
            fromstring(f"<div>{why(replace(explanation, parts=(), against=(), in_favour=()))}</div>")
        )
        rare = words(fromstring(f"<div>{why(replace(explanation, against=(), in_favour=()))}</div>"))
        other = words(fromstring(f"<div>{why(explanation)}</div>"))
    assert f"Ce qui joue contre ce client {none_against}" in told
    assert f"Ce qui joue pour ce client {none_in_favour}" in told
    # Whatever is too rare to be a reason counts all the same.
    assert (
        "Ce qui joue contre ce client Ce qui retire des points au score est trop rare ou trop peu connu pour "
        "être une raison."
    ) in rare
    assert (
        "Ce qui joue pour ce client Ce qui ajoute des points au score est trop rare ou trop peu connu pour "
        "être une raison."
    ) in rare
    assert none_against not in other
    assert none_in_favour not in other


def test_advice_without_a_reason_says_that_there_was_none(own: Flask, torn: int) -> None:
    made = decide(own, "agathe", Verdict.GRANT, number=torn, waiting=True)
    pages = ("agathe", f"/decisions/{made}"), ("delphine", f"/revues/decisions/{made}")
    for who, page in pages:
        told = read(still_signed_in(own, who), page)
        assert NONE_AGAINST not in told
        assert NONE_IN_FAVOUR not in told
    test_replay.falsified(own, made, against=[], in_favour=[])
    for who, page in pages:
        told = read(still_signed_in(own, who), page)
        assert (
            "Ce qui jouait contre le client Ce qui retirait des points au score était trop rare ou trop peu "
            "connu pour être une raison."
        ) in told
        assert (
            "Ce qui jouait pour le client Ce qui ajoutait des points au score était trop rare ou trop peu "
            "connu pour être une raison."
        ) in told
    test_replay.falsified(own, made, against=[], in_favour=[], lines=[])
    for who, page in pages:
        told = read(still_signed_in(own, who), page)
        assert f"Ce qui jouait contre le client {NONE_AGAINST}" in told
        assert f"Ce qui jouait pour le client {NONE_IN_FAVOUR}" in told


def test_a_correction_after_another_import_says_what_the_advice_was(own: Flask) -> None:
    made = decide(own, "agathe", number=100_001)
    record = led(send(still_signed_in(own, "agathe"), f"/decisions/{made}/reexamen", **ASKED))
    said = (
        "Le modèle ou le portefeuille a changé depuis la décision. L’avis était alors de 431 points. L’avant "
        "et l’après se calculent tous deux avec ce qui est en place aujourd’hui."
    )
    assert "a changé depuis la décision" not in read(still_signed_in(own, "delphine"), f"{record}/donnees")
    test_replay.falsified(own, made, portfolio="0" * 64, points=431)
    assert said in read(still_signed_in(own, "delphine"), f"{record}/donnees")


def test_a_model_without_groups_to_compare_says_how_many_it_takes(
    app: Flask, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = (
        "Le portefeuille ne permet aucune comparaison : il faut au moins deux groupes de 100 clients, et un "
        "prêt accordé dans l’un d’eux."
    )
    auditor = still_signed_in(app, "basile")
    whole, compares = read(auditor, "/modele/equite"), "Cette page compare pourtant ses décisions"
    assert compares in whole
    assert "aucune comparaison" not in whole
    shows = "D’autres données peuvent pourtant les refléter. Voici ce que ses décisions montrent."
    assert shows in read(auditor, "/modele")
    bare = Model.load(model.folder)
    audits = model.global_explanation.audits
    bare.__dict__["global_explanation"] = replace(model.global_explanation, audits=audits[1:])
    monkeypatch.setattr("pretadepenser.web.resources.model", lambda: bare)
    assert (
        "Le portefeuille ne permet aucune comparaison selon le sexe. Il faut au moins deux groupes de 100 "
        "clients, et un prêt accordé dans l’un d’eux."
    ) in read(auditor, "/modele/equite")
    assert "Le portefeuille ne permet aucune comparaison selon le sexe." in read(auditor, "/modele")
    bare.__dict__["global_explanation"] = replace(model.global_explanation, audits=())
    assert shows not in read(auditor, "/modele")
    told = read(auditor, "/modele/equite")
    assert compares not in told
    assert "D’autres données peuvent pourtant les refléter." in told
    assert "Les mesures portent" not in told
    assert told.startswith("Équité des décisions : aucune comparaison possible")
    assert said in told


def test_frame_and_dialog_say_whose_data_and_how_long(app: Flask, genuine: Path) -> None:
    page = document_fromstring(still_signed_in(app, "agathe").get("/aide").text)
    (banner,) = page.xpath("//aside[@aria-label='Avertissement sur les données']")
    assert words(banner) == (
        "Données fictives : ces clients n’existent pas, ce portefeuille sert à la démonstration."
    )
    assert len(page.xpath("//nav[@aria-label='Sommaire de l’aide']")) == 1
    states = {one.get("data-state"): words(one) for one in page.xpath("//dialog//*[@data-state]")}
    assert states == {
        "warning": "Votre session va se terminer Sans activité de votre part, elle se termine dans moins "
        "de deux "
        "minutes. Rester connecté Se déconnecter",
        "last": "Votre session ne peut pas être prolongée Elle se termine dans moins de deux minutes. Ce "
        "que vous "
        "enverrez ensuite sera gardé jusqu’à votre nouvelle connexion. Continuer Se déconnecter",
        "over": "Votre session est terminée Ce que vous avez saisi est encore sur cette page. "
        "Connectez-vous dans "
        "un autre onglet, puis revenez ici. Se connecter (nouvel onglet) Revenir à la page",
    }
    true = create_app({"INSTANCE": genuine, "TESTING": True})
    assert not document_fromstring(signed_in(true, "agathe").get("/aide").text).xpath("//aside")


# --- the meeting sheet ----------------------------------------------------------------------------

LAW = " (directive (UE) 2023/2225, article 19 ; Code de la consommation, article L. 312-16)."
ASKED_OF = f"Demandez-leur vos données{LAW}"
ASKED_OF_ONE = f"Demandez à cet organisme vos données{LAW}"
ALPHA = (Bureau("Alpha", "alpha.fr"), Bureau("Bêta", ""))


@pytest.mark.parametrize(
    ("scored", "consulted", "filed", "keeper", "said"),
    [
        (
            0, (), True, "",
            "Nous avons consulté le fichier des crédits : demandez à votre conseiller qui le tient. "
            f"{ASKED_OF_ONE}",
        ),
        (0, (), True, "Registre", f"Nous avons consulté le fichier des crédits : Registre. {ASKED_OF_ONE}"),
        (2, ALPHA, False, "", f"Nous avons utilisé les notes de : Alpha (alpha.fr), Bêta. {ASKED_OF}"),
        (1, ALPHA[:1], False, "", f"Nous avons utilisé la note de : Alpha (alpha.fr). {ASKED_OF_ONE}"),
        (
            2, (), False, "",
            "Nous avons utilisé des notes d’organismes extérieurs : demandez leur nom et leur adresse à "
            f"votre conseiller. {ASKED_OF}",
        ),
        (
            1, (), False, "",
            "Nous avons utilisé la note d’un organisme extérieur : demandez son nom et son adresse à votre "
            f"conseiller. {ASKED_OF_ONE}",
        ),
        (
            1, ALPHA[:1], True, "",
            "Nous avons utilisé la note de : Alpha (alpha.fr). Nous avons aussi consulté le fichier des "
            f"crédits : demandez à votre conseiller qui le tient. {ASKED_OF}",
        ),
        (0, (), False, "", None),
    ],
)  # fmt: skip
def test_a_refusal_names_what_was_consulted_in_every_case(
    app: Flask, model: Model, portfolio: Portfolio, refused: int,
    scored: int, consulted: tuple[Bureau, ...], filed: bool, keeper: str, said: str | None,
) -> None:  # fmt: skip
    client = portfolio.client(refused)
    assert client
    sheet = meeting_sheet.sheet(model, portfolio, client.values, 0.48, refused)
    sheet = replace(sheet, scored=scored, consulted=consulted, past=None)
    with app.test_request_context():
        told = part(app, "data", keeper)(sheet.score, sheet, SimpleNamespace(filed=filed))
    text = words(fromstring(f"<div>{told}</div>"))
    assert ("Les fichiers consultés avant ce refus" in text) == (said is not None)
    if said is not None:
        assert f"Les fichiers consultés avant ce refus {said}" in text


@pytest.mark.parametrize(("known", "said"), [(1, 1), (3, 3)])
def test_a_sheet_counts_the_scores_that_it_used(
    model: Model, portfolio: Portfolio, refused: int, known: int, said: int
) -> None:
    client = portfolio.client(refused)
    assert client
    columns = [column.name for column in in_group(EXTERNAL_GROUP)]
    scores = {name: 0.2 if place < known else None for place, name in enumerate(columns)}
    assert meeting_sheet.sheet(model, portfolio, {**client.values, **scores}, 0.48, refused).scored == said


EQUAL = (
    "Les deux chiffres sont justes : le modèle donne autant de poids à ce cas qu’à l’autre. Sa probabilité "
    "n’est donc pas la part réelle ; elle ne se compare qu’à la tolérance."
)
EQUAL_SHEET = (
    "Elle n’est pas la part réelle des difficultés, donnée au début : elles ont ici autant de poids que les "
    "remboursements."
)


def test_the_probability_is_above_what_happened_only_where_it_is(
    app: Flask, model: Model, portfolio: Portfolio, refused: int
) -> None:
    """Where as many clients defaulted as repaid, it need not be."""
    client = portfolio.client(refused)
    assert client
    sheet = meeting_sheet.sheet(model, portfolio, client.values, 0.48, refused)
    for score, equal in ((sheet.score, False), (replace(sheet.score, calibrated=0.97), True)):
        with app.test_request_context():
            told = part(app, "data")(score, sheet, SimpleNamespace(filed=False))
            told += app.jinja_env.get_template("components/decision.html").make_module().decision(score)  # type: ignore[attr-defined]
        text = words(fromstring(f"<div>{told}</div>"))
        assert (EQUAL in text, EQUAL_SHEET in text) == (equal, equal)
        assert ("comme ce cas est rare" in text, "rares, elles ont" in text) == (not equal, not equal)


@pytest.mark.parametrize(
    ("elsewhere", "ours", "bureau", "files", "said"),
    [
        (
            2, 0, 0, 0,
            "Ces lignes viennent du fichier des crédits, où chaque établissement déclare les siens. Elles "
            "n’ont pas servi au calcul.",
        ),
        (
            1, 0, 0, 0,
            "Cette ligne vient du fichier des crédits, où chaque établissement déclare les siens. Elle n’a "
            "pas servi au calcul.",
        ),
        (0, 2, 0, 0, "Ces lignes viennent de nos dossiers. Elles n’ont pas servi au calcul."),
        (0, 1, 0, 0, "Cette ligne vient de nos dossiers. Elle n’a pas servi au calcul."),
        (
            1, 1, 0, 0,
            "La première ligne vient du fichier des crédits, où chaque établissement déclare les siens ; "
            "l’autre, de nos dossiers. Elles n’ont pas servi au calcul.",
        ),
        (
            2, 0, 1, 0,
            "Ces lignes viennent du fichier des crédits, où chaque établissement déclare les siens. Le "
            "programme tire du fichier 1 chiffre : demandez-le à votre conseiller.",
        ),
        (
            0, 2, 0, 3,
            "Ces lignes viennent de nos dossiers. Le programme tire de nos dossiers 3 chiffres : "
            "demandez-les à votre conseiller.",
        ),
        (
            2, 2, 2, 3,
            "Les premières lignes viennent du fichier des crédits, où chaque établissement déclare les siens "
            "; les autres, de nos dossiers. Le programme en tire 5 chiffres : demandez-les à votre "
            "conseiller.",
        ),
    ],
)  # fmt: skip
def test_the_sheet_says_where_the_history_comes_from_and_how_to_contest_it(
    app: Flask, elsewhere: int, ours: int, bureau: int, files: int, said: str
) -> None:
    line = (("Demandes précédentes", "aucune"),)
    past = SimpleNamespace(elsewhere=line * elsewhere, ours=line * ours, bureau=bureau, files=files)
    with app.test_request_context():
        told = words(fromstring(f"<div>{part(app, 'past')(SimpleNamespace(past=past))}</div>"))
    assert told.startswith(f"Votre historique de crédit {said} ")
    assert told.endswith(
        "Un crédit qui n’est pas le vôtre ? Un retard déjà payé ? Contestez-le"
        + (
            " : le fichier se corrige chez l’organisme qui le tient, ou chez l’établissement qui a déclaré "
            "le crédit"
            if elsewhere
            else ""
        )
        + (" ; nos dossiers, chez nous" if ours else "")
        + " (RGPD, article 16)."
    )


@pytest.fixture(scope="module")
def refused(model: Model, portfolio: Portfolio) -> int:
    """A client whose loan is refused."""
    clients = map(portfolio.client, portfolio.numbers().tolist())
    return next(one.number for one in clients if one and not score_row(model, one.values, 0.48).granted)


def part(app: Flask, name: str, keeper: str = "") -> Callable[..., str]:
    """A part of the meeting sheet; keeper: who keeps the file of credits."""
    lender = SimpleNamespace(values={"CREDIT_FILE": keeper})
    template = app.jinja_env.get_template("components/meeting.html")
    made: Callable[..., str] = getattr(template.make_module({"lender": lender}), name)
    return made


# --- the copy that a client is given --------------------------------------------------------------


def copied(app: Flask, number: int, folder: Path) -> str:
    """The page of a client's copy, in words."""
    done = app.test_cli_runner().invoke(args=["client", "export", str(number), "--output", str(folder)])
    assert done.exit_code == 0, done.output
    body = document_fromstring((folder / f"{number}.html").read_text("utf-8")).find("body")
    return words(body)


NOTHING_KEPT = (
    "Votre historique de crédit Nous ne gardons aucun historique de vos crédits.",
    "Les décisions Aucune décision n’est gardée.",
    "Les réexamens que vous avez demandés Aucun réexamen n’est gardé.",
    "Les courriers Aucun courrier n’est gardé.",
)


def test_a_copy_says_what_is_not_kept_what_is_under_way_and_what_is_held(
    untouched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without Pango: the PDF says the same and takes seconds.
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    folder = shutil.copytree(untouched, tmp_path / "instance", symlinks=True)
    app = create_app({"INSTANCE": folder, "TESTING": True})
    told = copied(app, KNOWN, tmp_path / "rien")
    for sentence in NOTHING_KEPT:
        assert sentence in told
    assert "Vos données ne peuvent pas être effacées" not in told
    asked = {"verdict": "pièces", "demandees": ["impots"]}
    led(send(signed_in(app, "agathe"), f"/clients/{KNOWN}/decision", **asked))
    made = decide(app, "agathe", Verdict.REFUSE)
    place = portfolio_place(app, KNOWN)
    test_replay.decide(app, "counter", place, 0.5)
    led(send(signed_in(app, "agathe"), f"/decisions/{made}/reexamen", **ASKED))
    runner = app.test_cli_runner()
    assert runner.invoke(args=["client", "hold", str(KNOWN), "--reason", "litige"]).exit_code == 0
    told = copied(app, KNOWN, tmp_path / "tout")
    for sentence in (
        "Pièce demandée : Dernier avis d’imposition",
        "Pourquoi une seconde lecture : ",
        "Autre prêt proposé – montant",
        "Vous avez demandé : Mon revenu est plus élevé que ce que dit le dossier. Il est en cours.",
        "Vos données ne peuvent pas être effacées, depuis le ",
        " : litige. Combien de temps elles sont gardées",
    ):
        assert sentence in told, sentence
    for sentence in NOTHING_KEPT[1:3]:
        assert sentence not in told


def portfolio_place(app: Flask, number: int) -> int:
    """The place of a client in the portfolio of an application."""
    found = current_portfolio(app.config["INSTANCE"])
    assert found
    place = found.index(number)
    assert place is not None
    return place


# --- what nginx serves by itself ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "title", "said"),
    [
        (
            "indisponible",
            "Application indisponible – Prêt à dépenser",
            "L’application ne répond pas. Recommencez dans un instant. Si l’incident dure, prévenez votre "
            "administrateur.",
        ),
        (
            "trop-long",
            "Envoi trop volumineux – Prêt à dépenser",
            "Ce qui a été envoyé dépasse la taille permise, 41 Mo. Réduisez-le, puis recommencez.",
        ),
    ],
)
def test_the_pages_of_the_proxy_say_what_happened_and_what_to_do(name: str, title: str, said: str) -> None:
    page = document_fromstring((PAGES / f"{name}.html").read_text("utf-8"))
    assert page.findtext(".//title") == title
    assert [words(one) for one in page.xpath("//main/*")] == [title.partition(" – ")[0], said]
