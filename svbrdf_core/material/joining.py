"""The maps of several tiles as maps of one material: what is undecided in one tile is as in the others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from svbrdf_core.errors import InputError
from svbrdf_core.formats import probe
from svbrdf_core.material.binding import MapBinding, Place, whole_rect
from svbrdf_core.material.tile_files import siblings_of
from svbrdf_core.sentences import Remedy
from svbrdf_core.tensors.maps import EXTRA_PREFIX, order_key

PLAIN = ((0,), (1,), (2,))
"""The channels of a normal map that stores x, y and z."""


@dataclass(frozen=True)
class Bound:
    """The maps of a set, or of one tile of a set.

    Attributes:
        maps: by name, in tensor order.
        others: names of maps that are there and left as they are.
        warnings, notes: sentences for the user.
        unsure: what is said of normal maps whose convention nothing tells.
    """

    maps: dict[str, MapBinding]
    others: tuple[str, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    unsure: Mapping[Path, str]


def join(parts: Mapping[int, Bound]) -> Bound:
    """Return the maps of tiles as maps of one material.

    Args:
        parts: the maps of each tile, by UDIM number.

    Raises:
        InputError: a map has more channels in one tile than in another.
    """
    parts = _with_constant_channels(parts)
    names = sorted({name for part in parts.values() for name in part.maps}, key=order_key)
    maps = {name: _join_map(name, parts) for name in names}
    said = [text for part in parts.values() for text in part.warnings]
    notes = [text for part in parts.values() for text in part.notes]
    if "normal" in maps:
        maps["normal"], told = _agree(maps["normal"], {p: t for part in parts.values() for p, t in part.unsure.items()})
        said = [told.get(text, text) for text in said]
    return Bound(
        maps,
        tuple(dict.fromkeys(name for part in parts.values() for name in part.others)),
        tuple(text for text in dict.fromkeys(said) if text),
        (*dict.fromkeys(notes), *_describe_missing(maps, parts)),
        {},
    )


def _join_map(name: str, parts: Mapping[int, Bound]) -> MapBinding:
    places = [
        replace(place, tile=number)
        for number, part in parts.items()
        for place in (part.maps[name].places if name in part.maps else ())
    ]
    counts = {number: part.maps[name].n_channels for number, part in parts.items() if name in part.maps}
    if len(set(counts.values())) > 1:
        told = " and ".join(f"{count} channels in tile {number}" for count, number in _first_of_each(counts).items())
        raise InputError(f"{name} has {told}; save them alike", Remedy("only", "leave the map out", {"map": name}))
    return MapBinding(name, tuple(places))


def _first_of_each(counts: Mapping[int, int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for number, count in counts.items():
        found.setdefault(count, number)
    return found


def _describe_missing(maps: Collection[str], parts: Mapping[int, Bound]) -> tuple[str, ...]:
    """Return a sentence for each map that some tiles have not."""
    said = []
    for name in maps:
        without = [str(number) for number, part in parts.items() if name not in part.maps]
        if without:
            tiles, verb = ("tile", "has") if len(without) == 1 else ("tiles", "have")
            said.append(f"{name} is not in {tiles} {', '.join(without)}, which {verb} the other maps filled alone.")
    return tuple(said)


def _with_constant_channels(parts: Mapping[int, Bound]) -> dict[int, Bound]:
    """Return the tiles with channels that vary in one of them in all whose files have them.

    What a fill of several tiles writes there goes on across their edge.
    """
    done = {}
    for number, part in parts.items():
        maps = dict(part.maps)
        for other in parts.values():
            for name, binding in other.maps.items():
                if name.startswith(EXTRA_PREFIX) and name not in maps:
                    place = _counterpart(binding.places[0], number)
                    maps |= {} if place is None else {name: MapBinding(name, (place,))}
        done[number] = replace(part, maps=maps)
    return done


def _counterpart(place: Place, number: int) -> Place | None:
    """Return the same channels of the same file of another tile; None if there is no such file, or it has them not."""
    path = siblings_of(place.file.path).get(number)
    if path is None:
        return None
    file = probe(path)
    return replace(place, file=file, rect=whole_rect(file)) if file.channels == place.file.channels else None


def _agree(binding: MapBinding, unsure: Mapping[Path, str]) -> tuple[MapBinding, dict[str, str]]:
    """Return normals read alike in all tiles: those of which nothing tells their form or convention as the others.

    Also what is to be said instead of each sentence about one of those.
    """
    forms = [p.channels for p in binding.places if p.channels != PLAIN]
    sure = [p.directx for p in binding.places if p.file.path not in unsure]
    told: dict[str, str] = {}
    places = []
    for place in binding.places:
        if place.channels == PLAIN and forms and len(set(forms)) == 1:
            place = replace(place, channels=forms[0])
        if place.file.path in unsure and sure:
            place = replace(place, directx=all(sure))
            told[unsure[place.file.path]] = ""
        places.append(place)
    return replace(binding, places=tuple(places)), told
