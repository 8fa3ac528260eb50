"""The archive of models: what decisions were advised with can be computed again, whatever came after."""

import dataclasses
import json
import multiprocessing
import shutil
from pathlib import Path

import numpy as np
import pytest

from pretadepenser import storage
from pretadepenser.credit import dictionary
from pretadepenser.credit.distribution.statistics import QUANTILES, SUMMARY
from pretadepenser.credit.explanation import advice
from pretadepenser.credit.explanation.advice import Advice
from pretadepenser.credit.model import archive
from pretadepenser.credit.model.archive import Archive, ArchiveError
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Portfolio


@pytest.fixture
def frozen(model: Model, portfolio: Portfolio) -> Advice:
    number = int(portfolio.numbers()[11])
    client = portfolio.client(number)
    assert client
    return advice.freeze(model, portfolio, client.values, 0.48, number)


def kept(instance: Path, kind: str) -> Path:
    """The one folder of a kind in the archive."""
    (found,) = (instance / "archive").glob(f"{kind}.*")
    return found


def test_no_training_and_no_import_deletes_it(
    tmp_path: Path, model: Model, portfolio: Portfolio, frozen: Advice
) -> None:
    """Generations that are in place are pruned by the second one after them; what was kept never is."""
    with storage.publish(tmp_path, "model") as folder:
        shutil.copytree(model.folder, folder, dirs_exist_ok=True)
    used = Model.load(tmp_path.resolve() / (tmp_path / "model").readlink())
    archive.keep(tmp_path, used, portfolio)
    for name in ("model", "portfolio", "scores"):
        for _ in range(3):
            with storage.publish(tmp_path, name) as folder:
                (folder / "other").write_text("another one")
        storage.clean(tmp_path, name)
    assert not used.folder.exists()
    assert advice.again(frozen, Archive(tmp_path)) == frozen


def test_the_same_is_kept_once(tmp_path: Path, model: Model, portfolio: Portfolio) -> None:
    archive.keep(tmp_path, model, portfolio)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "archive").rglob("*")}
    archive.keep(tmp_path, model, portfolio)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "archive").rglob("*")} == before
    # Two folders, their files and the lock; no draft.
    assert sorted(path.name.partition(".")[0] for path in (tmp_path / "archive").iterdir()) == [
        "",
        "distributions",
        "model",
    ]


