"""Requests for a review: numbers without a gap, deadlines, and another person than who decided."""

import json
import multiprocessing
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from pretadepenser.config import load
from pretadepenser.records import decisions, journal, letters, reviews, users
from pretadepenser.records.database import Database
from pretadepenser.records.decisions import DecisionError, Person, State, Verdict
from pretadepenser.records.letters import AlteredLetterError, LetterError
from pretadepenser.records.reviews import New, Outcome, ReviewError
from tests import postgresql

PASSWORD = "une suite de quelques mots"
TODAY = datetime.now(UTC).astimezone().date()
KEYS = (f"clé {number}" for number in count())
ANOTHER = "Le réexamen revient à une autre personne que celle qui a décidé."


@pytest.fixture
def agathe(database: Database) -> Person:
    """An advisor who decides."""
    return Person(users.add_user(database, "agathe", "conseiller", PASSWORD).id, "agathe")


@pytest.fixture
def delphine(database: Database) -> Person:
    """Somebody else, who reads and reviews."""
    return Person(users.add_user(database, "delphine", "responsable", PASSWORD).id, "delphine")


@pytest.fixture
def refused(database: Database, agathe: Person) -> int:
    """A decision of agathe on client 100 001."""
    return decide(database, agathe)


def decide(
    database: Database,
    author: Person,
    *,
    client: int = 100_001,
    waiting: bool = False,
    corrects: int | None = None,
) -> int:
    content = {"text": "dossier incomplet"}
    key = next(KEYS)
    return decisions.add(
        database, key, author, client, Verdict.REFUSE, content, waiting=waiting, corrects=corrects
    )


def ask(database: Database, opener: Person, decision: int, today: date = TODAY, key: str = "") -> str:
    key = key or next(KEYS)
    return reviews.ask(database, key, opener, decision, TODAY, 30, {"asks": "mon revenu est faux"}, today)


def told(database: Database, kind: str) -> list[dict[str, object]]:
    """What the entries of a kind tell, in their order."""
    with database.engine.connect() as connection:
        query = text("SELECT content FROM journal_entry WHERE kind = :kind ORDER BY number")
        return [json.loads(row[0]) for row in connection.execute(query, {"kind": kind})]


def test_a_request_is_numbered_dated_and_due(database: Database, agathe: Person, refused: int) -> None:
    reference = ask(database, agathe, refused)
    found = reviews.find(database, reference)
    assert found is not None
    assert reference == f"REV-{TODAY.year}-000001"
    assert (found.client, found.decider, found.opened_by) == (100_001, "agathe", "agathe")
    assert found.deadline == TODAY + timedelta(30)
    assert found.content == {"asks": "mon revenu est faux", "received": TODAY.isoformat()}
    assert found.received == TODAY
    assert found.end is None
    decision = decisions.find(database, refused)
    assert decision is not None
    assert decision.review == reference
    (entry,) = told(database, "review.asked")
    assert (entry["review"], entry["decision"], entry["client"]) == (reference, refused, 100_001)
    assert entry["deadline"] == (TODAY + timedelta(30)).isoformat()


def test_a_form_sent_twice_asks_once(database: Database, agathe: Person, refused: int) -> None:
    assert ask(database, agathe, refused, key="k") == ask(database, agathe, refused, key="k")
    assert len(told(database, "review.asked")) == 1


def test_numbers_start_again_each_year(database: Database, agathe: Person) -> None:
    """A clock that goes back over New Year finds the numbers of the year before where they ended."""
    year = TODAY.year
    last, first = date(year, 12, 31), date(year + 1, 1, 1)
    days = enumerate((last, last, first, first, last))
    assert [ask(database, agathe, decide(database, agathe, client=one), day) for one, day in days] == [
        f"REV-{year}-000001", f"REV-{year}-000002", f"REV-{year + 1}-000001", f"REV-{year + 1}-000002",
        f"REV-{year}-000003",
    ]  # fmt: skip


