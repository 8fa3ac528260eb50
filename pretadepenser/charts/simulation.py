"""A simulation beside the client's file: the two answers as a table, and the contributions that moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pretadepenser import french
from pretadepenser.charts.before_after import before_after
from pretadepenser.charts.chart import NOTHING, Chart, Column, Table
from pretadepenser.charts.signed_bars import SignedBar, SignedBars
from pretadepenser.credit.whatif.simulation import Move, Simulation

SHOWN: Final = 8


def answers(simulation: Simulation) -> Table:
    """What was changed, then probability, points, difficulties and decision, before and after."""
    return before_after(
        "Les chiffres changés et la réponse du modèle, avant et après",
        simulation.changes,
        simulation.before.score,
        simulation.after.score,
        frequency=True,
    )


def moves(simulation: Simulation) -> Chart | None:
    """The points that the simulation adds or takes away, figure by figure; None where there are none."""
    if not simulation.moved:
        return None
    bars = [
        SignedBar(one.label, _values(one.before_text, one.after_text), one.points)
        for one in simulation.moved[:SHOWN]
    ]
    before, after = simulation.before.score.points, simulation.after.score.points
    gain = french.points(after - before)
    footer: list[tuple[str, ...]] = [
        ("Score", NOTHING, NOTHING, french.number(before), french.number(after), gain)
    ]
    if rest := simulation.moved[SHOWN:]:
        many = f"Les {len(rest)} autres données" if len(rest) > 1 else "Une autre donnée"
        sums = [
            sum(values)
            for values in zip(*((one.points_before, one.points_after) for one in rest), strict=True)
        ]
        bars.append(SignedBar(many, "", sums[1] - sums[0]))
        told = [french.points(value) for value in (*sums, sums[1] - sums[0])]
        footer.append((f"Dont {many[:1].lower()}{many[1:]} du graphique", NOTHING, NOTHING, *told))
    title = "Ce que la simulation change, donnée par donnée"
    table = _table(simulation.moved, tuple(footer))
    return Chart("mouvements", title, "mouvements", _said(simulation), table, SignedBars(tuple(bars)))


def _table(moved: Sequence[Move], footer: tuple[tuple[str, ...], ...]) -> Table:
    return Table(
        "Valeur et points de chaque donnée, avant et après",
        (
            Column("Donnée"), Column("Valeur avant"), Column("Valeur après"),
            Column("Points avant", True), Column("Points après", True), Column("Écart", True),
        ),
        tuple(
            (
                one.label, one.before_text or NOTHING, one.after_text or NOTHING,
                french.points(one.points_before), french.points(one.points_after), french.points(one.points),
            )
            for one in moved
        ),
        tuple(
            (one.label, one.before_text, one.after_text, one.points_before, one.points_after, one.points)
            for one in moved
        ),
        footer=footer,
    )  # fmt: skip


def _values(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"


def _said(simulation: Simulation) -> str:
    """The chart in one sentence: the whole, then what moved most."""
    first = simulation.moved[0]
    gain = simulation.points
    verb = "ajoute" if gain > 0 else "retire"
    effect = f"{verb} {french.plural(abs(gain), 'point')} au score" if gain else "laisse le score où il est"
    start = f"En tout, la simulation {effect}"
    if len(simulation.moved) == 1:
        return french.typeset(
            f"{start} ; une seule donnée bouge d’un point ou plus : {first.label} "
            f"({french.points(first.points)})."
        )
    second = simulation.moved[1]
    return french.typeset(
        f"{start} ; ce qui bouge le plus : {first.label} ({french.points(first.points)}), "
        f"puis {second.label} ({french.points(second.points)})."
    )
