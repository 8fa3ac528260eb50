"""The commands of `flask --app wsgi`: thin, each calls one function of another room.

The rooms that load big libraries are imported inside the commands, so that `--help` and the
commands on users stay quick.
"""

import os
import secrets
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from pretadepenser import storage
from pretadepenser.cli.journal import journal
from pretadepenser.cli.replay import replay
from pretadepenser.cli.rights import client, retention, returned, say_returned
from pretadepenser.cli.shared import clean, instance, note, score_all
from pretadepenser.cli.shared import database as opened_database
from pretadepenser.console import Check, Command, Failure, Group, Progress, Undone
from pretadepenser.errors import cause
from pretadepenser.french import compact, join, number, part, plural
from pretadepenser.money import KAGGLE, PLAIN, Money, using
from pretadepenser.records import names, tokens, users
from pretadepenser.records.database import Database
from pretadepenser.records.journal import Kind
from pretadepenser.records.models import Role

# No 0/o, 1/l/i: a generated password is read aloud or copied by hand once.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
PATH = click.Path(path_type=Path)
PERMANENT = click.option(
    "--permanent",
    is_flag=True,
    help="Le mot de passe n’a pas à être changé à la première connexion (comptes de machines).",
)
HISTORIES = click.option(
    "--histories/--no-histories",
    default=True,
    help="Avec ou sans l’historique de crédit des clients (six tables ; plus rapide sans).",
)
ENGINE = click.option(
    "--engine",
    type=click.Choice(["duckdb", "spark"]),
    default="duckdb",
    help="Moteur : duckdb, sur cette machine ; spark, sur celles de SPARK_MASTER (tables Parquet).",
)
# Fewest fictitious clients that a model can be trained on, whatever the seed (about 8 % of them default).
_FEWEST = 2000


portfolio = Group(
    "portfolio", callback=clean, help="Portefeuille des clients : importer, fabriquer, comparer."
)
model = Group("model", callback=clean, help="Modèle de score : entraîner, écrire sa fiche.")
user = Group(
    "user", callback=clean, help="Utilisateurs : ajouter, lister, désactiver, changer un mot de passe."
)
token = Group("token", callback=clean, help="Jetons de l’API : créer, lister, révoquer.")
database = Group("database", callback=clean, help="Base de données de l’application.")


def init_app(app: Flask) -> None:
    """Add the commands to an application."""
    app.cli.add_command(prepare)
    app.cli.add_command(score)
    app.cli.add_command(audit)
    journal.add_command(replay)
    for group in (portfolio, model, user, token, database, journal, client, retention):
        app.cli.add_command(group)


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    given: str = click.prompt(
        "Mot de passe (12 caractères au moins)", hide_input=True, confirmation_prompt="Encore une fois"
    )
    return given


def _generated() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(5))


def _say_report(report: Any) -> None:
    """Say what was imported, on the screen and in the journal."""
    from pretadepenser.credit.portfolio import current_portfolio

    placed = current_portfolio(instance())
    sha256 = placed.sha256 if placed else None
    back = returned(placed)
    counted = {"returned": len(back)} if back else {}
    tables = [one.name for one in report.tables]
    note(Kind.IMPORTED, clients=report.clients, sha256=sha256, tables=tables, **counted)
    defaults = ""
    if report.labelled:
        defaults = f", dont {part(report.defaults / report.labelled, 1)} en défaut"
    click.echo(
        f"Portefeuille en place : {plural(report.clients, 'client')}, "
        f"{plural(report.labelled, 'issue connue', 'issues connues')}{defaults} "
        f"({number(report.seconds, 1)} s)."
    )
    if report.tables:
        listed = [f"{one.name} ({plural(one.rows, 'ligne')})" for one in report.tables]
        click.echo(f"Historiques en place : {join(listed)}.")
    for one in report.tables:
        if one.orphans:
            click.echo(
                f"{one.name} : {plural(one.orphans, 'ligne')} d’aucun de ces clients, "
                f"{'laissée' if one.orphans == 1 else 'laissées'} de côté."
            )
    say_returned(back)


