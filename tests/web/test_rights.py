"""People's rights over their data, from the command line, on a whole instance: every byte is looked at."""

import json
import os
import re
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import lxml.html
import pikepdf
import pyarrow as pa
import pytest
from click.testing import Result
from flask import Flask

from pretadepenser import create_app, demo, storage
from pretadepenser.cli import copies, erasure, rights
from pretadepenser.credit.dictionary import STORED
from pretadepenser.credit.model.scoring import current_model, current_scores, score_portfolio
from pretadepenser.credit.portfolio import Portfolio, current_portfolio, import_batches, removal
from pretadepenser.credit.recourse.decision import Verdict
from pretadepenser.records import decisions, journal, reviews
from pretadepenser.records.erasing import Erased
from tests import pdf_ua
from tests.conftest import USERS, signed_in, still_signed_in
from tests.unit import made_up_histories
from tests.unit.written import MARK, Writer
from tests.web.deciding import decide, person, read
from tests.web.test_meeting import needs_pango

# No other number of the instance looks like it, whole or in parts.
CLIENT, OTHER = 7_351_902_846_113, 157_083
INCOME = 1_234_567.25
CLIENTS = 300
REPO = Path(__file__).parents[2]


def flask(app: Flask, *words: str) -> Result:
    """Run one command in this process."""
    return app.test_cli_runner().invoke(args=list(words))


def _rows() -> pa.Table:
    """Fictitious clients, the last one with the number and the income that are looked for."""
    rows = pa.Table.from_batches(demo.batches(CLIENTS, 3)).combine_chunks()
    for name, value in (("SK_ID_CURR", CLIENT), ("AMT_INCOME_TOTAL", INCOME)):
        place = rows.schema.get_field_index(name)
        values = [*rows.column(name).to_pylist()[:-1], value]
        rows = rows.set_column(place, rows.schema.field(name), pa.array(values, rows.schema.field(name).type))
    return rows


