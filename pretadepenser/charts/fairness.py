"""Audits of fairness as sentences, tables and charts; each says no more than its figures."""

from __future__ import annotations

import math

from pretadepenser import french
from pretadepenser.charts.chart import NOTHING, Cell, Chart, Column, Table
from pretadepenser.charts.rows import Axis, Mark, Points, Row
from pretadepenser.credit import dictionary
from pretadepenser.credit.evaluation.fairness import FOUR_FIFTHS, SMALLEST, Audit, Group, Verdict
from pretadepenser.credit.evaluation.metrics import Rate
from pretadepenser.french import NARROW_NO_BREAK, NO_BREAK

KEYS = {"CODE_GENDER": "sexe", "DAYS_BIRTH": "age", "NAME_FAMILY_STATUS": "famille"}
FEW = f"moins de {SMALLEST}"


def title(audit: Audit) -> str:
    """Name of the ground, as a heading."""
    return dictionary.COLUMNS[audit.column].label


def told(audit: Audit) -> list[Group]:
    """Groups large enough for their rates to be told."""
    return [group for group in audit.groups if group.granted is not None]


def sentences(audit: Audit) -> tuple[str, ...]:
    """What the audit shows: grants and the four-fifths ratio, false refusals, calibration."""
    groups = told(audit)
    least = min(groups, key=lambda group: group.four_fifths or 0.0)
    most = next(group for group in groups if group.label == audit.reference)
    grants = f"Le prêt est accordé aussi souvent à chaque groupe décrit ({_percent(most.granted)})."
    if _value(least.granted) != _value(most.granted):
        grants = (
            f"Le prêt est accordé le plus souvent au groupe {french.quoted(most.label)} "
            f"({_percent(most.granted)}) et le moins souvent au groupe {french.quoted(least.label)} "
            f"({_percent(least.granted)}). {_verdict(least)}"
        )
    low, high = _ends(groups, "false_refusal")
    least_refused, most_refused = _percent(low.false_refusal), _percent(high.false_refusal)
    ends = f"va de {least_refused} ({low.label}) à {most_refused} ({high.label})"
    if least_refused == most_refused:
        ends = f"est de {most_refused} dans chaque groupe décrit"
    refusals = f"Parmi les clients qui ont remboursé, la part de ceux que le modèle aurait refusés {ends}."
    return grants, refusals, _calibrated(groups)


def _verdict(least: Group) -> str:
    ratio = (
        f"Le rapport entre les deux est de {french.number(least.four_fifths or 0.0, 2)} (intervalle à "
        f"95{NO_BREAK}%{NO_BREAK}: {french.number(least.four_fifths_low or 0.0, 2)} à "
        f"{french.number(least.four_fifths_high or 0.0, 2)})"
    )
    match least.verdict:
        case Verdict.UNDER:
            return f"{ratio}{NO_BREAK}: il est nettement sous le repère des quatre cinquièmes (0,80)."
        case Verdict.OVER:
            return f"{ratio}{NO_BREAK}: il atteint le repère des quatre cinquièmes (0,80)."
        case _:
            return (
                f"{ratio}{NO_BREAK}: le repère des quatre cinquièmes (0,80) est dans l’intervalle, ces "
                "chiffres ne permettent pas de trancher."
            )


def _calibrated(groups: list[Group]) -> str:
    off = []
    for group in groups:
        if group.observed is None or group.expected is None:
            continue
        low, high = group.observed.low or 0.0, group.observed.high or 1.0
        if not low <= group.expected <= high:
            way = "trop haut" if group.expected > high else "trop bas"
            off.append(
                f"{way} pour le groupe {french.quoted(group.label)} "
                f"({french.percent(group.expected, 1)} annoncés, {_percent(group.observed)} observés)"
            )
    if not off:
        return "Dans chaque groupe décrit, le risque annoncé est dans l’intervalle du risque observé."
    return f"Le risque annoncé est {french.join(off)}."


