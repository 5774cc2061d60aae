"""The binding of maps to the places in files where they are stored."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from svbrdf_core.errors import AmbiguousInput, InputError
from svbrdf_core.formats import RasterInfo, Samples, is_converted
from svbrdf_core.formats.vocabulary import ALL, Convention, Use
from svbrdf_core.material import content
from svbrdf_core.material.binding import MapBinding, PixelRect, Place, whole_rect
from svbrdf_core.material.layers import layer_uses
from svbrdf_core.material.overrides import Override
from svbrdf_core.material.store import Store
from svbrdf_core.material.telling import say_convention, say_which
from svbrdf_core.material.values import check_vectors, to_values
from svbrdf_core.request import NormalConvention
from svbrdf_core.sentences import Sentence
from svbrdf_core.tensors.maps import EXTRA_PREFIX, kind_of, spec_of


@dataclass(frozen=True)
class Claim:
    """A use of a file's channels, before the content is looked at; ``exact`` channels are taken as given."""

    use: Use
    file: RasterInfo
    channels: tuple[int, ...]
    rect: PixelRect
    exact: bool = False


TITLES = {"opengl": "OpenGL", "directx": "DirectX"}


class Binder:
    """Turns claims into bindings and collects what the user should know."""

    def __init__(self, store: Store, normal: NormalConvention) -> None:
        """Read contents through ``store``; ``normal`` overrules names and content unless ``auto``."""
        self.warnings: list[str] = []
        self.unsure: dict[Path, str] = {}
        """Normal maps of which neither name nor content tells the convention, and what is said of it."""
        self._store = store
        self._normal = normal

    def bind(
        self, claims: Iterable[Claim], overrides: Mapping[str, Override], only: Collection[str] | None
    ) -> tuple[dict[str, MapBinding], dict[str, list[Claim]]]:
        """Return bindings by map, and the claims of the maps that ``only`` leaves out, which are not looked into.

        Overrides stand in place of what names said about the same map or the same channels.
        """
        claims = [claim for claim in claims if not _is_overridden(claim, overrides)]
        claims = _drop_lossy_twins(self._name_maps(claims, overrides), self.warnings)
        by_map: dict[str, list[Claim]] = {}
        for claim in claims:
            if claim.use.map not in overrides:
                by_map.setdefault(claim.use.map, []).append(claim)
        for name, override in overrides.items():
            by_map[name] = [
                Claim(override.use, override.file, override.channels, whole_rect(override.file), override.exact)
            ]
        chosen = {name: group for name, group in by_map.items() if only is None or name in only}
        bound = {name: MapBinding(name, self._places(name, group)) for name, group in chosen.items()}
        return bound, {name: group for name, group in by_map.items() if name not in chosen}

    def _name_maps(self, claims: list[Claim], overrides: Mapping[str, Override]) -> list[Claim]:
        """Name the maps whose words mean different ones by what else is there."""
        claims = _name_variants([self._name_bump(c) if c.use.map == "bump" else c for c in claims])
        names = {c.use.map for c in claims} | set(overrides)
        colour = "basecolor" if names & {"metallic", "diffuse"} else "diffuse"
        meant = {"colour": colour, "bump": EXTRA_PREFIX + "bump" if "height" in names else "height"}
        return [replace(c, use=replace(c.use, map=_rename(c.use.map, meant))) for c in claims]

    def _name_bump(self, claim: Claim) -> Claim:
        """Take a bump map for the normal map that Unity calls so, if its content is one."""
        if len(claim.channels) != 3:
            return claim
        samples = content.centre(_part(self._store, claim))[:, :, claim.channels]
        if not content.looks_like_normals(samples, claim.file.full_scale):
            return claim
        return replace(claim, use=replace(claim.use, map="normal"))

    def _places(self, name: str, claims: list[Claim]) -> tuple[Place, ...]:
        _refuse_rivals(name, claims)
        claims = sorted(claims, key=_reading_order)
        places = tuple(self._place(name, claim, len(claims) > 1) for claim in claims)
        if kind_of(name) != "normal" and len({len(place.channels) for place in places}) > 1:
            raise _rivals(name, claims[0], claims[1])
        return places

    def _place(self, name: str, claim: Claim, twin: bool) -> Place:
        if kind_of(name) == "normal":
            return self._normal_place(claim, twin)
        channels: tuple[tuple[int, ...], ...] = tuple((c,) for c in claim.channels)
        allowed = spec_of(name).channels
        if len(channels) not in allowed:
            if 1 not in allowed or (claim.exact and len(channels) != 3):
                raise InputError(
                    f"{claim.file.path} gives {len(channels)} channels to {name}, which has "
                    f"{' or '.join(map(str, allowed))}",
                    say_which(name, f"{claim.file.path.name}:R", "choose one of them"),
                )
            channels = (self._grey(name, claim),)
        return Place(claim.file, channels, claim.rect, inverted=claim.use.inverted)

    def _grey(self, name: str, claim: Claim) -> tuple[int, ...]:
        samples = _part(self._store, claim)[:, :, claim.channels]
        found = content.grey_channels(samples, claim.file.full_scale)
        if found is None:
            raise AmbiguousInput(
                f"{claim.file.path} holds different values in its {len(claim.channels)} channels",
                say_which(name, f"{claim.file.path.name}:G", f"say which is {name}"),
            )
        picked = tuple(claim.channels[i] for i in found)
        if len(picked) == 1:
            letter = claim.file.channels[picked[0]]
            self.warnings.append(
                f"{claim.file.path.name}: {name} is read from channel {letter}, the only one that varies."
            )
        return picked

    def _normal_place(self, claim: Claim, twin: bool) -> Place:
        if len(claim.channels) == 1 and len(claim.file.channels) == 1:
            raise InputError(
                f"{claim.file.path} is grey, and a normal map has two or three channels",
                say_which("height", claim.file.path.name, "say so if it is a height"),
            )
        if len(claim.channels) not in (2, 3):
            raise InputError(
                f"{claim.file.path} has {len(claim.channels)} channels for a normal map, which needs 3 or 2",
                say_which("normal", f"{claim.file.path.name}:RGB", "say which"),
            )
        samples = content.centre(_part(self._store, claim))
        channels = self._vector_channels(claim, samples)
        vectors = samples[:, :, [group[0] for group in channels]]
        check_vectors(vectors, claim.file.path.name)
        signed = claim.file.is_float and bool((vectors < 0).any())
        place = Place(claim.file, channels, claim.rect, signed=signed)
        directx = self._is_directx(claim, content.handedness(np.nan_to_num(to_values(samples, place, "normal"))), twin)
        return replace(place, directx=directx)

    def _vector_channels(self, claim: Claim, samples: Samples) -> tuple[tuple[int, ...], ...]:
        """Return which channels hold x, y and (if it is stored) z; x may be in the alpha, as DXT5nm has it."""
        channels = claim.channels
        plain: tuple[tuple[int, ...], ...] = tuple((c,) for c in channels)
        if len(channels) == 2:
            return plain
        alpha = claim.file.channels.index("A") if "A" in claim.file.channels else None
        found = content.vector_channels(samples, channels, None if alpha in channels else alpha, claim.file.full_scale)
        if found is None:
            raise InputError(
                f"{claim.file.path} has three equal channels, which are no normals",
                say_which("height", claim.file.path.name, "say so if it is a height"),
            )
        if len(found) == 2 and found[0][0] == alpha:
            self.warnings.append(f"{claim.file.path.name}: the normal's x is read from channel A, as DXT5nm has it.")
        return found

    def _is_directx(self, claim: Claim, seen: Convention | None, twin: bool) -> bool:
        name = claim.file.path.name
        said = claim.use.convention
        if self._normal != "auto" and not twin:
            return self._normal == "directx"
        if said is not None:
            if seen is not None and seen != said:
                fact = f"{name} is named {said} but its content looks {seen}, and the name is believed"
                self.warnings.append(Sentence(fact, say_convention(seen, f"say that it is {TITLES[seen]}")))
            return said == "directx"
        if seen == "directx":
            fact = f"{name} is taken as DirectX, since its content says so"
            self.warnings.append(Sentence(fact, say_convention("opengl", "say so if it is OpenGL")))
        elif seen is None:
            fact = f"{name} does not tell its convention and is taken as OpenGL"
            self.unsure[claim.file.path] = Sentence(fact, say_convention("directx", "say so if it is DirectX"))
            self.warnings.append(self.unsure[claim.file.path])
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


