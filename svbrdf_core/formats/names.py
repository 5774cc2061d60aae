"""Parser of texture file names: which maps each file holds, and the set it belongs to. Nothing is opened."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from svbrdf_core.formats.tile_names import TileWord, find_tiles, tile_words
from svbrdf_core.formats.vocabulary import (
    CONVENTIONS,
    HELPERS,
    LONELY,
    NAMED,
    NOISE,
    PREVIEWS,
    RGB,
    RGBA,
    STRONG,
    SUBJECTS,
    WEAK,
    WORKFLOWS,
    Convention,
    Use,
    Uses,
)

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_RESOLUTION = re.compile(r"\d{1,2}k|\d{3,5}x\d{3,5}|v\d{1,3}|4096|8192|2048|1024|512|256|128|16384")
_NUMBER = re.compile(r"\d{1,2}")
_VARIANT = re.compile(r"var(\d{1,3})")
_LONGEST = 5

Words = tuple[str, ...]


@dataclass(frozen=True)
class NameMatch:
    """What a file's name says.

    Attributes:
        key: normalised name of the set: the words that belong to no map, folded.
        title: the same as written, for people.
        resolution: resolution and version words, normalised.
        uses: the maps in the file, empty if the name says none.
        weak: whether the word found needs company to be believed (``rusty_metal``).
        preview: whether the file only shows the material.
        tile: UDIM number of a file of a set of tiles, told by names that are read together.
    """

    key: str
    title: str
    resolution: str
    uses: Uses
    weak: bool = False
    preview: bool = False
    tile: int | None = None


@dataclass(frozen=True)
class _Name:
    """A name as words: as written, folded, and those from ``start`` to before ``stop`` among which a map is sought."""

    words: Words
    folded: Words
    n_channels: int
    start: int
    stop: int


@dataclass(frozen=True)
class _Hit:
    """A word of a map, or several: what it means, where, how many words, and whether it needs company."""

    uses: Uses
    at: int
    length: int
    weak: bool


def fold(text: str) -> str:
    """Return a text in lower case without accents, the same for every Unicode form of it."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(c for c in apart if not unicodedata.combining(c)).casefold()


def match_name(stem: str, n_channels: int = 3) -> NameMatch:
    """Read a file name without its ending; ``n_channels`` tells RGBA packings from plain maps.

    The last words that mean a map decide: ``Metal_Roughness`` is roughness, ``rusty_metal_diffuse`` is diffuse.
    """
    return _match(_name(stem, n_channels))


def match_names(files: Iterable[tuple[str, int]]) -> list[NameMatch]:
    """Read the names of one folder's files, stems with their numbers of channels, together.

    Three things show only beside other names. Names that are the same but for a number or a column and row are tiles of
    one set (`svbrdf_core.formats.tile_names`). A last word that all files of a set share belongs to the set
    (``Bronze_COL_METALNESS``, ``Bronze_NRM_METALNESS``). And of the words of a packing the first belong to the set
    if another file has them in its name before another map (``Paint_Metallic_Roughness``, ``Paint_Metallic_Normal``).
    """
    written = [_name(stem, n_channels) for stem, n_channels in files]
    tiles = _tiles_among(written)
    names = [tiles[name][0] if name in tiles else name for name in written]
    shortened = _without_shared_ends(names)
    names = [shortened.get(name, name) for name in names]
    begun: dict[Words, set[Uses]] = defaultdict(set)
    for name in names:
        for at in range(1, name.stop):
            if uses := _ends(name, at):
                begun[name.folded[:at]].add(uses)
    matches = [_match(_without_begun(name, begun)) for name in names]
    return [
        dataclasses.replace(match, tile=tiles[name][1]) if name in tiles else match
        for name, match in zip(written, matches, strict=True)
    ]