def decisions(audit: Audit) -> Table:
    """Grants, four-fifths ratio and false refusals of each group; the raw rows hold the rates alone."""
    return Table(
        f"{title(audit)}{NO_BREAK}: décisions à la limite de {french.compact_percent(audit.limit)} "
        "(intervalle à 95\u00a0%)",
        (
            Column("Groupe"),
            Column("Clients", True),
            Column("Prêts accordés", True),
            Column("Rapport au plus accordé", True),
            Column("Refusés à tort", True),
        ),
        tuple(
            (
                group.label,
                _size(group),
                _with_interval(group.granted),
                _ratio(group),
                _with_interval(group.false_refusal),
            )
            for group in audit.groups
        ),
        tuple(
            (
                group.label,
                _told_size(group),
                _value(group.granted),
                group.four_fifths,
                _value(group.false_refusal),
            )
            for group in audit.groups
        ),
    )


def risks(audit: Audit) -> Table:
    """Announced against observed default rates of each group, and those among granted loans."""
    return Table(
        f"{title(audit)}{NO_BREAK}: risque annoncé, observé, et observé parmi les prêts accordés "
        "(intervalle à 95\u00a0%)",
        (
            Column("Groupe"),
            Column("Clients", True),
            Column("Annoncé", True),
            Column("Observé", True),
            Column("Si accordé", True),
        ),
        tuple(
            (
                group.label,
                _size(group),
                NOTHING if group.expected is None else french.percent(group.expected, 1),
                _with_interval(group.observed),
                _with_interval(group.default_if_granted),
            )
            for group in audit.groups
        ),
        tuple(
            (
                group.label,
                _told_size(group),
                group.expected,
                _value(group.observed),
                _value(group.default_if_granted),
            )
            for group in audit.groups
        ),
    )


def detail(audit: Audit) -> Table:
    """The same figures for a spreadsheet: each rate and both ends of its interval in columns of their own."""
    names = (
        "Groupe", "Clients", "Prêts accordés", "au moins", "au plus", "Difficultés parmi les prêts accordés",
        "au moins", "au plus", "Refusés parmi ceux qui ont remboursé", "au moins", "au plus",
        "Risque annoncé", "Risque observé", "au moins", "au plus",
        "Rapport au groupe le plus accordé", "au moins", "au plus",
    )  # fmt: skip
    raw = tuple(_raw(group) for group in audit.groups)
    return Table(
        title(audit),
        tuple(Column(name, index > 0) for index, name in enumerate(names)),
        tuple(tuple(NOTHING if cell is None else str(cell) for cell in row) for row in raw),
        raw,
    )


def grants(audit: Audit) -> Chart:
    """How often each group is granted, divided by the most granted one, with its interval and four fifths."""
    groups = told(audit)
    ratios = [(group, _ratio_ends(group)) for group in groups]
    shown = Table(
        f"{title(audit)}{NO_BREAK}: prêts accordés, rapportés au groupe le plus accordé",
        (
            Column("Groupe"),
            Column("Rapport", True),
            Column("Au moins (95\u00a0%)", True),
            Column("Au plus (95\u00a0%)", True),
            Column("Face au repère de 0,80"),
        ),
        tuple((one.label, *(french.number(x, 2) for x in ends), _placed(one, audit)) for one, ends in ratios),
        tuple((one.label, *ends, _placed(one, audit)) for one, ends in ratios),
    )
    drawn = [
        Row(one.label, value, french.number(value, 2), *((None, None) if _best(one, audit) else (low, high)))
        for one, (value, low, high) in ratios
    ]
    ends = [end for _, found in ratios for end in (*found, FOUR_FIFTHS)]
    span = (math.floor(10 * min(ends) - 0.5) / 10, math.ceil(10 * max(ends)) / 10)
    return Chart(
        f"accords-{KEYS[audit.column]}",
        f"{title(audit)}{NO_BREAK}: prêts accordés, rapportés au groupe le plus accordé",
        f"rapports, {title(audit).lower()}",
        _compared(audit, groups),
        shown,
        Points(
            tuple(drawn),
            (Mark(FOUR_FIFTHS, "repère\u00a0: 0,80", dashed=True),),
            Axis("Rapport au groupe le plus accordé", decimals=2, span=span),
        ),
    )


