"""Benchmark of the service: waits and memory under load, and the overhead of a large repair by it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import numpy as np
import psutil

import svbrdf_core as sv
from benchmarks.common import keep
from svbrdf_core.codec.plain import JsonObject
from svbrdf_core.example import make_example, write_example
from svbrdf_server.client import Client

CLIENTS, EACH = 20, 10
SMALL, LARGE, HOLE = 128, 4096, 256
MARKS = (10, 100)
"""After so many jobs the memory is looked at."""
BEAT = 0.02
"""Seconds between two looks at /v1/health."""


def run(runs: int) -> None:
    """Measure load and overhead, print both, and keep them."""
    with tempfile.TemporaryDirectory(prefix="svbrdf-") as name:
        home = Path(name)
        write_example(home / "small", "bricks", SMALL, 0)
        loaded = load(home)
        _tell_load(loaded)
        cost = overhead(home, runs)
        _tell_overhead(cost)
    print(keep("service", f"python -m benchmarks service --runs {runs}", {"load": loaded, "overhead": cost}))


def load(home: Path) -> JsonObject:
    """Have 20 clients queue 200 jobs while one works; return how long /v1/health took meanwhile, and memory."""
    with service(home / "load") as running:
        wanted = running.job_body(home / "small")
        running.client.submit(wanted)
        running.wait(1)
        memory = {"before": running.memory()}
        running.client.submit({**wanted, "method": {"variations": 64}})
        beats = subprocess.Popen(
            [sys.executable, "-m", "benchmarks", "health-of", str(running.port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        started = time.perf_counter()

        def ask(number: int) -> None:
            with Client(running.url, running.token) as client:
                for seed in range(EACH):
                    client.submit({**wanted, "method": {"seed": number * EACH + seed}})

        with ThreadPoolExecutor(CLIENTS) as threads:
            list(threads.map(ask, range(CLIENTS)))
        accepted = time.perf_counter() - started
        waiting = running.client.info()["queue"]["waiting"]
        for mark in MARKS:
            running.wait(2 + mark)
            memory[f"after {mark}"] = running.memory()
        out, _ = beats.communicate("")
        return {
            "clients": CLIENTS, "jobs": CLIENTS * EACH, "waiting_when_all_were_accepted": waiting,
            "seconds_to_accept": accepted, "health_ms": _summary(json.loads(out)), "memory_mb": memory,
        }  # fmt: skip


def measure_waits(port: int) -> list[float]:
    """Ask for /v1/health until standard input ends; return the seconds of each answer."""
    found = []
    while not select.select([sys.stdin], [], [], BEAT)[0]:
        started = time.perf_counter()
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/v1/health")
        answer = connection.getresponse()
        answer.read()
        found.append(time.perf_counter() - started)
        connection.close()
        assert answer.status == 200
    return found


def overhead(home: Path, runs: int) -> JsonObject:
    """Repair a large material by a service and in a process of its own, in turns; return the seconds."""
    large = home / "large"
    made = make_example("bricks", LARGE, 0)
    sv.Material.from_arrays("bricks", made.damaged).save(large)
    sent = sum(path.stat().st_size for path in large.iterdir())
    rows: list[JsonObject] = []
    for number in range(runs):
        with service(home / f"overhead-{number}") as running:
            running.client.submit(running.job_body(home / "small"))
            running.wait(1)
            row: JsonObject = {}
            for name in ("with upload", "without upload"):
                started = time.perf_counter()
                row[name] = {"steps": repair_by(running, large, _rect(LARGE, HOLE), home / f"out-{number}-{name}")}
                row[name]["seconds"] = time.perf_counter() - started
            row["server_mb"] = running.memory()["server"]
        command = [sys.executable, "-m", "benchmarks", "repair-of", str(home)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        row["in process"] = {"seconds": json.loads(done.stdout)}
        rows.append(row)
        _same(home / f"out-{number}-without upload", home / "large-out")
        for folder in (f"out-{number}-with upload", f"out-{number}-without upload", "large-out"):
            shutil.rmtree(home / folder)
    names = ("in process", "with upload", "without upload")
    seconds = {name: statistics.median(row[name]["seconds"] for row in rows) for name in names}
    own = seconds["in process"]
    return {
        "size": LARGE, "hole": HOLE, "mb_sent": sent / 1e6, "seconds": seconds,
        "ratio": {name: value / own for name, value in seconds.items()},
        "more_seconds": {name: value - own for name, value in seconds.items()}, "runs": rows,
    }  # fmt: skip


def repair_here(home: Path) -> float:
    """Repair the large material in this process, warm from a small one; return the seconds."""
    _repair(home / "small" / "damaged", SMALL, SMALL // 4, home / "small-out", tileable=True)
    started = time.perf_counter()
    _repair(home / "large", LARGE, HOLE, home / "large-out")
    took = time.perf_counter() - started
    shutil.rmtree(home / "small-out")
    return took


def _repair(folder: Path, size: int, hole: int, out: Path, *, tileable: bool = False) -> None:
    request = sv.InpaintRequest(
        source=sv.LoadOptions(folder),
        hole=sv.HoleSpec((sv.MaskShape(_rect(size, hole)),), tileable=tileable),
        output=sv.OutputSpec(out),
    )
    sv.repair(request)


def _rect(side: int, hole: int) -> str:
    return f"rect:{(side - hole) // 2},{(side - hole) // 2},{hole},{hole}"


def repair_by(running: Running, folder: Path, shape: str, out: Path) -> dict[str, float]:
    """Send a material unless it is known, have it repaired and fetch the files; return the seconds of each step."""
    marks = [time.perf_counter()]
    material = running.client.material({path.name: path for path in folder.iterdir()})
    marks.append(time.perf_counter())
    wanted = {"material": material["id"], "hole": {"masks": [{"shape": shape}]}}
    job = running.client.submit(wanted)["id"]
    marks.append(time.perf_counter())
    for _ in running.client.events(job):
        pass
    marks.append(time.perf_counter())
    out.mkdir()
    result = running.client.job(job)["result"]
    for file in result["variations"][0]["files"]:
        running.client.fetch(job, file, out / Path(file).name)
    marks.append(time.perf_counter())
    names = ("material", "submit", "job", "fetch")
    return {name: end - start for name, start, end in zip(names, marks, marks[1:], strict=False)}


def _same(folder: Path, other: Path) -> None:
    """Assert that two folders hold the same files, byte for byte."""
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(path.name for path in other.iterdir())
    for name in names:
        assert (folder / name).read_bytes() == (other / name).read_bytes(), name


class Running:
    """A service in a process of its own."""

    def __init__(self, process: psutil.Process, url: str, token: str) -> None:
        self.url, self.token, self._process = url, token, process
        self.port = int(url.rpartition(":")[2])
        self.client = Client(url, token)

    def job_body(self, example: Path) -> JsonObject:
        """Send a small example and return what asks for its repair."""
        material = self.client.material({path.name: path for path in (example / "damaged").iterdir()})
        mask = self.client.upload(example / "mask.png")
        return {"material": material["id"], "hole": {"masks": [{"file": mask}], "tileable": True}}

    def wait(self, count: int) -> None:
        """Wait until so many jobs are done."""
        while sum(len(page) for page in self._list_done()) < count:
            time.sleep(0.2)

    def memory(self) -> dict[str, float]:
        """Return the megabytes of each process."""
        worker, tool = self.client.info()["workers"]
        of = {"server": self._process, "worker": psutil.Process(worker), "tool": psutil.Process(tool)}
        return {name: process.memory_info().rss / 1e6 for name, process in of.items()}

    def _list_done(self) -> Iterator[list[JsonObject]]:
        before: int | None = None
        while True:
            page = self.client.jobs(count=200, before=before, states=["done"])
            yield page["jobs"]
            before = page["next"]
            if before is None:
                return


@contextlib.contextmanager
def service(home: Path) -> Iterator[Running]:
    """Give a service of our own, with its data in a folder."""
    (home / "run").mkdir(parents=True, mode=0o700)
    own = {"XDG_RUNTIME_DIR": str(home / "run"), "SVBRDF_CACHE": str(home / "models")}
    command = [sys.executable, "-m", "svbrdf_core", "serve", "--data", str(home / "data"), "--quiet"]
    process = subprocess.Popen(command, env={**os.environ, **own}, stdin=subprocess.DEVNULL)
    try:
        file = home / "run" / "svbrdf-inpaint" / "service.json"
        while not file.exists():
            if process.poll() is not None:
                raise SystemExit("The service did not start.")
            time.sleep(0.05)
        found = json.loads(file.read_text(encoding="utf-8"))
        running = Running(psutil.Process(process.pid), found["url"], found["token"])
        with running.client:
            yield running
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(home)


def _summary(seconds: list[float]) -> JsonObject:
    found = np.array(seconds) * 1000
    return {
        "count": len(seconds), "p50": float(np.percentile(found, 50)), "p99": float(np.percentile(found, 99)),
        "max": float(found.max()),
    }  # fmt: skip


def _tell_load(found: JsonObject) -> None:
    health = found["health_ms"]
    print(
        f"{found['jobs']} jobs of {found['clients']} clients accepted in {found['seconds_to_accept']:.1f} s, "
        f"{found['waiting_when_all_were_accepted']} waiting then"
    )
    print(
        f"/v1/health: p50 {health['p50']:.1f} ms, p99 {health['p99']:.1f}, max {health['max']:.1f} ({health['count']})"
    )
    for when, sizes in found["memory_mb"].items():
        print(f"MB {when:9}: " + ", ".join(f"{name} {size:.0f}" for name, size in sizes.items()))


def _tell_overhead(found: JsonObject) -> None:
    print(f"{found['size']} set ({found['mb_sent']:.0f} MB), {found['hole']} px hole: median of {len(found['runs'])}")
    for name, seconds in found["seconds"].items():
        more = f"{found['more_seconds'][name]:+.2f} s"
        print(f"{name:15} {seconds:6.2f} s, {found['ratio'][name]:.3f} of in process ({more})")
    for row in found["runs"]:
        for name in ("with upload", "without upload"):
            print(f"  {name}: " + ", ".join(f"{step} {took:.2f}" for step, took in row[name]["steps"].items()))
