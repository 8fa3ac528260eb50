"""Hostile paths, queries, forms, headers, cookies and bodies at every address, in process and over sockets.

Never a 500, a trace or an English page, never a digit in a line of the log, always the headers that protect.
"""

from __future__ import annotations

import io
import re
import socket
import unicodedata
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from urllib.parse import quote_from_bytes, urlencode

from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from lxml import html
from werkzeug.test import EnvironBuilder, run_wsgi_app
from werkzeug.wrappers import Response

from pretadepenser.web.operations import masked_path
from tests import invariants
from tests.faults.ground import Progress, Result, Visitor, silent
from tests.web.test_access import LINES, NAMES, WHO, visitor

ENGLISH: Final = re.compile(
    r"Not Found|Bad Request|Method Not Allowed|Internal Server Error|The requested URL|Traceback|File \""
)
PROTECTING: Final = (
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "Permissions-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Cache-Control",
)
TITLES: Final = {
    "Demande incorrecte", "Jeton absent ou inconnu", "Introuvable", "Méthode non permise",
    "Demande trop grande", "Format non pris en charge", "Données refusées", "Trop de demandes",
}  # fmt: skip
_PLAIN: Final = "Ce nom de domaine n’est pas servi ici."
_METHODS: Final = ("GET", "GET", "GET", "POST", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW")
_HEADERS: Final = (
    "Accept", "Accept-Encoding", "Accept-Language", "Content-Type", "Content-Encoding", "Content-Length",
    "Transfer-Encoding", "Host", "Referer", "Origin", "Range", "If-None-Match", "If-Modified-Since", "Cookie",
    "Authorization", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-CSRFToken",
    "Sec-Fetch-Site", "Expect", "X-HTTP-Method-Override",
)  # fmt: skip
_TYPES: Final = (
    "application/json", "text/csv", "application/x-www-form-urlencoded", "multipart/form-data",
    "multipart/form-data; boundary=x", "text/csv; charset=utf-16", "application/json; charset=\xff", "", ";",
)  # fmt: skip
_NASTY: Final = (
    "", " ", "\0", "\n", "\r\nX: y", "%00", "%0a", "%", "%zz", "..", "../../../etc/passwd",
    "//exemple.fr", "\\\\x", "{{7*7}}", "{% raise %}", "<script>alert(1)</script>", "' OR 1=1 --",
    "=1+1", "${jndi:ldap://x}", "-1", "+1", "1e309", "-0", "NaN", "inf", "0x10", "1_000", "9" * 400,
    "١٠٠٠٠٢", "１５７０８３", "²", "157083", "1570830000000000", "1157 jours", "31/02/2021", "15/03/2021",
    "1,5", "1.5", "1 000 000", "\u202e", "\ufeff", "é" * 2000, "a" * 9000, "accordes", "refuses",
    "AMT_CREDIT", "TARGET", "true", "null", "[]", "{}", "[[[[", '{"rows": [{}]}',
)  # fmt: skip


@dataclass(frozen=True)
class Input:
    """One request: who sends what."""

    who: str
    target: tuple[str, bytes]
    query: bytes
    headers: tuple[tuple[str, str], ...]
    body: bytes
    token: bool

    @property
    def method(self) -> str:
        return self.target[0]

    @property
    def path(self) -> bytes:
        return self.target[1]


NOTHING: Final = Input("nobody", ("GET", b"/connexion"), b"", (), b"", False)


def inputs(fields: list[str]) -> st.SearchStrategy[Input]:
    """Requests at the addresses of the access matrix, with names of form fields that pages have."""
    word = st.sampled_from(_NASTY) | st.text(max_size=30)
    raw = word.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=30)
    known = st.sampled_from([line[0] for line in LINES])
    # Three times out of four at an address and with a method that are served, what comes with them is read.
    targets = st.sampled_from([(line[1], line[0].encode()) for line in LINES])
    part = st.tuples(known, st.integers(0, 8), raw).map(_with_part)
    elsewhere = st.tuples(st.sampled_from(_METHODS), part | raw.map(lambda end: b"/" + end))
    pairs = st.lists(st.tuples(st.sampled_from(fields) | word, word), max_size=8)
    encoded = pairs.map(lambda given: urlencode(given, errors="surrogatepass").encode())
    json = st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | word,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(word, inner, max_size=3),
        max_leaves=8,
    ).map(lambda content: repr(content).replace("'", '"').encode("utf-8", "replace"))
    # What a server hands on: no control characters but the tab, Latin-1.
    sign = st.characters(max_codepoint=255, exclude_categories=["Cc"])
    value = st.sampled_from(
        [*_TYPES, "session=x", "session=" + "e" * 99, "Bearer x", "Basic eA==", "bytes=0-1"]
    )
    headers = st.lists(st.tuples(st.sampled_from(_HEADERS), value | st.text(sign, max_size=30)), max_size=4)
    return st.builds(
        Input,
        who=st.sampled_from(WHO),
        target=st.sampled_from([targets, targets, targets, elsewhere]).flatmap(lambda one: one),
        query=st.just(b"") | encoded | raw,
        headers=headers.map(tuple),
        body=st.just(b"") | encoded | json | raw,
        token=st.booleans(),
    )