def _part(store: Store, claim: Claim) -> Samples:
    r = claim.rect
    return store.samples(claim.file)[r.top : r.top + r.height, r.left : r.left + r.width]


def _is_overridden(claim: Claim, overrides: Mapping[str, Override]) -> bool:
    """Whether an option gives one of a claim's channels to a map; what else the file's name says stays."""
    return any(
        o.file.path == claim.file.path and not set(o.channels).isdisjoint(claim.channels) for o in overrides.values()
    )


def _name_variants(claims: list[Claim]) -> list[Claim]:
    """Take the first of several variants (``COL_VAR1``, ``COL_VAR2``) for the map, the others as further ones of it."""
    first: dict[str, int] = {}
    for claim in claims:
        first[claim.use.map] = min(claim.use.variant or 0, first.get(claim.use.map, claim.use.variant or 0))
    return [
        replace(c, use=replace(c.use, map=f"{kind_of(c.use.map)}:{c.file.path.stem}"))
        if c.use.variant is not None and c.use.variant > first[c.use.map]
        else c
        for c in claims
    ]


def _rename(name: str, meant: Mapping[str, str]) -> str:
    """Return a map, or a further one of a kind, by what its kind is meant to be."""
    kind, colon, own = name.partition(":")
    found = meant.get(kind, kind)
    return f"{kind_of(found)}{colon}{own}" if colon else found


