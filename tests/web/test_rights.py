"""People's rights over their data, from the command line, on a whole instance: every byte is looked at."""

import json
import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import Result
from flask import Flask

from pretadepenser import create_app, demo, storage
from pretadepenser.credit.model.scoring import current_model, current_scores, score_portfolio
from pretadepenser.credit.portfolio import Portfolio, current_portfolio, import_batches
from pretadepenser.records import journal
from tests.conftest import still_signed_in
from tests.unit import made_up_histories
from tests.unit.written import MARK, Writer

# No other number of the instance looks like it, whole or in parts.
CLIENT, OTHER = 7_351_902_846_113, 157_083
INCOME = 1_234_567.25
CLIENTS = 300
REPO = Path(__file__).parents[2]


def flask(app: Flask, *words: str) -> Result:
    """Run one command in this process."""
    return app.test_cli_runner().invoke(args=list(words))


def _rows() -> pa.Table:
    """Fictitious clients, the last one with the number and the income that are looked for."""
    rows = pa.Table.from_batches(demo.batches(CLIENTS, 3)).combine_chunks()
    for name, value in (("SK_ID_CURR", CLIENT), ("AMT_INCOME_TOTAL", INCOME)):
        place = rows.schema.get_field_index(name)
        values = [*rows.column(name).to_pylist()[:-1], value]
        rows = rows.set_column(place, rows.schema.field(name), pa.array(values, rows.schema.field(name).type))
    return rows


