"""Settings of methods by the same codec: nested dataclasses, files, unions, bounds of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from svbrdf_core.codec import InputFile, changed_fields, decode, encode, option
from svbrdf_core.errors import InputError


class Mode(Enum):
    fast = "fast"
    slow = "slow"


@dataclass(frozen=True)
class Inner:
    steps: int = option(10, "Steps.", ge=1, le=1000)
    model: InputFile | None = option(None, "A model.")
    rate: float = option(0.1, "How fast.", gt=0, lt=1)

    def __post_init__(self) -> None:
        if self.steps == 13:
            raise ValueError("steps must not be 13")


@dataclass(frozen=True)
class Outer:
    name: Literal["a", "b", 3] = "a"
    mode: Mode = Mode.fast
    inner: Inner = field(default_factory=Inner)
    other: Inner | None = None
    mixed: int | str | None = None
    pair: tuple[int, float] = (1, 2.0)
    many: Sequence[int] = ()
    files: tuple[InputFile, ...] = ()
    either: Inner | InputFile | None = None
    by_name: Mapping[str, Inner] = field(default_factory=dict)
    said: Annotated[int, "with words"] = 4
    anything: object = None


FULL = Outer(
    "b",
    Mode.slow,
    Inner(5, InputFile(Path("/m"))),
    Inner(7),
    "text",
    (3, 4.0),
    (1, 2),
    (InputFile(Path("/a")), InputFile(Path("/b"))),
    InputFile(Path("/c")),
    {"x": Inner(8)},
    9,
    {"a": [1, InputFile(Path("/d"))]},
)


def test_settings_of_every_type_come_back() -> None:
    assert decode(Outer, json.loads(json.dumps(encode(FULL)))) == FULL
    assert decode(Outer, {}) == Outer()
    assert decode(Outer, json.loads(json.dumps(encode(Outer())))) == Outer()


def test_only_what_is_changed_is_said_and_comes_back() -> None:
    assert changed_fields(Outer()) == changed_fields(None) == {}
    some = Outer(inner=Inner(model=InputFile(Path("/m"))), mixed=3)
    assert changed_fields(some) == {"inner": {"model": InputFile(Path("/m"))}, "mixed": 3}
    for one in (some, FULL):
        assert decode(Outer, changed_fields(one)) == one  # files may stand for themselves
        assert decode(Outer, json.loads(json.dumps(encode(changed_fields(one))))) == one


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"name": "c"}, 'settings.name must be one of a, b, 3, not "c".'),
        ({"name": True}, "settings.name must be one of a, b, 3, not true."),
        ({"mode": "medium"}, "settings.mode must be one of fast, slow"),
        ({"inner": {"steps": 0}}, "settings.inner.steps must be a whole number of at least 1 and at most 1000, not 0."),
        ({"inner": {"step": 2}}, "There is no settings.inner.step; choose from steps, model, rate."),
        ({"inner": {"model": "/m"}}, 'settings.inner.model must be a file ({"file": …}) or null'),
        ({"inner": {"rate": 1}}, "settings.inner.rate must be a number of more than 0 and less than 1"),
        ({"inner": {"steps": 13}}, "settings.inner cannot be used: steps must not be 13."),
        ({"inner": None}, "settings.inner must be an object with steps, model, rate, not null."),
        ({"other": 3}, "settings.other must be an object with steps, model, rate or null, not 3."),
        ({"mixed": 1.5}, "settings.mixed must be a whole number or text or null, not 1.5."),
        ({"mixed": True}, "settings.mixed must be a whole number or text or null, not true."),
        ({"pair": [1]}, "settings.pair must be a list of 2"),
        ({"pair": [1, "x"]}, "settings.pair[1] must be a number"),
        ({"many": "12"}, "settings.many must be a list"),
        ({"files": [{"file": "/a"}, 3]}, "settings.files[1] must be a file"),
        ({"either": {"rate": 2}}, "settings.either.rate must be a number"),
        ({"either": 3}, "settings.either must be an object with steps, model, rate or a file"),
        ({"by_name": {"x": {"steps": "3"}}}, "settings.by_name.x.steps must be a whole number"),
        ({"said": None}, "settings.said must be a whole number"),
    ],
)
def test_a_refusal_names_the_setting(data: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        decode(Outer, data, "settings")
    assert str(caught.value).startswith(sentence), str(caught.value)


def test_a_type_that_the_codec_does_not_know_is_a_mistake_of_the_program() -> None:
    @dataclass(frozen=True)
    class Odd:
        when: complex = 0

    with pytest.raises(TypeError, match="does not know the type"):
        decode(Odd, {"when": 1})
    with pytest.raises(TypeError, match="complex"):
        encode(Odd(1j))
