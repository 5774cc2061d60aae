"""Sudden ends at random moments, many in a row.

The races: an end of the server against every step of accepting, claiming, doing, writing and ending a job, and against
the putting in order of what the end before left; an end of a worker against the same from its server's side.
"""

from __future__ import annotations

import http.client
import os
import random
import threading
import time
from pathlib import Path

import psutil
import pytest

from svbrdf_core.patch import compile_kernels
from svbrdf_core.run import Run
from tests.server.conftest import Sample
from tests.server.desk import ENDED, QUICK, check_sound, query, wish_for
from tests.server.running import PATIENCE, Json, Running, service, until

VICTIMS = ("server", "server", "worker", "tool")
ATTEMPTS = 3


class Clients:
    """Threads that ask for jobs all the time, whatever they meet, and remember what was accepted."""

    def __init__(self, running: Running, wish: Json, seed: int) -> None:
        self._running, self._wish = running, wish
        self.accepted: list[str] = []
        self.unexpected: list[bytes] = []
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(seed + n,)) for n in range(2)]

    def __enter__(self) -> Clients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _ask(self, seed: int) -> None:
        chance = random.Random(seed)
        while not self._end.is_set():
            variations = chance.choice((1, 2, 8))
            method = {"seed": chance.randrange(1000), "variations": variations, "settings": QUICK}
            wanted = {**self._wish, "method": method}
            try:
                answer = self._running.post("/v1/jobs", wanted)
                if answer.status == 202:
                    self.accepted.append(answer.json()["id"])
                    if chance.random() < 0.2:
                        self._running.post(f"/v1/jobs/{self.accepted[-1]}/cancel", {})
                elif answer.status not in (401, 422):  # the token of before; the tool was killed over it
                    self.unexpected.append(answer.body)
            except (OSError, http.client.HTTPException, ValueError):
                pass  # the server was killed over it: not accepted, as far as the client knows
            self._end.wait(chance.uniform(0.2, 2.0))


def rounds(count: int, home: Path, sample: Sample) -> None:
    """Kill something so many times, and see what is left."""
    seed = int(os.environ.get("SVBRDF_STRESS_SEED", time.time_ns() % 2**32))
    print(f"SVBRDF_STRESS_SEED={seed}")
    chance = random.Random(seed)
    compile_kernels(Run())  # takes longer than all the kills, and a worker that is killed at it begins anew
    options = ("--limit", f"attempts={ATTEMPTS}")
    with service(home, *options) as running:
        with Clients(running, wish_for(running, sample), seed) as clients:
            killed = [_round(running, chance) for _ in range(count)]
            until(lambda: query(running.data, "SELECT 1 FROM jobs WHERE state = 'done'"))
        open_jobs = "SELECT 1 FROM jobs WHERE state IN ('queued', 'running', 'cancelling')"
        until(lambda: query(running.data, open_jobs) == [], patience=600)
        known = dict(query(running.data, "SELECT id, state FROM jobs"))
        told = {state: list(known.values()).count(state) for state in ENDED}
        print(f"{len(clients.accepted)} accepted, {told}; killed {killed}")
        assert clients.unexpected == []
        assert set(clients.accepted) <= set(known), "an accepted job was lost"
        assert len(clients.accepted) == len(set(clients.accepted)) and told["done"] > 0
        assert {job for (job,) in query(running.data, "SELECT id FROM jobs WHERE attempt > ?", ATTEMPTS)} == set()
        reasons = query(running.data, "SELECT id FROM jobs WHERE state IN ('failed', 'interrupted') AND reason = ''")
        assert reasons == []
        assert running.stop() == 0
        check_sound(running.data)
        assert list((running.data / "unfinished").iterdir()) == []


def _round(running: Running, chance: random.Random) -> str:
    """Kill one process at some moment, and have the service run again."""
    victim = chance.choice(VICTIMS)
    time.sleep(chance.uniform(0, 2.5))
    assert running.process is not None and not running.ended(), running.log
    if victim != "server":
        found = running.workers()
        if found:
            process = found[0] if victim == "tool" else found[-1]
            _kill(process)
        return victim
    running.kill()
    check_unharmed(running.data)
    running.start(*(["--resume"] if chance.random() < 0.5 else []))
    return victim


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return  # it went by itself


def check_unharmed(data: Path) -> None:
    """Assert what must be so even right after a kill, before anything is put in order."""
    assert query(data, "PRAGMA quick_check") == [("ok",)]
    done = query(data, "SELECT id, attempt FROM jobs WHERE state = 'done'")
    for job, attempt in done:
        assert (data / "jobs" / job / f"result-{attempt}" / "maps").is_dir()


@pytest.mark.slow
def test_a_few_kills_at_random_lose_nothing(home: Path, sample: Sample) -> None:
    """Contract Q1, Q2."""
    rounds(5, home, sample)


@pytest.mark.stress
def test_50_kills_at_random_lose_nothing(home: Path, sample: Sample) -> None:
    """Contract Q1, Q2."""
    rounds(50, home, sample)
