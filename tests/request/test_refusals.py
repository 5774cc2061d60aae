"""JSON that is no request: every sentence names the field."""

from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svbrdf_core.codec import HttpFiles
from svbrdf_core.errors import FieldError, InputError
from svbrdf_core.request import InpaintRequest, InputFile, LoadOptions

GOOD: dict[str, Any] = {
    "source": {"path": "/in"},
    "hole": {"masks": [{"shape": "rect:1,2,3,4"}]},
    "method": {"settings": {"deep": {"er": 1}}},
    "output": {"folder": "/out"},
}
DIGEST = "0" * 64
HTTP = HttpFiles(stored=lambda digest, name: Path("/blobs", digest), target=lambda where: Path("/result", where))
SUPPLIED = {"source": LoadOptions(Path("/in")), "output.folder": Path("/out")}


def changed(where: str, value: object) -> dict[str, Any]:
    """Return a good request with one value changed."""
    data = copy.deepcopy(GOOD)
    *parents, last = where.split(".")
    at = data
    for name in parents:
        at = at.setdefault(name, {})
    at[last] = value
    return data


BAD: list[tuple[str, object, str]] = [
    ("source", [], "source must be an object with path"),
    ("source.path", 3, "source.path must be a path, not 3"),
    ("source.path", "a\0b", "source.path must be a path"),
    ("source.overrides", ["a"], "source.overrides must be an object"),
    ("source.overrides", {"height": 1}, "source.overrides.height must be text"),
    ("source.only", [], "source.only must be a list of at least 1 and at most 64 items"),
    ("source.only", "height", "source.only must be a list"),
    ("source.only", [None], "source.only[0] must be text, not null"),
    ("source.normal", "left", 'source.normal must be one of auto, opengl, directx, not "left"'),
    ("source.normal", None, "source.normal must be one of"),
    ("source.max_pixels", 0, "source.max_pixels must be a whole number of at least 1, not 0"),
    ("source.max_pixels", True, "source.max_pixels must be a whole number"),
    ("hole.masks", [], "The data cannot be used: hole.masks is empty"),
    ("canvas", {}, "canvas must be"),
    ("canvas", {"left": -1}, "canvas.left must be a whole number of at least 0"),
    ("canvas", {"to": [4]}, "canvas.to must be"),
    ("canvas", {"band": 0}, "canvas.band must be a number"),
    ("canvas", {"axis": "z"}, "canvas.axis must be one of x, y, both"),
    ("canvas", {"left": 1, "axis": "x"}, "canvas must be"),
    ("guides.grain", "left", "guides.grain must be"),
    ("examples", [{}], "examples[0].path is missing"),
    ("hole.masks", {}, "hole.masks must be a list"),
    ("hole.masks", [{}], "hole.masks[0]"),
    ("hole.masks", ["rect:1,2,3,4"], "hole.masks[0] must be an object with shape or a file"),
    ("hole.masks", [{"shape": "rect:1", "file": "/m.png"}], "There is no hole.masks[0].file"),
    ("hole.masks", [{"shape": "oval:1,2"}], "hole.masks[0].shape must be text of at most 100000"),
    ("hole.masks", [{"shape": "alpha"}, {"file": 3}], "hole.masks[1] must be a file"),
    ("hole.masks", [{"file": ""}], "hole.masks[0] must be a file"),
    ("hole.invert", 1, "hole.invert must be true or false, not 1"),
    ("hole.grow", 10_001, "hole.grow must be a number of at least -10000 and at most 10000, not 10001"),
    ("hole.grow", math.nan, "hole.grow must be a number"),
    ("hole.grow", -math.inf, "hole.grow must be a number"),
    ("hole.grow", True, "hole.grow must be a number"),
    ("hole.grow", "4", 'hole.grow must be a number of at least -10000 and at most 10000, not "4"'),
    ("hole.grow", 10**400, "hole.grow must be a number"),
    ("hole.feather", -0.5, "hole.feather must be a number of at least 0"),
    ("hole.tileable", "yes", "hole.tileable must be true or false or null"),
    ("hole.size", 3, "There is no hole.size; choose from masks, forbid, invert, grow, feather, tileable."),
    ("method.name", "", "method.name must be text of at least 1 and at most 200 characters"),
    ("method.seed", 1.5, "method.seed must be a whole number of at least 0"),
    ("method.seed", -1, "method.seed must be a whole number of at least 0"),
    ("method.seed", False, "method.seed must be a whole number"),
    ("method.variations", 0, "method.variations must be a whole number of at least 1"),
    ("method.device", "tpu", "method.device must be text: one of auto, cpu, cuda, mps"),
    ("method.settings", [], "method.settings must be an object"),
    ("method.settings", {"x": math.nan}, "method.settings.x must be a number"),
    ("method.settings", {"x": [{"y": math.inf}]}, "method.settings.x[0].y must be a number"),
    ("method.settings", {"x": "\0"}, "method.settings.x must be text"),
    ("method.settings", {"model": {"file": 4}}, "method.settings.model must be a file"),
    ("output", None, "output must be an object"),
    ("output.preview", True, "output.preview must be the path of a file, or null"),
    ("output.overwrite", None, "output.overwrite must be true or false"),
    ("colour", 3, "There is no colour; choose from source, hole, method, output, canvas, guides, examples, former."),
]  # fmt: skip


