"""Descriptions of maps: channels, range, encoding, and the value where nothing is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Encoding = Literal["srgb", "linear", "vector"]


@dataclass(frozen=True)
class MapSpec:
    """The meaning of one map, independent of how a file stores it.

    Attributes:
        name: the map's name in a material.
        channels: how many channels the map may have in the tensor.
        encoding: ``srgb`` (colour as stored for display), ``linear`` (data), or ``vector`` (unit normals).
        low, high: the range of valid tensor values; ``high`` is ``None`` where values may exceed 1 (height, emission).
        neutral: the value of a map that says nothing, one number per channel of the widest form.
    """

    name: str
    channels: tuple[int, ...]
    encoding: Encoding
    low: float
    high: float | None
    neutral: tuple[float, ...]


MAPS: dict[str, MapSpec] = {
    spec.name: spec
    for spec in (
        MapSpec("basecolor", (1, 3), "srgb", 0.0, 1.0, (0.5, 0.5, 0.5)),
        MapSpec("diffuse", (1, 3), "srgb", 0.0, 1.0, (0.5, 0.5, 0.5)),
        MapSpec("normal", (3,), "vector", -1.0, 1.0, (0.0, 0.0, 1.0)),
        MapSpec("roughness", (1,), "linear", 0.0, 1.0, (0.5,)),
        MapSpec("specular", (1, 3), "srgb", 0.0, 1.0, (0.04, 0.04, 0.04)),
        MapSpec("metallic", (1,), "linear", 0.0, 1.0, (0.0,)),
        MapSpec("height", (1,), "linear", 0.0, None, (0.5,)),
        MapSpec("ao", (1,), "linear", 0.0, 1.0, (1.0,)),
        MapSpec("opacity", (1,), "linear", 0.0, 1.0, (1.0,)),
        MapSpec("emission", (1, 3), "srgb", 0.0, None, (0.0, 0.0, 0.0)),
    )
}
"""The known maps, in the order they take in a tensor."""

EXTRA_PREFIX = "extra:"
_EXTRA = MapSpec("extra", (1, 2, 3, 4), "linear", 0.0, None, (0.0, 0.0, 0.0, 0.0))


def kind_of(name: str) -> str:
    """Return what kind of map a name means: ``normal`` for ``normal`` and for a second one, ``normal:<anything>``."""
    return name.partition(":")[0]


def spec_of(name: str) -> MapSpec:
    """Return the spec of a map, of a further one of its kind (``normal:<anything>``), or of ``extra:<anything>``.

    Extras are plain data of 1 to 4 channels.

    Raises:
        KeyError: the name is none of these.
    """
    kind, colon, own = name.partition(":")
    if bool(colon) != bool(own) or (kind == "extra" and not own):
        raise KeyError(name)
    return replace(_EXTRA if kind == "extra" else MAPS[kind], name=name)


def order_key(name: str) -> tuple[int, str]:
    """Sort key that puts maps in tensor order, further ones of a kind behind the first, extras last by name."""
    names, kind = list(MAPS), kind_of(name)
    return (names.index(kind) if kind in MAPS else len(names), name)
