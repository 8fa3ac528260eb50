"""Runs the real commands in processes that can be killed, forked from one that has read the libraries.

A kill at a random moment then meets a command at its work, not at its imports as most would.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

from pretadepenser.credit.model import learning
from tests import forked

# Bytes that a file which a command writes may grow to.
largest_file = resource.RLIM_INFINITY
# Trees that a command learns.
trees = learning.TREE_COUNT


def begin(instance: Path, words: Sequence[str], output: Path) -> BaseProcess:
    """Start `flask --app wsgi WORDS…`; what it says goes into `output`."""
    process = forked.context.Process(
        target=_run, args=(str(instance), tuple(words), str(output), largest_file, trees), daemon=True
    )
    process.start()
    return process


def run(instance: Path, words: Sequence[str], output: Path) -> tuple[int, str]:
    """Run a command to its end; its status, and what it said."""
    process = begin(instance, words, output)
    process.join()
    return process.exitcode or 0, output.read_text("utf-8")


def _run(instance: str, words: Sequence[str], output: str, largest: int, learnt: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
    for name in [name for name in os.environ if name.startswith("PRETADEPENSER_")]:
        del os.environ[name]
    os.environ["PRETADEPENSER_INSTANCE"] = instance
    learning.TREE_COUNT = learnt  # type: ignore[misc]
    forked.say_into(output)
    from flask.cli import FlaskGroup, ScriptInfo

    import wsgi

    sys.argv = ["flask", *words]
    FlaskGroup().main(list(words), "flask", obj=ScriptInfo(create_app=lambda: wsgi.app))
