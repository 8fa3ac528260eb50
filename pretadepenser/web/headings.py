"""What each page answers, in the few words of its heading and title: the answer, a dash, what it is about.

A tab, a line of a browser's history and the first thing that a screen reader says are made of these words.
They come from the same objects as the page, and are told no firmer than it tells them.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Final

from pretadepenser import french
from pretadepenser.charts import model as charts
from pretadepenser.credit import dictionary
from pretadepenser.credit.evaluation.fairness import Audit, Verdict
from pretadepenser.credit.evaluation.influence import Influence
from pretadepenser.credit.history import told as histories
from pretadepenser.credit.history.told import History
from pretadepenser.credit.peers import comparison as peers
from pretadepenser.credit.peers.comparison import Distribution
from pretadepenser.credit.recourse import deadline, wording
from pretadepenser.credit.recourse import decision as decisions_made
from pretadepenser.credit.recourse.levers import Lock
from pretadepenser.credit.recourse.search import Levers
from pretadepenser.credit.scale import Score
from pretadepenser.credit.whatif.capacity import Capacity
from pretadepenser.credit.whatif.missing_data import Sensitivity
from pretadepenser.credit.whatif.simulation import Simulation
from pretadepenser.records.decisions import Found, State
from pretadepenser.records.replays import Answer, Replay
from pretadepenser.records.reviews import Found as Review

MODEL: Final = "Le modèle de score"
FAIRNESS: Final = "Équité des décisions"

_LETTERS: Final[Mapping[decisions_made.Verdict, str]] = {
    decisions_made.Verdict.GRANT: "Courrier d’accord",
    decisions_made.Verdict.REFUSE: "Courrier de refus",
    decisions_made.Verdict.ASK: "Courrier de demande de pièces",
    decisions_made.Verdict.COUNTER: "Courrier de proposition",
}

_LOCKS: Final[Mapping[Lock, str]] = {
    Lock.PROJECT: "projet",
    Lock.DEPOSIT: "apport",
    Lock.TERM: "mensualité",
    Lock.INCOME: "revenu",
    Lock.DEBTS: "dettes",
}


def decision(score: Score) -> str:
    """The model's opinion on a known client."""
    return _heading(_opinion(score), f"client {score.number}", _points(score))


def application(score: Score, answers: Sensitivity) -> str:
    """The model's opinion on a new application, or that there is none yet."""
    if answers.open:
        lack = french.plural(len(answers.missing), "donnée manque", "données manquent")
        return _heading(f"Pas encore de décision : {lack}", "nouveau dossier")
    lacking = ", dossier incomplet" if answers.missing else ""
    return _heading(_opinion(score), "nouveau dossier", f"{_points(score)}{lacking}")


def simulation(score: Score, result: Simulation | None) -> str:
    """What would become of the decision; today's where nothing is simulated. score: the client's today."""
    if result is None or not result.changes:
        asked = "Simulation : rien n’est changé" if result else "Simulation"
        return _heading(asked, today(score))
    before, after = result.before.score, result.after.score
    verb = "resterait" if before.granted == after.granted else "serait"
    was = "comme" if before.points == after.points else before.points
    return _heading(
        f"Simulation : le prêt {verb} {_answer(after)}",
        f"client {score.number}",
        f"{french.plural(after.points, 'point')} ({was} aujourd’hui){_close(after)}",
    )


def levers(found: Levers) -> str:
    """Whether something safe would change the decision, or how much room there is."""
    return _heading(f"Leviers{_held(found)} : {_way(found)}", today(found.score))


def comparison(score: Score, shown: Distribution, crossed: str = "") -> str:
    """Where the client stands, among whom and how many; crossed: label of a second figure."""
    also = (f"croisement avec {french.quoted(crossed)}",) if crossed else ()
    return _heading(f"{shown.column.label} : {peers.place(shown)}", *also, today(score))


def file(score: Score, absent: int, entries: int) -> str:
    """How many of the figures that the page of the client's file shows are missing."""
    lacking = "aucune donnée absente"
    if absent:
        lacking = f"{french.plural(absent, 'donnée absente', 'données absentes')} sur {entries}"
    return _heading(f"Dossier : {lacking}", today(score))


def history(score: Score, told: History) -> str:
    """The most telling thing that is known of the client's earlier credits."""
    return _heading(french.capital(histories.headline(told)), today(score))


