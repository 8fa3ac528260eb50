"""The commands of `flask --app wsgi`: thin, each calls one function of another room.

The rooms that load big libraries are imported inside the commands, so that `--help` and the
commands on users stay quick.
"""

import secrets
import sys
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from pretadepenser.credit.french import plural
from pretadepenser.records import users
from pretadepenser.records.database import Database, RecordsError
from pretadepenser.records.models import Role

# No 0/o, 1/l/i: a generated password is read aloud or copied by hand once.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
FOLDER = click.Path(exists=False, file_okay=True, path_type=Path)


class Failure(click.ClickException):
    """An error told in French, without a trace."""

    def show(self, file: Any = None) -> None:
        click.echo(f"Erreur : {self.message}", file=file or sys.stderr)


class Group(AppGroup):
    """A group of commands whose expected errors end with one sentence and status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except RecordsError as error:
            raise Failure(str(error)) from error


user = Group("user", help="Utilisateurs : ajouter, lister, désactiver, changer un mot de passe.")
database = Group("database", help="Base de données de l’application.")


def init_app(app: Flask) -> None:
    """Add the commands to an application."""
    for group in (user, database):
        app.cli.add_command(group)


def _database() -> Database:
    opened: Database = current_app.extensions["database"]
    if not opened.ready():
        raise RecordsError(
            "La base de données n’est pas à jour : lancez d’abord « flask --app wsgi database upgrade »."
        )
    return opened


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    given: str = click.prompt(
        "Mot de passe (12 caractères au moins)", hide_input=True, confirmation_prompt="Encore une fois"
    )
    return given


def _generated() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(5))


@user.command("add")
@click.argument("name", metavar="NOM")
@click.option(
    "--role",
    required=True,
    type=click.Choice([str(role) for role in Role]),
    help="Ce que la personne peut faire.",
)
@click.option("--password-stdin", is_flag=True, help="Lit le mot de passe sur l’entrée standard.")
@click.option("--generate", is_flag=True, help="Fabrique un mot de passe et l’affiche une seule fois.")
def add(name: str, role: str, password_stdin: bool, generate: bool) -> None:
    """Ajoute un utilisateur."""
    opened = _database()
    password = _generated() if generate else _password(password_stdin)
    added = users.add_user(opened, name, role, password)
    click.echo(f"Utilisateur ajouté : {added.name} ({added.role}).")
    if generate:
        click.echo(f"Mot de passe, affiché cette seule fois : {password}")


@user.command("list")
def list_() -> None:
    """Liste les utilisateurs."""
    everybody = users.list_users(_database())
    for one in everybody:
        state = "" if one.active else ", désactivé"
        click.echo(f"{one.name} ({one.role}{state}), ajouté le {one.created_at:%d/%m/%Y}")
    click.echo(f"{plural(len(everybody), 'utilisateur', 'utilisateurs')}.")


@user.command()
@click.argument("name", metavar="NOM")
def disable(name: str) -> None:
    """Désactive un utilisateur et ferme ses sessions."""
    users.disable_user(_database(), name)
    click.echo(f"Utilisateur désactivé : {users.normalise(name)}. Ses sessions sont fermées.")


@user.command("password")
@click.argument("name", metavar="NOM")
@click.option("--password-stdin", is_flag=True, help="Lit le mot de passe sur l’entrée standard.")
@click.option("--generate", is_flag=True, help="Fabrique un mot de passe et l’affiche une seule fois.")
def change_password(name: str, password_stdin: bool, generate: bool) -> None:
    """Change un mot de passe, réactive le compte et ferme ses sessions."""
    opened = _database()
    password = _generated() if generate else _password(password_stdin)
    users.set_password(opened, name, password)
    click.echo(f"Mot de passe changé : {users.normalise(name)}. Ses sessions sont fermées.")
    if generate:
        click.echo(f"Mot de passe, affiché cette seule fois : {password}")


@database.command()
def upgrade() -> None:
    """Met les tables à jour (à faire à l’installation et à chaque nouvelle version)."""
    opened: Database = current_app.extensions["database"]
    opened.upgrade()
    click.echo("Base de données à jour.")
