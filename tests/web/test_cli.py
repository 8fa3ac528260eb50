"""The commands: what they do, say and refuse, in French and without a trace."""

import csv
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from alembic import command
from click.testing import Result
from flask import Flask

from pretadepenser import cli, create_app
from pretadepenser.cli import rights
from pretadepenser.credit.dictionary import COLUMNS, TABLES
from pretadepenser.credit.explanation.reasons import explain
from pretadepenser.credit.model import learning
from pretadepenser.credit.model.scoring import current_model
from pretadepenser.credit.portfolio import current_portfolio
from pretadepenser.demo.fit import compare
from pretadepenser.records import decisions, entries, tokens, users
from pretadepenser.records.database import alembic_config
from pretadepenser.records.decisions import Person, Verdict
from pretadepenser.records.entries import Wanted
from pretadepenser.records.models import User
from tests.unit import made_up

PASSWORD = "une suite de quelques mots"


@pytest.fixture
def own(tmp_path: Path) -> Flask:
    """An application on an empty instance folder."""
    return create_app({"INSTANCE": tmp_path / "instance", "TESTING": True})


def flask(app: Flask, *words: str, stdin: str | None = None) -> Result:
    """Run one command in this process."""
    return app.test_cli_runner().invoke(args=list(words), input=stdin)


@pytest.fixture
def ready(own: Flask) -> Flask:
    """The same with its tables."""
    assert flask(own, "database", "upgrade").output == "Base de données à jour.\n"
    return own


def test_what_a_killed_training_left_of_clients_goes_with_the_next_command(ready: Flask) -> None:
    left = ready.config["INSTANCE"] / ".training.0123abcd.parts"
    left.mkdir()
    (left / "AMT_CREDIT.npy").touch()
    assert flask(ready, "user", "list").exit_code == 0
    assert not left.exists()


def test_users_are_added_listed_changed_and_disabled(ready: Flask) -> None:
    database = ready.extensions["database"]
    added = flask(
        ready, "user", "add", "Agathe", "--role", "conseiller", "--password-stdin", stdin=PASSWORD + "\n"
    )
    assert added.output == (
        "Utilisateur ajouté : agathe (conseiller).\nIl devra être changé à la première connexion.\n"
    )
    found = users.authenticate(database, "agathe", PASSWORD)
    assert found is not None
    assert found.must_change
    listed = flask(ready, "user", "list").output
    assert re.fullmatch(r"agathe \(conseiller\), ajouté le \d\d/\d\d/\d{4}\n1\xa0utilisateur\.\n", listed)
    changed = flask(ready, "user", "password", "agathe", "--generate")
    password = shown_password(changed)
    assert changed.output.endswith("\nIl devra être changé à la première connexion.\n")
    assert users.authenticate(database, "agathe", password) is not None
    assert users.authenticate(database, "agathe", PASSWORD) is None
    assert "désactivé : agathe" in flask(ready, "user", "disable", "agathe").output
    assert users.authenticate(database, "agathe", password) is None
    assert "(conseiller, désactivé)" in flask(ready, "user", "list").output


@pytest.mark.parametrize("permanent", [True, False])
def test_a_password_that_is_given_is_to_be_changed_unless_it_is_permanent(
    ready: Flask, permanent: bool
) -> None:
    option = ["--permanent"] if permanent else []
    said = "Il devra être changé à la première connexion."
    for words in (("add", "robot", "--role", "auditeur"), ("password", "robot")):
        done = flask(ready, "user", *words, "--generate", *option)
        found = users.authenticate(ready.extensions["database"], "robot", shown_password(done))
        assert found is not None
        assert found.must_change is not permanent
        assert (said in done.output) is not permanent


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("add", "agathe", "--role", "auditeur"), "Ce mot de passe est fait de l’identifiant"),
        (("add", "carla", "--role", "auditeur"), "trop peu de mots"),
        (("password", "bruno"), "trop peu de mots"),
    ],
)
def test_a_password_that_can_be_guessed_is_refused(
    ready: Flask, words: tuple[str, ...], sentence: str
) -> None:
    database = ready.extensions["database"]
    users.add_user(database, "bruno", "conseiller", PASSWORD)
    typed = "agathe-agathe" if "agathe" in words else "dossier client"
    done = flask(ready, "user", *words, "--password-stdin", stdin=f"{typed}\n")
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert sentence in done.stderr
    assert [one.name for one in users.list_users(database)] == ["bruno"]
    assert users.authenticate(database, "bruno", PASSWORD) is not None


def test_a_password_can_be_typed_twice(ready: Flask) -> None:
    done = flask(ready, "user", "add", "agathe", "--role", "auditeur", stdin=f"{PASSWORD}\n{PASSWORD}\n")
    assert done.exit_code == 0
    assert done.output.startswith("Mot de passe (12 caractères au moins):")
    assert "\nEncore une fois:" in done.output
    assert PASSWORD not in done.output


def test_tokens_are_added_listed_and_revoked(ready: Flask) -> None:
    text = flask(ready, "token", "add", "Agence").output.split(" : ")[1].strip()
    assert tokens.find_token(ready.extensions["database"], text) is not None
    assert "agence, créé le" in flask(ready, "token", "list").output
    assert flask(ready, "token", "revoke", "agence").output == "Jeton révoqué : agence.\n"
    assert tokens.find_token(ready.extensions["database"], text) is None