@pytest.fixture(scope="module")
def filled(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance that knows all it can of one client: file, histories, score, pictures, tables, evidence.

    Two portfolios were imported: the older one is still on the disk. Never changed.
    """
    folder = Path(tmp_path_factory.mktemp("filled") / "instance")
    shutil.copytree(untouched, folder, symlinks=True)
    own = {
        name: [{key: CLIENT if key == "SK_ID_CURR" else value for key, value in row.items()} for row in rows]
        for name, rows in made_up_histories.of(OTHER).items()
    }
    model = current_model(folder)
    assert model is not None

    def scored(portfolio: Portfolio) -> None:
        score_portfolio(model, portfolio, folder)

    for _ in range(2):
        import_batches(
            _rows().to_batches(),
            folder,
            histories=made_up_histories.batches(own),
            fictitious=True,
            before=scored,
        )
    app = create_app({"INSTANCE": folder, "TESTING": True})
    browser = still_signed_in(app, "agathe")
    for number in (CLIENT, OTHER):
        for address in ("", "/graphiques/score.svg", "/dossier", "/historique"):
            assert browser.get(f"/clients/{number}{address}").status_code in (200, 404)
    writer = Writer(app.extensions["database"], CLIENT)
    writer.all()
    # The way that pages go: the model and the distributions that it was advised with are archived.
    decide(app, "agathe", number=CLIENT)
    with storage.publish(folder, "audit") as draft:
        with zipfile.ZipFile(draft / "audit-accessibilite.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("audit/pages.html", f"<a href='/clients/{CLIENT}'>" * 50)
        (draft / "audit.json").write_text("{}")
    app.extensions["database"].engine.dispose()
    return folder


@pytest.fixture
def own(filled: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(filled, tmp_path / "instance", symlinks=True))


@pytest.fixture
def app(own: Path) -> Flask:
    """The application on it."""
    return create_app({"INSTANCE": own, "TESTING": True})


def needles() -> dict[str, bytes]:
    """Everything that tells of the client, as bytes: number, income, texts."""
    return {
        "number": str(CLIENT).encode(),
        "int64": struct.pack("<q", CLIENT),
        "int64, as SQLite has it": CLIENT.to_bytes(6, "big"),
        "float64": struct.pack("<d", CLIENT),
        "income": struct.pack("<d", INCOME),
        "income, written": b"1234567.25",
        "text": MARK.encode(),
    }


# In a portfolio of 300 clients the distributions that a decision is replayed with are all their values, each
# column by itself and sorted: of nobody, and needed for the decisions on others (docs/decisions/replay.md).
ARCHIVED = {("archive/ladders.npy", "income")}


def found(folder: Path) -> set[tuple[str, str]]:
    """Files of an instance, by the first word of their path, that hold what, packed ones unpacked."""
    hits = set()
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        contents = [path.read_bytes()]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                contents += [archive.read(name) for name in archive.namelist()]
        name = f"{path.relative_to(folder).parts[0].partition('.2')[0]}/{path.name}"
        hits |= {(name, what) for what, needle in needles().items() for one in contents if needle in one}
    return hits - ARCHIVED


def chain(folder: Path) -> list[tuple[str, str | None]]:
    """Kind and content of the journal's entries, past the application, after it has verified."""
    app = create_app({"INSTANCE": folder, "TESTING": True})
    journal.verify(app.extensions["database"])
    app.extensions["database"].engine.dispose()
    with sqlite3.connect(f"file:{folder}/pretadepenser.sqlite?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT kind, content FROM journal_entry ORDER BY number").fetchall()
    connection.close()
    return rows


def states(folder: Path) -> list[str]:
    """What the journal says of erasures."""
    told = [content for kind, content in chain(folder) if kind == "rights.erased"]
    return [json.loads(content or "")["state"] for content in told]


def opened(folder: Path) -> Portfolio:
    held = current_portfolio(folder)
    assert held is not None
    return held


def test_before_the_client_is_everywhere(filled: Path) -> None:
    """Else the search below would find nothing for the wrong reason."""
    hits = found(filled)
    assert {what for _, what in hits} == set(needles())
    assert {name for name, what in hits if what == "int64"} >= {
        "portfolio/clients.arrow", "portfolio/numbers.npy", "portfolio/bureau.arrow",
    }  # fmt: skip
    assert ("portfolio/ladders.npy", "income") in hits
    assert ("audit/audit-accessibilite.zip", "number") in hits
    assert ("pretadepenser.sqlite/pretadepenser.sqlite", "text") in hits
    assert len(storage.generations(filled, "portfolio")) == 2
    assert len(storage.generations(filled, "scores")) == 2
    assert list((filled / "pictures").iterdir())


def test_erasing_leaves_no_byte_while_the_application_is_in_use(own: Path, app: Flask) -> None:
    model = current_model(own)
    assert model is not None
    before, numbers = current_scores(own, opened(own), model), opened(own).numbers().copy()
    assert before is not None
    margins = dict(zip(numbers.tolist(), before.tolist(), strict=True))
    using = still_signed_in(app, "agathe")
    assert using.get(f"/clients/{CLIENT}").status_code == 200
    done = flask(app, "client", "erase", str(CLIENT))
    assert done.exit_code == 0, done.output
    assert (
        f"Client {CLIENT} effacé : son dossier avec son score, 2\xa0décisions, 1\xa0seconde lecture, "
        "1\xa0réexamen, 2\xa0lettres, " in done.stdout
    )
    assert done.stdout.endswith(
        "Les preuves d’accessibilité publiées montraient ce client : elles sont retirées (flask audit).\n"
        "Restent à effacer à la main : les sauvegardes, les fichiers importés, ce qui a été remis.\n"
    )
    assert (own / "pretadepenser.sqlite-wal").exists(), "the application is open"
    assert found(own) == set()
    assert states(own) == ["commencé", "achevé"]
    # All others are as they were, with their scores.
    assert opened(own).size == CLIENTS - 1
    after = current_scores(own, opened(own), model)
    assert after is not None
    del margins[CLIENT]
    assert dict(zip(opened(own).numbers().tolist(), after.tolist(), strict=True)) == margins
    assert using.get(f"/clients/{CLIENT}").status_code == 404
    assert using.get("/").status_code == 200
    for name in ("portfolio", "scores"):
        assert len(storage.generations(own, name)) == 1
    assert re.match(
        r"La chaîne du journal est entière : \d+\xa0entrées, dont \d+\xa0effacées? comme il le dit\.\n",
        flask(app, "journal", "verify").output,
    )
    assert not (own / "erasing.json").exists()
    assert len(list((own / "pictures").iterdir())) == 0
    assert "Tout est tel qu’il a été écrit" in flask(app, "portfolio", "verify").output


def test_erasing_again_changes_nothing_and_strangers_are_told(own: Path, app: Flask) -> None:
    assert flask(app, "client", "erase", str(CLIENT)).exit_code == 0
    folder, entries = opened(own).folder, chain(own)
    again = flask(app, "client", "erase", str(CLIENT))
    assert again.exit_code == 0
    assert re.fullmatch(
        rf"Le client {CLIENT} est déjà effacé, depuis le .* : il n’en reste rien\.\n", again.stdout
    )
    stranger = flask(app, "client", "erase", "123456")
    assert stranger.exit_code == 1
    assert "Erreur : Rien n’est gardé d’un client 123456 : vérifiez son numéro." in stranger.output
    assert "Rien n’est arrivé à terme." in flask(app, "retention", "run").output
    assert (opened(own).folder, chain(own)) == (folder, entries)


def test_pages_of_what_is_erased_say_so(own: Path, app: Flask) -> None:
    """Rows stay, empty: no page that lists or shows them breaks."""
    flask(app, "client", "erase", str(CLIENT))
    manager, auditor = signed_in(app, "delphine"), signed_in(app, "basile")
    told = manager.get("/decisions/1").text.replace("\xa0", " ")
    assert (
        "Ce qu’elle disait a été effacé : le temps de le garder est passé, ou le client l’a demandé." in told
    )
    review = " ".join(manager.get("/revues/REV-2026-000001").text.split())
    for sentence in (
        "Ce que le client demandait a été effacé : le temps de le garder est passé, ou le client l’a "
        "demandé.",
        "Ce qui a été corrigé est effacé : le temps de le garder est passé, ou le client l’a demandé.",
        "Ce qui a été répondu est effacé : le temps de le garder est passé, ou le client l’a demandé.",
    ):
        assert sentence in review
    pages = {
        "/decisions": 200, "/revues": 200, "/decisions/2": 200, "/revues/REV-2026-000001": 200,
        "/decisions/1/courrier": 200, "/courriers/1.pdf": 404, f"/clients/{CLIENT}/decision": 404,
    }  # fmt: skip
    assert {page: manager.get(page).status_code for page in pages} == pages
    assert auditor.get("/journal").status_code == 200
    assert str(CLIENT) not in auditor.get("/journal").text
    assert found(own) == set(), "looking at them writes nothing of the client"


def test_pages_of_what_is_erased_before_it_ended_wait_for_nobody(own: Path, app: Flask) -> None:
    waits = decide(app, "agathe", Verdict.GRANT, number=CLIENT, waiting=True)
    sent = decide(app, "agathe", Verdict.GRANT, number=CLIENT, waiting=True)
    database = app.extensions["database"]
    decisions.read(database, sent, person(app, "delphine"), {"text": "Non."}, agrees=False)
    contested = decide(app, "agathe", number=CLIENT)
    today = datetime.now(UTC).astimezone().date()
    content = {"channel": "courrier", "request": "Je conteste."}
    asked = reviews.ask(database, "ouvert", person(app, "agathe"), contested, today, 30, content)
    manager = signed_in(app, "delphine")
    assert "Elle attend une seconde lecture." in read(manager, f"/decisions/{waits}")
    assert "et agathe décide à nouveau en la corrigeant." in read(manager, f"/decisions/{sent}")
    assert f"Le réexamen {asked} est en cours." in read(manager, f"/decisions/{contested}")
    assert "Conclure le réexamen" in read(manager, f"/revues/{asked}")
    assert flask(app, "client", "erase", str(CLIENT)).exit_code == 0
    told = read(manager, f"/decisions/{waits}")
    assert told.startswith(f"Prêt accordé, décision effacée avant sa seconde lecture – décision {waits} ")
    assert "Elle attendait une seconde lecture, qu’elle n’aura pas." in told
    told = read(manager, f"/decisions/{sent}")
    assert "elle ne vaut pas. Ce qu’elle disait a été effacé" in told
    assert f"Le réexamen {asked} n’a pas été conclu." in read(manager, f"/decisions/{contested}")
    told = read(manager, f"/revues/{asked}")
    assert told.startswith(f"Réexamen {asked} : effacé avant d’être conclu – décision {contested} ")
    assert "Conclure le réexamen" not in told
    told = read(manager, "/decisions")
    assert "effacée avant sa seconde lecture" in told
    assert "en attente d’une seconde lecture" not in told
    assert f"réexamen {asked} en cours" not in told
    for page in ("issue", "donnees"):
        assert "Les données de ce réexamen sont effacées." in read(manager, f"/revues/{asked}/{page}", 404)


def test_an_erased_client_without_a_score_is_told_without(own: Path, app: Flask) -> None:
    for name in ("scores", "model"):
        storage.forget(own, name)
        (own / name).unlink(missing_ok=True)
    done = flask(app, "client", "erase", str(CLIENT))
    assert done.exit_code == 0, done.output
    assert f"Client {CLIENT} effacé : son dossier, 2\xa0décisions, " in done.stdout


def test_a_legal_hold_refuses(own: Path, app: Flask) -> None:
    held = flask(app, "client", "hold", str(CLIENT), "--reason", "litige")
    assert held.output == f"Les données du client {CLIENT} ne seront pas effacées (litige).\n"
    before, folder = found(own), opened(own).folder
    refused = flask(app, "client", "erase", str(CLIENT))
    assert refused.exit_code == 1
    assert (
        "(litige) : rien n’est effacé. Pour lever cela : flask --app wsgi client release " in refused.output
    )
    assert (found(own), opened(own).folder) == (before, folder)
    assert not (own / "erasing.json").exists()
    assert flask(app, "client", "hold", "123456", "--reason", "litige").exit_code == 1
    assert flask(app, "client", "release", str(CLIENT)).output == (
        f"Les données du client {CLIENT} peuvent à nouveau être effacées.\n"
    )
    assert flask(app, "client", "erase", str(CLIENT)).exit_code == 0
    assert found(own) == set(), "the hold and its reason are gone as well"


def test_an_import_that_brings_the_client_back_says_so(own: Path, app: Flask) -> None:
    number = int(opened(own).numbers()[0])
    for one in (number, CLIENT):
        assert flask(app, "client", "erase", str(one)).exit_code == 0
    done = flask(app, "portfolio", "demo", "--clients", str(CLIENTS), "--seed", "3", "--no-histories")
    assert done.exit_code == 0, done.output
    assert f"Attention : un client effacé revient avec cet import, {number} (effacé le " in done.stderr
    assert (
        "). À retirer du fichier, et à effacer à nouveau : flask --app wsgi client erase N\n" in done.stderr
    )
    imported = [content for kind, content in chain(own) if kind == "portfolio.imported"]
    assert json.loads(imported[-1] or "")["returned"] == 1
    assert str(number) not in (imported[-1] or "")
    # It can be erased again, which is told again.
    assert flask(app, "client", "erase", str(number)).exit_code == 0
    assert opened(own).index(number) is None
    assert states(own) == ["commencé", "achevé"] * 3


# Run in a process of its own, which dies at a step.
KILLED = """
import os, signal, sys
from pathlib import Path
from pretadepenser import create_app
from pretadepenser.cli import erasure
from pretadepenser.credit.model.scoring import current_model, score_portfolio
folder, client, when = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
app = create_app({"INSTANCE": folder})
def progress(step, share):
    if step == when:
        os.kill(os.getpid(), signal.SIGKILL)
def before(portfolio):
    score_portfolio(current_model(folder), portfolio, folder, progress)
place = erasure.Place(folder, app.extensions["database"], app.config["SECRET_KEY"], progress, before)
erasure.erase(place, client)
"""


@pytest.mark.parametrize(
    ("step", "filed", "by"),
    [
        ("Écriture du portefeuille", True, "retention"),
        ("Calcul des statistiques", True, "erase"),
        ("Calcul des scores", True, "retention"),
        ("Réécriture de la base de données", False, "erase"),
    ],
)
def test_killed_in_the_middle_it_is_told_as_begun_and_ended_by_the_next(
    step: str, filed: bool, by: str, own: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(own), str(CLIENT), step],
        check=False,
        env=os.environ | {"PYTHONPATH": str(REPO)},
    )
    assert done.returncode == -signal.SIGKILL
    assert states(own) == ["commencé"], "never told as done while something is left"
    assert (opened(own).index(CLIENT) is not None) is filed
    assert found(own), "something is left"
    app = create_app({"INSTANCE": own, "TESTING": True})
    if by == "retention":
        assert "1\xa0effacement interrompu est achevé.\n" in flask(app, "retention", "run").stdout
    else:
        assert f"Client {CLIENT} effacé : " in flask(app, "client", "erase", str(CLIENT)).stdout
    assert found(own) == set()
    assert states(own) == ["commencé", "achevé"]
    assert opened(own).size == CLIENTS - 1
    assert "Rien n’est arrivé à terme." in flask(app, "retention", "run").stdout
    assert states(own) == ["commencé", "achevé"]


