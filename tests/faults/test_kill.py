"""Killed at random moments, in the short form; `make bench-faults` is the long one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import commands, kill
from tests.faults.ground import Ground
from tests.faults.kill import Attack

SEED = 1


@pytest.fixture(scope="module")
def attack(sound: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attack]:
    """An instance of this module's own, being served."""
    own = sound.copy(tmp_path_factory.mktemp("attacked") / "instance")
    with kill.attacked(own, SEED) as attack:
        # No model is trained on them: of more there would only be more of the same files.
        attack.clients = 500
        yield attack


@pytest.mark.parametrize(
    "name", ["portfolio demo", "portfolio import", "score", "model score", "user add", "token add"]
)
def test_a_killed_command_leaves_nothing_between_before_and_after(attack: Attack, name: str) -> None:
    attack.learn(name)
    while not attack.strike(name):
        """It had ended before it was to be killed."""
    assert (attack.results[name].tried, attack.results[name].wrong) == (1, [])
    assert attack.look() == []


def test_killed_workers_are_replaced(attack: Attack) -> None:
    killed = kill.kill_workers(attack.visitor, 2, SEED)
    assert (killed.tried, killed.wrong) == (2, [])


def test_a_killed_server_loses_nothing_and_comes_back(own: Ground) -> None:
    _, masters = kill.kill_servers(own, 0, 1, SEED)
    assert (masters.tried, masters.wrong) == (1, [])


def test_prepare_goes_on_after_it_was_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What it makes is asked whether it is whole, not how well it tells.
    monkeypatch.setattr(commands, "trees", 50)
    (result,) = kill.kill_prepare(tmp_path, 1, SEED, histories=False)
    assert (result.tried, result.wrong) == (1, [])
