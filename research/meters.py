"""Time and memory of this process, measured without bringing TensorFlow into it."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path


def best_seconds(action: Callable[[], object], repeats: int) -> dict[str, float]:
    """Shortest elapsed and processor seconds of ``action`` over ``repeats``, after one run to warm up."""
    action()
    elapsed, processor = [], []
    for _ in range(repeats):
        start, start_processor = time.perf_counter(), time.process_time()
        action()
        elapsed.append(time.perf_counter() - start)
        processor.append(time.process_time() - start_processor)
    return {"elapsed": min(elapsed), "processor": min(processor)}


def peak_bytes() -> int:
    """Largest resident memory of this process so far, in bytes."""
    status = Path("/proc/self/status")
    if status.is_file():
        # What getrusage tells of a child begins at the size of the process that started it.
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