def test_while_scores_are_being_made_nothing_is_begun(own: Path, app: Flask) -> None:
    """They would be put in place afterwards, the client's among them."""
    with storage.publish(own, "scores") as draft:
        refused = flask(app, "client", "erase", str(CLIENT))
        (draft / "card.json").write_text("{}")
    assert refused.exit_code == 1
    assert (
        "Un import ou un calcul de scores est en cours, qui garderait ce client : recommencez après."
        in refused.output
    )
    assert states(own) == []


def test_two_erasures_at_once_are_one_after_the_other(own: Path, app: Flask) -> None:
    with erasure.alone(own):
        for words in (("client", "erase", str(CLIENT)), ("retention", "run")):
            refused = flask(app, *words)
            assert refused.exit_code == 1
            assert "Un effacement est en cours : recommencez quand il aura fini." in refused.output
    assert states(own) == []


def test_what_little_was_erased_is_told(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = SimpleNamespace(filed=False, rows=Erased(), evidence=False)
    monkeypatch.setattr(erasure, "erase", lambda *_: gone)
    assert flask(app, "client", "erase", str(CLIENT)).stdout.startswith(
        f"Client {CLIENT} effacé : il n’en restait rien.\n"
    )
    ended = SimpleNamespace(resumed=2, rows=Erased(entries=2, recent=1))
    monkeypatch.setattr(erasure, "run", lambda *_: ended)
    assert flask(app, "retention", "run").stdout == (
        "2\xa0effacements interrompus sont achevés.\n"
        "Effacé, arrivé à terme : 2\xa0entrées du journal et 1\xa0client vu récemment.\n"
    )


def test_on_a_terminal_the_number_is_asked_for_again(
    own: Path, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def typed(words: str, **_: object) -> int:
        asked.append(words)
        return CLIENT + 1

    monkeypatch.setattr(rights, "sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))
    monkeypatch.setattr(click, "prompt", typed)
    refused = flask(app, "client", "erase", str(CLIENT))
    assert (refused.exit_code, refused.stderr) == (
        1, "Erreur : Les deux numéros diffèrent : rien n’est effacé.\n",
    )  # fmt: skip
    assert asked == ["Numéro du client à effacer, encore une fois"]
    assert states(own) == []


def test_a_copy_tells_what_became_of_the_credit() -> None:
    assert copies._OUTCOMES == {0: "remboursé sans difficulté", 1: "des difficultés de paiement"}


def exported(app: Flask, folder: Path, *words: str) -> dict[str, Any]:
    """Export the client and give the JSON."""
    done = flask(app, "client", "export", str(CLIENT), "--output", str(folder), *words)
    assert done.stdout == (
        f"Tout ce qui est gardé du client {CLIENT} est dans {folder}.\n"
        "Vérifiez l’identité de qui le demande, et effacez ce dossier une fois remis.\n"
    )
    assert done.exit_code == 0, done.output
    whole: dict[str, Any] = json.loads((folder / f"{CLIENT}.json").read_text())
    return whole


def test_a_copy_holds_all_and_nothing_of_others(own: Path, app: Flask, tmp_path: Path) -> None:
    client = opened(own).client(CLIENT)
    assert client is not None
    whole = exported(app, tmp_path / "copie")
    assert whole["file"] == {name: client.values[name] for name in STORED}
    assert whole["file"]["AMT_INCOME_TOTAL"] == 1234567.25
    assert whole["amounts"] == {"currency": "EUR", "scale": 100}
    assert {name: len(rows) for name, rows in whole["histories"].items()} == {
        name: len(rows) for name, rows in opened(own).history(CLIENT).items()
    }
    assert len(whole["histories"]["bureau"]) > 1
    assert list(whole["score"]) == [
        "points", "probability", "limit", "calibrated_rate", "granted", "model",
        "reasons_against", "reasons_in_favour",
    ]  # fmt: skip
    assert isinstance(whole["score"]["points"], int)
    assert whole["score"]["limit"] == 0.48
    assert whole["score"]["granted"] is (whole["score"]["probability"] <= 0.48)
    assert [(one["decision"], one["verdict"]) for one in whole["decisions"]] == [(1, "refus"), (2, "refus")]
    assert whole["decisions"][0]["content"]["said"] == MARK
    assert whole["decisions"][0]["second_reading"]["content"] == {"text": MARK}
    assert whole["decisions"][1]["content"]["motives"] == ["revenus"]
    (review,) = whole["reviews"]
    assert (review["review"], len(review["steps"])) == ("REV-2026-000001", 1)
    assert review["outcome"]["outcome"] == "maintenue"
    assert [one["letter"] for one in whole["letters"]] == [1, 2]
    pdf = b"%PDF-1.7 " + MARK.encode() * 500
    for letter in (1, 2):
        assert (tmp_path / "copie" / f"courrier-{letter}.pdf").read_bytes() == pdf
    assert len(whole["recently_seen"]) == 1
    assert whole["legal_hold"] is None
    kinds = [one["kind"] for one in whole["journal"]]
    for kind in (
        "client.opened",
        "client.file",
        "client.history",
        "decision.made",
        "letter.made",
        "api.used",
        "journal.read",
    ):
        assert kind in kinds
    assert kinds[-1] == "rights.exported", "the copy is told in itself, as it is written first"
    (api,) = [one for one in whole["journal"] if one["kind"] == "api.used"]
    assert (api["system"], api["told"]["clients"]) == ("banque", [CLIENT])
    written = (tmp_path / "copie" / f"{CLIENT}.json").read_text()
    assert [name for name in USERS if name in written] == [], "staff are not the client's to know"


def test_a_copy_can_be_read_by_the_client(own: Path, app: Flask, tmp_path: Path) -> None:
    lines = sum(map(len, exported(app, tmp_path / "copie")["histories"].values()))
    page = lxml.html.parse(str(tmp_path / "copie" / f"{CLIENT}.html"))
    text = " ".join(page.getroot().text_content().split())
    for sentence in (
        f"Copie des données du client {CLIENT}",
        "Prêt à dépenser – copie établie le ",
        "Données fictives : ce client n’existe pas, ce portefeuille sert à la démonstration.",
        "Voici tout ce que nous gardons de vous (RGPD, article 15). Le fichier "
        f"{CLIENT}.json, remis avec cette page, contient les mêmes données, ligne par ligne, pour un autre "
        "programme (article 20). N’y sont pas : les noms des personnes qui travaillent pour nous, et les "
        "données d’autres clients.",
        "Votre dossier Il a été enregistré avec votre demande. ",
        " Issue connue de votre crédit : remboursé sans difficulté.",
        "Ce que le programme de score regarde",
        "Ce qu’il ne regarde pas",
        f"Votre historique de crédit Lignes brutes, toutes dans le fichier JSON : {lines}. En clair : ",
        "Votre score Il est calculé à chaque fois qu’il est demandé ; le voici à ce jour.",
        "Une seconde personne l’a lue ",
        "Les réexamens que vous avez demandés",
        "Il porte sur la décision 1. Réponse attendue au plus tard le ",
        "Des données ont été corrigées : ",
        ". Le détail est dans le fichier JSON.",
        "Ce qu’elle dit est dans le fichier JSON.",
        "Qui a consulté vos données, quand et pourquoi Chaque consultation est inscrite avant que la page "
        "soit montrée. Votre numéro est aussi parmi les derniers vus de 1 personne, ",
        "une personne ou un programme de l’organisme",
        "Combien de temps elles sont gardées",
        "Le programme conseillait d’accorder le prêt, avec un score de ",
        " pour 500 demandés.",
        "A joué contre votre demande : ",
        "A joué en votre faveur : ",
        "Ce qu’il ne doit pas regarder : motifs protégés par la loi, et votre entourage",
        "Crédits non terminés dans d’autres établissements, au jour de la demande",
        "Pourquoi cette réponse ?",
        "Motif : Les revenus ou l’emploi ne sont pas prouvés, ou pas stables",
        "Ce que vous avez dit : Il dit gagner plus.",
        "REV-2026-000001, le ",
        "Terminé le ",
        f"décision maintenue. Nous vous avons répondu : {MARK} Motif : Des pièces manquent ou ne concordent "
        f"pas Ce qui a été écrit : {MARK} ; {MARK} Pièce vérifiée : Dernier avis d’imposition",
        f"Vous avez demandé : {MARK}",
        "fichier courrier-1.pdf",
        "un autre système : banque",
        "Ce qui est écrit d’une demande refusée : 6 mois. Les autres décisions : 60 mois. "
        "Les consultations : ",
        "Vous pouvez en avoir une copie, avec leur origine et la logique du calcul (RGPD, article 15).",
    ):
        assert sentence in text, sentence
    (income,) = page.xpath("//tr[th[.='Revenu mensuel']]/td[contains(., '12')]")
    assert " ".join(income.text_content().split()) == "12 346 €"
    assert [name for name in USERS if name in text] == []
    assert page.xpath("//@src | //link/@href | //script") == [], "it fetches nothing"
    assert page.xpath("count(//h1)") == 1
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "copie").iterdir()}
    assert set(modes.values()) == {"0o600"}
    assert oct((tmp_path / "copie").stat().st_mode & 0o777) == "0o700"


def test_a_copy_says_of_a_decision_that_was_corrected_that_it_waits_for_nobody(
    own: Path, app: Flask, tmp_path: Path
) -> None:
    first = decide(app, "agathe", number=CLIENT, waiting=True)
    second = decide(app, "agathe", number=CLIENT, waiting=True, corrects=first)
    exported(app, tmp_path / "copie")
    page = lxml.html.parse(str(tmp_path / "copie" / f"{CLIENT}.html"))
    told = [
        " ".join(
            " ".join(
                page.xpath(f"//h3[starts-with(., 'Décision {one},')]/following-sibling::p/text()")
            ).split()
        )
        for one in (first, second)
    ]
    assert told[0].startswith(f"Elle ne vaut plus : la décision {second} la corrige.")
    assert told[1].startswith(f"Elle corrige la décision {first}. Elle attend une seconde lecture.")


@needs_pango
def test_a_copy_as_pdf_is_pdf_ua(own: Path, app: Flask, tmp_path: Path) -> None:
    exported(app, tmp_path / "copie")
    with pikepdf.open(tmp_path / "copie" / f"{CLIENT}.pdf") as document:
        assert pdf_ua.faults(document) == []
        said = " ".join(pdf_ua.said(document).split())
    assert f"Copie des données du client {CLIENT}" in said
    assert "Ce que vous avez dit : Il dit gagner plus." in said


def test_a_copy_is_never_written_over_something_else(own: Path, app: Flask, tmp_path: Path) -> None:
    words = ("client", "export", str(CLIENT), "--output", str(tmp_path / "copie"))
    exported(app, tmp_path / "copie")
    again = flask(app, *words)
    assert again.exit_code == 1
    assert f"{tmp_path}/copie existe déjà : choisissez un autre dossier, ou ajoutez --force." in again.output
    (tmp_path / "copie" / "courrier-99.pdf").write_text("d’avant")
    exported(app, tmp_path / "copie", "--force")
    assert not (tmp_path / "copie" / "courrier-99.pdf").exists()
    (tmp_path / "autre").mkdir()
    other = flask(app, "client", "export", str(CLIENT), "--output", str(tmp_path / "autre"), "--force")
    assert other.exit_code == 1
    assert f"{tmp_path}/autre existe déjà : choisissez un autre dossier." in other.output
    assert list((tmp_path / "autre").iterdir()) == []


def test_a_copy_of_whom_the_portfolio_has_not_and_of_nobody(own: Path, app: Flask, tmp_path: Path) -> None:
    removal.remove(own, [CLIENT], lambda step, share: None)
    whole = exported(app, tmp_path / "copie")
    assert (whole["file"], whole["histories"], whole["score"]) == (None, None, None)
    assert len(whole["decisions"]) == 2
    page = (tmp_path / "copie" / f"{CLIENT}.html").read_text()
    assert "Votre dossier n’est pas, ou plus, dans notre portefeuille." in page
    assert "Aucun score n’est calculé pour vous à ce jour." in page
    flask(app, "client", "erase", str(CLIENT))
    refused = flask(app, "client", "export", str(CLIENT), "--output", str(tmp_path / "rien"))
    assert refused.exit_code == 1
    assert f"Rien n’est gardé d’un client {CLIENT} : vérifiez son numéro." in refused.output
    assert not (tmp_path / "rien").exists()


def test_the_model_is_still_known_to_have_learnt_from_the_others(prepared: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(prepared, tmp_path / "instance", symlinks=True))
    app = create_app({"INSTANCE": folder, "TESTING": True})
    number = int(opened(folder).numbers()[7])
    assert flask(app, "client", "erase", str(int(opened(folder).numbers()[3]))).exit_code == 0
    browser = app.test_client()
    form = {"identifiant": "bruno", "mot_de_passe": "une suite de quelques mots"}
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', browser.get("/connexion").text)
    assert token
    assert browser.post("/connexion", data={**form, "csrf_token": token[1]}).status_code == 303
    page = browser.get(f"/clients/{number}").text
    assert "Le modèle a appris, entre autres, de l’issue du crédit de ce client" in page


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd is not installed (apt install systemd)"
)
def test_the_timer_is_one_that_systemd_takes(tmp_path: Path) -> None:
    for path in (REPO / "deploy").glob("pretadepenser-retention.*"):
        text = path.read_text().replace("/opt/pretadepenser/.venv/bin/flask", "/bin/true")
        (tmp_path / path.name).write_text(text)
    units = sorted(map(str, tmp_path.iterdir()))
    assert [Path(one).suffix for one in units] == [".service", ".timer"]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
