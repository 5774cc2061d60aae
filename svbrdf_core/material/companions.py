"""The channels of a material's files that no name speaks of, filled along as data beside the maps.

A height in the alpha of a normal map, a fourth map behind an ORM, the blue of a mask map, the opacity in the alpha of a
base colour: where such a channel varies, the hole is damage in it too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from svbrdf_core.formats import RasterInfo
from svbrdf_core.material import content
from svbrdf_core.material.bind import Claim
from svbrdf_core.material.binding import MapBinding, Place, whole_rect
from svbrdf_core.material.layers import layers_of
from svbrdf_core.material.store import Store
from svbrdf_core.sentences import Remedy, Sentence
from svbrdf_core.tensors.maps import EXTRA_PREFIX

_WIDEST = 4


@dataclass
class Companions:
    """What is beside the maps.

    Attributes:
        maps: channels that are filled along, as maps.
        left_out: names of those that a choice of maps leaves as they are.
        notes: sentences for the user about both.
    """

    maps: dict[str, MapBinding] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def companions(
    store: Store,
    maps: Mapping[str, MapBinding],
    others: Mapping[str, Sequence[Claim]],
    only: Collection[str] | None,
    stem: Callable[[Path], str],
) -> Companions:
    """Return the varying channels of a material's files that hold none of its maps.

    Args:
        store: gives the samples of files.
        maps: the maps that are filled.
        others: claims of maps that are left as they are.
        only: names of the maps that are wanted, among them those of such channels; None for all.
        stem: what a file is called in the names of such channels.
    """
    found = Companions()
    files = {p.file.path: p.file for b in maps.values() for p in b.places}
    if only is not None:
        asked = [name.removeprefix(EXTRA_PREFIX) for name in only if name not in maps]
        files |= {
            c.file.path: c.file
            for g in others.values()
            for c in g
            if any(a.startswith(stem(c.file.path)) for a in asked)
        }
    taken = _taken(maps, others)
    for path, file in files.items():
        rest = [c for c in range(len(file.channels)) if c not in taken[path]]
        samples = store.samples(file) if rest else None
        varying = [c for c in rest if samples is not None and content.varies(samples[:, :, c])]
        if varying and _is_divided(maps, path):
            found.notes.append(f"{file.path.name}: {_channels(file, varying)} is left as it is, beside the tiles.")
            continue
        for group in _groups(file, varying):
            _add(found, file, group, only, stem(path))
    return found


def _add(found: Companions, file: RasterInfo, group: tuple[int, ...], only: Collection[str] | None, stem: str) -> None:
    name = f"{EXTRA_PREFIX}{stem}.{_last_part(file, group)}"
    name = name if name not in found.maps else f"{EXTRA_PREFIX}{stem}{file.path.suffix}.{_last_part(file, group)}"
    told = f"{file.path.name}: {_channels(file, group)}, which no name gives to a map,"
    if only is not None and name not in only:
        found.left_out.append(name)
        found.notes.append(Sentence(f"{told} is not chosen and left as it is", _choose(name, f"choose {name} too")))
        return
    found.maps[name] = MapBinding(name, (Place(file, tuple((c,) for c in group), whole_rect(file)),))
    if only is None:
        found.notes.append(Sentence(f"{told} is filled along as {name}", _choose(name, "choose the other maps alone")))


def _choose(name: str, words: str) -> Remedy:
    return Remedy("channels", words, {"map": name})


def _taken(maps: Mapping[str, MapBinding], others: Mapping[str, Sequence[Claim]]) -> dict[Path, set[int]]:
    """Return the channels of each file that hold a map, be it filled or not."""
    taken: dict[Path, set[int]] = {}
    for place in (p for b in maps.values() for p in b.places):
        taken.setdefault(place.file.path, set()).update(c for group in place.channels for c in group)
    for claim in (c for group in others.values() for c in group):
        taken.setdefault(claim.file.path, set()).update(claim.channels)
    return taken


def _groups(file: RasterInfo, channels: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield channels that belong together: those of one layer of an EXR, each for itself elsewhere."""
    for layer, members in layers_of(file).items():
        kept = [c for c in members if c in channels]
        size = _WIDEST if layer else 1
        yield from (tuple(kept[at : at + size]) for at in range(0, len(kept), size))


def _last_part(file: RasterInfo, group: tuple[int, ...]) -> str:
    names = [file.channels[c] for c in group]
    layer, dot, _ = names[0].rpartition(".")
    return names[0] if len(names) == 1 else layer + dot + "".join(name.removeprefix(layer + dot) for name in names)


def _channels(file: RasterInfo, group: Sequence[int]) -> str:
    names = [file.channels[c] for c in group]
    return f"channel{'s' * (len(names) > 1)} {', '.join(names)}"


def _is_divided(maps: Mapping[str, MapBinding], path: Path) -> bool:
    """Whether a file holds maps side by side, as a strip."""
    places = (p for b in maps.values() for p in b.places if p.file.path == path)
    return any(p.rect != whole_rect(p.file) for p in places)
