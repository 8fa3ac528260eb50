"""What does not grow with the portfolio (start-up, memory, lookup), and what does (making, importing)."""

from __future__ import annotations

import csv
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

from pretadepenser import demo
from pretadepenser.credit import dictionary
from pretadepenser.credit.portfolio import import_batches, import_folder
from tests.bench.ground import Ground, line, title

# Run in a process of its own: start as gunicorn's master does, then show one client.
START = """
import json, sys, time
begun = time.perf_counter()
from pathlib import Path
from pretadepenser import create_app
app = create_app({"INSTANCE": Path(sys.argv[1])})
loaded = time.perf_counter() - begun
begun = time.perf_counter()
from pretadepenser.credit.portfolio import current_portfolio
portfolio = current_portfolio(Path(sys.argv[1]))
opened = time.perf_counter() - begun
numbers = portfolio.numbers()
places = [int(numbers[i * (portfolio.size - 1) // 499]) for i in range(500)]
begun = time.perf_counter()
for number in places:
    portfolio.client(number)
lookup = (time.perf_counter() - begun) / 500
# Anonymous memory: pages of the mapped file are the system's cache, shared by every worker that maps it.
private = next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("RssAnon"))
print(json.dumps([loaded, 1000 * opened, 1000 * lookup, private / 1024]))
"""
CSV_ROWS = 50_000


def run(ground: Ground) -> None:
    """Compare portfolios of the sizes asked for; import a CSV file of CSV_ROWS clients."""
    folder = ground.instance.parent
    title("Start-up by size of portfolio")
    line("clients", "load, s", "open, ms", "lookup, ms", "private, MB")
    for size in ground.sizes:
        instance = folder / f"size-{size}"
        begun = time.perf_counter()
        import_batches(demo.batches(size, 1), instance, fictitious=True)
        made = time.perf_counter() - begun
        out = subprocess.run(
            [sys.executable, "-c", START, str(instance)], check=True, capture_output=True, text=True
        ).stdout
        loaded, opened, lookup, private = json.loads(out)
        line(f"{size:,}", f"{loaded:.2f}", f"{opened:.1f}", f"{lookup:.3f}", f"{private:.0f}")
        line("   made at", f"{size / made:,.0f}/s")
    title(f"Import of a CSV file of {CSV_ROWS:,} clients")
    source = folder / "csv"
    source.mkdir()
    _write_csv(source / "application_train.csv")
    begun = time.perf_counter()
    import_folder(source, folder / "imported")
    taken = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line(
        "rows a second, seconds, peak of the whole bench",
        f"{CSV_ROWS / taken:,.0f}/s",
        f"{taken:.1f} s",
        f"{peak:.0f} MB",
    )


def _write_csv(path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(dictionary.COLUMNS)
        for batch in demo.batches(CSV_ROWS, 2):
            columns = [column.to_pylist() for column in batch.columns]
            writer.writerows(zip(*columns, strict=True))