def _best(group: Group, audit: Audit) -> bool:
    return group.label == audit.reference


def _placed(group: Group, audit: Audit) -> str:
    return "groupe le plus accordé" if _best(group, audit) else str(group.verdict or NOTHING)


def _ratio_ends(group: Group) -> tuple[float, float, float]:
    return group.four_fifths or 0.0, group.four_fifths_low or 0.0, group.four_fifths_high or 0.0


def _compared(audit: Audit, groups: list[Group]) -> str:
    """Each group against four fifths of the most granted one, said no firmer than its interval is."""

    def named(verdict: Verdict) -> str:
        found = [one.label for one in groups if one.verdict is verdict and not _best(one, audit)]
        return french.join([french.quoted(label) for label in found])

    firm = [
        f"{said} pour {names}"
        for verdict, said in ((Verdict.UNDER, "nettement inférieure"), (Verdict.OVER, "supérieure"))
        if (names := named(verdict))
    ]
    unsettled = named(Verdict.OPEN)
    clauses = [f"la part des prêts accordés est {french.join(firm)}"] if firm else []
    clauses += [f"on ne peut pas trancher pour {unsettled}"] if unsettled else []
    return (
        "Face aux quatre cinquièmes de la part la plus haute, celle du groupe "
        f"{french.quoted(audit.reference)}, {f'{NARROW_NO_BREAK}; '.join(clauses)}."
    )


def _told_size(group: Group) -> int | None:
    return None if group.granted is None else group.size


def _size(group: Group) -> str:
    return FEW if group.granted is None else french.number(group.size)


def _value(rate: Rate | None) -> float | None:
    return None if rate is None else rate.value


def _ratio(group: Group) -> str:
    if group.four_fifths is None or group.four_fifths_low is None or group.four_fifths_high is None:
        return NOTHING
    low, high = french.number(group.four_fifths_low, 2), french.number(group.four_fifths_high, 2)
    return f"{french.number(group.four_fifths, 2)} ({low} à {high})"


def _raw(group: Group) -> tuple[Cell, ...]:
    rates = (group.granted, group.default_if_granted, group.false_refusal)
    ends = [cell for rate in rates for cell in (_ends_of(rate) if rate else (None, None, None))]
    observed = _ends_of(group.observed) if group.observed else (None, None, None)
    ratios = (group.four_fifths, group.four_fifths_low, group.four_fifths_high)
    return (group.label, _told_size(group), *ends, group.expected, *observed, *ratios)


def _ends_of(rate: Rate) -> tuple[float, float, float]:
    return rate.value or 0.0, rate.low or 0.0, rate.high or 0.0


def _ends(groups: list[Group], name: str) -> tuple[Group, Group]:
    """The groups with the lowest and the highest value of a rate, of those that have one."""

    def value(group: Group) -> float | None:
        rate: Rate | None = getattr(group, name)
        return rate.value if rate else None

    known = [one for one in groups if value(one) is not None] or groups
    return min(known, key=lambda one: value(one) or 0.0), max(known, key=lambda one: value(one) or 0.0)


def _percent(rate: Rate | None) -> str:
    return NOTHING if rate is None or rate.value is None else french.percent(rate.value, 1)


def _with_interval(rate: Rate | None) -> str:
    if rate is None or rate.value is None or rate.low is None or rate.high is None:
        return NOTHING
    return f"{_percent(rate)} ({french.number(100 * rate.low, 1)} à {french.number(100 * rate.high, 1)})"
