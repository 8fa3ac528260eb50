"""What the client is told and takes home: the answer, its reasons, what would change it, the data behind it.

The words are for the person who asks for the loan. A granted client is not told how much more could be
borrowed: advisors see it, but on a sheet to take home it would be an encouragement to borrow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from pretadepenser import french
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import Row, Theme, wording
from pretadepenser.credit.explanation.reasons import Explanation, Reason, Told, explain
from pretadepenser.credit.history import months
from pretadepenser.credit.history import told as histories
from pretadepenser.credit.history.told import History
from pretadepenser.credit.model.inputs import as_read
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.recourse import search
from pretadepenser.credit.recourse import wording as lever_wording
from pretadepenser.credit.recourse.levers import USUAL, Admissible, Lever, Lock
from pretadepenser.credit.recourse.search import Proposal
from pretadepenser.credit.scale import Score
from pretadepenser.french import Person

REASONS: Final = 3

DECLARED: Final = "Ce que contient votre demande"
EXTERNAL: Final = "Ce que disent des organismes extérieurs"
UNNAMED: Final = "demandez leur nom à votre conseiller"
DERIVED: Final = "Ce qui est calculé à partir de ces chiffres"
# Credits elsewhere that the sheet lists one by one.
LISTED: Final = 3

_GROUNDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sexe": "votre sexe",
        "âge": "votre âge",
        "situation de famille": "votre situation de famille et vos enfants",
        "lieu de résidence": "l’endroit et l’immeuble où vous vivez",
    }
)
# Told only where no column of the theme is used; what rests on a protected ground is told above.
_THEMES: Final[Mapping[Theme, str]] = MappingProxyType(
    {
        Theme.CIRCLE: "la situation des personnes de votre entourage",
        Theme.CONTACT: "vos moyens de contact",
        Theme.HISTORY: "le nombre de consultations du fichier des crédits",
        Theme.DOCUMENTS: "la liste des documents que vous avez fournis",
        Theme.APPLICATION: "le moment de votre demande",
    }
)
_CARES: Final[Mapping[Lever, str]] = MappingProxyType(
    {
        Lever.LONGER: "Avec plus de mois, le crédit coûte plus cher au total.",
        Lever.SHORTER: "La mensualité augmente : vérifiez que votre budget le permet.",
        Lever.DEPOSIT: "Gardez une épargne de précaution.",
        Lever.INCOME: (
            "Ce revenu est une hypothèse, à prouver. Seul compte un revenu qui existe déjà et qui va durer : "
            "une pension, un loyer perçu, un second emploi."
        ),
        Lever.ARREARS: "Gardez une preuve du paiement : le fichier des crédits ne le dira que plus tard.",
        Lever.CARD: "Gardez une preuve du remboursement : le fichier des crédits ne le dira que plus tard.",
    }
)


@dataclass(frozen=True)
class Option:
    """One thing that would change the answer: what to do, in a few words and in full, and what to mind."""

    title: str
    sentence: str
    cares: tuple[str, ...]


@dataclass(frozen=True)
class Bureau:
    """A body that gives external scores: its name, and how to reach it ("" where that is not known)."""

    name: str
    contact: str = ""


@dataclass(frozen=True)
class Source:
    """Where data come from, and each of them: label and the client's value in words."""

    origin: str
    data: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Past:
    """The client's credit history: what to check, label and words; what of it the model looked at.

    elsewhere, ours: what the credit bureau and our own files say, each empty where it is not imported;
    bureau, files: how many figures the model drew from each.
    """

    elsewhere: tuple[tuple[str, str], ...]
    ours: tuple[tuple[str, str], ...]
    bureau: int
    files: int


@dataclass(frozen=True)
class Sheet:
    """The meeting sheet of one client.

    against, in_favour: up to REASONS each, the strongest first; difficulties: what became of comparable
    clients, in a sentence; outlook: in short what would change the answer; options: how, a fragile one where
    nothing safe would do, empty where nothing would; sources: the data used; categories: of what kinds they
    are, unused: what is not used, each as a list within a sentence; consulted: bodies whose score of this
    client was used, where they are named; scored: how many were; past: the credit history, None where
    nothing of it is imported that could be checked.
    """

    explanation: Explanation
    against: tuple[Reason, ...]
    in_favour: tuple[Reason, ...]
    difficulties: str
    outlook: str
    options: tuple[Option, ...]
    sources: tuple[Source, ...]
    categories: str
    unused: str
    consulted: tuple[Bureau, ...]
    scored: int
    past: Past | None

    @property
    def score(self) -> Score:
        """The client's score."""
        return self.explanation.score