def test_a_request_that_fails_leaves_no_gap(database: Database, agathe: Person, refused: int) -> None:
    """The disk is full at the journal's entry: neither it nor the request is there; the number is free."""
    with database.connection() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON journal_entry WHEN NEW.kind = 'review.asked' "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    with pytest.raises(SQLAlchemyError, match="disk full"):
        ask(database, agathe, refused)
    with database.connection() as connection:
        connection.exec_driver_sql("DROP TRIGGER full")
    assert not reviews.open_reviews(database)
    assert ask(database, agathe, refused) == f"REV-{TODAY.year}-000001"


@pytest.fixture
def url() -> Iterator[str]:
    """The address of a PostgreSQL server of our own."""
    with postgresql.running() as server:
        yield server.url


def _ask_ten(address: str, author: int, first: int) -> list[str]:
    """Ask for the reviews of ten decisions, as one of several servers would."""
    opened = Database(address)
    return [ask(opened, Person(author, "agathe"), first + at, key=f"{first + at}") for at in range(10)]


@pytest.mark.parametrize(
    "server",
    postgresql.BOTH,
)
def test_servers_that_number_at_once_give_each_number_once(
    server: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    address = f"sqlite:///{tmp_path}/shared.sqlite"
    if server == "postgresql":
        given = request.getfixturevalue("url")
        address = str(load({"DATABASE_URL": given}, {"INSTANCE": tmp_path})["DATABASE_URL"])
    database = Database(address)
    database.upgrade()
    author = Person(users.add_user(database, "agathe", "conseiller", PASSWORD).id, "agathe")
    first = min([decide(database, author, client=one) for one in range(30)])
    asked = [(address, author.id, first + 10 * at) for at in range(3)]
    with multiprocessing.get_context("fork").Pool(3) as pool:
        given_out = [one for part in pool.starmap(_ask_ten, asked, chunksize=1) for one in part]
    assert sorted(given_out) == [f"REV-{TODAY.year}-{number:06d}" for number in range(1, 31)]
    # The account, the decisions, the requests.
    assert journal.verify(database).entries == 61


@pytest.mark.parametrize("day", [-1, 1])
def test_a_request_comes_in_between_the_decision_and_today(
    database: Database, agathe: Person, refused: int, day: int
) -> None:
    received = TODAY + timedelta(day)
    with pytest.raises(ReviewError, match="Une demande est reçue entre le jour de la décision"):
        reviews.ask(database, "k", agathe, refused, received, 30, {})


def _waits(database: Database, agathe: Person, delphine: Person) -> int:
    return decide(database, agathe, waiting=True)


def _sent_back(database: Database, agathe: Person, delphine: Person) -> int:
    decision = decide(database, agathe, waiting=True)
    decisions.read(database, decision, delphine, {"text": "le revenu n’est pas prouvé"}, agrees=False)
    return decision


def _corrected(database: Database, agathe: Person, delphine: Person) -> int:
    decision = decide(database, agathe)
    decide(database, agathe, corrects=decision)
    return decision


def _in_review(database: Database, agathe: Person, delphine: Person) -> int:
    decision = decide(database, agathe)
    ask(database, agathe, decision)
    return decision


def _erased(database: Database, agathe: Person, delphine: Person) -> int:
    decision = decide(database, agathe)
    with database.connection() as connection:
        connection.exec_driver_sql("UPDATE decision SET client = NULL, content = NULL")
    return decision


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda *_: 999, "La décision 999 n’existe pas."),
        (
            _waits,
            "La décision 1 n’est pas encore définitive : il n’y a rien à réexaminer avant la seconde "
            "lecture.",
        ),
        (
            _sent_back,
            "La décision 1 n’est pas encore définitive : il n’y a rien à réexaminer avant la seconde "
            "lecture.",
        ),
        (
            _corrected,
            "La décision 1 est remplacée par la décision 2 : demandez le réexamen de celle-ci.",
        ),
        (_in_review, f"Le réexamen REV-{TODAY.year}-000001 de cette décision est déjà ouvert."),
        (
            _erased,
            "Les données de la décision 1 sont effacées : elle ne peut plus être réexaminée.",
        ),
    ],
)
def test_only_a_decision_that_stands_is_reviewed(
    database: Database,
    agathe: Person,
    delphine: Person,
    make: Callable[[Database, Person, Person], int],
    sentence: str,
) -> None:
    decision = make(database, agathe, delphine)
    before = len(told(database, "review.asked"))
    with pytest.raises(ReviewError) as refusal:
        ask(database, agathe, decision)
    assert str(refusal.value) == sentence
    assert len(told(database, "review.asked")) == before


