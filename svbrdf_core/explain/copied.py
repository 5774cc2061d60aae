"""The part of an explanation about copies: where each filled pixel was taken from, drawn and in figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.codec.plain import Json
from svbrdf_core.explain import paint
from svbrdf_core.explain.copies import CopyFigures, count_uses, label_pieces, measure_copies, offsets_of
from svbrdf_core.explain.page import Figure, Section, Table
from svbrdf_core.explain.paint import Bools, Rgb
from svbrdf_core.masks import Mask
from svbrdf_core.material import Material
from svbrdf_core.material.tiling import single
from svbrdf_core.methods import SourceMap
from svbrdf_core.pictures.views import MapView, as_bytes, hole_in, limits, reduce_map, view_whole

SIDE, SMALLEST = 768, 384
"""Longest side of the material in a picture, in pixels: at most, and at least, where pixels are repeated."""
SHOWN, LEAST = 12, 0.005
"""Pieces that are drawn with an arrow: at most so many, of so large a part of the fill."""
BAND = 2**22
"""Samples read at once."""


@dataclass(frozen=True)
class Copied:
    """A fill that copied whole pixels.

    Attributes:
        before, after: the material with the hole, and with it filled.
        mask: ``(H, W)``, the hole.
        allowed: ``(H, W)``, where pixels could be copied from.
        sources: where each came from.
        wraps: whether rows and columns go on at the other side.
    """

    before: Material
    after: Material
    mask: Mask
    allowed: Bools
    sources: SourceMap
    wraps: tuple[bool, bool]

    @property
    def view(self) -> MapView:
        """The whole material, small enough to be seen."""
        return view_whole(self.before.height, self.before.width, SIDE)

    @property
    def times(self) -> int:
        """How often each pixel of the picture is repeated along both sides."""
        return max(1, -(-SMALLEST // max(self.view.shape)))

    @property
    def name(self) -> str:
        """The map that is drawn."""
        return next(iter(self.before.maps))


def explain_copies(copied: Copied) -> Section:
    """Return what the source map of a fill says."""
    found = measure_copies(copied.sources, copied.allowed, copied.wraps)
    levelled = measure_levelling(copied)
    picture = _picture(copied, copied.before)
    figures = (
        _draw_pieces(copied, picture),
        _draw_uses(copied, picture, found),
        _draw_places(copied),
        _draw_offsets(copied, picture),
    )
    data: dict[str, Json] = {"sources": {**found.to_json(), "levelled": levelled}}  # type: ignore[dict-item]
    return Section("Where the pixels come from", _words(found), figures, _tables(found, levelled), data)


def measure_levelling(copied: Copied) -> dict[str, float]:
    """Return by how much each map differs from the copies, the mean over fully filled pixels, in its own units.

    That is what was done after copying: light and colour levelled, the rim eased, normals made unit vectors.
    """
    whole = copied.mask[copied.sources.rows, copied.sources.cols] == 1
    found: dict[str, float] = {}
    for name in copied.before.maps:
        layout = single(copied.before, name).layout
        copies = copied.sources.turn(
            read_pixels(copied.before, name, copied.sources.source_rows, copied.sources.source_cols), layout
        )
        filled = read_pixels(copied.after, name, copied.sources.rows, copied.sources.cols)
        found[name] = float(np.abs(filled - copies)[:, whole].mean()) if whole.any() else 0.0
    return found


def read_pixels(material: Material, name: str, rows: NDArray[np.int32], cols: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return some pixels of a map, ``(C, N)``; it is read in bands, so that any size fits."""
    one = single(material, name)
    out = np.empty((one.layout.n_channels, len(rows)), np.float32)
    height = max(1, BAND // (one.layout.n_channels * material.width))
    for top in range(0, material.height, height):
        of = np.flatnonzero((rows >= top) & (rows < top + height))
        if len(of):
            band = one.window(top, 0, min(height, material.height - top), material.width)
            out[:, of] = band[:, rows[of] - top, cols[of]]
    return out


def _words(found: CopyFigures) -> tuple[str, ...]:
    first = (
        f"{found.pixels:,} pixels were copied from {found.distinct:,} different ones, "
        f"{found.used:.0%} of all that could be copied; the one used most was used {found.most} times."
    )
    second = (
        f"{found.coherence:.1%} of neighbours were neighbours where they came from, too. They make {found.pieces:,} "
        f"pieces; a pixel lies, on average, in one of {found.typical_piece:,.0f} pixels. Half of all came from farther "
        f"than {found.distance:.0f} pixels away."
    )
    return (first, second)


def _tables(found: CopyFigures, levelled: dict[str, float]) -> tuple[Table, ...]:
    regions = tuple(
        (
            f"{chr(ord('A') + number)}: {one.box[2]} × {one.box[3]} at {one.box[0]}, {one.box[1]}",
            f"{one.share:.1%}",
            f"{one.even:.1%}",
            f"{one.share / one.even:.1f}" if one.even else "",
        )
        for number, one in enumerate(found.regions)
    )
    maps = tuple((name, f"{value:.4f}") for name, value in levelled.items())
    return (
        Table(
            "The regions that were used most",
            ("Region", "Share of the fill", "If all were used alike", "Times as much"),
            regions,
        ),
        Table("What was levelled after copying", ("Map", "Mean change, in the map's units"), maps),
    )


def _picture(copied: Copied, material: Material) -> Rgb:
    values = reduce_map(material, copied.name, copied.view)
    low, high = limits(copied.name, values)
    return as_bytes((values - low) / (high - low))


def _shown_hole(copied: Copied) -> Bools:
    return hole_in(copied.mask, copied.view) > 0


def _finish(copied: Copied, drawn: Rgb) -> Rgb:
    """Return a picture of the material large enough, with a line around the hole."""
    out = paint.enlarge(drawn, SMALLEST)
    paint.outline(out, np.kron(_shown_hole(copied), np.ones((copied.times, copied.times), np.bool_)))
    return out


def _on_picture(copied: Copied, rows: NDArray[np.int32], cols: NDArray[np.int32]) -> tuple[NDArray[np.int32], ...]:
    """Return where pixels of the material lie in the picture of it."""
    view = copied.view
    height, width = view.shape
    return np.minimum(rows // view.step, height - 1), np.minimum(cols // view.step, width - 1)


def _draw_pieces(copied: Copied, picture: Rgb) -> Figure:
    sources, size = copied.sources, copied.allowed.shape
    labels, _ = label_pieces(sources, size, copied.wraps)
    sizes = np.bincount(labels)
    drawn, share = paint.dim(picture, 0.75), 0.0
    arrows = []
    largest = [label for label in np.argsort(-sizes, kind="stable")[:SHOWN] if sizes[label] >= LEAST * len(labels)]
    for number, label in enumerate(largest):
        colour = paint.SERIES[number % (len(paint.SERIES) - 1)]
        of = np.flatnonzero(labels == label)
        share += len(of) / len(labels)
        for rows, cols in ((sources.rows, sources.cols), (sources.source_rows, sources.source_cols)):
            where = np.zeros(drawn.shape[:2], np.bool_)
            where[_on_picture(copied, rows[of], cols[of])] = True
            paint.tint(drawn, where, colour, 0.55)
        middle = of[_find_middle(sources.rows[of], sources.cols[of])]
        ends = [
            _on_picture(copied, rows[middle : middle + 1], cols[middle : middle + 1])
            for rows, cols in ((sources.source_rows, sources.source_cols), (sources.rows, sources.cols))
        ]
        start, end = (((float(x[0]) + 0.5) * copied.times, (float(y[0]) + 0.5) * copied.times) for y, x in ends)
        arrows.append((start, end, colour))
    drawn = _finish(copied, drawn)
    caption = (
        f"The largest pieces ({len(largest)} of {len(sizes):,}), {share:.0%} of the fill: each in one colour "
        "where it was taken from and where it was put, with an arrow from the one to the other."
    )
    return Figure("pieces", paint.draw_arrows(drawn, arrows), "Pieces and their sources", caption)


def _find_middle(rows: NDArray[np.int32], cols: NDArray[np.int32]) -> int:
    """Return which pixel is nearest to the mean of all; it lies in the piece, however that is bent."""
    return int(np.argmin((rows - rows.mean()) ** 2 + (cols - cols.mean()) ** 2))


def _draw_uses(copied: Copied, picture: Rgb, found: CopyFigures) -> Figure:
    view, step = copied.view, copied.view.step
    uses = count_uses(copied.sources, copied.allowed.shape)[: view.shape[0] * step, : view.shape[1] * step]
    mean = uses.reshape(view.shape[0], step, view.shape[1], step).mean((1, 3))
    drawn = paint.dim(picture)
    paint.tint(drawn, mean > 0, paint.heat(np.sqrt(mean)), 0.8)
    drawn = _finish(copied, drawn)
    boxes = []
    for number, one in enumerate(found.regions):
        left, top, width, height = (part * copied.times / step for part in one.box)
        boxes.append(((left, top, width, height), f"{chr(ord('A') + number)} {one.share:.0%}"))
    drawn = paint.draw_boxes(drawn, boxes)
    key = paint.heat_key(drawn.shape[1], "0", f"{mean.max():.3g} times")
    caption = (
        "How often each pixel was copied; colours go by the root of it. Boxes are the regions that most of the "
        "fill came from, with its share."
    )
    return Figure("uses", paint.below(drawn, key), "How often each source was used", caption)


def _draw_places(copied: Copied) -> Figure:
    drawn = copied.sources.draw(copied.before.height, copied.before.width)
    step = copied.view.step
    height, width = copied.view.shape
    reduced = _finish(copied, drawn[::step, ::step][:height, :width])
    caption = (
        "In the hole the colour is the place that a pixel came from: the same colour, darker, outside. "
        "An even gradient was copied in one piece."
    )
    return Figure("places", reduced, "The place of each source", caption)


def _draw_offsets(copied: Copied, picture: Rgb) -> Figure:
    sources = copied.sources
    down, right = offsets_of(sources, copied.allowed.shape, copied.wraps)
    longest = float(np.hypot(down, right).max())
    drawn = paint.dim(picture)
    drawn[_on_picture(copied, sources.rows, sources.cols)] = paint.direction_colours(
        down.astype(np.float64), right.astype(np.float64), longest
    )
    drawn = _finish(copied, drawn)
    side = max(24, min(drawn.shape[:2]) // 6)
    ys, xs = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    wheel = paint.direction_colours(ys, xs, 1.0)
    inside = np.hypot(ys, xs) <= 1
    free = not _shown_hole(copied)[-side // copied.times :, -side // copied.times :].any()
    corner = drawn[-side:, -side:] if free else drawn[:side, :side]
    corner[inside] = wheel[inside]
    caption = (
        "In the hole the hue is the direction in which a source lies, as on the wheel, and the colour is the fuller "
        f"the farther it is: at the wheel's rim {longest:.0f} pixels. One colour was copied by one shift."
    )
    return Figure("offsets", drawn, "Direction and distance of each source", caption)