WRONG = [
    (("user", "add", "agathe", "--role", "patron"), 2, "--role doit être l’un de ces mots : conseiller"),
    (("user", "add"), 2, "il manque NOM"),
    (("user", "add", "agathe"), 2, "il manque --role"),
    (("user", "add", "x", "--role", "auditeur", "--generate"), 1, "de 2 à 64 caractères"),
    (("user", "add", "agathe", "--role", "auditeur", "--password-stdin"), 1, "de 12 à 512 caractères"),
    (("user", "disable", "personne"), 1, "« personne » n’existe pas"),
    (
        ("user", "enlever"),
        2,
        "commande inconnue ou mal écrite ; « flask --app wsgi pretadepenser user --help » donne l’aide.",
    ),
    (("token", "revoke", "rien"), 1, "« rien » n’existe pas"),
    (("portfolio", "demo", "--clients", "0"), 2, "--clients doit être un entier supérieur ou égal à 1"),
    (("portfolio", "demo", "--couleur"), 2, "l’option --couleur n’existe pas"),
    (("prepare", "--clients", "1999"), 2, "--clients doit être un entier supérieur ou égal à 2000"),
    (("prepare", "--seed", "-1"), 2, "--seed doit être un entier supérieur ou égal à 0"),
    (("portfolio", "import", "/n/existe/pas"), 1, "Le dossier /n/existe/pas n’existe pas"),
]


@pytest.mark.parametrize(("words", "status", "sentence"), WRONG)
def test_what_is_wrong_is_said_in_french(
    ready: Flask, words: tuple[str, ...], status: int, sentence: str
) -> None:
    done = flask(ready, *words, stdin="court\n")
    assert done.exit_code == status
    assert done.stderr.startswith("Erreur : ")
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


# What each option does, whether it must be given, and what counts where it is not.
AGAIN = "Remplace un fichier qui existe déjà."
TYPED = "Lit le mot de passe sur l’entrée standard."
MADE = "Fabrique un mot de passe et l’affiche une seule fois."
KEPT = "Le mot de passe n’a pas à être changé à la première connexion (comptes de machines)."
SEED = "Graine du tirage au sort."
TOLD = "Avec ou sans l’historique de crédit des clients (six tables ; plus rapide sans)."
ENGINE = "Moteur : duckdb, sur cette machine ; spark, sur celles de SPARK_MASTER (tables Parquet)."
OPTIONS: dict[str, tuple[object, ...]] = {
    "prepare --clients": ("Nombre de clients fictifs, 2 000 au moins.", 20_000),
    "prepare --seed": (SEED, 1),
    "prepare --histories": (TOLD, True),
    "score --output": ("Fichier .csv ou .parquet à écrire.", "required"),
    "score --reasons": ("Avec ou sans les raisons (plus rapide sans).", True),
    "score --force": (AGAIN,),
    "score --engine": (ENGINE, "duckdb"),
    "audit --url": ("Site à contrôler, https://… ou http://…", "required"),
    "audit --user": (
        "Compte avec lequel se connecter ; un autre ouvre ce qui est fermé à ceux d’avant.",
        "required",
    ),
    "journal verify --head": ("Tête gardée ailleurs (seal) : elle doit y être encore.",),
    "journal export --since": ("Premier jour, AAAA-MM-JJ ou JJ/MM/AAAA.", "required"),
    "journal export --output": ("Fichier (l’écran sinon).",),
    "journal export --force": ("Remplace un fichier qui existe déjà.",),
    "journal replay --all": ("Toutes les décisions.",),
    "audit --output": ("Dossier de preuves à écrire.", "required"),
    "audit --client": ("Client à ouvrir (sinon, un du site).",),
    "audit --sample": ("Un autre échantillon de pages, en TOML.",),
    "audit --baseline": ("Violations acceptées, une par ligne.",),
    "audit --force": ("Remplace un dossier de preuves qui existe déjà.",),
    "audit --publish": ("Propose le dossier sur /accessibilite/preuves.",),
    "portfolio import --currency": ("Monnaie des montants (EUR).", "EUR"),
    "portfolio import --amount-scale": (
        "Unités du fichier pour une unité affichée : 100 pour Kaggle, 1 pour un fichier en euros.", 100.0,
    ),
    "portfolio import --engine": (ENGINE, "duckdb"),
    "portfolio demo --clients": ("Nombre de clients.", 20_000),
    "portfolio demo --seed": (SEED, 1),
    "portfolio demo --histories": (TOLD, True),
    "portfolio compare --clients": ("Clients fictifs (autant que de réels).",),
    "portfolio compare --seed": (SEED, 0),
    "model train --engine": (
        "Où apprendre : local, sur cette machine ; spark, sur celles de SPARK_MASTER.",
        "local",
    ),
    "model card --output": ("Fichier à écrire (l’écran sinon).",),
    "model card --force": (AGAIN,),
    "user add --role": ("Ce que la personne peut faire.", "required"),
    "user add --password-stdin": (TYPED,),
    "user add --generate": (MADE,),
    "user add --permanent": (KEPT,),
    "user password --password-stdin": (TYPED,),
    "user password --generate": (MADE,),
    "user password --permanent": (KEPT,),
    "client export --output": ("Dossier à écrire (client-N sinon).",),
    "client export --force": ("Remplace une copie qui existe déjà.",),
    "client hold --reason": ("Pourquoi (litige, réquisition…).", "required"),
}  # fmt: skip


def options(command: click.Command, path: str = "") -> dict[str, tuple[object, ...]]:
    """The options of a command and of those below it, as OPTIONS has them."""
    if isinstance(command, click.Group):
        below = (options(one, f"{path}{name} ") for name, one in command.commands.items())
        return {name: option for found in below for name, option in found.items()}
    found: dict[str, tuple[object, ...]] = {}
    for option in command.params:
        if isinstance(option, click.Option):
            counts = isinstance(option.default, (int, float, str)) and option.default is not False
            default = ("required",) if option.required else (option.default,) if counts else ()
            found[f"{path}{option.opts[0]}"] = (" ".join((option.help or "").split()), *default)
    return found


def test_every_option_says_what_it_does(own: Flask) -> None:
    assert options(own.cli) == OPTIONS


def test_users_need_the_tables(own: Flask) -> None:
    done = flask(own, "user", "list")
    assert done.exit_code == 1
    assert "« flask --app wsgi database upgrade »" in done.stderr


