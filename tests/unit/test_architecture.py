"""The house's contracts on its own source: who imports whom, and what nobody uses."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
SOURCES = [path for room in ("pretadepenser", "research") for path in (REPO / room).rglob("*.py")]


def test_arrows_point_one_way() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter], cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(REPO)))
def test_no_global_drawing_state(path: Path) -> None:
    """pyplot keeps one current figure for all threads: two requests would draw into each other."""
    assert not re.search(
        r"^\s*(?:import matplotlib\.pyplot|from matplotlib import .*pyplot)", path.read_text(), re.M
    )
