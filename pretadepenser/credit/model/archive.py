"""What decisions were advised with, kept for good: the model, and how figures are spread among the clients.

Generations that are in place are deleted two trainings or imports later; what a person decided on their
advice must be computed again years later. Of the portfolio only the distributions are kept of what the model
and its reasons read: no client, no number of a client, no protected ground. Each folder is named by the
SHA-256 of what it holds, so that the same thing is kept once.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from pretadepenser import storage
from pretadepenser.credit import dictionary
from pretadepenser.credit.distribution.statistics import Statistics
from pretadepenser.credit.model.artefact import CARD, ModelError
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Portfolio
from pretadepenser.errors import ToldError, cause

FOLDER: Final = "archive"
# Models and distributions that one archive holds open: a training is followed by many decisions.
_OPEN: Final = 8
_SAVED: Final = "restaurez le dossier « archive » d’une sauvegarde."


class ArchiveError(ToldError):
    """What a decision was advised with cannot be kept or read; the message says in French what to do."""


def looked_at(features: Sequence[str]) -> tuple[str, ...]:
    """What is looked at of a client: columns that the model reads, and what the words for its figures need.

    The columns come in stored order, then the names of history tables that may have been looked into.
    """
    beside = {
        column
        for name in features
        for one in dictionary.describe(name).not_applicable
        for column, _ in one.where
    }
    columns = dictionary.columns_of((*features, *dictionary.DERIVED, *beside))
    return (*columns, *(table for table in dictionary.TABLES if table in beside))


def compared(model: Model, portfolio: Portfolio) -> Statistics:
    """What the reasons of this model may tell of other clients, and nothing else of the portfolio."""
    columns = set(looked_at(model.features)) - set(dictionary.TABLES)
    return portfolio.statistics.only({*columns, *dictionary.DERIVED})


def keep(instance: Path, model: Model, portfolio: Portfolio) -> None:
    """Keep what advice of this model is computed with, unless it is: before a decision on it is written.

    Raises ArchiveError where it cannot be: then the decision is not to be written.
    """
    found = compared(model, portfolio)
    try:
        path = _model(instance, model.training)
        if not storage.whole(path):
            with storage.kept(path) as draft:
                _copy(model, draft)
        path = _distributions(instance, found.sha256)
        if not storage.whole(path):
            with storage.kept(path) as draft:
                found.save(draft)
    except OSError as error:
        raise ArchiveError(
            "Le modèle n’a pas pu être gardé, et rien n’a été écrit de la décision : libérez de la place sur "
            f"le disque ou vérifiez les droits du dossier « {FOLDER} » ({cause(error)})."
        ) from error


def _copy(model: Model, draft: Path) -> None:
    """Copy the files of a model in use; ArchiveError where it is not, or no longer, what was loaded."""
    for path in sorted(model.folder.iterdir()) if model.folder.is_dir() else ():
        if path.name != storage.SEAL:
            shutil.copyfile(path, draft / path.name)
    if _wrong(draft, {CARD: model.training, **model.card.sha256}):
        raise ArchiveError(
            "Le modèle a été remplacé ou a changé pendant la demande, et rien n’a été écrit de la décision : "
            "actualisez la page, puis recommencez."
        )


class Archive:
    """The archive of an instance folder, open for reading. For one thread."""

    def __init__(self, instance: Path) -> None:
        self._instance = instance
        self._models: dict[str, Model] = {}
        self._distributions: dict[str, Statistics] = {}

    def model(self, training: str) -> Model:
        """The model with this `training`.

        Raises ArchiveError: it is missing or damaged, or this version of the application cannot use it.
        """
        if training not in self._models:
            folder = _model(self._instance, training)
            _check(folder, "du modèle")
            if wrong := _wrong(folder, {CARD: training}):
                raise _damaged(folder / wrong, "du modèle")
            try:
                model = Model.load(folder)
            except ModelError as error:
                raise ArchiveError(
                    f"Cette version de l’application ne sait plus lire le modèle de {folder} : rejouez la "
                    f"décision avec celle qui l’a écrit ({_versions(folder)})."
                ) from error
            if wrong := _wrong(folder, model.card.sha256):
                raise _damaged(folder / wrong, "du modèle")
            _room(self._models)
            self._models[training] = model
        return self._models[training]

    def distributions(self, sha256: str) -> Statistics:
        """The distributions with this `sha256`; ArchiveError where they are missing or damaged."""
        if sha256 not in self._distributions:
            folder = _distributions(self._instance, sha256)
            _check(folder, "des comparaisons")
            found = Statistics.open(folder)
            if found.sha256 != sha256:
                raise _damaged(folder, "des comparaisons")
            _room(self._distributions)
            self._distributions[sha256] = found
        return self._distributions[sha256]


def _model(instance: Path, training: str) -> Path:
    return instance / FOLDER / f"model.{training}"


def _distributions(instance: Path, sha256: str) -> Path:
    return instance / FOLDER / f"distributions.{sha256}"


def _check(folder: Path, what: str) -> None:
    if not folder.is_dir():
        raise ArchiveError(f"L’archive {what} de cette décision manque ({folder}) : {_SAVED}")
    try:
        storage.check(folder, whole=True)
    except storage.DamagedError as error:
        raise _damaged(error.path, what) from error


def _damaged(path: Path, what: str) -> ArchiveError:
    return ArchiveError(f"L’archive {what} de cette décision est endommagée ({path}) : {_SAVED}")


def _wrong(folder: Path, digests: Mapping[str, str]) -> str | None:
    """The first of these files that is not there or has another SHA-256."""
    for name, digest in digests.items():
        if not (folder / name).is_file() or storage.digest(folder / name) != digest:
            return name
    return None


def _room(opened: dict[str, Model] | dict[str, Statistics]) -> None:
    if len(opened) >= _OPEN:
        opened.clear()


def _versions(folder: Path) -> str:
    """Names and versions that a card tells, whatever its format."""
    versions = json.loads((folder / CARD).read_text("utf-8")).get("versions", {})
    return f"Prêt à dépenser {versions.get('pretadepenser', '?')}, XGBoost {versions.get('xgboost', '?')}"