def test_after_a_review_that_ended_another_may_be_asked_for(
    database: Database, agathe: Person, delphine: Person, refused: int
) -> None:
    reviews.end(database, delphine, ask(database, agathe, refused), {"text": "rien de neuf"})
    assert ask(database, agathe, refused) == f"REV-{TODAY.year}-000002"
    assert [one.reference for one in reviews.of_decision(database, refused)] == [
        f"REV-{TODAY.year}-000002", f"REV-{TODAY.year}-000001",
    ]  # fmt: skip


def test_data_are_corrected_step_by_step(
    database: Database, agathe: Person, delphine: Person, refused: int
) -> None:
    reference = ask(database, agathe, refused)
    for key, income in (("1", 1_000), ("2", 2_000), ("2", 3_000)):
        reviews.correct(database, key, delphine, reference, {"changes": {"AMT_INCOME_TOTAL": income}})
    found = reviews.find(database, reference)
    assert found is not None
    steps = reviews.steps(database, found.id)
    assert [(one.by, one.content) for one in steps] == [
        ("delphine", {"changes": {"AMT_INCOME_TOTAL": 1_000}}),
        ("delphine", {"changes": {"AMT_INCOME_TOTAL": 2_000}}),
    ]
    assert [one["review"] for one in told(database, "review.step")] == [reference] * 2


def test_a_review_upholds_the_decision(
    database: Database, agathe: Person, delphine: Person, refused: int
) -> None:
    reference = ask(database, agathe, refused)
    assert reviews.end(database, delphine, reference, {"text": "rien de neuf"}) is None
    found = reviews.find(database, reference)
    assert found is not None
    assert found.end is not None
    assert (found.end.outcome, found.end.reviewer, found.end.decided) == (Outcome.UPHELD, "delphine", None)
    assert found.end.content == {"text": "rien de neuf"}
    assert not reviews.open_reviews(database)
    assert [one.reference for one in reviews.ended(database)] == [reference]
    decision = decisions.find(database, refused)
    assert decision is not None
    assert (decision.state, decision.review) == (State.FINAL, "")
    (entry,) = told(database, "review.ended")
    assert (entry["review"], entry["outcome"], entry["decision"]) == (reference, "maintenue", None)


def test_a_review_changes_the_decision_in_one_transaction(
    database: Database, agathe: Person, delphine: Person, refused: int
) -> None:
    reference = ask(database, agathe, refused)
    new = New("neuve", Verdict.GRANT, {"text": "revenu prouvé"}, waiting=False)
    decided = reviews.end(database, delphine, reference, {"text": "revenu prouvé"}, new)
    assert decided == refused + 1
    found = decisions.find(database, decided)
    assert found is not None
    assert (found.author, found.corrects, found.verdict) == ("delphine", refused, Verdict.GRANT)
    former = decisions.find(database, refused)
    assert former is not None
    assert (former.state, former.corrected_by) == (State.CORRECTED, decided)
    ended = reviews.find(database, reference)
    assert ended is not None
    assert ended.end is not None
    assert (ended.end.outcome, ended.end.decided) == (Outcome.CHANGED, decided)
    assert told(database, "decision.made")[-1]["decision"] == decided
    assert told(database, "review.ended")[0]["decision"] == decided


def test_a_review_ends_once(database: Database, agathe: Person, delphine: Person, refused: int) -> None:
    reference = ask(database, agathe, refused)
    reviews.end(database, delphine, reference, {})
    with pytest.raises(ReviewError, match="est déjà conclu"):
        reviews.end(database, delphine, reference, {})
    with pytest.raises(ReviewError, match="est déjà conclu"):
        reviews.correct(database, "k", delphine, reference, {})


