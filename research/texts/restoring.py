"""What was published, put back into a working folder: new methods are compared with old ones untrained."""

from __future__ import annotations

from pathlib import Path

from research.errors import ResearchError
from research.files import read_json, write_json
from research.study import Study


def restore(study: Study, results: Path) -> list[str]:
    """Put the predictions and figures of ``results`` back for each method that the study has not evaluated.

    Returns the names of the methods put back.

    Raises ResearchError: the results were made with other photos or another split.
    """
    if read_json(results / "manifest.json")["key"] != study.manifest.key:
        raise ResearchError(
            f"Les résultats de « {results} » viennent d’autres photos ou d’un autre découpage : entraînez de "
            "nouveau."
        )
    figures = read_json(results / "figures.json")
    names = []
    for name, method in figures["methods"].items():
        target = study.work / "evaluation" / f"{name}.json"
        if not target.is_file():
            write_json(
                study.work / "predictions" / f"{name}.json", read_json(results / f"predictions-{name}.json")
            )
            write_json(target, method)
            names.append(name)
    return names
