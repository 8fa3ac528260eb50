"""Replays as users meet them: the command and the auditor's button, after other imports and trainings."""

import hashlib
import json
import re
import shutil
import sqlite3
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from werkzeug.test import TestResponse

from pretadepenser import create_app
from pretadepenser.credit.model.scoring import current_model, score_row
from pretadepenser.credit.portfolio import current_portfolio
from pretadepenser.credit.recourse.decision import Counter, Decided, Origin
from pretadepenser.money import using
from pretadepenser.records import deciding, decisions, journal, users
from pretadepenser.records.deciding import Desk
from pretadepenser.records.decisions import Person, Verdict
from tests import invariants
from tests.conftest import open_file, signed_in


def decide(app: Flask, key: str, index: int, offered: float = 1.0) -> int:
    """Write a decision of agathe on the client at a place of the portfolio, as her form does; give its id.

    offered: share of the loan that she offers instead; the whole: she asks for documents.
    """
    database, folder = app.extensions["database"], app.config["INSTANCE"]
    author = next(one for one in users.list_users(database) if one.name == "agathe")
    model, portfolio = current_model(folder), current_portfolio(folder)
    assert model
    assert portfolio
    client = portfolio.client(int(portfolio.numbers()[index]))
    assert client
    decided = Decided(Verdict.ASK)
    if offered != 1:
        loan = {name: float(str(client.values[name])) * offered for name in ("AMT_CREDIT", "AMT_ANNUITY")}
        amount, instalment = loan.values()
        points = score_row(model, {**client.values, **loan}, app.config["LIMIT"], client.number).points
        decided = Decided(Verdict.COUNTER, counter=Counter(amount, instalment, Origin.TYPED, points))
    with using(portfolio.money):
        prepared = deciding.prepare(Desk(folder, model, portfolio, app.config), client, decided)
    return decisions.add(
        database, key, Person(author.id, author.name), client.number, decided.verdict, prepared.content,
        waiting=prepared.waiting,
    )  # fmt: skip


@pytest.fixture
def own(untouched: Path, tmp_path: Path) -> Flask:
    """An application of the test's own with decisions 1 to 4."""
    folder = shutil.copytree(untouched, tmp_path / "instance", symlinks=True)
    app = create_app({"INSTANCE": folder, "TESTING": True})
    assert [decide(app, f"key {index}", 300 * index + 7) for index in range(3)] == [1, 2, 3]
    # The fourth offers half the loan instead.
    assert decide(app, "key 3", 11, 0.5) == 4
    return app


@pytest.fixture
def decided(own: Flask) -> Flask:
    """The same after model, portfolio and scores are gone, as other trainings and imports leave them."""
    folder = own.config["INSTANCE"]
    for name in ("model", "portfolio", "scores"):
        (folder / name).unlink()
        for path in folder.glob(f"{name}.*"):
            shutil.rmtree(path)
    return own


def flask(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["journal", "replay", *words])


def database_of(app: Flask) -> sqlite3.Connection:
    """The database itself, its guards taken off: as somebody would who can write the file."""
    opened = sqlite3.connect(app.config["INSTANCE"] / "pretadepenser.sqlite")
    opened.execute("DROP TRIGGER IF EXISTS decision_never_changed")
    return opened


def falsified(app: Flask, decision: int, *, sealed: bool = False, **told: object) -> None:
    """Change the advice of a decision in the database itself; sealed: its SHA-256 too."""
    with database_of(app) as opened:
        (content,) = opened.execute("SELECT content FROM decision WHERE id = ?", [decision]).fetchone()
        whole = json.loads(content)
        whole["advice"] |= told
        text = journal.canonical(whole)
        opened.execute("UPDATE decision SET content = ? WHERE id = ?", [text, decision])
        if sealed:
            digest = hashlib.sha256(text.encode()).hexdigest()
            opened.execute("UPDATE decision SET sha256 = ? WHERE id = ?", [digest, decision])


