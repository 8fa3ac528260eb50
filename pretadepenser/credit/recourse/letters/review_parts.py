"""The parts of a letter that answers a request for a review."""

from __future__ import annotations

import datetime

from pretadepenser import french
from pretadepenser.credit.recourse.decision import Verdict
from pretadepenser.credit.recourse.letters.parts import asked, offered, until
from pretadepenser.credit.recourse.letters.told import Case, Line, Reviewed, Section, Sender
from pretadepenser.credit.scale import Scale


def answer(review: Reviewed, case: Case) -> tuple[str, tuple[str, ...]]:
    """The title of the letter, and the answer in full. case: the decision that was contested."""
    opening = (
        f"Vous avez demandé qu’une personne revoie notre décision numéro {case.decision}, du "
        f"{french.date(case.decided)}. Nous avons reçu votre demande le {french.date(review.asked)} "
        f"et lui avons donné le numéro {review.reference}."
    )
    if review.new is None:
        return "Après réexamen, notre décision est maintenue", (
            opening,
            f"Cette décision est maintenue : {_said(case)}.",
        )
    new = f"Notre nouvelle décision porte le numéro {review.new.decision}"
    if review.new.verdict is not case.verdict:
        return "Après réexamen, notre décision change", (opening, f"{new} : {_said(review.new)}.")
    told = (opening, f"{new} et remplace la précédente : {_said(review.new)}.")
    if _terms(review.new) != _terms(case):
        return "Après réexamen, nous avons pris une nouvelle décision", told
    return "Après réexamen, notre réponse reste la même", told


def _terms(case: Case) -> object:
    """What an answer says besides its verdict: the loan granted or offered, the documents asked for."""
    match case.verdict:
        case Verdict.GRANT:
            return asked(case)
        case Verdict.COUNTER:
            return offered(case)
        case Verdict.ASK:
            return set(case.content["asked"])
    return None


def _said(case: Case) -> str:
    """A decision, within a sentence."""
    demand = f"votre demande d’{asked(case)},"
    match case.verdict:
        case Verdict.GRANT:
            return f"{demand} est acceptée"
        case Verdict.REFUSE:
            return f"{demand} n’est pas acceptée"
        case Verdict.COUNTER:
            return f"nous n’acceptons pas {asked(case)}, mais nous vous proposons {offered(case)}"
    return f"{demand} attend des pièces"


def request(review: Reviewed) -> Section | None:
    """What the client asked for, as it was written down."""
    return Section("Ce que vous avez demandé", (review.request,)) if review.request else None


def done(review: Reviewed, case: Case) -> Section:
    """Who looked again, what was put right, what it made of the score, and the answer to the client.

    The scores are those that the two decisions (case, review.new) rest on, as in the rest of the letter.
    """
    scored, before = "", case.advice.points
    if review.new:
        after = review.new.advice.points
        moved = "reste de" if before == after else f"passe de {before} à"
        if review.corrected or before != after:
            scored = (
                f"Calculé de nouveau, votre score {moved} {french.plural(after, 'point')} ; il en faut "
                f"{Scale.POINTS_AT_LIMIT}."
            )
    elif review.corrected:
        scored = (
            "La décision maintenue ne tient pas compte de ces corrections : rien ne peut plus être calculé "
            f"de nouveau. Son score est de {french.plural(before, 'point')} ; il en faut "
            f"{Scale.POINTS_AT_LIMIT}."
        )
    corrected = "Voici ce que nous avons corrigé." if review.corrected else "Aucune donnée n’a été corrigée."
    return Section(
        "Ce que nous avons revu",
        (
            f"Votre demande a été revue par {review.reviewer}, qui n’est pas la personne qui avait décidé.",
            *((review.answer,) if review.answer else ()),
            corrected,
        ),
        tuple(Line(one.label, f"{one.before}, corrigé en {one.after}") for one in review.corrected),
        scored,
    )


def further(case: Case, sender: Sender, today: datetime.date) -> Section:
    """What is left to a client whom this answer does not suit."""
    return Section(
        "Si cette réponse ne vous convient pas",
        (
            f"Vous pouvez encore en parler à la personne qui répond des décisions : {sender.reviewer}. Vous "
            f"pouvez aussi lui demander un nouveau réexamen. {until(case, today)} Après cette date, vous "
            "gardez les droits que la loi vous donne.",
            "Vous pouvez saisir le médiateur, dans l’année qui suit votre réclamation écrite (Code de la "
            "consommation, article L. 612-2), la CNIL ou le juge.",
        ),
    )
