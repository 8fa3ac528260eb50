"""The figures: against hand counts, and computed again from what is published."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

from research import config as configs
from research import study as studies
from research.baselines import Baseline, colour_histogram
from research.catalog import CATEGORIES
from research.evaluation import (
    Predictions,
    bootstrap,
    evaluate,
    figures,
    gather,
    mcnemar,
    read_predictions,
    reliability,
    right_answers,
    two_proportions,
    worst_mistakes,
)
from research.files import read_json
from research.findings import compare
from research.manifest import Manifest, Role
from research.study import Run, Study
from research.texts.answers import Answers, difference, share

RESULTS = Path(__file__).parents[2] / "research" / "results"


def test_mcnemar_is_the_exact_binomial_test() -> None:
    first = np.array([True] * 10 + [False] * 2 + [True] * 5)
    second = np.array([False] * 10 + [True] * 2 + [True] * 5)
    found = mcnemar(first, second)
    assert (found["only_first"], found["only_second"]) == (10, 2)
    # Twice the chance of at most 2 heads in 12 throws: 2 (1 + 12 + 66) / 4096.
    assert found["p"] == pytest.approx(2 * 79 / 4096)
    assert mcnemar(first, first)["p"] == 1


def test_the_bootstrap_interval_is_that_of_a_proportion() -> None:
    right = np.arange(1000) < 850
    low, high = bootstrap(right)
    half = 1.96 * np.sqrt(0.85 * 0.15 / 1000)
    assert (low, high) == pytest.approx((0.85 - half, 0.85 + half), abs=0.004)
    assert bootstrap(right) == (low, high)


def test_two_points_on_157_photos_may_be_chance() -> None:
    assert two_proportions(0.8347, 0.8644, 157) > 0.4
    assert two_proportions(0.5, 0.9, 157) < 1e-6


def test_a_difference_of_proportions_by_hand() -> None:
    """50 and 60 of a hundred: a tenth is 1.4213 standard deviations of 0.070356."""
    assert two_proportions(0.5, 0.6, 100) == pytest.approx(0.15522, abs=1e-5)
    assert two_proportions(0.6, 0.5, 100) == two_proportions(0.5, 0.6, 100)
    assert two_proportions(1, 1, 100) == 1


def test_the_surest_mistakes_come_first() -> None:
    """Five photos of the first category, of which three are given to the second."""
    shares = np.zeros((5, 7))
    shares[:, 1] = [0.6, 0.9, 0.3, 0.7, 0.1]
    shares[:, 0] = [0.4, 0.1, 0.7, 0.2, 0.9]
    shares[3, 2] = 0.1
    phases = dict.fromkeys(("frozen", "tuned"), shares)
    made = Predictions(
        "x", "X", tuple("abcde"), np.zeros(5, int), (0,), np.zeros(5, int), phases, phases,
        dict.fromkeys(phases, np.zeros((5, 1), int)),
    )  # fmt: skip
    found = worst_mistakes(made, count=2)
    assert [(one["id"], one["confidence"], one["truth_probability"]) for one in found] == [
        ("b", 0.9, 0.1), ("d", 0.7, 0.2),
    ]  # fmt: skip
    assert (found[0]["truth"], found[0]["answer"]) == tuple(CATEGORIES)[:2]
    assert len(worst_mistakes(made)) == 3


def test_reliability_by_hand() -> None:
    probabilities = np.zeros((4, 7))
    probabilities[:, 0] = [0.95, 0.95, 0.55, 0.55]
    found = reliability(probabilities, np.array([0, 0, 0, 1]))
    bins = found["bins"]
    assert isinstance(bins, list)
    assert [(row["photos"], row["accuracy"]) for row in bins] == [(2, 0.5), (2, 1.0)]
    assert [(row["from"], row["to"]) for row in bins] == [(0.5, 0.6), (0.9, 1.0)]
    assert found["error"] == pytest.approx(0.05)
    # Nothing is surer than certain: the last bin holds both ends.
    probabilities[:, 0] = 1
    assert [row["from"] for row in reliability(probabilities, np.zeros(4, int))["bins"]] == [0.9]


def test_predictions_survive_their_json_and_figures_follow_the_definitions(study: Study) -> None:
    """Of two folds whose answers, of two views before and after fine-tuning, are drawn."""
    random = np.random.default_rng(0)
    drawn = random.dirichlet(np.ones(7), (2, 2, 2, len(study.catalog.photos)))
    runs = [Run(fold, drawn[fold, 0], drawn[fold, 1], {}) for fold in (0, 1)]
    predictions = gather(study, "x", "X", runs)
    again = read_predictions(predictions.to_json())
    assert figures(again, study.manifest) == figures(predictions, study.manifest)
    found = figures(again, study.manifest)["phases"]["tuned"]
    tested = np.concatenate([study.manifest.members(fold, Role.TEST) for fold in (0, 1)])
    assert len(predictions.identities) == len(tested)
    answers = np.concatenate(
        [run.averaged("tuned")[study.manifest.members(run.fold, Role.TEST)].argmax(1) for run in runs]
    )
    labels = study.catalog.labels[tested]
    assert found["test_pooled"] == pytest.approx((answers == labels).mean())
    assert found["macro_f1"] == pytest.approx(
        f1_score(labels, answers, labels=range(7), average="macro", zero_division=0)
    )
    assert np.sum(found["confusion"]) == len(tested)
    mistakes = worst_mistakes(again)
    assert len(mistakes) == 8
    for mistake in mistakes:
        assert mistake["truth"] != mistake["answer"]


def test_baselines_mean_something(study: Study) -> None:
    scores = {}
    for name in ("majority", "histogram"):
        config = configs.load(name)
        assert isinstance(config, Baseline)
        runs = studies.train(study, config, "", range(5))
        found = evaluate(study, name, config.label, runs)
        scores[name] = found["phases"]["tuned"]["test_pooled"]
    assert scores["majority"] < 0.3
    assert scores["histogram"] > scores["majority"]


def test_a_histogram_sums_the_shares(study: Study) -> None:
    histogram = colour_histogram(study.catalog.paths[0], 4)
    assert histogram.shape == (64,)
    assert (histogram**2).sum() == pytest.approx(1)


def test_the_published_figures_follow_from_the_published_predictions() -> None:
    manifest_json = read_json(RESULTS / "manifest.json")
    manifest = Manifest(manifest_json["seed"], manifest_json["data"], manifest_json["roles"])
    assert manifest.key == manifest_json["key"]
    published = read_json(RESULTS / "figures.json")
    assert len(published["methods"]) >= 7
    assert len(published["pairs"]) >= 3
    predictions = {}
    for name, method in published["methods"].items():
        predictions[name] = read_predictions(read_json(RESULTS / f"predictions-{name}.json"))
        computed = figures(predictions[name], manifest)
        for phase, values in computed["phases"].items():
            for key in ("test_pooled", "macro_f1", "confusion", "test_one_view"):
                assert np.allclose(values[key], method["phases"][phase][key]), (name, phase, key)
            assert list(values["test_interval"]) == pytest.approx(method["phases"][phase]["test_interval"])
            for role, scores in values["by_draw"].items():
                assert scores == pytest.approx(method["phases"][phase]["by_draw"][role])
    for pair in published["pairs"]:
        compared = compare(predictions[pair["first"]], predictions[pair["second"]])
        assert {key: pair[key] for key in compared} == pytest.approx(compared)


def test_the_published_figures_of_texts_follow_from_the_published_answers() -> None:
    answers = Answers.from_json(read_json(RESULTS / "answers.json"))
    texts = read_json(RESULTS / "figures.json")["texts"]
    order = read_predictions(read_json(RESULTS / "predictions-tfidf.json"))
    assert list(order.identities) == answers.identities
    assert answers.labels.tolist() == order.labels.tolist()
    for row in texts["leaning"]:
        common = answers.right(f"common:{row['name']}")
        for split in row["splits"]:
            right = answers.right(f"{split['key']}:{row['name']}")
            expect(split, share(right) | difference(right, common))
        counted = sum(row[key]["products"] * row[key]["accuracy"] for key in ("twin", "alone"))
        assert counted == pytest.approx(answers.right(f"photos:{row['name']}").sum())
    assert texts["near"]["split"] == 0
    assert [row["key"] for row in texts["added"]] == ["common", "photos", "template"]
    for row in texts["added"]:
        expect(row, difference(answers.right(f"{row['key']}:both"), answers.right(f"{row['key']}:text")))
    whole = answers.right("stripped:whole")
    assert whole.tolist() == right_answers(order).tolist()
    for row in texts["stripped"]:
        right = answers.right(f"stripped:{row['key']}")
        expect(row, share(right) | difference(right, whole))
    for series in texts["curves"]["series"]:
        for point in series["points"]:
            start = f"curve:{series['key']}:{point['size']}:"
            mean = np.mean([answers.right(key) for key in answers.runs if key.startswith(start)], axis=0)
            low, high = bootstrap(mean)
            expect(point, {"accuracy": mean.mean(), "low": low, "high": high})
    for row in texts["curves"]["situations"]:
        both, text = (answers.right(f"situation:{row['key']}:{one}") for one in ("both", "text"))
        expect(row, difference(both, text) | {"both": both.mean(), "text": text.mean()})
    nested = [answers.right(f"nested:{one}") for one in ("both", "text")]
    expect(texts["fusion"]["nested"], difference(*nested))


def test_the_published_gains_and_falls_can_be_counted_again() -> None:
    texts = read_json(RESULTS / "figures.json")["texts"]
    rights = {
        name: right_answers(read_predictions(read_json(RESULTS / f"predictions-{name}.json")))
        for name in ("ensemble_text", "fusion_late", "fusion_unsure", "fusion_features")
    }
    gains = {row["name"]: row for row in texts["fusion"]["gains"]}
    assert sorted(gains) == ["fusion_features", "fusion_late", "fusion_unsure"]
    for name, row in gains.items():
        assert row["against"] == "ensemble_text"
        expect(row, difference(rights[name], rights["ensemble_text"]))
        # What the report says of photos beside texts: no gain that chance does not explain.
        assert row["difference_interval"][0] < 0 < row["difference_interval"][1]
    words = read_json(RESULTS / "words.json")
    falls = {name: np.array(values) for name, values in words["deletion"]["drops"].items()}
    gap = falls["strongest"] - falls["random"]
    drop = {"difference": gap.mean(), "interval": list(bootstrap(gap))}
    drop |= {name: values.mean() for name, values in falls.items()}
    expect(words["deletion"]["drop"], drop)
    for example in words["examples"]:
        summed = example["base"] + example["absent"] + example["sum"]
        assert summed == pytest.approx(example["logit"], abs=1e-9)
        assert sum(piece["v"] for piece in example["text"]) == pytest.approx(example["sum"], abs=0.02)


def test_the_published_costs_have_a_row_for_every_method() -> None:
    published = read_json(RESULTS / "figures.json")
    rows = {row["name"]: row for row in published["method_costs"]}
    assert list(rows) == list(published["methods"])
    for name, row in rows.items():
        tuned = published["methods"][name]["phases"]["tuned"]
        assert row["accuracy"] == tuned["test_pooled"]
        assert row["interval"] == tuned["test_interval"]
        assert row["reads"] == published["methods"][name]["reads"]


def expect(published: dict[str, Any], computed: dict[str, Any]) -> None:
    """What is published is what was computed again, key by key."""
    for key, value in computed.items():
        assert published[key] == pytest.approx(value), key


@pytest.mark.parametrize("name", configs.names())
def test_a_configuration_states_its_command_and_the_result_that_is_published(name: str) -> None:
    said = importlib.import_module(f"research.configs.{name}").__doc__ or ""
    assert f"python -m research train --config {name}" in said
    published = read_json(RESULTS / "figures.json")
    found = {one["name"]: one["tuned"]["test"] for one in published["trials"]}
    found |= {key: one["phases"]["tuned"]["test_pooled"] for key, one in published["methods"].items()}
    # Whatever was run says its result. B7's weights could not be had.
    missing = {f"efficientnet_b7_{size}" for size in (224, 300, 600)}
    assert (name in found) == (name not in missing)
    told = [f"{found[name] * 100:.1f}"] if name in found else []
    assert re.findall(r"tested once: ([\d.]+) %", said) == told
    if name in published["methods"]:
        phases = published["methods"][name]["phases"]
        low, high = (100 * end for end in phases["tuned"]["test_interval"])
        assert f"(95 % bootstrap {low:.1f} to {high:.1f})" in said
        frozen = re.findall(r"with the base frozen ([\d.]+) %", said)
        assert frozen in ([], [f"{phases['frozen']['test_pooled'] * 100:.1f}"])
