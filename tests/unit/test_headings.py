"""What the heading and title of a page answer, word for word: at the limit, close to it, at other limits."""

import dataclasses
from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import WithoutObject
from pretadepenser.credit.evaluation.fairness import Audit, Group
from pretadepenser.credit.evaluation.influence import Influence, Step
from pretadepenser.credit.peers.comparison import Bar, Distribution, Position
from pretadepenser.credit.peers.group import Group as Peers
from pretadepenser.credit.peers.group import Outcome, Selection
from pretadepenser.credit.recourse.levers import USUAL, Lock
from pretadepenser.credit.recourse.search import Curve, Levers, Room
from pretadepenser.credit.scale import Scale, Score, Stability
from pretadepenser.credit.whatif.missing_data import Sensitivity
from pretadepenser.money import KAGGLE, using
from pretadepenser.records.replays import Answer, Replay
from pretadepenser.web import headings
from tests.unit.by_heart import plain


@pytest.fixture(autouse=True)
def kaggle() -> Iterator[None]:
    """Amounts as in the data."""
    with using(KAGGLE):
        yield


def scored(points: float, limit: float = 0.48, number: int | None = 100002) -> Score:
    """A score of so many exact points, near the limit within six."""
    scale = Scale(limit)
    return Score(number, scale.margin_of(points), scale, 0.1, Stability((0.0,), (6.0,)))


@pytest.mark.parametrize(
    ("points", "told"),
    [
        (439.7, "Prêt refusé (avis du modèle) – client 100002 – 439 points"),
        (499.999, "Prêt refusé (avis du modèle) – client 100002 – 499 points, proche de la limite"),
        (500, "Prêt accordé (avis du modèle) – client 100002 – 500 points, proche de la limite"),
        (505.9, "Prêt accordé (avis du modèle) – client 100002 – 505 points, proche de la limite"),
        (506, "Prêt accordé (avis du modèle) – client 100002 – 506 points"),
    ],
)
@pytest.mark.parametrize("limit", [0.3, 0.48])
def test_a_decision(points: float, told: str, limit: float) -> None:
    assert plain(headings.decision(scored(points, limit))) == told


COLUMNS = tuple(dictionary.COLUMNS[name] for name in ("EXT_SOURCE_1", "EXT_SOURCE_2"))


@pytest.mark.parametrize(
    ("missing", "changed", "told"),
    [
        (0, 0, "Prêt accordé (avis du modèle) – nouveau dossier – 530 points"),
        (1, 19, "Prêt accordé (avis du modèle) – nouveau dossier – 530 points, dossier incomplet"),
        (1, 20, "Pas encore de décision : 1 donnée manque – nouveau dossier"),
        (2, 90, "Pas encore de décision : 2 données manquent – nouveau dossier"),
    ],
)
def test_an_application(missing: int, changed: int, told: str) -> None:
    lacking = COLUMNS[:missing]
    answers = Sensitivity(lacking, lacking, 200 if missing else 0, 0.1, 0.6, changed, True, 0.48)
    assert plain(headings.application(scored(530, number=None), answers)) == told


def way(today: float, *, locked: tuple[Lock, ...] = (), **shown: object) -> str:
    """The heading of levers that found this."""
    nothing = Levers(
        scored(today), "", (), None, None, None, None,
        frozenset(locked), frozenset(Lock), frozenset(Lock), USUAL, 0, 1.0,
    )  # fmt: skip
    return plain(headings.levers(dataclasses.replace(nothing, **shown)))  # type: ignore[arg-type]


