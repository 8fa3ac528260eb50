"""Whatever the database's owner changes in what people wrote, the journal's entries tell otherwise."""

import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from pretadepenser.records import agreeing, decisions, erasing, journal, letters, retention, reviews, users
from pretadepenser.records.database import Database
from pretadepenser.records.decisions import Person, Verdict
from pretadepenser.records.journal import JournalError
from pretadepenser.records.models import ERASABLE
from pretadepenser.records.reviews import New

TODAY = datetime.now(UTC).astimezone().date()
CLIENT, OTHER = 100_001, 100_002


@pytest.fixture
def both(url: str) -> Database:
    """A database of each kind with `everything` in it."""
    opened = Database(url)
    opened.upgrade()
    everything(opened)
    return opened


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with `everything` in it."""
    path = tmp_path_factory.mktemp("made") / "records.sqlite"
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    everything(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.engine.dispose()
    return path


@pytest.fixture
def full(made: Path, tmp_path: Path) -> Database:
    """A copy of it for the test alone."""
    return Database(f"sqlite:///{shutil.copy(made, tmp_path / 'records.sqlite')}")


def everything(database: Database) -> None:
    """Ten decisions on two clients, two readings, two reviews with three steps and their ends, two letters.

    Ten: as texts, 10 stands before 2. The second review ends before the first.
    """
    agathe, delphine, denis = (
        Person(users.add_user(database, name, role, "une suite de mots").id, name)
        for name, role in (("agathe", "conseiller"), ("delphine", "responsable"), ("denis", "responsable"))
    )

    def decide(number: int, client: int, *, waiting: bool = False, corrects: int | None = None) -> int:
        content = {"text": f"dossier {number}"}
        return decisions.add(
            database,
            f"d{number}",
            agathe,
            client,
            Verdict.REFUSE,
            content,
            waiting=waiting,
            corrects=corrects,
        )

    assert [decide(1, CLIENT), decide(2, CLIENT, corrects=1)] == [1, 2]
    assert [decide(number, OTHER, waiting=number < 5) for number in range(3, 10)] == list(range(3, 10))
    decisions.read(database, 4, denis, {"text": "oui"}, agrees=True)
    decisions.read(database, 3, delphine, {"text": "non"}, agrees=False)
    first, second = (
        reviews.ask(database, f"r{decision}", agathe, decision, TODAY, 30, {"asks": "mon revenu"})
        for decision in (2, 9)
    )
    for index, review in enumerate((second, first, second)):
        reviews.correct(database, f"s{index}", delphine, review, {"step": index})
    reviews.end(database, delphine, second, {"answer": "non"})
    new = New("d10", Verdict.GRANT, {"text": "dossier 10"}, False)
    assert reviews.end(database, delphine, first, {"answer": "oui"}, new) == 10
    letters.add(database, "l1", agathe, 10, "accord", "2026-1", b"%PDF 1")
    letters.add(database, "l2", delphine, 2, "revue", "2026-1", b"%PDF 2", review=first, tells=10)


def tampered(database: Database, *statements: str) -> None:
    """Do what the owner of the database can, who takes guards and references away first."""
    with database.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("PRAGMA foreign_keys = OFF"))
            connection.execute(text("PRAGMA ignore_check_constraints = ON"))
            connection.commit()
            for name in connection.scalars(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            ).all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in ERASABLE:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
                connection.execute(text(f"GRANT ALL ON {table} TO CURRENT_USER"))
        for one in statements:
            connection.execute(text(one))
        connection.commit()


def test_what_was_written_agrees(both: Database) -> None:
    assert agreeing.check(both) == 10 + 2 + 2 + 3 + 2 + 2


def is_not(name: str, entry: int, what: str) -> str:
    return f"{name} ne correspond pas à l’entrée {entry} du journal : {what} diffère."


YEAR = TODAY.year
FIRST = f"e réexamen REV-{YEAR}-000001"
DECISION, READING, REVIEW = "La décision 4", "La seconde lecture de la décision 3", f"L{FIRST}"
STEP, ENDED, LETTER = f"Une correction du{FIRST[1:]}", f"L’issue du{FIRST[1:]}", "Le courrier 2"
CHANGED = {
    "decision": {
        "client = 100001": "le client",
        "author_id = 2": "l’auteur",
        "author_id = 99": "l’auteur",
        "at = '{late}'": "l’heure",
        "at = '{early}'": "l’heure",
        "verdict = 'accord'": "le verdict",
        "waiting = false": "l’attente d’une seconde lecture",
        "corrects_id = 3": "la décision corrigée",
        "content = '{{}}'": "le contenu",
        "sha256 = '{digest}'": "le contenu",
        "content = '{{}}', sha256 = '{digest}'": "le contenu",
    },
    "reading": {
        "author_id = 2": "le renvoi à une décision ou à un réexamen",
        "reader_id = 3": "l’auteur",
        "at = '{late}'": "l’heure",
        "agrees = true": "l’accord",
        "content = '{{}}'": "le contenu",
    },
    "review": {
        "decision_id = 3": "la décision",
        "client = 100002": "le client",
        "opened_by_id = 2": "l’auteur",
        "at = '{late}'": "l’heure",
        "deadline = '2099-01-01'": "l’échéance",
        "content = '{{}}'": "le contenu",
    },
    "review_step": {"by_id = 3": "l’auteur", "at = '{late}'": "l’heure", "content = '{{}}'": "le contenu"},
    "review_outcome": {
        "decision_id = 3": "le renvoi à une décision ou à un réexamen",
        "decider_id = 3": "le renvoi à une décision ou à un réexamen",
        "reviewer_id = 3": "l’auteur",
        "at = '{late}'": "l’heure",
        "outcome = 'maintenue'": "l’issue",
        "decided_id = 3": "la décision",
        "content = '{{}}'": "le contenu",
    },
    "letter": {
        "kind = 'refus'": "la nature",
        "decision_id = 3": "la décision",
        "review_id = NULL": "le réexamen",
        "review_id = 2": "le réexamen",
        "client = 100002": "le client",
        "author_id = 1": "l’auteur",
        "at = '{late}'": "l’heure",
        "template = 'autre'": "le modèle",
        "sha256 = '{digest}'": "le contenu",
        "pdf = x'00'": "le contenu",
    },
}
# The row that is changed, by table: its condition, its name and the number of its entry.
ROWS = {
    "decision": ("id = 4", DECISION, 7),
    "reading": ("decision_id = 3", READING, 14),
    "review": ("id = 1", REVIEW, 15),
    "review_step": ("review_id = 1", STEP, 18),
    "review_outcome": ("review_id = 1", ENDED, 22),
    "letter": ("id = 2", LETTER, 24),
}
CASES = [(table, change) for table, changes in CHANGED.items() for change in changes]


def moment(seconds: float) -> str:
    return f"{datetime.now(UTC) + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S.%f}"


@pytest.mark.parametrize(("table", "change"), CASES)
def test_each_column_that_is_changed_is_told(full: Database, table: str, change: str) -> None:
    condition, name, entry = ROWS[table]
    digest = journal.sha256("{}")
    given = change.format(late=moment(90), early=moment(-90), digest=digest)
    tampered(full, f"UPDATE {table} SET {given} WHERE {condition}")
    journal.verify(full)
    with pytest.raises(JournalError) as told:
        agreeing.check(full)
    assert str(told.value) == is_not(name, entry, CHANGED[table][change])


def test_every_column_is_among_those_changed() -> None:
    """But ids, by which rows are known and which the next test changes, and the keys of forms."""
    from pretadepenser.records.models import Base

    for table, changes in CHANGED.items():
        columns = set(Base.metadata.tables[table].columns.keys())
        changed = {part.split(" = ")[0] for change in changes for part in change.split(", ")}
        known = {"id", "key", "reference", "review_id", "decision_id"}
        assert columns - changed <= known, table


def test_a_row_and_its_entry_may_be_some_seconds_apart(full: Database) -> None:
    tampered(
        full, *(f"UPDATE decision SET at = '{moment(off)}' WHERE id = {5 + off // 40}" for off in (40, -40))
    )
    assert agreeing.check(full) == 21


NO_ENTRY = "{} n’a pas d’entrée dans le journal qui en parle."
NO_ROW = (
    "L’entrée {} du journal parle d’une ligne que la base de données n’a pas, ou dont une autre entrée parle "
    "déjà : {}."
)
LIST = "key, client, author_id, at, verdict, waiting, content, sha256"
OTHERWISE = {
    "a decision deleted": (["DELETE FROM decision WHERE id = 6"], NO_ROW.format(9, "la décision 6")),
    "the last deleted": (["DELETE FROM decision WHERE id = 10"], NO_ROW.format(21, "la décision 10")),
    "a decision of another number": (
        ["UPDATE decision SET id = 11 WHERE id = 6"], NO_ROW.format(9, "la décision 6"),
    ),
    "a decision added": (
        [
            f"INSERT INTO decision (id, {LIST}) SELECT 11, 'autre', client, author_id, at, verdict, waiting, "
            "content, sha256 FROM decision WHERE id = 6"
        ],
        NO_ENTRY.format("La décision 11"),
    ),
    "a reading deleted": (
        ["DELETE FROM reading WHERE decision_id = 4"],
        NO_ROW.format(13, "la seconde lecture de la décision 4"),
    ),
    "a reading of another decision": (
        ["UPDATE reading SET decision_id = 5 WHERE decision_id = 4"],
        NO_ROW.format(13, "la seconde lecture de la décision 4"),
    ),
    "a review of another reference": (
        [f"UPDATE review SET reference = 'REV-{YEAR}-000003' WHERE id = 1"], NO_ROW.format(15, f"l{FIRST}"),
    ),
    "a review of another number": (
        ["UPDATE review SET id = 3 WHERE id = 1"],
        NO_ENTRY.format("Une correction du réexamen None"),
    ),
    "a step deleted": (
        ["DELETE FROM review_step WHERE review_id = 1"], NO_ROW.format(18, f"une correction du{FIRST[1:]}"),
    ),
    "a step of another review": (
        ["UPDATE review_step SET review_id = 2 WHERE review_id = 1"],
        NO_ROW.format(18, f"une correction du{FIRST[1:]}"),
    ),
    "an end deleted": (
        ["DELETE FROM review_outcome WHERE review_id = 1"],
        NO_ROW.format(22, f"l’issue du réexamen REV-{YEAR}-000001"),
    ),
    "a letter deleted": (["DELETE FROM letter WHERE id = 2"], NO_ROW.format(24, "le courrier 2")),
    "content alone erased": (
        ["UPDATE decision SET content = NULL, client = NULL WHERE id = 6"],
        "La décision 6 est sans contenu, comme après un effacement, or l’entrée 9 du journal, qui en parle, "
        "n’est pas effacée.",
    ),
    "its entry alone erased": (
        [
            "UPDATE journal_entry SET content = NULL, actor = NULL, client = NULL, salt = NULL "
            "WHERE number = 9"
        ],
        NO_ENTRY.format("La décision 6"),
    ),
    "no time at all": (
        ["UPDATE decision SET at = 'hier' WHERE id = 6"],
        "Une valeur de « la décision … » n’a plus la forme dans laquelle elle a été écrite.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", OTHERWISE)
def test_rows_and_entries_that_are_alone_are_told(full: Database, case: str) -> None:
    statements, sentence = OTHERWISE[case]
    tampered(full, *statements)
    with pytest.raises(JournalError) as told:
        agreeing.check(full)
    assert str(told.value) == sentence


def test_a_second_entry_of_a_decision_is_told(full: Database) -> None:
    with journal.writing(full) as ledger:
        ledger.append(journal.Kind.DECIDED, "agathe", OTHER, decision=6)
    with pytest.raises(JournalError, match=re.escape(NO_ROW.format(25, "la décision 6"))):
        agreeing.check(full)


def test_it_is_told_on_postgresql_too(both: Database) -> None:
    tampered(both, "UPDATE reading SET agrees = true WHERE decision_id = 3")
    with pytest.raises(JournalError, match=re.escape(is_not(READING, 14, "l’accord"))):
        agreeing.check(both)


def test_what_was_erased_is_compared_in_what_is_left(both: Database) -> None:
    """By a client's right, then by its time; and what is changed of it afterwards is found."""
    erasing.begin(both, CLIENT, "a" * 64)
    journal.verify(both)
    assert agreeing.check(both) == 21
    retention.run(both, retention.Keep(1, 1, 1), datetime.now(UTC) + timedelta(days=100))
    assert agreeing.check(both) == 21
    late = moment(90)
    tampered(both, f"UPDATE decision SET at = '{late}' WHERE id = 2")
    with pytest.raises(JournalError) as told:
        agreeing.check(both)
    assert str(told.value).endswith(
        " est sans contenu, et aucune entrée effacée du journal n’est de son heure."
    )


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (
            "DELETE FROM decision WHERE id = 10",
            "L’entrée 21 du journal est effacée, et ce dont elle parlait n’est pas dans la base de données, "
            "ou n’est pas effacé.",
        ),
        (
            "UPDATE decision SET client = 100001 WHERE id = 10",
            "La décision 10 est sans contenu, mais le numéro du client y est encore.",
        ),
    ],
)
def test_what_is_changed_of_erased_rows_is_told(full: Database, statement: str, sentence: str) -> None:
    erasing.begin(full, CLIENT, "a" * 64)
    tampered(full, statement)
    with pytest.raises(JournalError) as told:
        agreeing.check(full)
    assert str(told.value) == sentence
