"""The report: one ``report.json`` that holds every sentence, figure, table and alternative text, as pages.

Schema::

    {"version": 4, "demonstration": bool, "pages": [page, …]}
    page    = {"slug": str, "parent": str, "name": str, "title": str, "about": str, "description": str,
               "lead": [str, …], "sections": [section, …]}
    section = {"key": str, "title": str, "blocks": [block, …]}
    block   = {"kind": "subtitle" | "paragraph" | "notice", "text": str}
            | {"kind": "list", "items": [str, …]}
            | {"kind": "links", "items": [{"page": slug, "text": str}, …]}
            | {"kind": "words", "runs": [{"text": str, "side": "for" | "against" | "neither",
               "strength": 0..3, "effect": str}, …]}
            | {"kind": "table", "table": table}
            | {"kind": "figure", "key": str, "title": str, "short": str, "sentence": str,
               "alternative": str, **picture, "narrow": picture, "table": table}
            | {"kind": "gallery",
               "items": [{"file", "width", "height", "alternative", "caption", "description"}, …]}
    picture = {"file": str, "width": int, "height": int}
    table   = {"caption": str, "columns": [{"label": str, "numeric": bool}, …], "rows": [[str, …], …],
               "footer": [[str, …], …]}

Pages stand in reading order, in French. The first has an empty ``slug``; a page with a ``parent`` details
that page, whose slug begins its own (``explications/montres``). ``title`` is the answer of a page,
``about`` what that is about, ``description`` its summary for the head of the page. Keys of figures differ
over all pages.

In the text of paragraphs, notices, lists, subtitles, leads and sentences, what stands between ⟦ and ⟧ is
English; a column of English words has ``"lang": "en"``, and the text of ``words`` is English.
``alternative`` has at most 80 characters: title, sentence and table say the rest. ``description`` of a
photo may be empty.

``file`` is a name inside the results folder (no sub-folder). Beside it lie ``figures.json`` (every number),
``predictions-<config>.json`` (from which ``figures.json`` can be computed again), ``explanations.json`` and
``words.json`` (what maps and words are told from), ``manifest.json``, ``environment.json`` and the
pictures. A picture, its sentence and its table come from the same figures.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from research import config as configs
from research import published
from research.blocks import Block, Files
from research.config import Config, Ensemble
from research.cost import environment
from research.errors import ResearchError
from research.explained import pictures, tell
from research.files import read_json, write_bytes, write_json
from research.findings import Findings, read_findings
from research.pages import costs, data, explanations, front, method, mistakes, photos, texts, trials
from research.study import Study

VERSION = 4


def pages(study: Study, found: Findings, told: dict[str, dict[str, Any]], files: Files) -> list[Block]:
    """All pages in reading order; ``told``: what is kept of maps (:mod:`research.explained`)."""
    return [
        front.page_of(study, found, files),
        data.page_of(study, found),
        method.page_of(study, found, files),
        photos.page_of(found, files),
        texts.page_of(found, files),
        *explanations.pages(found, told, files),
        mistakes.page_of(study, found, files),
        costs.page_of(found, files),
        trials.page_of(found, study.manifest.folds, study.manifest.key),
    ]


def write_report(study: Study, results: Path) -> list[str]:
    """Write the results folder from what was measured, and published before; returns the names of its files.

    The folder is built aside and swapped in whole: a failure leaves the former report as it was.

    Raises ResearchError: nothing was measured, or the disk is full.
    """
    found = published.keep(study, read_findings(study), results)
    if not found.methods:
        raise ResearchError("Rien à comparer : lancez d’abord « python -m research evaluate ».")
    aside = results.with_name(f".{results.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    files: Files = {}
    told = _explanations(study, found, results, files)
    report = {
        "version": VERSION,
        "demonstration": study.catalog.demonstration,
        "pages": pages(study, found, told, files),
    }
    for name, content in files.items():
        write_bytes(aside / name, content)
    write_json(aside / "report.json", report)
    write_json(aside / "figures.json", found.to_json())
    write_json(aside / "explanations.json", told)
    write_json(aside / "environment.json", environment() | {"commands": commands(found, told)})
    study.manifest.save(aside / "manifest.json")
    for name, value in published.answers(study, results).items():
        write_json(aside / name, value)
    for name in found.methods:
        value = read_json(published.predictions_path(study, results, name))
        write_json(aside / f"predictions-{name}.json", value)
    _swap(aside, results)
    return sorted(path.name for path in results.iterdir())


def _explanations(study: Study, found: Findings, results: Path, files: Files) -> dict[str, dict[str, Any]]:
    """What the leading networks look at, drawn from this study's maps or kept from the results folder."""
    told = {}
    former = published.explanations(study, results)
    for name in found.leading:
        if name in found.heat_maps:
            told[name] = tell(study, name, found.heat_maps[name], files)
        elif name in former:
            told[name] = former[name]
            files |= {file: (results / file).read_bytes() for file in pictures(told[name])}
    return told


def _swap(aside: Path, results: Path) -> None:
    former = results.with_name(f".{results.name}.old")
    shutil.rmtree(former, ignore_errors=True)
    if results.exists():
        results.rename(former)
    aside.rename(results)
    shutil.rmtree(former, ignore_errors=True)


def commands(found: Findings, told: dict[str, dict[str, Any]]) -> list[str]:
    """The commands that made the results, weights by their file name."""
    lines = ["python -m research prepare --table CATALOGUE.csv --photos DOSSIER"]
    # An ensemble comes after the networks that it brings together.
    for name in sorted(found.methods, key=lambda name: isinstance(configs.load(name), Ensemble)):
        config = configs.load(name)
        weights = f" --weights {config.backbone}_notop.weights.h5" if isinstance(config, Config) else ""
        lines.append(f"python -m research train --config {name}{weights}")
    lines.append("python -m research evaluate")
    for name, maps in told.items():
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
