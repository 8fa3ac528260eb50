"""Clients taken out of the portfolio: the others stay to the byte, and of those taken nothing is left."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pretadepenser import storage
from pretadepenser.credit.dictionary import TABLES
from pretadepenser.credit.portfolio import Portfolio, PortfolioError, current_portfolio, import_batches
from pretadepenser.credit.portfolio.removal import forget, remove
from tests.unit import made_up

CLIENTS, ROWS = 60, 400
NUMBERS = [100_002 + 3 * index for index in range(CLIENTS)]
FIRST, MIDDLE, LAST = 100_002, 100_092, 100_179


def _silent(step: str, share: float) -> None:
    pass


def _import(folder: Path, without: list[int]) -> Portfolio:
    """Import the same made-up tables, as if these clients had never been in them."""
    rows = made_up.table(CLIENTS)
    kept = rows.filter(pa.array([number not in without for number in rows.column("SK_ID_CURR").to_pylist()]))
    histories = {name: made_up.history(name, NUMBERS, ROWS, seed=len(name)) for name in TABLES}
    credits = histories["bureau"].column("SK_ID_BUREAU").to_pylist()
    histories["bureau_balance"] = made_up.history("bureau_balance", credits, ROWS, seed=7)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pretadepenser.credit.portfolio.importing.BATCH_ROWS", 16)
        import_batches(
            kept.combine_chunks().to_batches(),
            folder,
            histories={name: table.to_batches() for name, table in histories.items()},
        )
    return _opened(folder)


def _opened(folder: Path) -> Portfolio:
    found = current_portfolio(folder)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance folder with sixty clients and all six tables, in batches of sixteen rows. Never changed."""
    folder = tmp_path_factory.mktemp("whole")
    _import(folder, [])
    return folder


@pytest.fixture
def own(whole: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(whole, tmp_path / "instance", symlinks=True))


@pytest.mark.parametrize("gone", [[MIDDLE], [FIRST], [LAST], [FIRST, MIDDLE, LAST], NUMBERS[10:40]])
def test_what_is_left_is_what_an_import_without_them_makes(
    gone: list[int], own: Path, tmp_path: Path
) -> None:
    assert remove(own, [*gone, 4], _silent) == len(gone)
    expected = _import(tmp_path / "other", gone)
    left = _opened(own)
    names = sorted(path.name for path in expected.folder.iterdir())
    assert sorted(path.name for path in left.folder.iterdir()) == names
    differ = [
        name for name in names if (left.folder / name).read_bytes() != (expected.folder / name).read_bytes()
    ]
    assert differ == ["card.json", "seal.json"]
    told = [json.loads((one.folder / "card.json").read_text()) for one in (left, expected)]
    for name in ("clients", "labelled", "defaults", "sha256", "batch_rows"):
        assert told[0][name] == told[1][name]
    rows = [{name: counts["rows"] for name, counts in one["tables"].items()} for one in told]
    assert rows[0] == rows[1]
    left.verify()


def test_the_others_are_found_and_those_taken_out_are_not(own: Path) -> None:
    before = _opened(own)
    assert remove(own, [MIDDLE], _silent) == 1
    after = _opened(own)
    assert (before.size, after.size) == (60, 59)
    assert before.client(MIDDLE) is not None
    assert after.client(MIDDLE) is None
    for number in (FIRST, 100_089, 100_095, LAST):
        was, now = before.client(number), after.client(number)
        assert was is not None
        assert now is not None
        assert now.values == was.values
        assert after.history(number) == before.history(number)
    assert after.imported_at == before.imported_at
    assert after.money == before.money


def test_it_remembers_what_it_was_before_so_that_a_model_knows_its_clients(own: Path) -> None:
    first = _opened(own).sha256
    remove(own, [FIRST], _silent)
    second = _opened(own)
    assert second.lineage == {first, second.sha256}
    remove(own, [LAST], _silent)
    third = _opened(own)
    assert third.lineage == {first, second.sha256, third.sha256}
    assert len(third.lineage) == 3


def test_nobody_to_take_out_makes_nothing_anew(own: Path) -> None:
    before = _opened(own).folder
    assert remove(own, [4], _silent) == 0
    assert _opened(own).folder == before
    assert remove(own / "absent", [FIRST], _silent) == 0


def test_forgetting_leaves_one_generation(own: Path) -> None:
    remove(own, [MIDDLE], _silent)
    assert len(storage.generations(own, "portfolio")) == 2
    forget(own)
    assert storage.generations(own, "portfolio") == [_opened(own).folder]
    remove(own, NUMBERS, _silent)
    assert current_portfolio(own) is None
    assert sorted(path.name for path in own.iterdir()) == [".portfolio.lock"]


def test_a_damaged_portfolio_is_not_sealed_anew(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even where its file is so large that opening it does not read it whole."""
    monkeypatch.setattr(storage, "LARGE", 0)
    path = _opened(own).folder / "clients.arrow"
    content, times = bytearray(path.read_bytes()), path.stat()
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert _opened(own).size == 60
    with pytest.raises(PortfolioError, match=r"est endommagé \(clients\.arrow\)"):
        remove(own, [MIDDLE], _silent)


def test_the_portfolio_is_scored_before_it_is_in_place(own: Path) -> None:
    seen: list[tuple[int, int]] = []
    remove(own, [MIDDLE], _silent, lambda made: seen.append((made.size, _opened(own).size)))
    assert seen == [(59, 60)]


# Run in a process of its own, which dies at a step.
KILLED = """
import os, signal, sys
from pathlib import Path
from pretadepenser.credit.portfolio.removal import remove
def progress(step, share):
    if step == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
remove(Path(sys.argv[1]), [100_092], progress)
"""


@pytest.mark.parametrize("step", ["Écriture du portefeuille", "Écriture de bureau_balance"])
def test_killed_it_leaves_what_was_in_place(step: str, own: Path) -> None:
    before = _opened(own).sha256
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(own), step],
        check=False,
        env=os.environ | {"PYTHONPATH": str(root)},
    )
    assert done.returncode == -signal.SIGKILL
    assert _opened(own).sha256 == before
    assert remove(own, [MIDDLE], _silent) == 1
    assert not [path for path in own.glob(".portfolio.*") if path.is_dir()]
    assert not np.isin(MIDDLE, _opened(own).numbers())
