"""Commands that write and servers under load are killed (SIGKILL) at random moments.

What is published opens and answers as before or as after, nothing between. What was acknowledged is there.
No draft is left when the next command has begun, and nobody but owner and group can read a file.
"""

from __future__ import annotations

import http.client
import itertools
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

import pyarrow as pa
import pyarrow.csv

from pretadepenser import demo
from pretadepenser.credit.portfolio import Portfolio
from tests.faults import commands
from tests.faults.ground import (
    API,
    CLIENT,
    CLIENTS,
    COMPARISON,
    Answer,
    Ground,
    Progress,
    Result,
    Visitor,
    drafts,
    integrity,
    names,
    readable_by_others,
    silent,
    wrong,
)
from tests.unit.made_up import text

# Of so many kills one is followed by commands that run to their end, which must find nothing wrong.
_LOOK: Final = 5
_COMPARED: Final = (CLIENT, COMPARISON, API)
SEEDS: Final = (3, 4)
_BEFORE: Final = b"avant"
_PREPARE: Final = ("prepare", "--clients", str(CLIENTS), "--seed", "3")


@dataclass
class Attack:
    """Commands on a served instance: how long each takes, what is answered in each state they lead to."""

    ground: Ground
    visitor: Visitor
    random: Random
    folder: Path
    # That `portfolio demo` makes.
    clients: int = CLIENTS
    states: list[dict[str, Answer]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)
    promised: dict[str, set[str]] = field(default_factory=lambda: {"user_account": set(), "api_token": set()})
    scores: set[bytes] = field(default_factory=set)

    @property
    def output(self) -> Path:
        return self.folder / "said"

    @property
    def scored(self) -> Path:
        return self.folder / "out" / "scores.csv"

    def words(self, name: str) -> list[str]:
        """A command to run, with what it is given this time."""
        one = f"essai{self.random.getrandbits(64)}"
        return name.split() + {
            "portfolio demo": ["--clients", str(self.clients), "--seed", str(self.random.choice(SEEDS))],
            "portfolio import": [str(self.folder / "kaggle")],
            "score": [str(self.folder / "some.csv"), "--output", str(self.scored), "--force", "--no-reasons"],
            "user add": [one, "--role", "auditeur", "--generate"],
            "token add": [one],
        }.get(name, [])

    def finish(self, *words: str) -> None:
        """Run a command to its end and note how long it takes and what is answered then."""
        begun = time.monotonic()
        status, said = commands.run(self.ground.instance, words, self.output)
        assert status == 0, said
        name = " ".join(words[: 1 if words[0] == "score" else 2])
        self.seconds[name] = time.monotonic() - begun
        self.results.setdefault(name, Result(f"`{name}` killed"))
        state = self.state()
        if state not in self.states:
            self.states.append(state)

    def learn(self, name: str) -> None:
        """Go through the states that a command leads to, and see how long it takes without hurry."""
        if name == "portfolio demo":
            for seed in SEEDS:
                self.finish(*name.split(), "--clients", str(self.clients), "--seed", str(seed))
        else:
            self.finish(*self.words(name))
        if name == "score":
            self.scores.add(self.scored.read_bytes())

    def note(self) -> None:
        """Go through all states, `model train` included, and through every command once without hurry."""
        demos = [["portfolio", "demo", "--clients", str(self.clients), "--seed", str(seed)] for seed in SEEDS]
        portfolios = [*demos, self.words("portfolio import")]
        for learnt in portfolios:
            self.finish(*learnt)
            self.finish("model", "train")
            self.learn("score")
            for portfolio in portfolios:
                self.finish(*portfolio)
        for name in ("model score", "user add", "token add"):
            self.learn(name)

    def state(self) -> dict[str, Answer]:
        """What is answered now, of all that commands may change."""
        return {path: self.visitor.ask(path) for path in _COMPARED}

    def strike(self, name: str) -> bool:
        """Kill a command at a random moment and look at what is left; whether it was met alive."""
        words = self.words(name)
        before = self.random.choice([_BEFORE, None])
        self.scored.unlink(missing_ok=True)
        if before:
            self.scored.touch(0o600)
            self.scored.write_bytes(before)
        process = commands.begin(self.ground.instance, words, self.output)
        process.join(self.random.uniform(0.0, self.seconds[name]))
        process.kill()
        process.join()
        if process.exitcode == 0:
            return False
        assert process.exitcode == -signal.SIGKILL, self.output.read_text("utf-8")
        said = self.output.read_text("utf-8") if self.output.exists() else ""
        if name == "user add" and f"Utilisateur ajouté : {words[2]}" in said:
            self.promised["user_account"].add(words[2])
        if name == "token add" and f"Jeton « {words[2]} », affiché" in said:
            self.promised["api_token"].add(words[2])
        result = self.results[name]
        result.tried += 1
        result.wrong += [f"{name}: {what}" for what in self.damage(before)]
        return True

    def damage(self, before: bytes | None) -> list[str]:
        """What a kill has left that it must not leave."""
        instance = self.ground.instance
        found = [*readable_by_others(instance), *readable_by_others(self.scored.parent), *integrity(instance)]
        if self.state() not in self.states:
            found.append("answers are neither those of before nor of after")
        for table, promised in self.promised.items():
            found += [f"{one} was promised and is lost" for one in promised - names(instance, table)]
        now = self.scored.read_bytes() if self.scored.exists() else None
        if now != before and now not in self.scores:
            found.append("half a file of scores")
        return found

    def look(self) -> list[str]:
        """Run commands to their end: they find all as it was written, and delete what was left."""
        status, said = commands.run(self.ground.instance, ["portfolio", "verify"], self.output)
        found = [] if status == 0 else [f"portfolio verify: {said}"]
        found += [f"{draft} is left when a command has begun" for draft in drafts(self.ground.instance)]
        status, said = commands.run(self.ground.instance, self.words("score"), self.output)
        found += [] if status == 0 else [f"score: {said}"]
        return found + [f"{draft} is left" for draft in drafts(self.scored.parent)]


