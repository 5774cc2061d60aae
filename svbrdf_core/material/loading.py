"""Bindings, samples and warnings of one material, from paths and options or from arrays."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.errors import InputError
from svbrdf_core.formats import RasterInfo, is_converted
from svbrdf_core.formats.vocabulary import Use
from svbrdf_core.material import content
from svbrdf_core.material.bind import Binder, Claim, claims_of_file, claims_of_strip
from svbrdf_core.material.binding import MapBinding, Place, whole_rect
from svbrdf_core.material.companions import companions
from svbrdf_core.material.discover import FoundSet, Wanted, find_set
from svbrdf_core.material.folders import image_folder
from svbrdf_core.material.overrides import map_name, map_use, parse_overrides
from svbrdf_core.material.store import Store
from svbrdf_core.material.telling import SAY_WHAT_THEY_ARE, say_which
from svbrdf_core.request import NormalConvention
from svbrdf_core.sentences import Remedy, Sentence, harmless_sentence
from svbrdf_core.tensors.maps import EXTRA_PREFIX, kind_of, order_key, spec_of

MOST = 8
"""Images that are not recognised, each of which gets a sentence of its own."""


@dataclass(frozen=True)
class Loaded:
    """What a material is made of.

    Attributes:
        warnings, notes: sentences for the user; notes say what is right as it is, but should be known.
        passengers: files of the set that are written unchanged.
        unrecognised: images of the folder that are not of the set by their names.
    """

    name: str
    maps: dict[str, MapBinding]
    store: Store
    warnings: tuple[str, ...]
    folder: Path | None
    passengers: tuple[RasterInfo, ...]
    notes: tuple[str, ...] = ()
    unrecognised: tuple[Path, ...] = ()


class _Look:
    """What only the content of a file tells, read through a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def strip_tiles(self, file: RasterInfo) -> int | None:
        """Return the number of tiles if the file is a strip."""
        if file.width not in (4 * file.height, 5 * file.height) or len(file.channels) < 3:
            return None
        return content.strip_tiles(self._store.samples(file), file.full_scale)

    def is_grey(self, file: RasterInfo) -> bool:
        """Whether all three channels are equal and vary."""
        found = content.grey_channels(self._store.samples(file)[:, :, :3], file.full_scale)
        return found is not None and len(found) == 3


def load(
    path: Path,
    *,
    set_name: str | None,
    overrides: Mapping[str, str],
    only: Collection[str] | None,
    also: Collection[str],
    normal: NormalConvention,
    max_pixels: int,
    apart: Collection[Path] = (),
) -> Loaded:
    """Find and bind the material at ``path``; see ``Material.load``."""
    if not path.exists():
        raise InputError(f"{path} does not exist; give a folder of maps or an image file.")
    given, path = path, image_folder(path) if path.is_dir() else path
    store = Store()
    folder = path if path.is_dir() else path.parent
    placed = parse_overrides(folder, overrides, max_pixels)
    only = None if only is None else [map_name(name) for name in only]
    wanted = Wanted(
        set_name,
        max_pixels,
        placed={p.file.path for p in placed.values() if not p.exact},
        mentioned={p.file.path for p in placed.values()},
        apart=_inside(folder, apart),
        only=only,
    )
    found = find_set(path, wanted, _Look(store))
    binder = Binder(store, normal)
    if found.strip:
        fact = (
            f"{path.name if path.is_file() else found.name} is read as a strip of {found.strip} tiles, the last four "
            "normal, diffuse, roughness, specular, colours linear"
        )
        binder.warnings.append(Sentence(fact, say_which("basecolor", "FILE", "say so if it is one picture")))
    maps, left_out = binder.bind(_claims(found, placed.keys()) + _extra_claims(found, also), placed, only)
    beside = companions(store, maps, left_out, only)
    maps = {name: (maps | beside.maps)[name] for name in sorted(maps | beside.maps, key=order_key)}
    _check_chosen(maps, [*maps, *left_out, *beside.left_out], only, path)
    _check_aspects(maps)
    files = {p.file.path: p.file for b in maps.values() for p in b.places}
    strangers = tuple(f.path for f in found.loose if f.path not in files)
    warnings = (
        *(e.sentence.after(f"{p.name} is left alone: ") for p, e in found.unread),
        *_file_warnings(files.values()),
        *binder.warnings,
        *describe_unrecognised(strangers),
        *_unclaimed(found, files, {c.file.path for group in left_out.values() for c in group}, binder.warnings),
    )
    return Loaded(
        found.name,
        maps,
        store,
        tuple(map(harmless_sentence, warnings)),
        folder,
        _passengers(found, files),
        notes=tuple(map(harmless_sentence, (*_told_folder(given, path), *beside.notes, *_left_by_choice(left_out)))),
        unrecognised=strangers,
    )