def _tiles_among(names: Sequence[_Name]) -> dict[_Name, tuple[_Name, int]]:
    """Return the names of tiles: each without its number, and the number."""
    readings = {name: [(word, _without(name, word)) for word in tile_words(name.folded)] for name in names}
    readings = {name: [(word, rest) for word, rest in found if rest.words] for name, found in readings.items()}
    found = find_tiles(
        (" ".join(name.words), [(_match(rest).key, word) for word, rest in both]) for name, both in readings.items()
    )
    return {
        name: (_without(name, found[text][0]), found[text][1])
        for name in readings
        if (text := " ".join(name.words)) in found
    }


def _without(name: _Name, word: TileWord) -> _Name:
    words, folded = (part[: word.at] + part[word.stop :] for part in (name.words, name.folded))
    return _Name(words, folded, name.n_channels, 0, len(words))


def _name(stem: str, n_channels: int) -> _Name:
    words = tuple(_split(unicodedata.normalize("NFC", stem)))
    return _Name(words, tuple(fold(word) for word in words), n_channels, 0, len(words))


def _match(name: _Name) -> NameMatch:
    words, folded = name.words, name.folded
    hit = _find(name)
    taken = range(0)
    uses: Uses = ()
    if hit:
        convention, beside = _convention(folded, hit.at + hit.length)
        taken = range(hit.at, hit.at + hit.length + beside)
        variant = next((int(m[1]) for w in folded[hit.at :] if (m := _VARIANT.fullmatch(w))), None)
        uses = tuple(dataclasses.replace(u, convention=_merge(u, convention), variant=variant) for u in hit.uses)
    rest = [(w, lo) for i, (w, lo) in enumerate(zip(words, folded, strict=True)) if i not in taken and not _silent(lo)]
    shown = not PREVIEWS.isdisjoint(folded) or (not SUBJECTS.isdisjoint(folded[taken.stop if hit else 0 :]))
    return NameMatch(
        key=" ".join(lo for _, lo in rest),
        title="_".join(w for w, _ in rest),
        resolution=" ".join(lo for i, lo in enumerate(folded) if i not in taken and _RESOLUTION.fullmatch(lo)),
        uses=uses,
        weak=hit is not None and hit.weak,
        preview=shown,
    )


def _split(stem: str) -> list[str]:
    """Split at separators, and inside words where the capitals say so if that helps to find a map."""
    words: list[str] = []
    for part in re.split(r"[\s_\-.,()\[\]+]+", stem):
        pieces = [p for p in _CAMEL.split(part) if p]
        words += pieces if _mentions_map(pieces) else [part] if part else []
    return words


def _mentions_map(pieces: list[str]) -> bool:
    folded = [fold(p) for p in pieces]
    tails = ("".join(folded[i:]) for i in range(len(folded)))
    return any(_look_up(t, 4) for t in tails if len(t) > 1) or any(
        _look_up_strong(p, 3) or p in CONVENTIONS for p in folded
    )


def _look_up_strong(phrase: str, n_channels: int) -> Uses | None:
    """Return what a word means wherever it stands, if a file of so many channels can hold that."""
    return _look_up_in(({4: RGBA, 3: RGB}.get(n_channels, {}), STRONG), phrase, n_channels)


def _look_up_weak(phrase: str, n_channels: int) -> Uses | None:
    """Return what a word means at the end of a name, if a file of so many channels can hold that."""
    return _look_up_in((WEAK,), phrase, n_channels)


def _look_up_in(tables: Sequence[Mapping[str, Uses]], phrase: str, n_channels: int) -> Uses | None:
    """Return what the first table says of a word, or of what is left of it without a helping word."""
    for word in (phrase, *(phrase.removesuffix(e) for e in HELPERS if phrase.endswith(e) and len(phrase) > len(e) + 1)):
        for table in tables:
            uses = table.get(word)
            if uses and (len(uses) == 1 or n_channels > 2):
                return uses
    return None


def _look_up(phrase: str, n_channels: int) -> Uses | None:
    return _look_up_strong(phrase, n_channels) or _look_up_weak(phrase, n_channels)


