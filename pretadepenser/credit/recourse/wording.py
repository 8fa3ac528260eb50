"""The words of the levers: what a client can do about a credit, said to the advisor or to the client alike.

Nothing here knows the model: rows before and after come in, French sentences go out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence, Set
from types import MappingProxyType
from typing import Final, Protocol

from pretadepenser import french
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Row, wording
from pretadepenser.credit.recourse.debts import Settlement
from pretadepenser.credit.recourse.levers import Lever, Lock
from pretadepenser.credit.scale import Score
from pretadepenser.credit.whatif.change import Change

_TITLES: Final[Mapping[Lever, str]] = MappingProxyType(
    {
        Lever.PROJECT: "emprunter moins",
        Lever.DEPOSIT: "apporter plus",
        Lever.LONGER: "étaler sur plus de mois",
        Lever.SHORTER: "rembourser en moins de mois",
        Lever.INCOME: "ajouter un revenu",
        Lever.ARREARS: "payer ce qui est en retard",
        Lever.CARD: "rembourser une carte de crédit",
    }
)
_SHOWN: Final = (
    "AMT_CREDIT",
    "AMT_GOODS_PRICE",
    "CREDIT_TERM",
    "AMT_ANNUITY",
    "AMT_INCOME_TOTAL",
    "ANNUITY_TO_INCOME",
)
# Below this relative difference a figure is the same.
_SAME: Final = 5e-4
# Amount over instalment, which is no schedule: interest would make it longer.
COUNTED: Final = "Crédit compté en mensualités (montant ÷ mensualité, hors intérêts)"


def title(levers: tuple[Lever, ...]) -> str:
    """Name a proposal by its levers: "Emprunter moins et ajouter un revenu"."""
    return french.capital(french.join([_TITLES[lever] for lever in levers]))


def changes(before: Row, after: Row) -> tuple[Change, ...]:
    """List the figures that differ, the ratios that a client could work out among them.

    Of the credit history all that a reader would see differ: the model scores them again too.
    """
    told = []
    first, second = _figures(before), _figures(after)
    for name in _SHOWN:
        was, becomes = first[name], second[name]
        if was is None or becomes is None or abs(becomes - was) <= _SAME * abs(was):
            continue
        told.append(Change(name, _label(name), was, becomes, _text(name, was), _text(name, becomes)))
    for name in dictionary.HISTORY:
        was, becomes = first[name], second[name]
        texts = [
            wording.text_in(dictionary.describe(name), {**row, name: row.get(name)})
            for row in (before, after)
        ]
        # What is known neither before nor after does not change, whatever its absence is called.
        if texts[0] != texts[1] and (was is not None or becomes is not None):
            told.append(Change(name, _label(name), was, becomes, *texts))
    return tuple(told)


def _label(name: str) -> str:
    return COUNTED if name == "CREDIT_TERM" else dictionary.describe(name).label


def _text(name: str, value: float) -> str:
    if name == "CREDIT_TERM":
        return french.compact(value, 1)
    return wording.value_text(dictionary.describe(name), value)


def _figures(row: Row) -> dict[str, float | None]:
    """Columns and derived figures that are shown, None where missing."""
    columns = {name: row.get(name) for name in _SHOWN if name in dictionary.COLUMNS}
    derived = dictionary.derive(dictionary.frame([columns]))
    known = {name: float(value[0]) for name, value in derived.items() if value[0] == value[0]}
    figures = {
        name: float(value) for name, value in columns.items() if isinstance(value, int | float)
    } | known
    history = {name: row.get(name) for name in dictionary.HISTORY}
    known_history = {name: float(value) for name, value in history.items() if isinstance(value, int | float)}
    return {name: figures.get(name) for name in _SHOWN} | {
        name: known_history.get(name) for name in dictionary.HISTORY
    }


def sentence(
    levers: tuple[Lever, ...],
    before: Row,
    after: Row,
    today: Score,
    score: Score,
    settlements: Mapping[Lever, Settlement],
) -> str:
    """Say what to do and what comes of it, in two sentences.

    settlements: of the levers that settle a debt elsewhere.
    """
    first, second = _figures(before), _figures(after)
    actions = [
        settlements[lever].action if lever in settlements else _ACTIONS[lever](first, second)
        for lever in levers
    ]
    moved = [
        f"{noun}{{}} de {french.amount(was)} à {french.amount(becomes)}"
        for name, noun in (("AMT_CREDIT", "le crédit"), ("AMT_ANNUITY", "la mensualité"))
        if (was := first[name]) and (becomes := second[name]) and was != becomes
    ]
    done = french.capital(french.join(actions))
    effects = f" : {french.join(moved).format(*(' passe', '')[: len(moved)])}" if moved else ""
    return french.typeset(f"{done}{effects}. {_result(today, score)}")


def _result(today: Score, score: Score) -> str:
    answer = "le prêt serait accordé" if score.granted else "le prêt resterait refusé"
    said = f"Le score passerait de {today.points} à {french.plural(score.points, 'point')}"
    if score.granted:
        return f"{said} et {answer}."
    missing = -score.gap
    verb = "manquerait" if missing < 2 else "manqueraient"
    return f"{said} : {answer}, {french.plural(missing, 'point')} {verb} encore."


_Figures = Mapping[str, float | None]


def _project(before: _Figures, after: _Figures) -> str:
    was, becomes = before["AMT_GOODS_PRICE"], after["AMT_GOODS_PRICE"]
    if was is None or becomes is None:
        return "emprunter moins, compté en autant de mensualités"
    return f"viser un projet de {french.amount(becomes)} au lieu de {french.amount(was)}"


def _deposit(before: _Figures, after: _Figures) -> str:
    goods = (after["AMT_GOODS_PRICE"] or 0.0) / (before["AMT_GOODS_PRICE"] or 1.0)
    own = (before["AMT_CREDIT"] or 0.0) * goods - (after["AMT_CREDIT"] or 0.0)
    on = " sur le même achat" if goods == 1 else ""
    return f"payer soi-même {french.amount(own)} de plus{on}"


def _longer(before: _Figures, after: _Figures) -> str:
    return f"étaler le remboursement, {_counted(before, after)}"


def _shorter(before: _Figures, after: _Figures) -> str:
    return f"rembourser plus vite, {_counted(before, after)}"


def _counted(before: _Figures, after: _Figures) -> str:
    was, becomes = before["CREDIT_TERM"] or 0.0, after["CREDIT_TERM"] or 0.0
    return (
        f"pour que le crédit vaille {french.plural(round(becomes), 'mensualité')} au lieu de "
        f"{french.compact(was, 1)} (montant divisé par mensualité, hors intérêts)"
    )


def _income(before: _Figures, after: _Figures) -> str:
    more = (after["AMT_INCOME_TOTAL"] or 0.0) - (before["AMT_INCOME_TOTAL"] or 0.0)
    return f"prouver {french.amount(more)} par mois de revenu régulier en plus, par des justificatifs"


_ACTIONS: Final[Mapping[Lever, Callable[[_Figures, _Figures], str]]] = MappingProxyType(
    {
        Lever.PROJECT: _project,
        Lever.DEPOSIT: _deposit,
        Lever.LONGER: _longer,
        Lever.SHORTER: _shorter,
        Lever.INCOME: _income,
    }
)
# The bureau tells of a payment weeks later.
_PROOF: Final = "Demandez une preuve du paiement : le fichier des crédits ne le dira que plus tard."
_CARES: Final[Mapping[Lever, str]] = MappingProxyType(
    {
        Lever.LONGER: "Avec plus de mois, le crédit coûte plus cher au total.",
        Lever.SHORTER: "La mensualité augmente : vérifiez avec le client que son budget le permet.",
        Lever.DEPOSIT: "Le client doit garder une épargne de précaution.",
        Lever.INCOME: (
            "Ce revenu est une hypothèse, à prouver. Seul compte un revenu qui existe déjà et qui va durer : "
            "une pension, un loyer perçu, un second emploi."
        ),
        Lever.ARREARS: _PROOF,
        Lever.CARD: _PROOF,
    }
)


def minded(levers: tuple[Lever, ...], changes: Sequence[Change]) -> tuple[Lever, ...]:
    """Levers that call for care: fewer instalments do only where the instalment rises in the end."""
    raised = any(
        one.name == "AMT_ANNUITY" and float(one.after or 0) > float(one.before or 0) for one in changes
    )
    return tuple(lever for lever in levers if raised or lever is not Lever.SHORTER)


def beyond_price(levers: tuple[Lever, ...], changes: Sequence[Change]) -> str:
    """Say why a credit above the price falls by more than the price; "" where this is not so."""
    before = {one.name: float(one.before or 0) for one in changes}
    more = before.get("AMT_CREDIT", 0.0) - before.get("AMT_GOODS_PRICE", math.inf)
    if Lever.PROJECT not in levers or more <= 0:
        return ""
    return (
        f"Le crédit dépasse le prix de {french.amount(more)} (assurance ou frais) : cette part baisse aussi."
    )


def cares(levers: tuple[Lever, ...], changes: Sequence[Change], score: Score) -> tuple[str, ...]:
    """Say what to mind before such a change is agreed."""
    told = [beyond] if (beyond := beyond_price(levers, changes)) else []
    told += [_CARES[lever] for lever in minded(levers, changes) if lever in _CARES]
    if score.granted and score.close:
        told.append(
            "Même ainsi, le cas resterait proche de la limite : vérifiez les données avant de répondre."
        )
    return tuple(french.typeset(one) for one in told)


def fragile(score: Score, least: int, undone: tuple[Lever, Mapping[str, float]] | None) -> str:
    """Say why a granted change is no safe answer, "" where it is one.

    least: points beyond the limit of a safe one; undone: the lever and the figures of a further step that is
    refused.
    """
    told = []
    if score.gap < least:
        over = (
            "serait juste à la limite"
            if score.gap == 0
            else f"ne dépasserait la limite que de {french.plural(score.gap, 'point')}"
        )
        told.append(f"le score {over} (il en faut {least} pour une réponse sûre)")
    if undone:
        told.append(f"{_further(*undone)}, le prêt serait de nouveau refusé")
    return french.typeset(f"{FRAGILE} : {french.join(told)}.") if told else ""


FRAGILE: Final = "Changement fragile"


def _further(lever: Lever, figures: Mapping[str, float]) -> str:
    """A further step on a lever, within a sentence."""
    match lever:
        case Lever.INCOME:
            return f"avec un revenu mensuel de {french.amount(figures['AMT_INCOME_TOTAL'])}"
        case Lever.LONGER | Lever.SHORTER:
            months = round(figures["AMT_CREDIT"] / figures["AMT_ANNUITY"])
            return f"pour un crédit compté en {french.plural(months, 'mensualité')}"
        case _:
            return f"pour un crédit de {french.amount(figures['AMT_CREDIT'])}"


def spared(lever: Lever) -> str:
    """Say that a lever of a pair only makes the other's answer safe."""
    return french.typeset(
        f"Sans {_TITLES[lever]}, le prêt serait accordé, mais ce changement serait fragile."
    )


