"""Batches on a real service: planned, accepted whole or not at all, done beside single jobs, and forgotten."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from svbrdf_server.client import ServiceError
from tests.server.conftest import Sample
from tests.server.desk import (
    LONG,
    QUICK,
    SHORT,
    check_sound,
    ended,
    job_of,
    query,
    stopped,
    tool_of,
    worker_of,
)
from tests.server.running import Json, Running, service, until

NAMES = ("oak", "slate", "tiles/red", "tiles/blue")
QUICKLY = {"name": "patch", "settings": QUICK, "device": "cpu"}


@dataclass
class Library:
    """A service with a root, in which a library of materials and a folder of masks are."""

    running: Running
    root: Path

    def plan(self, **wanted: object) -> list[Json]:
        answer = self.running.post("/v1/batches/plan", {"root": "root", "library": "sets", "masks": "masks", **wanted})
        assert answer.status == 200, answer.body
        rows: list[Json] = answer.json()["rows"]
        return rows

    def jobs(self, **more: object) -> list[Json]:
        """Return what a batch has for each material that has a mask."""
        return [{**row["job"], "method": QUICKLY, "previews": False, **more} for row in self.plan() if row["job"]]

    def accepted(self, jobs: list[Json], **headers: str) -> Json:
        answer = self.running.post("/v1/batches", {"name": "library", "jobs": jobs}, **headers)
        assert answer.status == 202, answer.body
        assert answer.headers["location"] == f"/v1/batches/{answer.json()['id']}"
        found: Json = answer.json()
        return found

    def batch(self, batch: str) -> Json:
        found: Json = self.running.request("GET", f"/v1/batches/{batch}").json()
        return found

    def rows(self, batch: str, query: str = "") -> list[Json]:
        found: list[Json] = self.running.request("GET", f"/v1/batches/{batch}/jobs{query}").json()["jobs"]
        return found

    def ended(self, batch: str) -> Json:
        until(lambda: self.batch(batch)["ended"])
        return self.batch(batch)


def make_library(root: Path, sample: Sample) -> None:
    """Make a library of four materials, of which each is another, with a mask each, and one without."""
    for number, name in enumerate((*NAMES, "bare")):
        folder = root / "sets" / name
        shutil.copytree(sample.folder, folder)
        picture = folder / "diffuse.png"
        picture.write_bytes(picture.read_bytes() + bytes([number]))  # readers stop before it
    for mask in ("oak.png", "slate_mask.png", "tiles/red.png", "blue/mask.png"):
        (root / "masks" / mask).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(sample.mask, root / "masks" / mask)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, sample: Sample) -> Iterator[Library]:
    root = tmp_path_factory.mktemp("library")
    make_library(root, sample)
    home = tmp_path_factory.mktemp("batches")
    with service(home, "--root", f"root={root}", "--limit", "batch=6", "--limit", "queue=9") as running:
        yield Library(running, root)


def test_a_plan_says_which_mask_is_whose_and_what_has_none(library: Library) -> None:
    rows = {row["name"]: row for row in library.plan()}
    assert {name: row["mask"] for name, row in rows.items()} == {
        "bare": None, "oak": "oak.png", "slate": "slate_mask.png", "tiles/blue": "blue/mask.png",
        "tiles/red": "tiles/red.png",
    }  # fmt: skip
    assert rows["bare"]["why"] == "No mask in masks is named bare or bare_mask."
    assert rows["bare"]["job"] is None
    assert rows["tiles/red"]["job"] == {
        "root": {"root": "root", "folder": "sets/tiles/red"}, "hole": {"masks": [{"path": "masks/tiles/red.png"}]},
    }  # fmt: skip
    made = library.plan(masks=None, shape="alpha", library="sets/tiles")
    assert [row["name"] for row in made] == ["blue", "red"]
    assert made[0]["job"]["hole"] == {"masks": [{"shape": "alpha"}]}


@pytest.mark.parametrize(
    ("wanted", "status", "said"),
    [
        ({"root": "other"}, 422, "There is no root of that name; this service has: root."),
        ({"library": "nowhere"}, 422, "no such file or folder"),
        ({"library": "masks", "masks": "masks"}, 422, "There are no images in that folder"),
        ({"library": "../sets"}, 422, "file name"),
        ({"masks": "nowhere"}, 422, "no such file or folder"),
        ({"shape": "alpha"}, 422, "one of masks and shape"),
    ],
)
def test_what_cannot_be_planned_is_said(library: Library, wanted: Json, status: int, said: str) -> None:
    """Contract P1."""
    body = {"root": "root", "library": "sets", "masks": "masks", **wanted}
    answer = library.running.post("/v1/batches/plan", body)
    assert answer.status == status and said in answer.json()["detail"], answer.body


def test_a_plan_follows_no_link_out_of_the_root_and_none_in_circles(library: Library, tmp_path: Path) -> None:
    """Contract P5."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "hidden.png").write_bytes(b"")
    links = {"out": tmp_path, "round": library.root / "sets", "again": library.root / "sets" / "oak"}
    for name, target in links.items():
        (library.root / "sets" / name).symlink_to(target)
    (library.root / "masks" / "out").symlink_to(tmp_path)
    try:
        rows = {row["name"]: row for row in library.plan()}
        assert rows["out"]["why"] == "That path leads out of its root."
        assert set(rows) == {"again", "bare", "out", "slate", "tiles/blue", "tiles/red"}, "each folder once"
        assert all("secret" not in str(row) and "hidden" not in str(row) for row in rows.values())
    finally:
        for name in links:
            (library.root / "sets" / name).unlink()
        (library.root / "masks" / "out").unlink()


