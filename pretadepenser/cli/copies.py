"""A copy of all that is held of a client, to be handed over: JSON for programs, page and PDF for people."""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from flask import current_app, render_template

from pretadepenser import french, speech, storage
from pretadepenser.charts import history as charts
from pretadepenser.charts.chart import Table
from pretadepenser.console import Failure
from pretadepenser.credit import dictionary
from pretadepenser.credit.dictionary import client_file
from pretadepenser.credit.explanation import advice as advices
from pretadepenser.credit.explanation.advice import Advice
from pretadepenser.credit.history import told as histories
from pretadepenser.credit.model import scoring
from pretadepenser.credit.model.inputs import as_read
from pretadepenser.credit.model.scoring import Model
from pretadepenser.credit.portfolio import Client, Portfolio
from pretadepenser.credit.recourse import deadline, meeting_sheet
from pretadepenser.credit.recourse.decision import Verdict
from pretadepenser.credit.recourse.meeting_sheet import Sheet
from pretadepenser.credit.scale import Score
from pretadepenser.errors import ToldError
from pretadepenser.money import using
from pretadepenser.records import subject
from pretadepenser.records.database import Database
from pretadepenser.records.reviews import Outcome
from pretadepenser.web import decision, journal_words, pdf, resources
from pretadepenser.web.capacity import of_client
from pretadepenser.web.decision import Judged, Told
from pretadepenser.web.lender import lender
from pretadepenser.web.reviews import judged

# Changed when what reads older copies cannot read this one.
VERSION: Final = 1
STYLE: Final = "copy.css"
_OUTCOMES: Final[Mapping[int, str]] = MappingProxyType(
    {0: "remboursé sans difficulté", 1: "des difficultés de paiement"}
)


@dataclass(frozen=True)
class Filed:
    """What the portfolio has of a client, and what the model says of it; None of what there is not."""

    client: Client
    portfolio: Portfolio
    model: Model | None
    score: Score | None
    sheet: Sheet | None


@dataclass(frozen=True)
class Copied:
    """What was written. unmade: why there is no PDF, "" where there is one."""

    folder: Path
    unmade: str


def find(number: int) -> Filed | None:
    """What the portfolio in use has of a client, None for nothing. Needs the application's context."""
    try:
        portfolio = resources.portfolio()
    except resources.UnavailableError:
        return None
    client = portfolio.client(number)
    if client is None:
        return None
    try:
        model = resources.model()
    except ToldError:
        return Filed(client, portfolio, None, None, None)
    row, limit = as_read(client.values), resources.limit()
    score = scoring.score_row(model, row, limit, number)
    with using(portfolio.money):
        sheet = meeting_sheet.sheet(
            model,
            portfolio,
            row,
            limit,
            number,
            lender().bureaux,
            resources.outcome(),
            resources.admissible(),
        )
    return Filed(client, portfolio, model, score, sheet)


def write(folder: Path, database: Database, number: int, filed: Filed | None, *, force: bool) -> Copied:
    """Write the copy into a folder of its own, whole or not at all, for its owner only.

    force: replaces a copy of the same client. Raises Failure where the folder is something else, OSError.
    """
    named = str(number)
    if folder.exists() and not (force and (folder / f"{named}.json").is_file()):
        raise Failure(
            f"{folder} existe déjà : choisissez un autre dossier"
            + (", ou ajoutez --force." if (folder / f"{named}.json").is_file() else ".")
        )
    held = subject.held(database, number)
    unmade = ""
    with storage.scratch(folder) as draft:
        made = draft / "copy"
        made.mkdir(0o700)
        _write(made / f"{named}.json", _json(number, filed, held).encode())
        with using(filed.portfolio.money) if filed else nullcontext():
            shown = _shown(number, filed, held)
            style = Path(str(current_app.static_folder)) / STYLE
            page = render_template("pages/copy.html", style=style.read_text("utf-8"), **shown)
            _write(made / f"{named}.html", speech.aloud(page).encode())
            try:
                paper = pdf.tagged(speech.aloud(render_template("pages/copy.html", style="", **shown)), style)
                _write(made / f"{named}.pdf", paper)
            except pdf.PdfUnavailableError as error:
                unmade = str(error)
        for letter, content in subject.letters(database, number).items():
            _write(made / f"courrier-{letter}.pdf", content)
        if folder.exists():
            shutil.rmtree(folder)
        made.rename(folder)
    return Copied(folder, unmade)