def test_many_may_keep_it_at_once(tmp_path: Path, model: Model, portfolio: Portfolio, frozen: Advice) -> None:
    """Workers that decide at the same moment, and one that was killed before: what it left is deleted."""
    archive.keep(tmp_path / "other", model, portfolio)
    left = tmp_path / "archive" / f".{kept(tmp_path / 'other', 'model').name}.0a1b2c3d.parts"
    left.mkdir(parents=True)
    (left / "model.ubj").write_bytes(b"half")
    fork = multiprocessing.get_context("fork")
    workers = [fork.Process(target=archive.keep, args=(tmp_path, model, portfolio)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert advice.again(frozen, Archive(tmp_path)) == frozen
    assert sorted(path.name.partition(".")[0] for path in (tmp_path / "archive").iterdir()) == [
        "",
        "distributions",
        "model",
    ]


def test_it_knows_no_client(tmp_path: Path, model: Model, portfolio: Portfolio) -> None:
    """Neither numbers nor protected grounds: of the portfolio only how figures of the reasons are spread."""
    archive.keep(tmp_path, model, portfolio)
    names = set(json.loads((kept(tmp_path, "distributions") / SUMMARY).read_text()))
    assert "AMT_CREDIT" in names
    assert not names & {"SK_ID_CURR", "TARGET"}
    assert not names & set(dictionary.protected_columns())
    held = np.load(kept(tmp_path, "distributions") / QUANTILES)
    assert not np.isin(portfolio.numbers().astype(np.float64), held).any()
    assert {path.name for path in kept(tmp_path, "distributions").iterdir()} == {
        "ladders.npy",
        "statistics.json",
        "seal.json",
    }


@pytest.mark.parametrize(
    ("kind", "file", "what"),
    [
        ("model", "model.ubj", "du modèle"),
        ("model", "card.json", "du modèle"),
        ("distributions", "ladders.npy", "des comparaisons"),
    ],
)
def test_damage_is_told_and_mended_by_the_next_decision(
    tmp_path: Path, model: Model, portfolio: Portfolio, frozen: Advice, kind: str, file: str, what: str
) -> None:
    archive.keep(tmp_path, model, portfolio)
    path = kept(tmp_path, kind) / file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ArchiveError) as told:
        advice.again(frozen, Archive(tmp_path))
    assert str(told.value) == (
        f"L’archive {what} de cette décision est endommagée ({path}) : restaurez le dossier « archive » "
        "d’une sauvegarde."
    )
    archive.keep(tmp_path, model, portfolio)
    assert advice.again(frozen, Archive(tmp_path)) == frozen


@pytest.mark.parametrize(("kind", "what"), [("model", "du modèle"), ("distributions", "des comparaisons")])
def test_what_is_missing_is_told(
    tmp_path: Path, model: Model, portfolio: Portfolio, frozen: Advice, kind: str, what: str
) -> None:
    archive.keep(tmp_path, model, portfolio)
    folder = kept(tmp_path, kind)
    shutil.rmtree(folder)
    with pytest.raises(ArchiveError) as told:
        advice.again(frozen, Archive(tmp_path))
    assert str(told.value) == (
        f"L’archive {what} de cette décision manque ({folder}) : restaurez le dossier « archive » d’une "
        "sauvegarde."
    )


@pytest.mark.parametrize(("kind", "what"), [("model", "du modèle"), ("distributions", "des comparaisons")])
def test_another_one_in_its_place_is_told(
    tmp_path: Path, model: Model, portfolio: Portfolio, frozen: Advice, kind: str, what: str
) -> None:
    """Sealed well, but not what the name says: such as a folder restored under a wrong name."""
    archive.keep(tmp_path, model, portfolio)
    folder = kept(tmp_path, kind)
    if kind == "model":
        (folder / "card.json").write_text((folder / "card.json").read_text() + " ")
    else:
        told = json.loads((folder / "statistics.json").read_text())
        told["AMT_CREDIT"]["missing"] += 0.001
        (folder / "statistics.json").write_text(json.dumps(told))
    storage.seal(folder)
    with pytest.raises(ArchiveError, match=rf"L’archive {what} de cette décision est endommagée"):
        advice.again(frozen, Archive(tmp_path))


def test_a_model_of_another_version_names_it(
    tmp_path: Path, model: Model, portfolio: Portfolio, frozen: Advice
) -> None:
    """Training anew, which the model itself would ask for, does not help a decision of then."""
    other = tmp_path / "other"
    shutil.copytree(model.folder, other)
    card = json.loads((other / "card.json").read_text())
    card["format"], card["versions"] = 5, {"pretadepenser": "0.3.0", "xgboost": "1.7.6"}
    (other / "card.json").write_text(json.dumps(card))
    storage.seal(other)
    older = Model(other, model.card, model._booster)
    archive.keep(tmp_path, older, portfolio)
    with pytest.raises(ArchiveError) as told:
        advice.again(dataclasses.replace(frozen, training=older.training), Archive(tmp_path))
    assert str(told.value) == (
        f"Cette version de l’application ne sait plus lire le modèle de {kept(tmp_path, 'model')} : rejouez "
        "la décision avec celle qui l’a écrit (Prêt à dépenser 0.3.0, XGBoost 1.7.6)."
    )


def test_a_model_that_was_replaced_meanwhile_is_not_kept(
    tmp_path: Path, model: Model, portfolio: Portfolio
) -> None:
    """A request may hold a model whose files are gone or are others: the decision is not written."""
    other = tmp_path / "model"
    shutil.copytree(model.folder, other)
    held = Model.load(other)
    assert held.training
    (other / "model.ubj").write_bytes(b"another one")
    for _ in range(2):
        with pytest.raises(ArchiveError) as told:
            archive.keep(tmp_path, held, portfolio)
        assert str(told.value) == (
            "Le modèle a été remplacé ou a changé pendant la demande, et rien n’a été écrit de la décision : "
            "actualisez la page, puis recommencez."
        )
        assert not list((tmp_path / "archive").glob("model.*"))
        shutil.rmtree(other, ignore_errors=True)


def test_an_archive_that_cannot_be_written_is_told(
    tmp_path: Path, model: Model, portfolio: Portfolio
) -> None:
    (tmp_path / "archive").write_text("in its place")
    with pytest.raises(ArchiveError) as told:
        archive.keep(tmp_path, model, portfolio)
    assert str(told.value) == (
        "Le modèle n’a pas pu être gardé, et rien n’a été écrit de la décision : libérez de la place sur le "
        "disque ou vérifiez les droits du dossier « archive » (File exists)."
    )
