"""The commands on the journal: go along its chain, take it out, seal its end."""

from __future__ import annotations

import click

from pretadepenser.cli.shared import clean, database
from pretadepenser.console import Group
from pretadepenser.french import plural
from pretadepenser.records import journal as records

journal = Group(
    "journal", callback=clean, help="Journal : vérifier sa chaîne, l’exporter, en sceller la fin."
)


@journal.command()
def verify() -> None:
    """Vérifie la chaîne du journal, de la première entrée à la dernière."""
    found = records.verify(database())
    click.echo(f"La chaîne du journal est entière : {plural(found.entries, 'entrée')}.")
