"""The image files of one material in a folder, with what their names say."""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from svbrdf_core.errors import AmbiguousInput, InputError
from svbrdf_core.formats import RasterInfo, probe
from svbrdf_core.formats.names import NameMatch, match_name, match_names
from svbrdf_core.formats.tile_names import without_tile
from svbrdf_core.material.folders import images_in, unread_in
from svbrdf_core.material.layers import layer_uses
from svbrdf_core.material.telling import SAY_WHAT_THEY_ARE
from svbrdf_core.sentences import Remedy

_VERSION = re.compile(r"[2-9]")


@dataclass(frozen=True)
class Candidate:
    """An image file and what its name, or the names of its EXR layers, say."""

    file: RasterInfo
    match: NameMatch


@dataclass(frozen=True)
class FoundSet:
    """The files of one material.

    Attributes:
        name: for people.
        members: files whose names say which maps they hold.
        loose: images of the folder that are not part of any set.
        unread: images of the folder that cannot be read, and why; none is a file of the set that is asked for.
        strip: parts, if the only member is a strip.
    """

    name: str
    members: tuple[Candidate, ...]
    loose: tuple[RasterInfo, ...] = ()
    unread: tuple[tuple[Path, InputError], ...] = ()
    strip: int | None = None

    @property
    def tiles(self) -> tuple[int, ...]:
        """UDIM numbers of the members; none if the set is no set of tiles."""
        return tuple(sorted({c.match.tile for c in self.members if c.match.tile is not None}))

    def tile(self, number: int) -> FoundSet:
        """Return one tile of the set as a set of its own, without the loose images."""
        members = tuple(c for c in self.members if c.match.tile == number)
        return FoundSet(f"{self.name}_{number}", members, unread=self.unread)


class Look(Protocol):
    """What only the content of a file tells."""

    def strip_tiles(self, file: RasterInfo) -> int | None:
        """Return the number of tiles if the file is a strip."""

    def is_grey(self, file: RasterInfo) -> bool:
        """Whether all colour channels are equal."""


@dataclass(frozen=True)
class Wanted:
    """What options say about the files of a folder.

    Attributes:
        set_name: which set, where the folder holds several.
        max_pixels: limit for each file's header.
        placed: files that are maps as a whole by an option; their names say nothing then.
        mentioned: files of which an option names a map.
        apart: files that are something else, such as the mask of the hole.
        only: the maps that are asked for; all if None.
        tiles: the tiles that are asked for, of a set of tiles; all if None.
    """

    set_name: str | None
    max_pixels: int
    placed: Collection[Path] = ()
    mentioned: Collection[Path] = ()
    apart: Collection[Path] = ()
    only: Collection[str] | None = None
    tiles: Collection[int] | None = None


def find_set(path: Path, wanted: Wanted, look: Look) -> FoundSet:
    """Find the one material at ``path`` (a folder, or one image file).

    Args:
        path: folder or file.
        wanted: what options say.
        look: tells what only the content of a file does.

    Raises:
        InputError: no images, no maps, an unreadable file, or no set of that name.
        AmbiguousInput: several sets and no ``set_name``.
    """
    if path.is_file() or not path.is_dir():
        return _single(path, probe(path, max_pixels=wanted.max_pixels), look)
    sets, loose_files, broken = _sets(path, wanted, look)
    if sets or not wanted.mentioned:
        chosen = _or_only_image(path, _choose(path, sets, wanted.set_name), loose_files, broken)
    else:
        chosen = FoundSet("", (), loose_files)
    _refuse_broken(chosen, broken, wanted)
    return dataclasses.replace(
        chosen, name=chosen.name or path.resolve().name, unread=(*broken.items(), *_foreign(path))
    )


def list_sets(folder: Path, max_pixels: int, look: Look, apart: Collection[Path] = ()) -> list[str]:
    """Return the names by which the sets of a folder are chosen, one or several; none if no name tells a map.

    Raises:
        InputError: the folder cannot be read.
    """
    sets, _, _ = _sets(folder, Wanted(None, max_pixels, apart=apart), look)
    return _distinct_names(sets)


