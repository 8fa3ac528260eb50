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


def test_the_domain_is_light_to_import() -> None:
    """Every module of the domain, in a process of its own, loads neither Flask, nor drawing, nor database."""
    program = (
        "import importlib, pkgutil, sys, pretadepenser.credit as credit\n"
        "names = [one.name for one in pkgutil.walk_packages(credit.__path__, 'pretadepenser.credit.')]\n"
        "assert len(names) > 30, names\n"
        "for name in names: importlib.import_module(name)\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPO, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "xgboost" in loaded
    assert not loaded & {"flask", "flask_login", "flask_wtf", "matplotlib", "sqlalchemy", "werkzeug"}


def test_who_only_scores_does_not_load_scikit_learn() -> None:
    """XGBoost would, where it is installed: half of the server's start (boosting.py)."""
    program = (
        "import sys, pretadepenser.credit.explanation.batch\n"
        "print('sklearn' in sys.modules, 'xgboost' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPO, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True"]