def _make_portfolio(clients: int, seed: int, with_histories: bool) -> None:
    from pretadepenser.credit.portfolio import import_batches
    from pretadepenser.demo import batches, histories

    with Progress() as progress:
        report = import_batches(
            batches(clients, seed),
            instance(),
            histories=histories(clients, seed) if with_histories else {},
            fictitious=True,
            total=clients,
            progress=progress,
            before=partial(score_all, progress=progress),
            memory=current_app.config["MEMORY"],
        )
    _say_report(report)


def _train(engine: str = "local") -> None:
    from pretadepenser.credit.model import training

    with ExitStack() as stack:
        learner = None
        if engine == "spark":
            from pretadepenser.spark import learning, session

            learner = stack.enter_context(
                learning.cluster(stack.enter_context(session.session()), instance())
            )
        progress = stack.enter_context(Progress())
        report = training.train(
            instance(),
            limit=current_app.config["LIMIT"],
            cost_ratio=current_app.config["COST_RATIO"],
            progress=progress,
            memory=current_app.config["MEMORY"],
            learner=learner,
        )
    card = report.card
    note(Kind.TRAINED, sha256=_model().sha256, portfolio=card.data.sha256, learned=card.data.labelled)
    click.echo(
        f"Modèle en place : {plural(card.data.labelled, 'client appris', 'clients appris')}, aire sous la "
        f"courbe ROC {number(card.without_protected.roc_auc, 3)} ({number(report.seconds, 0)} s)."
    )


def _upgrade(opened: Database) -> None:
    opened.upgrade()
    click.echo("Base de données à jour.")


def _add_user(opened: Database, name: str, role: str, password: str, permanent: bool = False) -> None:
    added = users.add_user(opened, name, role, password, must_change=not permanent)
    click.echo(f"Utilisateur ajouté : {added.name} ({added.role}).")


def _show(password: str) -> None:
    click.echo(f"Mot de passe, affiché cette seule fois : {password}")


def _say_whether_to_change(permanent: bool) -> None:
    if not permanent:
        click.echo("Il devra être changé à la première connexion.")


def _begin(step: str) -> None:
    click.secho(f"→ {step}", bold=True)


@click.command(cls=Command)
@click.option(
    "--clients",
    metavar="N",
    type=click.IntRange(_FEWEST),
    default=20_000,
    help=f"Nombre de clients fictifs, {number(_FEWEST)} au moins.",
)
@click.option("--seed", metavar="S", type=click.IntRange(0), default=1, help="Graine du tirage au sort.")
@HISTORIES
@with_appcontext
def prepare(clients: int, seed: int, histories: bool) -> None:
    """Met en place ce qui manque : tables, portefeuille fictif, modèle, utilisateurs, décisions fictives."""
    from pretadepenser.credit.model.artefact import NAME as MODEL
    from pretadepenser.credit.portfolio.reading import NAME as PORTFOLIO

    clean()
    opened: Database = current_app.extensions["database"]
    if not opened.ready():
        _begin("Mise à jour de la base de données")
        _upgrade(opened)
    try:
        if storage.current(instance(), PORTFOLIO) is None:
            _begin(f"Fabrication d’un portefeuille fictif de {plural(clients, 'client')}")
            _make_portfolio(clients, seed, histories)
        if storage.current(instance(), MODEL) is None:
            _begin("Entraînement du modèle sur ce portefeuille")
            _train()
    except OSError as error:
        raise Failure(
            f"Le dossier d’instance {instance()} ne peut pas être écrit ({cause(error)}) : "
            "vérifiez ses droits et la place qui reste sur le disque."
        ) from error
    if not users.list_users(opened):
        _first_user(opened, Role.ADVISOR)
    _demonstrate(opened)
    click.echo("Tout est en place.")


