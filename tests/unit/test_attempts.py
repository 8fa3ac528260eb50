"""The throttle of sign-in attempts: a wait that grows, for strangers and known devices apart."""

import multiprocessing
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from pretadepenser.records.attempts import Throttle, Who, place
from pretadepenser.records.database import Database
from pretadepenser.records.models import LoginAttempt
from tests.conftest import Clock

DAY = 24 * 3600
THROTTLE = Throttle(account=3, address=1000, longest=900)


def rows(database: Database) -> int:
    with database.session() as session:
        return int(session.scalar(text("SELECT count(*) FROM login_attempt")) or 0)


def test_the_wait_doubles_after_the_free_failures_up_to_the_longest(database: Database, clock: Clock) -> None:
    agathe = Who.of("agathe", "192.0.2.1")
    assert [THROTTLE.begin(database, agathe) for _ in range(3)] == [0, 0, 0]
    for wait in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900):
        assert THROTTLE.begin(database, agathe) == wait
        clock.now += wait - 0.5
        assert THROTTLE.begin(database, agathe) == 1, "half a second too early"
        clock.now += 0.5
        assert THROTTLE.begin(database, agathe) == 0
    # A day after the last failures the first ones are free again.
    clock.now += DAY + 1
    assert [THROTTLE.begin(database, agathe) for _ in range(4)] == [0, 0, 0, 1]
    assert rows(database) == 3


def test_hammering_makes_no_wait_longer_and_leaves_no_row(database: Database, clock: Clock) -> None:
    agathe = Who.of("agathe", "192.0.2.1")
    for _ in range(3):
        THROTTLE.begin(database, agathe)
    for _ in range(50):
        assert THROTTLE.begin(database, agathe) == 1
    assert rows(database) == 3
    clock.now += 1
    assert THROTTLE.begin(database, Who.of(" AGATHE", "192.0.2.9")) == 0, "the same account, from anywhere"
    assert THROTTLE.begin(database, agathe) == 2


def test_an_address_waits_whatever_the_accounts(database: Database, clock: Clock) -> None:
    throttle = Throttle(account=100, address=3, longest=60)
    waits = [throttle.begin(database, Who.of(f"compte{i}", "192.0.2.1")) for i in range(4)]
    assert waits == [0, 0, 0, 1]
    assert throttle.begin(database, Who.of("compte9", "192.0.2.2")) == 0


def test_the_longer_wait_is_told(database: Database, clock: Clock) -> None:
    throttle = Throttle(account=1, address=2, longest=60)
    assert throttle.begin(database, Who.of("agathe", "192.0.2.1")) == 0
    clock.now += 1
    assert throttle.begin(database, Who.of("agathe", "192.0.2.1")) == 0
    # Two failures of the account, of which one was free; two from the address, which were free both.
    assert throttle.begin(database, Who.of("agathe", "192.0.2.1")) == 2
    assert throttle.begin(database, Who.of("bruno", "192.0.2.1")) == 1
    assert throttle.begin(database, Who.of("agathe", "192.0.2.9")) == 2
    assert throttle.begin(database, Who.of("bruno", "192.0.2.9")) == 0


def test_strangers_never_delay_a_known_device_nor_it_them(database: Database, clock: Clock) -> None:
    stranger, own = Who.of("agathe", "192.0.2.1"), Who.of("agathe", "192.0.2.1", "a" * 32)
    other = Who.of("agathe", "192.0.2.1", "b" * 32)
    throttle = Throttle(account=2, address=2, longest=900)
    assert [throttle.begin(database, stranger) for _ in range(3)] == [0, 0, 1]
    assert [throttle.begin(database, own) for _ in range(3)] == [0, 0, 1]
    assert [throttle.begin(database, other) for _ in range(3)] == [0, 0, 1]
    clock.now += 1
    assert throttle.begin(database, stranger) == 0, "as if no device had tried"
    # From the office, people whose machines are known sign in as often as they like.
    for number in range(50):
        assert throttle.begin(database, Who.of(f"compte{number}", "192.0.2.1", "c" * 32)) == 0