@pytest.fixture(scope="module")
def filled(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance that knows all it can of one client: file, histories, score, pictures, tables, evidence.

    Two portfolios were imported: the older one is still on the disk. Never changed.
    """
    folder = Path(tmp_path_factory.mktemp("filled") / "instance")
    shutil.copytree(instance, folder, symlinks=True)
    own = {
        name: [{key: CLIENT if key == "SK_ID_CURR" else value for key, value in row.items()} for row in rows]
        for name, rows in made_up_histories.of(OTHER).items()
    }
    model = current_model(folder)
    assert model is not None

    def scored(portfolio: Portfolio) -> None:
        score_portfolio(model, portfolio, folder)

    for _ in range(2):
        import_batches(
            _rows().to_batches(),
            folder,
            histories=made_up_histories.batches(own),
            fictitious=True,
            before=scored,
        )
    app = create_app({"INSTANCE": folder, "TESTING": True})
    browser = still_signed_in(app, "agathe")
    for number in (CLIENT, OTHER):
        for address in ("", "/graphiques/score.svg", "/historique"):
            assert browser.get(f"/clients/{number}{address}").status_code in (200, 404)
    writer = Writer(app.extensions["database"], CLIENT)
    writer.all()
    with storage.publish(folder, "audit") as draft:
        with zipfile.ZipFile(draft / "audit-accessibilite.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("audit/pages.html", f"<a href='/clients/{CLIENT}'>" * 50)
        (draft / "audit.json").write_text("{}")
    app.extensions["database"].engine.dispose()
    return folder


@pytest.fixture
def own(filled: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(filled, tmp_path / "instance", symlinks=True))


@pytest.fixture
def app(own: Path) -> Flask:
    """The application on it."""
    return create_app({"INSTANCE": own, "TESTING": True})


def needles() -> dict[str, bytes]:
    """Everything that tells of the client, as bytes: number, income, texts."""
    return {
        "number": str(CLIENT).encode(),
        "int64": struct.pack("<q", CLIENT),
        "int64, as SQLite has it": CLIENT.to_bytes(6, "big"),
        "float64": struct.pack("<d", CLIENT),
        "income": struct.pack("<d", INCOME),
        "income, written": b"1234567.25",
        "text": MARK.encode(),
    }


def found(folder: Path) -> set[tuple[str, str]]:
    """Files of an instance, by the first word of their path, that hold what, packed ones unpacked."""
    hits = set()
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        contents = [path.read_bytes()]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                contents += [archive.read(name) for name in archive.namelist()]
        name = f"{path.relative_to(folder).parts[0].partition('.2')[0]}/{path.name}"
        hits |= {(name, what) for what, needle in needles().items() for one in contents if needle in one}
    return hits


def chain(folder: Path) -> list[tuple[str, str | None]]:
    """Kind and content of the journal's entries, past the application, after it has verified."""
    app = create_app({"INSTANCE": folder, "TESTING": True})
    journal.verify(app.extensions["database"])
    app.extensions["database"].engine.dispose()
    with sqlite3.connect(f"file:{folder}/pretadepenser.sqlite?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT kind, content FROM journal_entry ORDER BY number").fetchall()
    connection.close()
    return rows


def states(folder: Path) -> list[str]:
    """What the journal says of erasures."""
    told = [content for kind, content in chain(folder) if kind == "rights.erased"]
    return [json.loads(content or "")["state"] for content in told]


def opened(folder: Path) -> Portfolio:
    held = current_portfolio(folder)
    assert held is not None
    return held


def test_before_the_client_is_everywhere(filled: Path) -> None:
    """Else the search below would find nothing for the wrong reason."""
    hits = found(filled)
    assert {what for _, what in hits} == set(needles())
    assert {name for name, what in hits if what == "int64"} >= {
        "portfolio/clients.arrow", "portfolio/numbers.npy", "portfolio/bureau.arrow",
    }  # fmt: skip
    assert ("portfolio/ladders.npy", "income") in hits
    assert ("audit/audit-accessibilite.zip", "number") in hits
    assert ("pretadepenser.sqlite/pretadepenser.sqlite", "text") in hits
    assert len(storage.generations(filled, "portfolio")) == 2
    assert len(storage.generations(filled, "scores")) == 2
    assert list((filled / "pictures").iterdir())


def test_erasing_leaves_no_byte_while_the_application_is_in_use(own: Path, app: Flask) -> None:
    model = current_model(own)
    assert model is not None
    before, numbers = current_scores(own, opened(own), model), opened(own).numbers().copy()
    assert before is not None
    margins = dict(zip(numbers.tolist(), before.tolist(), strict=True))
    using = still_signed_in(app, "agathe")
    assert using.get(f"/clients/{CLIENT}").status_code == 200
    done = flask(app, "client", "erase", str(CLIENT))
    assert done.exit_code == 0, done.output
    assert (
        f"Client {CLIENT} effacé : son dossier avec son score, 1\xa0décision, 1\xa0seconde lecture, "
        "1\xa0réexamen, 2\xa0lettres, " in done.stdout
    )
    assert "Les preuves d’accessibilité publiées montraient ce client : elles sont retirées" in done.stdout
    assert (own / "pretadepenser.sqlite-wal").exists(), "the application is open"
    assert found(own) == set()
    assert states(own) == ["commencé", "achevé"]
    # All others are as they were, with their scores.
    assert opened(own).size == CLIENTS - 1
    after = current_scores(own, opened(own), model)
    assert after is not None
    del margins[CLIENT]
    assert dict(zip(opened(own).numbers().tolist(), after.tolist(), strict=True)) == margins
    assert using.get(f"/clients/{CLIENT}").status_code == 404
    assert using.get("/").status_code == 200
    for name in ("portfolio", "scores"):
        assert len(storage.generations(own, name)) == 1
    assert "La chaîne du journal est entière" in flask(app, "journal", "verify").output
    assert not (own / "erasing.json").exists()
    assert "Tout est tel qu’il a été écrit" in flask(app, "portfolio", "verify").output


def test_erasing_again_changes_nothing_and_strangers_are_told(own: Path, app: Flask) -> None:
    assert flask(app, "client", "erase", str(CLIENT)).exit_code == 0
    folder, entries = opened(own).folder, chain(own)
    again = flask(app, "client", "erase", str(CLIENT))
    assert again.exit_code == 0
    assert f"Le client {CLIENT} est déjà effacé, depuis le " in again.stdout
    stranger = flask(app, "client", "erase", "123456")
    assert stranger.exit_code == 1
    assert "Erreur : Rien n’est gardé d’un client 123456 : vérifiez son numéro." in stranger.output
    assert "Rien n’est arrivé à terme." in flask(app, "retention", "run").output
    assert (opened(own).folder, chain(own)) == (folder, entries)


def test_a_legal_hold_refuses(own: Path, app: Flask) -> None:
    held = flask(app, "client", "hold", str(CLIENT), "--reason", "litige")
    assert held.output == f"Les données du client {CLIENT} ne seront pas effacées (litige).\n"
    before, folder = found(own), opened(own).folder
    refused = flask(app, "client", "erase", str(CLIENT))
    assert refused.exit_code == 1
    assert "(litige) : rien n’est effacé. Pour lever cela : flask --app wsgi client " in refused.output
    assert (found(own), opened(own).folder) == (before, folder)
    assert not (own / "erasing.json").exists()
    assert flask(app, "client", "hold", "123456", "--reason", "litige").exit_code == 1
    assert flask(app, "client", "release", str(CLIENT)).output == (
        f"Les données du client {CLIENT} peuvent à nouveau être effacées.\n"
    )
    assert flask(app, "client", "erase", str(CLIENT)).exit_code == 0
    assert found(own) == set(), "the hold and its reason are gone as well"


def test_an_import_that_brings_the_client_back_says_so(own: Path, app: Flask) -> None:
    number = int(opened(own).numbers()[0])
    for one in (number, CLIENT):
        assert flask(app, "client", "erase", str(one)).exit_code == 0
    done = flask(app, "portfolio", "demo", "--clients", str(CLIENTS), "--seed", "3", "--no-histories")
    assert done.exit_code == 0, done.output
    assert f"Attention : un client effacé revient avec cet import, {number} (effacé le " in done.stderr
    assert "flask --app wsgi client erase N" in done.stderr
    imported = [content for kind, content in chain(own) if kind == "portfolio.imported"]
    assert json.loads(imported[-1] or "")["returned"] == 1
    assert str(number) not in (imported[-1] or "")
    # It can be erased again, which is told again.
    assert flask(app, "client", "erase", str(number)).exit_code == 0
    assert opened(own).index(number) is None
    assert states(own) == ["commencé", "achevé"] * 3


# Run in a process of its own, which dies at a step.
KILLED = """
import os, signal, sys
from pathlib import Path
from pretadepenser import create_app
from pretadepenser.cli import erasure
from pretadepenser.credit.model.scoring import current_model, score_portfolio
folder, client, when = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
app = create_app({"INSTANCE": folder})
def progress(step, share):
    if step == when:
        os.kill(os.getpid(), signal.SIGKILL)
def before(portfolio):
    score_portfolio(current_model(folder), portfolio, folder, progress)
place = erasure.Place(folder, app.extensions["database"], app.config["SECRET_KEY"], progress, before)
erasure.erase(place, client)
"""


@pytest.mark.parametrize(
    ("step", "filed", "by"),
    [
        ("Écriture du portefeuille", True, "retention"),
        ("Calcul des statistiques", True, "erase"),
        ("Calcul des scores", True, "retention"),
        ("Réécriture de la base de données", False, "erase"),
    ],
)
def test_killed_in_the_middle_it_is_told_as_begun_and_ended_by_the_next(
    step: str, filed: bool, by: str, own: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(own), str(CLIENT), step],
        check=False,
        env=os.environ | {"PYTHONPATH": str(REPO)},
    )
    assert done.returncode == -signal.SIGKILL
    assert states(own) == ["commencé"], "never told as done while something is left"
    assert (opened(own).index(CLIENT) is not None) is filed
    assert found(own), "something is left"
    app = create_app({"INSTANCE": own, "TESTING": True})
    if by == "retention":
        assert "1\xa0effacement interrompu est achevé.\n" in flask(app, "retention", "run").stdout
    else:
        assert f"Client {CLIENT} effacé : " in flask(app, "client", "erase", str(CLIENT)).stdout
    assert found(own) == set()
    assert states(own) == ["commencé", "achevé"]
    assert opened(own).size == CLIENTS - 1
    assert "Rien n’est arrivé à terme." in flask(app, "retention", "run").stdout
    assert states(own) == ["commencé", "achevé"]


def test_while_scores_are_being_made_nothing_is_begun(own: Path, app: Flask) -> None:
    """They would be put in place afterwards, the client's among them."""
    with storage.publish(own, "scores") as draft:
        refused = flask(app, "client", "erase", str(CLIENT))
        (draft / "card.json").write_text("{}")
    assert refused.exit_code == 1
    assert "Un import ou un calcul de scores est en cours, qui garderait ce client" in refused.output
    assert states(own) == []


def test_two_erasures_at_once_are_one_after_the_other(own: Path, app: Flask) -> None:
    from pretadepenser.cli import erasure

    with erasure.alone(own):
        for words in (("client", "erase", str(CLIENT)), ("retention", "run")):
            refused = flask(app, *words)
            assert refused.exit_code == 1
            assert "Un effacement est en cours : recommencez quand il aura fini." in refused.output
    assert states(own) == []