def _passengers(found: FoundSet, files: Collection[Path]) -> tuple[RasterInfo, ...]:
    """Return the files of the set that are not filled, but for those whose repaired form goes by another ending."""
    members = {c.file.path: c.file for c in found.members}
    # A JPEG (or another file that is only read) whose repaired PNG is beside it would be a stale copy in the result.
    stems = {p.stem for p in files}
    return tuple(f for p, f in members.items() if p not in files and not (is_converted(f) and p.stem in stems))


def _told_folder(given: Path, path: Path) -> tuple[str, ...]:
    told = f"The maps are taken from {path.name}/, the only folder in {given.name or given} that has images."
    return () if given == path else (told,)


def describe_unrecognised(paths: Sequence[Path]) -> tuple[str, ...]:
    """Return a sentence for each image that no name tells a map of, up to `MOST` and one for the rest."""
    said = [_hint(path) for path in paths[:MOST]]
    more = len(paths) - MOST
    return (*said, *([f"{more} further images are not recognised either."] if more > 0 else ()))


def _hint(path: Path) -> str:
    return Sentence(
        f"{path.name} is not recognised and stays as it is",
        Remedy("also", "have it filled along", {"image": path.stem}),
        say_which("NAME", path.name, "say what it is"),
    )


def _unclaimed(
    found: FoundSet, files: Collection[Path], left_out: Collection[Path], said: Sequence[str]
) -> tuple[str, ...]:
    """Return a sentence for each file of the set that gave no map, and of which nothing was said."""
    silent = [
        c.file.path
        for c in found.members
        if c.file.path not in files and c.file.path not in left_out and not any(c.file.path.name in s for s in said)
    ]
    return tuple(
        Sentence(
            f"{path.name} is left as it is, for it has not the channels that its name speaks of",
            say_which("NAME", f"{path.name}:CHANNEL", "say what they are"),
        )
        for path in silent
    )


def _left_by_choice(left_out: Mapping[str, Sequence[Claim]]) -> tuple[str, ...]:
    if not left_out:
        return ()
    told = [f"{name} ({', '.join(dict.fromkeys(c.file.path.name for c in group))})" for name, group in left_out.items()]
    return (f"Not chosen and left as it is: {', '.join(told)}.",)


def _inside(folder: Path, apart: Collection[Path]) -> set[Path]:
    """Return the files of a folder that are among others, as paths below it."""
    return {folder / p.name for p in apart if p.parent.resolve() == folder.resolve()}


def from_arrays(name: str, arrays: Mapping[str, NDArray[Any]]) -> Loaded:
    """Bind arrays in memory; see ``Material.from_arrays``."""
    maps: dict[str, MapBinding] = {}
    samples: dict[Path, NDArray[Any]] = {}
    for key in sorted(arrays, key=order_key):
        array = arrays[key] if arrays[key].ndim == 3 else arrays[key][..., None]
        file = _memory_file(name, key, array)
        samples[file.path] = np.ascontiguousarray(array)
        signed = kind_of(key) == "normal" and file.is_float and bool((array < 0).any())
        maps[key] = MapBinding(
            key, (Place(file, tuple((c,) for c in range(array.shape[2])), whole_rect(file), signed=signed),)
        )
    if not maps:
        raise InputError(f"{name} has no maps; give at least one array.")
    _check_aspects(maps)
    return Loaded(name, maps, Store(samples), (), None, ())


def _memory_file(name: str, key: str, array: NDArray[Any]) -> RasterInfo:
    allowed = (2, 3) if kind_of(key) == "normal" else spec_of(map_use(key).map).channels
    if array.ndim != 3 or array.shape[2] not in allowed or not array.size:
        raise InputError(f"{key} has shape {array.shape}; give (H, W) or (H, W, C) with C one of {allowed}.")
    if array.dtype not in (np.uint8, np.uint16, np.float16, np.float32):
        raise InputError(f"{key} is {array.dtype}; give uint8, uint16, float16 or float32.")
    file_name = key.removeprefix(EXTRA_PREFIX).replace(":", "_")
    suffix = ".exr" if array.dtype.kind == "f" else ".png"
    channels = {1: ("L",), 2: ("R", "G"), 3: ("R", "G", "B"), 4: ("R", "G", "B", "A")}[array.shape[2]]
    return RasterInfo(
        path=Path(file_name + suffix), format="memory", height=array.shape[0], width=array.shape[1],
        channels=channels, dtype=array.dtype, bits=8 * array.dtype.itemsize, suffix=suffix,
    )  # fmt: skip


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
                    "another aspect; resize one",
                    Remedy("only", "leave it out", {"map": binding.name}),
                )


def _check_chosen(maps: Collection[str], known: Sequence[str], only: Collection[str] | None, path: Path) -> None:
    """Raise InputError if there is no map, or none of a name that is asked for."""
    if not known:
        raise InputError(f"No map is recognised in {path}", SAY_WHAT_THEY_ARE)
    missing = [name for name in only or () if name not in maps]
    if missing or not maps:
        raise InputError(f"{path} has no map {', '.join(missing) or 'chosen'}; it has {', '.join(known)}.")


def _file_warnings(files: Collection[RasterInfo]) -> tuple[str, ...]:
    return tuple(w for f in files for w in f.warnings)
