"""One map's values over a region of the material, and edits of such a region, at the map's own size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.material import resample
from svbrdf_core.material.binding import MapBinding, PixelRect, Place
from svbrdf_core.material.store import Patch, Store, gather
from svbrdf_core.material.values import Values, put_values, to_values, unit
from svbrdf_core.tensors.maps import EXTRA_PREFIX, kind_of

_ROWS = 512


@dataclass(frozen=True)
class Frame:
    """A region of a material of ``full_height`` x ``full_width``; with ``wrap`` it may go round the torus."""

    top: int
    left: int
    height: int
    width: int
    full_height: int
    full_width: int
    wrap: bool

    def matches(self, rect: PixelRect) -> bool:
        """Whether a map of this rect has the material's size."""
        return (rect.height, rect.width) == (self.full_height, self.full_width)

    def indices(self) -> tuple[resample.Indices, resample.Indices]:
        """Return the material's rows and columns of the region, wrapped."""
        rows = np.arange(self.top, self.top + self.height) % self.full_height
        return rows, np.arange(self.left, self.left + self.width) % self.full_width


def read_map(store: Store, patches: Sequence[Patch], place: Place, name: str, frame: Frame) -> Values:
    """Return tensor values ``(h, w, c)`` of a map over a region, enlarged if the map is smaller."""
    rect = place.rect
    if frame.matches(rect):
        rows, columns = frame.indices()
        return to_values(gather(store, place.file, patches, rows + rect.top, columns + rect.left), place, name)
    y = resample.taps(frame.top, frame.height, frame.full_height, rect.height, frame.wrap)
    x = resample.taps(frame.left, frame.width, frame.full_width, rect.width, frame.wrap)
    samples = gather(store, place.file, patches, y.needed + rect.top, x.needed + rect.left)
    values = resample.enlarge(to_values(samples, place, name), y, x)
    return unit(values) if kind_of(name) == "normal" else values


def edit_place(
    store: Store, patches: Sequence[Patch], place: Place, name: str, frame: Frame, values: Values, mask: Values
) -> list[Patch]:
    """Return the patches that put ``values`` ``(h, w, c)`` into a place where ``mask`` ``(h, w)`` is above 0."""
    rect = place.rect
    if frame.matches(rect):
        rows, columns = frame.indices()
        alpha = mask
    else:
        halves = _split(frame, rect)
        if halves:
            return _edit_halves(store, patches, place, name, (frame, *halves), values, mask)
        vertical = (frame.top, frame.height, frame.full_height, rect.height)
        horizontal = (frame.left, frame.width, frame.full_width, rect.width)
        rows = resample.find_covered(*vertical) % rect.height
        columns = resample.find_covered(*horizontal) % rect.width
        values, alpha = resample.reduce_edit(values, mask, resample.shares(*vertical), resample.shares(*horizontal))
    rows, columns = rows + rect.top, columns + rect.left
    samples = gather(store, place.file, patches, rows, columns)
    put_values(samples, values, alpha, place, name)
    return [Patch(place.file.path, rows, columns, samples)]


def _split(frame: Frame, rect: PixelRect) -> tuple[Frame, Frame] | None:
    """Halve a region so long that, round the torus, it meets one sample of a smaller map with both ends."""
    if len(resample.find_covered(frame.top, frame.height, frame.full_height, rect.height)) > rect.height:
        half = frame.height // 2
        return replace(frame, height=half), replace(frame, top=frame.top + half, height=frame.height - half)
    if len(resample.find_covered(frame.left, frame.width, frame.full_width, rect.width)) > rect.width:
        half = frame.width // 2
        return replace(frame, width=half), replace(frame, left=frame.left + half, width=frame.width - half)
    return None


def _edit_halves(
    store: Store, patches: Sequence[Patch], place: Place, name: str, frames: tuple[Frame, Frame, Frame],
    values: Values, mask: Values,
) -> list[Patch]:  # fmt: skip
    whole, first, second = frames
    done: list[Patch] = []
    for part in (first, second):
        y, x = part.top - whole.top, part.left - whole.left
        box = np.s_[y : y + part.height, x : x + part.width]
        if mask[box].any():
            done += edit_place(store, [*patches, *done], place, name, part, values[box], mask[box])
    return done


def nonfinite(
    store: Store, patches: Sequence[Patch], bindings: Iterable[MapBinding], height: int, width: int
) -> NDArray[np.bool_] | None:
    """Return where any float map is not finite, at ``(height, width)``; None if none is anywhere."""
    result: NDArray[np.bool_] | None = None
    for place in (p for b in bindings for p in b.places[:1] if p.file.is_float):
        for top in range(0, height, _ROWS):
            rows = np.arange(top, min(top + _ROWS, height))
            y = rows * place.rect.height // height + place.rect.top
            x = np.arange(width) * place.rect.width // width + place.rect.left
            samples = gather(store, place.file, patches, y, x)[:, :, [group[0] for group in place.channels]]
            bad = ~np.isfinite(samples).all(axis=2)
            if bad.any():
                result = np.zeros((height, width), np.bool_) if result is None else result
                result[rows] |= bad
    return result


def alpha_of(store: Store, maps: Mapping[str, MapBinding], frame: Frame) -> Values | None:
    """Return the alpha channel ``(h, w)`` of the first colour map that has one, unless a name says it is another map.

    Alpha that no name speaks of, or that is the opacity, says where the colour is transparent.
    """
    for name in ("basecolor", "diffuse"):
        for place in maps[name].places[:1] if name in maps else ():
            file = place.file
            if "A" not in file.channels:
                continue
            at = file.channels.index("A")
            holders = {
                b.name
                for b in maps.values()
                for p in b.places
                if p.file.path == file.path
                for g in p.channels
                if at in g
            }
            if all(holder == "opacity" or holder.startswith(EXTRA_PREFIX) for holder in holders):
                alpha = Place(file, ((at,),), place.rect)
                return read_map(store, (), alpha, "opacity", frame)[:, :, 0]
    return None