def uncompared(score: Score) -> str:
    """That what was asked for could not be compared."""
    return _heading("Comparaison", today(score))


def too_few(score: Score) -> str:
    """That a group is too small to be compared with."""
    return _heading("Comparaison impossible : groupe trop petit", today(score))


def capacity(score: Score, found: Capacity) -> str:
    """Whether a rule of the house is broken; no amount stands in a title."""
    return _heading(f"Capacité de remboursement : {found.headline}", today(score))


def meeting(score: Score) -> str:
    """The client's own answer, as the sheet words it."""
    given = "peut être acceptée" if score.granted else "n’est pas acceptée"
    return _heading(f"Votre demande de prêt {given}", f"fiche d’entretien du client {score.number}")


def model(influence: Influence | None, roc_auc: float) -> str:
    """How well the model tells clients apart; the effect of one figure where it was asked for."""
    if influence is None:
        return _heading(MODEL, f"aire sous la courbe ROC de {french.number(roc_auc, 3)}")
    return _heading(effect(influence), MODEL[:1].lower() + MODEL[1:])


def effect(influence: Influence) -> str:
    """From where to where a figure moves the score, for the part of the page that shows it."""
    label = dictionary.describe(influence.feature).label
    return french.typeset(f"Effet de {french.quoted(label)} : {charts.effect(influence)}")


def fairness(audits: Sequence[Audit], limit: float, today: float) -> str:
    """How many groups are surely granted too seldom for the four-fifths rule, and how many may be.

    limit: of the measures; today: the one in use, 0..1 both.
    """
    if not audits:
        return _heading(f"{FAIRNESS} : aucune comparaison possible")
    verdicts = [group.verdict for audit in audits for group in audit.groups]
    under, unsettled = verdicts.count(Verdict.UNDER), verdicts.count(Verdict.OPEN)
    told = f"{french.plural(under, 'groupe') if under else 'aucun groupe'} nettement sous le repère de 0,80"
    if unsettled:
        told += f" ; on ne peut pas trancher pour {french.plural(unsettled, 'groupe')}"
    changed = (f"mesures à la limite de {french.compact_percent(limit)}",) if limit != today else ()
    return _heading(f"{FAIRNESS} : {told}", *changed)


def journal(count: int, most: int, about: Sequence[str]) -> str:
    """How many entries the journal has looked for; most: as far as they are counted; about: whom."""
    told = f"plus de {french.number(most)} entrées" if count > most else french.plural(count, "entrée")
    return _heading(f"Journal : {told if count else 'aucune entrée'}", *about)


def deciding(score: Score, corrects: int | None, *, changed: bool) -> str:
    """What the form asks for; changed: that nothing is written, for the advice is no longer what it was."""
    asked = "Décider" if corrects is None else f"Corriger la décision {corrects}"
    if changed:
        asked = "L’avis du modèle a changé : rien n’est encore enregistré"
    return _heading(
        asked, f"client {score.number}", f"avis du modèle : prêt {_answer(score)}, {_points(score)}"
    )


def decided(found: Found) -> str:
    """What a person decided, and whether it holds."""
    state = "" if found.state is State.FINAL else f", décision {found.state}"
    who = "" if found.client is None else f"client {found.client}, "
    return _heading(f"{found.verdict.label}{state}", f"{who}décision {found.id} prise par {found.author}")


def work_list(waiting: int, late: int, back: int) -> str:
    """How much waits for another person, how much of it is late, and how much was sent back to its author."""
    told = []
    if waiting:
        many = french.plural(waiting, "dossier attend", "dossiers attendent")
        told.append(f"{many}{f', dont {late} en retard' if late else ''}")
    if back:
        told.append(french.plural(back, "décision à corriger", "décisions à corriger"))
    return _heading(f"Revues : {' ; '.join(told) or 'rien n’attend'}")


def second_reading(found: Found) -> str:
    """Which decision is to be read, and what it is."""
    return _heading(
        f"Seconde lecture de la décision {found.id}", f"client {found.client}, {found.verdict.label.lower()}"
    )


def asking(found: Found) -> str:
    """Of which decision a client asks for a review."""
    about = f"client {found.client}, {found.verdict.label.lower()}"
    return _heading(f"Demande de réexamen de la décision {found.id}", about)