REFUSED = " – client 100002, prêt refusé, 480 points"


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({"proposals": (1,)}, "Leviers : un changement sûr suffirait"),
        ({"proposals": (1, 2)}, "Leviers : un de ces deux changements sûrs suffirait"),
        ({"proposals": (1, 2, 3)}, "Leviers : un de ces trois changements sûrs suffirait"),
        ({"fragile": 1}, "Leviers : aucun changement sûr trouvé, mais un fragile"),
        ({"nearest": 1}, "Leviers : aucun changement sûr trouvé"),
        ({}, "Leviers : aucun changement sûr trouvé"),
        (
            {"proposals": (1,), "locked": (Lock.INCOME, Lock.PROJECT)},
            "Leviers (projet et revenu bloqués) : un changement sûr suffirait",
        ),
        ({"locked": (Lock.TERM,)}, "Leviers (mensualité bloquée) : aucun changement sûr trouvé"),
        (
            {"locked": (Lock.TERM, Lock.DEBTS)},
            "Leviers (mensualité et dettes bloquées) : aucun changement sûr trouvé",
        ),
        ({"locked": (Lock.DEPOSIT,)}, "Leviers (apport bloqué) : aucun changement sûr trouvé"),
        ({"locked": tuple(Lock)}, "Leviers : tout est bloqué, rien n’est cherché"),
        ({"offered": frozenset(), "locked": (Lock.TERM,)}, "Leviers : aucun changement possible"),
        (
            {"sought": frozenset(), "locked": (Lock.TERM,)},
            "Leviers (mensualité bloquée) : aucun changement possible",
        ),
    ],
)
def test_levers_of_a_refused_client(found: dict[str, object], told: str) -> None:
    assert way(480.5, **found) == told + REFUSED  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("largest", "told"),
    [
        (150_000.0, "Leviers : aucune marge établie sur le montant"),
        (180_000.0, "Leviers : le prêt resterait accordé jusqu’à 1 800 €"),
    ],
)
def test_levers_of_a_granted_client(largest: float, told: str) -> None:
    curve = Curve((150_000.0, 180_000.0), (520, 510), (0.1, 0.2), 0)
    heading = way(520.5, room=Room(largest, 20, 10, ""), curve=curve)
    assert heading == f"{told} – client 100002, prêt accordé, 520 points"


ALL = Selection()


def compared(
    name: str,
    value: float | str | None,
    position: Position | None = None,
    selection: Selection = ALL,
    without: WithoutObject | None = None,
) -> str:
    """The heading of a comparison in a group of 1,500, of whom 1,200 have the figure."""
    group = Peers(selection, np.full(1500, True), 1500)
    bars = (Bar("", None, None, 624, 0.52, 0, 0, True),)
    shown = Distribution(
        dictionary.describe(name), group, value, 1.0, bars, bars, 1200, 180, 120, None, position, without
    )
    return plain(headings.comparison(scored(480.5), shown))


@pytest.mark.parametrize(
    ("heading", "told"),
    [
        (
            compared("AMT_CREDIT", 5000.0, Position(0.62, 0.0, 0.38)),
            "Montant du crédit : plus que chez 62 % des 1 200 clients dont la donnée est connue",
        ),
        (
            compared("AMT_CREDIT", 5000.0, Position(0.1, 0.0, 0.9), Selection(Outcome.REFUSED, ("type",))),
            "Montant du crédit : moins que chez 90 % des 1 200 clients comparables dont la donnée est connue "
            "et dont le prêt est refusé",
        ),
        (
            compared("CREDIT_TO_GOODS", 1.0, Position(0.1, 0.7, 0.2)),
            "Crédit par rapport au prix du bien : comme pour 70 % des 1 200 clients dont la donnée est "
            "connue",
        ),
        (
            compared("NAME_INCOME_TYPE", "Working"),
            "Source du revenu : comme pour 52 % des 1 200 clients dont la donnée est connue",
        ),
        (
            compared("DAYS_EMPLOYED", 365243.0),
            "Ancienneté dans l’emploi : comme pour 8 % des 1 500 clients",
        ),
        (
            compared("OWN_CAR_AGE", None),
            "Âge de la voiture : donnée absente, comme pour 12 % des 1 500 clients",
        ),
        (
            compared("OWN_CAR_AGE", None, without=dictionary.describe("OWN_CAR_AGE").not_applicable[0]),
            "Âge de la voiture : sans objet, donc sans valeur, comme pour 12 % des 1 500 clients",
        ),
    ],
)
def test_a_comparison(heading: str, told: str) -> None:
    assert heading == told + REFUSED


