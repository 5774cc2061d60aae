"""A job again: what is given is merged into the old request, and all else is as it was."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from tests.server import odd_files as odd
from tests.server.running import Json, Running
from tests.server.sending import ended, kept, made, refused, results

METHOD = {"name": "patch", "settings": {"levels": 2}, "device": "cpu"}


@pytest.fixture(scope="module")
def first(shared: Running) -> Json:
    """Return a done job with something in every part."""
    mask = kept(shared, odd.mask(0.8))
    wanted = {
        "material": made(shared, {"diffuse.png": odd.png()}),
        "hole": {"masks": [{"file": mask, "name": "mask.png"}], "invert": True, "grow": -1, "feather": 2},
        "method": METHOD,
        "output": {"preview": True},
        "previews": False,
    }
    done = ended(shared, shared.post("/v1/jobs", wanted))
    assert done["state"] == "done", done
    return done


@pytest.fixture
def asked(run: Running) -> Iterator[list[str]]:
    """Give a list of jobs, which are cancelled at the end."""
    jobs: list[str] = []
    yield jobs
    for job in jobs:
        run.post(f"/v1/jobs/{job}/cancel", {})


def retried(run: Running, first: Json, asked: list[str], **changed: object) -> Json:
    """Return the job that a retry makes."""
    answer = run.post(f"/v1/jobs/{first['id']}/retry", changed)
    assert answer.status == 202, answer.body
    asked.append(answer.json()["id"])
    found: Json = answer.json()
    return found


def test_without_a_change_only_the_seed_is_another(run: Running, first: Json, asked: list[str]) -> None:
    again = retried(run, first, asked)
    assert again["material"] == first["material"]
    assert again["request"] == {**first["request"], "method": {**first["request"]["method"], "seed": 1}}


def test_parts_and_settings_are_merged(run: Running, first: Json, asked: list[str]) -> None:
    changed = {"method": {"settings": {"mirrors": True}, "seed": 7}, "output": {"source_map": True}}
    again = retried(run, first, asked, **changed)
    method = again["request"]["method"]
    assert method["settings"] == {"levels": 2, "mirrors": True} and method["seed"] == 7
    assert again["request"]["output"] == {"keep_jpeg": False, "preview": True, "source_map": True}
    assert again["request"]["hole"] == first["request"]["hole"]
    assert again["request"]["previews"] is False


def test_null_is_a_value_where_a_field_may_be_null(run: Running, first: Json, asked: list[str]) -> None:
    again = retried(run, first, asked, hole={"tileable": None})
    assert again["request"]["hole"] == {**first["request"]["hole"], "tileable": None}
    refused(run.post(f"/v1/jobs/{first['id']}/retry", {"method": {"seed": None}}), 422, "seed")


def test_another_method_drops_the_settings_of_the_old_one(run: Running, first: Json, asked: list[str]) -> None:
    assert retried(run, first, asked, method={"name": "poisson"})["request"]["method"]["settings"] == {}
    settings = {"sampling_steps": 1, "train_steps": 1}
    again = retried(run, first, asked, method={"name": "diffusion", "settings": settings})
    assert again["request"]["method"]["settings"] == settings


def test_new_masks_fill_a_part_of_the_result_and_are_taken_as_they_are(
    run: Running, first: Json, asked: list[str]
) -> None:
    masks = [{"shape": "rect:8,8,6,6"}]
    again = retried(run, first, asked, hole={"masks": masks}, variation=1)
    assert again["material"] != first["material"]
    old = first["request"]["hole"]
    assert again["request"]["hole"] == {**old, "masks": masks, "invert": False, "grow": 0}
    assert again["hole"]["box"] == [6, 6, 10, 10]  # and the feather of before


def test_a_merged_request_is_checked_as_a_whole(run: Running, first: Json) -> None:
    path = f"/v1/jobs/{first['id']}/retry"
    refused(run.post(path, {"method": {"settings": {"no_such": 1}}}), 422, "no_such")
    refused(run.post(path, {"hole": {"grow": 1e9}}), 422, "grow")
    refused(run.post(path, {"hole": {"masks": [{"path": "mask.png"}]}}), 422, "masks")
    refused(run.post(path, {"output": {"folder": "/tmp"}}), 422, "folder")
    refused(run.post(path, {"material": first["material"]}), 422, "material")


DIFFUSION = {
    "name": "diffusion",
    "settings": {
        "train_steps": 2,
        "width": 8,
        "batch_size": 1,
        "crop_size": 16,
        "sampling_steps": 10,
        "coarse_hole": 0,
    },
    "device": "cpu",
}


@pytest.fixture(scope="module")
def drawn(shared: Running) -> Json:
    """Return a done job by diffusion, of two variations."""
    wanted = {
        "material": made(shared, {"diffuse.png": odd.png(32, 32)}),
        "hole": {"masks": [{"shape": "rect:8,8,12,12"}]},
        "method": {**DIFFUSION, "variations": 2},
        "previews": False,
    }
    done = ended(shared, shared.post("/v1/jobs", wanted))
    assert done["state"] == "done", done
    return done


def test_a_result_is_varied_from_a_step_on(run: Running, drawn: Json, asked: list[str]) -> None:
    again = retried(run, drawn, asked, method={"from_step": 0.2, "variations": 1}, variation=2)
    former, method = again["request"]["former"], again["request"]["method"]
    assert again["material"] == drawn["material"] != former
    assert (method["from_step"], method["seed"]) == (0.2, 2) and again["parent"] == {
        "job": drawn["id"],
        "variation": None,
    }
    second = drawn["result"]["variations"][1]["files"][0]
    result = run.request("GET", f"/v1/jobs/{drawn['id']}/files/{second}").body
    assert run.request("GET", f"/v1/materials/{former}").json()["files"] == ["diffuse.png"]
    varied = ended(run, run.post(f"/v1/jobs/{again['id']}/retry", {"method": {"seed": 9}}))
    assert varied["state"] == "done" and varied["request"]["former"] == former  # the same result is varied again
    found = results(run, varied)["diffuse.png"]
    outside = np.ones((32, 32), np.bool_)
    outside[8:20, 8:20] = False
    ours, theirs = (np.asarray(Image.open(io.BytesIO(data))) for data in (found, result))
    assert (ours[outside] == theirs[outside]).all()
    own = retried(run, again, asked, method={"from_step": 1})
    assert own["request"]["former"] is None and own["request"]["method"]["from_step"] == 1
    part = retried(run, varied, asked, hole={"masks": [{"shape": "rect:9,9,6,6"}]})
    assert part["request"]["former"] is None and part["request"]["method"]["from_step"] == 1
    near = retried(run, varied, asked, hole={"masks": [{"shape": "rect:9,9,6,6"}]}, method={"from_step": 0.5})
    assert near["request"]["former"] == near["material"]
    other = retried(run, varied, asked, method={"name": "poisson"})
    assert other["request"]["former"] is None and other["request"]["method"]["from_step"] == 1


def test_what_cannot_be_varied_is_refused(run: Running, first: Json, drawn: Json, asked: list[str]) -> None:
    said = "The method patch goes through no steps that a variation could begin at"
    refused(run.post(f"/v1/jobs/{first['id']}/retry", {"method": {"from_step": 0.5}}), 422, said)
    path = f"/v1/jobs/{drawn['id']}/retry"
    refused(run.post(path, {"method": {"from_step": 0}}), 422, "from_step")
    refused(run.post(path, {"method": {"from_step": 1.5}}), 422, "from_step")
    refused(run.post(path, {"method": {"from_step": 0.5}, "variation": 3}), 404, "variation")
    waits = retried(run, drawn, asked, method={"settings": {"train_steps": 100_000}})
    refused(run.post(f"/v1/jobs/{waits['id']}/retry", {"method": {"from_step": 0.5}}), 409, "no result to vary")
    wish = {"material": drawn["material"], "hole": {"masks": [{"shape": "rect:8,8,12,12"}]}, "method": DIFFUSION}
    refused(run.post("/v1/jobs", {**wish, "method": {**DIFFUSION, "from_step": 0.5}}), 422, "one fill alone")
    refused(run.post("/v1/jobs", {**wish, "former": "0" * 32}), 404, "material for former")