def _first_user(opened: Database, role: Role) -> None:
    """Add a user named as the role, with a password that is shown once."""
    password = _generated()
    _add_user(opened, role.value, role, password)
    _show(password)
    _say_whether_to_change(permanent=False)


def _demonstrate(opened: Database) -> None:
    """Beside fictitious clients: a second user who reads decisions, and a few of these."""
    from pretadepenser.cli import demonstration
    from pretadepenser.credit.portfolio import current_portfolio
    from pretadepenser.records.deciding import Desk
    from pretadepenser.records.decisions import Person
    from pretadepenser.web.lender import lender

    clients = current_portfolio(instance())
    if clients is None or not clients.fictitious:
        return
    if [one.name for one in users.list_users(opened)] == [Role.ADVISOR.value]:
        _first_user(opened, Role.MANAGER)
    named = {one.name: Person(one.id, one.name) for one in users.list_users(opened)}
    author, reader = named.get(Role.ADVISOR.value), named.get(Role.MANAGER.value)
    if author is None or reader is None:
        return
    names = tuple(bureau.name for bureau in lender().bureaux)
    desk = Desk(instance(), _model(), clients, current_app.config, names)
    demonstration.decide(
        opened, desk, author, reader, partial(_begin, "Quelques décisions fictives sur ces clients")
    )


@portfolio.command("import")
@click.argument("folder", metavar="DOSSIER")
@click.option("--currency", metavar="CODE", default=KAGGLE.currency, help="Monnaie des montants (EUR).")
@click.option(
    "--amount-scale", metavar="N", type=float, default=KAGGLE.scale,
    help="Unités du fichier pour une unité affichée : 100 pour Kaggle, 1 pour un fichier en euros.",
)  # fmt: skip
@ENGINE
def import_(folder: str, currency: str, amount_scale: float, engine: str) -> None:
    """Importe un dossier Kaggle Home Credit : les demandes, et les tables d’historique qui y sont.

    Avec Spark, DOSSIER peut être une adresse (s3a://…).
    """
    from pretadepenser.credit.dictionary import TABLES
    from pretadepenser.credit.portfolio import import_folder

    try:
        money = Money(currency.upper(), amount_scale)
    except ValueError as error:
        raise Failure(str(error)) from error
    with Progress() as progress:
        before = partial(score_all, progress=progress)
        rest = progress, money, before, current_app.config["MEMORY"]
        if engine == "spark":
            from pretadepenser.spark import importing, session

            with session.session() as spark:
                report = importing.import_tables(spark, folder, instance(), *rest)
        else:
            report = import_folder(Path(folder), instance(), *rest)
    _say_report(report)
    if absent := [name for name in TABLES if name not in {one.name for one in report.tables}]:
        one = len(absent) == 1
        what, read = ("Table absente", "non importée") if one else ("Tables absentes", "non importées")
        click.echo(f"{what} de {folder}, donc {read} : {join(absent)}.")
    click.echo(f"Montants affichés en {money.noun} : ceux du fichier, divisés par {compact(money.scale, 9)}.")
    click.echo("Entraînez maintenant le modèle sur ces clients : flask --app wsgi model train")


@portfolio.command()
@click.option("--clients", metavar="N", type=click.IntRange(1), default=20_000, help="Nombre de clients.")
@click.option("--seed", metavar="S", type=click.IntRange(0), default=1, help="Graine du tirage au sort.")
@HISTORIES
def demo(clients: int, seed: int, histories: bool) -> None:
    """Fabrique un portefeuille fictif, toujours le même pour un nombre et une graine."""
    _make_portfolio(clients, seed, histories)