def told_of(app: Flask) -> list[tuple[str, int | None, dict[str, object]]]:
    """The replays that the journal has: actor, client, what they tell."""
    with sqlite3.connect(app.config["INSTANCE"] / "pretadepenser.sqlite") as opened:
        rows = opened.execute(
            "SELECT actor, client, content FROM journal_entry WHERE kind = 'decision.replayed' "
            "ORDER BY number"
        ).fetchall()
    return [(actor, client, json.loads(content)) for actor, client, content in rows]


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_all_are_the_same_from_the_archive_alone(decided: Flask) -> None:
    done = flask(decided, "--all")
    assert plain(done.stdout) == "4 décisions rejouées : toutes sont identiques.\n"
    assert done.exit_code == 0
    answers = {"identique": 4, "différente": 0, "impossible à rejouer": 0, "effacée": 0}
    told: dict[str, object] = {"actor": "commande", "client": None, "answers": answers, "others": []}
    assert told_of(decided) == [("commande", None, told)]


def test_one_is_told_with_its_points(decided: Flask) -> None:
    done = flask(decided, "2", "2")
    first, second = plain(done.stdout).splitlines()
    assert re.fullmatch(r"Décision 2 : identique, \d+ points\.", first)
    assert second == "1 décision rejouée : elle est identique."
    ((actor, client, told),) = told_of(decided)
    assert actor == "commande"
    assert client == decisions.find(decided.extensions["database"], 2).client  # type: ignore[union-attr]
    assert (told["decision"], told["answer"], told["differences"]) == (2, "identique", 0)


@pytest.mark.parametrize("sealed", [False, True])
def test_what_was_falsified_is_told(decided: Flask, sealed: bool) -> None:
    """Where its SHA-256 was made to fit too, the archive still knows the points, and the journal the hash."""
    falsified(decided, 2, sealed=sealed, points=1)
    done = flask(decided, "--all")
    lines = plain(done.stdout).splitlines()
    assert done.exit_code == 1
    assert lines[0] == f"Décision 2 : {'2 différences' if sealed else '3 différences'}."
    assert re.fullmatch(r"  Score : 1 point alors, \d{3} points maintenant\.", lines[-2])
    assert lines[-1] == "4 décisions rejouées : 3 identiques et 1 différente."
    places = ["Empreinte de la décision dans le journal"]
    for line, place in zip(
        lines[1:], places if sealed else ["Empreinte de la décision", *places], strict=False
    ):
        assert re.fullmatch(rf"  {place} : [0-9a-f]{{16}}… alors, [0-9a-f]{{16}}… maintenant\.", line)
    assert told_of(decided)[0][2]["others"] == [2]


def counter_of(app: Flask, **changed: object) -> dict[str, object]:
    """Change the loan that decision 4 offers in the database itself, with its SHA-256; give what it was."""
    with database_of(app) as opened:
        (content,) = opened.execute("SELECT content FROM decision WHERE id = 4").fetchone()
        whole = json.loads(content)
        was: dict[str, object] = dict(whole["counter"])
        whole["counter"] |= changed
        text = journal.canonical(whole)
        digest = hashlib.sha256(text.encode()).hexdigest()
        opened.execute("UPDATE decision SET content = ?, sha256 = ? WHERE id = 4", [text, digest])
    return was


def test_the_points_of_another_loan_are_computed_again(decided: Flask) -> None:
    """They say whether motives and a second reader were required."""
    points = counter_of(decided, points=777)["points"]
    done = flask(decided, "4")
    lines = plain(done.stdout).splitlines()
    assert done.exit_code == 1
    assert lines[0] == "Décision 4 : 2 différences."
    assert lines[2] == f"  Score du prêt proposé : 777 points alors, {points} points maintenant."
    counter_of(decided, points=points, amount=1.0)
    assert "  Score du prêt proposé : " in plain(flask(decided, "4").stdout)


def test_another_loan_in_no_form_is_one_sentence(decided: Flask) -> None:
    counter_of(decided, amount="beaucoup")
    done = flask(decided, "4")
    assert done.exit_code == 2
    assert "  La contre-proposition n’est pas sous la forme dans laquelle elle a été écrite.\n" in done.stdout


def test_an_archive_that_is_lost_is_one_sentence(decided: Flask) -> None:
    (lost,) = (decided.config["INSTANCE"] / "archive").glob("model.*")
    shutil.rmtree(lost)
    done = flask(decided, "3")
    assert plain(done.stdout).splitlines() == [
        "Décision 3 : impossible à rejouer.",
        f"  L’archive du modèle de cette décision manque ({lost}) : restaurez le dossier « archive » d’une "
        "sauvegarde.",
        "1 décision : 1 impossible à rejouer.",
    ]
    assert done.exit_code == 2


