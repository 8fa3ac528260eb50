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
    return "Après réexamen, notre décision change", (
        opening,
        f"Notre nouvelle décision porte le numéro {review.new.decision} : {_said(review.new)}.",
    )


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


def done(review: Reviewed) -> Section:
    """Who looked again, what was put right, what it made of the score, and the answer to the client."""
    scored = ""
    if review.points:
        before, after = review.points
        moved = "reste de" if before == after else f"passe de {before} à"
        scored = (
            f"Calculé de nouveau, votre score {moved} {french.plural(after, 'point')} ; il en faut "
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
