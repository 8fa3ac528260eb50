"""Replays: the stored inputs through the archived model give the same advice, or the difference is told."""

import dataclasses
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pretadepenser import demo, storage
from pretadepenser.credit.explanation import advice, replay
from pretadepenser.credit.explanation.advice import Advice, Heard
from pretadepenser.credit.model import archive
from pretadepenser.credit.model.archive import Archive
from pretadepenser.credit.model.scoring import Model, current_model
from pretadepenser.credit.portfolio import Portfolio, current_portfolio, import_batches
from pretadepenser.money import KAGGLE, using

# `make bench` part `replay` does a thousand, by three models that were really trained.
DECISIONS = 36


@pytest.fixture(scope="module")
def models(
    tmp_path_factory: pytest.TempPathFactory, learned: Path, model: Model
) -> tuple[tuple[Model, ...], tuple[Portfolio, ...]]:
    """Three models, the third with half the trees of the first, and two portfolios, one with histories.

    The second model learnt from histories, which the second portfolio does not have.
    """
    storied, second = current_portfolio(learned), current_model(learned)
    assert storied
    assert second
    folder = tmp_path_factory.mktemp("third") / "model"
    import_batches(demo.batches(500, 8), folder.parent, fictitious=True)
    others = current_portfolio(folder.parent)
    assert others
    shutil.copytree(model.folder, folder)
    trees = model._booster[: model.card.trees // 2]
    (folder / "model.ubj").write_bytes(trees.save_raw("ubj"))
    card = json.loads((folder / "card.json").read_text())
    card["trees"] = model.card.trees // 2
    card["sha256"]["model.ubj"] = storage.digest(folder / "model.ubj")
    (folder / "card.json").write_text(json.dumps(card))
    storage.seal(folder)
    return (model, second, Model.load(folder)), (storied, others)


def test_many_decisions_by_three_models_on_two_portfolios(
    tmp_path: Path, models: tuple[tuple[Model, ...], tuple[Portfolio, ...]]
) -> None:
    """All are written as a database has them and replayed in the end, from the archive alone."""
    written = []
    pairs = [(model, portfolio) for model in models[0] for portfolio in models[1]]
    for model, portfolio in pairs:
        archive.keep(tmp_path, model, portfolio)
    for index in range(DECISIONS):
        model, portfolio = pairs[index % len(pairs)]
        number = int(portfolio.numbers()[index * 8])
        client = portfolio.client(number)
        assert client
        with using(KAGGLE):
            one = advice.freeze(model, portfolio, client.values, (0.48, 0.3)[index % 2], number)
        written.append(json.dumps(advice.as_json(one), sort_keys=True, ensure_ascii=False))
    archived = Archive(tmp_path)
    told = []
    for text in written:
        then = advice.from_json(json.loads(text))
        now = advice.again(then, archived)
        told += [str(one) for one in replay.differences(then, now)]
        assert now == then
    assert told == []
    kept = sorted(path.name.partition(".")[0] for path in (tmp_path / "archive").iterdir())
    # The two models without histories compare with the same figures of each portfolio.
    assert kept == ["", *["distributions"] * 4, *["model"] * 3]
    assert len({advice.from_json(json.loads(text)).model for text in written}) == 3


@pytest.fixture(scope="module")
def frozen(model: Model, portfolio: Portfolio) -> Advice:
    number = int(portfolio.numbers()[11])
    client = portfolio.client(number)
    assert client
    with using(KAGGLE):
        return advice.freeze(model, portfolio, client.values, 0.48, number)


def changes(frozen: Advice) -> Iterator[tuple[str, Advice, list[str]]]:
    """The least change of each figure that is told: what it is, the changed advice, what is to be said."""

    def changed(**fields: Any) -> Advice:
        return dataclasses.replace(frozen, **fields)

    yield "points", changed(points=frozen.points + 1), ["Score"]
    yield "base_points", changed(base_points=frozen.base_points - 1), ["Score de départ"]
    yield "points_low", changed(points_low=-3), ["Score le plus bas d’un autre entraînement"]
    yield "points_high", changed(points_high=999), ["Score le plus haut d’un autre entraînement"]
    yield "granted", changed(granted=not frozen.granted), ["Avis"]
    for name, said in (
        ("margin", "Marge"),
        ("probability", "Probabilité de ne pas rembourser"),
        ("calibrated_rate", "Part de difficultés de paiement"),
    ):
        value = getattr(frozen, name)
        yield name, changed(**{name: value * (1 + 2**-52)}), [said]
    margin, points = frozen.contributions["AMT_CREDIT"]
    said = "Contribution de « Montant du crédit »"
    for other in ((margin, points + 1), (margin * (1 + 2**-52), points)):
        yield "contributions", changed(contributions={**frozen.contributions, "AMT_CREDIT": other}), [said]
    fewer = {name: told for name, told in frozen.contributions.items() if name != "AMT_CREDIT"}
    yield "contributions", changed(contributions=fewer), [said]
    first, second, *rest = frozen.lines
    for line in (
        dataclasses.replace(first, name="autre"),
        dataclasses.replace(first, names=("autre",)),
        dataclasses.replace(first, label="autre"),
        dataclasses.replace(first, text="autre"),
        dataclasses.replace(first, points=first.points + 1),
    ):
        yield "lines", changed(lines=(line, second, *rest)), ["Ligne 1 du tableau"]
    swapped = ["Ligne 1 du tableau", "Ligne 2 du tableau"]
    yield "lines", changed(lines=(second, first, *rest)), swapped
    for side, french in (("against", "défavorable"), ("in_favour", "favorable")):
        yield from reasons(frozen, side, french)


def reasons(frozen: Advice, side: str, french: str) -> Iterator[tuple[str, Advice, list[str]]]:
    """The same of the reasons of a side: of the last one each part, then the whole."""
    changed: dict[str, Any]
    *most, last = getattr(frozen, side)
    place = len(most) + 1
    ours = f"Raison {french} {place}"
    yours = f"Raison {french} {place}, dans les mots du client"
    names = f"Données de la raison {french} {place}"
    parts: tuple[tuple[str, Any, list[str]], ...] = (
        ("names", ("AMT_CREDIT", "autre"), [names]),
        ("points", 77, [ours]),
        ("label", "autre", [ours]),
        ("sentence", "autre", [ours]),
        ("your_label", "autre", [yours]),
        ("your_sentence", "autre", [yours]),
    )
    for field, value, said in parts:
        changed = {side: (*most, dataclasses.replace(last, **{field: value}))}
        yield side, dataclasses.replace(frozen, **changed), said
    changed = {side: tuple(most)}
    yield side, dataclasses.replace(frozen, **changed), [ours, yours, names]


def test_whatever_is_told_otherwise_is_said(frozen: Advice) -> None:
    """Each figure of the advice, by the last digit of a float; a field that is added is missed here."""
    seen = set()
    for field, other, said in changes(frozen):
        assert [
            one.what.replace("\N{NO-BREAK SPACE}", " ") for one in replay.differences(frozen, other)
        ] == said
        assert len(replay.differences(other, frozen)) == len(said)
        seen.add(field)
    sources = {"format", "number", "inputs", "model", "training", "portfolio", "distributions", "limit"}
    sources |= {"currency", "amount_scale", "bureaux", "software"}
    assert seen | sources == {field.name for field in dataclasses.fields(Advice)}
    assert replay.differences(frozen, frozen) == ()


def test_differences_are_french(frozen: Advice) -> None:
    reason = Heard(("AMT_CREDIT",), -4, "Montant", "Il est de 5 €.", "Montant", "Il est de 5 €.")
    then = dataclasses.replace(
        frozen,
        points=501,
        margin=-0.125,
        granted=True,
        contributions={"AMT_CREDIT": (0.25, -7), "AUTRE": (0.0, 0)},
        against=(reason,),
    )
    now = dataclasses.replace(
        then, points=499, margin=1e-05, granted=False, contributions={"AMT_CREDIT": (0.5, -14)}, against=()
    )
    told = [str(one) for one in replay.differences(then, now)]
    assert [line.replace("\N{NO-BREAK SPACE}", " ") for line in told] == [
        "Avis : accorder alors, refuser maintenant.",
        "Score : 501 points alors, 499 points maintenant.",
        "Marge : −0,125 alors, 1e−05 maintenant.",
        "Contribution de « Montant du crédit » : −7 points (marge 0,25) alors, −14 points (marge 0,5) "
        "maintenant.",
        "Contribution de « AUTRE » : 0 point (marge 0,0) alors, rien maintenant.",
        "Raison défavorable 1 : « Montant », −4 points, « Il est de 5 €. » alors, rien maintenant.",
        "Raison défavorable 1, dans les mots du client : « Montant », « Il est de 5 €. » alors, rien "
        "maintenant.",
        "Données de la raison défavorable 1 : AMT_CREDIT alors, rien maintenant.",
    ]


def test_software_that_has_changed_is_named(frozen: Advice) -> None:
    older = dataclasses.replace(frozen, software={**frozen.software, "xgboost": "2.1.4"})
    told = replay.changed_software(older, frozen)
    assert told.startswith("Le logiciel a changé\N{NO-BREAK SPACE}: XGBoost 2.1.4 alors, ")
    assert told.endswith(" maintenant.")
    assert replay.changed_software(frozen, frozen) == ""


LOAN = {"amount": 400.0, "instalment": 20.0, "points": 505}


@pytest.mark.parametrize(
    ("counter", "points", "read", "told"),
    [
        ({**LOAN, "price": 450.0}, 505, (400.0, 20.0, 450.0), []),
        # The purchase stays what it was.
        ({**LOAN, "price": None}, 505, (400.0, 20.0, 900.0), []),
        (
            {**LOAN, "price": None}, 504, (400.0, 20.0, 900.0),
            ["Score du prêt proposé : 505 points alors, 504 points maintenant."],
        ),
    ],
)  # fmt: skip
def test_another_loan_is_scored_again_with_its_own_amounts(
    monkeypatch: pytest.MonkeyPatch,
    counter: dict[str, Any],
    points: int,
    read: tuple[float, ...],
    told: list[str],
) -> None:
    """The application asks for 800 in instalments of 40, for goods of 900."""
    scored = []

    def score(model: str, row: dict[str, Any], limit: float, number: int) -> SimpleNamespace:
        scored.append((model, row, limit, number))
        return SimpleNamespace(points=points)

    monkeypatch.setattr(replay, "score_row", score)
    inputs = {"AMT_CREDIT": 800.0, "AMT_ANNUITY": 40.0, "AMT_GOODS_PRICE": 900.0, "EXT_SOURCE_1": 0.5}
    then: Any = SimpleNamespace(training="t", inputs=inputs, limit=0.3, number=7)
    archived: Any = SimpleNamespace(model=lambda training: f"model {training}")
    found = replay.offered(then, counter, archived)
    assert [str(one).replace("\u00a0", " ") for one in found] == told
    row = dict(zip(("AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE"), read, strict=True))
    assert scored == [("model t", {**row, "EXT_SOURCE_1": 0.5}, 0.3, 7)]
