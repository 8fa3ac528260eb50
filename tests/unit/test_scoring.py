"""The score: points, decision and rounding, on any margin; exact contributions; threads, forks, damage."""

import json
import math
import multiprocessing
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import shap
import xgboost as xgb
from hypothesis import given
from hypothesis import strategies as st

from pretadepenser import storage
from pretadepenser.credit import dictionary
from pretadepenser.credit.model import artefact, learning, scoring
from pretadepenser.credit.model.inputs import FEATURES, feature_types, input_matrix
from pretadepenser.credit.model.scoring import Model, ModelError
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.credit.scale import Scale, Score, Stability, whole_points

# Whether a higher value raises the risk; an employment is stored in negative days, so that longer is lower.
MONOTONE = {
    "EXT_SOURCE_1": -1,
    "EXT_SOURCE_2": -1,
    "EXT_SOURCE_3": -1,
    "EXT_SOURCE_MEAN": -1,
    "AMT_CREDIT": 1,
    "AMT_ANNUITY": 1,
    "AMT_GOODS_PRICE": 1,
    "CREDIT_TO_GOODS": 1,
    "CREDIT_TO_INCOME": 1,
    "ANNUITY_TO_INCOME": 1,
    "AMT_INCOME_TOTAL": -1,
    "DAYS_EMPLOYED": 1,
    "OWN_CAR_AGE": 1,
}
margins = st.floats(-12, 12)
limits = st.floats(0.01, 0.99)


@pytest.fixture(scope="module")
def inputs(portfolio: Portfolio) -> scoring.Inputs:
    return input_matrix(next(iter(portfolio.frames(dictionary.columns_of(FEATURES), 300))))


def test_the_limit_is_500_points_and_20_more_halve_the_odds() -> None:
    scale, limit = Scale(0.48), math.log(0.48 / 0.52)
    assert scale.points(limit) == 500
    assert scale.exact_points(limit - math.log(2)) == pytest.approx(520)
    assert scale.margin_of(480) == pytest.approx(limit + math.log(2))
    assert scale.probability(limit) == pytest.approx(0.48)


@given(margins, limits)
def test_points_and_decision_cannot_disagree(margin: float, limit: float) -> None:
    scale = Scale(limit)
    points = scale.points(margin)
    assert (points >= 500) == scale.granted(margin) == (margin <= math.log(limit / (1 - limit)))
    assert scale.reached(points) is scale.granted(margin)
    assert -1 - 1e-6 < points - scale.exact_points(margin) < 1


@given(st.lists(margins, max_size=20), limits)
def test_an_array_is_answered_as_its_numbers_are(values: list[float], limit: float) -> None:
    scale = Scale(limit)
    # The margin of the limit itself, and its neighbours in the precision that scores are stored in.
    edge = np.float32(scale.margin)
    values += [scale.margin, *(float(np.nextafter(edge, edge + side)) for side in (-1, 0, 1))]
    answers = (scale.granted, scale.points, scale.exact_points, scale.probability, scale.gain)
    for answer in answers:
        assert answer(np.array(values)).tolist() == [answer(value) for value in values]
    stored = np.array(values, np.float32)
    for whole in (scale.granted, scale.points):
        assert whole(stored).tolist() == [whole(value) for value in stored.tolist()]


@given(margins, margins, limits)
def test_a_safer_client_never_has_fewer_points(one: float, other: float, limit: float) -> None:
    low, high = sorted((one, other))
    assert Scale(limit).points(low) >= Scale(limit).points(high)


@pytest.mark.parametrize("limit", [0, 1, -0.1, 1.5, math.nan])
def test_a_limit_is_strictly_between_0_and_1(limit: float) -> None:
    with pytest.raises(ValueError, match="limit"):
        Scale(limit)


@given(st.lists(st.floats(-60, 60), min_size=3, max_size=30), st.integers(-2, 2))
def test_whole_points_add_up_and_keep_their_signs(contributions: list[float], gap: int) -> None:
    total = 500 + math.floor(sum(contributions)) + gap
    if not any(contributions):
        return
    try:
        whole = whole_points(contributions, 500, total)
    except ValueError:
        # Only where every contribution that could give way is used up by its sign.
        assert sum(abs(value) for value in contributions) < abs(total - 500) + len(contributions)
        return
    assert 500 + sum(whole) == total
    for points, value in zip(whole, contributions, strict=True):
        assert points * value >= 0
        assert value or points == 0


def test_whole_points_of_nothing() -> None:
    assert whole_points([0.0, 0.0], 510, 510) == [0, 0]
    with pytest.raises(ValueError, match="difference"):
        whole_points([0.0, 0.0], 510, 511)


