"""Uploads, materials and jobs sent to a service, and its answers."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil

from tests.server.running import Answer, Running, until

Json = dict[str, Any]
ENDED = ("done", "failed", "cancelled", "interrupted")
MB = 2**20
KEPT_MODEL = re.compile(r"svbrdf-([0-9a-f]{16}-[0-9a-f]{16}\.model|[0-9a-f]{32}\.part)")
"""A model that a job has trained, or is writing: a cancelled job may be through before it hears of it."""


def put(running: Running, data: bytes, **headers: str) -> Answer:
    """Upload bytes under their digest."""
    kind = {"content_type": "application/octet-stream", **headers}
    return running.request("PUT", f"/v1/files/{hashlib.sha256(data).hexdigest()}", data, **kind)


def kept(running: Running, data: bytes) -> str:
    """Upload bytes, which must be taken, and return their digest."""
    answer = put(running, data)
    assert answer.status == 201, answer.body
    return str(answer.json()["file"])


def material(running: Running, files: Mapping[str, bytes], **source: object) -> Answer:
    """Upload files and ask for a material of them."""
    listed = [{"name": name, "file": kept(running, data)} for name, data in files.items()]
    return running.post("/v1/materials", {"files": listed, "source": source})


def made(running: Running, files: Mapping[str, bytes], **source: object) -> str:
    """Return the id of a material of these files, which must be one."""
    answer = material(running, files, **source)
    assert answer.status in (200, 201), answer.body
    return str(answer.json()["id"])


def job(
    running: Running, material_id: str, *masks: object, hole: Json | None = None, method: Json | None = None,
    guides: Json | None = None,
) -> Answer:  # fmt: skip
    """Ask for a job; a mask is a shape in words, or the bytes of a picture."""
    parts = [{"file": kept(running, mask)} if isinstance(mask, bytes) else {"shape": mask} for mask in masks]
    wanted = {"hole": {"masks": parts, **(hole or {})}, "method": {"device": "cpu", **(method or {})}}
    return running.post("/v1/jobs", {"material": material_id, "guides": guides or {}, **wanted})


def ended(running: Running, answer: Answer) -> Json:
    """Return an accepted job as it is when it has ended."""
    assert answer.status == 202, answer.body
    path = f"/v1/jobs/{answer.json()['id']}"
    until(lambda: running.request("GET", path).json()["state"] in ENDED)
    found: Json = running.request("GET", path).json()
    return found


def results(running: Running, done: Json) -> dict[str, bytes]:
    """Return the files of a done job by their names."""
    assert done["state"] == "done", done["reason"]
    files = done["result"]["variations"][0]["files"]
    answers = {file: running.request("GET", f"/v1/jobs/{done['id']}/files/{file}") for file in files}
    assert all(answer.status == 200 for answer in answers.values())
    return {file.rpartition("/")[2]: answer.body for file, answer in answers.items()}


def refused(answer: Answer, status: int, said: str = "") -> str:
    """Check that an answer is a problem with that status, and return its sentence."""
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status and told["type"].startswith("urn:svbrdf:problem:")
    assert said in told["detail"]
    return str(told["detail"])


def tool_of(running: Running) -> psutil.Process:
    """Return the process that reads uploads; it is started if there is none."""
    running.request("POST", "/v1/materials", b"{}", content_type="application/json")
    running.request("GET", "/v1/info")
    found = running.request("GET", "/v1/info").json()["workers"]
    return psutil.Process(found[-1])


@contextlib.contextmanager
def little_memory(running: Running, most: int = 48 * MB) -> Iterator[None]:
    """Check that the tool process, and the server, grow by no more than some bytes."""
    assert running.process is not None
    watched = [tool_of(running), psutil.Process(running.process.pid)]
    before = [process.memory_info().rss for process in watched]
    yield
    for process, bytes_before in zip(watched, before, strict=True):
        assert process.memory_info().rss - bytes_before < most, process.name()


@contextlib.contextmanager
def quiet(running: Running) -> Iterator[None]:
    """Check that nothing breaks meanwhile: no traceback in the log, nothing half-written, no file anywhere else."""
    log, around = len(running.log), outside(running)
    yield
    said = running.log[log:]
    assert "Traceback" not in said and "ERROR" not in said, said
    assert outside(running) == around
    until(lambda: not list((running.data / "unfinished").iterdir()))


def outside(running: Running) -> list[str]:
    """Return everything round the data folder of a service, and right in it, but for models that jobs keep."""
    found = list(running.data.iterdir())
    for folder, folders, files in os.walk(running.home):
        found += [Path(folder, name) for name in (*folders, *files) if not KEPT_MODEL.fullmatch(name)]
        if running.data.name in folders and Path(folder) == running.data.parent:
            folders.remove(running.data.name)  # where jobs come and go
    return sorted(str(path) for path in found if path != running.home / "models")
