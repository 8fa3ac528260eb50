"""All that was measured, read back from the working folder in one object."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from research import config as configs
from research.backbones import BACKBONES
from research.config import Config
from research.evaluation import (
    Predictions,
    accuracies,
    gather,
    mcnemar,
    read_predictions,
    right_answers,
)
from research.files import read_json
from research.study import Study, read_runs
from research.texts.cost import method_costs
from research.texts.findings import WORDS, published_files, read_checks

#: Figures the project started from (its original study): accuracy on training, validation and test photos.
STARTING_POINT: dict[str, dict[str, float | None]] = {
    "vgg16": {"train": 0.9394, "validation": 0.8347, "test": 0.8475},
    "efficientnet_b7": {"train": 0.9817, "validation": 0.8644, "test": None},
}
TARGETS = {"vgg16": 0.85, "efficientnet": 0.89}


@dataclass(frozen=True)
class Findings:
    """What the report is written from; each value is JSON-able.

    ``methods`` figures by configuration (networks and baselines, best test accuracy first); ``pairs``
    McNemar's tests; ``trials`` every complete run with its settings and the key of its ``split``; ``costs``
    by network and side; ``texts`` what was checked of names and descriptions, and ``words`` what they were
    explained with, if there are any; ``method_costs`` one row a method.
    """

    methods: dict[str, dict[str, Any]]
    pairs: list[dict[str, Any]]
    trials: list[dict[str, Any]]
    costs: list[dict[str, Any]]
    bench: dict[str, Any] | None
    heat_maps: dict[str, dict[str, Any]]
    sample: list[dict[str, Any]]
    texts: dict[str, Any] | None = None
    words: dict[str, Any] | None = None
    method_costs: list[dict[str, Any]] = field(default_factory=list)

    def best(self, family: str) -> str | None:
        """Of a family (``"vgg16"`` or ``"efficientnet"``), the configuration that validates best, if any."""
        names = [name for name in self.methods if name.startswith(family)]
        return max(names, key=lambda name: accuracy(self, name, "validation"), default=None)

    def ensembles(self, family: str) -> list[str]:
        """The measured ensembles of configurations of a family."""
        return [name for name in self.methods if name.startswith(f"ensemble_{family}")]

    @property
    def leading(self) -> list[str]:
        """The best VGG16, then the best EfficientNet: the two that the report looks at closely."""
        return [name for name in map(self.best, ("vgg16", "efficientnet")) if name]

    @property
    def networks(self) -> list[str]:
        """The measured networks, the leading ones first."""
        return [
            *self.leading,
            *sorted(
                name
                for name, method in self.methods.items()
                if is_network(method) and name not in self.leading
            ),
        ]

    def to_json(self) -> dict[str, Any]:
        """Everything but the heat maps, whose grids are large."""
        names = ("methods", "pairs", "trials", "costs", "method_costs", "bench", "sample", "texts")
        return {name: getattr(self, name) for name in names}


def accuracy(found: Findings, name: str, role: str, phase: str = "tuned") -> float:
    """Mean accuracy over the folds of a method on ``"train"``, ``"validation"`` or ``"test"`` photos."""
    return float(found.methods[name]["phases"][phase]["accuracy"][role])


def test_accuracy(found: Findings, name: str) -> tuple[float, float, float]:
    """Pooled test accuracy of a method and its 95 % interval."""
    phase = found.methods[name]["phases"]["tuned"]
    low, high = phase["test_interval"]
    return float(phase["test_pooled"]), float(low), float(high)


def read_findings(study: Study) -> Findings:
    """Read all that ``evaluate``, ``explain``, ``measure`` and ``bench`` left in the working folder."""
    work = study.work
    measured = [read_json(path) for path in sorted((work / "evaluation").glob("*.json"))]
    whole = [value for value in measured if not value["name"].startswith("framing_")]
    whole.sort(key=lambda value: -value["phases"]["tuned"]["test_pooled"])
    methods = {
        value["name"]: value | {"reads": configs.reads(configs.load(value["name"]))} for value in whole
    }
    maps = {path.parent.name: read_json(path) for path in sorted((work / "heatmaps").glob("*/maps.json"))}
    # `make research-bench` measures in a study of its own, with fewer photos.
    benches = [path for path in (work / "bench" / "bench.json", work / "bench.json") if path.is_file()]
    costs = [read_json(path) for path in sorted((work / "costs").glob("*.json"))]
    order = list(BACKBONES)
    costs.sort(key=lambda value: (order.index(value["network"]), value["size"]))
    return Findings(
        methods,
        compared_pairs(
            {
                name: read_predictions(read_json(study.work / "predictions" / f"{name}.json"))
                for name in methods
            }
        ),
        _trials(study),
        costs,
        read_json(benches[0]) if benches else None,
        maps,
        _sample(study),
        read_checks(study),
        published_files(study).get(WORDS),
        method_costs(study, methods, costs),
    )


def compared_pairs(predictions: dict[str, Predictions]) -> list[dict[str, Any]]:
    """McNemar's test between each pair of methods, on the photos that both tested."""
    names = list(predictions)
    found = []
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            found.append(
                {"first": first, "second": second, **compare(predictions[first], predictions[second])}
            )
    return found