def test_whole_points_stay_close_to_the_exact_ones(model: Model, inputs: scoring.Inputs) -> None:
    for row in model.contributions(inputs[:100]):
        gains = (-20 / math.log(2) * row[:-1]).tolist()
        base = math.floor(Scale(0.48).exact_points(row[-1]))
        whole = whole_points(gains, base, Scale(0.48).points(float(row.sum())))
        assert max(abs(a - b) for a, b in zip(whole, gains, strict=True)) < 1.5


def test_base_and_contributions_sum_to_the_margin(model: Model, inputs: scoring.Inputs) -> None:
    np.testing.assert_allclose(
        model.contributions(inputs).sum(axis=1), model.margins(inputs), rtol=0, atol=1e-5
    )
    assert np.ptp(model.contributions(inputs)[:, -1]) == 0
    assert model.contributions(inputs)[0, -1] == model.base


def test_contributions_are_those_of_shap(inputs: scoring.Inputs, trained: Path, portfolio: Portfolio) -> None:
    """Equality of shap.TreeExplainer and XGBoost's own values, each walking the trees by its own code.

    Left alone, shap asks XGBoost for the values, which proves nothing: it is told that the trees are its own.
    Its walk knows no categorical splits (it would be wrong by 0.6 on the real model), so both explain the
    same settings fitted to the inputs that are quantities.
    """
    kinds = zip(FEATURES, feature_types(), strict=True)
    names = tuple(name for name, kind in kinds if kind == "q")
    whole = {name: portfolio.column(name) for name in dictionary.columns_of(names)}
    outcomes = portfolio.column("TARGET")
    known = ~np.isnan(outcomes)
    numeric = input_matrix(whole, names)[known]
    booster = learning.fit(numeric, outcomes[known].astype(np.int8), names)
    numeric = numeric[:200]
    ours = booster.predict(xgb.DMatrix(numeric, feature_types=["q"] * len(names)), pred_contribs=True)
    explainer = shap.TreeExplainer(booster, feature_perturbation="tree_path_dependent")
    explainer.model.model_type = "internal"
    theirs = explainer.shap_values(numeric, check_additivity=False)
    assert np.abs(theirs).max() > 0.1
    np.testing.assert_allclose(theirs, ours[:, :-1], rtol=0, atol=1e-4)
    # shap 0.51 does not compute the base of such trees: what it leaves of the margin must be XGBoost's base.
    np.testing.assert_allclose(ours.sum(axis=1) - theirs.sum(axis=1), ours[0, -1], rtol=0, atol=1e-4)


def test_a_category_never_met_and_missing_data_get_a_score(model: Model) -> None:
    nothing = np.full((1, len(model.features)), np.nan, np.float32)
    assert np.isfinite(model.margins(nothing)).all()
    kinds = zip(model.features, feature_types(model.features), strict=True)
    categories = [name for name, kind in kinds if kind == "c"]
    assert len(categories) == 7
    for name in categories:
        codes = model.card.categories[name]
        every = np.repeat(nothing, len(codes), axis=0)
        every[:, model.features.index(name)] = np.arange(len(codes))
        assert np.isfinite(model.margins(every)).all()


def test_constraints_hold_for_every_client(model: Model, inputs: scoring.Inputs) -> None:
    assert dict(model.card.monotone) == MONOTONE
    for name, sign in MONOTONE.items():
        index = model.features.index(name)
        values = np.unique(np.quantile(inputs[:, index][~np.isnan(inputs[:, index])], np.linspace(0, 1, 12)))
        moved = []
        for value in values:
            changed = inputs[:50].copy()
            changed[:, index] = value
            moved.append(model.margins(changed))
        assert (np.diff(moved, axis=0) * sign >= -1e-6).all(), name


def test_same_answers_from_many_threads(model: Model, inputs: scoring.Inputs) -> None:
    expected = model.contributions(inputs)
    with ThreadPoolExecutor(8) as pool:
        rows = list(
            pool.map(lambda index: model.contributions(inputs[index : index + 1]), range(len(inputs)))
        )
    np.testing.assert_array_equal(np.concatenate(rows), expected)


def _after_fork(model: Model, inputs: scoring.Inputs, answers: "multiprocessing.Queue[list[float]]") -> None:
    answers.put(model.contributions(inputs[:5]).sum(axis=1).tolist())


def test_answers_after_a_fork(model: Model, inputs: scoring.Inputs) -> None:
    expected = model.contributions(inputs[:5]).sum(axis=1).tolist()
    context = multiprocessing.get_context("fork")
    answers: multiprocessing.Queue[list[float]] = context.Queue()
    workers = [context.Process(target=_after_fork, args=(model, inputs, answers)) for _ in range(2)]
    for worker in workers:
        worker.start()
    try:
        assert [answers.get(timeout=60) for _ in workers] == [expected, expected]
    finally:
        for worker in workers:
            worker.join(10)
            worker.kill()


