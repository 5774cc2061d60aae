"""Settings as people type them: NAME=VALUE by the type of the setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from svbrdf_core.codec import InputFile, decode, option, setting_from_text
from svbrdf_core.errors import InputError


@dataclass(frozen=True)
class Inner:
    on: bool = False
    model: InputFile | None = None
    seconds: float | None = option(None, "Seconds.", gt=0)


@dataclass(frozen=True)
class Outer:
    levels: int = option(4, "Levels.", ge=1)
    title: str = ""
    mode: Literal["fast", "slow"] = "fast"
    sides: Sequence[int] = ()
    facts: Mapping[str, int] = field(default_factory=dict)
    inner: Inner = field(default_factory=Inner)
    either: int | str = 0


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("levels=5", Outer(levels=5)),
        (" levels = 5 ", Outer(levels=5)),
        ("title=a=b", Outer(title="a=b")),
        ("mode=slow", Outer(mode="slow")),
        ("sides=1,2, 3", Outer(sides=(1, 2, 3))),
        ('facts={"a": 1}', Outer(facts={"a": 1})),
        ("inner.on=yes", Outer(inner=Inner(on=True))),
        ("inner.on=false", Outer()),
        ("inner.model=a b.safetensors", Outer(inner=Inner(model=InputFile(Path("a b.safetensors"))))),
        ("inner.model=none", Outer()),
        ("inner.seconds=1e1", Outer(inner=Inner(seconds=10.0))),
        ("either=3", Outer(either=3)),
        ("either=three", Outer(either="three")),
    ],
)
def test_a_typed_setting_is_understood_by_its_type(text: str, settings: Outer) -> None:
    assert decode(Outer, setting_from_text(Outer, text)) == settings


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("levels", '"levels" is not of the form NAME=VALUE.'),
        ("=5", '"=5" is not of the form NAME=VALUE.'),
        ("level=5", "There is no settings.level; choose from settings.levels, settings.title"),
        ("levels=five", 'settings.levels must be a whole number of at least 1, not "five".'),
        ("levels=0", "settings.levels must be a whole number of at least 1, not 0."),
        ("levels=nan", "settings.levels must be a whole number"),
        ("inner=3", "settings.inner has settings of its own; give one of them: settings.inner.on"),
        ("inner.size=3", "There is no settings.inner.size"),
        ("inner.on=maybe", 'settings.inner.on must be true or false, not "maybe".'),
        ("inner.seconds=nan", "settings.inner.seconds must be a number"),
        ("levels.on=1", "There is no settings.levels.on; settings.levels has no settings of its own."),
        ("mode=medium", "settings.mode must be one of fast, slow"),
        ("facts={", "settings.facts must be an object"),
    ],
)
def test_a_typed_setting_that_is_none_is_refused_by_its_name(text: str, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        decode(Outer, setting_from_text(Outer, text, "settings"), "settings")
    assert str(caught.value).startswith(sentence), str(caught.value)
