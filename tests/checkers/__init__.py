"""Where the checkers of package.json are, and whether they are installed."""

import shutil
import sys
from pathlib import Path
from typing import Final

INSTALLED: Final = Path(sys.prefix) / "checkers" / "node_modules"
ACE: Final = INSTALLED / "accessibility-checker-engine" / "ace.js"
HTMLCS: Final = INSTALLED / "html_codesniffer" / "build" / "HTMLCS.js"
NU: Final = INSTALLED / "vnu-jar" / "build" / "dist" / "vnu.jar"

MISSING: Final = "the checkers of tests/checkers are not installed (make checkers needs npm)"
NO_JAVA: Final = "Java is not installed (apt install default-jre-headless)"


def installed() -> bool:
    """Whether the engines that run in a page are here."""
    return ACE.exists() and HTMLCS.exists()


def why_no_nu() -> str:
    """Why the Nu checker cannot be run; empty where it can."""
    if not NU.exists():
        return MISSING
    return "" if shutil.which("java") else NO_JAVA
