"""How much each server process has on its hands, as all of them see it: who comes is left to who has least.

All wait for connections at the same door, and a browser keeps its own for a minute: of eight that come at
once six may be one process's for as long as they are kept, while another process, and its core, has two.
"""

from __future__ import annotations

import mmap
import os
from typing import Final

# Processes that are told apart, more than live at once: who starts after so many has the first one's place.
PLACES: Final = 256


class Shares:
    """A place for each process, of its number, load and turn, in memory that all forked from this share."""

    def __init__(self) -> None:
        memory = memoryview(mmap.mmap(-1, 3 * 8 * PLACES)).cast("q")
        self._pids, self._loads, self._turns = (
            memory[first : first + PLACES] for first in range(0, 3 * PLACES, PLACES)
        )

    def tell(self, place: int, load: int) -> None:
        """Write down what this process, the `place`-th started, has on its hands; its turn is the next."""
        place %= PLACES
        self._loads[place] = load
        self._turns[place] += 1
        self._pids[place] = os.getpid()

    def leave(self, place: int) -> None:
        """Count no more: this process accepts nobody."""
        self._pids[place % PLACES] = 0

    def freer(self, load: int) -> dict[int, int]:
        """The turn of each other process that has less than this on its hands, by its place."""
        own = os.getpid()
        told = zip(self._pids.tolist(), self._loads.tolist(), self._turns.tolist(), strict=True)
        return {
            place: turn
            for place, (pid, other, turn) in enumerate(told)
            if pid and pid != own and other < load
        }

    def forget_the_dead(self) -> None:
        """Leave in the name of those that were killed."""
        for place, pid in enumerate(self._pids.tolist()):
            if pid and not os.path.exists(f"/proc/{pid}"):
                self._pids[place] = 0