def test_a_score_tells_one_story(model: Model) -> None:
    score = scoring.score(model, Scale(0.47).margin, 0.48, 157083)
    assert score.number == 157083
    assert score.granted
    assert score.close
    assert score.probability == pytest.approx(0.47)
    assert 0 < score.calibrated < 0.47
    assert score.points_low < 500 <= score.points < score.points_high
    refused = scoring.score(model, Scale(0.9).margin, 0.48)
    assert not refused.granted
    assert not refused.close
    assert refused.points < 480


@pytest.mark.parametrize(
    ("margin", "reach"),
    # The mean in between, rounded; the same beyond the ends; a point at least.
    [(0.0, 8), (1.0, 5), (0.5, 6), (0.25, 7), (-3.0, 8), (2.0, 1), (9.0, 1)],
)
def test_another_training_moves_a_score_by_a_point_at_least(margin: float, reach: int) -> None:
    assert Stability((0.0, 1.0, 2.0), (8.0, 4.6, 0.2)).reach(margin) == reach


def test_near_is_where_another_training_may_answer_otherwise() -> None:
    """Six points either way at the limit, nine at 560: refused from 494 on, granted up to 505."""
    scale = Scale(0.48)
    band = Stability((scale.margin_of(560), scale.margin_of(500)), (9.0, 6.0))
    assert [band.near(points, scale) for points in (480, 493, 494, 499, 500, 505, 506, 520)] == [
        False, False, True, True, True, True, False, False,
    ]  # fmt: skip
    assert band.zone(scale) == (494, 505)
    told = [
        Score(None, scale.margin_of(points + 0.5), scale, 0.1, band)
        for points in (480, 493, 494, 500, 520, 560, 600)
    ]
    assert [(one.points_low, one.points_high, one.close) for one in told] == [
        (474, 486, False), (487, 499, False), (488, 500, True), (494, 506, True), (513, 527, False),
        (551, 569, False), (591, 609, False),
    ]  # fmt: skip
    assert {one.zone for one in told} == {(494, 505)}
    # Six and a half points at 510, whatever the fraction of a point behind them.
    alike = [Score(None, scale.margin_of(510 + part), scale, 0.1, band) for part in (0.1, 0.9)]
    assert [(one.points_low, one.points_high) for one in alike] == [(504, 516), (504, 516)]


def test_all_clients_are_scored_as_one_by_one(trained: Path, model: Model, portfolio: Portfolio) -> None:
    scores = scoring.current_scores(trained, portfolio, model)
    assert scores is not None
    assert scores.shape == (portfolio.size,)
    for index in (0, 17, portfolio.size - 1):
        client = portfolio.client(int(portfolio.numbers()[index]))
        assert client
        single = model.margins(input_matrix(dictionary.frame([client.values])))
        assert scores[index] == pytest.approx(single[0], abs=1e-6)


def test_scores_of_another_model_are_not_used(
    trained: Path, model: Model, portfolio: Portfolio, tmp_path: Path
) -> None:
    assert scoring.current_scores(tmp_path, portfolio, model) is None
    with storage.publish(tmp_path, scoring.SCORES) as folder:
        np.save(folder / scoring.MARGINS, np.zeros(portfolio.size, np.float32))
        (folder / artefact.CARD).write_text(json.dumps({"portfolio": portfolio.sha256, "model": "other"}))
    assert scoring.current_scores(tmp_path, portfolio, model) is None
    with storage.publish(tmp_path, scoring.SCORES) as folder:
        (folder / artefact.CARD).write_text("{")
    assert scoring.current_scores(tmp_path, portfolio, model) is None


def test_no_model_yet(tmp_path: Path) -> None:
    assert scoring.current_model(tmp_path) is None


@pytest.fixture
def copy(trained: Path, tmp_path: Path) -> Path:
    """A copy of the artefact that a test may damage."""
    return Path(shutil.copytree((trained / "model").resolve(), tmp_path / "copy"))


def _edit(folder: Path, **changes: object) -> None:
    path = folder / artefact.CARD
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    storage.seal(folder)


@pytest.mark.parametrize("name", [artefact.CARD, artefact.GLOBAL_EXPLANATION, artefact.TREES])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelError, match=rf"{name}.*absent.*model train"):
        Model.load(copy)


@pytest.mark.parametrize("name", [artefact.CARD, artefact.GLOBAL_EXPLANATION, artefact.TREES, storage.SEAL])
def test_a_changed_file_is_named(copy: Path, name: str) -> None:
    content = (copy / name).read_bytes()
    (copy / name).write_bytes(content.replace(b"0", b"1", 1) if name == storage.SEAL else content + b" ")
    with pytest.raises(ModelError, match=rf"{name}.*endommagé.*model train"):
        Model.load(copy)


