"""People decide on two servers with one database, in the short form; `make bench-faults` is the long one."""

from collections.abc import Iterator
from functools import partial

import pytest

from tests import postgresql
from tests.faults import decide
from tests.faults.decide import Bank
from tests.faults.ground import Ground

SEED = 1
# Seconds between the decisions of somebody who waits for the next blow.
PAUSE = 0.5


@pytest.fixture(
    scope="module",
    params=postgresql.BOTH,
)
def bank(
    request: pytest.FixtureRequest, sound: Ground, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bank]:
    """A bank of this module's own, on each database."""
    folder = tmp_path_factory.mktemp("bank")
    own = sound.copy(folder / "instance")
    if request.param == "sqlite":
        with decide.opened(own) as bank:
            yield bank
        return
    with (
        postgresql.running(durable=True) as server,
        decide.opened(own, server) as bank,
    ):
        yield bank


@pytest.mark.parametrize(
    ("what", "blow", "times"),
    [
        ("a worker killed", decide.kill_worker, 3),
        ("the database stopped", partial(decide.stop_database, longest=1.0), 1),
    ],
    ids=["a worker killed", "the database stopped"],
)
def test_nothing_confirmed_is_lost_doubled_or_half_there(
    bank: Bank, what: str, blow: decide.Blow, times: int
) -> None:
    decided, struck = decide.decide(bank, 16, {what: (blow, times)}, SEED, pause=PAUSE)
    assert decided.wrong == []
    assert decided.tried >= 16
    assert (struck.what, struck.tried) == (what, times)


def test_a_killed_server_is_replaced_and_nothing_is_lost(bank: Bank) -> None:
    blows = {"a server killed": (decide.kill_master, 1)}
    decided, struck = decide.decide(bank, 8, blows, SEED + 1, pause=PAUSE)
    assert (decided.wrong, struck.tried) == ([], 1)
