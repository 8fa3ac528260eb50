"""gunicorn's settings: `gunicorn --config gunicorn.conf.py wsgi:app`. Values come from the application's own.

HUP starts new workers on the settings, portfolio and model of that moment, lets the old ones finish what
they answer, and goes on as before if a setting is wrong. A new version of the code needs a restart.
"""

import gc
import os
import sys
from contextlib import suppress
from typing import Any

from pretadepenser import create_app
from pretadepenser.config import SettingError, load
from pretadepenser.credit.model.scoring import ModelError
from pretadepenser.credit.portfolio import PortfolioError
from pretadepenser.records.database import RecordsError
from pretadepenser.web import heavy, resources, trail
from pretadepenser.web.access_log import FORMAT, DiscreetLogger

try:
    settings = load(os.environ)
except SettingError as error:
    if "wsgi" not in sys.modules:
        sys.exit(f"Prêt à dépenser n’a pas démarré. {error}")
    sys.stderr.write(f"Rechargement refusé, les réglages d’avant restent en place. {error}\n")
    settings = dict(sys.modules["wsgi"].app.config)

_host = str(settings["HOST"])
bind = f"[{_host}]:{settings['PORT']}" if ":" in _host else f"{_host}:{settings['PORT']}"
# Reads requests before it gives them a thread: unfinished ones hold nobody up.
worker_class = "pretadepenser.web.worker.PatientWorker"
workers = settings["WORKERS"]
threads = settings["THREADS"]
# Loaded once, before the fork: workers share its memory and start at once.
preload_app = True
timeout = 60
# It would write to the socket past the worker, and wait for slow readers.
sendfile = False
graceful_timeout = 30
# Longer than nginx keeps its own idle connections open, so that it never meets one just closed.
keepalive = 75
max_requests = 50_000
max_requests_jitter = 5_000

accesslog = "-"
errorlog = "-"
logger_class = DiscreetLogger
access_log_format = FORMAT
# Whom to believe about addresses and https is the application's setting PROXIES, not gunicorn's.
forwarded_allow_ips = ""
# Nothing is written outside the instance folder: heartbeats go to memory, no control socket.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
control_socket_disable = True


def _open(app: Any) -> None:
    """Compile the templates and open portfolio and model here, once, so that workers share them."""
    for name in app.jinja_env.list_templates(extensions=["html"]):
        app.jinja_env.get_template(name)
    with app.app_context():
        for opened in (resources.portfolio, resources.model):
            # What is missing or damaged now may be put right while the server runs: /readyz tells.
            with suppress(resources.UnavailableError, PortfolioError, ModelError):
                opened()


def when_ready(server: Any) -> None:
    """Open what workers share, and say where the application is."""
    _open(server.app.callable)
    trail.started(server.app.callable)
    server.log.info("Prêt à dépenser répond sur http://%s", bind)


def pre_fork(server: Any, worker: Any) -> None:
    """Leave what is loaded out of garbage collection, so that workers do not copy its memory."""
    gc.collect()
    gc.freeze()


def post_worker_init(worker: Any) -> None:
    """Fork the processes of heavy work while this worker has a single thread."""
    heavy.start(worker.wsgi)


def on_reload(server: Any) -> None:
    """Make the application anew for the workers that come next; with preloading gunicorn would not."""
    try:
        app = create_app()
    except (SettingError, RecordsError) as error:
        server.log.error("Rechargement refusé, l’application d’avant reste en place. %s", error)
        return
    _open(app)
    trail.started(app)
    sys.modules["wsgi"].app = server.app.callable = app  # type: ignore[attr-defined]