def test_who_decided_neither_works_on_the_review_nor_ends_it(
    database: Database, agathe: Person, delphine: Person, refused: int
) -> None:
    reference = ask(database, delphine, refused)
    with pytest.raises(ReviewError, match=ANOTHER):
        reviews.correct(database, "k", agathe, reference, {})
    with pytest.raises(ReviewError, match=ANOTHER):
        reviews.end(database, agathe, reference, {}, New("n", Verdict.GRANT, {}, waiting=False))
    assert len(decisions.of_client(database, 100_001)) == 1


def test_nor_does_who_made_the_decision_that_was_corrected(
    database: Database, agathe: Person, delphine: Person, refused: int
) -> None:
    second = decide(database, delphine, corrects=refused)
    reference = ask(database, agathe, second)
    for person in (agathe, delphine):
        with pytest.raises(ReviewError, match=ANOTHER):
            reviews.end(database, person, reference, {})


@pytest.mark.parametrize(
    ("decider", "reviewer"), [("agathe", "agathe"), ("delphine", "agathe"), ("delphine", "delphine")]
)
def test_the_database_itself_holds_that_another_person_ends_it(
    database: Database, agathe: Person, delphine: Person, refused: int, decider: str, reviewer: str
) -> None:
    """Whoever writes past the code can neither be the decider nor name somebody else as the decider."""
    ask(database, agathe, refused)
    people = {"agathe": agathe.id, "delphine": delphine.id}
    with pytest.raises(IntegrityError), database.connection() as connection:
        connection.execute(
            text(
                "INSERT INTO review_outcome (review_id, decision_id, decider_id, reviewer_id, at, outcome) "
                "VALUES (1, :decision, :decider, :reviewer, '2026-11-26', 'maintenue')"
            ),
            {"decision": refused, "decider": people[decider], "reviewer": people[reviewer]},
        )


def test_a_decision_under_review_is_changed_by_the_review_alone(
    database: Database, agathe: Person, delphine: Person, refused: int
) -> None:
    reference = ask(database, agathe, refused)
    told = (
        f"Le réexamen {reference} de la décision {refused} de ce client est ouvert : c’est lui qui décidera, "
        "et il revient à une autre personne que celle dont le client conteste la décision."
    )
    # Beside it neither, or the client has two.
    for corrects in (refused, None):
        for author in (agathe, delphine):
            with pytest.raises(DecisionError, match=f"^{re.escape(told)}$"):
                decide(database, author, corrects=corrects)
    assert decisions.under_review(database, 100_001) == told
    # Another client's decision is another matter.
    assert decisions.under_review(database, 100_002) == ""
    decide(database, agathe, client=100_002)
    reviews.end(database, delphine, reference, {})
    assert decisions.under_review(database, 100_001) == ""
    decide(database, agathe, corrects=refused)
    decide(database, agathe)


def test_beside_a_review_nothing_is_read_and_no_other_is_asked_for(
    database: Database, agathe: Person, delphine: Person, refused: int
) -> None:
    """Of two side by side the second was confirmed, and contested, while the first was reviewed."""
    beside = decide(database, agathe)
    waits = decide(database, agathe, waiting=True)
    reference = ask(database, agathe, refused)
    with pytest.raises(
        DecisionError, match=f"^Le réexamen {reference} de la décision {refused} de ce client"
    ):
        decisions.read(database, waits, delphine, {}, agrees=True)
    told = (
        f"^Le réexamen {reference} d’une autre décision sur ce client est ouvert : attendez qu’il soit conclu"
    )
    with pytest.raises(ReviewError, match=told):
        ask(database, agathe, beside)
    reviews.end(database, delphine, reference, {})
    decisions.read(database, waits, delphine, {}, agrees=True)
    ask(database, agathe, beside)


