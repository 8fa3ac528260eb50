"""Server time of every page against a bare Flask page and against one row of TreeSHAP."""

from __future__ import annotations

import shutil
from functools import partial

import numpy as np
from flask import Flask
from flask.testing import FlaskClient

from pretadepenser.credit import dictionary
from pretadepenser.credit.model.inputs import input_matrix
from pretadepenser.credit.model.scoring import current_model
from pretadepenser.credit.portfolio import current_portfolio
from tests.bench.ground import AUDITOR, Ground, line, median, p99, simulated, timed, title

ROUNDS = 200


def run(ground: Ground) -> None:
    """Time the pages for clients drawn at random, each seen once."""
    portfolio, model = current_portfolio(ground.instance), current_model(ground.instance)
    assert portfolio
    assert model
    numbers = np.random.default_rng(0).choice(portfolio.numbers(), ROUNDS, replace=False).tolist()
    rows = {number: found.values for number in numbers if (found := portfolio.client(number))}
    browser, auditor = ground.browser(), ground.browser(AUDITOR)

    bare = Flask("bare")
    bare.add_url_rule("/", "page", lambda: "<!doctype html><title>page</title>")
    empty = bare.test_client()

    def shap(number: int) -> object:
        frame = dictionary.frame([rows[number]])
        return model.contributions(input_matrix(frame, model.features))

    title(f"Pages, server time in ms over {ROUNDS} clients (p50, p99, ratio to the floor)")
    floor = timed(shap, numbers)
    line("floor: one row of exact TreeSHAP", f"{median(floor):.2f}", f"{p99(floor):.2f}", "1.0")
    line("lookup of one client", f"{median(timed(portfolio.client, numbers)):.2f}")
    plain = timed(lambda _: empty.get("/"), numbers)
    line(
        "bare Flask page", f"{median(plain):.2f}", f"{p99(plain):.2f}", f"{median(plain) / median(floor):.1f}"
    )
    paths = {
        "client page": "/clients/{}",
        "comparison": "/clients/{}/comparaison",
        "simulation, form": "/clients/{}/simulation",
        "levers": "/clients/{}/leviers",
        "meeting sheet": "/clients/{}/entretien",
        "model": "/modele",
        "fairness": "/modele/equite",
        "technology watch": "/veille",
        "journal": "/journal",
    }
    for name, path in paths.items():
        reader = auditor if name in ("fairness", "journal") else browser
        reader.get(path.format(numbers[0]))
        taken = timed(partial(_read, reader, path), numbers)
        ratio = f"{median(taken) / median(floor):.1f}"
        line(name, f"{median(taken):.2f}", f"{p99(taken):.2f}", ratio)
    pdf = timed(partial(_read, browser, "/clients/{}/entretien.pdf"), numbers[:10])
    line("meeting sheet, tagged PDF", f"{median(pdf):.0f}", f"{p99(pdf):.0f}")
    typed = {n: simulated(browser.get(f"/clients/{n}/simulation").text) for n in numbers[:50]}
    # A credit a twentieth larger is refused where the instalment would no longer fit it: one client in fifty.
    fitting = [n for n in typed if browser.post(f"/clients/{n}/simulation", data=typed[n]).status_code == 200]
    assert len(fitting) >= 40
    posted = timed(partial(_post, browser, typed), fitting)
    line("simulation, answer", f"{median(posted):.2f}", f"{p99(posted):.2f}")

    title("Charts, ms (drawn, then kept on disk for every worker)")
    shutil.rmtree(ground.instance / "pictures", ignore_errors=True)
    for chart in ("score", "contributions"):
        path = f"/clients/{{}}/graphiques/{chart}.svg"
        cold = timed(partial(_read, browser, path), numbers[:40])
        kept = timed(partial(_read, browser, path), numbers[:40])
        line(chart, f"{median(cold):.1f}", f"{median(kept):.1f}", f"÷ {median(cold) / median(kept):.1f}")


def _post(browser: FlaskClient, typed: dict[int, dict[str, str]], number: int) -> None:
    answer = browser.post(f"/clients/{number}/simulation", data=typed[number])
    assert answer.status_code == 200, (number, answer.status_code)
    assert "<h2>Avant et après</h2>" in answer.text


def _read(browser: FlaskClient, path: str, number: int) -> None:
    answer = browser.get(path.format(number))
    assert answer.status_code == 200, (path, answer.status_code)
