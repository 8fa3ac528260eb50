"""Read by the process that others are forked from (tests/forked.py), last: what each would do itself.

WeasyPrint is read by each process that makes PDF sheets; templates are compiled, and the model is tabulated,
by each server.
"""

import gc
import os
import pickle
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from pretadepenser import create_app
from pretadepenser.credit.model import tabulated

with suppress(ImportError, OSError):  # where Pango is not installed
    import weasyprint  # noqa: F401

# A developer's own settings are none of the tests'.
for _name in [name for name in os.environ if name.startswith("PRETADEPENSER_")]:
    del os.environ[_name]
with TemporaryDirectory() as _folder:
    _templates = create_app({"INSTANCE": Path(_folder)}).jinja_env
    for _name in _templates.list_templates(extensions=["html"]):
        _templates.get_template(_name)

# Nearly all servers have the model of `trained`. XGBoost itself is not to be used here: its threads do not
# survive the fork. What this process is given is what the product made of the same trees.
if _file := os.environ.get("TESTS_TABLE"):
    _trees, _types, _table = pickle.loads(Path(_file).read_bytes())
    _tabulate = tabulated.tabulate

    def _found(model: bytes, types: tuple[str, ...]) -> tabulated.Table | None:
        return _table if (model, types) == (_trees, _types) else _tabulate(model, types)

    tabulated.tabulate = _found  # type: ignore[assignment]

# Each server has its garbage collected before it forks: a third of its start, for what is read here.
gc.collect()
gc.freeze()