@pytest.mark.parametrize(
    ("absent", "told"),
    [(0, "aucune donnée absente"), (1, "1 donnée absente sur 67"), (12, "12 données absentes sur 67")],
)
def test_the_file_says_how_much_is_missing(absent: int, told: str) -> None:
    heading = plain(headings.file(scored(480), absent, 67))
    assert heading == f"Dossier : {told} – client 100002, prêt refusé, 480 points"


def test_comparisons_that_were_not_made() -> None:
    small = "Comparaison impossible : groupe trop petit – client 100002, prêt refusé, 480 points"
    assert plain(headings.too_few(scored(480))) == small
    assert plain(headings.uncompared(scored(480))) == "Comparaison – client 100002, prêt refusé, 480 points"


@pytest.mark.parametrize(
    ("points", "told"),
    [
        (480, "Votre demande de prêt n’est pas acceptée – fiche d’entretien du client 100002"),
        (500, "Votre demande de prêt peut être acceptée – fiche d’entretien du client 100002"),
    ],
)
def test_the_meeting_sheet(points: float, told: str) -> None:
    assert plain(headings.meeting(scored(points))) == told


def test_the_model() -> None:
    steps = (Step(10, -12.34, -20, -5, 0.0, 1.0), Step(10, 15.0, 2, 20, 1.0, 2.0))
    influence = Influence("AMT_CREDIT", 3.0, (0, 0, 0, 0, 0), None, None, steps)
    assert headings.model(None, 0.7567) == "Le modèle de score – aire sous la courbe ROC de 0,757"
    told = "Effet de « Montant du crédit » : de −12,3 à +15,0 points – le modèle de score"
    assert plain(headings.model(influence, 0.7567)) == told
    flat = dataclasses.replace(influence, steps=(steps[1], dataclasses.replace(steps[1], mean=15.9)))
    assert "moins d’un point" in headings.model(flat, 0.7567)


ADVICE = " – client 100002 – avis du modèle : prêt accordé, 530 points"


@pytest.mark.parametrize(
    ("corrects", "changed", "told"),
    [
        (None, False, "Décider"),
        (7, False, "Corriger la décision 7"),
        (None, True, "L’avis du modèle a changé : rien n’est encore enregistré"),
    ],
)
def test_what_a_form_of_deciding_asks_for(corrects: int | None, changed: bool, told: str) -> None:
    assert plain(headings.deciding(scored(530), corrects, changed=changed)) == told + ADVICE


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer.SAME, "L’avis recalculé est identique – décision 7"),
        (Answer.OTHER, "L’avis recalculé diffère : 1 différence – décision 7"),
        (Answer.ERASED, "L’avis est effacé : rien à recalculer – décision 7"),
        (Answer.IMPOSSIBLE, "L’avis ne peut pas être recalculé – décision 7"),
    ],
)
def test_a_replay(answer: Answer, told: str) -> None:
    differences = ("une",) if answer is Answer.OTHER else ()
    done = SimpleNamespace(answer=answer, decision=7, differences=differences, same_advice=False)
    assert plain(headings.replayed(cast(Replay, done))) == told


def group(low: float, high: float) -> Group:
    return Group("X", 1000, four_fifths=(low + high) / 2, four_fifths_low=low, four_fifths_high=high)


@pytest.mark.parametrize(
    ("groups", "today", "told"),
    [
        ((), 0.48, "Équité des décisions : aucune comparaison possible"),
        (
            (group(0.9, 1.0), Group("Petit", 3)),
            0.48,
            "Équité des décisions : aucun groupe nettement sous le repère de 0,80",
        ),
        (
            (group(0.5, 0.794), group(0.4, 0.5), group(0.7, 0.9)),
            0.48,
            "Équité des décisions : 2 groupes nettement sous le repère de 0,80 ; on ne peut pas trancher "
            "pour 1 groupe",
        ),
        (
            (group(0.5, 0.796),),
            0.3,
            "Équité des décisions : aucun groupe nettement sous le repère de 0,80 ; on ne peut pas trancher "
            "pour 1 groupe – mesures à la limite de 48 %",
        ),
    ],
)
def test_fairness(groups: tuple[Group, ...], today: float, told: str) -> None:
    audits = (Audit("CODE_GENDER", 0.48, "X", groups),) if groups else ()
    assert plain(headings.fairness(audits, 0.48, today)) == told
