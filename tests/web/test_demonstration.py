"""The demonstration's decisions: who decides what on whom, in which words, and how far each has come."""

import re

import pytest
from flask import Flask

from pretadepenser.records import decisions, reviews
from pretadepenser.records.decisions import Found, State

# Lowest and highest points, verdict, motives, text after the sentence that says it is an example, what the
# client said, documents asked for.
WRITTEN = [
    (540, 700, "accord", [], "", "Le client veut rembourser sans changer ses habitudes.", []),
    (400, 470, "refus", ["historique", "score"], "Le risque est trop élevé pour ce montant.", "", []),
    (500, 509, "accord", ["revenus"], "Le contrat de travail est vérifié.", "", []),
    (490, 499, "refus", ["capacite"], "Le loyer, qui n’est pas dans le dossier, pèse trop.", "", []),
    (
        470, 489, "accord", ["donnees"],
        "Un crédit ailleurs est remboursé ; le fichier ne le dit pas encore.", "", [],
    ),
    (520, 539, "pièces", ["pieces"], "Les revenus restent à prouver.", "", ["impots", "credits"]),
    (500, 509, "accord", ["projet"], "L’apport est prêt, et le projet est modeste.", "", []),
    (560, 700, "refus", ["autre"], "Le projet n’est pas encore précis.", "", []),
    (
        480, 499, "proposition", ["projet"], "Un autre prêt passe, et le client l’accepte.",
        "Le client veut bien.", [],
    ),
]  # fmt: skip


def found(app: Flask, place: int) -> Found:
    """The decision of an example."""
    database = app.extensions["database"]
    number = decisions.keyed(database, f"demonstration {place}")
    assert number is not None
    one = decisions.find(database, number)
    assert one is not None
    return one


@pytest.mark.parametrize("place", range(len(WRITTEN)))
def test_each_example_is_decided_in_its_own_words(decided_app: Flask, place: int) -> None:
    low, high, verdict, motives, text, said, asked = WRITTEN[place]
    one = found(decided_app, place)
    assert one.content is not None
    assert one.author == "agathe"
    assert one.verdict == one.content["verdict"] == verdict
    assert low <= one.content["advice"]["points"] <= high
    assert sorted(one.content["motives"]) == motives
    assert one.content["text"] == f"Exemple de la démonstration. {text}".strip()
    assert (one.content["said"], one.content["asked"]) == (said, asked)
    assert one.content["documents"] == ["identite", "revenus", "comptes"]


def test_how_far_each_has_come(decided_app: Flask) -> None:
    """Two are read, one each way; near the limit or against the advice they wait; each is on another."""
    states = [found(decided_app, place).state for place in range(len(WRITTEN))]
    assert [states[place] for place in (2, 3, 4)] == [State.WAITING] * 3
    assert (states[1], states[6], states[7]) == (State.FINAL, State.FINAL, State.SENT_BACK)
    for place, text in ((6, "Je confirme."), (7, "Précisez le motif.")):
        second = found(decided_app, place).second
        assert second is not None
        assert (second.reader, second.content) == (
            "delphine", {"text": f"Exemple de la démonstration. {text}"},
        )  # fmt: skip
    assert len({found(decided_app, place).client for place in range(len(WRITTEN))}) == len(WRITTEN)


def test_the_other_loan_is_smaller_and_passes(decided_app: Flask) -> None:
    content = found(decided_app, 8).content
    assert content is not None
    counter, inputs = content["counter"], content["advice"]["inputs"]
    assert counter["from"] == "un levier"
    assert counter["points"] >= 500
    assert counter["amount"] < inputs["AMT_CREDIT"]


def test_the_refusal_that_stands_is_contested(decided_app: Flask) -> None:
    one = found(decided_app, 1)
    (review,) = reviews.of_decision(decided_app.extensions["database"], one.id)
    assert re.fullmatch(r"REV-\d{4}-000001", review.reference)
    assert (review.opened_by, review.end, (review.deadline - review.received).days) == ("agathe", None, 30)
    assert review.content is not None
    assert review.content["channel"] == "courrier"
    assert review.content["request"] == (
        "Exemple de la démonstration. Le client écrit que son revenu a augmenté, et joint ses bulletins de "
        "salaire."
    )
