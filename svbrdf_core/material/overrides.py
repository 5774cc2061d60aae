"""Overrides ``NAME=FILE[:CHANNELS]``: the user's own word about where a map is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from svbrdf_core.errors import InputError
from svbrdf_core.formats import RasterInfo, probe
from svbrdf_core.formats.names import fold
from svbrdf_core.formats.vocabulary import ALL, STRONG, WEAK, Use
from svbrdf_core.material.layers import layers_of
from svbrdf_core.material.telling import say_which
from svbrdf_core.material.tile_files import files_of_pattern, has_token, siblings_of
from svbrdf_core.tensors.maps import EXTRA_PREFIX, MAPS


@dataclass(frozen=True)
class Override:
    """A map the user placed: the file, its channel indices, and whether these were named one by one."""

    use: Use
    file: RasterInfo
    channels: tuple[int, ...]
    exact: bool


class Placed:
    """The overrides of a command, for a whole set or for each tile of one.

    A file that names a tile stands for those of the other tiles too, as ``Wall_Disp.<UDIM>.png`` does.

    Attributes:
        whole: files that are maps as a whole.
        mentioned: all files of which one is a map.
    """

    def __init__(self, folder: Path, texts: Mapping[str, str], max_pixels: int) -> None:
        """Read the overrides; file names are relative to ``folder``.

        Raises:
            InputError: an unknown map, a missing file, or channels the file does not have.
        """
        self._plain: dict[str, Override] = {}
        self._tiles: dict[str, dict[int, Override]] = {}
        for name, text in texts.items():
            one = _parse(folder, name, _of_first_tile(folder, text), max_pixels)
            self._plain[one.use.map] = one
            letters = text.rpartition(":")[2] if one.exact else ""
            self._tiles[one.use.map] = {
                number: _parse(folder, name, _within(folder, path) + (f":{letters}" if letters else ""), max_pixels)
                for number, path in siblings_of(one.file.path).items()
            }
        every = [*self._plain.values(), *(one for tiles in self._tiles.values() for one in tiles.values())]
        self.mentioned = {one.file.path for one in every}
        self.whole = {one.file.path for one in every if not one.exact}

    def tiles(self) -> tuple[int, ...]:
        """Return the tiles of a set that overrides alone tell of; none if a file is of no tile, or if there is one."""
        numbers = {number for tiles in self._tiles.values() for number in tiles}
        return tuple(sorted(numbers)) if len(numbers) > 1 and all(self._tiles.values()) else ()

    def files(self, tile: int | None = None) -> tuple[RasterInfo, ...]:
        """Return the files of all tiles, or of one."""
        every = [one for tiles in self._tiles.values() for number, one in tiles.items() if tile in (None, number)]
        return tuple({one.file.path: one.file for one in every}.values())

    def all(self) -> dict[str, Override]:
        """Return the overrides of a set that has no tiles, by map name."""
        return self._plain

    def of(self, tile: int) -> dict[str, Override]:
        """Return the overrides of a tile, by map name.

        Raises:
            InputError: a file is of no tile.
        """
        for name, tiles in self._tiles.items():
            if not tiles:
                file = self._plain[name].file.path.name
                raise InputError(
                    f"{file} names no tile, and {name} is a map of tiles",
                    say_which(name, "NAME.<UDIM>.png", f"name it as NAME.{tile}.png, and say so with <UDIM>"),
                )
        return {name: tiles[tile] for name, tiles in self._tiles.items() if tile in tiles}


def _of_first_tile(folder: Path, text: str) -> str:
    """Return ``FILE[:CHANNELS]`` with the first file that a pattern stands for, itself if it is none."""
    head, colon, letters = text.rpartition(":") if ":" in text else (text, "", "")
    if not has_token(head):
        return text
    found = files_of_pattern(folder / head)
    return _within(folder, next(iter(found.values()))) + colon + letters if found else text


def _within(folder: Path, path: Path) -> str:
    """Return a path as it is seen from a folder."""
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


def map_use(name: str) -> Use:
    """Return what the name of a map means; ``glossiness`` is roughness inverted, ``normal:NAME`` a further normal map.

    Raises:
        InputError: no map is called that.
    """
    kind, colon, own = name.partition(":")
    if colon and len(kind) > 1:  # C:NAME is a place on a disk
        found = Use(EXTRA_PREFIX[:-1]) if kind + colon == EXTRA_PREFIX else map_use(kind)
        if own:
            return replace(found, map=f"{found.map}:{own}")
        raise InputError(f"A name follows the colon of {name!r}; give one, as in {kind}:detail.")
    if name in MAPS:
        return Use(name)
    uses = (STRONG | WEAK).get(fold(name).replace("_", ""), ())
    use = uses[0] if len(uses) == 1 else Use("")
    meant = {"colour": "basecolor", "bump": "height"}.get(use.map, use.map)
    if meant not in MAPS:
        raise InputError(
            f"There is no map called {name!r}; use {', '.join(MAPS)}, one of these and a name (normal:NAME) for a "
            f"further one, or {EXTRA_PREFIX}NAME."
        )
    return replace(use, map=meant)


def map_name(name: str) -> str:
    """Return the map that a word on the command line means, the word itself if it means none."""
    try:
        return map_use(name).map
    except InputError:
        return name


def _parse(folder: Path, name: str, text: str, max_pixels: int) -> Override:
    use = map_use(name)
    path, letters = folder / text, ""
    if not path.exists() and ":" in text:
        head, _, letters = text.rpartition(":")
        path = folder / head
    if not path.exists():
        where = say_which(name, "FILE[:CHANNELS]", "name a file of the folder")
        raise InputError(f"{path} does not exist", where)
    file = probe(path, max_pixels=max_pixels)
    channels = _channels(file, letters) if letters else _all_colours(file)
    if not channels:
        raise InputError(
            f"{path} has no channel {letters!r}",
            say_which(name, f"{path.name}:CHANNEL", f"give one of {', '.join(file.channels)}"),
        )
    return Override(Use(use.map, letters or ALL, use.inverted, use.convention), file, channels, bool(letters))


def _channels(file: RasterInfo, letters: str) -> tuple[int, ...]:
    names = list(file.channels)
    layers = layers_of(file)
    if letters in names:
        return (names.index(letters),)
    if letters in layers:
        return layers[letters]
    upper = letters.upper()
    if upper in ("R", "G", "B", "RGB") and names[0] == "L":
        return (0,)
    return tuple(names.index(c) for c in upper) if all(c in names for c in upper) else ()


def _all_colours(file: RasterInfo) -> tuple[int, ...]:
    first = next(iter(layers_of(file).values()))
    return tuple(c for c in first if file.channels[c].rsplit(".", 1)[-1] != "A") or first
