"""The part of an explanation about influence: which values decide the middle of the hole, at several steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from svbrdf_core.codec.plain import Json
from svbrdf_core.explain import charts, paint
from svbrdf_core.explain.charts import Series, percent
from svbrdf_core.explain.moments import Bools, Floats, Moment, find_middle
from svbrdf_core.explain.page import Figure, Section, Table
from svbrdf_core.explain.paint import Rgb
from svbrdf_core.explain.shown import group_steps, name_step, show_known

LEAST = 200
"""Pixels of the longer side of a picture of a window, at least."""


@dataclass(frozen=True)
class InfluenceFigures:
    """What influences the pixel in the middle of a hole at one step, the mean of the samples.

    Attributes:
        step, count: number of the step, and of all.
        noise: see `Moment`.
        in_hole: share of the influence that values in the hole have, which are noise and what was made of it.
        from_known: share that known values have where the network is given them as such, beside the noisy picture.
        half, most: within how many pixels, of those that are sampled, half and 95 % of the influence lie.
        between: of the influence on each map, the shares of all maps.
    """

    step: int
    count: int
    noise: float
    in_hole: float
    from_known: float
    half: float
    most: float
    between: dict[str, dict[str, float]]

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON."""
        return {
            "step": self.step, "steps": self.count, "noise": self.noise, "in_hole": self.in_hole,
            "outside": 1 - self.in_hole, "from_known": self.from_known, "radius_half": self.half,
            "radius_95": self.most, "between_maps": self.between,
        }  # fmt: skip


def measure_distances(size: tuple[int, ...], at: tuple[int, int], wrap: tuple[bool, bool]) -> Floats:
    """Return how far each pixel ``(h, w)`` is from one, across the edges where these meet."""
    sides = []
    for length, where, goes_on in zip(size, at, wrap, strict=True):
        apart = np.abs(np.arange(length) - where)
        sides.append(np.minimum(apart, length - apart) if goes_on else apart)
    return np.asarray(np.hypot(sides[0][:, None], sides[1][None, :]), np.float32)


def find_radius(weights: Floats, distances: Floats, share: float) -> float:
    """Return within what distance so large a share of all weights lies."""
    order = np.argsort(distances.ravel(), kind="stable")
    summed = np.cumsum(weights.ravel()[order].astype(np.float64))
    number = min(int(np.searchsorted(summed, share * summed[-1])), len(order) - 1)
    return float(distances.ravel()[order][number])


def measure_step(moments: Sequence[Moment]) -> InfluenceFigures:
    """Return the figures of one step, from the same step of each sample."""
    in_hole, from_known, half, most = np.mean([_measure(moment) for moment in moments], 0).tolist()
    first = moments[0]
    names = list(dict.fromkeys(map(map_of, first.channels)))
    between = np.mean([_between_maps(moment, names) for moment in moments], 0)
    return InfluenceFigures(
        first.number,
        first.count,
        float(np.mean([moment.noise for moment in moments])),
        in_hole,
        from_known,
        half,
        most,
        {of: dict(zip(names, map(float, row), strict=True)) for of, row in zip(names, between, strict=True)},
    )


def map_of(channel: str) -> str:
    """Return the map of a channel such as ``normal.0``."""
    return channel.rpartition(".")[0]


def _measure(moment: Moment) -> tuple[float, float, float, float]:
    assert moment.influence is not None
    weights = moment.influence.on_pixels()
    distances = measure_distances(moment.hole.shape, moment.influence.at, moment.wrap)
    half, most = (find_radius(weights, distances, share) for share in (0.5, 0.95))
    return float(weights[moment.hole].sum()), moment.influence.of_known(), half, most


def _between_maps(moment: Moment, names: list[str]) -> Floats:
    """Return the share of each map (columns) in the influence on each (rows)."""
    assert moment.influence is not None
    shares = moment.influence.between_channels()
    of = np.array([[map_of(channel) == name for channel in moment.channels] for name in names], np.float32)
    return np.asarray((of / of.sum(1, keepdims=True)) @ shares @ of.T, np.float32)


