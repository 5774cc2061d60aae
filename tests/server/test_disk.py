"""A data folder that is full, cannot be written, or is none: case P7 of the contract. Nothing is left half-written."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.conftest import Sample
from tests.server.running import PATIENCE, Answer, Running, service, until

MB = 2**20


def _mounted(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextlib.contextmanager
def disk(folder: Path, size: int) -> Iterator[Path]:
    """Give a folder on a small disk of its own."""
    folder.mkdir(parents=True)
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux can make a small disk")
    if not _mounted("mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(folder)):
        pytest.skip("this machine lets nobody make a small disk")
    try:
        yield folder
    finally:
        assert _mounted("umount", str(folder)) or _mounted("umount", "-l", str(folder))


def put(running: Running, body: bytes, digest: str | None = None) -> Answer:
    """Send a file packed."""
    path = f"/v1/files/{digest or hashlib.sha256(body).hexdigest()}"
    return running.request(
        "PUT", path, gzip.compress(body, 1), content_type="application/octet-stream", content_encoding="gzip"
    )


def parts(running: Running) -> list[Path]:
    """Return what is half-written."""
    return [*(running.data / "unfinished").iterdir(), *(running.data / "jobs").glob("*/.*")]


def no_room(answer: Answer, running: Running) -> None:
    """Assert that an answer says what is wrong with the disk."""
    assert answer.status in (503, 507), answer
    assert answer.json()["type"].rpartition(":")[2] in ("no-room", "store", "output"), answer
    assert str(running.home).encode() not in answer.body and b"fault" not in answer.body


def fill(folder: Path, leave: int) -> Path:
    """Fill a disk but for some bytes."""
    ballast, free = folder / "ballast", os.statvfs(folder)
    with ballast.open("xb") as stream:
        stream.truncate(0)
        os.posix_fallocate(stream.fileno(), 0, free.f_bavail * free.f_frsize - leave)
    return ballast


def test_an_upload_that_fills_the_disk_leaves_nothing(home: Path) -> None:
    """Contract P7."""
    with disk(home / "data", 100 * MB) as data, service(home) as running:
        small = b"it fits"
        assert put(running, small).status == 201
        no_room(put(running, os.urandom(MB) * 110), running)  # a little over the wire, more than the disk holds
        assert not parts(running)
        assert [path.read_bytes() for path in (data / "files").glob("*/*")] == [small]
        assert put(running, b"it fits too").status == 201
    assert "Traceback" not in running.log


def test_a_job_on_a_full_disk_fails_with_a_reason_and_leaves_no_map(home: Path, sample: Sample) -> None:
    """Contract P7."""
    with disk(home / "data", 100 * MB) as data, service(home) as running, running.client() as client:
        material = client.material(sample.files())["id"]
        wish = {"material": material, "hole": {"masks": [{"shape": "rect:4,4,30,30"}]}}
        client.info()
        ballast = fill(data, 0)
        no_room(running.post("/v1/jobs", wish), running)
        no_room(put(running, b"a" * MB), running)
        no_room(running.post("/v1/render", {"material": material}), running)
        no_room(running.request("GET", f"/v1/materials/{material}/maps/normal"), running)
        assert not parts(running) and not list((data / "jobs").iterdir())
        ballast.unlink()
        with contextlib.closing(sqlite3.connect(data / "jobs.sqlite", timeout=30)) as db:
            # Room for what is told on the way, however long that takes, in the database and its log.
            db.execute("CREATE TABLE room AS SELECT zeroblob(2000000) AS filler")
            db.execute("DROP TABLE room")
            db.execute("PRAGMA wal_checkpoint(RESTART)")
        ballast = fill(data, 80_000)  # too little for the maps
        job = client.submit(wish)["id"]
        until(lambda: client.job(job)["state"] not in ("queued", "running"))
        found = client.job(job)
        assert found["state"] == "failed" and found["reason"] and str(home) not in found["reason"]["text"], found
        assert not parts(running) and not list((data / "jobs" / job).glob("result-*"))
        ballast.unlink()
        again = client.retry(job)["id"]
        until(lambda: client.job(again)["state"] not in ("queued", "running"))
        assert client.job(again)["state"] == "done", client.job(again)
    assert str(home / "data") not in found["reason"]["text"]


def test_a_data_folder_that_becomes_read_only_is_said_so(home: Path, sample: Sample) -> None:
    """Contract P7."""
    with disk(home / "data", 100 * MB) as data, service(home) as running, running.client() as client:
        material = client.material(sample.files())["id"]
        wish = {"material": material, "hole": {"masks": [{"shape": "rect:4,4,9,9"}]}, "previews": False}
        done = client.submit(wish)["id"]
        until(lambda: client.job(done)["state"] == "done")
        assert _mounted("mount", "--bind", str(data), str(data))
        try:
            assert _mounted("mount", "-o", "remount,bind,ro", str(data))
            no_room(put(running, b"a"), running)
            no_room(running.post("/v1/jobs", wish), running)
            no_room(running.post("/v1/render", {"material": material}), running)
            file = client.job(done)["result"]["variations"][0]["files"][0]  # what is there can still be looked at
            assert running.request("GET", f"/v1/jobs/{done}/files/{file}").status == 200
        finally:
            assert _mounted("umount", str(data)) or _mounted("umount", "-l", str(data))
        assert put(running, b"a").status == 201
        assert not parts(running)


def test_a_service_does_not_start_on_a_folder_that_cannot_be_written(home: Path) -> None:
    """Contract P7."""
    with disk(home / "data", MB) as data:
        assert _mounted("mount", "-o", "remount,ro", str(data))
        running = Running(home)
        running.launch()
        assert running.process is not None
        assert running.process.wait(PATIENCE) not in (0, 1)
        assert "cannot be used (Read-only file system)" in running.log and "Traceback" not in running.log
        assert not list(data.iterdir()) and not running.runtime_file.exists()
