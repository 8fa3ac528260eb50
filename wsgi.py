"""The application for a WSGI server (`gunicorn wsgi:app`) and for `flask --app wsgi`."""

import sys

from pretadepenser import create_app
from pretadepenser.config import SettingError
from pretadepenser.records.database import RecordsError

try:
    app = create_app()
except (SettingError, RecordsError) as error:
    sys.exit(f"Prêt à dépenser n’a pas démarré. {error}")