@portfolio.command()
@click.argument("folder", metavar="DOSSIER", type=PATH)
@click.option("--clients", metavar="N", type=click.IntRange(1), help="Clients fictifs (autant que de réels).")
@click.option("--seed", metavar="S", type=click.IntRange(0), default=0, help="Graine du tirage au sort.")
def compare(folder: Path, clients: int | None, seed: int) -> None:
    """Compare les clients fictifs aux clients réels d’un dossier Kaggle (sans les historiques)."""
    from pretadepenser.demo.fit.compare import compare as compared
    from pretadepenser.demo.fit.compare import report

    checks = compared(folder, clients, seed)
    click.echo(report(checks))
    if not all(check.passed for check in checks):
        raise Failure("les clients fictifs ne ressemblent pas assez aux clients réels.")


@model.command()
@click.option(
    "--engine",
    type=click.Choice(["local", "spark"]),
    default="local",
    help="Où apprendre : local, sur cette machine ; spark, sur celles de SPARK_MASTER.",
)
def train(engine: str) -> None:
    """Entraîne le modèle sur le portefeuille en place et le met en service."""
    _train(engine)


@model.command("score")
def score_clients() -> None:
    """Calcule à nouveau les scores de tous les clients, pour les comparaisons par décision."""
    from pretadepenser.credit.model import scoring
    from pretadepenser.credit.portfolio import current_portfolio

    clients = current_portfolio(instance())
    if clients is None:
        raise Failure("Il n’y a pas encore de portefeuille : importez-en un d’abord.")
    with Progress() as progress:
        scoring.score_portfolio(_model(), clients, instance(), progress)
    note(Kind.SCORED, clients=clients.size, portfolio=clients.sha256, model=_model().sha256)
    click.echo(f"Scores en place : {plural(clients.size, 'client')}.")


@portfolio.command()
def verify() -> None:
    """Relit tout le portefeuille, le modèle et les scores, et les compare à ce qui a été écrit."""
    from pretadepenser.credit.model.scoring import current_scores
    from pretadepenser.credit.portfolio import current_portfolio

    clients = current_portfolio(instance())
    if clients is None:
        raise Failure("Il n’y a pas encore de portefeuille : importez-en un d’abord.")
    clients.verify()
    model = _model()
    if current_scores(instance(), clients, model) is None:
        raise Failure("Les scores des clients manquent : lancez « flask --app wsgi model score ».")
    click.echo(f"Tout est tel qu’il a été écrit : {plural(clients.size, 'client')}, modèle et scores.")


@model.command()
@click.option("--output", metavar="FICHIER", type=PATH, help="Fichier à écrire (l’écran sinon).")
@click.option("--force", is_flag=True, help="Remplace un fichier qui existe déjà.")
def card(output: Path | None, force: bool) -> None:
    """Écrit la fiche du modèle en place, en Markdown."""
    from pretadepenser.credit.model import card as model_card

    opened = _model()
    text = model_card.render(opened.card, opened.global_explanation)
    if output is None:
        click.echo(text)
        return
    if output.exists() and not force:
        raise Failure(f"{output} existe déjà : choisissez un autre fichier, ou ajoutez --force.")
    try:
        with storage.written(output) as own:
            own.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failure(f"{output} ne peut pas être écrit ({cause(error)}) : vérifiez le dossier.") from error
    click.echo(f"Fiche du modèle écrite dans {output}.")


