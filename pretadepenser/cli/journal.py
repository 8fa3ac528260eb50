"""The commands on the journal: go along its chain, take it out, seal its end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, TextIO

import click

from pretadepenser import storage
from pretadepenser.cli.shared import clean, database
from pretadepenser.console import Failure, Group
from pretadepenser.french import plural
from pretadepenser.records import agreeing, entries
from pretadepenser.records import journal as records
from pretadepenser.records.journal import Head, Kind

DATES: Final = ["%Y-%m-%d", "%d/%m/%Y"]

journal = Group(
    "journal", callback=clean, help="Journal : vérifier sa chaîne, l’exporter, en sceller la fin."
)


@journal.command()
@click.option("--head", metavar="N:EMPREINTE", help="Tête gardée ailleurs (seal) : elle doit y être encore.")
def verify(head: str | None) -> None:
    """Vérifie la chaîne du journal, et que chaque décision, réexamen et courrier est tel qu’il le dit."""
    opened = database()
    found = records.verify(opened, None if head is None else Head.read(head))
    erased = f", dont {plural(found.erased, 'effacée', 'effacées')} comme il le dit" if found.erased else ""
    click.echo(f"La chaîne du journal est entière : {plural(found.entries, 'entrée')}{erased}.")
    click.echo(f"Sa tête : {found.head}")
    if compared := agreeing.check(opened):
        rows = plural(compared, "ligne comparée", "lignes comparées")
        click.echo(f"Décisions, lectures, réexamens et courriers sont ceux dont il parle : {rows}.")


@journal.command()
@click.option(
    "--since", metavar="DATE", required=True, type=click.DateTime(DATES),
    help="Premier jour, AAAA-MM-JJ ou JJ/MM/AAAA.",
)  # fmt: skip
@click.option("--output", metavar="FICHIER", type=click.Path(path_type=Path), help="Fichier (l’écran sinon).")
@click.option("--force", is_flag=True, help="Remplace un fichier qui existe déjà.")
def export(since: datetime, output: Path | None, force: bool) -> None:
    """Écrit les entrées depuis une date, une ligne JSON chacune, vérifiables sans la base de données.

    docs/journal.md donne la recette. L’export est lui-même inscrit au journal : c’est sa dernière ligne.
    """
    opened = database()
    if output is not None and output.exists() and not force:
        raise Failure(f"{output} existe déjà : choisissez un autre fichier, ou ajoutez --force.")
    records.append(opened, Kind.JOURNAL_READ, records.COMMAND, page="export", since=f"{since:%Y-%m-%d}")
    written = 0
    with _opened(output) as file:
        for line in entries.lines(opened, since.astimezone()):
            file.write(f"{line}\n")
            written += 1
    if output is not None:
        click.echo(f"Journal écrit dans {output} : {plural(written - 1, 'entrée')}.")


@journal.command()
def seal() -> None:
    """Inscrit la tête du journal et l’affiche : à garder là où personne d’ici ne peut écrire."""
    head = records.seal(database())
    click.echo(
        "À garder ailleurs, datée (coffre, courrier, papier) : « journal verify --head » la comparera.",
        err=True,
    )
    click.echo(str(head))


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    """The file to write, for its owner only and whole or not at all; the screen without one."""
    if output is None:
        yield sys.stdout
        return
    with storage.written(output) as own, own.open("w", encoding="utf-8") as file:
        yield file
