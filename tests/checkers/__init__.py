"""Where the checkers of package.json are, and whether they are installed (`make checkers`)."""

import sys
from pathlib import Path
from typing import Final

INSTALLED: Final = Path(sys.prefix) / "checkers" / "node_modules"
ACE: Final = INSTALLED / "accessibility-checker-engine" / "ace.js"
HTMLCS: Final = INSTALLED / "html_codesniffer" / "build" / "HTMLCS.js"
NU: Final = INSTALLED / "vnu-jar" / "build" / "dist" / "vnu.jar"


def installed() -> bool:
    """Whether all of them are here."""
    return all(path.exists() for path in (ACE, HTMLCS, NU))
