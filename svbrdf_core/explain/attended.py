"""The part of an explanation about attention: how much of it falls in the hole, and how far from its rim.

After an analysis of RePaint's network, whose attention in the masked region was measured by block and by step, and the
distance of the quarter of the patches that gets most of it from the mask's rim; beside each stands what it would be if
attention were uniform.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from svbrdf_core.codec.plain import Json
from svbrdf_core.explain import charts, paint
from svbrdf_core.explain.charts import Series, percent
from svbrdf_core.explain.moments import Moment
from svbrdf_core.explain.page import Figure, Section, Table
from svbrdf_core.explain.shown import group_steps, name_step

if TYPE_CHECKING:
    from svbrdf_core.diffusion.checkpoints.attention import AttendedLayer

LEAST = 160
"""Pixels of the longer side of a picture of a layer, at least."""
DRAWN = 4
"""Layers that are drawn."""


@dataclass(frozen=True)
class AttentionFigures:
    """One layer at one step: the mean of the passes of all samples.

    Attributes:
        step, count, noise: see `Moment`.
        layer: its name in the network.
        size: rows and columns of its patches.
        in_hole: share of all attention that falls in the hole.
        from_hole: share of the attention of the hole's own patches that does.
        uniform: both, if attention were uniform: the hole's share of the picture.
        distance: pixels from the rim of the hole to the most attended quarter of the patches, the mean; None if patches
            are too large to tell.
        uniform_distance: the same of all patches.
    """

    step: int
    count: int
    noise: float
    layer: str
    size: tuple[int, int]
    in_hole: float
    from_hole: float
    uniform: float
    distance: float | None
    uniform_distance: float | None

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON."""
        return {
            "step": self.step, "steps": self.count, "noise": self.noise, "layer": self.layer, "size": list(self.size),
            "in_hole": self.in_hole, "in_hole_from_hole": self.from_hole, "in_hole_uniform": self.uniform,
            "distance": self.distance, "distance_uniform": self.uniform_distance,
        }  # fmt: skip


def measure_layers(moments: Sequence[Moment]) -> list[AttentionFigures]:
    """Return the figures of each layer, in the order of the passes, at one step."""
    first = moments[0]
    passes = [one for moment in moments for one in moment.passes]
    noise = float(np.mean([moment.noise for moment in moments]))
    return [_measure_layer(first, noise, layers) for layers in zip(*passes, strict=True)]


def _measure_layer(first: Moment, noise: float, layers: Sequence[AttendedLayer]) -> AttentionFigures:
    pairs = [
        (float(distances[layer.most_attended()].mean()), float(distances.mean()))
        for layer in layers
        if (distances := layer.distances()) is not None
    ]
    near, even = (float(np.mean(values)) for values in zip(*pairs, strict=True)) if pairs else (None, None)
    return AttentionFigures(
        first.number,
        first.count,
        noise,
        layers[0].name,
        (layers[0].hole.shape[0], layers[0].hole.shape[1]),
        float(np.mean([layer.in_hole for layer in layers])),
        float(np.mean([layer.in_hole_from_hole for layer in layers])),
        float(np.mean([layer.uniform for layer in layers])),
        near,
        even,
    )


def explain_attention(moments: Sequence[Moment]) -> Section:
    """Return where the layers of attention of a network looked."""
    steps = [step for step in group_steps(moments) if any(moment.passes for moment in step)]
    found = [measure_layers(step) for step in steps]
    figures = [_draw_shares(found), _draw_over_time(found), _draw_blocks(found)]
    if any(one.distance is not None for one in found[0]):
        figures += [_draw_distances(found), _draw_law(steps)]
    figures.append(_draw_received(steps))
    data: dict[str, Json] = {"attention": [one.to_json() for step in found for one in step]}
    return Section("Where the network attends", _words(found), tuple(figures), (_table(found),), data)


def _words(found: Sequence[Sequence[AttentionFigures]]) -> tuple[str, ...]:
    every = [one for step in found for one in step]
    share, uniform, own = (
        float(np.mean([getattr(one, name) for one in every])) for name in ("in_hole", "uniform", "from_hole")
    )
    told = (
        f"Layers of attention: {len(found[0])}, recorded at {len(found)} steps. {percent(share)} of the attention "
        f"fell in the hole, of that of the hole's own patches {percent(own)}; uniform attention would be "
        f"{percent(uniform)}, the hole's share of what the network is shown."
    )
    pairs = [(one.distance, one.uniform_distance) for one in every if one.distance and one.uniform_distance]
    if not pairs:
        return (told,)
    near, even = np.mean(pairs, 0)
    return told, (
        f"The quarter of the patches that got most attention lay {near:.1f} pixels from the hole's rim on average; "
        f"all patches lie {even:.1f} pixels from it."
    )


def _labels(found: Sequence[AttentionFigures]) -> list[str]:
    return [f"{number}" for number in range(1, len(found) + 1)]


def _draw_shares(found: Sequence[Sequence[AttentionFigures]]) -> Figure:
    values = np.array([[one.in_hole / one.uniform for one in step] for step in found]).T
    rows = [f"{number}: {one.layer}, {one.size[0]} x {one.size[1]}" for number, one in enumerate(found[0], 1)]
    columns = [f"{step[0].noise:.2f}" for step in found]
    pixels = charts.draw_table(values, rows, columns, "layer \\ noise", "{:.2f}".format)
    caption = (
        "The share of attention in the hole over what it would be if attention were uniform: below 1, what is known "
        "gets more than its part. From left to right the noise falls."
    )
    return Figure("attention", pixels, "Attention in the hole, by layer and step", caption)