def sheet(
    model: Model,
    portfolio: Portfolio,
    row: Row,
    limit: float,
    number: int,
    bureaux: tuple[Bureau, ...] = (),
    outcome: str = dictionary.OUTCOME,
    admissible: Admissible = USUAL,
) -> Sheet:
    """Prepare the sheet of the client `number` with the raw values `row`; errors as search.levers.

    bureaux: the three bodies that give the external scores, in order; empty where they are not named.
    outcome: what a default is in the data, as a sentence goes on after "ont"; admissible: what may be
    proposed.
    """
    row = as_read(row)
    names = tuple(bureau.name for bureau in bureaux)
    scores = [row[column.name] for column in dictionary.in_group(dictionary.EXTERNAL_GROUP)]
    explanation = explain(model, portfolio, row, limit, number, Told(Person.YOU, names))
    found: tuple[Proposal, ...] = ()
    tried: frozenset[Lock] = frozenset()
    if not explanation.score.granted:
        answer = search.levers(model, portfolio, row, limit, number=number, admissible=admissible)
        found = answer.proposals or tuple(one for one in (answer.fragile,) if one)
        tried = answer.sought
    return Sheet(
        explanation=explanation,
        against=explanation.against[:REASONS],
        in_favour=explanation.in_favour[:REASONS],
        difficulties=wording.difficulties(explanation.score.calibrated, Person.YOU, outcome),
        outlook=_outlook(explanation.score, found, tried),
        options=tuple(_option(proposal) for proposal in found),
        sources=_sources(model.features, row, names),
        categories=french.join(categories(model.features)),
        unused=french.join(unused(model.features)),
        consulted=tuple(bureau for bureau, score in zip(bureaux, scores, strict=False) if score is not None),
        scored=sum(score is not None for score in scores),
        past=_past(portfolio, number, model.features),
    )


def _past(portfolio: Portfolio, number: int, names: Sequence[str]) -> Past | None:
    if not portfolio.tables:
        return None
    told = histories.history(portfolio.history(number), portfolio.tables)
    elsewhere, ours = _elsewhere(told), _ours(told)
    if not elsewhere and not ours:
        return None
    # Figures of tables that are not imported say nothing of anybody.
    told_by = [dictionary.HISTORY[name].table for name in names if name in dictionary.HISTORY]
    used = [table for table in told_by if table in portfolio.tables]
    bureau = sum(table in (histories.BUREAU, histories.BUREAU_MONTHS) for table in used)
    return Past(
        elsewhere=elsewhere,
        ours=ours,
        bureau=bureau,
        files=len(used) - bureau,
    )


def _elsewhere(told: History) -> tuple[tuple[str, str], ...]:
    """Credits elsewhere for the client to check: how many, the open ones, and how they were paid."""
    lines = []
    if told.credits is not None:
        lines.append(("En résumé", histories.headline(told)))
    for one in told.open[:LISTED]:
        lines.append((f"{one.named}, ouverture {histories.when(one.opened)}", one.owing))
    if (more := len(told.open) - LISTED) > 0:
        lines.append(("Et aussi", french.plural(more, "crédit non terminé", "crédits non terminés")))
    if told.elsewhere:
        lines.append(("Paiements ailleurs en quatre ans", months.said(told.elsewhere, short=True)))
    return tuple(lines)


def _ours(told: History) -> tuple[tuple[str, str], ...]:
    """What our own files say, for the client to check."""
    lines = []
    if told.requests is not None:
        lines.append(("Demandes précédentes", histories.requests_said(told)))
    if told.ours:
        lines.append(("Paiements chez nous en quatre ans", months.said(told.ours, short=True)))
    return tuple(lines)


def _option(proposal: Proposal) -> Option:
    return Option(
        proposal.title,
        proposal.sentence,
        tuple(
            french.typeset(care)
            for care in (
                proposal.fragile,
                proposal.spared,
                lever_wording.beyond_price(proposal.levers, proposal.changes),
                *(_CARES.get(lever, "") for lever in lever_wording.minded(proposal.levers, proposal.changes)),
            )
            if care
        ),
    )


