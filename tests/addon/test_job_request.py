"""The request in the form of the service's HTTP API: every field, named and nested as there, without a network."""

from __future__ import annotations

import json
from dataclasses import fields

import numpy as np

from blender_addon.client import Service, Source
from blender_addon.client.source import prepare_upload
from blender_addon.job import (
    GuideSpec,
    HoleSpec,
    InpaintRequest,
    LoadOptions,
    MaskShape,
    MethodChoice,
    OutputSpec,
    Watch,
)
from tests.addon.fake import JOB, MATERIAL, Fake, view

PIXELS = np.array([[0, 1], [9, 0]], np.uint8)
FULL = InpaintRequest(
    title="Wall: old/new",
    images=(Source("0.png", b"zero"), Source("1.png", b"one")),
    source=LoadOptions(
        path="0.png",
        set_name="bricks",
        overrides={"roughness": "1.png:G"},
        only=("roughness",),
        also=("1.png",),
        normal="directx",
    ),
    hole=HoleSpec(
        masks=(MaskShape("rect:1,2,3,4"), PIXELS),
        forbid=(PIXELS, MaskShape("alpha")),
        invert=True,
        grow=-1.5,
        feather=2,
        tileable=True,
    ),
    method=MethodChoice("auto", {"patch": {"turns": True}, "any": {"file": "e" * 64}}, 3, 4, 0.25, "cuda"),
    output=OutputSpec(preview=True, source_map=True),
    guides=GuideSpec(colours=np.zeros((2, 3, 3), np.uint8), protect=(PIXELS,), grain="auto"),
    previews=False,
)


def digests(request: InpaintRequest) -> dict[str, str]:
    return {source.name: prepare_upload(source).digest for source in request.files()}


def test_every_field_is_in_the_json_under_its_own_name() -> None:
    known = digests(FULL)
    assert list(known) == ["0.png", "1.png", "mask-2.npy", "forbid-1.npy", "colours.npy", "protect-1.npy"]
    assert FULL.material_json(known) == {
        "files": [{"name": "0.png", "file": known["0.png"]}, {"name": "1.png", "file": known["1.png"]}],
        "name": "Wall_ old_new",
        "source": {
            "path": "0.png",
            "set_name": "bricks",
            "overrides": {"roughness": "1.png:G"},
            "only": ["roughness"],
            "also": ["1.png"],
            "normal": "directx",
        },
    }
    assert FULL.job_json(MATERIAL, known) == {
        "material": MATERIAL,
        "hole": {
            "masks": [{"shape": "rect:1,2,3,4"}, {"file": known["mask-2.npy"], "name": "mask-2.npy"}],
            "forbid": [{"file": known["forbid-1.npy"], "name": "forbid-1.npy"}, {"shape": "alpha"}],
            "invert": True,
            "grow": -1.5,
            "feather": 2.0,
            "tileable": True,
        },
        "method": {
            "name": "auto",
            "settings": {"patch": {"turns": True}, "any": {"file": "e" * 64}},
            "seed": 3,
            "variations": 4,
            "from_step": 0.25,
            "device": "cuda",
        },
        "output": {"keep_jpeg": False, "preview": True, "source_map": True},
        "canvas": None,
        "guides": {
            "colours": {"file": known["colours.npy"], "name": "colours.npy"},
            "source_colours": None,
            "protect": [{"file": known["protect-1.npy"], "name": "protect-1.npy"}],
            "grain": "auto",
        },
        "previews": False,
    }


def test_a_part_of_the_request_has_no_field_that_is_not_sent() -> None:
    known = digests(FULL)
    job, material = FULL.job_json(MATERIAL, known), FULL.material_json(known)
    for part, sent in (
        (FULL.source, material["source"]),
        (FULL.hole, job["hole"]),
        (FULL.method, job["method"]),
        (FULL.output, job["output"]),
    ):
        assert [one.name for one in fields(part)] == list(sent)
    assert json.loads(json.dumps([job, material], allow_nan=False)) == [job, material]


def test_masks_are_sent_as_black_and_white() -> None:
    (mask, forbid) = FULL.hole.files()
    for one in (mask, forbid):
        assert isinstance(one.data, np.ndarray) and one.data.dtype == np.uint8
        assert one.data.tolist() == [[0, 255], [255, 0]]


def test_the_service_hears_what_the_request_says(bad: Fake, service: Service) -> None:
    bad.job = view("done")
    Watch(service, FULL).run()
    posted = {request.path: json.loads(request.body) for request in bad.requests if request.method == "POST"}
    known = digests(FULL)
    assert posted == {"/v1/materials": FULL.material_json(known), "/v1/jobs": FULL.job_json(MATERIAL, known)}
    sent = {request.path.rpartition("/")[2] for request in bad.requests if request.method == "PUT"}
    assert sent == set(known.values())


def test_a_retry_changes_only_how_many_variations_there_are(bad: Fake, service: Service) -> None:
    service.retry_job(JOB, 3)
    assert json.loads(bad.requests[-1].body) == {"method": {"variations": 3}, "variation": 1}


def test_a_retry_says_how_different_it_is_to_be_and_from_which_result(bad: Fake, service: Service) -> None:
    service.retry_job(JOB, 2, 0.4, 3)
    assert json.loads(bad.requests[-1].body) == {"method": {"variations": 2, "from_step": 0.4}, "variation": 3}
