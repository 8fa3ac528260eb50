"""When a decision departs from the advice, needs motives, waits for another person; what is stored of it."""

from types import SimpleNamespace
from typing import Any

import pytest

from pretadepenser.credit.explanation import advice
from pretadepenser.credit.model import archive
from pretadepenser.credit.recourse.decision import (
    Counter,
    Decided,
    Document,
    Motive,
    Origin,
    ReaderReason,
    Verdict,
    content,
    departs,
    near,
    needs_motives,
    rules,
    second_reader_reasons,
)
from pretadepenser.credit.recourse.review import Channel, Correction
from pretadepenser.credit.whatif.simulation import simulate
from pretadepenser.money import KAGGLE, PLAIN, using
from pretadepenser.records import deciding
from tests.unit.by_heart import Step, client, model, plain

TEN = rules(10, 0)


@pytest.mark.parametrize(
    ("points", "expected"), [(489, False), (490, True), (499, True), (500, True), (509, True), (510, False)]
)
def test_near_is_ten_points_either_side_of_500(points: int, expected: bool) -> None:
    assert near(points, TEN) is expected


@pytest.mark.parametrize("points", [499, 500])
def test_no_points_means_that_nothing_is_near(points: int) -> None:
    assert not near(points, rules(0, 0))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            10,
            "si votre décision s’écarte de l’avis du modèle, ou si le score, ou celui du prêt que "
            "vous proposez, est de 490 à 509 points",
        ),
        (
            1,
            "si votre décision s’écarte de l’avis du modèle, ou si le score, ou celui du prêt que "
            "vous proposez, est de 499 à 500 points",
        ),
        (0, "si votre décision s’écarte de l’avis du modèle"),
    ],
)
def test_when_motives_are_wanted_is_told_with_the_very_scores(rule: int, said: str) -> None:
    held = rules(rule, 0)
    assert held.wanted.replace("\xa0", " ") == said
    told = [points for points in range(380, 620) if needs_motives(Verdict.ASK, points, held)]
    assert told == list(range(500 - rule, 500 + rule))
    offered = [points for points in range(500, 620) if needs_motives(Verdict.COUNTER, 400, held, points)]
    assert offered == list(range(500, 500 + rule))


# Of each decision: whether it departs from advice to refuse (450 points) and from advice to grant (600).
@pytest.mark.parametrize(
    ("verdict", "offered", "refused", "granted"),
    [
        (Verdict.GRANT, None, True, False),
        (Verdict.REFUSE, None, False, True),
        (Verdict.ASK, None, False, False),
        (Verdict.COUNTER, 560, False, True),
        (Verdict.COUNTER, 440, True, True),
    ],
)
def test_what_departs_from_the_advice(
    verdict: Verdict, offered: int | None, refused: bool, granted: bool
) -> None:
    assert departs(verdict, 450, offered) is refused
    assert departs(verdict, 600, offered) is granted
    assert needs_motives(verdict, 450, TEN, offered) is refused
    assert needs_motives(verdict, 600, TEN, offered) is granted


def test_another_loan_has_points_of_its_own() -> None:
    with pytest.raises(ValueError, match="points"):
        departs(Verdict.COUNTER, 450)


NEAR, AGAINST, AMOUNT = ReaderReason.NEAR, ReaderReason.AGAINST, ReaderReason.AMOUNT


@pytest.mark.parametrize(
    ("verdict", "points", "amount", "offered", "reasons"),
    [
        (Verdict.GRANT, 600, 20_000, None, ()),
        (Verdict.GRANT, 600, 20_001, None, (AMOUNT,)),
        (Verdict.GRANT, 505, 100, None, (NEAR,)),
        (Verdict.GRANT, 495, 100, None, (NEAR, AGAINST)),
        (Verdict.GRANT, 400, 90_000, None, (AGAINST, AMOUNT)),
        (Verdict.REFUSE, 400, 90_000, None, ()),
        (Verdict.REFUSE, 600, 90_000, None, (AGAINST,)),
        (Verdict.REFUSE, 495, 100, None, (NEAR,)),
        (Verdict.ASK, 495, 90_000, None, ()),
        (Verdict.COUNTER, 450, 100, 560, ()),
        (Verdict.COUNTER, 450, 100, 505, (NEAR,)),
        (Verdict.COUNTER, 450, 30_000, 560, (AMOUNT,)),
        (Verdict.COUNTER, 600, 100, 620, (AGAINST,)),
    ],
)
def test_why_another_person_reads(
    verdict: Verdict, points: int, amount: float, offered: int | None, reasons: tuple[ReaderReason, ...]
) -> None:
    assert second_reader_reasons(verdict, points, amount, rules(10, 20_000), offered) == reasons


