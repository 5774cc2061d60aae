"""Round trips of requests through JSON, with files by path and by digest."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from concurrent.futures import ProcessPoolExecutor
from copy import copy
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from hypothesis import given, settings

from svbrdf_core.codec import HttpFiles, fields_of
from svbrdf_core.request import (
    HoleSpec,
    InpaintRequest,
    InputFile,
    LoadOptions,
    MaskShape,
    MethodChoice,
    OutputFile,
    OutputSpec,
)
from tests.request.strategies import REQUESTS

PLAIN = InpaintRequest(
    source=LoadOptions(Path("/in")), hole=HoleSpec((MaskShape("rect:1,2,3,4"),)), output=OutputSpec(Path("/out"))
)


def through_json(data: object) -> Any:
    return json.loads(json.dumps(data, allow_nan=False))


@settings(max_examples=50, deadline=None)
@given(REQUESTS)
def test_a_request_comes_back_from_local_json(request: InpaintRequest) -> None:
    assert InpaintRequest.from_json(through_json(request.to_json())) == request


@settings(max_examples=50, deadline=None)
@given(REQUESTS)
def test_a_request_comes_back_from_json_with_files_by_digest(request: InpaintRequest) -> None:
    kept: dict[str, Path] = {}

    def digest(path: Path) -> str:
        found = hashlib.sha256(str(path).encode()).hexdigest()
        kept[found] = path
        return found

    data = through_json(request.to_json(HttpFiles(digest=digest)))
    assert set(data) == {"hole", "method", "output", "canvas", "guides"}
    assert set(data["output"]) == {"keep_jpeg", "preview", "source_map"}
    service = HttpFiles(stored=lambda found, name: kept[found], target=lambda where: Path("/result", where))
    supplied = {
        "source": request.source,
        "examples": request.examples,
        "former": request.former,
        "output.folder": request.output.folder,
        "output.in_place": request.output.in_place,
        "output.overwrite": request.output.overwrite,
    }
    back = InpaintRequest.from_json(data, service, supplied=supplied)
    preview = None if request.output.preview is None else OutputFile(Path("/result/output.preview"))
    source_map = None if request.output.source_map is None else OutputFile(Path("/result/output.source_map"))
    output = dataclasses.replace(request.output, preview=preview, source_map=source_map)
    assert back == dataclasses.replace(request, output=output)


def test_a_request_goes_to_another_process_and_back() -> None:
    request = InpaintRequest.from_json(
        {
            "source": {"path": "/bricks", "overrides": {"roughness": "orm.png:G"}},
            "hole": {"masks": [{"shape": "rect:1,2,3,4"}, {"file": "/mask.png"}]},
            "method": {"name": "auto", "settings": {"diffusion": {"model": {"file": "/m.safetensors"}}}},
            "output": {"folder": "/out", "preview": "/preview.png"},
        }
    )
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        assert pool.submit(copy, request).result() == request


def test_what_is_not_given_is_as_by_default() -> None:
    data = {"source": {"path": "/in"}, "hole": {"masks": [{"shape": "rect:1,2,3,4"}]}, "output": {"folder": "/out"}}
    assert InpaintRequest.from_json(data) == PLAIN


def test_paths_are_absolute_in_local_json(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    hole = HoleSpec((InputFile(Path("m.png")),))
    output = OutputSpec(Path("out"), preview=OutputFile(Path("a.png")))
    data: Any = InpaintRequest(source=LoadOptions(Path("in")), hole=hole, output=output).to_json()
    assert data["source"]["path"] == str(tmp_path / "in")
    assert data["hole"]["masks"] == [{"file": str(tmp_path / "m.png")}]
    assert (data["output"]["folder"], data["output"]["preview"]) == (str(tmp_path / "out"), str(tmp_path / "a.png"))


def test_the_files_of_a_request_are_found_by_the_path_of_their_field() -> None:
    one, two, three = (InputFile(Path("/m", name)) for name in ("a.png", "b.png", "c.safetensors"))
    request = dataclasses.replace(
        PLAIN,
        hole=HoleSpec((MaskShape("alpha"), one), forbid=(two,)),
        method=MethodChoice("auto", {"diffusion": {"model": three, "levels": [1, three]}}),
    )
    assert request.files() == {
        "hole.masks[1]": one.path,
        "hole.forbid[0]": two.path,
        "method.settings.diffusion.model": three.path,
        "method.settings.diffusion.levels[1]": three.path,
    }


def test_every_field_has_a_description() -> None:
    for kind in (InpaintRequest, LoadOptions, HoleSpec, MaskShape, MethodChoice, OutputSpec):
        for field in fields_of(kind):
            assert field.description, (kind, field.name)
            assert field.name in (kind.__doc__ or "").replace(",", ":"), (kind, field.name)
