"""What a service keeps, counts and forgets: case C5 of the contract, damaged records, keys, and links in a circle."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import svbrdf_core as sv
from svbrdf_server.config import Limits, ServiceSettings
from svbrdf_server.data.blobs import Blobs, size_of
from svbrdf_server.data.layout import DataFolder
from svbrdf_server.data.materials import Materials
from svbrdf_server.data.roots import Root
from svbrdf_server.jobs.common import Job, NewJob, State
from svbrdf_server.jobs.sqlite import SqliteStore
from svbrdf_server.retention import DAY, Retention
from svbrdf_server.service import Service
from tests.server import odd_files as odd
from tests.server.conftest import Sample
from tests.server.desk import ENDED, QUICK, job_of, query, stopped, submit, tool_of, wish_for
from tests.server.desk import ended as job_ended
from tests.server.running import Running, service, until
from tests.server.sending import MB, ended, made, quiet, refused


def test_what_is_counted_at_once_and_meanwhile_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [tmp_path / name for name in ("one", "other")]
    for number, path in enumerate(files):
        path.write_bytes(bytes(1000 + number))

    async def count_both() -> None:
        counting = Service(ServiceSettings(tmp_path / "data", token="t"))
        try:
            await asyncio.gather(*(counting.count(path) for path in files))
            assert counting.size == 2001
            measured: int = size_of(tmp_path / "data")
            plain: Callable[[], int] = counting._remove_old
            late: list[object] = []

            def remove() -> int:
                if not late:  # while the folder is measured the first time, a file comes
                    path = tmp_path / "data" / "jobs" / "late"
                    path.write_bytes(bytes(500))
                    late.append(asyncio.run_coroutine_threadsafe(counting.count(path), loop).result())
                    return measured
                return plain()

            loop = asyncio.get_running_loop()
            monkeypatch.setattr(counting, "_remove_old", remove)
            await counting.measure()
            assert counting.size == size_of(tmp_path / "data") >= measured + 500
        finally:
            counting.threads.close()
            counting.store.close()
            counting.folder.close()

    asyncio.run(count_both())


def test_everything_counts(home: Path, sample: Sample) -> None:
    """Contract C5."""
    with service(home) as run, quiet(run):

        def counted() -> int:
            return int(run.request("GET", "/v1/info").json()["store"])

        until(counted)  # what was there at the start
        material = made(run, {"diffuse.png": odd.png(300, 200)})
        before = counted()
        wide = run.request("GET", f"/v1/materials/{material}/maps/diffuse")
        assert wide.status == 200
        assert counted() - before == len(wide.body)
        assert run.request("GET", f"/v1/materials/{material}/maps/diffuse").body == wide.body
        assert counted() - before == len(wide.body)
        wish = wish_for(run, sample)
        before = counted()
        done = ended(run, run.post("/v1/jobs", {**wish, "method": {"settings": QUICK}}))
        until(lambda: counted() > before)  # right after it is told that it is done
        assert counted() - before == size_of(run.data / "jobs" / done["id"] / "result-1") > 0


def test_what_comes_in_pieces_is_counted_on_the_way(tmp_path: Path) -> None:
    """Contract C5, I6: a body that does not say how long it is, and maps that are larger than their files."""
    with service(tmp_path / "home", "--limit", "store=6000000") as run, quiet(run):
        data = os.urandom(20 * MB)
        head = f"PUT /v1/files/{hashlib.sha256(data).hexdigest()} HTTP/1.1\r\nHost: 127.0.0.1:{run.port}\r\n"
        head += f"Authorization: Bearer {run.token}\r\nContent-Type: application/octet-stream\r\n"
        head += "Transfer-Encoding: chunked\r\n\r\n"
        answer = run.raw(head.encode() + b"%x\r\n" % len(data) + data + b"\r\n0\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 507 "), answer[:100]
        sv.write_png(tmp_path / "flat.png", np.full((2000, 2000, 3), 128, np.uint8))
        large = made(run, {"diffuse.png": (tmp_path / "flat.png").read_bytes()})
        refused(run.request("GET", f"/v1/materials/{large}/maps/diffuse"), 507, "full")
        assert size_of(run.data) < 7 * MB


def test_a_key_is_of_one_request(run: Running, sample: Sample) -> None:
    wish, key = {**wish_for(run, sample), "method": {"settings": QUICK}}, uuid.uuid4().hex
    first = run.post("/v1/jobs", wish, idempotency_key=key)
    assert run.post("/v1/jobs", wish, idempotency_key=key).json()["id"] == first.json()["id"]
    for other in ({"method": {"seed": 9}}, {"previews": False}, {"hole": {**wish["hole"], "grow": 1}}):
        refused(run.post("/v1/jobs", {**wish, **other}, idempotency_key=key), 422, "another request")
    again = f"/v1/jobs/{ended(run, first)['id']}/retry"
    refused(run.post(again, {}, idempotency_key=key), 422, "another request")
    second = uuid.uuid4().hex
    retried = run.post(again, {"method": {"seed": 3}}, idempotency_key=second).json()["id"]
    assert run.post(again, {"method": {"seed": 3}}, idempotency_key=second).json()["id"] == retried
    refused(run.post(again, {"method": {"seed": 4}}, idempotency_key=second), 422, "another request")


DAMAGE = (
    "state = 'nonsense'", "request = '{'", "hole = '[1]'", "result = 'x'", "created = 'x'", "request = x'ff00'",
    "parent = '{}'", "request = '{\"examples\": 3}'",
)  # fmt: skip


def test_a_damaged_record_costs_one_job(run: Running, sample: Sample) -> None:
    wish = wish_for(run, sample)
    good, *bad = (submit(run, wish) for _ in range(1 + len(DAMAGE)))
    for job in (good, *bad):
        assert run.post(f"/v1/jobs/{job}/cancel", {}).status == 200
        until(lambda job=job: job_of(run, job)["state"] in ENDED)
    for job, change in zip(bad, DAMAGE, strict=True):
        query(run.data, f"UPDATE jobs SET {change} WHERE id = ?", job)
    listed = run.request("GET", "/v1/jobs?count=100")
    assert listed.status == 200
    found = {job["id"]: job for job in listed.json()["jobs"]}
    assert "damaged" not in str(found[good]["reason"])
    for job in bad:
        assert found[job]["state"] == "failed" and "damaged" in found[job]["reason"]["text"]
        assert run.request("GET", f"/v1/jobs/{job}/events").status == 200
        assert run.request("DELETE", f"/v1/jobs/{job}").status == 204
        assert run.request("GET", f"/v1/jobs/{job}").status == 404


def test_a_damaged_record_does_not_hold_up_the_queue(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "jobs.sqlite")
    for name in ("bad", "good"):
        store.add(name, "m", {}, {}, key=None, most=9)
    query(tmp_path, "UPDATE jobs SET request = '{' WHERE id = 'bad'")
    claimed = store.claim()
    assert claimed is not None and claimed.id == "good"
    query(tmp_path, "UPDATE jobs SET hole = '{' WHERE id = 'good'")
    store.interrupt("why", resume=True, attempts=3)
    assert [job.state for job in store.newest()] == [State.FAILED] * 2
    assert store.claim() is None
    store.close()


def test_a_result_that_is_used_stays(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    store = SqliteStore(folder.database)
    blobs = Blobs(folder.blobs, folder.unfinished)
    kept = Retention(folder, store, blobs, Materials(folder.materials, folder.unfinished, blobs), Limits(), list)
    jobs: dict[str, Job] = {}
    for name in ("unused", "used", "new"):
        store.add(name, "m", {}, {}, key=None, most=9)
        assert store.claim() is not None
        done = store.finish(name, State.DONE, result={})
        assert done is not None
        jobs[name] = done
        folder.job(name).mkdir()
    long_ago = time.time() - 40 * DAY
    query(folder.root, "UPDATE jobs SET finished = ?", long_ago)
    for name in jobs:
        os.utime(folder.job(name), (long_ago, long_ago))
    kept.touch(jobs["used"])
    kept.sweep()
    assert [job.id for job in store.newest()] == ["new", "used"]
    store.close()
    folder.close()


def test_jobs_of_a_batch_expire_though_they_are_the_newest_of_their_materials(tmp_path: Path) -> None:
    """Contract Q10."""
    folder = DataFolder(tmp_path / "data")
    store = SqliteStore(folder.database)
    blobs = Blobs(folder.blobs, folder.unfinished)
    kept = Retention(folder, store, blobs, Materials(folder.materials, folder.unfinished, blobs), Limits(), list)
    store.batches.add("batch", "walls", [NewJob(f"row{n}", f"m{n}", {}, {}, row=n) for n in (1, 2)], key=None, most=9)
    store.add("single", "m", {}, {}, key=None, most=9)
    while (job := store.claim()) is not None:
        folder.job(job.id).mkdir()
        store.finish(job.id, State.DONE, result={})
    long_ago = time.time() - 40 * DAY
    query(folder.root, "UPDATE jobs SET finished = ?", long_ago)
    for path in folder.jobs.iterdir():
        os.utime(path, (long_ago, long_ago))
    kept.touch(next(job for job in store.newest() if job.id == "row2"))
    kept.sweep()
    assert {job.id for job in store.newest()} == {"single", "row2"}
    found = store.batches.get("batch")
    assert found is not None and (found.size, found.counts) == (2, {State.DONE: 1})
    os.utime(folder.job("row2"), (long_ago, long_ago))
    kept.sweep()
    assert store.batches.newest() == [] and [path.name for path in folder.jobs.iterdir()] == ["single"]
    store.close()
    folder.close()


@pytest.mark.skipif(os.name != "posix", reason="elsewhere the time of a change is that of the creation")
def test_a_file_that_is_wanted_again_stays_and_is_not_changed_for_those_who_read_it(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs", tmp_path)
    digest = hashlib.sha256(b"x").hexdigest()
    blobs.path(digest).parent.mkdir(parents=True)
    blobs.path(digest).write_bytes(b"x")
    os.utime(blobs.path(digest), (1, 1))
    before = blobs.path(digest).stat()
    time.sleep(0.05)
    assert blobs.has(digest)
    after = blobs.path(digest).stat()
    assert after.st_mtime_ns == before.st_mtime_ns and after.st_ctime_ns > before.st_ctime_ns
    blobs.sweep(10)
    assert blobs.has(digest)


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_a_link_in_a_circle_hides_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "diffuse.png").write_bytes(b"x")
    (tmp_path / "loop.png").symlink_to("loop.png")
    (tmp_path / "there.png").symlink_to("back.png")
    (tmp_path / "back.png").symlink_to("there.png")
    (tmp_path / "gone.png").symlink_to("nowhere.png")
    assert Root(tmp_path).files("") == ["diffuse.png"]
    with pytest.raises(ValueError, match="no such file"), Root(tmp_path).open("loop.png"):
        pass


def test_a_job_that_is_removed_while_its_result_is_read_was_not_found(shared: Running, sample: Sample) -> None:
    """Race: pictures of a result are on their way when its job is deleted."""
    wish = wish_for(shared, sample)
    job = submit(shared, wish)
    assert job_ended(shared, job)["state"] == "done"
    unfinished = shared.data / "unfinished"
    before = len(list(unfinished.iterdir()))
    with ThreadPoolExecutor(2) as threads:
        with stopped(tool_of(shared)):  # what it is told it does when it goes on
            asked = [
                threads.submit(shared.request, "GET", f"/v1/jobs/{job}/maps/normal?size=64"),
                threads.submit(shared.post, "/v1/render", {"job": job, "variation": 1, "size": 64}),
            ]
            until(lambda: len(list(unfinished.iterdir())) == before + 2)
            assert shared.request("DELETE", f"/v1/jobs/{job}").status == 204
        for answer in (one.result() for one in asked):
            assert answer.status == 404 and "no such job" in answer.json()["detail"], answer
    assert not (shared.data / "jobs" / job).exists(), "it is not made again for a picture"
    assert len(list(unfinished.iterdir())) == before


def test_a_file_that_is_lost_from_a_result_was_not_found(shared: Running, sample: Sample) -> None:
    job = submit(shared, wish_for(shared, sample))
    file = job_ended(shared, job)["result"]["variations"][0]["files"][0]
    (shared.data / "jobs" / job / "result-1" / file).unlink()
    answer = shared.request("GET", f"/v1/jobs/{job}/files/{file}")
    assert answer.status == 404 and "no such file" in answer.json()["detail"], answer
