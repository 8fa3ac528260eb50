"""Read by the process that others are forked from (tests/forked.py): what each would read or compile itself.

WeasyPrint is read by each process that makes PDF sheets, and templates are compiled by each server.
"""

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from pretadepenser import create_app

with suppress(ImportError, OSError):  # where Pango is not installed
    import weasyprint  # noqa: F401

with TemporaryDirectory() as _folder:
    _templates = create_app({"INSTANCE": Path(_folder)}).jinja_env
    for _name in _templates.list_templates(extensions=["html"]):
        _templates.get_template(_name)
