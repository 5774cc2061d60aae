"""Bindings, samples and warnings of one material, from paths and options or from arrays."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.errors import InputError
from svbrdf_core.formats import RasterInfo
from svbrdf_core.formats.vocabulary import Use
from svbrdf_core.material import content
from svbrdf_core.material.bind import Binder, Claim, claims_of_file, claims_of_strip
from svbrdf_core.material.binding import MapBinding, Place, whole_rect
from svbrdf_core.material.discover import FoundSet, find_set
from svbrdf_core.material.overrides import map_use, parse_overrides
from svbrdf_core.material.store import Store
from svbrdf_core.request import NormalConvention
from svbrdf_core.tensors.maps import EXTRA_PREFIX, order_key, spec_of


@dataclass(frozen=True)
class Loaded:
    """What a material is made of; ``passengers`` are files of the set that are written unchanged."""

    name: str
    maps: dict[str, MapBinding]
    store: Store
    warnings: tuple[str, ...]
    folder: Path | None
    passengers: tuple[RasterInfo, ...]


def load(
    path: Path,
    *,
    set_name: str | None,
    overrides: Mapping[str, str],
    only: Collection[str] | None,
    also: Collection[str],
    normal: NormalConvention,
    max_pixels: int,
) -> Loaded:
    """Find and bind the material at ``path``; see ``Material.load``."""
    if not path.exists():
        raise InputError(f"{path} does not exist; give a folder of maps or an image file.")
    store = Store()
    folder = path if path.is_dir() else path.parent
    placed = parse_overrides(folder, overrides, max_pixels)
    found = find_set(path, set_name, max_pixels, lambda f: _strip(store, f), {p.file.path for p in placed.values()})
    binder = Binder(store, normal)
    if found.strip:
        binder.warnings.append(
            f"{path.name if path.is_file() else found.name} is read as a strip of {found.strip} tiles, the last four "
            "normal, diffuse, roughness, specular, colours linear; --map basecolor=FILE reads it as one picture."
        )
    maps = binder.bind(_claims(found, placed.keys()) + _extra_claims(found, also), placed)
    if not maps:
        raise InputError(f"No map is recognised in {path}; say what its files are with --map diffuse=FILE.")
    _check_aspects(maps)
    chosen = _restrict(maps, only, path)
    files = {p.file.path: p.file for b in chosen.values() for p in b.places}
    members = {c.file.path: c.file for c in found.members}
    # A JPEG whose repaired PNG is beside it would be a stale copy in the result.
    stems = {p.stem for p in files}
    passengers = tuple(f for p, f in members.items() if p not in files and not (f.format == "jpeg" and p.stem in stems))
    warnings = found.warnings + _file_warnings(files.values()) + tuple(binder.warnings)
    return Loaded(found.name, chosen, store, warnings, folder, passengers)


def from_arrays(name: str, arrays: Mapping[str, NDArray[Any]]) -> Loaded:
    """Bind arrays in memory; see ``Material.from_arrays``."""
    maps: dict[str, MapBinding] = {}
    samples: dict[Path, NDArray[Any]] = {}
    for key in sorted(arrays, key=order_key):
        array = arrays[key] if arrays[key].ndim == 3 else arrays[key][..., None]
        file = _memory_file(name, key, array)
        samples[file.path] = np.ascontiguousarray(array)
        signed = key == "normal" and file.is_float and bool((array < 0).any())
        maps[key] = MapBinding(
            key, (Place(file, tuple((c,) for c in range(array.shape[2])), whole_rect(file), signed=signed),)
        )
    if not maps:
        raise InputError(f"{name} has no maps; give at least one array.")
    _check_aspects(maps)
    return Loaded(name, maps, Store(samples), (), None, ())


def _memory_file(name: str, key: str, array: NDArray[Any]) -> RasterInfo:
    allowed = (2, 3) if key == "normal" else spec_of(map_use(key).map).channels
    if array.ndim != 3 or array.shape[2] not in allowed or not array.size:
        raise InputError(f"{key} has shape {array.shape}; give (H, W) or (H, W, C) with C one of {allowed}.")
    if array.dtype not in (np.uint8, np.uint16, np.float16, np.float32):
        raise InputError(f"{key} is {array.dtype}; give uint8, uint16, float16 or float32.")
    file_name = key.removeprefix(EXTRA_PREFIX)
    suffix = ".exr" if array.dtype.kind == "f" else ".png"
    channels = {1: ("L",), 2: ("R", "G"), 3: ("R", "G", "B"), 4: ("R", "G", "B", "A")}[array.shape[2]]
    return RasterInfo(
        path=Path(file_name + suffix), format="memory", height=array.shape[0], width=array.shape[1],
        channels=channels, dtype=array.dtype, bits=8 * array.dtype.itemsize, suffix=suffix,
    )  # fmt: skip


def _strip(store: Store, file: RasterInfo) -> int | None:
    if file.width not in (4 * file.height, 5 * file.height) or len(file.channels) < 3:
        return None
    return content.strip_tiles(store.samples(file), file.full_scale)


def _claims(found: FoundSet, placed: Collection[str]) -> list[Claim]:
    if found.strip:
        # A user who places maps by hand does not want the tiles as well.
        return [] if placed else claims_of_strip(found.members[0].file, found.strip)
    if not found.members:
        return [] if placed else [c for f in found.loose for c in _plain_claims(f)]
    return [claim for member in found.members for claim in claims_of_file(member.file, member.match.uses)]


def _plain_claims(file: RasterInfo) -> list[Claim]:
    return claims_of_file(file, (Use("basecolor"),))


def _extra_claims(found: FoundSet, also: Collection[str]) -> list[Claim]:
    loose = {f.path.stem: f for f in found.loose}
    claims = []
    for name in also:
        stem = name.removeprefix(EXTRA_PREFIX)
        if stem in loose:
            file = loose[stem]
            claims.append(
                Claim(Use(EXTRA_PREFIX + stem), file, tuple(range(len(file.channels))), whole_rect(file), exact=True)
            )
        elif name not in {u.map for c in found.members for u in c.match.uses}:
            names = ", ".join(sorted(EXTRA_PREFIX + s for s in loose)) or "none"
            raise InputError(f"There is no further image {stem!r} to fill along; the folder has {names}.")
    return claims


def _check_aspects(maps: Mapping[str, MapBinding]) -> None:
    """Raise InputError if a map's sides are not, within a pixel, the largest map's times one factor."""
    largest = max(maps.values(), key=lambda b: b.height * b.width)
    for binding in maps.values():
        for place in binding.places:
            height, width = place.rect.height, place.rect.width
            if abs(width - height * largest.width / largest.height) > 1:
                raise InputError(
                    f"{binding.name} is {width} x {height} but {largest.name} is {largest.width} x {largest.height}, "
                    "another aspect; resize one, or leave it out with --only."
                )


def _restrict(maps: dict[str, MapBinding], only: Collection[str] | None, path: Path) -> dict[str, MapBinding]:
    if only is None:
        return maps
    missing = [name for name in only if name not in maps]
    if missing or not only:
        raise InputError(f"{path} has no map {', '.join(missing) or 'chosen'}; it has {', '.join(maps)}.")
    return {name: binding for name, binding in maps.items() if name in only}


def _file_warnings(files: Collection[RasterInfo]) -> tuple[str, ...]:
    return tuple(w for f in files for w in f.warnings)
