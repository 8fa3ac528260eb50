"""What an operator copies: gunicorn's settings, systemd's units, nginx's file, held by their lines."""

import runpy
import shutil
from pathlib import Path
from typing import Any

import pytest

from pretadepenser import create_app

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
# What both units say of who runs the application, where, and what it may not do.
RUNS = [
    "User=pretadepenser",
    "Group=pretadepenser",
    "WorkingDirectory=/opt/pretadepenser",
    "Environment=PRETADEPENSER_INSTANCE=/var/lib/pretadepenser",
    "Environment=MPLCONFIGDIR=/var/cache/pretadepenser",
    "EnvironmentFile=-/etc/pretadepenser.env",
    "StateDirectory=pretadepenser",
    "StateDirectoryMode=0750",
    "CacheDirectory=pretadepenser",
]
CONFINED = [
    "NoNewPrivileges=yes",
    "CapabilityBoundingSet=",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "ProtectKernelTunables=yes",
    "ProtectKernelModules=yes",
    "ProtectControlGroups=yes",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    "RestrictSUIDSGID=yes",
    "LockPersonality=yes",
    "UMask=0077",
]


def written(name: str) -> list[str]:
    """The lines of a file of deploy/ without what explains them."""
    lines = (DEPLOY / name).read_text("utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith(("#", ";"))]


def gunicorn(monkeypatch: pytest.MonkeyPatch, instance: Path, **settings: str) -> dict[str, object]:
    """What gunicorn.conf.py sets for an instance."""
    monkeypatch.setenv("PRETADEPENSER_INSTANCE", str(instance))
    for name, value in settings.items():
        monkeypatch.setenv(f"PRETADEPENSER_{name}", value)
    return runpy.run_path(str(ROOT / "gunicorn.conf.py"))


def test_pages_and_portfolio_are_opened_before_the_workers_begin(
    monkeypatch: pytest.MonkeyPatch, untouched: Path, tmp_path: Path
) -> None:
    """Opened by each worker at its first page, that one would wait and memory would not be shared."""
    folder = shutil.copytree(untouched, tmp_path / "instance", symlinks=True)
    app = create_app({"INSTANCE": folder})
    found: Any = gunicorn(monkeypatch, folder)
    assert "shelf" not in app.extensions
    found["_open"](app)
    assert app.extensions["shelf"].opened is not None
    assert app.jinja_env.cache is not None
    compiled = {name for _, name in app.jinja_env.cache}
    assert {"pages/client.html", "layouts/base.html"} < compiled


def test_gunicorn_waits_and_renews_its_workers_as_it_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = gunicorn(monkeypatch, tmp_path, WORKERS="3", THREADS="6", PORT="8123")
    expected = {
        "bind": "127.0.0.1:8123",
        "worker_class": "pretadepenser.web.worker.PatientWorker",
        "workers": 3,
        "threads": 6,
        "preload_app": True,
        "timeout": 60,
        "sendfile": False,
        "graceful_timeout": 30,
        "keepalive": 75,
        "max_requests": 50_000,
        "max_requests_jitter": 5_000,
        "accesslog": "-",
        "errorlog": "-",
        "access_log_format": "%(t)s %(m)s %(U)s %(s)s %(B)s octets %(M)s ms",
        "forwarded_allow_ips": "",
        "worker_tmp_dir": "/dev/shm",  # noqa: S108 (where heartbeats are held in memory)
        "control_socket_disable": True,
    }
    assert {name: found[name] for name in expected} == expected


def test_gunicorn_writes_an_address_of_ipv6_in_brackets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert gunicorn(monkeypatch, tmp_path, HOST="::1", PORT="8000")["bind"] == "[::1]:8000"


def test_the_service_migrates_starts_reloads_and_is_confined() -> None:
    assert written("pretadepenser.service") == [
        "[Unit]",
        "Description=Prêt à dépenser, tableau de bord des décisions de crédit",
        "After=network.target postgresql.service",
        "[Service]",
        "Type=exec",
        *RUNS,
        "ExecStartPre=/opt/pretadepenser/.venv/bin/flask --app wsgi database upgrade",
        "ExecStart=/opt/pretadepenser/.venv/bin/gunicorn --config gunicorn.conf.py wsgi:app",
        "ExecReload=/bin/kill -HUP $MAINPID",
        # Longer than gunicorn's graceful_timeout.
        "TimeoutStopSec=40",
        "Restart=on-failure",
        *CONFINED,
        "[Install]",
        "WantedBy=multi-user.target",
    ]


def test_what_is_over_its_time_is_erased_each_night() -> None:
    assert written("pretadepenser-retention.service") == [
        "[Unit]",
        "Description=Prêt à dépenser, effacement de ce qui est arrivé à terme",
        "After=network.target postgresql.service pretadepenser.service",
        "[Service]",
        "Type=oneshot",
        *RUNS,
        "ExecStart=/opt/pretadepenser/.venv/bin/flask --app wsgi retention run",
        "Nice=10",
        *CONFINED,
    ]
    assert written("pretadepenser-retention.timer") == [
        "[Unit]",
        "Description=Prêt à dépenser, chaque nuit : effacement de ce qui est arrivé à terme",
        "[Timer]",
        "OnCalendar=*-*-* 03:30",
        "RandomizedDelaySec=20min",
        "Persistent=yes",
        "[Install]",
        "WantedBy=timers.target",
    ]


def test_nginx_waits_for_the_slow_and_tells_the_application_who_asks() -> None:
    lines = written("nginx.conf")
    begins = lines.index("location / {")
    assert lines[begins : begins + 20] == [
        "location / {",
        "proxy_pass http://pretadepenser;",
        "proxy_http_version 1.1;",
        'proxy_set_header Connection "";',
        "proxy_set_header Host $host;",
        "proxy_set_header X-Forwarded-For $remote_addr;",
        "proxy_set_header X-Forwarded-Proto $scheme;",
        # As long as gunicorn's timeout.
        "proxy_read_timeout 60s;",
        "}",
        "# For the supervisor on this machine only.",
        "location ~ ^/(healthz|readyz)$ {",
        "allow 127.0.0.1;",
        "allow ::1;",
        "deny all;",
        "proxy_pass http://pretadepenser;",
        "proxy_set_header Host $host;",
        "}",
        "}",
    ]
    for line in (
        "server 127.0.0.1:8000;",
        "keepalive 16;",
        "listen 80;",
        "access_log off;",
        "return 301 https://$host$request_uri;",
        "listen 443 ssl http2;",
        "ssl_protocols TLSv1.2 TLSv1.3;",
        "gzip off;",
        "client_max_body_size 41m;",
        "client_header_timeout 10s;",
        "client_body_timeout 30s;",
        "send_timeout 30s;",
        "error_page 413 /trop-long.html;",
        "error_page 502 504 =503 /indisponible.html;",
        "add_header Retry-After 30 always;",
    ):
        assert lines.count(line) == 1, line