def _find(name: _Name) -> _Hit | None:
    """Return the last words of a map, the longest phrase first."""
    folded = name.folded
    meaningful = [i for i in range(name.start, name.stop) if not _silent(folded[i]) and folded[i] not in CONVENTIONS]
    last = next((i for i in reversed(meaningful) if not _is_number(folded[i]) or i == meaningful[0]), -1)
    for end in range(name.stop, name.start, -1):
        for length in range(min(_LONGEST, end - name.start), 0, -1):
            phrase = "".join(folded[end - length : end])
            if uses := _look_up_strong(phrase, name.n_channels):
                return _Hit(uses, end - length, length, weak=False)
            uses = _look_up_weak(phrase, name.n_channels) if end - 1 == last else None
            if uses and not (phrase in NAMED and end - length == meaningful[0]):
                return _Hit(uses, end - length, length, weak=phrase in LONELY)
    return None


def _without_shared_ends(names: Sequence[_Name]) -> dict[_Name, _Name]:
    """Return the names whose last word of a map belongs to the set: without it they are different maps of one set."""
    groups: dict[tuple[str, str], list[tuple[_Name, _Name, Uses]]] = defaultdict(list)
    for name in names:
        last = max((i for i, word in enumerate(name.folded) if not _silent(word)), default=0)
        shorter = dataclasses.replace(name, stop=last)
        if last and _look_up(name.folded[last], name.n_channels) and (match := _match(shorter)).uses:
            groups[match.key, match.resolution].append((name, shorter, match.uses))
    ends: dict[Words, set[str]] = defaultdict(set)
    for name in names:
        for at in range(1, len(name.folded)):
            ends[name.folded[:at]].add(name.folded[-1])
    found: dict[_Name, _Name] = {}
    for members in groups.values():
        # ``Wood_Metal_N`` and ``Wood_Rough_N`` are two sets if there is a ``Wood_Metal_D`` as well.
        alone = all(len(ends[short.folded[: short.stop]]) == 1 for _, short, _ in members)
        known = all(short.folded[short.stop] in WORKFLOWS for _, short, _ in members)
        if len({uses for _, _, uses in members}) > 1 and (alone or known):
            found |= {name: shorter for name, shorter, _ in members}
    return found


def _ends(name: _Name, at: int) -> Uses | None:
    """Return what the words from ``at`` mean if they are one map and nothing else."""
    rest = "".join(word for word in name.folded[at : name.stop] if not _silent(word) and word not in CONVENTIONS)
    return None if rest in LONELY else _look_up(rest, name.n_channels)


def _without_begun(name: _Name, begun: Mapping[Words, set[Uses]]) -> _Name:
    """Return a name without the words of a map with which several names of other maps begin too."""
    hit = _find(name)
    if hit is None:
        return name
    end = hit.at + hit.length
    if end < name.stop and len(begun.get(name.folded[:end], ())) > 1:
        return dataclasses.replace(name, start=end)
    for at in range(end - 1, hit.at, -1) if len(hit.uses) > 1 else ():
        if len(begun.get(name.folded[:at], ())) > 1 and _ends(name, at):
            return dataclasses.replace(name, start=at)
    return name


def _convention(folded: Sequence[str], after: int) -> tuple[Convention | None, int]:
    """Return the convention word that stands right after a map word, and how many words it takes."""
    if after < len(folded) and folded[after] in CONVENTIONS:
        return CONVENTIONS[folded[after]], 1
    return None, 0


def _merge(use: Use, convention: Convention | None) -> Convention | None:
    return (use.convention or convention) if use.map == "normal" else None


def _is_number(word: str) -> bool:
    return bool(_NUMBER.fullmatch(word))


def _silent(word: str) -> bool:
    return word in NOISE or word == "t" or bool(_RESOLUTION.fullmatch(word) or _VARIANT.fullmatch(word))