def test_no_amount_means_that_none_waits_for_it() -> None:
    assert second_reader_reasons(Verdict.GRANT, 600, 1e9, TEN) == ()


def test_the_amount_is_set_in_the_currency_that_is_shown() -> None:
    with using(KAGGLE):
        shown = rules(10, 20_000)
        assert (shown.amount, shown.said(AMOUNT, 600)) == (
            2_000_000,
            "Le montant dépasse 20\u202f000\xa0€.",
        )
        assert second_reader_reasons(Verdict.GRANT, 600, 2_000_000, shown) == ()
        assert second_reader_reasons(Verdict.GRANT, 600, 2_000_100, shown) == (AMOUNT,)
    assert TEN.said(NEAR, 490) == "Le score est à 10\xa0points de la limite, ou à moins."
    told = TEN.said(NEAR, 485)
    assert told == "Le score du prêt proposé est à 10\xa0points de la limite, ou à moins."
    assert TEN.said(AGAINST, 600) == "La décision s’écarte de l’avis du modèle."


# What is granted, refused, asked for and offered instead, in this order, with the words of the form before.
MOTIVES = {
    "Capacité de remboursement": (
        "La capacité de remboursement suffit",
        "La capacité de remboursement ne suffit pas",
        "La capacité de remboursement reste à vérifier",
        "La capacité de remboursement demande un autre prêt",
    ),
    "Revenus et emploi": (
        "Les revenus et l’emploi sont prouvés et stables",
        "Les revenus ou l’emploi ne sont pas prouvés, ou pas stables",
        "Les revenus ou l’emploi restent à prouver",
        "Les revenus ou l’emploi demandent un autre prêt",
    ),
    "Crédits passés et en cours": (
        "Les crédits passés et en cours sont bien payés",
        "Des crédits passés ou en cours sont mal payés, ou trop lourds",
        "Les crédits passés ou en cours restent à vérifier",
        "Les crédits en cours demandent un autre prêt",
    ),
    "Risque selon le score": (
        "Le risque selon le score est acceptable",
        "Le risque selon le score est trop élevé",
        "Le score est à recalculer avec les pièces",
        "Le risque selon le score demande un autre prêt",
    ),
    "Pièces du dossier": (
        "Les pièces sont complètes et concordent",
        "Des pièces manquent ou ne concordent pas",
        "Des pièces manquent ou ne concordent pas",
        "Les pièces vérifiées permettent un autre prêt",
    ),
    "Donnée fausse, dépassée ou absente du dossier": (
        "Une donnée fausse, dépassée ou absente du dossier change l’appréciation",
        "Une donnée fausse, dépassée ou absente du dossier change l’appréciation",
        "Une donnée du dossier est fausse, dépassée ou absente",
        "Une donnée fausse, dépassée ou absente du dossier change l’appréciation",
    ),
    "Projet, montant ou apport": (
        "Le projet, le montant et l’apport conviennent",
        "Le projet, le montant ou l’apport ne convient pas",
        "Le projet, le montant ou l’apport reste à préciser",
        "Le projet permet un autre montant ou une autre mensualité",
    ),
    "Autre motif, à écrire ci-dessous": ("Un autre motif",) * 4,
}
VERDICTS = (Verdict.GRANT, Verdict.REFUSE, Verdict.ASK, Verdict.COUNTER)


def test_a_motive_is_said_as_its_decision_has_it() -> None:
    assert {one.label: tuple(map(one.said, VERDICTS)) for one in Motive} == MOTIVES
    assert [one.value for one in Motive] == [
        "capacite", "revenus", "historique", "score", "pieces", "donnees", "projet", "autre",
    ]  # fmt: skip


def test_verdicts_and_documents_are_named_word_by_word() -> None:
    assert [(one.value, one.action, one.label) for one in VERDICTS] == [
        ("accord", "Accorder le prêt", "Prêt accordé"),
        ("refus", "Refuser le prêt", "Prêt refusé"),
        ("pièces", "Demander des pièces", "Pièces demandées"),
        ("proposition", "Proposer un autre prêt", "Autre prêt proposé"),
    ]
    assert {one.value: one.label for one in Document} == {
        "identite": "Pièce d’identité",
        "domicile": "Justificatif de domicile",
        "revenus": "Trois derniers bulletins de salaire, ou autre preuve de revenus",
        "impots": "Dernier avis d’imposition",
        "emploi": "Contrat de travail ou attestation de l’employeur",
        "comptes": "Relevés de compte des trois derniers mois",
        "credits": "Tableaux d’amortissement des crédits en cours",
        "charges": "Quittance de loyer, ou preuve d’une pension versée",
        "projet": "Devis ou bon de commande",
    }
    assert list(Origin) == ["une simulation", "un levier", "une saisie"]
    assert [one.label for one in Channel] == [
        "Par courrier", "Par courrier électronique", "Au guichet", "Par téléphone",
    ]  # fmt: skip


