"""The binding of maps to the places in files where they are stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from svbrdf_core.errors import AmbiguousInput, InputError
from svbrdf_core.formats import RasterInfo
from svbrdf_core.formats.vocabulary import ALL, Convention, Use
from svbrdf_core.material import content
from svbrdf_core.material.binding import MapBinding, PixelRect, Place, whole_rect
from svbrdf_core.material.layers import layer_uses
from svbrdf_core.material.overrides import Override
from svbrdf_core.material.store import Store
from svbrdf_core.material.values import to_values
from svbrdf_core.request import NormalConvention
from svbrdf_core.tensors.maps import order_key, spec_of


@dataclass(frozen=True)
class Claim:
    """A use of a file's channels, before the content is looked at; ``exact`` channels are taken as given."""

    use: Use
    file: RasterInfo
    channels: tuple[int, ...]
    rect: PixelRect
    exact: bool = False


class Binder:
    """Turns claims into bindings and collects what the user should know."""

    def __init__(self, store: Store, normal: NormalConvention) -> None:
        """Read contents through ``store``; ``normal`` overrules names and content unless ``auto``."""
        self.warnings: list[str] = []
        self._store = store
        self._normal = normal

    def bind(self, claims: Iterable[Claim], overrides: Mapping[str, Override]) -> dict[str, MapBinding]:
        """Return bindings in tensor order, overrides in place of what names said."""
        claims = _drop_lossy_twins(_name_colours(list(claims), overrides), self.warnings)
        by_map: dict[str, list[Claim]] = {}
        for claim in claims:
            if claim.use.map not in overrides:
                by_map.setdefault(claim.use.map, []).append(claim)
        for name, override in overrides.items():
            by_map[name] = [
                Claim(override.use, override.file, override.channels, whole_rect(override.file), override.exact)
            ]
        bound = {name: MapBinding(name, self._places(name, group)) for name, group in by_map.items()}
        return {name: bound[name] for name in sorted(bound, key=order_key)}

    def _places(self, name: str, claims: list[Claim]) -> tuple[Place, ...]:
        _refuse_rivals(name, claims)
        claims = sorted(claims, key=_reading_order)
        return tuple(self._place(name, claim, len(claims) > 1) for claim in claims)

    def _place(self, name: str, claim: Claim, twin: bool) -> Place:
        if name == "normal":
            return self._normal_place(claim, twin)
        channels: tuple[tuple[int, ...], ...] = tuple((c,) for c in claim.channels)
        allowed = spec_of(name).channels
        if len(channels) not in allowed:
            if 1 not in allowed or (claim.exact and len(channels) != 3):
                raise InputError(
                    f"{claim.file.path} gives {len(channels)} channels to {name}, which has "
                    f"{' or '.join(map(str, allowed))}; choose with --map {name}={claim.file.path.name}:R."
                )
            channels = (self._grey(name, claim),)
        return Place(claim.file, channels, claim.rect, inverted=claim.use.inverted)

    def _grey(self, name: str, claim: Claim) -> tuple[int, ...]:
        samples = _part(self._store, claim)[:, :, claim.channels]
        found = content.grey_channels(samples, claim.file.full_scale)
        if found is None:
            raise AmbiguousInput(
                f"{claim.file.path} holds different values in its {len(claim.channels)} channels; say which is "
                f"{name} with --map {name}={claim.file.path.name}:G (or R, B)."
            )
        picked = tuple(claim.channels[i] for i in found)
        if len(picked) == 1:
            letter = claim.file.channels[picked[0]]
            self.warnings.append(
                f"{claim.file.path.name}: {name} is read from channel {letter}, the only one that varies."
            )
        return picked

    def _normal_place(self, claim: Claim, twin: bool) -> Place:
        if len(claim.channels) not in (2, 3):
            raise InputError(
                f"{claim.file.path} has {len(claim.channels)} channels for a normal map, which needs 3 or 2; "
                "say which with --map normal=FILE:RGB."
            )
        samples = content.centre(_part(self._store, claim))
        channels = claim.channels
        if len(channels) == 3 and not samples[:, :, channels[2]].any():
            channels = channels[:2]
        signed = claim.file.is_float and bool((samples[:, :, channels[:2]] < 0).any())
        place = Place(claim.file, tuple((c,) for c in channels), claim.rect, signed=signed)
        directx = self._is_directx(claim, content.handedness(np.nan_to_num(to_values(samples, place, "normal"))), twin)
        return Place(claim.file, place.channels, claim.rect, signed=signed, directx=directx)

    def _is_directx(self, claim: Claim, seen: Convention | None, twin: bool) -> bool:
        name = claim.file.path.name
        said = claim.use.convention
        if self._normal != "auto" and not twin:
            return self._normal == "directx"
        if said is not None:
            if seen is not None and seen != said:
                self.warnings.append(
                    f"{name} is named {said} but its content looks {seen}; "
                    f"the name is believed (--normal {seen} overrules it)."
                )
            return said == "directx"
        if seen == "directx":
            self.warnings.append(
                f"{name} is taken as DirectX, since its content says so; --normal opengl overrules that."
            )
        elif seen is None:
            self.warnings.append(
                f"{name} does not tell its convention and is taken as OpenGL; --normal directx overrules that."
            )
        return seen == "directx"


