"""Simulation of a batch on many machines, by times and sizes that are measured here and limits that are assumed.

Rows wait for the head, which gives each out and takes its outcome back, one after the other; for the storage, which
gives and takes so many bytes and requests a second; and for a core. What is busy all the time binds.
"""

from __future__ import annotations

import heapq
import itertools
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.common import keep

SIDE, LARGE = 512, 4096
CORES = 16
"""Of a machine."""
ROWS_PER_CORE = 12
IDLE_TASKS = 400
"""Tasks of nothing, by which Ray's own time is measured."""
READS, WRITES = 4, 4
"""Of a row besides its files: its mask twice, listing, its record; its record twice, two small pictures."""


@dataclass(frozen=True)
class Measured:
    """What was measured on this machine.

    Attributes:
        seconds: of a core, that each kind of set takes with all that is around its fill.
        read, written: bytes of each kind.
        files: of a set.
        head: seconds of a core that a task takes of Ray's head and of the program that gives it out.
    """

    seconds: tuple[float, ...]
    read: tuple[int, ...]
    written: tuple[int, ...]
    files: int
    head: float

    def larger(self, times: int) -> Measured:
        """Return the same of sets with so many times the pixels; time and bytes grow with them."""
        return Measured(
            tuple(one * times for one in self.seconds),
            tuple(one * times for one in self.read),
            tuple(one * times for one in self.written),
            self.files,
            self.head,
        )


@dataclass(frozen=True)
class Storage:
    """A storage, by what is assumed of it.

    Attributes:
        name: for the table.
        bytes_a_second: that it gives and takes, all machines together.
        reads_a_second, writes_a_second: requests that it answers.
        readings: how often a set is read: a store's is fetched to be checked, too, of files the headers are enough.
    """

    name: str
    bytes_a_second: float
    reads_a_second: float
    writes_a_second: float
    readings: int = 1

    def requests(self, measured: Measured) -> float:
        """Return the seconds that the requests of a row take."""
        reads, writes = self.readings * measured.files + READS, measured.files + WRITES
        return max(reads / self.reads_a_second, writes / self.writes_a_second)


STORAGES = (
    Storage("one file server (10 Gbit/s)", 1.25e9, 20_000, 20_000),
    Storage("object store, one prefix (5,500 reads, 3,500 writes a second)", 100e9, 5_500, 3_500, readings=2),
)
"""What a prefix of S3 answers is what Amazon promises; it answers more when it has found that more is asked."""


@dataclass
class Line:
    """Something that serves one after the other.

    Attributes:
        free: when it can begin with the next.
        busy: seconds that it worked.
    """

    free: float = 0.0
    busy: float = 0.0

    def serve(self, now: float, seconds: float) -> float:
        """Return when something is served that comes now."""
        self.free = max(self.free, now) + seconds
        self.busy += seconds
        return self.free


@dataclass
class Outcome:
    """What a simulation came to.

    Attributes:
        seconds: from the first row to the last.
        efficiency: of what the cores alone would allow, 0 to 1.
        busy: the part of the time that head and storage worked.
    """

    seconds: float
    efficiency: float
    busy: dict[str, float] = field(default_factory=dict)


def simulate(measured: Measured, nodes: int, storage: Storage, rows_per_core: int = ROWS_PER_CORE) -> Outcome:
    """Return what becomes of a batch with so many rows for each core, which read, compute and write."""
    slots = nodes * CORES
    rows = list(itertools.islice(itertools.cycle(range(len(measured.seconds))), slots * rows_per_core))
    waiting, head, store, last = iter(rows), Line(), Line(), 0.0
    asked = storage.requests(measured)
    events = [(0.0, number, "give", 0) for number in range(slots)]
    order = itertools.count(slots)
    while events:
        now, _, stage, row = heapq.heappop(events)
        if stage == "give":
            if (row := next(waiting, -1)) < 0:
                continue
            then, following = head.serve(now, measured.head / 2), "read"
        elif stage == "read":
            there = store.serve(now, storage.readings * measured.read[row] / storage.bytes_a_second + asked)
            then, following = there + measured.seconds[row], "write"
        elif stage == "write":
            then, following = store.serve(now, measured.written[row] / storage.bytes_a_second), "tell"
        else:
            then, following = head.serve(now, measured.head / 2), "give"
            last = max(last, then)
        heapq.heappush(events, (then, next(order), following, row))
    ideal = sum(measured.seconds[row] for row in rows) / slots
    return Outcome(last, ideal / last, {"head": head.busy / last, "storage": store.busy / last})


