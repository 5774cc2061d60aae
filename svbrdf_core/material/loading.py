"""Bindings, samples and warnings of one material, from paths and options or from arrays."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.errors import InputError
from svbrdf_core.formats import RasterInfo, is_converted
from svbrdf_core.formats.tile_names import tile_in, without_tile
from svbrdf_core.formats.vocabulary import TILE_ROWS, Use
from svbrdf_core.material import content
from svbrdf_core.material.bind import Binder, Claim, claims_of_file, claims_of_strip
from svbrdf_core.material.binding import MapBinding, Place, whole_rect
from svbrdf_core.material.companions import companions
from svbrdf_core.material.discover import FoundSet, Wanted, canonical_map, find_set, list_sets
from svbrdf_core.material.folders import image_folder, images_in
from svbrdf_core.material.grid import TileGrid
from svbrdf_core.material.joining import Bound, join
from svbrdf_core.material.overrides import Override, Placed, map_name, map_use
from svbrdf_core.material.store import Store
from svbrdf_core.material.telling import SAY_WHAT_THEY_ARE, say_which
from svbrdf_core.material.values import check_vectors
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
        tiles: where the tiles lie, of a set of tiles.
        beside: files of its tiles that are not loaded, which are written unchanged too.
    """

    name: str
    maps: dict[str, MapBinding]
    store: Store
    warnings: tuple[str, ...]
    folder: Path | None
    passengers: tuple[RasterInfo, ...]
    notes: tuple[str, ...] = ()
    unrecognised: tuple[Path, ...] = ()
    tiles: TileGrid | None = None
    beside: tuple[RasterInfo, ...] = ()


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
    tiles: Collection[int] | None = None,
) -> Loaded:
    """Find and bind the material at ``path``; see ``Material.load``."""
    _check_convention(normal)
    given, path = path, _maps_folder(path)
    store = Store()
    folder = path if path.is_dir() else path.parent
    placed = Placed(folder, overrides, max_pixels)
    only = None if only is None else [map_name(name) for name in _listed(only)]
    found = _find(path, placed, store, set_name=set_name, only=only, max_pixels=max_pixels, apart=apart, tiles=tiles)
    known = _known_tiles(found, placed)
    chosen = _chosen_tiles(found, known, tiles)
    binding = Binding(store, path, normal, only, _listed(also))
    if chosen:
        parts = {
            number: bind_set(dataclasses.replace(found.tile(number), loose=found.loose), placed.of(number), binding)
            for number in chosen
        }
        bound = join(parts)
    else:
        bound = bind_set(found, placed.all(), binding)
    _check_chosen(bound.maps, [*bound.maps, *bound.others], only, path)
    files = {p.file.path: p.file for b in bound.maps.values() for p in b.places}
    strangers = tuple(f.path for f in found.loose if f.path not in files and f.path not in placed.mentioned)
    beside = tuple(c.file for c in found.members if chosen and c.match.tile not in chosen)
    if chosen and not found.members:
        beside = tuple(file for number in known if number not in chosen for file in placed.files(number))
    own = dataclasses.replace(found, members=tuple(c for c in found.members if c.file not in beside))
    grid = TileGrid.of(chosen, *_cell(found, placed, only), compact=tiles is not None) if chosen else None
    _check_aspects(bound.maps, grid)
    warnings = (
        *(e.sentence.after(f"{p.name} is left alone: ") for p, e in found.unread),
        *_file_warnings(files.values()),
        *bound.warnings,
        *describe_unrecognised(strangers),
    )
    return Loaded(
        found.name,
        bound.maps,
        store,
        tuple(map(harmless_sentence, warnings)),
        folder,
        _passengers(own, files),
        notes=tuple(map(harmless_sentence, (*_told_folder(given, path), *bound.notes))),
        unrecognised=strangers,
        tiles=grid,
        beside=beside,
    )


def find_grid(path: Path, *, set_name: str | None, overrides: Mapping[str, str], only: Collection[str] | None,
              max_pixels: int, apart: Collection[Path] = ()) -> tuple[str, TileGrid] | None:  # fmt: skip
    """Return the name of the set of tiles at ``path`` and where they lie, from names and headers; None if it has none.

    Raises:
        InputError, AmbiguousInput: as of ``Material.load``.
    """
    path = _maps_folder(path)
    if path.is_file() or not any(tile_in(image.stem) for image in images_in(path)):
        return None  # which spares other materials a second look at their files
    placed = Placed(path, overrides, max_pixels)
    only = None if only is None else [map_name(name) for name in only]
    found = _find(path, placed, Store(), set_name=set_name, only=only, max_pixels=max_pixels, apart=apart, tiles=())
    known = _known_tiles(found, placed)
    return (found.name, TileGrid.of(known, *_cell(found, placed, only))) if len(known) > 1 else None


def set_names(folder: Path, *, max_pixels: int, apart: Collection[Path] = ()) -> list[str]:
    """Return the names by which the sets of a folder are chosen; none if no name of an image there tells a map.

    Args:
        folder: of images.
        max_pixels: limit for each file's header.
        apart: images that are something else, such as masks.

    Raises:
        InputError: the folder cannot be read.
    """
    return list_sets(folder, max_pixels, _Look(Store()), _inside(folder, apart))


def _maps_folder(path: Path) -> Path:
    if not path.exists():
        raise InputError(f"{path} does not exist; give a folder of maps or an image file.")
    return image_folder(path) if path.is_dir() else path


