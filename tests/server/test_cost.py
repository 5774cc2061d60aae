"""What a single request may cost, and what others feel of it: cases C1 to C4 of the contract."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import pytest

from tests.server import odd_files as odd
from tests.server.conftest import Sample
from tests.server.desk import job_of, stopped, submit, tool_of, wish_for, working
from tests.server.running import Json, Running, service, until
from tests.server.sending import MB, ended, job, little_memory, made, quiet, refused


@pytest.mark.parametrize("change", [{"grow": 10_000}, {"grow": -10_000}, {"feather": 10_000}], ids=str)
def test_a_radius_beyond_the_picture(run: Running, change: Json) -> None:
    """Contract C1: it costs what the picture does."""
    material = made(run, {"diffuse.png": odd.png(96, 96)})
    with little_memory(run, 100 * MB):
        start = time.monotonic()
        answer = job(run, material, "rect:40,40,8,8", hole={**change, "tileable": True})
    assert time.monotonic() - start < 30
    if "feather" not in change:
        refused(answer, 422)  # nothing is left to copy from, or nothing to fill
    else:
        assert answer.status in (202, 422)


@pytest.mark.parametrize("shape", ["circle:50%,50%,100000", "rect:0,0,1000000,1000000"])
def test_shapes_beyond_the_picture(run: Running, shape: str) -> None:
    """Contract C1."""
    material = made(run, {"diffuse.png": odd.png(96, 96)})
    start = time.monotonic()
    refused(job(run, material, *[shape] * 64, hole={"tileable": True}), 422)
    refused(job(run, material, *[shape] * 64), 422)
    assert time.monotonic() - start < 30


@pytest.mark.parametrize("limit", ["memory=310000000", "work=0.01"])
def test_a_job_that_cannot_fit_is_refused_with_the_figure(tmp_path: Path, sample: Sample, limit: str) -> None:
    """Contract 13."""
    with service(tmp_path / "home", "--limit", limit) as run, quiet(run):
        wish = wish_for(run, sample)
        said = refused(run.post("/v1/jobs", wish), 422)
        assert ("0.3 GiB of memory, and there are 0.3 GiB" if "memory" in limit else "hours") in said
        assert not run.request("GET", "/v1/jobs").json()["jobs"]


def test_a_job_says_what_it_will_cost(run: Running, sample: Sample) -> None:
    """Contract 13."""
    wish = wish_for(run, sample)
    one, many = (run.post("/v1/jobs", {**wish, "method": {"variations": n}}).json()["hole"] for n in (1, 3))
    assert one["memory"] == many["memory"] > 300 * MB
    assert many["seconds"] == pytest.approx(3 * one["seconds"]) and one["seconds"] > 0


def test_training_and_sampling_cost_too(run: Running, sample: Sample) -> None:
    """Contract 13."""
    wish = wish_for(run, sample)
    little = {"train_steps": 1, "batch_size": 1, "crop_size": 16, "sampling_steps": 1}
    costs = []
    for settings in ({}, little, little | {"coarse_hole": 0}, {"batch_size": 16, "crop_size": 256}):
        job = run.post("/v1/jobs", {**wish, "method": {"name": "diffusion", "settings": settings}}).json()
        assert run.post(f"/v1/jobs/{job['id']}/cancel", {}).status == 200
        costs.append(job["hole"])
    plain, short, whole, large = costs
    assert short["memory"] < plain["memory"] < large["memory"] and large["memory"] > 2000 * MB
    assert 550 * MB < short["memory"] and 550 * MB < whole["memory"]  # torch alone takes half of it
    assert short["seconds"] < 10 < 60 < plain["seconds"] < large["seconds"]


@pytest.mark.parametrize("look", [{"shape": "sphere", "size": 2048}, {"shape": "plane", "size": 1100}], ids=str)
def test_a_picture_far_larger_than_the_material(run: Running, look: Json) -> None:
    """Contract C3."""
    material = made(run, {"diffuse.png": odd.png(96, 96)})
    refused(run.post("/v1/render", {"material": material, **look}), 422, "at most 1024 pixels")


def test_polling_does_not_wait_for_a_worker_or_the_tool(run: Running, sample: Sample) -> None:
    """Contract C4, Q11."""
    wish = wish_for(run, sample)
    done = ended(run, run.post("/v1/jobs", wish))["id"]
    going = submit(run, wish, method={"variations": 64})
    took = []
    with stopped(working(run, going)), stopped(tool_of(run)):
        for _ in range(10):
            for path in (f"/v1/jobs/{done}", f"/v1/jobs/{going}", "/v1/jobs", "/v1/health"):
                start = time.monotonic()
                assert run.request("GET", path).status == 200
                took.append(time.monotonic() - start)
    assert run.post(f"/v1/jobs/{going}/cancel", {}).status == 200
    assert max(took) < 30 and statistics.median(took) < 1  # whoever waited for them would wait until they go on
    until(lambda: job_of(run, going)["state"] == "cancelled")