def test_one_that_was_erased_is_no_fault(decided: Flask) -> None:
    with database_of(decided) as opened:
        opened.execute("UPDATE decision SET content = NULL, client = NULL WHERE id = 1")
    done = flask(decided, "--all")
    assert plain(done.stdout).splitlines() == [
        "Décision 1 : effacée.",
        "  Le contenu de cette décision a été effacé : il n’y a plus rien à rejouer.",
        "4 décisions : 1 effacée et 3 identiques.",
    ]
    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Erreur : donnez des numéros de décisions, ou --all pour toutes.\n"),
        (("--all", "1"), "Erreur : donnez des numéros de décisions, ou --all pour toutes.\n"),
        (("2", "8", "9"), "Erreur : Aucune décision n’a le numéro 8 ou 9 : rien n’a été rejoué.\n"),
    ],
)
def test_what_cannot_be_meant_is_told(decided: Flask, words: tuple[str, ...], said: str) -> None:
    done = flask(decided, *words)
    assert (done.stderr, done.exit_code) == (said, 2)
    assert told_of(decided) == []


def test_without_decisions_there_is_nothing_to_replay(instance: Path, tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    folder.mkdir()
    app = create_app({"INSTANCE": folder, "TESTING": True})
    app.extensions["database"].upgrade()
    assert flask(app, "--all").stdout == "Il n’y a aucune décision à rejouer.\n"


def replayed(app: Flask, decision: int, who: str = "basile") -> TestResponse:
    """The answer to the button."""
    browser = signed_in(app, who)
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', browser.get("/compte").text)
    assert found
    return browser.post(f"/decisions/{decision}/rejouer", data={"csrf_token": found[1]})


def client_of(app: Flask, decision: int) -> int:
    found = decisions.find(app.extensions["database"], decision)
    assert found
    assert found.client
    return found.client


def words(answer: TestResponse) -> str:
    page = invariants.check(answer.text, "/decisions/rejouer")
    return " ".join(plain(page.xpath("string(//main)")).split())


def test_the_button_gives_the_same_advice(decided: Flask) -> None:
    """And writes it into the journal, as done by this auditor about this client."""
    client = client_of(decided, 2)
    open_file(decided, "basile", client)
    answer = replayed(decided, 2)
    assert answer.status_code == 200
    told = words(answer)
    assert told.startswith(
        "L’avis recalculé est identique – décision 2 Rien ne diffère. Les points, les contributions et les "
        "raisons sont celles que la décision a gardées, au dernier chiffre. Ce qui a été fait L’avis a été "
        "calculé à nouveau avec les seules données gardées dans la décision, le modèle et les comparaisons "
        "gardés dans l’archive, la limite et la monnaie d’alors. Ni le portefeuille ni le modèle en place "
        "n’ont servi. Il n’a rien changé à la décision, et le journal le note. "
    )
    assert "Ce qui diffère" not in told
    titles = [
        " ".join(one.text_content().split())
        for one in invariants.check(answer.text, "/rejeu").xpath("//main//dt")
    ]
    assert titles == [
        "Décision",
        "Score gardé",
        "Score recalculé",
        "Tolérance maximale d’alors",
        "Empreinte SHA-256 du modèle",
        "Empreinte de sa fiche, dans l’archive",
        "Empreinte du portefeuille d’alors",
        "Empreinte des comparaisons, dans l’archive",
        "Logiciel d’alors",
    ]
    assert "2, prise par agathe, le " in told
    assert told.endswith("Revenir à la décision 2")
    assert re.search(r"Logiciel d’alors *Prêt à dépenser [\d.]+, XGBoost [\d.]+ et NumPy [\d.]+ ", told)
    ((actor, about, entry),) = told_of(decided)
    assert (actor, about) == ("basile", client)
    assert (entry["decision"], entry["answer"], entry["differences"]) == (2, "identique", 0)


def test_advice_that_is_the_same_is_not_said_to_differ(decided: Flask) -> None:
    """What was changed is where the offer came from: the hash that the journal has says so."""
    counter_of(decided, origin="leviers")
    open_file(decided, "basile", client_of(decided, 4))
    told = words(replayed(decided, 4))
    assert told.startswith(
        "L’avis recalculé est identique, mais la décision diffère : 1 différence – décision 4 L’avis "
        "recalculé est celui que la décision a gardé, mais autre chose a changé dans la décision. Le tableau "
        "dit chaque différence. Ce qui diffère Ce qui diffère entre ce qui est gardé et ce qui est recalculé "
    )
    assert "Le logiciel a changé" not in told


def test_what_could_not_be_computed_is_not_said_to_have_been(decided: Flask) -> None:
    """Nor is a decision that was changed passed over, because its model is lost."""
    open_file(decided, "basile", client_of(decided, 3))
    falsified(decided, 3, points=1)
    (lost,) = (decided.config["INSTANCE"] / "archive").glob("model.*")
    shutil.rmtree(lost)
    answer = replayed(decided, 3)
    told = words(answer)
    assert "calculé à nouveau" not in told
    assert "n’ont servi" not in told
    assert (
        "Ce qui a été fait Le rejeu n’est pas allé au bout, pour la raison dite plus haut. Il n’a rien "
        "changé à la décision, et le journal le note."
    ) in told
    rows = invariants.check(answer.text, "/decisions/3/rejouer").xpath("//main//tbody/tr/th")
    assert [plain(row.text_content()) for row in rows] == [
        "Empreinte de la décision",
        "Empreinte de la décision dans le journal",
    ]


def test_the_button_shows_what_differs(decided: Flask) -> None:
    falsified(decided, 2, sealed=True, points=1)
    open_file(decided, "basile", client_of(decided, 2))
    answer = replayed(decided, 2)
    assert words(answer).startswith(
        "L’avis recalculé diffère : 2 différences – décision 2 L’avis recalculé n’est pas celui que la "
        "décision a gardé. Le tableau dit chaque différence. Ce qui diffère Ce qui diffère entre ce qui est "
        "gardé et ce qui est recalculé Ce qui diffèreAlorsMaintenant"
    )
    assert "C’est peut-être la cause" not in words(answer)
    assert "Il n’a rien changé à la décision, et le journal le note." in words(answer)
    (_, row) = invariants.check(answer.text, "/decisions/2/rejouer").xpath("//main//tbody/tr")
    what, then, now = (cell.text_content() for cell in row)
    assert (what, plain(then)) == ("Score", "1 point")
    assert re.fullmatch(r"\d{3} points", plain(now))
    assert told_of(decided)[0][2]["answer"] == "différente"


def test_other_software_is_told_as_what_may_be_the_cause(decided: Flask) -> None:
    falsified(
        decided,
        2,
        sealed=True,
        points=1,
        software={"pretadepenser": "0.0.1", "xgboost": "1.0.0", "numpy": "1.0.0"},
    )
    open_file(decided, "basile", client_of(decided, 2))
    told = words(replayed(decided, 2))
    assert " C’est peut-être la cause : la version d’alors donnerait l’avis d’alors. Ce qui diffère" in told


def test_the_button_says_that_an_archive_is_lost(decided: Flask) -> None:
    open_file(decided, "basile", client_of(decided, 2))
    shutil.rmtree(decided.config["INSTANCE"] / "archive")
    told = words(replayed(decided, 2))
    assert told.startswith(
        "L’avis ne peut pas être recalculé – décision 2 L’archive du modèle de cette décision"
    )
    assert told_of(decided)[0][2]["answer"] == "impossible à rejouer"


def test_the_button_is_for_auditors_with_a_reason(decided: Flask) -> None:
    """Neither for who decided, nor for an auditor to whom the client's file is not open."""
    for who in ("agathe", "delphine", "camille", "basile"):
        assert replayed(decided, 2, who).status_code == 403
    open_file(decided, "basile", client_of(decided, 1))
    assert replayed(decided, 2).status_code == 403
    assert told_of(decided) == []


def test_the_record_offers_it_to_auditors_alone(own: Flask) -> None:
    open_file(own, "basile", client_of(own, 1))
    button = 'action="/decisions/1/rejouer"'
    assert button in signed_in(own, "basile").get("/decisions/1").text
    for who in ("agathe", "delphine"):
        page = signed_in(own, who).get("/decisions/1")
        assert page.status_code == 200
        assert button not in page.text


def test_a_record_that_cannot_be_read_is_one_sentence(own: Flask) -> None:
    """Such as one of another version: no half of a decision is shown."""
    falsified(own, 1, format=2)
    answer = signed_in(own, "agathe").get("/decisions/1")
    assert answer.status_code == 503
    assert "Données indisponibles" in words(answer)
    open_file(own, "basile", client_of(own, 1))
    told = words(replayed(own, 1))
    assert "L’avis du modèle a été écrit par une autre version de l’application" in told
