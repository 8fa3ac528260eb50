"""Killed at random moments, in the short form; `make bench-faults` is the long one."""

from pathlib import Path

from tests.faults import kill
from tests.faults.ground import Ground

SEED = 1


def test_killed_commands_leave_nothing_between_before_and_after(own: Ground) -> None:
    results = kill.kill_commands(own, 6, SEED, train=False)
    assert {one.what: one.wrong for one in results if one.wrong} == {}
    assert {one.what for one in results if one.tried} == {
        "`portfolio demo` killed",
        "`portfolio import` killed",
        "`score` killed",
        "`model score` killed",
        "`user add` killed",
        "`token add` killed",
        "commands run to their end afterwards",
    }


def test_killed_servers_lose_nothing_and_come_back(own: Ground) -> None:
    workers, masters = kill.kill_servers(own, 2, 1, SEED)
    assert (workers.tried, workers.wrong) == (2, [])
    assert (masters.tried, masters.wrong) == (1, [])


def test_prepare_goes_on_after_it_was_killed(tmp_path: Path) -> None:
    (result,) = kill.kill_prepare(tmp_path, 1, SEED)
    assert (result.tried, result.wrong) == (1, [])