def _with_part(drawn: tuple[str, int, bytes]) -> bytes:
    """An address with one of its parts replaced, or one more."""
    address, place, part = drawn
    parts = address.encode().split(b"/")
    parts[min(place, len(parts)) or 1 : place + 1] = [part]
    return b"/".join(parts)


@dataclass
class _Assailed:
    """An application, and a browser of each kind with its CSRF token."""

    app: Flask
    browsers: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)

    def enter(self) -> None:
        """Sign everybody in, and collect the names of fields."""
        for who in WHO:
            browser = self.browsers[who] = visitor(self.app, who)
            page = browser.get("/compte" if who in NAMES else "/connexion").text
            found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
            assert found
            self.tokens[who] = found[1]
        for address, method, *said in LINES:
            # Between them they may open every page.
            may = [who for who in ("manager", "opened", "admin") if said[WHO.index(who)] == "200"]
            if method != "GET" or not may:
                continue
            answer = self.browsers[may[0]].get(address)
            if answer.mimetype == "text/html" and answer.status_code == 200:
                controls = html.document_fromstring(answer.text).xpath("//input | //select | //textarea")
                self.fields |= {control.get("name") for control in controls if control.get("name")}
        self.fields |= {"suite", "reasons", "v"}

    def send(self, one: Input) -> Response:
        """Send it as it is, past what a client would put right."""
        environ = EnvironBuilder(method=one.method).get_environ()
        environ["PATH_INFO"] = one.path.decode("latin-1")
        environ["QUERY_STRING"] = quote_from_bytes(one.query, "=&%+/")
        environ["REQUEST_METHOD"] = one.method
        for name, value in one.headers:
            key = name.upper().replace("-", "_")
            environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
        if one.body:
            environ["wsgi.input"] = io.BytesIO(one.body)
            environ.setdefault("CONTENT_TYPE", "application/x-www-form-urlencoded")
            environ["CONTENT_LENGTH"] = str(len(one.body))
        # Leaving is for those who mean it: the others go on being who they are.
        if one.token and b"deconnexion" not in one.path:
            environ["HTTP_X_CSRFTOKEN"] = self.tokens[one.who]
        browser = self.browsers[one.who]
        if "HTTP_COOKIE" not in environ:
            browser._add_cookies_to_wsgi(environ)
        environ |= {name: value for name, value in browser.environ_base.items() if name not in environ}
        content, status, headers = run_wsgi_app(self.app, environ, buffered=True)
        return Response(content, status, headers)


def assail(app: Flask, count: int, start: int, progress: Progress = silent) -> list[Result]:
    """Send `count` inputs to an application in this process, as everybody in turn."""
    assailed = _Assailed(app)
    assailed.enter()
    result = Result("hostile requests at every address, in process")
    statuses: dict[int, int] = {}

    @seed(start)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs(sorted(assailed.fields)))
    def attack(one: Input) -> None:
        answer = assailed.send(one)
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        result.wrong += [f"{one}: {what}" for what in faults(one, answer)]
        result.tried += 1
        progress("hostile inputs", result.tried / count)

    attack()
    told = ", ".join(f"{status}: {often}" for status, often in sorted(statuses.items()))
    result.told = f"statuses {told}"
    return [result]


def faults(one: Input, answer: Response) -> list[str]:
    """What an answer must not be."""
    found = [f"no {name}" for name in PROTECTING if name not in answer.headers]
    status, text = answer.status_code, ""
    if status >= 500:
        found.append(f"status {status}")
    if (answer.mimetype or "").startswith(("text/", "application/json", "application/problem")):
        text = answer.get_data().decode("utf-8", "replace")
    if ENGLISH.search(text) and answer.mimetype != "text/css":
        found.append(f"an English text: {text[:200]!r}")
    location = answer.headers.get("Location", "/")
    if not re.match(r"/(?![/\\])", location):
        found.append(f"sent to {location}")
    if one.method != "HEAD" and status not in (301, 302, 303, 304, 308):
        found += _form(one, answer, text)
    return found + unclean(masked_path(one.path.decode("utf-8", "replace")))


