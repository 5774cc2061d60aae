"""A correction of copied pixels that levels steps of light and colour between copied pieces and at the rim.

Within a piece nothing should change, across a join the pieces should meet (`joins`); the correction is the screened
least-squares answer to these demands (Perez et al. 2003, "Poisson image editing"), with weights that let it end at the
material's own edges, so that a stone may change its colour but does not bleed into the mortar. Demands are averaged,
not the answer: a smoothed answer leaves a ridge beside every true step. Colours are moved in proportion, by their
logarithm, as light would move them: black stays black.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.patch.copies import Copies
from svbrdf_core.patch.flats import Palette, list_sample
from svbrdf_core.patch.joins import Join, measure_joins
from svbrdf_core.patch.rim import ease_rim
from svbrdf_core.patch.types import Bools, Floats, Ints
from svbrdf_core.tensors.layout import ChannelLayout
from svbrdf_core.tensors.maps import EXTRA_PREFIX, kind_of, spec_of
from svbrdf_core.tensors.multigrid import Graph, solve_graph
from svbrdf_core.tensors.sparse import Neighbours, list_neighbours
from svbrdf_core.tensors.standardize import Standardizer
from svbrdf_core.tensors.threads import map_in_threads
from svbrdf_core.tensors.torus import find_span

SCREEN = 1e-4
"""Weight of "no correction" against one edge: a step is levelled out over about 1 / sqrt(SCREEN) = 100 pixels."""
EDGE = 0.05
USUAL = 0.5
"""A source's squared step, over all maps, in standard deviations, passes less on from EDGE^2 + USUAL * median; so a
smooth material stops a correction at its faintest lines, and a grainy one does not stop it everywhere."""
DARK = 0.1
"""Added to colours, as stored, before their logarithm, so that noise near black does not count."""
WAYS = {(0, 1): 0, (0, -1): 1, (1, 0): 2, (-1, 0): 3}
"""The column of a graph for each direction; the opposite of an even one is the next."""


Kinds = NDArray[np.int64]


@dataclass(frozen=True)
class Space:
    """The channels that are levelled, in the units in which they are.

    Attributes:
        channels: intp ``(K,)``, which of the tensor's.
        scale: float32 ``(K, 1)``, their standard deviation in these units.
        logs: bool ``(K,)``, whether the unit is a ratio.
        groups: slices of the K channels that belong to one map.
        palettes: the colours of each of these maps.
    """

    channels: NDArray[np.intp]
    scale: Floats
    logs: Bools
    groups: tuple[slice, ...]
    palettes: tuple[Palette, ...]

    @classmethod
    def choose(cls, tensor: Floats, layout: ChannelLayout, known: Bools, standardizer: Standardizer) -> Space:
        """Leave out what does not vary, what may be labels (extra channels), and masks of two values."""
        channels: list[int] = []
        scales: list[float] = []
        logs: list[bool] = []
        groups: list[slice] = []
        palettes: list[Palette] = []
        flat, sample = tensor.reshape(len(tensor), -1), list_sample(known)
        chosen = [standardizer.channels[group] for group in standardizer.groups]
        looks = map_in_threads(lambda of: Palette(flat[of[:, None], sample]), chosen)
        for group, of, palette in zip(standardizer.groups, chosen, looks, strict=True):
            name = next(name for name in layout.names if layout.slice_of(name).start == of[0])
            if name.startswith(EXTRA_PREFIX) or palette.is_mask:
                continue
            is_colour = spec_of(name).encoding == "srgb"
            slope = 1 / (float(standardizer.mean[group].mean()) + DARK) if is_colour else 1.0
            groups.append(slice(len(channels), len(channels) + len(of)))
            channels += of.tolist()
            scales += (standardizer.scale[group] * slope).tolist()
            logs += [is_colour] * len(of)
            palettes.append(palette)
        scale = np.array(scales, np.float32)[:, None]
        return cls(np.array(channels, np.intp), scale, np.array(logs, np.bool_), tuple(groups), tuple(palettes))

    def enter(self, values: Floats) -> Floats:
        """Return values ``(C, n)`` of all channels as ``(n, K)`` in these units."""
        out = np.empty((values.shape[1], len(self.channels)), np.float32)
        for k, channel in enumerate(self.channels):
            value = values[channel]
            if self.logs[k]:
                value = np.log(np.maximum(value, 0) + np.float32(DARK))
            np.divide(value, self.scale[k], out=out[:, k])
        return out

    def move(self, values: Floats, correction: Floats) -> Floats:
        """Return the chosen channels ``(K, n)`` of values ``(C, n)``, moved by a correction ``(n, K)``."""
        by = correction.T * self.scale
        moved = values[self.channels]
        moved[~self.logs] += by[~self.logs]
        moved[self.logs] = (moved[self.logs] + np.float32(DARK)) * np.exp(by[self.logs]) - np.float32(DARK)
        return moved


def level_copies(
    tensor: Floats,
    layout: ChannelLayout,
    space: Space,
    known: Bools,
    ys: Ints,
    xs: Ints,
    copies: Copies,
    kinds: Kinds | None = None,
) -> Floats:
    """Return the hole's pixels ``(C, N)``, corrected, within the range of what is known and of the copies, normals of
    unit length.

    Args:
        tensor: float32 ``(C, H, W)``, already filled by the copies.
        layout: which channels are which map.
        space: which channels are levelled, and how.
        known: bool ``(H, W)``.
        ys: ``(N,)``, rows of the hole's pixels.
        xs: their columns.
        copies: where they come from.
        kinds: ``(H, W)``, a number for each pixel; between different ones a step is as it should be.
    """
    values = tensor[:, ys, xs]
    if not len(space.channels):
        return values
    graph, right = _set_up(tensor, known, ys, xs, copies, space, kinds)
    moved = space.move(values, solve_graph(graph, right)[0])
    by = moved - values[space.channels]

    def goes_on(which: NDArray[np.intp], dy: int, dx: int) -> Floats:
        return np.asarray(copies.values(dy, dx, which)[space.channels] + by[:, which])

    moved = ease_rim(tensor, space.channels, moved, ys, xs, known, copies.wrap, space.groups, goes_on)
    low, high = np.array([(tensor[channel].min(), tensor[channel].max()) for channel in space.channels]).T[..., None]
    moved = np.clip(moved, low, high)
    for group, palette in zip(space.groups, space.palettes, strict=True):
        if not palette.is_smooth:
            moved[group] = palette.keep(moved[group], values[space.channels[group]], graph.near)
    values[space.channels] = moved
    for name in (name for name in layout.names if kind_of(name) == "normal"):
        at = layout.slice_of(name)
        values[at] /= np.maximum(np.linalg.norm(values[at], axis=0), 1e-6)
    return values


def _set_up(
    tensor: Floats, known: Bools, ys: Ints, xs: Ints, copies: Copies, space: Space, kinds: Kinds | None
) -> tuple[Graph, Floats]:
    """Return the equations: the graph, and the right side ``(N, K)``."""
    spans = [find_span((~known).any(1 - axis), wrap=copies.wrap[axis]) for axis in (0, 1)]
    rows, cols = ((at - span[0]) % size for at, span, size in zip((ys, xs), spans, known.shape, strict=True))
    count = len(ys)
    graph = Graph(
        rows,
        cols,
        np.full((count, 4), count, np.int32),
        np.zeros((count, 4), np.float32),
        np.full(count, SCREEN, np.float32),
    )
    right = np.zeros((count, len(space.channels)), np.float32)
    meeting = _Meeting(tensor, known, copies, space, rows, cols, copies.label_pieces(rows, cols))
    for near in list_neighbours(~known, copies.wrap):
        way = WAYS[near.dy, near.dx]
        inner = near.second >= 0
        if way % 2 == 0 and inner.any():
            first, second = near.first[inner], near.second[inner]
            rise, weight = meeting.within(first, second, near.dy, near.dx)
            if kinds is not None:
                weight *= kinds[ys[first], xs[first]] == kinds[ys[second], xs[second]]
            graph.near[first, way], graph.near[second, way + 1] = second, first
            graph.weight[first, way] = graph.weight[second, way + 1] = weight
            right[first] -= weight[:, None] * rise
            right[second] += weight[:, None] * rise
        if not inner.all():
            first = near.first[~inner]
            rise, weight = meeting.at_rim(near, ~inner)
            if kinds is not None:
                weight *= kinds[ys[first], xs[first]] == kinds[near.ys[~inner], near.xs[~inner]]
            graph.held[first] += weight
            right[first] -= weight[:, None] * rise
    return graph, right


@dataclass(frozen=True)
class _Meeting:
    """What the pieces of a hole say of the edges between its pixels, and to those around it."""

    tensor: Floats
    known: Bools
    copies: Copies
    space: Space
    rows: Ints
    cols: Ints
    pieces: NDArray[np.intp]

    def within(self, first: NDArray[np.intp], second: NDArray[np.intp], dy: int, dx: int) -> tuple[Floats, Floats]:
        """Return how far each second pixel should rise ``(E, K)``, and the weight of that ``(E,)``."""
        rise = np.zeros((len(first), len(self.space.channels)), np.float32)
        weight = np.ones(len(first), np.float32)
        size = self.steps[dy, dx][first]
        at = np.flatnonzero(self.pieces[first] != self.pieces[second])
        if len(at):
            ours = np.stack([self._look(first[at], t * dy, t * dx) for t in (-1, 0, 1, 2)])
            theirs = np.stack([self._look(second[at], t * dy, t * dx) for t in (-2, -1, 0, 1)])
            size[at] = (size[at] + np.square(theirs[2] - theirs[1]).sum(1)) / 2
            excess = (ours[1:3] - theirs[1:3]).mean(0)
            pair = self.pieces[first[at]] * (self.pieces.max() + 1) + self.pieces[second[at]]
            along = (self.rows if dx else self.cols)[first[at]]
            valid = np.ones(ours.shape[:2], np.bool_)
            join = Join(
                ours, theirs, valid, _find_grain([*_list_steps(ours), *_list_steps(theirs)]), excess, pair, along
            )
            rise[at], weight[at] = measure_joins(join, self.space.groups)
        return rise, weight * self._weigh(size)

    def at_rim(self, near: Neighbours, which: Bools) -> tuple[Floats, Floats]:
        """Return by how much known pixels lie below our pieces there ``(E, K)``, and the weight of that ``(E,)``."""
        first, dy, dx = near.first[which], near.dy, near.dx
        (height, width), wrap = self.known.shape, self.copies.wrap
        rows, cols = near.ys[which] + dy, near.xs[which] + dx
        further = ((rows >= 0) & (rows < height) | wrap[0]) & ((cols >= 0) & (cols < width) | wrap[1])
        rows, cols = rows % height, cols % width
        further &= self.known[rows, cols]
        beside = self.space.enter(self.tensor[:, near.ys[which], near.xs[which]])
        beyond = np.where(further[:, None], self.space.enter(self.tensor[:, rows, cols]), beside)
        ours = np.stack([self._look(first, t * dy, t * dx) for t in (0, 1, 2)])
        theirs = np.stack([beside, beyond])
        steps = _list_steps(ours)
        join = Join(
            ours[1:],
            theirs,
            np.stack([np.ones_like(further), further]),
            _find_grain([*steps, *_list_steps(theirs)]),
            ours[1] - beside,
            self.pieces[first],
            (self.rows if dx else self.cols)[first],
        )
        rise, weight = measure_joins(join, self.space.groups)
        return rise, weight * self._weigh(np.square(steps[0]).sum(1))

    @cached_property
    def steps(self) -> dict[tuple[int, int], Floats]:
        """The squared steps ``(N,)`` of all pixels' sources, to the right and down."""
        every, ways = np.arange(len(self.rows)), ((0, 1), (1, 0))
        here = self._look(every, 0, 0)
        sizes = map_in_threads(lambda way: np.square(self._look(every, *way) - here).sum(1), ways)
        return dict(zip(ways, sizes, strict=True))

    @cached_property
    def limit(self) -> np.float32:
        """The squared step of a source above which an edge belongs to the material: seen from what is usual here."""
        return np.float32(EDGE**2 + USUAL * np.median(np.concatenate(list(self.steps.values()))))

    def _weigh(self, size: Floats) -> Floats:
        weight: Floats = (1 / (1 + (size / self.limit) ** 2)).astype(np.float32)
        return weight

    def _look(self, which: NDArray[np.intp], dy: int, dx: int) -> Floats:
        return self.space.enter(self.copies.values(dy, dx, which))


def _list_steps(values: Floats) -> list[Floats]:
    return list(np.diff(values, axis=0))


def _find_grain(steps: Sequence[Floats]) -> Floats:
    """Return the largest squared step of each edge and channel."""
    largest: Floats = np.square(np.stack(steps)).max(0)
    return largest