@click.command(cls=Command)
@click.argument("file", metavar="FICHIER")
@click.option("--output", metavar="FICHIER", required=True, help="Fichier .csv ou .parquet à écrire.")
@click.option("--reasons/--no-reasons", default=True, help="Avec ou sans les raisons (plus rapide sans).")
@click.option("--force", is_flag=True, help="Remplace un fichier qui existe déjà.")
@ENGINE
@with_appcontext
def score(file: str, output: str, reasons: bool, force: bool, engine: str) -> None:
    """Calcule le score de chaque client d’un fichier .csv (.gz, .zip) ou .parquet.

    FICHIER peut être aussi un téléchargement entier (dossier, ou zip de Kaggle), avec ses historiques.
    Avec Spark, FICHIER et --output sont des dossiers de parties, ou des adresses (s3a://…).
    """
    from pretadepenser.credit.explanation.batch import score_file
    from pretadepenser.credit.explanation.download import is_download, score_download
    from pretadepenser.credit.portfolio import current_portfolio

    clean()
    compared = current_portfolio(instance()) if reasons else None
    if reasons and compared is None:
        raise Failure(
            "Il n’y a pas de portefeuille auquel comparer : importez-en un, ou ajoutez --no-reasons."
        )
    # Reasons are read by people: their amounts are shown as on the pages.
    with Progress() as progress, using(compared.money if compared else PLAIN):
        work = _model(), current_app.config["LIMIT"], compared, progress
        if engine == "spark":
            from pretadepenser.spark import scoring, session

            with session.session() as spark:
                rows = scoring.score_tables(spark, file, output, *work, force=force)
        elif is_download(Path(file)):
            memory = current_app.config["MEMORY"]
            rows = score_download(Path(file), Path(output), *work, force=force, memory=memory)
        else:
            rows = score_file(Path(file), Path(output), *work, force=force)
    note(Kind.SCORED, rows=rows, reasons=reasons, model=work[0].sha256)
    click.echo(f"{plural(rows, 'client')} : scores écrits dans {output}.")


@click.command(cls=Check)
@click.option("--url", metavar="ADRESSE", required=True, help="Site à contrôler, https://… ou http://…")
@click.option(
    "--user",
    "users",
    metavar="NOM",
    required=True,
    multiple=True,
    help="Compte avec lequel se connecter ; un autre ouvre ce qui est fermé à ceux d’avant.",
)
@click.option("--output", metavar="DOSSIER", type=PATH, required=True, help="Dossier de preuves à écrire.")
@click.option("--client", metavar="N", type=click.IntRange(1), help="Client à ouvrir (sinon, un du site).")
@click.option("--sample", metavar="FICHIER", type=PATH, help="Un autre échantillon de pages, en TOML.")
@click.option("--baseline", metavar="FICHIER", type=PATH, help="Violations acceptées, une par ligne.")
@click.option("--force", is_flag=True, help="Remplace un dossier de preuves qui existe déjà.")
@click.option("--publish", is_flag=True, help="Propose le dossier sur /accessibilite/preuves.")
@with_appcontext
@click.pass_context
def audit(
    context: click.Context, url: str, users: tuple[str, ...], output: Path, client: int | None,
    sample: Path | None, baseline: Path | None, force: bool, publish: bool,
) -> None:  # fmt: skip
    """Contrôle l’accessibilité d’un site en service et écrit un dossier de preuves.

    Le mot de passe est demandé, ou lu dans PRETADEPENSER_AUDIT_PASSWORD (d’un deuxième compte : dans
    PRETADEPENSER_AUDIT_PASSWORD_2, et ainsi de suite). Code de sortie : 0 sans violation
    nouvelle, 1 avec, 2 si le contrôle n’a pas pu être fait, ou pas en entier.
    """
    try:
        from pretadepenser.audit import pack, run
    except ImportError as error:
        raise Undone(
            f"Il manque {str(error.name).partition('.')[0]} pour commander un navigateur : "
            "installez l’extra « audit » (pip install --editable '.[audit]')."
        ) from error
    asked = run.order(
        url, users, output.absolute(), force=force, client=client, own_sample=sample, baseline=baseline
    )
    passwords = [_audit_password(user, place, asked.url) for place, user in enumerate(asked.users, 1)]
    with Progress() as progress:
        found = run.make(asked, passwords, progress)
    for line in run.told(found):
        click.echo(line)
    click.echo(f"Preuves écrites dans {output}.")
    if publish:
        pack.publish(asked.output, instance())
        click.echo("Elles sont proposées sur /accessibilite/preuves.")
    context.exit(1 if found.refused else 2 if found.unreached else 0)


