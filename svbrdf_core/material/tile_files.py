"""Files of tiles by a pattern such as ``mask.<UDIM>.png``, by one of them, or by the folder that holds them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from svbrdf_core.errors import InputError
from svbrdf_core.formats.tile_names import TOKENS, find_tiles, tile_in
from svbrdf_core.formats.vocabulary import TILES
from svbrdf_core.material.folders import images_in


def has_token(text: str) -> bool:
    """Whether a text is a pattern."""
    return any(token in text for token in TOKENS)


def files_of_pattern(pattern: Path) -> dict[int, Path]:
    """Return the files that a pattern stands for, by UDIM number.

    Raises:
        InputError: its folder cannot be read.
    """
    parts = re.split("(" + "|".join(map(re.escape, TOKENS)) + ")", pattern.name)
    seen: set[str] = set()
    expression = ""
    for part in parts:
        form = part.strip("<>") if part in TOKENS else None
        expression += re.escape(part) if form is None else "(?:.+)" if form in seen else f"(?:{TILES[form]})"
        seen |= {form} if form is not None else set()
    named = re.compile(expression, re.IGNORECASE)
    return _by_number(path for path in images_in(pattern.parent) if named.fullmatch(path.name))


def files_of_folder(folder: Path) -> dict[int, Path]:
    """Return the images of a folder whose names tell a tile, by UDIM number.

    Raises:
        InputError: two are of one tile, or the folder cannot be read.
    """
    return _by_number(images_in(folder))


def siblings_of(path: Path) -> dict[int, Path]:
    """Return the files that are named as this one but for the tile, itself included; none if it names no tile.

    Raises:
        InputError: its folder cannot be read.
    """
    word = tile_in(path.stem)
    if word is None:
        return {}
    return files_of_pattern(path.with_name(f"{path.stem[: word.at]}<{word.form}>{path.stem[word.stop :]}{path.suffix}"))


def _by_number(paths: Iterable[Path]) -> dict[int, Path]:
    named = {str(path): (path, word) for path in paths if (word := tile_in(path.stem)) is not None}
    origins = find_tiles((name, [("", word)]) for name, (_, word) in named.items())
    found: dict[int, Path] = {}
    for name, (path, word) in named.items():
        number = origins[name][1] if name in origins else word.number(0 if 0 in (word.column, word.row) else 1)
        if number is None:
            continue
        if number in found:
            raise InputError(f"{found[number]} and {path} are both of tile {number}; leave one out, or rename it.")
        found[number] = path
    return dict(sorted(found.items()))