@contextmanager
def attacked(ground: Ground, seed: int) -> Iterator[Attack]:
    """Serve an instance whose commands are to be killed."""
    folder = ground.instance.parent
    _write_clients(folder)
    with ground.served() as visitor:
        attack = Attack(ground, visitor, Random(seed), folder)
        attack.states.append(attack.state())
        yield attack


def kill_commands(ground: Ground, kills: int, seed: int, progress: Progress = silent) -> list[Result]:
    """Kill commands that write, on an instance that is being served."""
    with attacked(ground, seed) as attack:
        attack.note()
        chosen = list(attack.seconds)
        done = 0
        looked = Result("commands run to their end afterwards")
        while done < kills:
            if not attack.strike(chosen[done % len(chosen)]):
                continue
            done += 1
            progress("kill commands", done / kills)
            if done % _LOOK == 0 or done == kills:
                looked.tried += 1
                looked.wrong += attack.look()
    return [*attack.results.values(), looked]


def kill_workers(visitor: Visitor, workers: int, seed: int) -> Result:
    """Kill workers of a server that people and systems are asking."""
    random = Random(seed)
    right = visitor.everything()
    killed = Result("a worker killed under load", workers)
    with _asked(visitor, right) as asked:
        for _ in range(workers):
            killed.wrong += _kill_worker(visitor, random, right)
    killed.wrong += asked.wrong
    return killed


def kill_servers(
    ground: Ground, workers: int, masters: int, seed: int, progress: Progress = silent
) -> list[Result]:
    """Kill workers, then whole servers, that people and systems are asking."""
    random = Random(seed)
    killed = Result("a worker killed under load", workers)
    stopped = Result("a server's master killed under load", masters)
    done = 0
    for number in range(masters):
        with ground.served() as visitor:
            right = visitor.everything()
            share = workers // masters + (number < workers % masters)
            with _asked(visitor, right) as asked:
                for _ in range(share):
                    killed.wrong += _kill_worker(visitor, random, right)
                    done += 1
                    progress("kill servers", done / (workers + masters))
                children = _booted(visitor)
                asked.wait()
                time.sleep(random.uniform(0.1, 0.5))
                visitor.server.process.kill()
                visitor.server.process.wait()
            stopped.wrong += asked.wrong + _left(children)
        with ground.served() as visitor:
            stopped.wrong += [path for path, answer in visitor.everything().items() if answer != right[path]]
            stopped.wrong += integrity(ground.instance)
            if f'href="/clients/{asked.last}"' not in visitor.ask("/")[1]:
                stopped.wrong.append("the client who was looked at last is lost")
        done += 1
        progress("kill servers", done / (workers + masters))
    killed.told = stopped.told = "connections that were open break; all others are answered"
    return [killed, stopped]


