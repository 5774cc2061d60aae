"""The schema of a request over HTTP is that of the dataclasses, and so is what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Literal

import pydantic
import pytest

import svbrdf_core as sv
from svbrdf_core.codec import HttpFiles, InputFile, OutputFile, fields_of, option
from svbrdf_server.api.shapes import JobBody, RetryBody
from svbrdf_server.jobs.requests import JobFiles, job_files, merge
from svbrdf_server.schema import model_of
from tests.server.running import Json

DIGEST = "0123456789abcdef" * 4


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Inner:
    weights: InputFile | None = option(None, "What was learnt.")
    steps: int = option(3, "How many.", ge=1, le=9)


@dataclass(frozen=True)
class Outer:
    """Settings.

    Attributes:
        share: how much
            of it.
    """

    inner: Inner = field(default_factory=lambda: Inner(steps=5))
    share: float | None = None
    kind: Literal["a", "b"] = "a"
    colour: Colour = Colour.RED
    sizes: tuple[int, ...] = (1, 2)
    pair: tuple[int, str] = (1, "x")
    drawn: OutputFile | None = None
    folder: Path = option(Path("/tmp"), "On this machine.", local=True)


def test_every_field_has_its_type_bounds_default_and_words() -> None:
    schema = model_of(Outer).model_json_schema()
    outer = schema["properties"]
    inner = schema["$defs"]["Inner"]["properties"]
    assert set(outer) == {"inner", "share", "kind", "colour", "sizes", "pair", "drawn"}
    assert inner["steps"] == {
        "type": "integer", "minimum": 1, "maximum": 9, "default": 3, "description": "How many.", "title": "Steps"
    }  # fmt: skip
    assert outer["share"]["description"] == "how much of it."
    assert outer["kind"]["enum"] == ["a", "b"] and outer["colour"]["default"] == "red"
    assert outer["sizes"]["items"] == {"type": "integer"} and outer["sizes"]["default"] == [1, 2]
    assert outer["drawn"]["type"] == "boolean" and outer["drawn"]["default"] is False
    assert model_of(Outer)().inner.steps == 5


def test_a_field_that_takes_a_file_is_said_to_and_a_page_can_offer_a_picker() -> None:
    schema = model_of(Outer).model_json_schema()
    kinds = schema["$defs"]["Inner"]["properties"]["weights"]["anyOf"]
    assert kinds == [{"$ref": "#/$defs/UploadedFile"}, {"type": "null"}]
    assert schema["$defs"]["UploadedFile"]["format"] == "file" and schema["$defs"]["UploadedFile"]["type"] == "object"


@pytest.mark.parametrize(
    ("part", "kind"), [("hole", sv.HoleSpec), ("method", sv.MethodChoice), ("output", sv.OutputSpec)]
)
def test_a_job_has_the_fields_of_the_request_but_those_of_one_machine(part: str, kind: type) -> None:
    schema = JobBody.model_json_schema()["$defs"][kind.__name__]
    assert list(schema["properties"]) == [one.name for one in fields_of(kind) if not one.local]
    changes = RetryBody.model_json_schema()["$defs"][f"{kind.__name__}Change"]
    assert list(changes["properties"]) == list(schema["properties"]) and "required" not in changes


@pytest.mark.parametrize(
    "part",
    [{"source": {"path": "/etc"}}, {"output": {"folder": "/tmp"}}, {"output": {"in_place": True}}, {"examples": [{}]}],
)
def test_what_is_local_cannot_be_sent(part: Json) -> None:
    body = {"material": "0" * 32, "hole": {"masks": [{"shape": "alpha"}]}, **part}
    with pytest.raises(pydantic.ValidationError):
        JobBody.model_validate(body)


@pytest.mark.parametrize(
    ("canvas", "where"),
    [
        ({"left": -1}, ("ExtendSpec", "left")),
        ({"left": 3, "axis": "x"}, ("ExtendSpec", "axis")),
        ({"axis": "z"}, ("TileSpec", "axis")),
        ({"band": 51}, ("TileSpec", "band")),
        ({"size": [64]}, ("GrowSpec", "size", 1)),
        ({"size": ["64", "x"]}, ("GrowSpec", "size", 1)),
    ],
    ids=str,
)
def test_of_several_kinds_the_one_that_was_meant_is_refused_by_its_field(canvas: Json, where: tuple[object]) -> None:
    with pytest.raises(pydantic.ValidationError) as refusal:
        JobBody.model_validate({"material": "0" * 32, "canvas": canvas})
    assert [error["loc"] for error in refusal.value.errors()] == [("canvas", *where)]


def test_a_mask_is_refused_by_the_field_of_its_kind_alone() -> None:
    body = {"material": "0" * 32, "hole": {"masks": [{"tile": 3, "mask": {"shape": "alpha"}}]}}
    with pytest.raises(pydantic.ValidationError) as refusal:
        JobBody.model_validate(body)
    assert [error["loc"] for error in refusal.value.errors()] == [("hole", "masks", 0, "TileMask", "tile")]


def files(home: Path) -> JobFiles:
    return job_files(home, home / "result-1")


def test_the_files_of_a_job_are_found_whatever_the_fields_are_called(tmp_path: Path) -> None:
    named = {"file": DIGEST, "name": "w.bin"}
    data = {
        "hole": {"masks": [{"file": DIGEST, "name": "m.png"}, {"shape": "alpha"}]},
        "method": {"name": "any", "settings": {"inner": {"weights": named}, "list": [named]}},
        "output": {"preview": True, "source_map": False},
    }
    held = files(tmp_path)
    supplied = {"source": sv.LoadOptions(tmp_path), "output.folder": tmp_path / "out"}
    request = sv.InpaintRequest.from_json(data, held, supplied=supplied)
    assert dict(request.files()) == {
        "hole.masks[0]": tmp_path / f"{DIGEST}.png",
        "method.settings.inner.weights": tmp_path / f"{DIGEST}.bin",
        "method.settings.list[0]": tmp_path / f"{DIGEST}.bin",
    }
    assert request.output.preview == OutputFile(tmp_path / "result-1" / "preview.png")
    assert {path.name: one["file"] for path, one in held.named.items()} == {
        f"{DIGEST}.png": DIGEST, f"{DIGEST}.bin": DIGEST
    }  # fmt: skip
    kept = request.to_json(held)
    assert isinstance(kept, dict) and kept["method"]["settings"] == data["method"]["settings"]  # type: ignore[index]
    assert sv.InpaintRequest.from_json(kept, files(tmp_path), supplied=supplied) == request
    assert sv.InpaintRequest.from_json(request.to_json()) == request  # as a worker reads it


@pytest.mark.parametrize("name", ["../x", "CON", "a/b", "x\n.png", "x.png ", "a*"])
def test_a_file_has_a_name_that_is_one_everywhere(tmp_path: Path, name: str) -> None:
    data = {"hole": {"masks": [{"file": DIGEST, "name": name}]}}
    supplied = {"source": sv.LoadOptions(tmp_path), "output.folder": tmp_path}
    with pytest.raises(sv.InputError, match="hole.masks"):
        sv.InpaintRequest.from_json(data, files(tmp_path), supplied=supplied)


def test_objects_are_merged_but_lists_and_files_replaced() -> None:
    old = {"a": {"b": 1, "c": [1, 2]}, "f": {"file": "x", "name": "y"}}
    new = {"a": {"c": [3]}, "f": {"file": "z"}, "g": None}
    assert merge(old, new, HttpFiles()) == {"a": {"b": 1, "c": [3]}, "f": {"file": "z"}, "g": None}


@pytest.mark.filterwarnings("error")
def test_each_kind_of_mask_is_written_as_it_came() -> None:
    masks: list[Json] = [{"file": DIGEST}, {"shape": "alpha"}]
    body = JobBody.model_validate({"material": "0" * 32, "hole": {"masks": masks}})
    assert body.model_dump(exclude_unset=True)["hole"]["masks"] == masks
