"""A simulation beside the client's file: the two answers as a table, and the contributions that moved."""

from __future__ import annotations

from typing import Final

from matplotlib.figure import Figure

from pretadepenser.charts.chart import Chart, Column, Table, Width
from pretadepenser.charts.client import point_bars
from pretadepenser.credit import french
from pretadepenser.credit.scoring import Score
from pretadepenser.credit.simulation import Simulation

SHOWN: Final = 8


def answers(simulation: Simulation) -> Table:
    """What was changed, then probability, points and decision, before and after."""
    old, new = simulation.before.score, simulation.after.score
    rows = [(one.label, one.before_text, one.after_text) for one in simulation.changes]
    raw = [(one.label, one.before, one.after) for one in simulation.changes]
    scored = (
        (
            "Probabilité",
            lambda score: french.percent(score.probability, 2),
            _probability,
        ),
        ("Score (points)", lambda score: french.number(score.points), lambda score: score.points),
        (
            "Difficultés sur 100 clients",
            lambda score: french.number(100 * score.calibrated),
            lambda score: 100 * score.calibrated,
        ),
        ("Décision", _decision, _decision),
    )
    for label, text, value in scored:
        rows.append((label, text(old), text(new)))
        raw.append((label, value(old), value(new)))
    return Table(
        "Probabilité de ne pas rembourser, score, difficultés de paiement au score comparable, décision",
        (Column("Donnée"), Column("Actuel"), Column("Simulé")),
        tuple(rows),
        tuple(raw),
    )


def _probability(score: Score) -> float:
    return score.probability


def _decision(score: Score) -> str:
    decision = "prêt accordé" if score.granted else "prêt refusé"
    return f"{decision}, cas proche de la limite" if score.close else decision


def moves(simulation: Simulation) -> Chart | None:
    """The points that the simulation adds or takes away, figure by figure; None where there are none."""
    if not simulation.moved:
        return None
    drawn = simulation.moved[:SHOWN]
    bars = [(one.label, _values(one.before_text, one.after_text), one.points) for one in drawn]
    rest = simulation.moved[SHOWN:]
    if rest:
        many = f"Les {len(rest)} autres données" if len(rest) > 1 else "Une autre donnée"
        bars.append((many, "", sum(one.points for one in rest)))
    table = Table(
        "Points de chaque donnée, actuels et simulés",
        (
            Column("Donnée"), Column("Valeur actuelle"), Column("Valeur simulée"),
            Column("Points actuels", True), Column("Points simulés", True), Column("Écart", True),
        ),
        tuple(
            (
                one.label, one.before_text, one.after_text, french.points(one.points_before),
                french.points(one.points_after), french.points(one.points),
            )
            for one in simulation.moved
        ),
        tuple(
            (one.label, one.before_text, one.after_text, one.points_before, one.points_after, one.points)
            for one in simulation.moved
        ),
        footer=(
            (
                "Score", "", "", french.number(simulation.before.score.points),
                french.number(simulation.after.score.points), french.points(simulation.points),
            ),
        ),
    )  # fmt: skip
    heights = (40 + 46 * len(bars), 40 + 58 * len(bars))

    def draw(width: Width) -> Figure:
        return point_bars(bars, width, heights[0 if width == "large" else 1])

    title = "Ce que la simulation change, donnée par donnée"
    return Chart("mouvements", title, _said(simulation), table, heights, draw)


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
            f"{start} ; une seule donnée bouge : {first.label} ({french.points(first.points)})."
        )
    second = simulation.moved[1]
    return french.typeset(
        f"{start} ; ce qui bouge le plus : {first.label} ({french.points(first.points)}), "
        f"puis {second.label} ({french.points(second.points)})."
    )