@pytest.mark.parametrize(("where", "value", "sentence"), BAD, ids=[f"{where}={value!r:.20}" for where, value, _ in BAD])
def test_a_refusal_names_the_field(where: str, value: object, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        InpaintRequest.from_json(changed(where, value))
    assert str(caught.value).startswith(sentence), str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("where", ["source.path", "output.folder"])
def test_what_is_required_is_named_when_it_is_missing(where: str) -> None:
    data = copy.deepcopy(GOOD)
    part, name = where.split(".")
    del data[part][name]
    with pytest.raises(InputError, match=f"{where} is missing; it must be"):
        InpaintRequest.from_json(data)
    del data[part]
    with pytest.raises(InputError, match=f"{where} is missing"):
        InpaintRequest.from_json(data)


@pytest.mark.parametrize("data", [None, 3, "x", [], [1], True])
def test_what_is_no_object_is_no_request(data: object) -> None:
    with pytest.raises(InputError, match=r"^The data must be an object with source, hole, method, output"):
        InpaintRequest.from_json(data)


def test_json_in_settings_is_not_endlessly_deep() -> None:
    deep: Any = 1
    for _ in range(17):
        deep = [deep]
    with pytest.raises(InputError, match=r"^method\.settings\.x\[0\].*more than 16 deep"):
        InpaintRequest.from_json(changed("method.settings", {"x": deep}))


def test_a_number_without_a_fraction_is_a_whole_number() -> None:
    assert InpaintRequest.from_json(changed("method.seed", 3.0)).method.seed == 3
    assert isinstance(InpaintRequest.from_json(changed("hole.grow", 3)).hole.grow, float)


WANTED: dict[str, Any] = {"hole": {"masks": [{"file": DIGEST, "name": "m.png"}]}}


def test_a_request_over_http_is_complete_with_what_the_service_supplies() -> None:
    request = InpaintRequest.from_json(WANTED, HTTP, supplied=SUPPLIED)
    assert request.hole.masks == (InputFile(Path("/blobs", DIGEST)),)
    assert request.source == SUPPLIED["source"]
    assert not request.output.in_place


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"source": {"path": "/etc"}}, "There is no source; choose from hole, method, output, canvas, guides."),
        ({"output": {"folder": "/etc"}}, "There is no output.folder; choose from keep_jpeg, preview, source_map."),
        ({"output": {"overwrite": True}}, "There is no output.overwrite"),
        ({"output": {"preview": "/etc/x.png"}}, "output.preview must be true or false"),
        ({"output": {"preview": None}}, "output.preview must be true or false"),
        ({"hole": {"masks": [{"file": "/etc/m.png"}]}}, "hole.masks[0] must be an uploaded file"),
        ({"hole": {"masks": [{"file": DIGEST.upper()[:-1] + "G"}]}}, "hole.masks[0] must be an uploaded file"),
        ({"hole": {"masks": [{"file": DIGEST, "name": "../m.png"}]}}, "hole.masks[0] must be an uploaded file"),
        ({"hole": {"masks": [{"file": DIGEST, "name": "m" * 201}]}}, "hole.masks[0] must be an uploaded file"),
        ({"method": {"settings": {"model": {"file": "/etc/m"}}}}, "method.settings.model must be an uploaded file"),
    ],
)
def test_what_means_something_on_one_machine_only_is_refused_over_http(data: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        InpaintRequest.from_json(WANTED | data, HTTP, supplied=SUPPLIED)
    assert str(caught.value).startswith(sentence)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    "source", "source.path", "source.overrides", "source.only", "source.also", "source.set_name", "source.normal",
    "source.max_pixels", "hole", "hole.masks", "hole.forbid", "hole.invert", "hole.grow", "hole.feather",
    "hole.tileable", "method", "method.name", "method.settings", "method.seed", "method.variations", "method.device",
    "output", "output.folder", "output.in_place", "output.overwrite", "output.preview", "output.source_map",
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(FIELDS), JSON)
def test_any_json_is_a_request_or_refused_by_a_sentence_about_its_field(where: str, value: object) -> None:
    try:
        InpaintRequest.from_json(changed(where, value))
    except InputError as error:
        assert where in str(error)


def test_an_error_of_a_field_can_be_named_after_what_gave_it() -> None:
    with pytest.raises(FieldError) as caught:
        InpaintRequest.from_json(changed("hole.grow", "a {} b"))
    for error in (caught.value, copy.copy(caught.value)):  # copied as it is sent from another process
        assert error.where == "hole.grow"
        assert str(error).startswith("hole.grow must be a number") and str(error).endswith('not "a {} b".')
        assert error.naming("--grow") == str(error).replace("hole.grow", "--grow")
