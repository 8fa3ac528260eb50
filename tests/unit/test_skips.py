"""A skip that nobody listed fails; in CI so does one that is listed for developers' machines only."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import skips

REPO = Path(__file__).resolve().parents[2]
# Each skips in three ways: a mark and a fixture, which fail as errors, and the test itself.
SKIPPING = """
import pytest

@pytest.mark.skipif(True, reason={reason!r})
def test_marked(): pass

@pytest.fixture
def lacking(): pytest.skip({reason!r})

def test_lacking(lacking): pass

def test_left(): pytest.skip({reason!r})
"""
REASONS = {
    "genuine": "genuine rows (../shared/data) are not here",
    "chromium": "chromium and chromedriver are not installed (apt install chromium chromium-driver)",
    "late": "it is late",
}


@pytest.mark.parametrize(
    ("ci", "told"),
    [
        ("", "1 failed, 1 passed, 6 skipped, 3 errors"),
        ("true", "2 failed, 1 passed, 3 skipped, 5 errors"),
    ],
)
def test_what_is_not_listed_fails(tmp_path: Path, ci: str, told: str) -> None:
    for name, reason in REASONS.items():
        (tmp_path / f"test_{name}.py").write_text(SKIPPING.format(reason=reason))
    (tmp_path / "test_whole.py").write_text("import pytest\npytest.importorskip('not_there')\n")
    (tmp_path / "test_well.py").write_text("def test_well(): pass\n")
    words = ["-q", "-p", "tests.skips", "-p", "no:cacheprovider", "--continue-on-collection-errors"]
    environ = os.environ | {"CI": ci, "PYTHONPATH": str(REPO), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", *words, str(tmp_path)]
    done = subprocess.run(
        command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.splitlines()[-1].rpartition(" in ")[0] == told, done.stdout
    assert "Skipped, and tests/skips.py does not allow it here: it is late" in done.stdout
    assert done.returncode == 1


def test_every_run_looks_at_its_skips(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.pluginmanager.is_registered(skips)


def test_the_list_is_what_tests_say() -> None:
    """No reason that nobody gives any more, and none that would fail where it is given first."""
    said = set()
    for path in (REPO / "tests").rglob("*.py"):
        if path != Path(__file__):
            said |= set(re.findall(r'(?:reason=|pytest\.skip\()"([^"]+)"', path.read_text("utf-8")))
    assert said == skips.ALWAYS.keys() | skips.AT_HOME
