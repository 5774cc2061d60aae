"""Whose turn it is: batches and single jobs beside each other in the store, under races."""

from __future__ import annotations

import contextlib
import itertools
import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from svbrdf_server.jobs.common import ENDED, Job, NewJob, QueueFull, State
from svbrdf_server.jobs.sqlite import SqliteStore
from tests.server.running import PATIENCE


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let many connections wait for each other's commits, however slow the disk is."""
    monkeypatch.setattr("svbrdf_server.jobs.sqlite.LOCK_TIMEOUT", PATIENCE)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with contextlib.closing(SqliteStore(tmp_path / "jobs.sqlite")) as opened:
        yield opened


def alone(store: SqliteStore, name: str) -> Job:
    return store.add(name, "m", {}, {}, key=None, most=1000)


def batch(store: SqliteStore, name: str, size: int) -> None:
    jobs = [NewJob(f"{name}{row}", "m", {}, {}, row=row) for row in range(1, size + 1)]
    store.batches.add(name, name, jobs, key=None, most=1000)


def begun(store: SqliteStore, most: int = 1000) -> list[str]:
    """Claim and end jobs one after the other, and return their ids."""
    found: list[str] = []
    while len(found) < most and (job := store.claim()) is not None:
        found.append(job.id)
        store.finish(job.id, State.DONE, result={})
    return found


def test_a_single_job_waits_for_one_job_of_all_batches_at_most(store: SqliteStore) -> None:
    for name in "abc":
        batch(store, name, 200)
    rng = random.Random(0)
    for number in range(40):
        begun(store, rng.randrange(5))
        alone(store, f"single{number}")
        assert f"single{number}" in begun(store, 2)


def test_batches_take_turns_and_single_jobs_do_not_keep_them_from_going_on(store: SqliteStore) -> None:
    batch(store, "a", 3)
    assert begun(store, 1) == ["a1"]
    batch(store, "b", 2)
    for number in range(4):
        alone(store, f"single{number}")
    order = begun(store)
    assert order == ["single0", "a2", "single1", "b1", "single2", "a3", "single3", "b2"]


def test_a_stream_of_new_batches_does_not_keep_an_old_one_from_going_on(store: SqliteStore) -> None:
    batch(store, "old", 5)
    order = []
    for number in range(10):
        batch(store, f"new{number}-", 2)
        order += begun(store, 2)
    assert [name for name in order if name.startswith("old")] == [f"old{row}" for row in range(1, 6)]


def test_places_say_the_order_in_which_jobs_are_begun(store: SqliteStore) -> None:
    for name, size in (("a", 5), ("b", 2), ("c", 9)):
        batch(store, name, size)
        alone(store, f"single-{name}")
        begun(store, 1)
    said = {job.id: store.places()[job.number] for job in store.newest(count=100, states=[State.QUEUED])}
    assert begun(store) == sorted(said, key=lambda name: said[name])
    assert sorted(said.values()) == list(range(len(said)))
    assert store.places() == {}


def test_8_claimers_keep_to_the_turns_while_jobs_are_added(store: SqliteStore, tmp_path: Path) -> None:
    """Race: claims of eight connections, while single jobs come in beside two batches (contract Q5)."""
    path, stop = tmp_path / "jobs.sqlite", threading.Event()
    batch(store, "a", 60)
    batch(store, "b", 60)

    def work(_: int) -> list[Job]:
        with contextlib.closing(SqliteStore(path)) as own:
            found = []
            while (job := own.claim()) is not None or not stop.is_set():
                if job is not None:
                    found.append(job)
                    own.finish(job.id, State.DONE, result={})
            return found

    with ThreadPoolExecutor(8) as threads:
        shares = [threads.submit(work, number) for number in range(8)]
        for number in range(40):
            alone(store, f"single{number}")
        stop.set()
        claimed = sorted((job for share in shares for job in share.result()), key=lambda job: job.started or 0)
    assert Counter(job.id for job in claimed).most_common(1)[0][1] == 1 and len(claimed) == 160
    lanes = [job.batch for job in claimed]
    for lane in ("a", "b"):
        assert [job.row for job in claimed if job.batch == lane] == list(range(1, 61))
    both = lanes[: len(lanes) - lanes[::-1].index("b")]  # as long as jobs of batches waited
    assert (None, None) not in itertools.pairwise(both), "the batches were passed over"