def test_a_batch_is_done_and_a_single_job_between(library: Library) -> None:
    jobs = library.jobs()
    batch = library.accepted(jobs, Idempotency_Key="the-same-batch")
    assert (batch["size"], batch["name"], sum(batch["counts"].values())) == (4, "library", 4)
    single = library.running.post("/v1/jobs", jobs[0]).json()
    assert single["ahead"] <= 1 and single["batch"] is None
    again = library.running.post("/v1/batches", {"name": "library", "jobs": jobs}, Idempotency_Key="the-same-batch")
    assert again.json()["id"] == batch["id"]
    other = library.running.post("/v1/batches", {"name": "x", "jobs": jobs}, Idempotency_Key="the-same-batch")
    assert (other.status, other.json()["type"]) == (422, "urn:svbrdf:problem:key")
    done = library.ended(batch["id"])
    assert done["counts"] == {"done": 4}
    rows = library.rows(batch["id"])
    assert [(row["row"], row["batch"]) for row in rows] == [(row, batch["id"]) for row in (1, 2, 3, 4)]
    ended(library.running, single["id"])
    alone = job_of(library.running, single["id"])
    assert sum(alone["created"] < row["started"] < alone["started"] for row in rows) <= 1, "it waited for the batch"
    assert [row["row"] for row in library.rows(batch["id"], "?count=2&after=1")] == [2, 3]
    assert library.rows(batch["id"], "?state=failed") == []
    listed = [job["id"] for job in library.running.request("GET", "/v1/jobs?alone=true").json()["jobs"]]
    assert single["id"] in listed and not {row["id"] for row in rows} & set(listed)
    assert library.running.request("GET", "/v1/batches?count=1").json()["batches"][0] == done
    assert library.running.request("DELETE", f"/v1/batches/{batch['id']}").status == 204
    assert library.running.request("GET", f"/v1/batches/{batch['id']}").status == 404
    check_sound(library.running.data)


def test_a_batch_is_refused_whole_with_a_sentence_for_each_row(library: Library) -> None:
    """Contract Q6."""
    before = query(library.running.data, "SELECT count(*) FROM jobs")
    jobs = library.jobs()
    jobs[1]["hole"] = {"masks": [{"path": "masks/none.png"}]}
    jobs[3]["hole"] = {"masks": [{"shape": "rect:0,0,9999,9999"}]}
    answer = library.running.post("/v1/batches", {"jobs": jobs})
    problem = answer.json()
    assert (answer.status, problem["type"]) == (422, "urn:svbrdf:problem:rows")
    assert [(row["row"], row["kind"]) for row in problem["rows"]] == [(2, "path"), (4, "mask")]
    assert problem["detail"].startswith(
        "Nothing was accepted, because 2 of the jobs cannot be done. Row 2: There is no such file or folder"
    )
    missing = {"masks": [{"file": "0" * 64}, {"file": "1" * 64}]}
    answer = library.running.post("/v1/batches", {"jobs": [{**job, "hole": missing} for job in jobs]})
    assert (answer.status, answer.json()["missing"]) == (409, ["0" * 64, "1" * 64])
    answer = library.running.post("/v1/batches", {"jobs": (2 * jobs)[:7]})
    assert answer.status == 413 and "at most 6 jobs here, and this has 7" in answer.json()["detail"]
    assert query(library.running.data, "SELECT count(*) FROM jobs") == before
    homes = {path.name for path in (library.running.data / "jobs").iterdir()}
    assert homes == {job for (job,) in query(library.running.data, "SELECT id FROM jobs")}, "refused jobs leave nothing"


def test_a_batch_that_the_queue_has_no_room_for_is_refused_whole(library: Library) -> None:
    """Contract Q6."""
    running, jobs = library.running, library.jobs()
    long = library.accepted([{**job, "method": {**QUICKLY, **LONG["method"]}} for job in jobs])
    waiting = library.accepted([*jobs, jobs[0]])
    refused = running.post("/v1/batches", {"jobs": jobs})
    assert refused.status == 429 and int(refused.headers["retry-after"]) > 0
    for batch in (waiting, long):  # which keeps the others waiting
        deleted = running.request("DELETE", f"/v1/batches/{batch['id']}")
        assert deleted.status == 409 and "cancel it first" in deleted.json()["detail"]
        cancelled = running.post(f"/v1/batches/{batch['id']}/cancel", {}).json()
        assert set(cancelled["counts"]) <= {"cancelled", "cancelling", "done"}
    assert library.ended(long["id"])["counts"] == {"cancelled": 4}
    counts = library.ended(waiting["id"])["counts"]
    assert counts == {"cancelled": 5}
    retried = running.post(f"/v1/batches/{waiting['id']}/retry", {})
    assert retried.status == 202 and retried.json()["counts"] == counts, "only what failed"
    running.post(f"/v1/batches/{waiting['id']}/retry", {"states": ["cancelled"]})
    assert library.ended(waiting["id"])["counts"] == {"done": 5}
    assert sum(row["parent"] is not None for row in library.rows(waiting["id"])) == counts["cancelled"]
    assert running.request("DELETE", f"/v1/batches/{long['id']}").status == 204
    check_sound(running.data)


