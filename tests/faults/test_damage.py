"""Damaged, swapped, stopped and flooded, in the short form, on one running server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pretadepenser.credit.model import learning
from tests.faults import fill, flip, slow, stop, swap
from tests.faults.fill import Disk
from tests.faults.ground import Ground, Result, Visitor

SEED = 1


def wrong(results: list[Result]) -> dict[str, list[str]]:
    """What went wrong, by what was tried."""
    return {one.what: one.wrong for one in results if one.wrong}


def test_a_changed_bit_is_never_told(visitor: Visitor) -> None:
    results = flip.flip_bits(visitor, 9, SEED)
    assert wrong(results) == {}
    assert [one.tried for one in results] == [3, 3, 3]


def test_swaps_mix_no_answer(visitor: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The other model has to answer otherwise, not as well.
    monkeypatch.setattr(learning, "TREE_COUNT", 60)
    results = swap.swap_generations(visitor, tmp_path, 8, 30, SEED)
    assert wrong(results) == {}
    assert [one.tried for one in results] == [30]


def test_what_was_stopped_goes_on(visitor: Visitor) -> None:
    results = stop.stop_things(visitor, 1, SEED)
    assert wrong(results) == {}
    assert [one.tried for one in results] == [1, 1, 1, 1]


def test_slow_sockets_hold_nobody_up(visitor: Visitor) -> None:
    results = slow.slow_sockets(visitor, 16, 2.0, 1.1)
    assert wrong(results) == {}
    assert len(results) == 3


@pytest.fixture(scope="module")
def disk(sound: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    """A small disk with an instance on it."""
    with fill.small_disk(sound, tmp_path_factory.mktemp("disk")) as disk:
        yield disk


@pytest.mark.parametrize("numbers", [range(3), range(3, 6), range(6, 8)], ids=["data", "rest", "last file"])
def test_a_command_on_a_full_disk_writes_nothing_by_half(disk: Disk, numbers: range) -> None:
    result = fill.fill_commands(disk, numbers, SEED, train=False)
    assert result.wrong == []
    assert result.tried == len(numbers)


def test_pages_of_a_full_disk_are_as_before_or_say_so(disk: Disk) -> None:
    result = fill.fill_pages(disk)
    assert result.wrong == []
    assert result.tried == 8
