"""What a review's correction of data stores of credits elsewhere that were repaid already."""

from types import SimpleNamespace
from typing import Any

from pretadepenser.credit.recourse.review import Correction


def test_credits_that_were_repaid_are_told_after_the_figures_and_not_as_figures() -> None:
    income = SimpleNamespace(
        name="AMT_INCOME_TOTAL",
        label="Revenu mensuel",
        before_text="8 000 €",
        after_text="9 000 €",
        after=9.0,
    )
    debt = SimpleNamespace(
        name="BUREAU_DEBT",
        label="Reste connu à rembourser ailleurs",
        before_text="5 €",
        after_text="0 €",
        after=0.0,
    )
    before, after = SimpleNamespace(points=462, granted=False), SimpleNamespace(points=512, granted=True)
    result: Any = SimpleNamespace(
        before=SimpleNamespace(score=before),
        after=SimpleNamespace(score=after),
        changes=(income, debt),
        repaid=("Carte de crédit : 5 € à rembourser",),
    )
    stored = Correction(result, [5_714_462], "Attestation de la banque.").content(
        {"model": "m"}, {"moves": 1}
    )
    assert stored == {
        "proof": "Attestation de la banque.",
        "changes": {"AMT_INCOME_TOTAL": 9.0, "BUREAU_DEBT": 0.0},
        "repaid": [5_714_462],
        "corrected": [
            {"label": "Revenu mensuel", "before": "8 000 €", "after": "9 000 €"},
            {
                "label": "Crédit ailleurs",
                "before": "Carte de crédit : 5 € à rembourser",
                "after": "remboursé",
            },
        ],
        "points": [462, 512],
        "granted": [False, True],
        "model": "m",
        "moves": 1,
    }