class _Found(Protocol):
    """What a sentence needs of a proposal."""

    @property
    def gained(self) -> int: ...


def answer(
    today: Score,
    proposals: Sequence[_Found],
    fragile: _Found | None,
    nearest: _Found | None,
    *,
    held: Set[Lock],
    offered: Set[Lock],
    sought: Set[Lock],
) -> str:
    """Answer for a refused client in two sentences or three.

    proposals: safe ones; fragile: what is shown where there is none; nearest: where there is none either;
    offered: what could be tried; held: what of it is held fixed; sought: what could be tried all the same.
    """
    short = f"Il manque {french.plural(-today.gap, 'point')} pour que le prêt soit accordé."
    if not offered:
        return french.typeset(
            f"{short} Avec les chiffres de ce dossier, aucun des changements que l’outil connaît n’est "
            "possible."
        )
    if held == offered:
        return french.typeset(
            f"{short} Vous avez tout bloqué : décochez au moins un choix pour chercher un changement."
        )
    if not sought:
        return french.typeset(
            f"{short} Avec ce qui est bloqué, aucun changement n’est possible : décochez un choix de plus."
        )
    if proposals:
        many = enough(len(proposals))
        many = french.capital(many) if len(proposals) == 1 else f"L’{many}"
        return f"{short} {many}, selon le modèle."
    among = "parmi ceux qui restent possibles" if held else "de ceux que nous avons étudiés"
    told = f"{short} Aucun changement sûr, {among}, ne suffirait à changer la décision."
    if fragile is not None:
        alone = "Un changement fragile suffirait tout juste : ne promettez rien sur lui seul."
        return french.typeset(f"{told} {alone}")
    if nearest is None:
        return f"{told} Aucun ne ferait même gagner un point."
    return f"{told} Au mieux, le score gagnerait {french.plural(nearest.gained, 'point')}."