@pytest.mark.parametrize(
    "words", [("user", "list"), ("token", "list"), ("score", "x.csv", "--output", "y.csv")]
)
@pytest.mark.parametrize("name", ["portfolio", "model", "scores"])
def test_every_command_deletes_what_a_killed_one_left(
    ready: Flask, words: tuple[str, ...], name: str
) -> None:
    draft = ready.config["INSTANCE"] / f".{name}.20261126T074923-15426ebb"
    draft.mkdir()
    (draft / "clients.arrow").touch()
    flask(ready, *words)
    assert not draft.exists()


def test_a_fictitious_portfolio_is_the_same_for_a_seed(own: Flask) -> None:
    done = flask(own, "portfolio", "demo", "--clients", "300", "--seed", "7")
    assert done.exit_code == 0, done.output
    assert "Portefeuille en place : 300\xa0clients" in done.output
    assert re.search(r" : 300\Dclients, 300\Dissues connues, dont \d+,\d\D% en défaut \(", done.output)
    first = current_portfolio(own.config["INSTANCE"])
    assert first is not None
    assert (first.size, first.fictitious) == (300, True)
    assert first.tables == {
        "bureau",
        "bureau_balance",
        "previous_application",
        "POS_CASH_balance",
        "credit_card_balance",
        "installments_payments",
    }
    assert "bureau (" in done.output
    flask(own, "portfolio", "demo", "--clients", "300", "--seed", "7")
    again = current_portfolio(own.config["INSTANCE"])
    assert again is not None
    assert again.sha256 == first.sha256


@pytest.mark.parametrize(
    ("clients", "defaults", "told"),
    [
        (2100, 1, "moins de 0,1"),
        (2000, 1, "0,1"),
        (300, 0, "0,0"),
        (2100, 2099, "plus de 99,9"),
        (30, 30, "100,0"),
    ],
)
def test_few_defaults_are_not_told_as_none_and_many_not_as_all(
    own: Flask, tmp_path: Path, clients: int, defaults: int, told: str
) -> None:
    table = made_up.table(clients)
    outcomes = pa.array([1] * defaults + [0] * (clients - defaults), table.schema.field("TARGET").type)
    table = table.set_column(table.schema.get_field_index("TARGET"), table.schema.field("TARGET"), outcomes)
    made_up.write_csv(table, tmp_path / "kaggle" / "application_train.csv")
    done = flask(own, "portfolio", "import", str(tmp_path / "kaggle"))
    assert done.exit_code == 0, done.output
    assert re.search(rf"issues connues, dont {told}\D% en défaut \(", done.output)


def test_an_import_tells_the_tables_that_came_and_those_that_did_not(own: Flask, tmp_path: Path) -> None:
    made_up.write_csv(made_up.table(20), tmp_path / "kaggle" / "application_train.csv")
    rows = made_up.history("bureau", [100_002, 100_005, 99], 400)
    lost = rows["SK_ID_CURR"].to_pylist().count(99)
    made_up.write_csv(rows, tmp_path / "kaggle" / "bureau.csv")
    done = flask(own, "portfolio", "import", str(tmp_path / "kaggle"))
    assert done.exit_code == 0, done.output
    told = done.stdout.replace("\xa0", " ").replace("\u202f", " ").splitlines()
    assert told[1:4] == [
        f"Historiques en place : bureau ({400 - lost} lignes).",
        f"bureau : {lost} lignes d’aucun de ces clients, laissées de côté.",
        f"Tables absentes de {tmp_path / 'kaggle'}, donc non importées : bureau_balance, "
        "previous_application, POS_CASH_balance, credit_card_balance et installments_payments.",
    ]