def test_a_batch_is_kept_whole_or_not_at_all(store: SqliteStore) -> None:
    alone(store, "single")
    jobs = [NewJob(f"a{row}", "m", {}, {}, row=row) for row in (1, 2)]
    with pytest.raises(QueueFull):
        store.batches.add("a", "a", jobs, key=None, most=2)
    assert [job.id for job in store.newest()] == ["single"] and store.batches.newest() == []
    added = store.batches.add("a", "walls", jobs, key="the key", asked="this", most=3)
    assert store.batches.add("b", "other", jobs, key="the key", asked="that", most=3) == added
    assert (added.name, added.size, added.counts) == ("walls", 2, {State.QUEUED: 2})


def test_cancelling_meets_claims(store: SqliteStore, tmp_path: Path) -> None:
    """Race: a batch is cancelled while four claim its jobs; none is begun after, and none is left (contract Q3)."""
    for number in range(10):
        batch(store, f"batch{number}-", 20)
    go = threading.Barrier(5)

    def claim(_: int) -> list[str]:
        with contextlib.closing(SqliteStore(tmp_path / "jobs.sqlite")) as own:
            go.wait()
            return [job.id for _ in range(20) if (job := own.claim()) is not None]

    with ThreadPoolExecutor(4) as threads:
        shares = [threads.submit(claim, number) for number in range(4)]
        go.wait()
        for number in range(10):
            store.batches.cancel(f"batch{number}-")
        claimed = {job for share in shares for job in share.result()}
    states = {job.id: job.state for job in store.newest(count=500)}
    assert {job for job, state in states.items() if state == State.CANCELLING} == claimed
    assert set(states.values()) <= {State.CANCELLING, State.CANCELLED}
    assert store.batches.cancel("batch0-") == []


def test_rows_are_done_again_once_however_many_ask(store: SqliteStore) -> None:
    """Race: two see the same failed jobs and have them done again (contract Q5)."""
    batch(store, "a", 3)
    for row in (1, 2, 3):
        job = store.claim()
        assert job is not None
        store.finish(job.id, State.DONE if row == 2 else State.FAILED, reason="It broke.", kind="fill", result={})
    failed = store.batches.jobs("a", states=[State.FAILED])
    assert [job.row for job in failed] == [1, 3]
    taken: list[Sequence[str]] = []
    for who in "xy":
        again = [NewJob(f"{who}{job.row}", "m", {}, {}, {"job": job.id, "variation": None}, job.row) for job in failed]
        taken.append(store.batches.retry("a", again, most=9))
    assert taken == [["x1", "x3"], []]
    assert [(job.id, job.row, job.state.value) for job in store.batches.jobs("a")] == [
        ("x1", 1, "queued"), ("a2", 2, "done"), ("x3", 3, "queued"),
    ]  # fmt: skip
    found = store.batches.get("a")
    assert found is not None and found.counts == {State.QUEUED: 2, State.DONE: 1}
    old = store.get("a1")
    assert old is not None and (old.batch, old.row) == ("a", None)


def test_a_batch_is_forgotten_with_all_its_jobs_or_with_its_last(store: SqliteStore) -> None:
    batch(store, "a", 2)
    batch(store, "b", 1)
    begun(store, 1)
    assert store.batches.remove("a") is None and len(store.newest()) == 3
    begun(store)
    assert store.batches.remove("a") == ["a1", "a2"]
    assert [found.id for found in store.batches.newest()] == ["b"]
    assert store.remove("b1") and store.batches.newest() == []


def test_a_damaged_job_ends_and_its_batch_goes_on(store: SqliteStore) -> None:
    batch(store, "a", 3)
    with store._write() as db:
        db.execute("UPDATE jobs SET request = 'x' WHERE id = 'a1'")
        db.execute("UPDATE jobs SET state = 'odd' WHERE id = 'a2'")
    assert begun(store) == ["a3"]
    found = store.batches.get("a")
    assert found is not None and found.counts == {State.FAILED: 2, State.DONE: 1}
    assert all(state in ENDED for state in found.counts)