def test_whose_decision_a_review_changed_decides_nothing_beside_it(
    database: Database, agathe: Person, delphine: Person, refused: int
) -> None:
    reference = ask(database, agathe, refused)
    new = New(next(KEYS), Verdict.GRANT, {"text": "dossier complet"}, waiting=False)
    reviews.end(database, delphine, reference, {}, new)
    told = (
        "Une nouvelle décision revient à une autre personne que celle dont le client a contesté la décision."
    )
    assert decisions.closed(database, 100_001, agathe.id) == told
    with pytest.raises(DecisionError, match=f"^{told}$"):
        decide(database, agathe)
    assert decisions.closed(database, 100_001, delphine.id) == ""
    decide(database, delphine)


def test_whose_client_is_erased_waits_for_nobody(
    database: Database, agathe: Person, delphine: Person, refused: int
) -> None:
    waits = decide(database, agathe, client=2, waiting=True)
    back = decide(database, agathe, client=3, waiting=True)
    decisions.read(database, back, delphine, {}, agrees=False)
    reference = ask(database, agathe, refused)
    assert [one.id for one in decisions.waiting(database)] == [waits]
    with database.connection() as connection:
        connection.execute(text("UPDATE decision SET client = NULL, content = NULL"))
        connection.execute(text("UPDATE review SET client = NULL, content = NULL"))
    assert decisions.waiting(database) == []
    assert decisions.sent_back(database) == decisions.sent_back(database, agathe.id) == []
    assert reviews.open_reviews(database) == []
    # Nor is anything written about them anew.
    with pytest.raises(ReviewError, match=f"^Les données du réexamen {reference} sont effacées"):
        reviews.end(database, delphine, reference, {"answer": "Monsieur Martin"})


def test_what_is_due_first_stands_first(database: Database, agathe: Person) -> None:
    of_clients = [
        (decide(database, agathe, client=client), days) for client, days in ((1, 30), (2, 3), (3, 10))
    ]
    for decision, days in of_clients:
        reviews.ask(database, next(KEYS), agathe, decision, TODAY, days, {})
    assert [(one.deadline - TODAY).days for one in reviews.open_reviews(database)] == [3, 10, 30]


def test_the_reviews_of_a_client_are_found_the_last_one_first(
    database: Database, agathe: Person, delphine: Person, refused: int
) -> None:
    for _ in range(3):
        reviews.end(database, delphine, ask(database, agathe, refused), {})
    ask(database, agathe, decide(database, agathe, client=100_002))
    assert [one.reference[-1] for one in reviews.of_client(database, 100_001)] == ["3", "2", "1"]


def test_data_corrected_meanwhile_stop_the_end_of_a_review(
    database: Database, agathe: Person, delphine: Person, refused: int
) -> None:
    """The page that was read knew of no correction, or of fewer."""
    reference = ask(database, agathe, refused)
    reviews.correct(database, "k" * 64, delphine, reference, {"proof": "bulletin"})
    with pytest.raises(ReviewError, match="Des données viennent d’être corrigées dans ce réexamen"):
        reviews.end(database, delphine, reference, {"answer": "Non."}, known=0)
    found = reviews.find(database, reference)
    assert found is not None
    assert found.end is None
    assert reviews.end(database, delphine, reference, {"answer": "Non."}, known=1) is None


def test_what_was_sent_back_waits_for_its_author_until_it_is_corrected(
    database: Database, agathe: Person, delphine: Person
) -> None:
    waits = [decide(database, agathe, client=client, waiting=True) for client in (1, 2, 3)]
    decisions.read(database, waits[1], delphine, {}, agrees=False)
    decisions.read(database, waits[0], delphine, {}, agrees=False)
    decisions.read(database, waits[2], delphine, {}, agrees=True)
    assert [one.id for one in decisions.sent_back(database)] == waits[:2]
    assert [one.id for one in decisions.sent_back(database, agathe.id)] == waits[:2]
    assert decisions.sent_back(database, delphine.id) == []
    decide(database, agathe, client=1, corrects=waits[0])
    assert [one.id for one in decisions.sent_back(database)] == [waits[1]]