def test_what_failed_is_done_again_in_its_row(library: Library) -> None:
    running = library.running
    batch = library.accepted([{**job, "method": {**QUICKLY, **LONG["method"], "seed": 3}} for job in library.jobs()])
    until(lambda: library.batch(batch["id"])["counts"].get("running"))
    (first,) = library.rows(batch["id"], "?state=running")
    until(lambda: job_of(running, first["id"])["progress"] is not None)
    worker_of(running).kill()
    failed = ended(running, first["id"])
    assert failed["kind"] == "worker"
    running.post(f"/v1/batches/{batch['id']}/cancel", {})
    for _ in range(2):
        answer = running.post(f"/v1/batches/{batch['id']}/retry", {})
        assert answer.status == 202, answer.body
    (again,) = [row for row in library.rows(batch["id"]) if row["row"] == failed["row"]]
    assert again["parent"] == {"job": failed["id"], "variation": None}
    assert again["request"] == failed["request"], "the seed too"
    assert job_of(running, failed["id"])["row"] is None
    running.post(f"/v1/batches/{batch['id']}/cancel", {})
    assert sum(library.ended(batch["id"])["counts"].values()) == 4


@pytest.mark.slow
def test_kill_of_the_server_loses_nothing_of_a_batch_and_does_nothing_twice(tmp_path: Path, sample: Sample) -> None:
    """Race: the server dies in the middle of a batch, and in the middle of accepting another (contract Q1)."""
    make_library(tmp_path / "root", sample)
    with service(tmp_path / "home", "--root", f"root={tmp_path / 'root'}") as running:
        library = Library(running, tmp_path / "root")
        jobs = library.jobs()
        longer = {**jobs[0], "method": {**QUICKLY, **SHORT["method"]}}
        batch = library.accepted([longer, *jobs[1:]])["id"]
        until(lambda: library.batch(batch)["counts"].keys() & {"running", "done"})
        with stopped(tool_of(running)):
            asking = threading.Thread(target=_asked_in_vain, args=(running, jobs))
            asking.start()
            until(lambda: len(list((running.data / "jobs").iterdir())) > 4)
            running.kill()
            asking.join()
        running.start()
        assert [one["id"] for one in running.request("GET", "/v1/batches").json()["batches"]] == [batch]
        assert len(list((running.data / "jobs").iterdir())) == 4, "what was not yet accepted has left nothing"
        counts = library.ended(batch)["counts"]
        assert counts in ({"done": 3, "interrupted": 1}, {"done": 4}), "all that waited is done"
        running.post(f"/v1/batches/{batch}/retry", {})
        assert library.ended(batch)["counts"] == {"done": 4}
        assert {row["attempt"] for row in library.rows(batch)} == {1}
        check_sound(running.data)


def _asked_in_vain(running: Running, jobs: list[Json]) -> None:
    with pytest.raises(OSError):
        running.post("/v1/batches", {"jobs": jobs})


def test_the_client_speaks_of_batches(library: Library, sample: Sample, tmp_path: Path) -> None:
    mask = tmp_path / "mask.png"
    mask.write_bytes(sample.mask.read_bytes() + b"this test's own")
    with library.running.client() as client:
        rows = client.plan_batch(root="root", library="sets", masks="masks")["rows"]
        jobs = [{**row["job"], "method": QUICKLY} for row in rows if row["job"]]
        digest = client.upload(sample.mask)
        jobs[0]["hole"] = {"masks": [{"file": digest}]}
        batch = client.submit_batch("by the client", jobs)
        assert client.batches(count=1)["batches"][0]["name"] == "by the client"
        until(lambda: client.batch(batch["id"])["ended"])
        assert [job["state"] for job in client.batch_jobs(batch["id"])] == ["done"] * 4
        assert list(client.batch_jobs(batch["id"], states=["failed"])) == []
        assert client.retry_batch(batch["id"])["counts"] == client.cancel_batch(batch["id"])["counts"] == {"done": 4}
        client.delete_batch(batch["id"])
        with pytest.raises(ServiceError, match="no such batch"):
            client.batch(batch["id"])
        with pytest.raises(ServiceError, match="1 of the jobs") as error:
            client.submit_batch("bad", [{**jobs[1], "hole": {"masks": [{"shape": "rect:0,0,9999,9999"}]}}])
        assert error.value.kind == "rows" and error.value.more["rows"][0]["row"] == 1