def compare(first: Predictions, second: Predictions) -> dict[str, float]:
    """McNemar's test on the photos that two methods both tested, and how many there are."""
    common = sorted(set(first.identities) & set(second.identities))
    answers = []
    for predictions in (first, second):
        right = dict(zip(predictions.identities, right_answers(predictions), strict=True))
        answers.append(np.array([right[identity] for identity in common], dtype=bool))
    return {"photos": len(common), **mcnemar(*answers)}


def _trials(study: Study) -> list[dict[str, Any]]:
    """Every run of a network on this split, with the settings that differ between them."""
    found = []
    for name in configs.names():
        config = configs.load(name)
        if not isinstance(config, Config):
            continue
        for folder in sorted((study.work / "runs" / name).glob("*/")):
            runs = read_runs(study, name, folder.name)
            # What one draw validates on is tested by others: nothing is known of a run stopped so early.
            if len(runs) < 2:
                continue
            recorded = runs[0].record["config"]
            assert isinstance(recorded, dict)
            trial: dict[str, Any] = {"name": name, "run": folder.name, "split": study.manifest.key}
            trial["label"] = BACKBONES[config.backbone].label
            # Runs of before networks learnt again with their validation photos.
            trial["refit"] = "epochs" in runs[0].record
            trial["draws"] = len(runs)
            trial["settings"] = {key: recorded[key] for key in _SETTINGS}
            trial["rate"] = recorded["tuning"]["rate"] if recorded["tuning"]["epochs"] else None
            predictions = gather(study, name, config.label, runs)
            for phase in ("frozen", "tuned"):
                scores = accuracies(predictions, study.manifest, phase)
                trial[phase] = {role: sum(scores[role]) / len(runs) for role in ("validation", "test")}
            found.append(trial)
    return found


_SETTINGS = ("size", "aspect", "views", "averaged", "dropout", "l2", "smoothing")


def _sample(study: Study) -> list[dict[str, Any]]:
    """The end-to-end runs of EfficientNet-B7 with random weights, from ``work/b7``."""
    found = []
    for path in sorted((study.work / "b7" / "runs").glob("*/*/draw-*/run.json")):
        record = read_json(path)
        phases = {row["phase"]: row["seconds"] for row in record["history"]}
        found.append(
            {
                "name": record["config"]["name"],
                "size": record["config"]["size"],
                "seconds": phases,
                "random_weights": record["random_weights"],
            }
        )
    found.sort(key=lambda value: value["size"])
    return found


def is_network(method: dict[str, Any]) -> bool:
    """Whether a method is one network that reads photos, neither a baseline nor an ensemble."""
    return "backbone" in method["config"]