def _sets(
    folder: Path, wanted: Wanted, look: Look
) -> tuple[list[FoundSet], tuple[RasterInfo, ...], dict[Path, InputError]]:
    """Return the sets of a folder, its other images, and those that cannot be read."""
    candidates, broken = _candidates(folder, wanted, look)
    named = [c for c in candidates if c.match.uses and c.file.path not in wanted.placed]
    groups = _groups(named)
    loose = [c for c in candidates if not any(c in g for g in groups.values())]
    free = [c for c in loose if c.file.path not in wanted.mentioned]
    strips = {_stem(c): n for c in free if (n := look.strip_tiles(c.file))}
    loose_files = tuple(c.file for c in loose if _stem(c) not in strips)
    sets = [FoundSet(_title(g) or folder.resolve().name, tuple(g), loose_files) for g in groups.values()]
    sets += [FoundSet(_stem(c), (c,), loose_files, strip=strips[_stem(c)]) for c in loose if _stem(c) in strips]
    return sets, loose_files, broken


def _foreign(folder: Path) -> Iterator[tuple[Path, InputError]]:
    for path in unread_in(folder):
        kind = path.suffix[1:].upper()
        yield path, InputError(f"{kind} files are not read; convert it to PNG, TIFF or EXR.")


def _single(path: Path, file: RasterInfo, look: Look) -> FoundSet:
    match = match_name(path.stem, len(file.channels))
    is_named = bool(match.uses) and not match.weak
    if not is_named and (tiles := look.strip_tiles(file)):
        return FoundSet(path.stem, (Candidate(file, match),), strip=tiles)
    if is_named:
        return FoundSet(match.title or path.stem, (Candidate(file, match),))
    return FoundSet(path.stem, (), (file,))


def _candidates(folder: Path, wanted: Wanted, look: Look) -> tuple[list[Candidate], dict[Path, InputError]]:
    files: list[RasterInfo] = []
    broken: dict[Path, InputError] = {}
    for path in images_in(folder):
        if path in wanted.apart or match_name(path.stem).preview:
            continue
        try:
            files.append(probe(path, max_pixels=wanted.max_pixels))
        except InputError as error:
            broken[path] = error
    return [Candidate(file, match) for file, match in zip(files, _matches(files, look), strict=True)], broken


def _matches(files: list[RasterInfo], look: Look) -> list[NameMatch]:
    """Return what the names of files say, read together; a file of equal channels is no packed one."""
    depths = [len(file.channels) for file in files]
    packed: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for at, (file, match) in enumerate(zip(files, _read_together(files, depths), strict=True)):
        if len(match.uses) > 1 and depths[at] == 3 and not layer_uses(file):
            packed[(match.key, match.uses) if match.tile is not None else (file.path,)].append(at)
    for same in packed.values():  # tiles are looked at until one is not grey, which is the first as a rule
        if all(look.is_grey(files[at]) for at in same):
            for at in same:
                depths[at] = 1
    return [_with_layers(file, match) for file, match in zip(files, _read_together(files, depths), strict=True)]


def _read_together(files: list[RasterInfo], depths: list[int]) -> list[NameMatch]:
    return match_names((file.path.stem, depth) for file, depth in zip(files, depths, strict=True))


def _with_layers(file: RasterInfo, match: NameMatch) -> NameMatch:
    layers = layer_uses(file)
    return dataclasses.replace(match, uses=tuple(use for use, _ in layers), weak=False) if layers else match


def _groups(named: Iterable[Candidate]) -> dict[str, list[Candidate]]:
    """Group files by set; words that need company and have none leave; versions split where maps would clash."""
    by_key: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in named:
        by_key[candidate.match.key].append(candidate)
    groups: dict[str, list[Candidate]] = {}
    for key, members in by_key.items():
        if all(c.match.weak for c in members) and (len(members) == 1 or _is_series(members)):
            continue
        resolutions = {c.match.resolution for c in members}
        if len(resolutions) > 1 and _clash(members):
            for resolution in sorted(resolutions):
                groups[f"{key} {resolution}"] = [c for c in members if c.match.resolution == resolution]
        else:
            groups[key] = members
    return _join_sets(_join_versions(groups))


def _join_versions(groups: dict[str, list[Candidate]]) -> dict[str, list[Candidate]]:
    """Join a set to that of the same name without a number at its end, if it has some of that one's maps and no other.

    Beside ``wall_normal`` and ``wall_color`` a ``wall_normal_2`` is a second normal map; with as many maps as the first
    it may be a set of its own.
    """
    maps = {key: {canonical_map(u.map) for c in members for u in c.match.uses} for key, members in groups.items()}
    joined = {key: list(members) for key, members in groups.items()}
    for key in groups:
        base, _, number = key.rpartition(" ")
        if base in groups and _VERSION.fullmatch(number) and maps[key] < maps[base]:
            joined[base] += [_as_version(c, int(number)) for c in joined.pop(key)]
    return joined


