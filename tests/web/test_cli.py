"""The commands: what they do, say and refuse, in French and without a trace."""

import re
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from pretadepenser import create_app
from pretadepenser.credit.portfolio import current_portfolio
from pretadepenser.records import tokens, users

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


def test_users_are_added_listed_changed_and_disabled(ready: Flask) -> None:
    database = ready.extensions["database"]
    added = flask(
        ready, "user", "add", "Agathe", "--role", "conseiller", "--password-stdin", stdin=PASSWORD + "\n"
    )
    assert added.output == "Utilisateur ajouté : agathe (conseiller).\n"
    assert users.authenticate(database, "agathe", PASSWORD) is not None
    listed = flask(ready, "user", "list").output
    assert re.fullmatch(r"agathe \(conseiller\), ajouté le \d\d/\d\d/\d{4}\n1\xa0utilisateur\.\n", listed)
    changed = flask(ready, "user", "password", "agathe", "--generate")
    password = changed.output.split("affiché cette seule fois : ")[1].strip()
    assert users.authenticate(database, "agathe", password) is not None
    assert users.authenticate(database, "agathe", PASSWORD) is None
    assert "désactivé : agathe" in flask(ready, "user", "disable", "agathe").output
    assert users.authenticate(database, "agathe", password) is None
    assert "(conseiller, désactivé)" in flask(ready, "user", "list").output


def test_a_password_can_be_typed_twice(ready: Flask) -> None:
    done = flask(ready, "user", "add", "agathe", "--role", "auditeur", stdin=f"{PASSWORD}\n{PASSWORD}\n")
    assert done.exit_code == 0
    assert PASSWORD not in done.output


def test_the_first_user_is_made_once(ready: Flask) -> None:
    words = ("user", "add", "conseiller", "--role", "conseiller", "--generate", "--first")
    first, second = flask(ready, *words), flask(ready, *words)
    assert "affiché cette seule fois" in first.output
    assert (second.output, second.exit_code) == ("", 0)


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
    (("user", "enlever"), 2, "commande inconnue"),
    (("token", "revoke", "rien"), 1, "« rien » n’existe pas"),
    (("portfolio", "demo", "--clients", "0"), 2, "--clients doit être un entier supérieur ou égal à 1"),
    (("portfolio", "demo", "--couleur"), 2, "l’option --couleur n’existe pas"),
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


def test_users_need_the_tables(own: Flask) -> None:
    done = flask(own, "user", "list")
    assert done.exit_code == 1
    assert "« flask --app wsgi database upgrade »" in done.stderr


def test_a_fictitious_portfolio_is_the_same_for_a_seed(own: Flask) -> None:
    done = flask(own, "portfolio", "demo", "--clients", "300", "--seed", "7")
    assert done.exit_code == 0, done.output
    assert "Portefeuille en place : 300\xa0clients" in done.output
    first = current_portfolio(own.config["INSTANCE"])
    assert first is not None
    assert (first.size, first.fictitious) == (300, True)
    flask(own, "portfolio", "demo", "--clients", "300", "--seed", "7")
    again = current_portfolio(own.config["INSTANCE"])
    assert again is not None
    assert again.sha256 == first.sha256
