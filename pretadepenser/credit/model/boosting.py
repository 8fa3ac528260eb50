"""XGBoost, loaded without the libraries that it merely offers to work with.

Where scikit-learn is installed, `import xgboost` loads it whole, with pandas and scipy.stats: more than half
of the server's start and 130 MB, for classes that nothing here uses. Training imports what it needs of
scikit-learn itself. Every module takes `xgboost` from here.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["with_scikit_learn", "xgboost"]


@contextmanager
def _hidden(name: str) -> Iterator[None]:
    """Make `import name` fail, as if it were not installed, unless it is loaded already."""
    if name in sys.modules:
        yield
        return
    # None in sys.modules is Python's own way to say "not to be had".
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]


with _hidden("sklearn"):
    import xgboost


def with_scikit_learn() -> None:
    """Give XGBoost the scikit-learn that was hidden from it: its estimators for Spark are made of it."""
    compat = importlib.import_module("xgboost.compat")
    if not compat.SKLEARN_INSTALLED:
        importlib.reload(compat)
        importlib.reload(importlib.import_module("xgboost.sklearn"))
