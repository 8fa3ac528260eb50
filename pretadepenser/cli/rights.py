"""The commands on people's rights over their data: a copy, its erasure, holds, and what is over its time."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
from flask import current_app

from pretadepenser.cli.shared import clean, database, instance, score_all
from pretadepenser.console import Failure, Group, Progress
from pretadepenser.french import join, plural
from pretadepenser.records import erasing, journal
from pretadepenser.records.database import Database
from pretadepenser.records.erasing import Erased
from pretadepenser.records.journal import Kind
from pretadepenser.records.retention import Keep

PATH: Final = click.Path(path_type=Path)
NUMBER: Final = click.argument("number", metavar="N", type=click.IntRange(1, 2**63 - 1))
# How many numbers of clients are told one by one.
_TOLD: Final = 10
_ROWS: Final = {
    "decisions": ("décision", "décisions"),
    "readings": ("seconde lecture", "secondes lectures"),
    "reviews": ("réexamen", "réexamens"),
    "letters": ("lettre", "lettres"),
    "entries": ("entrée du journal", "entrées du journal"),
    "recent": ("client vu récemment", "clients vus récemment"),
}

client = Group(
    "client", callback=clean, help="Droits d’un client : copie de ses données, effacement, conservation."
)
retention = Group("retention", callback=clean, help="Durées de conservation (réglages KEEP_*).")


@client.command()
@NUMBER
@click.option("--reason", metavar="TEXTE", required=True, help="Pourquoi (litige, réquisition…).")
def hold(number: int, reason: str) -> None:
    """Interdit d’effacer les données d’un client, jusqu’à « client release »."""
    from pretadepenser.cli import erasure

    opened, reason = database(), reason.strip()
    if not 1 <= len(reason) <= 200:
        raise Failure("Le motif doit avoir de 1 à 200 caractères.")
    with erasure.alone(instance()):
        if not erasing.known(opened, number) and not _filed(number):
            raise Failure(f"Rien n’est gardé d’un client {number} : vérifiez son numéro.")
        erasing.hold(opened, number, reason)
    click.echo(f"Les données du client {number} ne seront pas effacées ({reason}).")


@client.command()
@NUMBER
def release(number: int) -> None:
    """Permet à nouveau d’effacer les données d’un client."""
    erasing.release(database(), number)
    click.echo(f"Les données du client {number} peuvent à nouveau être effacées.")


@client.command()
@NUMBER
@click.option("--output", metavar="DOSSIER", type=PATH, help="Dossier à écrire (client-N sinon).")
@click.option("--force", is_flag=True, help="Remplace une copie qui existe déjà.")
def export(number: int, output: Path | None, force: bool) -> None:
    """Écrit tout ce qui est gardé d’un client : JSON, page lisible, PDF et courriers.

    À remettre au client qui le demande (RGPD, articles 15 et 20). La copie est inscrite au journal.
    """
    from pretadepenser.cli import copies, erasure

    opened, folder = database(), (output or Path(f"client-{number}")).absolute()
    with erasure.alone(instance()):
        filed = copies.find(number)
        if filed is None and not erasing.known(opened, number):
            raise Failure(f"Rien n’est gardé d’un client {number} : vérifiez son numéro.")
        # First: what is handed over without an entry could not be accounted for.
        journal.append(opened, Kind.RIGHTS_EXPORT, journal.COMMAND, number)
        made = copies.write(folder, opened, number, filed, force=force)
    click.echo(f"Tout ce qui est gardé du client {number} est dans {made.folder}.")
    if made.unmade:
        click.echo(f"Sans PDF. {made.unmade}", err=True)
    click.echo("Vérifiez l’identité de qui le demande, et effacez ce dossier une fois remis.")


@client.command()
@NUMBER
def erase(number: int) -> None:
    """Efface un client : portefeuille, scores, images, décisions, lettres et journal.

    Sur un terminal, le numéro est demandé une seconde fois. Les sauvegardes ne sont pas touchées.
    """
    from pretadepenser.cli import erasure

    opened = database()
    if sys.stdin.isatty() and click.prompt("Numéro du client à effacer, encore une fois", type=int) != number:
        raise Failure("Les deux numéros diffèrent : rien n’est effacé.")
    with Progress() as progress:
        gone = erasure.erase(_place(opened, progress), number)
    if gone is None:
        digest = erasing.digest_of(current_app.config["SECRET_KEY"], number)
        if (before := erasing.erased_at(opened, digest)) is None:
            raise Failure(f"Rien n’est gardé d’un client {number} : vérifiez son numéro.")
        click.echo(f"Le client {number} est déjà effacé, depuis le {_day(before)} : il n’en reste rien.")
        return
    filed = [f"son dossier{' avec son score' if gone.scored else ''}"] if gone.filed else []
    click.echo(f"Client {number} effacé : {join([*filed, *_rows(gone.rows)]) or 'il n’en restait rien'}.")
    if gone.evidence:
        click.echo(
            "Les preuves d’accessibilité publiées montraient ce client : elles sont retirées (flask audit)."
        )
    click.echo("Restent à effacer à la main : les sauvegardes, les fichiers importés, ce qui a été remis.")


@retention.command()
def run() -> None:
    """Efface ce qui est arrivé à terme, et achève un effacement interrompu. Pour une minuterie."""
    from pretadepenser.cli import erasure

    opened, config = database(), current_app.config
    keep = Keep(config["KEEP_REFUSED"], config["KEEP_DECISIONS"], config["KEEP_JOURNAL"])
    with Progress() as progress:
        ended = erasure.run(_place(opened, progress), keep)
    if ended.resumed:
        told = plural(
            ended.resumed, "effacement interrompu est achevé", "effacements interrompus sont achevés"
        )
        click.echo(f"{told}.")
    rows = _rows(ended.rows)
    click.echo(f"Effacé, arrivé à terme : {join(rows)}." if rows else "Rien n’est arrivé à terme.")


def returned(portfolio: Any) -> Sequence[tuple[int, datetime]]:
    """Which clients of a portfolio (None: there is none) were erased, and when."""
    opened: Database = current_app.extensions["database"]
    if portfolio is None or not opened.ready():
        return []
    return erasing.returned(opened, current_app.config["SECRET_KEY"], portfolio.numbers())


def say_returned(back: Sequence[tuple[int, datetime]]) -> None:
    """Say that an import brought clients back who were erased, and what to do."""
    if not back:
        return
    told = [f"{number} (effacé le {_day(at)})" for number, at in back[:_TOLD]]
    others = len(back) - _TOLD
    more = ["un autre" if others == 1 else f"{others} autres"] if others > 0 else []
    one = len(back) == 1
    who = "un client effacé revient" if one else "des clients effacés reviennent"
    click.echo(
        f"Attention : {who} avec cet import, {join([*told, *more])}. À retirer du fichier, "
        "et à effacer à nouveau : flask --app wsgi client erase N",
        err=True,
    )


def _place(opened: Database, progress: Progress) -> Any:
    from pretadepenser.cli import erasure

    return erasure.Place(
        instance(),
        opened,
        current_app.config["SECRET_KEY"],
        progress,
        before=lambda portfolio: score_all(portfolio, progress),
    )


def _filed(number: int) -> bool:
    """Whether the portfolio has this client."""
    from pretadepenser.credit.portfolio import current_portfolio

    held = current_portfolio(instance())
    return held is not None and held.index(number) is not None


def _rows(gone: Erased) -> list[str]:
    """Each kind of rows that some were erased of, in words."""
    return [plural(count, *_ROWS[name]) for name, count in asdict(gone).items() if count]


def _day(moment: datetime) -> str:
    return f"{moment.astimezone():%d/%m/%Y}"