def test_all_that_is_stored() -> None:
    decided = Decided(
        Verdict.COUNTER,
        (Motive.CAPACITY, Motive.OTHER),
        "Pourquoi.",
        "Il accepte.",
        (Document.IDENTITY,),
        (),
        Counter(400_000.0, 13_500.0, Origin.LEVER, 512, 450_000.0),
    )
    with using(KAGGLE):
        stored = content(decided, {"points": 486}, (NEAR,), {"LIMIT": 0.48}, "0.1.0", {"income": 1.0})
    assert stored == {
        "advice": {"points": 486},
        "verdict": "proposition",
        "motives": ["capacite", "autre"],
        "text": "Pourquoi.",
        "said": "Il accepte.",
        "documents": ["identite"],
        "asked": [],
        "capacity": {"income": 1.0},
        "counter": {
            "amount": 400_000.0,
            "instalment": 13_500.0,
            "from": "un levier",
            "points": 512,
            "price": 450_000.0,
        },
        "reader": ["proche"],
        "settings": {"LIMIT": 0.48},
        "version": "0.1.0",
        "money": {"currency": "EUR", "scale": 100.0},
    }
    with using(PLAIN):
        asked = content(Decided(Verdict.ASK, asked=(Document.TAX,)), {}, (), {}, "0.1.0")
    assert (asked["asked"], asked["counter"], asked["capacity"]) == (["impots"], None, None)
    assert asked["money"] == {"currency": "EUR", "scale": 1.0}


def test_all_that_is_stored_of_a_correction() -> None:
    """Points and answers before and after, the figures of the application and the credits repaid."""
    poor = model(480.5, Step("AMT_INCOME_TOTAL", 40_000.0, 0, 30))
    result = simulate(poor, client(), {"AMT_INCOME_TOTAL": 50_000.0}, 0.48, None, ["Carte de crédit : 900 €"])
    stored = Correction(result, [7], "Bulletins.").content({"limit": 0.48}, {"moves": []})
    corrected = [{key: plain(text) for key, text in one.items()} for one in stored.pop("corrected")]
    assert corrected == [
        {"label": "Revenu mensuel", "before": "35 000 €", "after": "50 000 €"},
        {"label": "Crédit ailleurs", "before": "Carte de crédit : 900 €", "after": "remboursé"},
    ]
    assert stored == {
        "proof": "Bulletins.",
        "changes": {"AMT_INCOME_TOTAL": 50_000.0},
        "repaid": [7],
        "points": [480, 510],
        "granted": [False, True],
        "limit": 0.48,
        "moves": [],
    }


@pytest.mark.parametrize(
    ("decided", "points", "waits"),
    [
        (Decided(Verdict.GRANT), 600, ["montant"]),
        (Decided(Verdict.REFUSE), 450, []),
        # Another loan waits for its own amount and its own points.
        (Decided(Verdict.COUNTER, counter=Counter(15_000, 500, Origin.TYPED, 560)), 450, []),
        (Decided(Verdict.COUNTER, counter=Counter(25_000, 500, Origin.TYPED, 560)), 450, ["montant"]),
        (Decided(Verdict.COUNTER, counter=Counter(15_000, 500, Origin.TYPED, 505)), 450, ["proche"]),
        (Decided(Verdict.COUNTER, counter=Counter(15_000, 500, Origin.TYPED, 440)), 450, ["contre"]),
    ],
)
def test_a_decision_on_fifty_thousand_waits_by_what_is_decided(
    monkeypatch: pytest.MonkeyPatch, decided: Decided, points: int, waits: list[str]
) -> None:
    """The house has loans above 20 000 € read again, and scores within ten points of the limit."""
    monkeypatch.setattr(archive, "keep", lambda *kept: None)
    monkeypatch.setattr(advice, "freeze", lambda *asked: SimpleNamespace(points=points))
    monkeypatch.setattr(advice, "as_json", lambda one: {"points": one.points})
    desk: Any = SimpleNamespace(
        instance=None, model=None, portfolio=None, settings={"LIMIT": 0.48}, bureaux=(), told={},
        rules=rules(10, 20_000),
    )  # fmt: skip
    someone: Any = SimpleNamespace(number=7, values={"AMT_CREDIT": 50_000.0})
    prepared = deciding.prepare(desk, someone, decided)
    assert (prepared.content["reader"], prepared.waiting) == (waits, bool(waits))
    assert prepared.content["advice"] == {"points": points}
