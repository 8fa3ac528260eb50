"""deploy/nginx.conf in Debian's nginx, before a real gunicorn: the two agree."""

import http.client
import os
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from pretadepenser.records import tokens
from tests.web.test_gunicorn import PASSWORD, REPO, Server, fork, free_port, records, with_advisor

pytestmark = pytest.mark.skipif(
    shutil.which("nginx") is None, reason="nginx is not installed (apt install nginx-light)"
)
HSTS = "max-age=63072000; includeSubDomains"


@dataclass
class Front:
    """nginx, the gunicorn behind it, and a token of the API."""

    plain: int
    tls: int
    server: Server
    folder: Path
    token: str

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, str]:
        """Ask by https; give status, headers and text."""
        trusting = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection("127.0.0.1", self.tls, timeout=60, context=trusting)
        with closing(connection):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()


def configured(folder: Path, plain: int, tls: int, port: int) -> str:
    """The file as it is deployed, but for what a test may not have: its ports, its paths and its name."""
    text = (REPO / "deploy/nginx.conf").read_text()
    for written, here in (
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen [::]:80;", ""),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{tls} ssl http2;"),
        ("listen [::]:443 ssl http2;", ""),
        ("server 127.0.0.1:8000;", f"server 127.0.0.1:{port};"),
        ("/etc/ssl/certs/credit.example.fr.pem", f"{folder}/cert.pem"),
        ("/etc/ssl/private/credit.example.fr.key", f"{folder}/key.pem"),
        ("/var/log/nginx/pretadepenser.log", f"{folder}/access.log"),
        ("/opt/pretadepenser/deploy/pages", str(REPO / "deploy/pages")),
    ):
        assert written in text, written
        text = text.replace(written, here)
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.getuid() == 0 else ""  # else nobody, who may not write here
    return f"{user}pid {folder}/pid;\ndaemon off;\nevents {{}}\nhttp {{\n{places}{text}\n}}\n"


@pytest.fixture(scope="module")
def front(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """nginx before a server with the settings that deploy/nginx.conf asks for."""
    folder = tmp_path_factory.mktemp("nginx")
    instance = with_advisor(trained, folder)
    token = tokens.add_token(records(instance), "nginx")
    certificate = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subject = ["-subj", "/CN=credit.example.fr", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"]
    subprocess.run([*certificate, *subject], check=True, capture_output=True)
    server = fork(instance, PRETADEPENSER_PROXIES="1", PRETADEPENSER_HTTPS="oui")
    plain, tls = free_port(), free_port()
    (folder / "nginx.conf").write_text(configured(folder, plain, tls, server.port))
    nginx = subprocess.Popen(
        ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    )
    try:
        server.wait()
        front = Front(plain, tls, server, folder, token)
        for _ in range(100):
            try:
                front.ask("/connexion")
                break
            except OSError:
                assert nginx.poll() is None, (folder / "error.log").read_text()
                time.sleep(0.1)
        yield front
    finally:
        nginx.terminate()
        nginx.wait(10)
        server.process.terminate()
        server.process.wait(40)


def test_plain_http_is_sent_to_https(front: Front) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", front.plain, timeout=10)
    with closing(connection):
        connection.request("GET", "/clients/157083", headers={"Host": "credit.example.fr"})
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Location"]) == (
            301,
            "https://credit.example.fr/clients/157083",
        )


def test_pages_and_static_files_carry_the_applications_headers(front: Front) -> None:
    status, headers, page = front.ask("/connexion")
    assert (status, headers["Strict-Transport-Security"]) == (200, HSTS)
    assert "Secure" in headers["Set-Cookie"]
    style = re.search(r'href="(/static/base\.css\?v=[0-9a-f]+)"', page)
    assert style
    status, headers, text = front.ask(style[1])
    assert (status, headers["Strict-Transport-Security"]) == (200, HSTS)
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert text == (REPO / "static/base.css").read_text()
    status, headers, _ = front.ask("/static/base.css")
    assert (status, headers["Cache-Control"]) == (200, "no-cache")


def test_somebody_signs_in_through_it(front: Front) -> None:
    _, headers, page = front.ask("/connexion", Host="credit.example.fr")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    cookie = headers["Set-Cookie"].partition(";")[0]
    form = f"identifiant=agathe&mot_de_passe={PASSWORD.replace(' ', '+')}&csrf_token={token[1]}"
    sent = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    sent |= {"Referer": "https://credit.example.fr/connexion", "Host": "credit.example.fr"}
    status, headers, _ = front.ask("/connexion", "POST", form.encode(), **sent)
    assert (status, headers["Location"]) == (303, "/")
    cookies = headers.get_all("Set-Cookie") or []
    assert ["Secure" in one for one in cookies] == [True, True]
    (cookie,) = [one.partition(";")[0] for one in cookies if one.startswith("session=")]
    assert front.ask("/clients/157083", Cookie=cookie, Host="credit.example.fr")[0] == 200


def test_the_body_limits_agree(front: Front) -> None:
    sent = {"Authorization": f"Bearer {front.token}", "Content-Type": "text/csv"}
    # 10,000 clients of 4,096 bytes come through, to be read (and here refused) by the application.
    status, headers, told = front.ask("/api/v1/scores", "POST", b"x" * 40_960_000, **sent)
    assert (status, headers["Content-Type"]) == (422, "application/problem+json")
    status, headers, told = front.ask("/api/v1/scores", "POST", b"x" * 40_960_001, **sent)
    assert (status, headers["Content-Type"]) == (413, "application/problem+json")
    assert "envoyez moins de clients à la fois" in told
    # What nginx does not even hand on is told in French too.
    status, _, told = front.ask("/api/v1/scores", "POST", b"x" * (41 * 1024 * 1024 + 1), **sent)
    assert status == 413
    assert "<h1>Envoi trop volumineux</h1>" in told


def test_an_application_that_does_not_answer_is_told_in_french(front: Front, tmp_path: Path) -> None:
    plain, tls = free_port(), free_port()
    config = configured(front.folder, plain, tls, free_port()).replace(
        f"{front.folder}/pid", f"{tmp_path}/pid"
    )
    (tmp_path / "nginx.conf").write_text(config)
    nginx = subprocess.Popen(
        ["nginx", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "error.log")]
    )
    alone = Front(plain, tls, front.server, front.folder, front.token)
    try:
        for _ in range(100):
            try:
                status, headers, told = alone.ask("/clients/157083")
                break
            except OSError:
                time.sleep(0.1)
    finally:
        nginx.terminate()
        nginx.wait(10)
    assert (status, headers["Retry-After"]) == (503, "30")
    assert '<html lang="fr">' in told
    assert "<h1>Application indisponible</h1>" in told


def test_its_log_names_nobody(front: Front) -> None:
    front.ask("/clients/157083?client=157083")
    front.ask("/clients/%D9%A1%D9%A0%D9%A0")
    lines = (front.folder / "access.log").read_text().splitlines()
    assert any(" GET /clients/* 303 " in line for line in lines)
    for line in lines:
        assert re.fullmatch(r"\[[0-9T:+-]+\] [A-Z]+ [^0-9?]* \d{3} \d+ [0-9.]+", line), line