def _write(path: Path, content: bytes) -> None:
    with storage.written(path) as own:
        own.write_bytes(content)


def _json(number: int, filed: Filed | None, held: Mapping[str, Any]) -> str:
    whole = {
        "format": "pretadepenser-client",
        "version": VERSION,
        "made_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "client": number,
        "file": {name: filed.client.values[name] for name in dictionary.STORED} if filed else None,
        "histories": filed.portfolio.history(number) if filed else None,
        "amounts": {"currency": filed.portfolio.money.currency, "scale": filed.portfolio.money.scale}
        if filed
        else None,
        "score": _score(filed),
        **held,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False)


def _score(filed: Filed | None) -> dict[str, Any] | None:
    if filed is None or filed.score is None or filed.sheet is None or filed.model is None:
        return None
    score, sheet = filed.score, filed.sheet
    return {
        "points": score.points,
        "probability": score.probability,
        "limit": score.limit,
        "calibrated_rate": score.calibrated,
        "granted": score.granted,
        "model": filed.model.sha256,
        "reasons_against": [one.sentence for one in sheet.against],
        "reasons_in_favour": [one.sentence for one in sheet.in_favour],
    }


def _shown(number: int, filed: Filed | None, held: Mapping[str, Any]) -> dict[str, Any]:
    """What the template needs."""
    features = filed.model.features if filed and filed.model else ()
    target = filed.client.target if filed else None
    rows = filed.portfolio.history(number) if filed else {}
    known = histories.history(rows, filed.portfolio.tables if filed else ())
    return {
        "client_number": number,
        "held": held,
        "file": client_file.parts(filed.client.values, features, audit=True, beside=known.beside)
        if filed
        else None,
        "known": None if target is None else _OUTCOMES[target],
        "tables": _tables(known) if filed else [],
        "lines": sum(map(len, rows.values())),
        "score": filed.score if filed else None,
        "sheet": filed.sheet if filed else None,
        "capacity": of_client(filed.client) if filed else None,
        "you": french.Person.YOU,
        "categories": filed.sheet.categories if filed and filed.sheet else "",
        "decided": {one["decision"]: _decided(one["content"]) for one in held["decisions"]},
        "judged": {one["review"]: _judged(one, held["decisions"]) for one in held["reviews"]},
        "outcomes": {str(outcome): outcome.label for outcome in Outcome},
        "verdicts": {str(verdict): verdict.label for verdict in Verdict},
        "words": journal_words.label,
        "moment": _moment,
        "moments": _moments,
        "day": lambda written: french.date(datetime.date.fromisoformat(written)),
        "fictitious": bool(filed and filed.portfolio.fictitious),
        "lender": lender(),
        "today": french.date(deadline.today()),
    }


def _tables(known: histories.History) -> list[Table]:
    """What the client's page of history shows, without its pictures."""
    lists = [make(known) for make in (charts.owed, charts.closed, charts.requests)]
    drawn = [make(known) for make in (charts.payments, charts.card)]
    return [one.whole for one in lists if one] + [one.table for one in drawn if one]


def _decided(content: Mapping[str, Any] | None) -> tuple[Told, Advice] | None:
    """What a decision says, in words; None where another version wrote what this one does not know."""
    try:
        advice = advices.from_json((content or {})["advice"])
        with using(advice.money):
            return decision.told(content or {}, advice), advice
    except (ToldError, KeyError, ValueError, TypeError):
        return None


def _moment(written: str) -> str:
    """A moment of the records, in the server's own time zone."""
    return f"le {french.moment(datetime.datetime.fromisoformat(written).astimezone())}"


def _moments(several: Sequence[Any]) -> str:
    return french.join([_moment(one if isinstance(one, str) else one["at"]) for one in several])


def _judged(review: Mapping[str, Any], decided: Sequence[Mapping[str, Any]]) -> Judged | None:
    """Why a review upheld a decision, in words; of a new one its own part of the copy tells it."""
    end = review["outcome"]
    upheld = [one["verdict"] for one in decided if one["decision"] == review["decision"]]
    if end is None or end["new_decision"] is not None or not upheld:
        return None
    try:
        return judged(end["content"], Verdict(upheld[0]))
    except (KeyError, ValueError, TypeError):
        return None