def test_whose_decision_a_review_changed_neither_reads_nor_corrects_the_new_one(
    database: Database, agathe: Person, delphine: Person, refused: int
) -> None:
    """Whom the client contested cannot undo the outcome, whatever the role; somebody else still can act."""
    reference = ask(database, agathe, refused)
    new = New("n" * 64, Verdict.GRANT, {"text": "accordé"}, waiting=True)
    changed = reviews.end(database, delphine, reference, {"answer": "Oui."}, new)
    assert changed is not None
    with pytest.raises(DecisionError, match="a contesté la décision"):
        decisions.read(database, changed, agathe, {"text": ""}, agrees=False)
    with pytest.raises(DecisionError, match="a contesté la décision"):
        decide(database, agathe, corrects=changed)
    again = decide(database, delphine, corrects=changed)
    with pytest.raises(DecisionError, match="a contesté la décision"):
        decide(database, agathe, corrects=again)


def test_why_a_review_is_not_worked_on_word_by_word(
    database: Database, agathe: Person, delphine: Person, refused: int
) -> None:
    def why(person: Person, reference: str, known: int | None = None) -> str:
        with pytest.raises(ReviewError) as told:
            reviews.end(database, person, reference, {}, known=known)
        return str(told.value)

    reference = ask(database, agathe, refused)
    assert why(delphine, "REV-1999-000001") == "Le réexamen REV-1999-000001 n’existe pas."
    assert why(agathe, reference) == ANOTHER
    assert why(delphine, reference, 1) == (
        "Des données viennent d’être corrigées dans ce réexamen : relisez-les, puis concluez."
    )
    reviews.end(database, delphine, reference, {}, known=0)
    assert why(delphine, reference) == f"Le réexamen {reference} est déjà conclu."
    second = ask(database, agathe, refused)
    with database.connection() as connection:
        connection.execute(text("UPDATE review SET client = NULL, content = NULL"))
    assert why(delphine, second) == (
        f"Les données du réexamen {second} sont effacées : il n’y a plus rien à revoir."
    )


def test_the_days_between_which_a_request_comes_in_are_told(
    database: Database, agathe: Person, delphine: Person, refused: int
) -> None:
    """From the day of the decision, 27 October 2026 say, until today, both included."""
    with database.connection() as connection:
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS decision_never_changed")
        connection.execute(text("UPDATE decision SET at = '2026-10-27 12:00:00.000000'"))
    decided, today = date(2026, 10, 27), date(2026, 11, 3)
    for wrong in (date(2026, 10, 26), date(2026, 11, 4)):
        with pytest.raises(ReviewError) as told:
            reviews.ask(database, "k", agathe, refused, wrong, 30, {}, today)
        assert str(told.value).replace("\N{NO-BREAK SPACE}", " ") == (
            "Une demande est reçue entre le jour de la décision (27 octobre 2026) et aujourd’hui "
            "(3 novembre 2026) : corrigez la date."
        )
    for received, due in ((decided, date(2026, 11, 26)), (today, date(2026, 12, 3))):
        reference = reviews.ask(database, next(KEYS), agathe, refused, received, 30, {}, today)
        found = reviews.find(database, reference)
        assert found is not None
        assert (found.received, found.deadline) == (received, due)
        reviews.end(database, delphine, reference, {})


def test_of_the_reviews_that_ended_the_last_twenty_are_listed_the_last_one_first(
    database: Database, agathe: Person, delphine: Person
) -> None:
    ended = [ask(database, agathe, decide(database, agathe, client=client)) for client in range(1, 23)]
    for reference in ended:
        reviews.end(database, delphine, reference, {})
    still = ask(database, agathe, decide(database, agathe, client=99))
    assert [one.reference for one in reviews.ended(database)] == ended[:1:-1]
    assert [one.reference for one in reviews.ended(database, 2)] == [ended[21], ended[20]]
    assert [one.reference for one in reviews.open_reviews(database)] == [still]


def test_what_was_corrected_last_holds_all_before(
    database: Database, agathe: Person, delphine: Person, refused: int
) -> None:
    reference = ask(database, agathe, refused)
    assert reviews.corrected(database, reference) == reviews.corrected(database, "REV-1999-000001") == {}
    assert not reviews.keyed(database, "1")
    for key in ("1", "2"):
        reviews.correct(database, key, delphine, reference, {"proof": f"bulletin {key}"})
    assert reviews.corrected(database, reference) == {"proof": "bulletin 2"}
    assert reviews.keyed(database, "1")
    assert not reviews.keyed(database, "3")


