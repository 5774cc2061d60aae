"""Validation of a material as a PBR set, one finding a sentence.

Thresholds: Lagarde and de Rousiers, "Moving Frostbite to PBR" (2014), section 3.1, for albedo and metals; the
rest are stated where they are used. Maps are read in bands, so a set of any size needs little memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.material.material import Material
from svbrdf_core.material.store import gather
from svbrdf_core.material.values import Values, to_values
from svbrdf_core.tensors.color import from_srgb
from svbrdf_core.tensors.maps import kind_of

_BAND = 256
_DARK, _BRIGHT = 30 / 255, 243 / 255
_BETWEEN = 0.2
_UNIT_SLACK = 0.1


@dataclass(frozen=True)
class Finding:
    """One remark: the map (or ``""`` for the set), how serious, and a sentence."""

    map: str
    level: Literal["note", "warning"]
    text: str


@dataclass
class _Tally:
    """What is gathered from one map in one pass; ``counts`` are pixels."""

    low: float = np.inf
    high: float = -np.inf
    mean: float = 0.0
    pixels: int = 0
    bad: int = 0
    dark: int = 0
    bright: int = 0
    between: int = 0
    crooked: int = 0
    steps: int = 0


def validate(material: Material) -> tuple[Finding, ...]:
    """Check ranges, unit normals, metalness, albedo, energy, constant maps and depth.

    Raises:
        InputError: a file changed or is damaged.
    """
    found: list[Finding] = []
    for name in material.maps:
        tally = _tally(material, name)
        found += [finding for check in _CHECKS for finding in check(name, tally, material)]
    return (*found, *_energy(material))


def _tally(material: Material, name: str) -> _Tally:
    tally = _Tally()
    levels: set[float] = set()
    for raw, values in _bands(material, name):
        finite = np.isfinite(raw).all(axis=2)
        tally.bad += int(finite.size - finite.sum())
        tally.pixels += finite.size
        if not finite.any():
            continue
        good = values[finite]
        tally.low, tally.high = min(tally.low, float(good.min())), max(tally.high, float(good.max()))
        tally.mean += float(good.astype(np.float64).mean(axis=1).sum())
        tally.dark += int((good.max(axis=1) < _DARK).sum())
        tally.bright += int((good.min(axis=1) > _BRIGHT).sum())
        tally.between += int(((good > _BETWEEN) & (good < 1 - _BETWEEN)).any(axis=1).sum())
        tally.crooked += _count_not_unit(name, raw[finite], material.maps[name].places[0].signed)
        if len(levels) <= 64:
            levels |= set(np.unique(good[:, 0]).tolist())
    tally.steps = len(levels)
    return tally


def _bands(material: Material, name: str) -> Iterator[tuple[NDArray[np.float32], Values]]:
    """Yield stored samples scaled to 0..1 and tensor values of a map, band by band, at its own size."""
    place = material.maps[name].places[0]
    columns = np.arange(place.rect.left, place.rect.left + place.rect.width)
    for top in range(0, place.rect.height, _BAND):
        rows = np.arange(top, min(top + _BAND, place.rect.height)) + place.rect.top
        samples = gather(material._store, place.file, material._patches, rows, columns)
        raw = samples[:, :, [group[0] for group in place.channels]].astype(np.float32) / place.file.full_scale
        yield raw, to_values(samples, place, name)


def _count_not_unit(name: str, raw: NDArray[np.float32], signed: bool) -> int:
    if kind_of(name) != "normal" or raw.shape[1] != 3:
        return 0
    vectors = raw if signed else raw * 2 - 1
    return int((np.abs(np.linalg.norm(vectors, axis=1) - 1) > _UNIT_SLACK).sum())


def _finite(name: str, tally: _Tally, _: Material) -> Iterator[Finding]:
    if tally.bad:
        yield Finding(name, "warning", f"{name} has {tally.bad} pixels of NaN or infinity; make them part of the hole.")


def _constant(name: str, tally: _Tally, _: Material) -> Iterator[Finding]:
    if kind_of(name) != "normal" and tally.low == tally.high:
        yield Finding(name, "note", f"{name} is constant ({tally.low:.3g}).")


def _range(name: str, tally: _Tally, _: Material) -> Iterator[Finding]:
    if kind_of(name) in ("height", "emission", "normal", "extra"):
        return
    if tally.low < 0 or tally.high > 1:
        yield Finding(name, "warning", f"{name} runs from {tally.low:.3g} to {tally.high:.3g}, outside 0 to 1.")


def _unit(name: str, tally: _Tally, _: Material) -> Iterator[Finding]:
    if tally.crooked > 0.01 * tally.pixels:
        share = tally.crooked / tally.pixels
        yield Finding(name, "warning", f"{share:.0%} of the normals are not of unit length; re-export the map.")


def _metallic(name: str, tally: _Tally, _: Material) -> Iterator[Finding]:
    if name == "metallic" and tally.between > 0.1 * tally.pixels:
        share = tally.between / tally.pixels
        yield Finding(
            name, "note", f"{share:.0%} of metallic lies between 0.2 and 0.8; real surfaces are mostly 0 or 1."
        )


def _albedo(name: str, tally: _Tally, material: Material) -> Iterator[Finding]:
    if name not in ("basecolor", "diffuse") or ("metallic" in material.maps and name == "diffuse"):
        return
    for count, word in (
        (tally.dark, "darker than charcoal (sRGB 30)"),
        (tally.bright, "brighter than snow (sRGB 243)"),
    ):
        if count > 0.05 * tally.pixels:
            yield Finding(name, "note", f"{count / tally.pixels:.0%} of {name} is {word}.")


def _depth(name: str, tally: _Tally, material: Material) -> Iterator[Finding]:
    file = material.maps[name].places[0].file
    if name == "height" and not file.is_float and file.bits <= 8 and tally.low < tally.high:
        yield Finding(name, "note", f"{name} has {file.bits} bits; displacement shows steps, 16 bits would not.")
    if not file.is_float and file.bits == 16 and 1 < tally.steps <= 64 and name != "metallic":
        yield Finding(name, "note", f"{name} has 16 bits but only {tally.steps} different values.")


_CHECKS: tuple[Callable[[str, _Tally, Material], Iterator[Finding]], ...] = (
    _finite, _constant, _range, _unit, _metallic, _albedo, _depth,
)  # fmt: skip


def _energy(material: Material) -> Iterator[Finding]:
    """Yield a finding if diffuse and specular together reflect more than falls in (both decoded from sRGB)."""
    if not {"diffuse", "specular"} <= set(material.maps):
        return
    over = total = 0
    for top in range(0, material.height, _BAND):
        band = material.window(top, 0, min(_BAND, material.height - top), material.width)
        both = [from_srgb(band[material.layout.slice_of(name)]).max(axis=0) for name in ("diffuse", "specular")]
        over += int((both[0] + both[1] > 1.02).sum())
        total += both[0].size
    if over > 0.001 * total:
        yield Finding(
            "", "warning", f"{over / total:.1%} of the surface reflects more than it receives (diffuse + specular)."
        )
