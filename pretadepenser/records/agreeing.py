"""Whether what people wrote is what the journal says they wrote: each row beside its entry, both ways.

A row's own SHA-256 covers what is written in it, and stands beside it: whoever has the database's account can
change both, and all other columns. The entry that was written with the row is in the chain, and tells enough
to find that out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, TypeAlias

from sqlalchemy import JSON, Connection, Select, and_, cast, collate, func, literal, select
from sqlalchemy.orm import aliased

from pretadepenser import french
from pretadepenser.records.database import Database
from pretadepenser.records.journal import JournalError, Kind, parsed, sha256
from pretadepenser.records.models import (
    Decision,
    JournalEntry,
    Letter,
    Reading,
    Review,
    ReviewOutcome,
    ReviewStep,
    User,
)

# Between the time of a row and that of its entry, which are written one after the other in one transaction:
# milliseconds, but for a disk that hesitates, a machine that is put to sleep or a clock that is put right.
APART: Final = timedelta(seconds=60)
# Rows in memory at once; of letters, each of which is a PDF, fewer.
_TOGETHER: Final = 500
_LETTERS: Final = 20
# Figures of ids as texts that sort as they do.
_WIDTH: Final = 20
# What a row and its entry both tell, in words.
_TOLD: Final = {
    "actor": "l’auteur",
    "client": "le client",
    "decision": "la décision",
    "verdict": "le verdict",
    "waiting": "l’attente d’une seconde lecture",
    "corrects": "la décision corrigée",
    "agrees": "l’accord",
    "deadline": "l’échéance",
    "outcome": "l’issue",
    "letter_kind": "la nature",
    "review": "le réexamen",
    "template": "le modèle",
    "sha256": "le contenu",
}


_Rows: TypeAlias = Select[*tuple[Any, ...]]


class _Entry(NamedTuple):
    """An entry of the journal: its number, its time, and what it tells."""

    number: int
    at: str
    told: Mapping[str, Any]


@dataclass(frozen=True)
class _Witnessed:
    """A table, and the kind of entry that tells of its rows.

    key: by what an entry names its row; name: of a row, with its key; rows: `key`, `at`, `written` (what is
    personal, None once erased), `stored` (the SHA-256 beside it, None where there is none), `linked` (what it
    says of other rows is so) and what the entry tells too; order: of `rows` by the key.
    """

    kind: Kind
    key: str
    name: str
    rows: _Rows
    order: tuple[Any, ...]
    together: int = _TOGETHER


_Decider: Final = aliased(Decision)

_WITNESSED: Final = (
    _Witnessed(
        Kind.DECIDED,
        "decision",
        "la décision {}",
        select(
            Decision.id.label("key"), Decision.at, Decision.content.label("written"),
            Decision.sha256.label("stored"), literal(True).label("linked"), Decision.client,
            User.name.label("actor"), Decision.id.label("decision"), Decision.verdict, Decision.waiting,
            Decision.corrects_id.label("corrects"),
        ).outerjoin(User, User.id == Decision.author_id),
        (Decision.id,),
    ),
    _Witnessed(
        Kind.READ,
        "decision",
        "la seconde lecture de la décision {}",
        select(
            Reading.decision_id.label("key"), Reading.at, Reading.content.label("written"),
            literal(None).label("stored"), (Reading.author_id == Decision.author_id).label("linked"),
            Decision.client, User.name.label("actor"), Reading.decision_id.label("decision"), Reading.agrees,
        )
        .outerjoin(User, User.id == Reading.reader_id)
        .outerjoin(Decision, Decision.id == Reading.decision_id),
        (Reading.decision_id,),
    ),
    _Witnessed(
        Kind.REVIEW_ASKED,
        "review",
        "le réexamen {}",
        select(
            Review.reference.label("key"), Review.at, Review.content.label("written"),
            literal(None).label("stored"), literal(True).label("linked"), Review.client,
            User.name.label("actor"), Review.reference.label("review"),
            Review.decision_id.label("decision"), Review.deadline,
        ).outerjoin(User, User.id == Review.opened_by_id),
        (Review.reference,),
    ),
    _Witnessed(
        Kind.REVIEW_STEP,
        "review",
        "une correction du réexamen {}",
        select(
            Review.reference.label("key"), ReviewStep.at, ReviewStep.content.label("written"),
            literal(None).label("stored"), literal(True).label("linked"), Review.client,
            User.name.label("actor"), Review.reference.label("review"),
        )
        .select_from(ReviewStep)
        .outerjoin(User, User.id == ReviewStep.by_id)
        .outerjoin(Review, Review.id == ReviewStep.review_id),
        (Review.reference, ReviewStep.id),
    ),
    _Witnessed(
        Kind.REVIEW_ENDED,
        "review",
        "l’issue du réexamen {}",
        select(
            Review.reference.label("key"), ReviewOutcome.at, ReviewOutcome.content.label("written"),
            literal(None).label("stored"),
            and_(
                ReviewOutcome.decision_id == Review.decision_id,
                ReviewOutcome.decider_id == _Decider.author_id,
            ).label("linked"),
            Review.client, User.name.label("actor"), Review.reference.label("review"), ReviewOutcome.outcome,
            ReviewOutcome.decided_id.label("decision"),
        )
        .select_from(ReviewOutcome)
        .outerjoin(User, User.id == ReviewOutcome.reviewer_id)
        .outerjoin(Review, Review.id == ReviewOutcome.review_id)
        .outerjoin(_Decider, _Decider.id == Review.decision_id),
        (Review.reference,),
    ),
    _Witnessed(
        Kind.LETTER,
        "letter",
        "le courrier {}",
        select(
            Letter.id.label("key"), Letter.at, Letter.pdf.label("written"), Letter.sha256.label("stored"),
            (Letter.review_id.is_(None) == Review.id.is_(None)).label("linked"), Letter.client,
            User.name.label("actor"), Letter.id.label("letter"), Letter.kind.label("letter_kind"),
            Letter.decision_id.label("decision"), Review.reference.label("review"), Letter.template,
        )
        .outerjoin(User, User.id == Letter.author_id)
        .outerjoin(Review, Review.id == Letter.review_id),
        (Letter.id,),
        _LETTERS,
    ),
)  # fmt: skip


def check(database: Database) -> int:
    """Hold every decision, reading, review, step, outcome and letter against its entry; give their number.

    Of what was erased, the row and its entry were erased together, and only their times are left to compare.
    In memory that does not grow with them. Raises JournalError that names the first that disagrees.
    """
    with _snapshot(database) as connection:
        return sum(_whole(connection, one) + _erased(connection, one) for one in _WITNESSED)


@contextmanager
def _snapshot(database: Database) -> Iterator[Connection]:
    """A connection that sees one state of all tables, whatever servers write meanwhile."""
    with database.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            if connection.dialect.name == "sqlite":
                # Its driver would begin none to read.
                connection.exec_driver_sql("BEGIN")
            yield connection


def _whole(connection: Connection, table: _Witnessed) -> int:
    """Compare the entries that are whole with their rows, both in the order of their keys."""
    compared = 0
    entries = _entries(connection, table)
    entry = next(entries, None)
    for row in _rows(connection, table, table.rows.order_by(*_sorted(connection, table))):
        key = _sortable(row["key"])
        if entry is not None and _key(table, entry) < key:
            raise _unanswered(table, entry)
        name = table.name.format(row["key"])
        if entry is None or _key(table, entry) != key:
            if row["written"] is not None:
                raise JournalError(f"{french.capital(name)} n’a pas d’entrée dans le journal qui en parle.")
            continue
        _compare(name, row, entry)
        compared += 1
        entry = next(entries, None)
    if entry is not None:
        raise _unanswered(table, entry)
    return compared


def _compare(name: str, row: Mapping[str, Any], entry: _Entry) -> None:
    """Raise JournalError for the first thing that a row and its entry tell otherwise."""
    if row["written"] is None:
        raise JournalError(
            f"{french.capital(name)} est sans contenu, comme après un effacement, or l’entrée {entry.number} "
            "du journal, qui en parle, n’est pas effacée."
        )
    digest = sha256(row["written"])
    differs = [
        words for field, words in _TOLD.items() if field in row and row[field] != entry.told.get(field)
    ]
    if digest != entry.told.get("sha256") or row["stored"] not in (None, digest):
        differs.append(_TOLD["sha256"])
    if not row["linked"]:
        differs.append("le renvoi à une décision ou à un réexamen")
    if abs(row["at"] - datetime.fromisoformat(entry.at)) > APART:
        differs.append("l’heure")
    if differs:
        raise JournalError(
            f"{french.capital(name)} ne correspond pas à l’entrée {entry.number} du journal : {differs[0]} "
            "diffère."
        )


def _erased(connection: Connection, table: _Witnessed) -> int:
    """Compare the times of rows and entries that are erased: which is whose, nobody can say any more.

    In the order of time on both sides: if each row has its entry near, so have they in this order.
    """
    compared = 0
    gone = table.rows.where(table.rows.selected_columns["written"].is_(None)).order_by(
        table.rows.selected_columns["at"]
    )
    query = select(JournalEntry.number, JournalEntry.at).where(
        JournalEntry.kind == str(table.kind), JournalEntry.content.is_(None)
    )
    entries = iter(
        connection.execute(
            query.order_by(JournalEntry.at, JournalEntry.number), execution_options={"yield_per": _TOGETHER}
        )
    )
    for row in _rows(connection, table, gone):
        name = french.capital(table.name.format(row["key"]))
        entry = next(entries, None)
        if row["client"] is not None:
            raise JournalError(f"{name} est sans contenu, mais le numéro du client y est encore.")
        if entry is None or abs(row["at"] - datetime.fromisoformat(entry.at)) > APART:
            raise JournalError(
                f"{name} est sans contenu, et aucune entrée effacée du journal n’est de son heure."
            )
        compared += 1
    if (left := next(entries, None)) is not None:
        raise JournalError(
            f"L’entrée {left.number} du journal est effacée, et ce dont elle parlait n’est pas dans la base "
            "de données, ou n’est pas effacé."
        )
    return compared


def _rows(connection: Connection, table: _Witnessed, query: _Rows) -> Iterator[Mapping[str, Any]]:
    try:
        found = connection.execute(query, execution_options={"yield_per": table.together})
        for row in found.mappings():
            yield {str(name): value for name, value in row.items()}
    except ValueError as error:
        raise JournalError(
            f"Une valeur de « {table.name.format('…')} » n’a plus la forme dans laquelle elle a été écrite."
        ) from error


def _entries(connection: Connection, table: _Witnessed) -> Iterator[_Entry]:
    """The entries that are whole, in the order of the keys that they tell."""
    told: Any
    if connection.dialect.name == "sqlite":
        told = func.json_extract(JournalEntry.content, f"$.{table.key}")
    else:
        text = func.json_extract_path_text(cast(JournalEntry.content, JSON), table.key)
        told = collate(func.lpad(text, _WIDTH, "0"), "C")
    query = (
        select(JournalEntry.number, JournalEntry.at, JournalEntry.content)
        .where(JournalEntry.kind == str(table.kind), JournalEntry.content.is_not(None))
        .order_by(told, JournalEntry.number)
    )
    for number, at, content in connection.execute(query, execution_options={"yield_per": _TOGETHER}):
        yield _Entry(number, at, parsed(content))


def _sorted(connection: Connection, table: _Witnessed) -> tuple[Any, ...]:
    """The order of rows by their key; texts by their bytes, as Python and SQLite sort them."""
    first, *rest = table.order
    if connection.dialect.name == "postgresql" and first is Review.reference:
        first = collate(first, "C")
    return first, *rest


def _key(table: _Witnessed, entry: _Entry) -> str:
    return _sortable(entry.told.get(table.key))


def _sortable(key: object) -> str:
    return str(key).zfill(_WIDTH)


def _unanswered(table: _Witnessed, entry: _Entry) -> JournalError:
    name = table.name.format(entry.told.get(table.key))
    return JournalError(
        f"L’entrée {entry.number} du journal parle d’une ligne que la base de données n’a pas, ou dont une "
        f"autre entrée parle déjà : {name}."
    )