def _form(one: Input, answer: Response, text: str) -> list[str]:
    """What is wrong with the form of a page, of a problem of the API, of a plain sentence."""
    if answer.mimetype == "text/html" and text:
        try:
            invariants.check(text, "page")
        except AssertionError as error:
            return [f"{answer.status_code}, {error}"]
    elif answer.mimetype == "application/problem+json":
        content = answer.get_json()
        if content["title"] not in TITLES or content["status"] != answer.status_code:
            return [f"a problem without a title of ours: {content}"]
    elif answer.status_code >= 400 and text != _PLAIN:
        return [f"{answer.status_code} is told as {answer.mimetype}: {text[:200]!r}"]
    return []


def unclean(path: str) -> list[str]:
    """What a path in a line of the log must not have: a digit of any script, a sign that is not printable."""
    path = re.sub(r"(?<=/)v\d(?=/|$)", "v", path)
    found = [sign for sign in path if unicodedata.category(sign) == "Nd" or not sign.isprintable()]
    return [f"{found} in a line of the log"] if found else []


LINE: Final = re.compile(
    r"\[[^]]+\] (?:[A-Za-z]+|\?|-) (?P<path>.*) (?:\d{3}|-) (?:\d+|None|-) octets \d+ ms"
)
_WIRE: Final = (
    b"GET157083 / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n", b"GET /\r\n\r\n", b"\r\n\r\n\r\n", b"\0" * 64,
    b"GET  / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET / HTTP/1.1\r\nX\r\n\r\n", b"GET / HTTP/1.1\r\n: x\r\n\r\n",
    b"POST /connexion HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab",
    b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"POST /api/v1/scores HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
    b"POST /connexion HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nab",
    b"POST /connexion HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"GET /clients/157083%0a157083 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET http://x/clients/157083 HTTP/1.1\r\n\r\n",
    b"GET /%d9%a1%d9%a0 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /a%00%1b[31m HTTP/1.1\r\nHost: x\r\n\r\n", b"GET * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\0\x01\0",
    b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 300 + b"\r\n",
    b"GET /" + b"1" * 9000 + b" HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
)  # fmt: skip


def assail_sockets(visitor: Visitor, count: int, start: int, progress: Progress = silent) -> list[Result]:
    """Send requests that no browser sends to a running server, whole, cut off, and with bytes changed."""
    random = Random(start)
    server = visitor.server
    workers, begun = server.wait_for_workers(), server.log.stat().st_size
    result, unanswered, refused = Result("malformed requests over sockets"), 0, 0
    for number in range(count):
        sent = bytearray(_WIRE[number % len(_WIRE)])
        for _ in range(random.choice((0, 0, 1, 4)) if number >= len(_WIRE) else 0):
            sent[random.randrange(min(len(sent), 200))] = random.randrange(256)
        answer = _exchange(server.port, bytes(sent)).decode("utf-8", "replace")
        unanswered += not answer
        # gunicorn refuses by itself what is no HTTP, before the application.
        if re.match(r"HTTP/1\.1 4", answer) and "\r\nServer: " not in answer:
            refused += 1
            result.wrong += [
                f"{bytes(sent[:80])!r}: no {wanted!r} in {answer[:300]!r}"
                for wanted in ('<html lang="fr">', "\r\nX-Content-Type-Options: nosniff\r\n")
                if wanted not in answer
            ]
        if re.match(r"HTTP/1\.\d 500", answer) or "Traceback" in answer:
            result.wrong.append(f"{bytes(sent[:80])!r}: {answer[:300]!r}")
        result.tried += 1
        progress("hostile sockets", result.tried / count)
    with server.log.open("rb") as log:
        log.seek(begun)
        lines = log.read().decode("utf-8", "replace").splitlines()
    for line in lines:
        if " octets " in line:
            found = LINE.fullmatch(line)
            result.wrong += unclean(found["path"]) if found else [f"a line of the log: {line!r}"]
        elif "Traceback" in line or re.search(r"\d{5,}", line.partition("] [")[2].partition("]")[2]):
            result.wrong.append(f"a line of the log: {line!r}")
    if server.workers() != workers:
        result.wrong.append("a worker has died")
    result.told = f"refused by gunicorn itself: {refused}, closed without an answer: {unanswered}"
    return [result]


def _exchange(port: int, sent: bytes) -> bytes:
    """Send, say that this was all, and read what comes."""
    received = b""
    with socket.socket() as sock:
        sock.settimeout(10)
        sock.connect(("127.0.0.1", port))
        try:
            sock.sendall(sent)
            sock.shutdown(socket.SHUT_WR)
            while more := sock.recv(65536):
                received += more
        except OSError:  # reset while there was more to send: an answer too
            pass
    return received