def test_one_table_that_did_not_come_is_told_in_the_singular(own: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "kaggle"
    made_up.write_csv(made_up.table(20), folder / "application_train.csv")
    for name in list(TABLES)[:-1]:
        made_up.write_csv(made_up.history(name, [100_002], 4), folder / f"{name}.csv")
    done = flask(own, "portfolio", "import", str(folder))
    assert done.exit_code == 0, done.output
    assert f"Table absente de {folder}, donc non importée : installments_payments.\n" in done.stdout


def test_one_row_of_nobody_is_told_in_the_singular(own: Flask, tmp_path: Path) -> None:
    made_up.write_csv(made_up.table(20), tmp_path / "kaggle" / "application_train.csv")
    rows = made_up.history("bureau", [100_002, 99], 40)
    numbers = rows["SK_ID_CURR"].to_pylist()
    kept = [place for place, one in enumerate(numbers) if one != 99 or place == numbers.index(99)]
    made_up.write_csv(rows.take(kept), tmp_path / "kaggle" / "bureau.csv")
    done = flask(own, "portfolio", "import", str(tmp_path / "kaggle"))
    told = done.stdout.replace("\xa0", " ").splitlines()
    assert "bureau : 1 ligne d’aucun de ces clients, laissée de côté." in told


def test_a_fictitious_portfolio_may_go_without_histories(own: Flask) -> None:
    done = flask(own, "portfolio", "demo", "--clients", "300", "--no-histories")
    assert done.exit_code == 0, done.output
    portfolio = current_portfolio(own.config["INSTANCE"])
    assert portfolio is not None
    assert portfolio.tables == frozenset()
    assert "bureau" not in done.output


def in_place(app: Flask) -> dict[str, object]:
    """What `prepare` makes: the generations of the folders, and the users with their passwords' hashes."""
    instance: Path = app.config["INSTANCE"]
    folders = {name: (instance / name).resolve(strict=True) for name in ("portfolio", "model", "scores")}
    return {**folders, "users": [(one.name, one.password_hash) for one in listed(app)]}


def listed(app: Flask) -> Sequence[User]:
    """The users of an application."""
    return users.list_users(app.extensions["database"])


def shown_passwords(done: Result) -> list[str]:
    """The passwords that a command shows."""
    return re.findall(r"affiché cette seule fois : (\S+)\n", done.output)


def shown_password(done: Result) -> str:
    """The password that a command shows, the only one."""
    (found,) = shown_passwords(done)
    return found


def test_prepare_makes_everything_once(own: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whether it makes a model is asked, not how well that tells.
    monkeypatch.setattr(learning, "TREE_COUNT", 200)
    done = flask(own, "prepare", "--clients", "2000", "--seed", "3", "--no-histories")
    assert done.exit_code == 0, done.output
    assert [line for line in done.stdout.splitlines() if line.startswith("→")] == [
        "→ Mise à jour de la base de données",
        "→ Fabrication d’un portefeuille fictif de 2\u202f000\xa0clients",
        "→ Entraînement du modèle sur ce portefeuille",
        "→ Quelques décisions fictives sur ces clients",
    ]
    assert "Calcul des scores…\n" in done.stderr
    assert done.stdout.count("Il devra être changé à la première connexion.\n") == 2
    for name, password in zip(("conseiller", "responsable"), shown_passwords(done), strict=True):
        found = users.authenticate(own.extensions["database"], name, password)
        assert found is not None
        assert (found.role, found.must_change) == (name, True)
    portfolio, model = current_portfolio(own.config["INSTANCE"]), current_model(own.config["INSTANCE"])
    assert portfolio is not None
    assert model is not None
    assert (portfolio.size, portfolio.fictitious, portfolio.tables) == (2000, True, frozenset())
    assert model.card.data.sha256 == portfolio.sha256
    assert own.test_client().get("/readyz").status_code == 200

    before = in_place(own)
    again = flask(own, "prepare", "--clients", "3000", "--seed", "4")
    assert (again.output, again.exit_code) == ("Tout est en place.\n", 0)
    assert in_place(own) == before


def test_prepare_goes_on_where_it_was_interrupted(served: Flask) -> None:
    """A portfolio and users, but the training was cut short."""
    before = in_place(served)
    (served.config["INSTANCE"] / "model").unlink()
    done = flask(served, "prepare", "--clients", "3000")
    assert done.exit_code == 0, done.output
    assert [line for line in done.stdout.splitlines() if line.startswith("→")] == [
        "→ Entraînement du modèle sur ce portefeuille"
    ]
    assert "Mot de passe" not in done.output
    after = in_place(served)
    assert (after["portfolio"], after["users"]) == (before["portfolio"], before["users"])
    assert after["model"] != before["model"]


def test_prepare_makes_the_portfolio_that_lacks_with_histories(served: Flask) -> None:
    """Somebody has taken it away; model and users are there."""
    before = in_place(served)
    (served.config["INSTANCE"] / "portfolio").unlink()
    done = flask(served, "prepare", "--clients", "2000", "--seed", "3")
    assert done.exit_code == 0, done.output
    assert [line for line in done.stdout.splitlines() if line.startswith("→")] == [
        "→ Fabrication d’un portefeuille fictif de 2\u202f000\xa0clients"
    ]
    made = current_portfolio(served.config["INSTANCE"])
    assert made is not None
    assert (made.size, made.fictitious, made.tables) == (2000, True, frozenset(TABLES))
    after = in_place(served)
    assert (after["model"], after["users"]) == (before["model"], before["users"])


def test_prepare_makes_the_user_that_lacks(trained: Path, tmp_path: Path) -> None:
    """Tables, portfolio and model, but it was interrupted before the user."""
    shutil.copytree(trained, tmp_path / "instance", symlinks=True)
    app = create_app({"INSTANCE": tmp_path / "instance", "TESTING": True})
    app.extensions["database"].upgrade()
    before = in_place(app)
    done = flask(app, "prepare")
    assert re.fullmatch(
        "Utilisateur ajouté : conseiller \\(conseiller\\)\\.\n"
        "Mot de passe, affiché cette seule fois : \\S+\n"
        "Il devra être changé à la première connexion\\.\n"
        "Utilisateur ajouté : responsable \\(responsable\\)\\.\n"
        "Mot de passe, affiché cette seule fois : \\S+\n"
        "Il devra être changé à la première connexion\\.\n"
        "→ Quelques décisions fictives sur ces clients\n"
        "Tout est en place\\.\n",
        done.output,
    )
    own = shown_passwords(done)[0]
    assert users.authenticate(app.extensions["database"], "conseiller", own) is not None
    assert {**in_place(app), "users": []} == before


def test_prepare_writes_the_fictitious_decisions_that_lack(trained: Path, tmp_path: Path) -> None:
    """Of which one is written already, and so stays; every text says that it is made up."""
    shutil.copytree(trained, tmp_path / "instance", symlinks=True)
    app = create_app({"INSTANCE": tmp_path / "instance", "TESTING": True})
    opened = app.extensions["database"]
    opened.upgrade()
    for name in ("conseiller", "responsable"):
        users.add_user(opened, name, name, PASSWORD)
    author = next(Person(one.id, one.name) for one in listed(app) if one.name == "conseiller")
    mine = {"text": "Exemple de la démonstration."}
    decisions.add(opened, "demonstration 3", author, 1, Verdict.REFUSE, mine, waiting=True)
    done = flask(app, "prepare")
    assert done.output == "→ Quelques décisions fictives sur ces clients\nTout est en place.\n"
    mine_only = [one.id for one in decisions.latest(opened, author.id, 2**31 - 1, 100)]
    found = [one for one in map(partial(decisions.find, opened), mine_only) if one]
    assert len(found) == 9
    assert [one.verdict for one in found if one.verdict == "proposition"] == ["proposition"]
    assert {str(one.state) for one in found} == {
        "définitive", "en attente d’une seconde lecture", "renvoyée par la seconde lecture",
    }  # fmt: skip
    assert all(str((one.content or {})["text"]).startswith("Exemple de la démonstration.") for one in found)
    assert len({one.client for one in found}) == 9
    assert len(decisions.waiting(opened)) >= 3
    assert flask(app, "prepare").output == "Tout est en place.\n"


def test_prepare_makes_up_no_decision_on_genuine_clients(genuine: Path, tmp_path: Path) -> None:
    shutil.copytree(genuine, tmp_path / "instance", symlinks=True)
    for file in (tmp_path / "instance").glob("pretadepenser.sqlite*"):
        file.unlink()
    app = create_app({"INSTANCE": tmp_path / "instance", "TESTING": True})
    done = flask(app, "prepare")
    assert done.exit_code == 0, done.output
    assert "fictives" not in done.output
    assert [one.name for one in listed(app)] == ["conseiller"]
    assert decisions.waiting(app.extensions["database"]) == []


def test_prepare_upgrades_tables_of_an_older_version(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "instance", symlinks=True)
    app = create_app({"INSTANCE": tmp_path / "instance", "TESTING": True})
    opened = app.extensions["database"]
    opened.upgrade()
    users.add_user(opened, "agathe", "conseiller", PASSWORD)
    with opened.engine.connect() as connection:
        command.downgrade(alembic_config(connection), "0001")
        connection.commit()
    assert not opened.ready()
    done = flask(app, "prepare")
    assert done.output.splitlines() == [
        "→ Mise à jour de la base de données",
        "Base de données à jour.",
        "Tout est en place.",
    ]
    assert opened.ready()
    assert [one.name for one in listed(app)] == ["agathe"]


def test_prepare_tells_what_stops_it_in_one_sentence(ready: Flask) -> None:
    flask(ready, "portfolio", "demo", "--clients", "300")
    small = flask(ready, "prepare")
    assert (small.exit_code, len(small.stderr.splitlines())) == (1, 1)
    assert small.stderr.startswith(
        "Erreur : Le portefeuille ne compte que 300\xa0clients dont l’issue est connue"
    )
    assert small.stderr.endswith(
        "or l’entraînement demande au moins 1\u202f000 clients et 100 de chaque issue : "
        "importez un portefeuille plus grand.\n"
    )
    instance: Path = ready.config["INSTANCE"]
    (instance / "portfolio").unlink()
    (instance / ".portfolio.lock").unlink()
    (instance / ".portfolio.lock").mkdir()
    refused = flask(ready, "prepare", "--clients", "2000")
    assert refused.exit_code == 1
    assert refused.stderr.splitlines()[-1] == (
        f"Erreur : Le dossier d’instance {instance} ne peut pas être écrit (c’est un dossier) : vérifiez ses "
        "droits et la place qui reste sur le disque."
    )
    assert "Traceback" not in refused.output
    assert listed(ready) == []


@pytest.fixture
def served(make_app: Callable[..., Flask]) -> Flask:
    """An application with a portfolio and a model."""
    return make_app()


def test_a_model_needs_a_portfolio(own: Flask, tmp_path: Path) -> None:
    for words in (
        ("model", "train"),
        ("model", "card"),
        ("score", "x.csv", "--output", str(tmp_path / "y.csv")),
    ):
        done = flask(own, *words)
        assert done.exit_code == 1
        assert re.match(r"Erreur : Il n’y a pas (encore )?de (portefeuille|modèle)", done.stderr)


def test_a_model_is_trained_and_described(served: Flask, tmp_path: Path) -> None:
    before = (served.config["INSTANCE"] / "model").resolve()
    done = flask(served, "model", "train")
    assert done.exit_code == 0, done.output
    assert re.search(
        r"Modèle en place : 2\D000\Dclients appris, aire sous la courbe ROC 0,\d{3}", done.output
    )
    assert (served.config["INSTANCE"] / "model").resolve() != before
    (last,) = entries.find(served.extensions["database"], Wanted(), 1)
    assert (last.kind, last.actor) == ("model.trained", "commande")
    opened = current_model(served.config["INSTANCE"])
    assert opened is not None
    assert last.content is not None
    assert (last.content["sha256"], last.content["learned"]) == (opened.sha256, 2000)
    done = flask(served, "model", "card", "--output", str(tmp_path / "fiche.md"))
    assert done.output == f"Fiche du modèle écrite dans {tmp_path}/fiche.md.\n"
    assert (tmp_path / "fiche.md").read_text().startswith("# Fiche du modèle")
    refused = flask(served, "model", "card", "--output", str(tmp_path / "fiche.md" / "x.md"))
    assert refused.stderr == (
        f"Erreur : {tmp_path}/fiche.md/x.md ne peut pas être écrit (un fichier est nommé comme dossier) : "
        "vérifiez le dossier.\n"
    )


def clients(app: Flask, count: int) -> list[dict[str, Any]]:
    """The first clients of the portfolio as rows."""
    portfolio = current_portfolio(app.config["INSTANCE"])
    assert portfolio is not None
    found = [portfolio.client(int(number)) for number in portfolio.numbers()[:count]]
    return [{name: one.values[name] for name in COLUMNS} for one in found if one is not None]


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet"])
@pytest.mark.parametrize("output", [".csv", ".parquet"])
def test_a_file_is_scored_like_the_screen(served: Flask, tmp_path: Path, ending: str, output: str) -> None:
    rows = clients(served, 300)
    table = pa.Table.from_pylist(rows)
    source, target = tmp_path / f"clients{ending}", tmp_path / f"scores{output}"
    if ending == ".parquet":
        pa.parquet.write_table(table, source)
    else:
        with pa.output_stream(source, compression="gzip" if ending.endswith("gz") else None) as stream:
            pa.csv.write_csv(table, stream)
    done = flask(served, "score", str(source), "--output", str(target))
    assert done.exit_code == 0, done.output
    assert "300\xa0clients : scores écrits" in done.output
    written = pa.csv.read_csv(target) if output == ".csv" else pa.parquet.read_table(target)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([source.name, target.name, "instance"])
    portfolio, model = current_portfolio(served.config["INSTANCE"]), current_model(served.config["INSTANCE"])
    assert portfolio is not None
    assert model is not None
    for row, line in zip(rows, written.to_pylist(), strict=True):
        explained = explain(model, portfolio, row, 0.48, row["SK_ID_CURR"])
        assert (line["client"], line["points"], line["granted"], line["close"]) == (
            row["SK_ID_CURR"],
            explained.score.points,
            explained.score.granted,
            explained.score.close,
        )
        assert line["probability"] == pytest.approx(explained.score.probability, rel=1e-12)
        assert [line[f"against_{index}"] or None for index in (1, 2, 3)] == (
            [reason.sentence for reason in explained.against[:3]] + [None] * 3
        )[:3]


def test_a_file_of_scores_has_figures_for_machines_and_texts_that_nothing_runs(
    served: Flask, tmp_path: Path
) -> None:
    pa.parquet.write_table(pa.Table.from_pylist(clients(served, 60)), tmp_path / "clients.parquet")
    words = ("score", str(tmp_path / "clients.parquet"), "--output", str(tmp_path / "scores.csv"))
    assert flask(served, *words).exit_code == 0
    head, *lines = csv.reader((tmp_path / "scores.csv").read_text("utf-8").splitlines())
    assert head == [
        "client", "granted", "points", "probability", "limit", "calibrated", "close", "points_low",
        "points_high", "against_1", "against_2", "against_3", "in_favour_1", "in_favour_2", "in_favour_3",
    ]  # fmt: skip
    assert len(lines) == 60
    number, truth, decimal = r"-?\d+", "(?:true|false)", r"0\.\d+"
    for line in lines:
        figures = ",".join(line[:9])
        assert re.fullmatch(
            rf"{number},{truth},{number},{decimal},0\.48,{decimal},{truth},{number},{number}", figures
        )
        assert line[9] or line[12], "each has a reason"
        # Sentences begin with a capital: nothing that a spreadsheet would take for a formula.
        assert [text for text in line[9:] if text and not re.match(r"[A-ZÀÂÉÈÊÎÔÛÇ]", text)] == []


def test_scores_without_reasons_need_no_portfolio(served: Flask, tmp_path: Path) -> None:
    rows = clients(served, 50)
    pa.parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "clients.parquet")
    (served.config["INSTANCE"] / "portfolio").unlink()
    words = ("score", str(tmp_path / "clients.parquet"), "--output", str(tmp_path / "scores.csv"))
    refused = flask(served, *words)
    assert (refused.exit_code, "--no-reasons" in refused.stderr) == (1, True)
    assert flask(served, *words, "--no-reasons").exit_code == 0
    assert (tmp_path / "scores.csv").read_text().splitlines()[0].replace('"', "") == (
        "client,granted,points,probability,limit,calibrated,close,points_low,points_high"
    )


@pytest.mark.parametrize("way", ["itself", "link", "hard link"])
def test_scores_never_replace_the_clients(served: Flask, tmp_path: Path, way: str) -> None:
    source, target = tmp_path / "clients.csv", tmp_path / "scores.csv"
    pa.csv.write_csv(pa.Table.from_pylist(clients(served, 5)), source)
    before = source.read_bytes()
    if way == "itself":
        target = tmp_path / "instance" / ".." / "clients.csv"
    elif way == "link":
        target.symlink_to(source)
    else:
        target.hardlink_to(source)
    for more in ((), ("--force",)):
        done = flask(served, "score", str(source), "--output", str(target), "--no-reasons", *more)
        assert (done.exit_code, source.read_bytes()) == (1, before)
        assert "est aussi le fichier des clients : écrivez les scores dans un autre." in done.stderr


def test_files_are_replaced_only_when_asked(served: Flask, tmp_path: Path) -> None:
    source, target = tmp_path / "clients.csv", tmp_path / "scores.csv"
    pa.csv.write_csv(pa.Table.from_pylist(clients(served, 5)), source)
    for words in (("score", str(source), "--no-reasons"), ("model", "card")):
        target.write_text("before")
        done = flask(served, *words, "--output", str(target))
        assert (done.exit_code, target.read_text()) == (1, "before")
        assert "scores.csv existe déjà : choisissez un autre fichier, ou ajoutez --force." in done.stderr
        assert flask(served, *words, "--output", str(target), "--force").exit_code == 0
        assert target.read_text() != "before"


def test_a_foreign_file_to_score_is_told_without_a_word_of_imports(served: Flask, tmp_path: Path) -> None:
    source = tmp_path / "clients.csv"
    pa.csv.write_csv(pa.Table.from_pylist(clients(served, 5)), source)
    source.write_text(source.read_text().replace(",", "\t"))
    done = flask(served, "score", str(source), "--output", str(tmp_path / "scores.csv"))
    assert done.exit_code == 1
    assert done.stderr.replace("\u00a0", " ").endswith(
        "clients.csv, ligne 1 : les colonnes sont séparées par des tabulations ; enregistrez le fichier avec "
        "des virgules.\n"
    )
    assert "Import" not in done.stderr


def test_a_file_in_windows_1252_is_scored_and_said_so(served: Flask, tmp_path: Path) -> None:
    source, target = tmp_path / "clients.csv", tmp_path / "scores.csv"
    pa.csv.write_csv(pa.Table.from_pylist(clients(served, 5)), source)
    source.write_bytes(source.read_bytes().replace(b'"Cash loans"', b'"Cash loans\xa0"'))
    done = flask(served, "score", str(source), "--output", str(target), "--no-reasons")
    assert done.exit_code == 0, done.output
    assert "Calcul des scores de clients.csv (texte en Windows-1252)" in done.stderr
    assert len(target.read_text().splitlines()) == 6


def test_a_faulty_file_is_refused_whole_with_its_line(served: Flask, tmp_path: Path) -> None:
    rows = clients(served, 20)
    rows[7]["AMT_CREDIT"] = -1
    source, target = tmp_path / "clients.csv", tmp_path / "scores.csv"
    pa.csv.write_csv(pa.Table.from_pylist(rows), source)
    target.write_text("before")
    done = flask(served, "score", str(source), "--output", str(target), "--force")
    assert done.exit_code == 1
    assert "clients.csv, ligne 9, colonne AMT_CREDIT" in done.stderr
    text = source.read_text().replace('"Cash loans"', '"Cash loans","more"', 1)
    source.write_text(text)
    assert "ligne" in flask(served, "score", str(source), "--output", str(target), "--force").stderr
    for name, sentence in (("x.txt", "doit finir par"), ("x.csv", "n’existe pas")):
        (tmp_path / "x.txt").touch()
        assert (
            sentence
            in flask(served, "score", str(tmp_path / name), "--output", str(target), "--force").stderr
        )
        (tmp_path / "x.txt").unlink()
    for name, sentence in (
        ("x.xls", "doit finir par .csv ou .parquet"),
        (
            "n/x.csv",
            "n/x.csv ne peut pas être écrit (fichier ou dossier introuvable) : vérifiez le dossier, vos "
            "droits et la place libre.",
        ),
    ):
        assert sentence in flask(served, "score", str(source), "--output", str(tmp_path / name)).stderr
    assert target.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clients.csv", "instance", "scores.csv"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--currency", "EURO"], "« EURO » n’est pas une monnaie : donnez un code de trois lettres"),
        (["--amount-scale", "0"], "L’échelle des montants est un nombre supérieur à zéro"),
    ],
)
def test_a_wrong_currency_is_told_before_any_file_is_read(
    served: Flask, tmp_path: Path, options: list[str], said: str
) -> None:
    done = flask(served, "portfolio", "import", str(tmp_path / "absent"), *options)
    assert done.exit_code == 1
    assert said in done.output