def _draw_over_time(found: Sequence[Sequence[AttentionFigures]]) -> Figure:
    xs = [step[0].step for step in found]
    lines = [
        Series(name, xs, [float(np.mean([getattr(one, field) for one in step])) for step in found], field == "uniform")
        for name, field in (("all patches", "in_hole"), ("the hole's own", "from_hole"), ("uniform", "uniform"))
    ]
    pixels = charts.draw_lines(lines, "step", "attention in the hole", percent)
    caption = "The mean of all layers; the first step is almost nothing but noise."
    return Figure("attention-by-step", pixels, "Attention in the hole, by step", caption)


def _draw_blocks(found: Sequence[Sequence[AttentionFigures]]) -> Figure:
    layers = list(zip(*found, strict=True))
    values = [float(np.mean([one.in_hole for one in layer])) for layer in layers]
    marks = [float(np.mean([one.uniform for one in layer])) for layer in layers]
    titles = ("attention in the hole", "mean of all steps", "uniform")
    pixels = charts.draw_bars(_labels(found[0]), values, marks, titles, percent)
    return Figure("attention-by-layer", pixels, "Attention in the hole, by layer", "Layers in the order of a pass.")


def _draw_distances(found: Sequence[Sequence[AttentionFigures]]) -> Figure:
    layers = [layer for layer in zip(*found, strict=True) if layer[0].distance is not None]
    names = [f"{number}" for number, layer in enumerate(zip(*found, strict=True), 1) if layer[0].distance is not None]
    values = [float(np.mean([one.distance or 0 for one in layer])) for layer in layers]
    marks = [float(np.mean([one.uniform_distance or 0 for one in layer])) for layer in layers]
    titles = ("pixels from the rim", "most attended quarter", "all patches")
    pixels = charts.draw_bars(names, values, marks, titles, "{:g}".format)
    caption = "How far the quarter of the patches that gets most attention is from the hole's rim, by layer."
    return Figure("attention-distance", pixels, "Distance from the rim", caption)


def _draw_law(steps: Sequence[Sequence[Moment]]) -> Figure:
    """Draw the distribution of distances in the layers of the smallest patches, as far as there are any."""
    layers = [layer for step in steps for moment in step for one in moment.passes for layer in one]
    finest = min(layer.stride for layer in layers if layer.distances() is not None)
    most: list[float] = []
    every: list[float] = []
    for layer in layers:
        distances = layer.distances() if layer.stride == finest else None
        if distances is not None:
            most.extend(distances[layer.most_attended()])
            every.extend(distances.ravel())
    edges = np.arange(0, max(every) + finest, finest)
    lines = [
        Series(name, list(edges[:-1] + finest / 2), list(np.histogram(values, edges)[0] / len(values)), name == "all")
        for name, values in (("most attended", most), ("all", every))
    ]
    pixels = charts.draw_lines(lines, "pixels from the rim", "share of patches", percent)
    caption = f"Of the layers of {finest:g} × {finest:g} pixels a patch, at all steps: the finest that there are."
    return Figure("attention-law", pixels, "How patches are distributed by distance", caption)


def _draw_received(steps: Sequence[Sequence[Moment]]) -> Figure:
    shown: list[tuple[str, paint.Rgb]] = []
    for step in steps:
        first = next(moment for moment in step if moment.passes)
        layers = sorted(enumerate(first.passes[0], 1), key=lambda pair: pair[1].stride)[:DRAWN]
        side = max(max(layer.hole.shape) for _, layer in layers)
        side = -(-LEAST // side) * side
        for number, layer in sorted(layers, key=lambda pair: pair[0]):
            picture = paint.enlarge(paint.heat(np.sqrt(layer.received)), side)
            times = picture.shape[0] // layer.hole.shape[0]
            inside = np.kron(layer.hole >= 0.5, np.ones((times, times), np.bool_))
            paint.outline(picture, inside)
            canvas = np.zeros((side, side, 3), np.uint8)
            height, width = min(side, picture.shape[0]), min(side, picture.shape[1])
            canvas[:height, :width] = picture[:height, :width]
            shown.append((f"{number}, noise {first.noise:.2f}", canvas))
    caption = "How much attention each patch gets in the finest layers, in the first pass of each step, with the hole."
    across = len(shown) // len(steps)
    return Figure("attention-received", paint.side_by_side(shown, across), "Where attention goes", caption)


def _table(found: Sequence[Sequence[AttentionFigures]]) -> Table:
    rows = tuple(
        (
            name_step(one.step, one.count, one.noise),
            one.layer,
            f"{one.size[0]} × {one.size[1]}",
            f"{one.in_hole:.1%}",
            f"{one.from_hole:.1%}",
            f"{one.uniform:.1%}",
            "" if one.distance is None else f"{one.distance:.1f}",
            "" if one.uniform_distance is None else f"{one.uniform_distance:.1f}",
        )
        for step in found
        for one in step
    )
    head = (
        "Step", "Layer", "Patches", "In the hole", "Of the hole's own", "Uniform", "Most attended, pixels from the rim",
        "All patches",
    )  # fmt: skip
    return Table("Each layer at each step", head, rows)