def _find(
    path: Path, placed: Placed, store: Store, *, set_name: str | None, only: Collection[str] | None, max_pixels: int,
    apart: Collection[Path], tiles: Collection[int] | None,
) -> FoundSet:  # fmt: skip
    wanted = Wanted(
        set_name,
        max_pixels,
        placed=placed.whole,
        mentioned=placed.mentioned,
        apart=_inside(path if path.is_dir() else path.parent, apart),
        only=only,
        tiles=tiles,
    )
    return find_set(path, wanted, _Look(store))


def _known_tiles(found: FoundSet, placed: Placed) -> tuple[int, ...]:
    """Return the tiles of a set, told by names, or by overrides where no name tells of a map."""
    return found.tiles if found.members else placed.tiles()


def _chosen_tiles(found: FoundSet, known: tuple[int, ...], tiles: Collection[int] | None) -> tuple[int, ...]:
    """Return the tiles that are loaded; none of a set that has one or none.

    Raises:
        InputError: one that is asked for is not there.
    """
    if len(known) < 2:
        return ()
    missing = [number for number in tiles or () if number not in known]
    if missing:
        raise InputError(f"{found.name} has no tile {missing[0]}; it has {', '.join(map(str, known))}.")
    return known if tiles is None else tuple(sorted(set(tiles)))


def _cell(found: FoundSet, placed: Placed, only: Collection[str] | None) -> tuple[int, int]:
    """Return height and width of the largest map of any tile, of those that are asked for."""
    asked = None if only is None else {canonical_map(name) for name in only}
    files = [
        c.file
        for c in found.members
        if c.match.tile is not None and (asked is None or any(canonical_map(use.map) in asked for use in c.match.uses))
    ]
    largest = max(files or [c.file for c in found.members] or placed.files(), key=lambda file: file.height * file.width)
    return largest.height, largest.width


@dataclass(frozen=True)
class Binding:
    """How the files of a set become maps.

    Attributes:
        store: gives samples.
        path: of the set, for sentences.
        normal, only, also: see ``Material.load``.
    """

    store: Store
    path: Path
    normal: NormalConvention
    only: Collection[str] | None
    also: tuple[str, ...]


def bind_set(found: FoundSet, placed: Mapping[str, Override], how: Binding) -> Bound:
    """Return the maps of a set, or of one tile of it."""
    binder, only = Binder(how.store, how.normal), how.only
    if found.strip:
        name = how.path.name if how.path.is_file() else found.name
        fact = (
            f"{name} is read as a strip of {found.strip} tiles, the last four "
            "normal, diffuse, roughness, specular, colours linear"
        )
        binder.warnings.append(Sentence(fact, say_which("basecolor", "FILE", "say so if it is one picture")))
    maps, left_out = binder.bind(_claims(found, placed.keys()) + _extra_claims(found, how.also), placed, only)
    tile = found.tiles[0] if found.tiles else _only_tile(found)
    beside = companions(
        how.store, maps, left_out, only, lambda path: path.stem if tile is None else without_tile(path.stem, tile)
    )
    maps = {name: (maps | beside.maps)[name] for name in sorted(maps | beside.maps, key=order_key)}
    files = {p.file.path for b in maps.values() for p in b.places}
    unclaimed = _unclaimed(found, files, {c.file.path for group in left_out.values() for c in group}, binder.warnings)
    return Bound(
        maps,
        (*left_out, *beside.left_out),
        (*binder.warnings, *unclaimed),
        (*beside.notes, *_left_by_choice(left_out)),
        binder.unsure,
    )


def _only_tile(found: FoundSet) -> int | None:
    """Return the tile that all names of a set tell, which then is one of several that are elsewhere."""
    words = [tile_in(c.file.path.stem) for c in found.members]
    numbers = {None if word is None or not word.sure or word.row >= TILE_ROWS else word.number() for word in words}
    return numbers.pop() if len(numbers) == 1 else None


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


def _check_convention(normal: str) -> None:
    known = get_args(NormalConvention)
    if normal not in known:
        raise InputError(f'"{normal}" is no convention of normals; give one of {", ".join(known)}.')


def _listed(names: Collection[str]) -> tuple[str, ...]:
    """Return names as several; a text alone is one of them, not its letters."""
    return (names,) if isinstance(names, str) else tuple(names)


def from_arrays(name: str, arrays: Mapping[str, NDArray[Any]]) -> Loaded:
    """Bind arrays in memory; see ``Material.from_arrays``."""
    maps: dict[str, MapBinding] = {}
    samples: dict[Path, NDArray[Any]] = {}
    for key in sorted(arrays, key=order_key):
        array = arrays[key] if arrays[key].ndim == 3 else arrays[key][..., None]
        file = _memory_file(name, key, array)
        samples[file.path] = np.ascontiguousarray(array)
        if kind_of(key) == "normal":
            check_vectors(content.centre(array), key)
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


def _check_aspects(maps: Mapping[str, MapBinding], grid: TileGrid | None = None) -> None:
    """Raise InputError if a map's sides are not, within a pixel, the largest map's (or a tile's) times one factor."""
    largest = max(maps.values(), key=lambda b: b.height * b.width)
    whole, size = (largest.name, largest) if grid is None else ("the largest tile", grid)
    for binding in maps.values():
        for place in binding.places:
            height, width = place.rect.height, place.rect.width
            if abs(width - height * size.width / size.height) > 1:
                name = binding.name if grid is None else place.file.path.name
                raise InputError(
                    f"{name} is {width} x {height} but {whole} is {size.width} x {size.height}, another aspect; "
                    "resize one",
                    Remedy("only", "leave the map out", {"map": binding.name}),
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
