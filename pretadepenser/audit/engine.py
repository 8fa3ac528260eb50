"""The axe-core that is run: a copy of our own, and its version."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Final

# axe-selenium-python brings axe-core 3.1.1, which knows no rule of WCAG 2.1 or 2.2: it runs this one.
AXE: Final = Path(__file__).with_name("axe") / "axe.min.js"


@functools.cache
def version() -> str:
    """Give the version of axe-core, "4.14.1"."""
    found = re.match(r"/\*! axe v([\d.]+)", AXE.read_text("utf-8")[:40])
    return found[1] if found else "inconnue"
