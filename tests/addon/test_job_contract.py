"""The add-on's copy of the request against the core's: the same fields, and JSON that the core's codec takes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import svbrdf_core as sv
from blender_addon.client import Source
from blender_addon.job import InputFile
from blender_addon.job import request as copy
from svbrdf_core.codec import HttpFiles, decode, encode, fields_of
from svbrdf_core.request import ExtendSpec, GrowSpec, TileSpec

MASK = np.full((4, 4), 255, np.uint8)
COLOURS = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
MODEL = InputFile(Path("/models/model.safetensors"))
FULL = copy.InpaintRequest(
    title="Wall",
    images=(Source("0.png", b"png"), Source("1.png", b"png")),
    source=copy.LoadOptions("0.png", "wall", {"roughness": "1.png:G"}, ("diffuse",), ("dirt",), "directx"),
    hole=copy.HoleSpec((MASK, copy.MaskShape("rect:1,2,3,4")), (MASK,), True, 3.0, 2.0, False),
    method=copy.MethodChoice("diffusion", {"train_steps": 5, "model": MODEL}, 7, 2, 0.5, "cpu"),
    output=copy.OutputSpec(True, True),
    canvas=copy.TileSpec("x", 12.5, True),
    guides=copy.GuideSpec(COLOURS, COLOURS[:2], (MASK, copy.MaskShape("rect:1,2,3,4")), COLOURS[..., 0]),
)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (copy.LoadOptions, sv.LoadOptions),
        (copy.MaskShape, sv.MaskShape),
        (InputFile, sv.InputFile),
        (copy.HoleSpec, sv.HoleSpec),
        (copy.MethodChoice, sv.MethodChoice),
        (copy.OutputSpec, sv.OutputSpec),
        (copy.TileSpec, TileSpec),
        (copy.GrowSpec, GrowSpec),
        (copy.GuideSpec, sv.GuideSpec),
    ],
)
def test_the_copy_has_the_fields_that_go_over_http(ours: type, theirs: type) -> None:
    mine = {field.name for field in dataclasses.fields(ours)}
    assert mine == {field.name for field in fields_of(theirs) if not field.metadata.get("local")}


def digests() -> dict[str, str]:
    return {file.name: f"{number:064x}" for number, file in enumerate(FULL.files())}


def test_the_core_takes_a_job_as_the_copy_writes_it() -> None:
    body = FULL.job_json("0" * 32, digests())
    files = HttpFiles(
        digest=lambda path: path.parent.name,
        stored=lambda digest, name: Path("/", digest, name),
        target=lambda where: Path("/result", where),
    )
    supplied = {"source": sv.LoadOptions(Path("/material")), "output.folder": Path("/result")}
    wanted = {name: body[name] for name in ("hole", "method", "output", "canvas", "guides")}
    request = sv.InpaintRequest.from_json(wanted, files, supplied=supplied)
    assert request.to_json(files) == wanted
    masks, guides = ["mask-1.npy", "forbid-1.npy"], ["colours.npy", "source_colours.npy", "protect-1.npy", "grain.npy"]
    assert [path.name for path in request.files().values()] == [*masks, "model.safetensors", *guides]
    assert (request.method.seed, request.hole.grow, request.output.preview is not None) == (7, 3.0, True)


def test_the_core_takes_the_material_as_the_copy_writes_it() -> None:
    source = FULL.material_json(digests())["source"]
    assert encode(decode(sv.LoadOptions, source, "source", HttpFiles()), HttpFiles()) == source


def test_the_core_takes_the_sides_of_a_larger_picture_without_a_hole() -> None:
    wide = dataclasses.replace(FULL, hole=copy.HoleSpec(()), canvas=copy.ExtendSpec(1, 2, 3, 4))
    body = wide.job_json("0" * 32, digests())
    assert decode(ExtendSpec, body["canvas"], "canvas", HttpFiles()) == ExtendSpec(1, 2, 3, 4)
    assert body["hole"]["masks"] == []
    assert dataclasses.replace(FULL, canvas=None).job_json("0" * 32, digests())["canvas"] is None
    sheet = dataclasses.replace(wide, canvas=copy.GrowSpec((300, 200))).job_json("0" * 32, digests())
    assert decode(GrowSpec, sheet["canvas"], "canvas", HttpFiles()) == GrowSpec((300, 200))


def test_without_guides_and_with_a_grain_that_goes_on() -> None:
    none = copy.GuideSpec()
    assert not none and not none.files() and decode(sv.GuideSpec, none.to_json({}), "", HttpFiles()) == sv.GuideSpec()
    auto = copy.GuideSpec(grain="auto")
    assert auto and not auto.files()
    assert decode(sv.GuideSpec, auto.to_json({}), "", HttpFiles()) == sv.GuideSpec(grain="auto")