def explain_influence(moments: Sequence[Moment]) -> Section:
    """Return what influenced the middle of the hole."""
    steps = group_steps(moments)
    found = [measure_step(step) for step in steps]
    figures = (_draw_maps(steps), _draw_reach(steps), _draw_between(found))
    rows = tuple(
        (
            name_step(one.step, one.count, one.noise),
            percent(one.in_hole),
            percent(1 - one.in_hole),
            percent(one.from_known),
            f"{one.half:.1f}",
            f"{one.most:.1f}",
        )
        for one in found
    )
    head = (
        "Step", "In the hole", "Outside", "Given as known", "Half within, pixels", "95 % within, pixels",
    )  # fmt: skip
    table = Table("Influence on the pixel in the middle of the hole", head, rows)
    return Section("What the network looks at", _words(steps, found), figures, (table,), {"influence": [
        one.to_json() for one in found
    ]})  # fmt: skip


def _words(steps: Sequence[Sequence[Moment]], found: Sequence[InfluenceFigures]) -> tuple[str, ...]:
    height, width = steps[0][0].hole.shape
    first = (
        "The gradient of the network's answer in the middle of the hole with respect to every value that it is given: "
        f"its effective receptive field, in the {width} × {height} pixels that are sampled. They are coarser than the "
        "material's unless the network fills the hole itself. Noise is the share of it in the noisy picture."
    )
    begin, end = found[0], found[-1]
    second = (
        f"At the first step {percent(1 - begin.in_hole)} of the influence comes from outside the hole and half of it "
        f"from within {begin.half:.0f} pixels, at the last {percent(1 - end.in_hole)} and {end.half:.0f}."
    )
    return first, second


def _draw_maps(steps: Sequence[Sequence[Moment]]) -> Figure:
    top: list[tuple[str, Rgb]] = []
    under: list[tuple[str, Rgb]] = []
    for step in steps:
        first = step[0]
        alike = [moment for moment in step if moment.hole.shape == first.hole.shape]
        weights = np.mean([one.influence.on_pixels() for one in alike if one.influence is not None], 0)
        word = name_step(first.number, first.count, first.noise)
        top.append((word, _draw_heat(first, weights, np.ones_like(first.hole))))
        under.append(("known pixels alone", _draw_heat(first, weights, ~first.hole)))
    caption = (
        "Above, how strongly each pixel influences the middle of the hole (the root of its share, so that little is "
        "seen too); below, known pixels alone, brightest where the strongest of them are."
    )
    pixels = paint.side_by_side([*top, *under], len(top))
    return Figure("influence", pixels, "What decides the middle of the hole", caption)


def _draw_heat(moment: Moment, weights: Floats, where: Bools) -> Rgb:
    picture = paint.dim(show_known(moment))
    shown = np.sqrt(np.where(where, weights, 0))
    strength = shown / max(float(shown.max()), 1e-12)
    colours = paint.heat(strength)
    opacity = np.clip(2.5 * strength, 0, 1)[..., None]
    picture = np.rint((1 - opacity) * picture + opacity * colours).astype(np.uint8)
    paint.outline(picture, moment.hole)
    picture[find_middle(moment.hole)] = paint.RIM
    return paint.enlarge(picture, LEAST)


def _draw_reach(steps: Sequence[Sequence[Moment]]) -> Figure:
    series = []
    for step in steps:
        first = step[0]
        assert first.influence is not None
        distances = measure_distances(first.hole.shape, first.influence.at, first.wrap)
        weights = first.influence.on_pixels()
        edges = np.arange(0, float(distances.max()) + 1)
        within = [float(weights[distances <= edge].sum()) for edge in edges]
        series.append(Series(f"noise {first.noise:.2f}", list(edges), within))
    pixels = charts.draw_lines(series, "pixels from the middle", "influence within", percent)
    caption = "How much of the influence lies within a distance, of the first sample."
    return Figure("reach", pixels, "How far the network looks", caption)


def _draw_between(found: Sequence[InfluenceFigures]) -> Figure:
    one = found[len(found) // 2]
    names = list(one.between)
    values = np.array([[one.between[of][by] for by in names] for of in names])
    pixels = charts.draw_table(values, names, names, "of \\ by", percent)
    caption = (
        f"At {name_step(one.step, one.count, one.noise)}: of what influences each map (row), the share that each map "
        "has (column). Shares off the diagonal are what a joint decision looks at and one map alone could not."
    )
    return Figure("between-maps", pixels, "Which map influences which", caption)
