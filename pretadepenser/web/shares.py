"""How many connections each server process holds, as all of them see it: a new one goes to who has fewest.

All wait for connections at the same door, and a browser keeps its own for a minute: of eight that come at
once six may be one process's for as long as they are kept, while another process, and its core, has two.
"""

from __future__ import annotations

import mmap
import os
from typing import Final

# Processes that are told apart: more than anybody starts.
PLACES: Final = 256


class Shares:
    """A place for each process, of its number and count, in memory that all forked from this one share."""

    def __init__(self) -> None:
        memory = memoryview(mmap.mmap(-1, 8 * PLACES)).cast("i")
        self._pids, self._counts = memory[:PLACES], memory[PLACES:]

    def tell(self, place: int, count: int) -> None:
        """Write down that this process, which is the `place`-th that was started, holds so many."""
        place %= PLACES
        self._counts[place] = count
        self._pids[place] = os.getpid()

    def leave(self, place: int) -> None:
        """Count no more: this process accepts nobody."""
        self._pids[place % PLACES] = 0

    def fewer_elsewhere(self, count: int) -> bool:
        """Whether another process holds less than so many."""
        own = os.getpid()
        held = zip(self._pids.tolist(), self._counts.tolist(), strict=True)
        return any(pid and pid != own and other < count for pid, other in held)

    def forget_the_dead(self) -> None:
        """Leave in the name of those that were killed."""
        for place, pid in enumerate(self._pids.tolist()):
            if pid and not os.path.exists(f"/proc/{pid}"):
                self._pids[place] = 0