@dataclass
class _Asked:
    """What visitors were told wrongly, and the client who was last shown to the advisor."""

    wrong: list[str] = field(default_factory=list)
    last: int = 0

    def wait(self) -> None:
        """Wait until a client was shown, half a minute at most."""
        deadline = time.monotonic() + 30
        while not self.last and time.monotonic() < deadline:
            time.sleep(0.05)


@contextmanager
def _asked(visitor: Visitor, right: dict[str, Answer]) -> Iterator[_Asked]:
    """Have a server asked by an advisor who goes from client to client and by three others, all the time."""
    asked, stop = _Asked(), threading.Event()
    clients = Portfolio.open((visitor.server.instance / "portfolio").resolve()).numbers()[:200].tolist()

    def browse() -> None:
        for number in itertools.cycle(clients):
            if stop.is_set():
                return
            with suppress(OSError, http.client.HTTPException):
                if visitor.ask(f"/clients/{number}")[0] == 200:
                    asked.last = number

    def compare(path: str) -> None:
        while not stop.is_set():
            with suppress(OSError, http.client.HTTPException):
                asked.wrong += wrong(path, visitor.ask(path), [right[path]])

    threads = [threading.Thread(target=browse)]
    threads += [threading.Thread(target=compare, args=(path,)) for path in (API, "/modele", API)]
    for thread in threads:
        thread.start()
    try:
        yield asked
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _kill_worker(visitor: Visitor, random: Random, right: dict[str, Answer]) -> list[str]:
    """Kill one worker at a random moment: it is replaced, and answers are what they were."""
    time.sleep(random.uniform(0.0, 0.3))
    victim = random.choice(sorted(visitor.server.wait_for_workers()))
    os.kill(victim, signal.SIGKILL)
    visitor.server.wait_for_workers(gone={victim})
    return [f"{path} after a kill" for path, answer in visitor.everything().items() if answer != right[path]]


def _booted(visitor: Visitor) -> set[int]:
    """The workers, once each has read the application and forked its own processes."""
    found = visitor.server.wait_for_workers()
    deadline = time.monotonic() + 60
    while not all(map(visitor.server.children, found)):
        assert time.monotonic() < deadline, "a worker has not begun after a minute"
        time.sleep(0.1)
    return found


def _left(children: set[int]) -> list[str]:
    """Workers that go on without their master for longer than they may take to finish what they answer."""
    deadline = time.monotonic() + 45
    while alive := [child for child in children if Path(f"/proc/{child}/cmdline").exists()]:
        if time.monotonic() > deadline:
            for child in alive:
                os.kill(child, signal.SIGKILL)
            return [f"{len(alive)} workers go on without their master"]
        time.sleep(0.1)
    return []


def kill_prepare(
    folder: Path, kills: int, seed: int, progress: Progress = silent, *, histories: bool = True
) -> list[Result]:
    """Kill `prepare` in folders that are empty at first, four times each; then let it end."""
    random = Random(seed)
    prepare = (*_PREPARE, "--histories" if histories else "--no-histories")
    result = Result("`prepare` killed in a new folder, and begun again")
    fresh = 0
    while result.tried < kills:
        fresh += 1
        instance = folder / f"new-{fresh}"
        for _ in range(min(4, kills - result.tried)):
            process = commands.begin(instance, prepare, folder / "said")
            process.join(random.uniform(0.5, 5.0))
            process.kill()
            process.join()
            if process.exitcode == 0:
                break
            result.tried += 1
            progress("kill prepare", result.tried / kills)
            result.wrong += readable_by_others(instance) if instance.exists() else []
        for words in (prepare, ("portfolio", "verify"), ("user", "list")):
            status, said = commands.run(instance, words, folder / "said")
            if status:
                result.wrong.append(f"{' '.join(words)} afterwards: {said}")
        result.wrong += [f"{draft} is left" for draft in drafts(instance)] + integrity(instance)
    return [result]


def _write_clients(folder: Path) -> None:
    """Clients as files: all for an import, some to be scored."""
    (folder / "kaggle").mkdir()
    (folder / "out").mkdir()
    table = text(pa.Table.from_batches(demo.batches(CLIENTS, SEEDS[0])))
    pa.csv.write_csv(table, folder / "kaggle" / "application_train.csv")
    pa.csv.write_csv(table.slice(0, 300), folder / "some.csv")