def test_damaged_scores_are_refused(
    trained: Path, model: Model, portfolio: Portfolio, tmp_path: Path
) -> None:
    """All signs turned: grant and refuse would change places in every comparison by decision."""
    scoring.score_portfolio(model, portfolio, tmp_path)
    folder = storage.current(tmp_path, scoring.SCORES)
    assert folder is not None
    margins = scoring.current_scores(tmp_path, portfolio, model)
    assert margins is not None
    turned = -np.array(margins)
    np.save(folder / scoring.MARGINS, turned)
    with pytest.raises(
        ModelError, match=r"^Les scores des clients sont endommagés \(.*margins.npy\) : .*model score"
    ):
        scoring.current_scores(tmp_path, portfolio, model)
    scoring.score_portfolio(model, portfolio, tmp_path)
    mended = scoring.current_scores(tmp_path, portfolio, model)
    assert mended is not None
    np.testing.assert_array_equal(mended, -turned)


def test_scores_in_use_outlive_those_of_what_is_not_published_yet(
    trained: Path, model: Model, portfolio: Portfolio, tmp_path: Path
) -> None:
    """A training that is killed after its scores, again and again, takes nothing from who reads."""
    for name in ("portfolio", "model"):
        shutil.copytree((trained / name).resolve(), tmp_path / f"{name}.1")
        (tmp_path / name).symlink_to(f"{name}.1")
    scoring.score_portfolio(model, portfolio, tmp_path)
    for number in range(3):
        with storage.publish(tmp_path, scoring.SCORES, also=scoring._in_use(tmp_path)) as folder:
            (folder / artefact.CARD).write_text(json.dumps({"portfolio": portfolio.sha256, "model": number}))
    found = scoring.current_scores(tmp_path, portfolio, model)
    assert found is not None
    # They are held to their own seal, not to that of the newest.
    (kept,) = [one.parent for one in tmp_path.glob(f"*/{scoring.MARGINS}")]
    np.save(kept / scoring.MARGINS, -np.array(found))
    with pytest.raises(ModelError, match=r"^Les scores des clients sont endommagés \(.*margins.npy\)"):
        scoring.current_scores(tmp_path, portfolio, model)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", f'{{"format": {artefact.FORMAT}}}', "\udcff"])
def test_a_damaged_card_is_named(copy: Path, content: str) -> None:
    (copy / artefact.CARD).write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(
        ModelError, match=r"^Le fichier card\.json du modèle est absent ou endommagé \(.*\) : lancez"
    ):
        Model.load(copy)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"format": artefact.FORMAT - 1},
            "Le modèle a été entraîné par une autre version de l’application : ",
        ),
        ({"features": [*FEATURES[1:], "CODE_GENDER"]}, "CODE_GENDER"),
        (
            {"features": [*FEATURES[::-1]]},
            "Le modèle n’utilise pas les mêmes données que l’application (ordre des données) : ",
        ),
        (
            {"categories": {}},
            "Les catégories de NAME_CONTRACT_TYPE ont changé dans le dictionnaire depuis l’entraînement : ",
        ),
        ({"trees": 3}, "Le fichier model.ubj du modèle ne correspond pas à sa fiche : "),
        (
            {"versions": {"xgboost": "99.1.0"}},
            "Le modèle a été entraîné avec XGBoost 99.1.0, or XGBoost ",
        ),
        ({"trained_at": "hier"}, "endommagé"),
        ({"surprise": 1}, "endommagé"),
    ],
)
def test_a_model_that_does_not_fit_is_refused(copy: Path, changes: dict[str, object], said: str) -> None:
    _edit(copy, **changes)
    with pytest.raises(ModelError, match=rf"{re.escape(said)}.*lancez « flask --app wsgi model train »\.$"):
        Model.load(copy)


def test_a_model_is_read_by_every_xgboost_of_its_own_generation(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _edit(copy, versions={"xgboost": "3.1.2"})
    for installed, fits in (("3.0.0", True), ("3.99.0", True), ("4.1.2", False), ("30.1.2", False)):
        monkeypatch.setattr(xgb, "__version__", installed)
        told = f"avec XGBoost 3.1.2, or XGBoost {installed} est installé"
        with nullcontext() if fits else pytest.raises(ModelError, match=re.escape(told)):
            artefact.read_card(copy)


def test_trees_that_are_no_model_are_refused(copy: Path) -> None:
    (copy / artefact.TREES).write_bytes(b"not a model")
    _edit(
        copy,
        sha256={name: storage.digest(copy / name) for name in (artefact.TREES, artefact.GLOBAL_EXPLANATION)},
    )
    with pytest.raises(ModelError, match=r"^Le fichier model\.ubj du modèle est endommagé : lancez"):
        Model.load(copy)