GROUPS = {
    "portfolio": "Portefeuille des clients : importer, fabriquer, comparer.",
    "model": "Modèle de score : entraîner, écrire sa fiche.",
    "user": "Utilisateurs : ajouter, lister, désactiver, changer un mot de passe.",
    "token": "Jetons de l’API : créer, lister, révoquer.",
    "database": "Base de données de l’application.",
    "client": "Droits d’un client : copie de ses données, effacement, conservation.",
    "retention": "Durées de conservation (réglages KEEP_*).",
    "journal": "Journal : vérifier sa chaîne, l’exporter, en sceller la fin.",
}


def test_groups_and_commands_say_what_they_are_for(own: Flask) -> None:
    said = {name: own.cli.commands[name].help for name in GROUPS}
    assert said == GROUPS


NO_TABLES = (
    "Erreur : La base de données n’est pas à jour : lancez d’abord « flask --app wsgi database upgrade ».\n"
)
NO_CLIENTS = "Erreur : Il n’y a pas encore de portefeuille : importez-en un d’abord.\n"
NO_MODEL = "Erreur : Il n’y a pas encore de modèle : lancez d’abord « flask --app wsgi model train ».\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("user", "list"), NO_TABLES),
        (("token", "add", "agence"), NO_TABLES),
        (("model", "score"), NO_CLIENTS),
        (("portfolio", "verify"), NO_CLIENTS),
        (("model", "card"), NO_MODEL),
        (
            ("score", "x.csv", "--output", "y.csv"),
            "Erreur : Il n’y a pas de portefeuille auquel comparer : importez-en un, ou ajoutez "
            "--no-reasons.\n",
        ),
        (("score", "x.csv", "--output", "y.csv", "--no-reasons"), NO_MODEL),
    ],
)
def test_what_lacks_is_told_with_the_command_that_makes_it(
    own: Flask, words: tuple[str, ...], sentence: str
) -> None:
    done = flask(own, *words)
    assert (done.exit_code, done.stderr) == (1, sentence)