def test_success_forgets_what_that_stranger_or_that_device_failed(database: Database, clock: Clock) -> None:
    throttle = Throttle(account=2, address=1000, longest=900)
    here, elsewhere = Who.of("agathe", "192.0.2.1"), Who.of("agathe", "192.0.2.66")
    device = Who.of("agathe", "192.0.2.1", "a" * 32)
    for _ in range(5):
        assert throttle.begin(database, here) == 0
        throttle.succeed(database, here)
    assert [throttle.begin(database, elsewhere) for _ in range(2)] == [0, 0]
    assert [throttle.begin(database, device) for _ in range(2)] == [0, 0]
    throttle.succeed(database, here)
    throttle.succeed(database, Who.of("mallory", "192.0.2.66"))
    assert throttle.begin(database, here) == 1, "what was failed elsewhere counts on"
    assert throttle.begin(database, device) == 1
    # A device may move: where it failed does not matter.
    throttle.succeed(database, Who.of("agathe", "198.51.100.7", "a" * 32))
    assert throttle.begin(database, device) == 0
    throttle.succeed(database, Who.of("AGATHE ", "192.0.2.66"))
    assert throttle.begin(database, here) == 0


def test_attempts_from_the_future_are_ignored_and_deleted(database: Database, clock: Clock) -> None:
    """The clock was a year ahead, and is right again: nobody waits for a year."""
    agathe = Who.of("agathe", "192.0.2.1")
    clock.now += 365 * DAY
    for _ in range(3):
        assert THROTTLE.begin(database, agathe) == 0
    clock.now -= 365 * DAY
    assert [THROTTLE.begin(database, agathe) for _ in range(4)] == [0, 0, 0, 1]
    assert rows(database) == 3
    # The clock of another server may be ahead by less than a minute: its attempts count, as made just now.
    with database.session() as session:
        session.add(LoginAttempt(account="agathe", address="192.0.2.2", at=clock.now + 59))
    assert THROTTLE.begin(database, agathe) == 2
    with database.session() as session:
        session.add(LoginAttempt(account="agathe", address="192.0.2.2", at=clock.now + 61))
    assert THROTTLE.begin(database, agathe) == 2, "and by no more"
    assert rows(database) == 4


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("inconnue", "inconnue"),
        ("x" * 100, "x" * 64),
    ],
)
def test_an_ipv6_network_is_one_place(address: str, counted: str) -> None:
    assert place(address) == counted


def test_a_whole_ipv6_network_gets_no_more_attempts_than_one_address(
    database: Database, clock: Clock
) -> None:
    throttle = Throttle(account=1000, address=30, longest=900)
    waits = [throttle.begin(database, Who.of(f"compte{i}", f"2001:db8::{i:x}")) for i in range(45)]
    assert waits == [0] * 30 + [1] * 15


def _try(path: Path) -> int:
    opened = Database(f"sqlite:///{path}")
    throttle = Throttle(account=5, address=1000, longest=900)
    return sum(throttle.begin(opened, Who.of("agathe", "192.0.2.1")) == 0 for _ in range(10))


def test_the_throttle_holds_across_processes(database: Database, tmp_path: Path) -> None:
    """Thirty attempts in less than a second: the five free ones, whichever process made them."""
    with multiprocessing.get_context("fork").Pool(3) as pool:
        begun = time.monotonic()
        allowed = sum(pool.map(_try, [tmp_path / "records.sqlite"] * 3, chunksize=1))
        assert 5 <= allowed <= 5 + (time.monotonic() - begun)
    assert rows(database) == allowed


def test_long_after_the_wait_is_over_nobody_waits(database: Database, clock: Clock) -> None:
    """Of a known device its own failures alone count: nothing else hides a wait that is below nothing."""
    for who in (Who.of("agathe", "192.0.2.1"), Who.of("bruno", "192.0.2.1", "a" * 32)):
        assert [THROTTLE.begin(database, who) for _ in range(4)] == [0, 0, 0, 1]
        clock.now += 100
        assert THROTTLE.begin(database, who) == 0