def _drop_lossy_twins(claims: list[Claim], warnings: list[str]) -> list[Claim]:
    """Drop a JPEG (or another file that we only read) beside one of the same name, as our own results leave behind."""
    kept = [c.file for c in claims if not is_converted(c.file)]  # which a JPEG is not, whatever its ending
    stems = {file.path.stem for file in kept if file.suffix == file.path.suffix}
    dropped = {c.file.path for c in claims if is_converted(c.file) and c.file.path.stem in stems}
    warnings += [
        f"{p.name} is left alone, since a lossless file of the same name is beside it." for p in sorted(dropped)
    ]
    return [c for c in claims if c.file.path not in dropped]


def _refuse_rivals(name: str, claims: list[Claim]) -> None:
    """Raise AmbiguousInput unless several claims are twins by design.

    These are GL and DX, gloss and rough, alone and packed, 8 bits and more.
    """
    seen: dict[object, Claim] = {}
    for claim in claims:
        depth = claim.file.bits > 8
        packed = claim.use.channels != ALL
        kind = (depth, claim.use.convention if kind_of(name) == "normal" else (claim.use.inverted, packed))
        if kind in seen:
            raise _rivals(name, seen[kind], claim)
        seen[kind] = claim


def _rivals(name: str, one: Claim, other: Claim) -> AmbiguousInput:
    files = f"{one.file.path.name} and {other.file.path.name}"
    return AmbiguousInput(f"{files} could both be {name}", say_which(name, one.file.path.name, "say which is"))


def _reading_order(claim: Claim) -> tuple[int, int, bool, bool, bool]:
    area = claim.rect.height * claim.rect.width
    return -area, -claim.file.bits, claim.use.channels != ALL, claim.use.inverted, claim.use.convention == "directx"
