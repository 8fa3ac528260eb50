"""The report: one ``report.json`` that holds every sentence, figure, table and alternative text in French.

Schema::

    {"version": 3, "title": str, "demonstration": bool, "answer": [str, …], "english": [str, …],
     "sections": [section, …]}
    section = {"key": str, "title": str, "blocks": [block, …]}
    block   = {"kind": "subtitle" | "paragraph" | "notice", "text": str}
            | {"kind": "list", "items": [str, …]}
            | {"kind": "table", "table": table}
            | {"kind": "figure", "key": str, "title": str, "short": str, "sentence": str,
               "alternative": str, **picture, "narrow": picture, "table": table}
            | {"kind": "gallery",
               "items": [{"file", "width", "height", "alternative", "caption", "description"}, …]}
    picture = {"file": str, "width": int, "height": int}
    table   = {"caption": str, "columns": [{"label": str, "numeric": bool}, …], "rows": [[str, …], …],
               "footer": [[str, …], …]}

``english`` are the words of the texts that are to be read as English; a column of English words has
``"lang": "en"``. ``alternative`` has at most 80 characters: title, sentence and table say the rest.
``description`` may be empty.

``file`` is a name inside the results folder (no sub-folder). Beside it lie ``figures.json`` (every number),
``predictions-<config>.json`` (from which ``figures.json`` can be computed again), ``manifest.json``,
``environment.json`` and the pictures. A picture, its sentence and its table come from the same figures.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from research import config as configs
from research.config import Config, Ensemble
from research.cost import environment
from research.errors import ResearchError
from research.files import read_json, write_bytes, write_json
from research.findings import Findings, read_findings
from research.pages import analysis, explanations, method, outcome
from research.study import Study

VERSION = 3
# Words of the texts that a voice must not read as French.
ENGLISH = ("squeeze-and-excite",)


def write_report(study: Study, results: Path) -> list[str]:
    """Write the results folder from what was measured; returns the names of its files.

    The folder is built aside and swapped in whole: a failure leaves the former report as it was.

    Raises ResearchError: nothing was measured, or the disk is full.
    """
    found = read_findings(study)
    if not found.methods:
        raise ResearchError("Rien à comparer : lancez d’abord « python -m research evaluate ».")
    aside = results.with_name(f".{results.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    files: dict[str, bytes] = {}
    sections = [
        *outcome.sections(found, files),
        *method.sections(study, found, files),
        *analysis.sections(study, found, files),
        *explanations.sections(study, found, files),
        *outcome.closing(found),
    ]
    report = {
        "version": VERSION,
        "title": "Veille technique, VGG16 ou EfficientNet pour reconnaître des photos de produits",
        "demonstration": study.catalog.demonstration,
        "answer": outcome.answer(found),
        "english": list(ENGLISH),
        "sections": sections,
    }
    for name, content in files.items():
        write_bytes(aside / name, content)
    write_json(aside / "report.json", report)
    write_json(aside / "figures.json", found.to_json())
    write_json(aside / "environment.json", environment() | {"commands": commands(found)})
    study.manifest.save(aside / "manifest.json")
    for name in found.methods:
        value = read_json(study.work / "predictions" / f"{name}.json")
        write_json(aside / f"predictions-{name}.json", value)
    _swap(aside, results)
    return sorted(path.name for path in results.iterdir())


def _swap(aside: Path, results: Path) -> None:
    former = results.with_name(f".{results.name}.old")
    shutil.rmtree(former, ignore_errors=True)
    if results.exists():
        results.rename(former)
    aside.rename(results)
    shutil.rmtree(former, ignore_errors=True)


def commands(found: Findings) -> list[str]:
    """The commands that made the results, weights by their file name."""
    lines = ["python -m research prepare --table CATALOGUE.csv --photos DOSSIER"]
    # An ensemble comes after the networks that it brings together.
    for name in sorted(found.methods, key=lambda name: isinstance(configs.load(name), Ensemble)):
        config = configs.load(name)
        weights = f" --weights {config.backbone}_notop.weights.h5" if isinstance(config, Config) else ""
        lines.append(f"python -m research train --config {name}{weights}")
    lines.append("python -m research evaluate")
    for name, maps in found.heat_maps.items():
        config = configs.load(name)
        assert isinstance(config, Config)
        lines.append(
            f"python -m research explain --config {name} --draw {maps['draw']} --evaluations "
            f"{maps['evaluations']} --weights {config.backbone}_notop.weights.h5"
        )
    return [
        *lines,
        "python -m research measure …",
        "make research-bench TABLE=… PHOTOS=… WEIGHTS=…",
        "python -m research compare",
    ]
