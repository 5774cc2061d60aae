"""Parser of texture file names: which maps each file holds, and the set it belongs to. Nothing is opened."""

from __future__ import annotations

import re
from dataclasses import dataclass

from svbrdf_core.formats.vocabulary import (
    CONVENTIONS,
    LONELY,
    NOISE,
    PREVIEWS,
    RGBA,
    STRONG,
    WEAK,
    Convention,
    Use,
    Uses,
)

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_RESOLUTION = re.compile(r"\d{1,2}k|\d{3,5}x\d{3,5}|v\d{1,3}|4096|8192|2048|1024|512|256|128|16384")
_LONGEST = 5


@dataclass(frozen=True)
class NameMatch:
    """What a file's name says.

    Attributes:
        key: normalised name of the set: the words that belong to no map, lower case.
        title: the same as written, for people.
        resolution: resolution and version words, normalised.
        uses: the maps in the file, empty if the name says none.
        weak: whether the word found needs company to be believed (``rusty_metal``).
        preview: whether the file only shows the material.
    """

    key: str
    title: str
    resolution: str
    uses: Uses
    weak: bool = False
    preview: bool = False


def match_name(stem: str, n_channels: int = 3) -> NameMatch:
    """Read a file name without its ending; ``n_channels`` tells RGBA packings from plain maps.

    The last words that mean a map decide: ``Metal_Roughness`` is roughness, ``rusty_metal_diffuse`` is diffuse.
    """
    words = _split(stem)
    lowered = [w.lower() for w in words]
    hits = _find(lowered, n_channels)
    found, at, length, weak = hits if hits else ((), len(words), 0, False)
    convention, beside = _convention(lowered, at + length) if found else (None, 0)
    length += beside
    uses = tuple(Use(u.map, u.channels, u.inverted, _merge(u, convention)) for u in found)
    rest = [(w, lo) for i, (w, lo) in enumerate(zip(words, lowered, strict=True)) if not at <= i < at + length]
    return NameMatch(
        key=" ".join(lo for _, lo in rest if not _silent(lo)),
        title="_".join(w for w, lo in rest if not _silent(lo)),
        resolution=" ".join(lo for _, lo in rest if _RESOLUTION.fullmatch(lo)),
        uses=uses,
        weak=weak,
        preview=not PREVIEWS.isdisjoint(lowered) or lowered == ["screenshot"],
    )


def _split(stem: str) -> list[str]:
    """Split at separators, and inside words where the capitals say so if that helps to find a map."""
    words: list[str] = []
    for part in re.split(r"[\s_\-.,()\[\]+]+", stem):
        pieces = [p for p in _CAMEL.split(part) if p]
        words += pieces if _mentions_map(pieces) else [part] if part else []
    return words


def _mentions_map(pieces: list[str]) -> bool:
    lowered = [p.lower() for p in pieces]
    tails = ("".join(lowered[i:]) for i in range(len(lowered)))
    return any(t in STRONG or t in RGBA or t in WEAK for t in tails if len(t) > 1) or any(
        p in STRONG or p in CONVENTIONS for p in lowered
    )


def _find(lowered: list[str], n_channels: int) -> tuple[Uses, int, int, bool] | None:
    """Return uses, position, length and weakness of the last map words, the longest phrase first."""
    strong = STRONG | RGBA if n_channels == 4 else STRONG
    meaningful = [i for i, w in enumerate(lowered) if not _silent(w) and w not in CONVENTIONS]
    last = meaningful[-1] if meaningful else -1
    for end in range(len(lowered), 0, -1):
        for length in range(min(_LONGEST, end), 0, -1):
            phrase = "".join(lowered[end - length : end])
            if phrase in strong:
                return strong[phrase], end - length, length, False
            if phrase in WEAK and end - 1 == last:
                return WEAK[phrase], end - length, length, phrase in LONELY
    return None


def _convention(lowered: list[str], after: int) -> tuple[Convention | None, int]:
    """Return the convention word that stands right after a map word, and how many words it takes."""
    if after < len(lowered) and lowered[after] in CONVENTIONS:
        return CONVENTIONS[lowered[after]], 1
    return None, 0


def _merge(use: Use, convention: Convention | None) -> Convention | None:
    return (use.convention or convention) if use.map == "normal" else None


def _silent(word: str) -> bool:
    return word in NOISE or word == "t" or bool(_RESOLUTION.fullmatch(word))
