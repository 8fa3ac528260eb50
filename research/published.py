"""What was published before and still holds: figures on the same products, kept by the next report.

A study is long, and its working folder is published nowhere. A method that this folder does not have keeps
what the results folder says of it, as long as both were drawn from the same products: a split has a key.
Where the same photos were dealt out otherwise, trials are kept, as those of another split (whoever chose saw
them), and what was measured of machines.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from research import config as configs
from research.evaluation import Predictions, read_predictions
from research.files import kept, read_json
from research.findings import Findings, compared_pairs
from research.study import Study
from research.texts.cost import method_costs
from research.texts.findings import ANSWERS, WORDS, published_files


def keep(study: Study, found: Findings, results: Path) -> Findings:
    """What was measured, with what the results folder has beside it; unchanged where its photos are others.

    Raises ResearchError: a published file is missing or damaged.
    """
    manifest = kept(results / "manifest.json")
    if manifest is None or manifest["data"] != study.manifest.data:
        return found
    former = read_json(results / "figures.json")
    costs = _joined(former["costs"], found.costs, "network", "size")
    trials = [{"split": manifest["key"]} | trial for trial in former["trials"]]
    found = replace(
        found,
        trials=_joined(trials, found.trials, "name", "run"),
        costs=costs,
        bench=found.bench or former["bench"],
        sample=_joined(former["sample"], found.sample, "name"),
    )
    if manifest["key"] == study.manifest.key:
        found = _with_methods(study, found, former, results)
    return replace(found, method_costs=_costs(study, found.methods, costs, former.get("method_costs", [])))


def _with_methods(study: Study, found: Findings, former: dict[str, Any], results: Path) -> Findings:
    """The same with the methods that were published on this split, and what was found of texts."""
    methods = found.methods | {
        name: value for name, value in former["methods"].items() if name not in found.methods
    }
    for name, method in methods.items():
        method.setdefault("reads", configs.reads(configs.load(name)))
    order = sorted(methods, key=lambda name: -methods[name]["phases"]["tuned"]["test_pooled"])
    predictions = {name: predictions_of(study, results, name) for name in order}
    return replace(
        found,
        methods={name: methods[name] for name in order},
        pairs=compared_pairs(predictions),
        texts=found.texts or former.get("texts"),
        words=found.words or kept(results / WORDS),
    )


def explanations(study: Study, results: Path) -> dict[str, dict[str, Any]]:
    """The told networks (:mod:`research.explained`) of the results folder, if its split is this one."""
    return (kept(results / "explanations.json") or {}) if _same_split(study, results) else {}


def predictions_of(study: Study, results: Path, name: str) -> Predictions:
    """The predictions of a method: this study's own, or those that were published."""
    return read_predictions(read_json(predictions_path(study, results, name)))


def predictions_path(study: Study, results: Path, name: str) -> Path:
    """Where the predictions of a method lie."""
    own = study.work / "predictions" / f"{name}.json"
    return own if own.is_file() else results / f"predictions-{name}.json"


def _same_split(study: Study, results: Path) -> bool:
    manifest = kept(results / "manifest.json")
    return manifest is not None and bool(manifest["key"] == study.manifest.key)


def _joined(former: list[dict[str, Any]], newer: list[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    """Former rows, each replaced by a newer one of the same names; new ones at the end."""
    rows = {tuple(row[name] for name in names): row for row in [*former, *newer]}
    return list(rows.values())


def _costs(
    study: Study, methods: dict[str, Any], costs: list[dict[str, Any]], former: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """One row a method, each value that this study does not have as it was published."""
    known = {row["name"]: row for row in former}
    return [
        {key: known.get(row["name"], {}).get(key) if value is None else value for key, value in row.items()}
        for row in method_costs(study, methods, costs)
    ]


def answers(study: Study, results: Path) -> dict[str, Any]:
    """The JSON files of the texts by name: this study's own, or those that were published."""
    own = published_files(study)
    if _same_split(study, results):
        former = {name: kept(results / name) for name in (WORDS, ANSWERS)}
        return {name: value for name, value in former.items() if value is not None} | own
    return own