def limits(measured: Measured, storage: Storage) -> dict[str, int]:
    """Return how many machines head and storage can keep at work at the most."""
    mean = statistics.fmean(measured.seconds)
    moved = storage.readings * statistics.fmean(measured.read) + statistics.fmean(measured.written)
    return {
        "head": int(mean / measured.head / CORES),
        "bytes": int(mean * storage.bytes_a_second / moved / CORES),
        "requests": int(mean / storage.requests(measured) / CORES),
    }


def run() -> None:
    """Measure, simulate 100 and 1,000 machines, and print the table."""
    measured = measure()
    rows = []
    for side, sets in ((SIDE, measured), (LARGE, measured.larger((LARGE // SIDE) ** 2))):
        for storage in STORAGES:
            for nodes in (100, 1000):
                found = simulate(sets, nodes, storage)
                rows.append({"side": side, "storage": storage.name, "nodes": nodes, **asdict(found),
                             "limits": limits(sets, storage)})  # fmt: skip
    data = {"measured": asdict(measured), "rows": rows}
    print(table(data))
    keep("scale", "python -m benchmarks scale", data)


def table(data: dict[str, Any]) -> str:
    """Return the table of what `run` kept."""
    measured = data["measured"]
    mean = {name: statistics.fmean(measured[name]) for name in ("seconds", "read", "written")}
    lines = [
        f"Measured of a set of {SIDE} pixels: {mean['seconds']:.2f} s of a core, {mean['read'] / 1e6:.2f} MB read, "
        f"{mean['written'] / 1e6:.2f} MB written; {1000 * measured['head']:.1f} ms of the head a row.",
        "",
        f"| sets of | storage | machines of {CORES} cores | of what cores allow | head busy | storage busy | "
        "at most: head | bytes | requests |",
        "| --- " * 9 + "|",
    ]
    for row in data["rows"]:
        most, busy = row["limits"], row["busy"]
        lines.append(
            f"| {row['side']} | {row['storage']} | {row['nodes']} | {row['efficiency']:.0%} | {busy['head']:.0%} | "
            f"{busy['storage']:.0%} | {most['head']} | {most['bytes']} | {most['requests']} |"
        )
    return "\n".join(lines)


def measure() -> Measured:
    """Return times and sizes: a set of each kind by one core, in seconds of that core, and tasks of nothing by Ray."""
    from svbrdf_core.batch import BatchTemplate, MaskRule, find_rows, open_output
    from svbrdf_core.batch.plan import check_row
    from svbrdf_core.batch.work import repair_row
    from svbrdf_core.example import KINDS, write_example

    seconds, read, written, files = [], [], [], []
    with tempfile.TemporaryDirectory(prefix="svbrdf-") as name:
        home = Path(name)
        for kind in KINDS:
            write_example(home / kind, kind, SIDE)
            (home / "library").mkdir(exist_ok=True)
            (home / kind / "damaged").rename(home / "library" / kind)
        output = open_output(home / "out")
        rows = find_rows(home / "library", MaskRule(f"{home}/{{name}}/mask.png"), BatchTemplate(home / "out"))
        with output.hold():
            repair_row(check_row(rows[0], rows[0], output), output)  # which loads and compiles
            for row in rows:
                started = time.process_time()
                repair_row(check_row(row, row, output), output)
                seconds.append(time.process_time() - started)
                read.append(_size(home / "library" / row.name))
                written.append(_size(home / "out" / row.name))
                files.append(len(list((home / "library" / row.name).iterdir())))
    return Measured(tuple(seconds), tuple(read), tuple(written), max(files), _head_time())


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _nothing() -> None: ...


def _head_time() -> float:
    """Return the seconds of processors that a task takes of this program and of Ray's head, besides its worker."""
    import psutil

    from svbrdf_core.runs.executors import Task
    from svbrdf_core.runs.ray_executor import RayExecutor

    def spent() -> float:
        heads = [one for one in psutil.Process().children(recursive=True) if one.name() in ("gcs_server", "raylet")]
        return time.process_time() + sum(sum(one.cpu_times()[:2]) for one in heads)

    with RayExecutor("local", jobs=1) as executor:
        list(executor.run([Task(0, _nothing, 0)]))
        before = spent()
        list(executor.run([Task(number, _nothing, 0) for number in range(IDLE_TASKS)]))
        return (spent() - before) / IDLE_TASKS
