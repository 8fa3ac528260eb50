"""What the benchmarks stand on: a trained instance, a signed-in browser, and lines of figures."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from lxml.html import document_fromstring

from pretadepenser import create_app, demo
from pretadepenser.credit.model import training
from pretadepenser.credit.portfolio import import_batches, import_folder
from pretadepenser.records import users

USER, AUDITOR, PASSWORD = "bench", "controle", "un mot de passe d'essai"


@dataclass(frozen=True)
class Ground:
    """The instance folder under test, its application, sizes of portfolio to compare, its clients' folder.

    multiples, works, drawn: of the engines, at which sizes (in times Kaggle's) and in what they are compared,
    and the folder of the smallest size's clients where they are drawn already.
    """

    instance: Path
    app: Flask
    sizes: tuple[int, ...]
    data: Path | None = None
    multiples: tuple[float, ...] = (1, 4, 10)
    works: tuple[str, ...] = ("figures", "import")
    drawn: Path | None = None

    def browser(self, user: str = USER) -> FlaskClient:
        """A signed-in user: who meets clients, or the auditor."""
        browser = self.app.test_client()
        token = csrf(browser.get("/connexion").text)
        form = {"identifiant": user, "mot_de_passe": PASSWORD, "csrf_token": token}
        assert browser.post("/connexion", data=form).status_code == 303
        return browser


def csrf(page: str) -> str:
    """The CSRF token of a page's form."""
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
    assert found
    return found[1]


def simulated(page: str, factor: float = 1.05) -> dict[str, str]:
    """The form of a simulation as it stands on its page, but for the amount of the credit."""
    forms = document_fromstring(page).forms
    (form,) = [one for one in forms if "amt_credit" in one.fields and one.method == "POST"]
    typed = {name: str(value) for name, value in form.form_values()}
    before = float(re.sub(r"[^0-9,]", "", typed["amt_credit"]).replace(",", "."))
    return typed | {"amt_credit": f"{before * factor:.2f}".replace(".", ",")}


def make_ground(folder: Path, clients: int, sizes: tuple[int, ...], data: Path | None = None) -> Ground:
    """Make a portfolio, of the clients in `data` where given, train its model and say how long it took."""
    instance = folder / "instance"
    begun = time.perf_counter()
    if data is None:
        title(f"Ground: {clients:,} fictitious clients")
        import_batches(demo.batches(clients, 1), instance, fictitious=True)
    else:
        clients = import_folder(data, instance).clients
        title(f"Ground: the {clients:,} clients of {data}")
    line("make the portfolio", f"{clients / (time.perf_counter() - begun):,.0f} clients/s")
    begun = time.perf_counter()
    training.train(instance)
    line("train, cross-validate, explain, score all", f"{time.perf_counter() - begun:.1f} s")
    app = create_app({"INSTANCE": instance, "TESTING": True})
    app.extensions["database"].upgrade()
    users.add_user(app.extensions["database"], USER, "responsable", PASSWORD)
    users.add_user(app.extensions["database"], AUDITOR, "auditeur", PASSWORD)
    return Ground(instance, app, sizes, data)


def title(text: str) -> None:
    """Head of a group of figures."""
    print(f"\n{text}", flush=True)  # noqa: T201 (a report on the terminal)


def line(what: str, *figures: str) -> None:
    """One line of the report."""
    print(f"  {what:<58}" + "".join(f"{figure:>16}" for figure in figures), flush=True)  # noqa: T201


def timed(work: Callable[[int], object], arguments: Sequence[int]) -> list[float]:
    """Milliseconds of `work` for each argument."""
    taken = []
    for argument in arguments:
        begun = time.perf_counter()
        work(argument)
        taken.append(1000 * (time.perf_counter() - begun))
    return taken


def median(values: Sequence[float]) -> float:
    """Median, as every figure here is one."""
    return statistics.median(values)


def p99(values: Sequence[float]) -> float:
    """Ninety-ninth percentile, nearest rank."""
    return sorted(values)[max(0, -(-len(values) * 99 // 100) - 1)]