def claims_of_file(file: RasterInfo, uses: Iterable[Use]) -> list[Claim]:
    """Return the claims a file's name (and the names of its EXR layers) make on its channels."""
    layered = layer_uses(file)
    if layered:
        return [Claim(use, file, channels, whole_rect(file)) for use, channels in layered]
    return [
        Claim(use, file, channels, whole_rect(file), exact=use.channels != ALL and len(channels) == 1)
        for use in uses
        if (channels := channels_of(file, use.channels))
    ]


def claims_of_strip(file: RasterInfo, tiles: int) -> list[Claim]:
    """Return the claims of a Deschaintre strip: normal, diffuse, roughness, specular, from the last four tiles."""
    size = file.height
    names = ("normal", "diffuse", "roughness", "specular")
    return [
        Claim(
            Use(name, convention="opengl" if name == "normal" else None), file, (0, 1, 2),
            PixelRect(0, (tiles - 4 + at) * size, size, size),
        )
        for at, name in enumerate(names)
    ]  # fmt: skip


def channels_of(file: RasterInfo, letters: str) -> tuple[int, ...]:
    """Return channel indices for letters (``RGB``, ``A``), all colour channels for ``ALL``; empty if absent."""
    if letters == ALL:
        return tuple(i for i, name in enumerate(file.channels) if name.rsplit(".", 1)[-1] != "A")
    plain = {name: i for i, name in enumerate(file.channels)}
    if file.channels[0] == "L" and letters in ("RGB", "R"):
        return (0,)
    return tuple(plain[c] for c in letters) if all(c in plain for c in letters) else ()


def _part(store: Store, claim: Claim) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    r = claim.rect
    return store.samples(claim.file)[r.top : r.top + r.height, r.left : r.left + r.width]


def _name_colours(claims: list[Claim], overrides: Mapping[str, Override]) -> list[Claim]:
    """Call a ``colour`` base colour in a metallic set or beside a diffuse, diffuse otherwise."""
    names = {c.use.map for c in claims} | set(overrides)
    name = "basecolor" if names & {"metallic", "diffuse"} else "diffuse"
    return [
        Claim(Use(name, c.use.channels), c.file, c.channels, c.rect, c.exact) if c.use.map == "colour" else c
        for c in claims
    ]


def _drop_lossy_twins(claims: list[Claim], warnings: list[str]) -> list[Claim]:
    """Drop a JPEG beside a lossless file of the same name, as our own results leave behind."""
    lossless = [c.file for c in claims if c.file.format != "jpeg"]  # which a JPEG is not, whatever its ending
    stems = {file.path.stem for file in lossless if file.suffix == file.path.suffix}
    dropped = {c.file.path for c in claims if c.file.format == "jpeg" and c.file.path.stem in stems}
    warnings += [
        f"{p.name} is left alone, since a lossless file of the same name is beside it." for p in sorted(dropped)
    ]
    return [c for c in claims if c.file.path not in dropped]


def _refuse_rivals(name: str, claims: list[Claim]) -> None:
    """Raise AmbiguousInput unless several claims are twins by design: GL and DX, gloss and rough, alone and packed."""
    seen: dict[object, Claim] = {}
    for claim in claims:
        kind = claim.use.convention if name == "normal" else (claim.use.inverted, claim.use.channels != ALL)
        if kind in seen:
            files = f"{seen[kind].file.path.name} and {claim.file.path.name}"
            raise AmbiguousInput(
                f"{files} could both be {name}; say which with --map {name}={seen[kind].file.path.name}."
            )
        seen[kind] = claim


def _reading_order(claim: Claim) -> tuple[int, bool, bool, bool]:
    area = claim.rect.height * claim.rect.width
    return -area, claim.use.channels != ALL, claim.use.inverted, claim.use.convention == "directx"