def review(found: Review, today: datetime.date) -> str:
    """How a review ended, or until when it must."""
    told = f"Réexamen {found.reference} : réponse due le {deadline.due(found.deadline, today)}"
    if found.end:
        told = f"Réexamen {found.reference} : décision {found.end.outcome.label}"
    elif found.client is None:
        told = f"Réexamen {found.reference} : effacé avant d’être conclu"
    return _heading(told, _about(found))


def correcting(found: Review) -> str:
    """Whose data are put right, in which review."""
    return _heading("Corriger des données du dossier", f"réexamen {found.reference}, {_about(found)}")


def ending(found: Review, *, changed: bool = False) -> str:
    """Which review is to be ended; changed: nothing is written, for the advice is no longer what it was."""
    asked = "L’avis du modèle a changé : rien n’est encore enregistré" if changed else "Conclure le réexamen"
    return _heading(asked, f"{found.reference}, {_about(found)}")


def _about(found: Review) -> str:
    who = "" if found.client is None else f"client {found.client}, "
    return f"{who}décision {found.decision} prise par {found.decider}"


def decisions(*, everybody: bool) -> str:
    """Whose decisions a list has."""
    return "Les décisions" if everybody else "Vos décisions"


def letter(decision: Found, *, possible: bool, stored: bool, review: str = "") -> str:
    """Which letter of a decision there is, can be made, or that none can. review: that it answers."""
    about = f"réexamen {review}" if review else f"décision {decision.id}"
    kind = "Courrier de réponse au réexamen" if review else _LETTERS[decision.verdict]
    if not stored and not possible:
        return _heading("Pas de courrier possible", about)
    return _heading(f"{kind} {'établi' if stored else 'à établir'}", about)


def replayed(done: Replay) -> str:
    """Whether a replay gave the advice that was kept."""
    match done.answer:
        case Answer.SAME:
            told = "L’avis recalculé est identique"
        case Answer.OTHER:
            same = "est identique, mais la décision diffère" if done.same_advice else "diffère"
            told = f"L’avis recalculé {same} : {french.plural(len(done.differences), 'différence')}"
        case Answer.ERASED:
            told = "L’avis est effacé : rien à recalculer"
        case _:
            told = "L’avis ne peut pas être recalculé"
    return _heading(told, f"décision {done.decision}")


def today(score: Score) -> str:
    """The client in hand and the decision as it is, for a page that is about something else."""
    return f"client {score.number}, prêt {_answer(score)}, {_points(score)}"


def _heading(answer: str, *about: str) -> str:
    return french.typeset(" – ".join((answer, *about)))


def _opinion(score: Score) -> str:
    return f"Prêt {_answer(score)} (avis du modèle)"


def _answer(score: Score) -> str:
    return "accordé" if score.granted else "refusé"


def _points(score: Score) -> str:
    return f"{french.plural(score.points, 'point')}{_close(score)}"


def _close(score: Score) -> str:
    return ", proche de la limite" if score.close else ""


_AGREE: Final = {_LOCKS[Lock.TERM]: "e", _LOCKS[Lock.DEBTS]: "es"}


def _held(found: Levers) -> str:
    """What the search held fixed, in the order of the form."""
    names = [name for lock, name in _LOCKS.items() if lock in found.held]
    if not names or found.offered <= found.locked:
        return ""
    several = "es" if _AGREE.keys() >= set(names) else "s"
    agree = several if len(names) > 1 else _AGREE.get(names[0], "")
    return f" ({french.join(names)} bloqué{agree})"


def _way(found: Levers) -> str:
    if found.room:
        # The curve has the client's own amount, which no room is smaller than.
        own = found.curve.amounts[found.curve.current] if found.curve else found.room.largest
        if found.room.largest > own:
            return f"le prêt resterait accordé jusqu’à {french.amount(found.room.largest)}"
        return "aucune marge établie sur le montant"
    if not found.offered:
        return "aucun changement possible"
    if found.offered <= found.locked:
        return "tout est bloqué, rien n’est cherché"
    if not found.sought:
        return "aucun changement possible"
    if found.proposals:
        return wording.enough(len(found.proposals))
    if found.fragile:
        return "aucun changement sûr trouvé, mais un fragile"
    return "aucun changement sûr trouvé"