def enough(safe: int) -> str:
    """Say that one of so many safe changes, 1 to 3, would be enough."""
    return f"{_COUNT[safe]} suffirait"


_COUNT: Final[Mapping[int, str]] = MappingProxyType(
    {
        1: "un changement sûr",
        2: "un de ces deux changements sûrs",
        3: "un de ces trois changements sûrs",
    }
)


def room(
    own: float, largest: float, refused: float | None, whole: bool, margin: int, smallest: int, share: float
) -> str:
    """Say how much room a granted client has, when the instalment follows the amount.

    own: amount asked for; largest: up to which it is granted; refused: the next amount tried, which is not;
    whole: whether all amounts of the grid were realistic; margin, smallest: points above the limit, today and
    at the tightest amount up to `largest`; share: of the income that a raised instalment may take.
    """
    beyond = (
        "sortirait de ce que l’on voit chez les autres clients, ou la mensualité prendrait plus de "
        f"{french.compact_percent(share)} du revenu, ce que nos règles ne permettent pas"
    )
    above = "Le score est juste à la limite."
    if margin:
        above = f"Le score dépasse la limite de {french.plural(margin, 'point')}."
    if largest == own:
        more = (
            f"Un montant plus élevé n’a pas été étudié : il {beyond}."
            if refused is None
            else "Il n’y a pas de marge sur le montant : à mensualité proportionnelle, "
            f"pour {french.amount(refused)}, le prêt serait refusé."
        )
        return french.typeset(f"{above} {more}")
    more = (
        f"À mensualité proportionnelle, le prêt resterait accordé jusqu’à {french.amount(largest)}, soit "
        f"{french.amount(largest - own)} de plus que la demande"
    )
    if refused is not None:
        more += f" ; pour {french.amount(refused)}, il serait refusé."
    else:
        more += (
            f"{', le double :' if largest == 2 * own else ' ;'} au-delà, rien n’a été étudié."
            if whole
            else f" ; au-delà, le montant {beyond}."
        )
    return french.typeset(f"{above} {more}{_left(margin, smallest)}")


def _left(margin: int, smallest: int) -> str:
    """Say what would be left of the points above the limit, where it is less than today."""
    if smallest >= margin:
        return ""
    if smallest == 0:
        return " Il n’y aurait alors plus aucune marge."
    return f" Il resterait au moins {french.plural(smallest, 'point')} de marge."
