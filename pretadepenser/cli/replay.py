"""The command that computes the advice of decisions again: flask journal replay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import click
from flask.cli import with_appcontext

from pretadepenser.cli.shared import database, instance
from pretadepenser.console import Check, Misuse, Progress, Undone
from pretadepenser.french import join, plural
from pretadepenser.records import journal as records
from pretadepenser.records.replays import Answer, Replay

_PLURALS = {
    Answer.SAME: "identiques",
    Answer.OTHER: "différentes",
    Answer.IMPOSSIBLE: "impossibles à rejouer",
    Answer.ERASED: "effacées",
}


@click.command(cls=Check)
@click.argument("wanted", metavar="[NUMÉRO]...", nargs=-1, type=click.IntRange(1))
@click.option("--all", "every", is_flag=True, help="Toutes les décisions.")
@with_appcontext
@click.pass_context
def replay(context: click.Context, wanted: Sequence[int], every: bool) -> None:
    """Recalcule l’avis du modèle de décisions, avec les données et le modèle gardés alors.

    Ce qui diffère est dit chiffre par chiffre. Code de sortie : 0 si tout est identique, 1 si un avis
    diffère, 2 si une décision n’a pas pu être rejouée.
    """
    from pretadepenser.credit.model.archive import Archive
    from pretadepenser.records import replays

    if bool(wanted) is every:
        raise Misuse("donnez des numéros de décisions, ou --all pour toutes.")
    opened = database()
    known = replays.every(opened)
    if missing := [str(one) for one in sorted(set(wanted).difference(known))]:
        raise Undone(f"Aucune décision n’a le numéro {join(missing, 'ou')} : rien n’a été rejoué.")
    asked = known if every else list(dict.fromkeys(wanted))
    counts: Counter[Answer] = Counter()
    others: list[int] = []
    with Progress() as progress:
        for index, one in enumerate(replays.replayed(opened, Archive(instance()), asked), 1):
            counts[one.answer] += 1
            if one.answer in (Answer.OTHER, Answer.IMPOSSIBLE):
                others.append(one.decision)
            if not every:
                replays.note(opened, records.COMMAND, one)
            if one.answer is not Answer.SAME or not every:
                _say(one)
            progress("Décisions rejouées", index / len(asked))
    if every:
        replays.note_all(opened, records.COMMAND, counts, others)
    click.echo(_summary(counts))
    context.exit(1 if counts[Answer.OTHER] else 2 if counts[Answer.IMPOSSIBLE] else 0)


def _say(one: Replay) -> None:
    if one.answer is Answer.SAME and one.now:
        click.echo(f"Décision {one.decision} : identique, {plural(one.now.points, 'point')}.")
        return
    what = plural(len(one.differences), "différence") if one.answer is Answer.OTHER else str(one.answer)
    click.echo(f"Décision {one.decision} : {what}.")
    for line in (one.why, *map(str, one.differences), one.software):
        if line:
            click.echo(f"  {line}")


def _summary(counts: Counter[Answer]) -> str:
    total = counts.total()
    if not total:
        return "Il n’y a aucune décision à rejouer."
    many = plural(total, "décision rejouée", "décisions rejouées")
    if counts[Answer.SAME] == total:
        return f"{many} : {'elle est identique' if total == 1 else 'toutes sont identiques'}."
    told = [plural(count, str(answer), _PLURALS[answer]) for answer, count in counts.items()]
    # What is erased or impossible was not replayed.
    if counts[Answer.IMPOSSIBLE] or counts[Answer.ERASED]:
        many = plural(total, "décision")
    return f"{many} : {join(told)}."
