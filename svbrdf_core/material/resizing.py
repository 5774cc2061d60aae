"""Maps on a canvas of another size: the same files, larger or smaller, with what is new still to be filled."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from svbrdf_core.errors import InputError
from svbrdf_core.formats import RasterInfo, resized
from svbrdf_core.material.binding import MapBinding, PixelRect, Place
from svbrdf_core.material.store import LaidFile, Patch, Store


@dataclass(frozen=True)
class CanvasBox:
    """A canvas as it lies round a picture; what it says holds for each map in proportion.

    Attributes:
        top, left: where the picture's first pixel lies on the canvas; negative if some of it is cut off.
        height, width: of the canvas.
        full_height, full_width: of the picture.
    """

    top: int
    left: int
    height: int
    width: int
    full_height: int
    full_width: int

    def scaled(self, rect: PixelRect) -> PixelRect:
        """Return the canvas in pixels of a map: where that lies on it, and how large it is.

        Raises:
            ValueError: that is no whole number of pixels; see `find_units`.
        """
        down, across = Fraction(rect.height, self.full_height), Fraction(rect.width, self.full_width)
        sizes = [self.top * down, self.left * across, self.height * down, self.width * across]
        if any(size.denominator != 1 for size in sizes):
            raise ValueError("the canvas is no whole number of pixels in every map")
        return PixelRect(*(int(size) for size in sizes))


def find_units(maps: Mapping[str, MapBinding], height: int, width: int) -> tuple[int, int]:
    """Return the pixels, down and across, of which sizes and offsets of a canvas must be multiples.

    A map of half the size has whole pixels at every second one of the material.
    """
    rects = [place.rect for binding in maps.values() for place in binding.places]
    down = math.lcm(*(Fraction(rect.height, height).denominator for rect in rects))
    across = math.lcm(*(Fraction(rect.width, width).denominator for rect in rects))
    return down, across


def lay_on_canvas(
    maps: Mapping[str, MapBinding], store: Store, patches: Sequence[Patch], box: CanvasBox
) -> tuple[dict[str, MapBinding], Store]:
    """Return maps and samples of a material on a canvas of another size, edits included.

    Where the picture is not, the canvas holds it over and over: finite values of its own, which a fill is to replace,
    and constant channels as constant as they were.

    Nothing is decoded before it is asked for.

    Raises:
        InputError: a file has parts that are no maps, or its format cannot be so large.
    """
    rects: dict[Path, set[PixelRect]] = {}
    files = {place.file.path: place.file for binding in maps.values() for place in binding.places}
    for binding in maps.values():
        for place in binding.places:
            rects.setdefault(place.file.path, set()).add(place.rect)
    laid: dict[Path, LaidFile] = {}
    moved: dict[tuple[Path, PixelRect], tuple[RasterInfo, PixelRect]] = {}
    for path, own in rects.items():
        file, parts = files[path], sorted(own, key=lambda rect: (rect.left, rect.top))
        _check_row(file, parts)
        boxes = [box.scaled(rect) for rect in parts]
        info, at = resized(file, boxes[0].height, sum(one.width for one in boxes)), 0
        for rect, one in zip(parts, boxes, strict=True):
            moved[path, rect] = info, PixelRect(0, at, one.height, one.width)
            at += one.width
        rows = (np.arange(boxes[0].height) - boxes[0].top) % parts[0].height
        columns = [
            (np.arange(one.width) - one.left) % rect.width + rect.left for rect, one in zip(parts, boxes, strict=True)
        ]
        laid[path] = LaidFile(store, tuple(patches), file, rows, np.concatenate(columns))
    return {name: _move(binding, moved) for name, binding in maps.items()}, Store(laid=laid)


def _check_row(file: RasterInfo, parts: Sequence[PixelRect]) -> None:
    """Refuse a file that is more than maps side by side.

    Raises:
        InputError: it is.
    """
    at = 0
    for rect in parts:
        if (rect.top, rect.left, rect.height) != (0, at, file.height):
            break
        at += rect.width
    if at != file.width:
        raise InputError(
            f"{file.path.name} holds more than the maps that were found in it, so its size cannot be changed; save its "
            "maps in files of their own."
        )


def _move(binding: MapBinding, moved: Mapping[tuple[Path, PixelRect], tuple[RasterInfo, PixelRect]]) -> MapBinding:
    def move(place: Place) -> Place:
        file, rect = moved[place.file.path, place.rect]
        return replace(place, file=file, rect=rect)

    return MapBinding(binding.name, tuple(move(place) for place in binding.places))