def test_a_review_is_upheld_or_replaced_in_words() -> None:
    assert [(one.value, one.label) for one in Outcome] == [
        ("maintenue", "maintenue"),
        ("modifiée", "remplacée"),
    ]


def test_once_erased_the_day_of_a_request_is_the_one_on_which_it_was_written(
    database: Database, agathe: Person, refused: int
) -> None:
    tomorrow = TODAY + timedelta(1)
    reference = reviews.ask(database, "k", agathe, refused, tomorrow, 30, {}, tomorrow)
    before = reviews.find(database, reference)
    with database.connection() as connection:
        connection.execute(text("UPDATE review SET client = NULL, content = NULL"))
    after = reviews.find(database, reference)
    assert before is not None
    assert after is not None
    assert (before.received, after.received) == (tomorrow, TODAY)


def letter(database: Database, author: Person, decision: int, **asked: Any) -> int:
    return letters.add(database, next(KEYS), author, decision, "refus", "1", b"%PDF-", **asked)


def test_why_a_letter_is_not_made_word_by_word(database: Database, agathe: Person, delphine: Person) -> None:
    def why(decision: int, **asked: Any) -> str:
        with pytest.raises(LetterError) as told:
            letter(database, agathe, decision, **asked)
        return str(told.value)

    assert why(999) == "La décision 999 n’existe plus."
    waits = decide(database, agathe, client=1, waiting=True)
    assert why(waits) == "La décision 1 attend une seconde lecture : son courrier s’établit après elle."
    decisions.read(database, waits, delphine, {}, agrees=False)
    assert why(waits) == (
        "La seconde lecture a renvoyé la décision 1 : corrigez-la, puis établissez le courrier de la "
        "nouvelle."
    )
    corrected = decide(database, agathe, client=1, corrects=waits)
    assert why(waits) == (
        "La décision 1 est remplacée par la décision 2 : établissez le courrier de celle-ci."
    )
    decide(database, agathe, client=1)
    assert why(corrected) == (
        "La décision 3 de ce client est plus récente que la 2 : établissez le courrier de la 3."
    )
    refused = decide(database, agathe, client=2)
    made = letter(database, agathe, refused, after=0)
    assert letter(database, agathe, refused, after=made) == made + 1
    for known in (0, made, made + 2):
        assert why(refused, after=known) == (
            "Le courrier 2 vient d’être établi : actualisez la page, et voyez s’il en faut un autre."
        )
    reference = ask(database, agathe, refused)
    assert why(refused, review=reference) == (
        "Ce réexamen n’est pas terminé : la réponse s’établit une fois qu’il l’est."
    )
    new = New(next(KEYS), Verdict.GRANT, {}, waiting=False)
    changed = reviews.end(database, delphine, reference, {}, new)
    assert changed is not None
    for told in (None, changed - 1, changed + 1):
        assert why(refused, review=reference, tells=told) == (
            f"La réponse à ce réexamen dit maintenant la décision {changed} : actualisez la page, relisez, "
            "puis établissez le courrier."
        )
    reply = letter(database, agathe, refused, review=reference, tells=changed, after=0)
    assert [one.id for one in letters.of_review(database, reference)] == [reply]
    assert [one.id for one in letters.of_decision(database, refused)] == [made + 1, made]


def test_bytes_of_a_letter_that_are_others_are_told_word_by_word(
    database: Database, agathe: Person, refused: int
) -> None:
    made = letter(database, agathe, refused)
    assert letters.pdf(database, made) == b"%PDF-"
    assert letters.pdf(database, made + 1) is None
    with database.connection() as connection:
        for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.execute(text("UPDATE letter SET pdf = x'00'"))
    with pytest.raises(AlteredLetterError) as told:
        letters.pdf(database, made)
    assert str(told.value) == (
        "Le courrier 1 n’est plus celui qui a été établi : son empreinte ne correspond pas. Prévenez votre "
        "administrateur."
    )