def test_the_files_in_place_are_verified_and_scored_again(served: Flask) -> None:
    instance: Path = served.config["INSTANCE"]
    (instance / "scores").unlink()
    for folder in instance.glob("scores.*"):
        shutil.rmtree(folder)
    done = flask(served, "portfolio", "verify")
    assert done.stderr == (
        "Erreur : Les scores des clients manquent : lancez « flask --app wsgi model score ».\n"
    )
    done = flask(served, "model", "score")
    assert done.stdout == "Scores en place : 2\u202f000\xa0clients.\n"
    (last,) = entries.find(served.extensions["database"], Wanted(), 1)
    assert (last.kind, last.actor, (last.content or {})["clients"]) == ("scores.computed", "commande", 2000)
    done = flask(served, "portfolio", "verify")
    assert (done.exit_code, done.stdout) == (
        0,
        "Tout est tel qu’il a été écrit : 2\u202f000\xa0clients, modèle et scores.\n",
    )


def test_accounts_and_tokens_are_told_in_whole_sentences(ready: Flask) -> None:
    flask(ready, "user", "add", "Agathe", "--role", "auditeur", "--generate")
    assert flask(ready, "user", "disable", " AGATHE").output == (
        "Utilisateur désactivé : agathe. Ses sessions sont fermées.\n"
    )
    changed = flask(ready, "user", "password", "AGATHE", "--generate").output
    assert changed.startswith(
        "Mot de passe changé : agathe. Ses sessions sont fermées.\nMot de passe, affiché "
    )
    made = re.fullmatch(r"Mot de passe, affiché cette seule fois : (\S+)", changed.splitlines()[1])
    assert made
    # Five groups of four signs that nobody mistakes for others.
    assert re.fullmatch(r"[a-hj-km-np-z2-9]{4}(-[a-hj-km-np-z2-9]{4}){4}", made[1])
    assert re.fullmatch(
        r"Jeton « agence », affiché cette seule fois : pad_\S{43}\n",
        flask(ready, "token", "add", "Agence").output,
    )
    assert re.fullmatch(
        r"agence, créé le \d\d/\d\d/\d{4}\n1\xa0jeton\.\n", flask(ready, "token", "list").output
    )