def _audit_password(user: str, place: int, url: str) -> str:
    """The password of an account, never an argument: those are seen by everybody on the machine.

    place: of the account among those that were named, from 1.
    """
    name = "PRETADEPENSER_AUDIT_PASSWORD" + (f"_{place}" if place > 1 else "")
    if given := os.environ.get(name):
        return given
    if not sys.stdin.isatty():
        raise Undone(f"Le mot de passe de {user} manque : donnez-le par la variable d’environnement {name}.")
    asked: str = click.prompt(f"Mot de passe de {user} sur {url}", hide_input=True)
    return asked


def _model() -> Any:
    from pretadepenser.credit.model.scoring import current_model

    opened = current_model(instance())
    if opened is None:
        raise Failure("Il n’y a pas encore de modèle : lancez d’abord « flask --app wsgi model train ».")
    return opened


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
@PERMANENT
def add(name: str, role: str, password_stdin: bool, generate: bool, permanent: bool) -> None:
    """Ajoute un utilisateur."""
    opened = opened_database()
    password = _generated() if generate else _password(password_stdin)
    _add_user(opened, name, role, password, permanent)
    if generate:
        _show(password)
    _say_whether_to_change(permanent)


@user.command("list")
def list_() -> None:
    """Liste les utilisateurs."""
    everybody = users.list_users(opened_database())
    for one in everybody:
        state = "" if one.active else ", désactivé"
        click.echo(f"{one.name} ({one.role}{state}), ajouté le {one.created_at.astimezone():%d/%m/%Y}")
    click.echo(f"{plural(len(everybody), 'utilisateur', 'utilisateurs')}.")


@user.command()
@click.argument("name", metavar="NOM")
def disable(name: str) -> None:
    """Désactive un utilisateur et ferme ses sessions."""
    users.disable_user(opened_database(), name)
    click.echo(f"Utilisateur désactivé : {names.normalise(name)}. Ses sessions sont fermées.")


@user.command("password")
@click.argument("name", metavar="NOM")
@click.option("--password-stdin", is_flag=True, help="Lit le mot de passe sur l’entrée standard.")
@click.option("--generate", is_flag=True, help="Fabrique un mot de passe et l’affiche une seule fois.")
@PERMANENT
def change_password(name: str, password_stdin: bool, generate: bool, permanent: bool) -> None:
    """Change un mot de passe, réactive le compte et ferme ses sessions."""
    opened = opened_database()
    password = _generated() if generate else _password(password_stdin)
    users.set_password(opened, name, password, must_change=not permanent)
    click.echo(f"Mot de passe changé : {names.normalise(name)}. Ses sessions sont fermées.")
    if generate:
        _show(password)
    _say_whether_to_change(permanent)


@token.command("add")
@click.argument("name", metavar="NOM")
def add_token(name: str) -> None:
    """Crée un jeton pour un autre système et l’affiche une seule fois."""
    text = tokens.add_token(opened_database(), name)
    click.echo(f"Jeton « {names.normalise(name)} », affiché cette seule fois : {text}")


@token.command("list")
def list_tokens() -> None:
    """Liste les jetons."""
    every = tokens.list_tokens(opened_database())
    for one in every:
        click.echo(f"{one.name}, créé le {one.created_at.astimezone():%d/%m/%Y}")
    click.echo(f"{plural(len(every), 'jeton')}.")


@token.command("revoke")
@click.argument("name", metavar="NOM")
def revoke_token(name: str) -> None:
    """Révoque un jeton, sans délai."""
    tokens.revoke_token(opened_database(), name)
    click.echo(f"Jeton révoqué : {names.normalise(name)}.")


@database.command()
def upgrade() -> None:
    """Met les tables à jour (à faire à l’installation et à chaque nouvelle version)."""
    _upgrade(current_app.extensions["database"])
