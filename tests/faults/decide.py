"""Eight people decide on two servers with one database, while workers die and the database stops.

Each form is sent as people send them: once, twice at once, again after the back button, or cut off before
its answer; and again until it is answered. What was confirmed must be there, once; what is there must be
whole, with its entry of the journal, whose chain must hold.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import signal
import sqlite3
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from lxml import html
from sqlalchemy import func, select

from pretadepenser.config import load
from pretadepenser.credit.portfolio import current_portfolio
from pretadepenser.records import agreeing, journal, users
from pretadepenser.records.database import Database
from pretadepenser.records.journal import JournalError, Kind
from pretadepenser.records.models import Decision, JournalEntry, User
from tests import postgresql
from tests.faults.ground import DATABASE, NO_DATABASE, PASSWORD, Ground, Progress, Result, end, silent
from tests.web.test_gunicorn import Server, fork

PEOPLE: Final = 8
# Seconds after which a form that nobody answers is lost.
LONGEST: Final = 120
BUSY: Final = NO_DATABASE
_WAYS: Final = ("once", "twice at once", "again afterwards", "cut off")


@dataclass
class Bank:
    """Two servers on one instance and one database.

    pair: the servers that run now; a killed one is replaced. settings: of their environment. cookies: of the
    people who have signed in, whom every server knows.
    """

    instance: Path
    url: str
    pair: list[Server] = field(default_factory=list)
    postgres: postgresql.Server | None = None
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        return {"PRETADEPENSER_DATABASE_URL": self.url}

    def begin(self) -> Server:
        """Start a server, and wait until it answers."""
        server = fork(self.instance, **self.settings)
        server.wait()
        server.wait_for_workers()
        return server

    @property
    def database(self) -> Database:
        """The database, as another process opens it."""
        settings = load({"DATABASE_URL": self.url}, {"INSTANCE": self.instance})
        return Database(str(settings["DATABASE_URL"]))


@contextmanager
def opened(ground: Ground, postgres: postgresql.Server | None = None) -> Iterator[Bank]:
    """A bank with PEOPLE advisors on an instance of its own, in SQLite or on a running PostgreSQL."""
    url = postgres.url if postgres else f"sqlite:///{ground.instance / DATABASE}"
    bank = Bank(ground.instance, url, postgres=postgres)
    database = bank.database
    database.upgrade()
    with database.connection() as connection:
        known = set(connection.scalars(select(User.name)))
    for number in range(PEOPLE):
        if f"conseil{number}" not in known:
            users.add_user(database, f"conseil{number}", "conseiller", PASSWORD)
    database.engine.dispose()
    try:
        bank.pair += [bank.begin(), bank.begin()]
        yield bank
    finally:
        for server in bank.pair:
            end(server)


@dataclass
class Advisor:
    """Somebody who decides, on whichever server answers.

    confirmed: addresses of the records that each form led to; keys: of the forms, as the database has them;
    wrong: answers that nobody should get.
    """

    name: str
    identity: int
    bank: Bank
    random: Random
    cookie: str = ""
    confirmed: dict[str, set[str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    ways: Counter[str] = field(default_factory=Counter)
    refused: int = 0

    def sign_in(self) -> None:
        """Sign in once, for both servers and all that follow: sessions are the database's."""
        if self.name not in self.bank.cookies:
            server = self.bank.pair[0]
            server.cookie = ""
            assert server.sign_in(self.name, PASSWORD) == 303
            # The first form after it brings the secret of the forms' tokens.
            *_, cookie = server.request("GET", "/")
            self.bank.cookies[self.name] = cookie or server.cookie
        self.cookie = self.bank.cookies[self.name]

    def decide(self, number: int) -> None:
        """Open the form of a client, fill it in and send it in one of the ways, until it is confirmed."""
        address = f"/clients/{number}/decision"
        status, text, _ = self._insist(lambda: self._ask("GET", address), {200})
        if status != 200:
            self.wrong.append(f"GET form: {status}")
            return
        form = filled(text)
        plain = f"{self.identity}:{number}:{dict(form)['cle']}"
        key = hashlib.sha256(plain.encode()).hexdigest()
        places = self.confirmed.setdefault(key, set())
        way = self.random.choice(_WAYS)
        self.ways[way] += 1

        def send() -> None:
            status, text, place = self._insist(lambda: self._ask("POST", address, form), {303})
            if status == 303:
                places.add(place)
            else:
                self.wrong.append(f"POST {way}: {status} {_told(text)}")

        if way == "cut off":
            self._cut(address, form)
        if way == "twice at once":
            with ThreadPoolExecutor(2) as pool:
                for sent in [pool.submit(send), pool.submit(send)]:
                    sent.result()
        else:
            send()
        if way == "again afterwards":
            send()

    def _insist(self, ask: Callable[[], tuple[int, str, str]], wanted: set[int]) -> tuple[int, str, str]:
        """Ask until there is an answer that is no interruption; note refusals that say nothing in French."""
        until = time.monotonic() + LONGEST
        answer = (0, "", "")
        while time.monotonic() < until:
            try:
                answer = ask()
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
                continue
            if answer[0] in wanted:
                return answer
            if answer[0] != 503 or BUSY not in answer[1]:
                return answer
            self.refused += 1
            time.sleep(0.2)
        return answer

    def _ask(self, method: str, path: str, form: Sequence[tuple[str, str]] = ()) -> tuple[int, str, str]:
        """Status, text and where it leads, from a server drawn at random."""
        port = self.random.choice(self.bank.pair).port
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=40)) as connection:
            connection.request(method, path, _body(form), self._headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.headers.get("Location", "")

    def _cut(self, path: str, form: Sequence[tuple[str, str]]) -> None:
        """Send the whole form and go away before it is answered."""
        port = self.random.choice(self.bank.pair).port
        with (
            suppress(OSError),
            closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection,
        ):
            connection.request("POST", path, _body(form), self._headers)
            time.sleep(self.random.uniform(0, 0.05))

    @property
    def _headers(self) -> Mapping[str, str]:
        return {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}


def filled(page: str) -> list[tuple[str, str]]:
    """The form of a decision as it is shown, with a refusal, its motive and a text."""
    document = html.document_fromstring(page)
    (form,) = [one for one in document.forms if "cle" in one.inputs]
    chosen = {"verdict": "refus", "motifs": "revenus", "texte": "Les revenus ne sont pas prouvés."}
    kept = [(name, value) for name, value in form.form_values() if name not in chosen]
    return [*kept, *chosen.items()]


def _body(form: Sequence[tuple[str, str]]) -> str | None:
    return urllib.parse.urlencode(form) if form else None


def _told(text: str) -> str:
    document = html.document_fromstring(text)
    told = document.xpath("//title | //*[contains(@class, 'error-summary')]//li")
    return " | ".join(" ".join(one.text_content().split()) for one in told)


# What befalls the bank while people decide.
Blow = Callable[[Bank, Random], object]


def kill_worker(bank: Bank, random: Random) -> None:
    """Kill a worker of one of the servers (SIGKILL)."""
    server = random.choice(bank.pair)
    with suppress(ProcessLookupError, FileNotFoundError, IndexError):
        os.kill(random.choice(sorted(server.workers())), signal.SIGKILL)


def kill_master(bank: Bank, random: Random) -> None:
    """Kill a server; its workers end by themselves, and another one takes its place."""
    place = random.randrange(len(bank.pair))
    bank.pair[place].process.kill()
    bank.pair[place].process.wait(40)
    bank.pair[place] = bank.begin()


def stop_database(bank: Bank, random: Random, longest: float = 4.0) -> None:
    """Stop the database for a while (seconds): PostgreSQL as if the power had gone; SQLite is locked."""
    seconds = random.uniform(longest / 4, longest)
    if bank.postgres is not None:
        bank.postgres.stop()
        time.sleep(seconds)
        bank.postgres.start()
        return
    with closing(sqlite3.connect(bank.instance / DATABASE, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        other.execute("ROLLBACK")


def decide(
    bank: Bank,
    decisions: int,
    blows: Mapping[str, tuple[Blow, int]],
    seed: int,
    progress: Progress = silent,
    pause: float = 0.0,
) -> list[Result]:
    """Let PEOPLE make so many decisions while each blow strikes so often; then look at what there is.

    People go on for as long as blows are left to strike. pause: seconds for which each of them, having made
    their share, rests before another decision; a server that begins meanwhile has the processor to itself.
    """
    random = Random(seed)
    portfolio = current_portfolio(bank.instance)
    assert portfolio
    numbers = portfolio.numbers().tolist()
    people = _people(bank, seed)
    last = _last(bank)
    struck: Counter[str] = Counter()
    quiet = threading.Event()

    def work(advisor: Advisor) -> None:
        share = -(-decisions // PEOPLE)
        while len(advisor.confirmed) < share or not quiet.wait(pause):
            advisor.decide(advisor.random.choice(numbers))

    with ThreadPoolExecutor(PEOPLE) as pool:
        working = [pool.submit(work, advisor) for advisor in people]
        try:
            plan = [name for name, (_, times) in blows.items() for _ in range(times)]
            random.shuffle(plan)
            for number, name in enumerate(plan):
                time.sleep(random.uniform(0.05, 0.6))
                blows[name][0](bank, random)
                struck[name] += 1
                progress(f"decide: {name}", (number + 1) / len(plan))
        finally:
            quiet.set()
        for done in working:
            done.result()
    sent = Result("decisions of eight people on two servers", sum(len(one.confirmed) for one in people))
    sent.wrong += [f"{one.name}: {what}" for one in people for what in one.wrong]
    sent.wrong += look(bank, people, since=last)
    ways = sum((one.ways for one in people), Counter())
    refused = sum(one.refused for one in people)
    sent.told = ", ".join(f"{ways[way]} {way}" for way in _WAYS) + f"; asked again after 503: {refused}"
    return [sent, *(Result(name, struck[name]) for name in blows)]


def _people(bank: Bank, seed: int) -> list[Advisor]:
    database = bank.database
    with database.connection() as connection:
        known = {row.name: row.id for row in connection.execute(select(User.name, User.id))}
    database.engine.dispose()
    names = [f"conseil{number}" for number in range(PEOPLE)]
    people = [Advisor(name, known[name], bank, Random(f"{seed} {name}")) for name in names]
    for advisor in people:
        advisor.sign_in()
    return people


def _last(bank: Bank) -> int:
    """Id of the last decision there is."""
    database = bank.database
    with database.connection() as connection:
        last = connection.scalar(select(func.max(Decision.id)))
    database.engine.dispose()
    return last or 0


def look(bank: Bank, people: Sequence[Advisor], since: int) -> list[str]:
    """What is lost, doubled, half there or not in the journal; nothing where all is well.

    since: id of the last decision before these people began.
    """
    database = bank.database
    wrong = []
    with database.connection() as connection:
        query = select(
            Decision.id, Decision.key, Decision.author_id, Decision.client, Decision.content, Decision.sha256
        )
        rows = {row.key: row for row in connection.execute(query)}
        entries = connection.scalars(
            select(JournalEntry.content).where(JournalEntry.kind == str(Kind.DECIDED))
        ).all()
    told = Counter(json.loads(content or "{}").get("decision") for content in entries)
    mine = {key: one for advisor in people for key, one in advisor.confirmed.items()}
    for key, places in mine.items():
        row = rows.get(key)
        if row is None:
            wrong.append(f"{places} was confirmed and is not there")
        elif places != {f"/decisions/{row.id}"}:
            wrong.append(f"decision {row.id} was confirmed as {places}")
    authors = {advisor.identity for advisor in people}
    wrong += [
        f"decision {row.id} came from no form"
        for row in rows.values()
        if row.id > since and row.author_id in authors and row.key not in mine
    ]
    for row in rows.values():
        if hashlib.sha256(str(row.content).encode()).hexdigest() != row.sha256:
            wrong.append(f"decision {row.id} is not whole")
        if told[row.id] != 1:
            wrong.append(f"decision {row.id} has {told[row.id]} entries in the journal")
    if len(entries) != len(rows):
        wrong.append(f"{len(entries)} entries tell of {len(rows)} decisions")
    try:
        journal.verify(database)
        agreeing.check(database)
    except JournalError as error:
        wrong.append(str(error))
    database.engine.dispose()
    return wrong