FOURTH_OF_MARCH = datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_days_are_written_day_first(ready: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    one = SimpleNamespace(name="agathe", role="conseiller", active=True, created_at=FOURTH_OF_MARCH)
    monkeypatch.setattr(users, "list_users", lambda _: [one, one])
    monkeypatch.setattr(tokens, "list_tokens", lambda _: [one])
    assert flask(ready, "user", "list").output == (
        "agathe (conseiller), ajouté le 04/03/2026\n" * 2 + "2\xa0utilisateurs.\n"
    )
    assert flask(ready, "token", "list").output == "agathe, créé le 04/03/2026\n1\xa0jeton.\n"


@pytest.mark.usefixtures("paris")
def test_days_are_those_of_where_the_server_stands(ready: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    late = FOURTH_OF_MARCH.replace(hour=23, minute=30)
    one = SimpleNamespace(name="agathe", role="conseiller", active=True, created_at=late)
    monkeypatch.setattr(users, "list_users", lambda _: [one])
    monkeypatch.setattr(tokens, "list_tokens", lambda _: [one])
    assert "agathe (conseiller), ajouté le 05/03/2026\n" in flask(ready, "user", "list").output
    assert "agathe, créé le 05/03/2026\n" in flask(ready, "token", "list").output


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ([7], "un client effacé revient avec cet import, 7 (effacé le 04/03/2026)"),
        (
            [7, 8],
            "des clients effacés reviennent avec cet import, 7 (effacé le 04/03/2026) et 8 (effacé le "
            "04/03/2026)",
        ),
        (
            range(1, 13),
            "des clients effacés reviennent avec cet import, "
            + ", ".join(f"{number} (effacé le 04/03/2026)" for number in range(1, 11))
            + " et 2 autres",
        ),
    ],
)
def test_of_clients_who_come_back_ten_are_named(
    numbers: Sequence[int], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rights.say_returned([(number, FOURTH_OF_MARCH) for number in numbers])
    assert capsys.readouterr().err == (
        f"Attention : {told}. À retirer du fichier, et à effacer à nouveau : flask --app wsgi client erase "
        "N\n"
    )


def test_what_is_not_in_the_journal_is_said_and_goes_on(own: Flask) -> None:
    done = flask(own, "portfolio", "demo", "--clients", "50", "--no-histories")
    assert done.exit_code == 0
    assert done.stderr.endswith(
        "Ceci n’est pas inscrit au journal : la base de données n’est pas prête (flask --app wsgi database "
        "upgrade).\n"
    )


@pytest.mark.parametrize(
    ("currency", "scale", "sentence"),
    [
        ("eur", "1", "Montants affichés en euros : ceux du fichier, divisés par 1."),
        ("EUR", "100", "Montants affichés en euros : ceux du fichier, divisés par 100."),
        ("EUR", "0.001", "Montants affichés en euros : ceux du fichier, divisés par 0,001."),
    ],
)
def test_an_import_says_in_which_amounts_and_what_comes_next(
    own: Flask, tmp_path: Path, currency: str, scale: str, sentence: str
) -> None:
    made_up.write_csv(made_up.table(20), tmp_path / "kaggle" / "application_train.csv")
    words = ("portfolio", "import", str(tmp_path / "kaggle"), "--currency", currency, "--amount-scale", scale)
    told = flask(own, *words).stdout.splitlines()
    assert told[-2:] == [
        sentence,
        "Entraînez maintenant le modèle sur ces clients : flask --app wsgi model train",
    ]


def test_each_account_of_an_audit_has_a_password_of_its_own(
    own: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (
        "audit",
        "--url",
        "https://x",
        "--user",
        "un",
        "--user",
        "deux",
        "--output",
        str(tmp_path / "pack"),
    )
    missing = "Erreur : Le mot de passe de {} manque : donnez-le par la variable d’environnement {}.\n"
    name = "PRETADEPENSER_AUDIT_PASSWORD"
    monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv(f"{name}_2", raising=False)
    done = flask(own, *words)
    assert (done.exit_code, done.stderr) == (2, missing.format("un", name))
    monkeypatch.setenv(name, "secret")
    done = flask(own, *words)
    assert (done.exit_code, done.stderr) == (2, missing.format("deux", f"{name}_2"))


def test_on_a_terminal_the_password_of_an_audit_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRETADEPENSER_AUDIT_PASSWORD", raising=False)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(click, "prompt", lambda asked, **_: asked)
    assert cli._audit_password("agathe", 1, "https://x") == "Mot de passe de agathe sur https://x"


def test_a_published_pack_says_where_it_is_shown(
    own: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("selenium")
    from pretadepenser.audit import pack, run

    monkeypatch.setenv("PRETADEPENSER_AUDIT_PASSWORD", "secret")
    monkeypatch.setattr(run, "make", lambda *_: SimpleNamespace(refused=False, unreached=False))
    monkeypatch.setattr(run, "told", lambda _: [])
    monkeypatch.setattr(pack, "publish", lambda *_: None)
    words = ("--url", "https://x", "--user", "un", "--output", str(tmp_path / "pack"), "--publish")
    assert flask(own, "audit", *words).stdout == (
        f"Preuves écrites dans {tmp_path}/pack.\nElles sont proposées sur /accessibilite/preuves.\n"
    )


def test_made_up_clients_unlike_the_real_ones_are_told(
    own: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "compare", lambda *_: [SimpleNamespace(passed=False)])
    monkeypatch.setattr(compare, "report", lambda _: "rapport")
    done = flask(own, "portfolio", "compare", str(tmp_path))
    assert (done.exit_code, done.stdout) == (1, "rapport\n")
    assert done.stderr == "Erreur : les clients fictifs ne ressemblent pas assez aux clients réels.\n"
