"""Tiles in the names of files: UDIM numbers, and columns and rows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from svbrdf_core.formats.vocabulary import SIZES, TILE_ROWS, TILES

FIRST = 1001
"""The number of the lowest tile of the first column."""
COLUMNS = 10
"""Tiles in a row."""
TOKENS = tuple(f"<{form}>" for form in TILES)
"""What stands for a tile in a pattern."""
_WORDS = {form: re.compile(pattern, re.IGNORECASE) for form, pattern in TILES.items()}
_PARTS = {
    form: re.compile(rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])", re.IGNORECASE) for form, pattern in TILES.items()
}


@dataclass(frozen=True)
class TileWord:
    """A part of a name that may be a tile.

    Attributes:
        form: of `svbrdf_core.formats.vocabulary.TILES`.
        at, stop: where it begins and ends, in words or in characters.
        column, row: as written.
        sure: whether it is not more often something else.
    """

    form: str
    at: int
    stop: int
    column: int
    row: int
    sure: bool = True

    def number(self, origin: int = 1) -> int | None:
        """Return the UDIM number where columns and rows are counted from ``origin``; None if it has none."""
        first = 0 if self.form == "UDIM" else origin
        column, row = self.column - first, self.row - first
        return FIRST + column + COLUMNS * row if 0 <= column < COLUMNS and 0 <= row < 100 else None


def cell_of(number: int) -> tuple[int, int]:
    """Return row and column of a UDIM number, from 0; rows go upward."""
    return divmod(number - FIRST, COLUMNS)


def tile_words(folded: Sequence[str]) -> list[TileWord]:
    """Return the words of a name that may be a tile, the last first; column and row may be two words."""
    found = []
    for at, stop, text in _spans(folded):
        for form, pattern in _WORDS.items():
            if match := pattern.fullmatch(text):
                found.append(_word(form, match, at, stop))
    return sorted(found, key=lambda word: -word.at)


def _spans(folded: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    for at, word in enumerate(folded):
        yield at, at + 1, word
        if at + 1 < len(folded):
            yield at, at + 2, f"{word}_{folded[at + 1]}"


def tile_in(stem: str) -> TileWord | None:
    """Return the last part of a file's name that may be a tile, in characters; None if there is none."""
    found = [_word(form, match, *match.span()) for form, pattern in _PARTS.items() for match in pattern.finditer(stem)]
    return max(found, key=lambda word: word.at, default=None)


def without_tile(stem: str, number: int) -> str:
    """Return a name without a tile's number, or as it is if it has not that one."""
    word = tile_in(stem)
    if word is None or number not in (word.number(0), word.number(1)):
        return stem
    return (stem[: word.at].rstrip("._- ") + stem[word.stop :]) or stem


def find_tiles(names: Iterable[tuple[str, Iterable[tuple[str, TileWord]]]]) -> dict[str, tuple[TileWord, int]]:
    """Return which names are tiles of a set, by what part of them and with their UDIM number.

    A number is a tile only beside others: two names that are the same but for it, of which one lies in the lowest rows.

    Args:
        names: each with the parts that may be a tile, and what the rest of the name is then.
    """
    names = [(name, list(readings)) for name, readings in names]
    groups: dict[tuple[str, str], list[TileWord]] = defaultdict(list)
    for _, readings in names:
        for rest, word in readings:
            groups[rest, word.form].append(word)
    origins = {key: origin for key, words in groups.items() if (origin := _origin(words)) is not None}
    found: dict[str, tuple[TileWord, int]] = {}
    for name, readings in names:
        for rest, word in readings:
            origin = origins.get((rest, word.form))
            number = None if origin is None else word.number(origin)
            if number is not None and name not in found:
                found[name] = (word, number)
    return found


def _origin(words: Sequence[TileWord]) -> int | None:
    """Return what columns and rows of a set are counted from; None if it is no set of tiles."""
    if len({(word.column, word.row) for word in words if word.sure}) < 2:
        return None
    if min(word.row for word in words) >= TILE_ROWS:
        return None
    return 0 if any(0 in (word.column, word.row) for word in words) else 1


def _word(form: str, match: re.Match[str], at: int, stop: int) -> TileWord:
    groups: Mapping[str, str] = match.groupdict()
    if form == "UDIM":
        row, column = cell_of(int(groups["udim"]))
        return TileWord(form, at, stop, column, row, groups["udim"] not in SIZES)
    return TileWord(form, at, stop, int(groups["u"]), int(groups["v"]))