def _as_version(candidate: Candidate, number: int) -> Candidate:
    uses = tuple(dataclasses.replace(use, variant=number) for use in candidate.match.uses)
    return dataclasses.replace(candidate, match=dataclasses.replace(candidate.match, uses=uses))


def _is_series(members: list[Candidate]) -> bool:
    """Whether names that end in letters count pictures rather than name maps: ``photo_a``, ``photo_b``, ``photo_c``."""
    maps = {u.map for c in members for u in c.match.uses}
    return not maps.isdisjoint({"opacity", "bump"}) and maps <= {"opacity", "bump", "colour"}


def _clash(members: list[Candidate]) -> bool:
    seen = [(c.match.uses, c.file.suffix, c.match.tile) for c in members]
    return len(set(seen)) < len(seen)


def _join_sets(groups: dict[str, list[Candidate]]) -> dict[str, list[Candidate]]:
    """Join two sets where one name starts the other and no map is in both (``wood_normal``, ``wood_b_diffuse``)."""
    if len(groups) != 2:
        return groups
    short, long = sorted(groups, key=len)
    maps = [{canonical_map(u.map) for c in groups[key] for u in c.match.uses} for key in (short, long)]
    if long.split()[: len(short.split())] == short.split() and maps[0].isdisjoint(maps[1]):
        return {short: groups[short] + groups[long]}
    return groups


def canonical_map(name: str) -> str:
    """Return one name for the names of a map that stand for each other until the others are known."""
    return "colour" if name in ("diffuse", "basecolor") else "height" if name == "bump" else name


def _title(group: list[Candidate]) -> str:
    return min((c.match.title for c in group), key=len)


def _stem(candidate: Candidate) -> str:
    return candidate.file.path.stem


def _choose(folder: Path, sets: list[FoundSet], set_name: str | None) -> FoundSet:
    names = _distinct_names(sets)
    if set_name is not None:
        for name, found in zip(names, sets, strict=True):
            if set_name.casefold() in (name.casefold(), found.name.casefold()):
                return found
        for name, found in zip(names, sets, strict=True):
            for number in found.tiles:
                if set_name.casefold() in (f"{name}_{number}".casefold(), f"{name}.{number}".casefold()):
                    return dataclasses.replace(found.tile(number), loose=found.loose)
        raise InputError(f"{folder} has no set {set_name!r}; choose one of {', '.join(names) or 'none'}.")
    if len(sets) > 1:
        raise AmbiguousInput(f"{folder} holds {len(sets)} sets ({', '.join(names)})", Remedy("set", "choose one"))
    return sets[0] if sets else FoundSet("", ())


def _distinct_names(sets: list[FoundSet]) -> list[str]:
    """Return set names, with the resolution where two are otherwise equal."""
    titles = [s.name for s in sets]
    return [
        f"{s.name}_{s.members[0].match.resolution.replace(' ', '_')}" if titles.count(s.name) > 1 else s.name
        for s in sets
    ]


def _or_only_image(
    folder: Path, chosen: FoundSet, loose: tuple[RasterInfo, ...], broken: dict[Path, InputError]
) -> FoundSet:
    """Take the only image of a folder for the material where no name says a map."""
    if chosen.members:
        return chosen
    if broken:
        raise next(iter(broken.values()))
    if len(loose) == 1:
        return FoundSet(loose[0].path.stem, (), loose)
    if not loose:
        others = ", ".join(path.name for path in unread_in(folder)[:6])
        raise InputError(
            f"{folder} has no image of a kind we read, only others ({others}); convert them to PNG, TIFF or EXR."
            if others
            else f"{folder} has no image; put the material's maps in, as PNG, TIFF, EXR or another kind of image."
        )
    names = ", ".join(f.path.name for f in loose[:4])
    raise InputError(f"No map is recognised in {folder} ({names})", SAY_WHAT_THEY_ARE)


def _refuse_broken(chosen: FoundSet, broken: dict[Path, InputError], wanted: Wanted) -> None:
    """Raise the error of an unreadable file that belongs to the chosen set by its name, and is asked for."""
    keys = {c.match.key for c in chosen.members}
    for path, error in broken.items():
        tile = next((n for n in chosen.tiles if without_tile(path.stem, n) != path.stem), None)
        match = match_name(path.stem if tile is None else without_tile(path.stem, tile))
        asked = wanted.only is None or any(
            canonical_map(u.map) in {canonical_map(name) for name in wanted.only} for u in match.uses
        )
        elsewhere = tile is not None and wanted.tiles is not None and tile not in wanted.tiles
        if match.uses and match.key in keys and asked and not elsewhere:
            raise error