def _outlook(score: Score, found: tuple[Proposal, ...], tried: Set[Lock]) -> str:
    """What the client may expect; tried: what could be tried for this client."""
    gap = abs(score.gap)
    if score.granted:
        above = (
            f"Votre score dépasse de {french.plural(gap, 'point')} le minimum demandé."
            if gap
            else "Votre score est juste au minimum demandé."
        )
        return (
            f"{above} La réponse ne vaut que pour les chiffres de cette fiche. "
            "S’ils changent avant la signature, le calcul est à refaire."
        )
    if not tried:
        told = "Avec les chiffres de votre dossier, nous n’avons aucun changement à vous proposer."
    elif not found or found[0].fragile:
        among = ", ".join(name for lock, name in _TRIED.items() if lock in tried)
        told = (
            f"Nous avons cherché parmi ce que vous pouvez proposer : {among}. Aucun changement sûr ne suffit "
            "aujourd’hui."
        )
        if found:
            told += " Voici un changement fragile, qui suffirait tout juste. Ce n’est pas une promesse."
    else:
        told = (
            f"{_ENOUGH[len(found)]} Ce n’est pas une promesse : une nouvelle demande complète serait étudiée."
        )
    return french.typeset(f"Il vous manque {french.plural(gap, 'point')}. {told}")


_TRIED: Final[Mapping[Lock, str]] = MappingProxyType(
    {
        Lock.PROJECT: "le montant",
        Lock.DEPOSIT: "l’apport",
        Lock.TERM: "la mensualité",
        Lock.INCOME: "un revenu de plus",
        Lock.DEBTS: "une dette à payer ailleurs",
    }
)


_ENOUGH: Final[Mapping[int, str]] = MappingProxyType(
    {
        1: "Voici un changement sûr qui suffirait.",
        2: "Voici deux changements sûrs ; un seul des deux suffirait.",
        3: "Voici trois changements sûrs ; un seul des trois suffirait.",
    }
)


def _sources(names: Sequence[str], row: Row, bureaux: Sequence[str]) -> tuple[Source, ...]:
    """The model's inputs by origin, with the client's values.

    What sums the credit history up is not among them: the client checks the history itself.
    """
    derived = dictionary.derive(dictionary.frame([row]))
    data: dict[str, list[tuple[str, str]]] = {DECLARED: [], EXTERNAL: [], DERIVED: []}
    scores = [column.name for column in dictionary.in_group(dictionary.EXTERNAL_GROUP)]
    for name in names:
        column = dictionary.describe(name, Person.YOU)
        if name in dictionary.DERIVED:
            data[DERIVED].append((column.label, wording.value_text(column, float(derived[name][0]))))
        elif name not in dictionary.HISTORY:
            origin = EXTERNAL if column.theme is Theme.EXTERNAL else DECLARED
            named = f"Note ({bureaux[scores.index(name)]})" if bureaux and name in scores else column.label
            data[origin].append((named, wording.text_in(column, row)))
    titles = {} if bureaux else {EXTERNAL: f"{EXTERNAL} ({UNNAMED})"}
    return tuple(
        Source(titles.get(origin, origin), tuple(entries)) for origin, entries in data.items() if entries
    )


def categories(names: Sequence[str]) -> list[str]:
    """Kinds of data that a model with these inputs looks at: the themes of the file, in its order."""
    themes = {dictionary.describe(name).theme for name in dictionary.columns_of(names)}
    return [f"{theme.value[:1].lower()}{theme.value[1:]}" for theme in Theme if theme in themes]


def unused(names: Sequence[str]) -> tuple[str, ...]:
    """What is known of clients and plays no part in a model with these inputs, in words for the client."""
    inputs = {*names, *dictionary.columns_of(names)}
    used = [dictionary.describe(name) for name in inputs]
    grounds = {column.protected for column in used}
    # The file has a theme for the history: what it counts of the application is not what the tables say.
    themes = {column.theme for column in used if column.name not in dictionary.HISTORY}
    return (
        *(words for ground, words in _GROUNDS.items() if ground not in grounds),
        *(words for theme, words in _THEMES.items() if theme not in themes),
    )
