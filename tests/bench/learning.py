"""A training in memory and from files on the disk: seconds and private memory by number of clients.

Few trees are fitted: what is held of the clients does not depend on how many there are.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

from pretadepenser import demo
from pretadepenser.credit.portfolio import import_batches
from pretadepenser.demo.histories import histories
from tests.bench.ground import Ground, line, title

TREES = 10
# Megabytes allowed: everything, and less than any portfolio of these takes.
ALLOWED = {"in memory": 1_000_000, "from disk": 1}
# Run in a process of its own, which looks at its anonymous memory twenty times a second.
TRAIN = """
import json, sys, threading, time
from pathlib import Path
from pretadepenser.credit.model import learning, training

learning.TREE_COUNT = int(sys.argv[3])
peaks, done = [0], threading.Event()

def private():
    return next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("RssAnon"))

def watch():
    while not done.wait(0.05):
        peaks[0] = max(peaks[0], private())

start = private()
watching = threading.Thread(target=watch)
watching.start()
begun = time.perf_counter()
training.train(Path(sys.argv[1]), memory=int(sys.argv[2]))
seconds = time.perf_counter() - begun
done.set()
watching.join()
print(json.dumps([seconds, start / 1024, peaks[0] / 1024]))
"""


def run(ground: Ground) -> None:
    """Train on portfolios with histories of the sizes asked for, both ways."""
    title(f"Training of {TREES} trees (each fit), clients with histories: seconds, private memory")
    line("clients", *ALLOWED)
    for size in ground.sizes:
        instance = ground.instance.parent / f"learning-{size}"
        import_batches(demo.batches(size, 1), instance, fictitious=True, histories=histories(size, 1))
        told = []
        for memory in ALLOWED.values():
            out = subprocess.run(
                [sys.executable, "-c", TRAIN, str(instance), str(memory), str(TREES)],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
            seconds, start, peak = json.loads(out)
            told.append(f"{seconds:.0f} s, {start:.0f} + {peak - start:.0f} MB")
        line(f"{size:,}", *told)
        shutil.rmtree(instance)
