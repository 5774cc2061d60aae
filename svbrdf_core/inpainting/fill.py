"""The fill of a hole in all maps of a canvas, window by window, each by one call of a method."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svbrdf_core import masks, patch
from svbrdf_core.device import resolve
from svbrdf_core.inpainting.blocks import plan_fill
from svbrdf_core.inpainting.call import call_method, find_suitable_method
from svbrdf_core.inpainting.examples import Example, begin_by_example, check_examples, lay_beside
from svbrdf_core.inpainting.former import Former
from svbrdf_core.inpainting.guides import Guides
from svbrdf_core.inpainting.posing import Hole, find_unknown, pose_window, take_off, weigh
from svbrdf_core.inpainting.previews import look_first, show_window
from svbrdf_core.inpainting.windows import FillWindow, coordinates
from svbrdf_core.masks import Mask
from svbrdf_core.material.canvas import Canvas
from svbrdf_core.material.rolled import Rolled
from svbrdf_core.methods import FillResult, InpaintProblem, Method, SourceMap
from svbrdf_core.methods.sources import join_sources
from svbrdf_core.run import Run
from svbrdf_core.tensors.torus import find_gap

C = TypeVar("C", bound=Canvas)
BEGINNING = 1 << 32
"""In the seed of what a canvas without anything known begins with; windows count from 0."""
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Fill(Generic[C]):
    """One result for one hole.

    Attributes:
        canvas: the canvas with the hole filled, a `Material` if that was given; nothing is written until it is saved.
        sources: where each filled pixel was copied from; None if the method does not copy all channels of a pixel
            from one place.
        energy: how badly the fill fits its surroundings (the patch methods: mean squared distance of the hole's
            patches to their sources, in variances of the maps); of several variations by one method, the lowest is the
            most coherent. None if the method cannot tell.
        seconds: the time the fill took, reading included.
        notes: sentences for the user.
    """

    canvas: C
    sources: SourceMap | None
    energy: float | None
    seconds: float
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Part:
    """What is told of one window that was filled; its values lie on the canvas, and are not kept twice.

    Attributes:
        sources: where its pixels come from, in the canvas's own; None if that cannot be told.
        energy: see `FillResult`.
        pixels: that were written.
    """

    sources: SourceMap | None
    energy: float | None
    pixels: float


def inpaint(
    canvas: C,
    mask: ArrayLike,
    *,
    method: str | Method = "patch",
    seed: int = 0,
    settings: object = None,
    forbid: ArrayLike | None = None,
    tileable: bool | tuple[bool, bool] = False,
    examples: Sequence[Example] = (),
    block: int | None = None,
    guides: Guides | None = None,
    former: Former | None = None,
    device: str = "auto",
    run: Run | None = None,
) -> Fill[C]:
    """Fill a hole in all maps of a material by one joint decision.

    Args:
        canvas: what to repair, a `Material` or anything that is read and edited like one; it is not changed.
        mask: ``(H, W)`` of the canvas's size, 0..1 or bool: above 0 is the hole, values between blend with what was
            there. A mask of another size but the same aspect is resampled, with a note.
        method: one of `svbrdf_core.methods.names`, or a method itself.
        seed: of all randomness; the same seed on the same device gives the same fill.
        settings: of the method (`PatchSettings` for the patch methods); its defaults if None.
        forbid: ``(H, W)``, above 0 where nothing may be copied from.
        tileable: the canvas is a torus: holes and sources go on across its edges; of a pair, across the upper and
            lower edge, and across the left and right one.
        examples: what may be copied from besides, with the canvas's maps; then the mask may cover everything.
        block: the longest side of what is filled at once, for large unknown areas around what is known
            (`svbrdf_core.inpainting.blocks`); None to fill together what is near to each other.
        guides: what the fill follows besides its surroundings, at the canvas's size.
        former: a fill of the hole that is varied, as far as it says; None to fill anew.
        device: ``auto``, ``cpu``, ``cuda``, ``mps``.
        run: told how far the fill is, and asked often whether it should stop; its device and random numbers are not
            used.

    Raises:
        InputError: unknown method or device, a method whose tool is not installed, one that cannot forbid, be guided or
            vary a fill, or an example or a former fill without the canvas's maps.
        MaskError: the mask is empty, full, of the wrong shape, or leaves NaN or infinite values outside.
        FillError: what is known and allowed holds no patch to copy, or the method failed.
        Cancelled: the run was stopped.
        TypeError: the settings are another method's.
    """
    started = time.perf_counter()
    chosen = find_suitable_method(
        method, settings, forbids=forbid is not None, guided=guides is not None, copies=bool(examples),
        varied=former is not None,
    )  # fmt: skip
    if former is not None:
        former.check(canvas)
    hole, notes = _check_hole(canvas, np.asarray(mask, np.float32), forbid, examples, seed)
    wrap = tileable if isinstance(tileable, tuple) else (tileable, tileable)
    # What goes round one axis alone, or has an example beside it, is no torus to a method.
    rolls = wrap[0] != wrap[1] or (any(wrap) and bool(examples))
    hole = replace(hole, tileable=all(wrap) and not rolls, block=block, guides=guides, former=former)
    outer = Run() if run is None else run
    run = replace(outer, device=resolve(device), notes=list(notes))
    if not examples:
        run.report("preparing", 0.0, preview=partial(look_first, canvas, hole))
    if chosen.traits(settings).compiles and not patch.is_compiled(run.device):
        run.report("compiling the kernels (first use only, about ten seconds)", 0.0)
        patch.compile_kernels(run)
        run.report("preparing", 0.0, timed=False)
    if rolls:
        filled, parts = _fill_rolled(canvas, hole, wrap, chosen, settings, run)
    else:
        filled, parts = _fill_windows(canvas, hole, chosen, settings, run)
    run.report("done", 1.0)
    for note in run.notes:
        outer.note(note)
    sources = [part.sources for part in parts if part.sources is not None]
    return Fill(
        filled,
        join_sources(sources) if len(sources) == len(parts) else None,
        _mean_energy(parts),
        time.perf_counter() - started,
        tuple(run.notes),
    )


def _check_hole(
    canvas: Canvas, mask: Mask, forbid: ArrayLike | None, examples: Sequence[Example], seed: int
) -> tuple[Hole, tuple[str, ...]]:
    """Return the hole of a canvas, which may be all of it if there are examples, and notes for the user."""
    check_examples(examples, canvas.layout)
    absent = canvas.absent()
    weight, notes = masks.check(mask, (canvas.height, canvas.width), may_cover=bool(examples))
    weight = weight if absent is None else weight * ~absent
    forbidden = None if forbid is None else np.asarray(forbid, np.float32)
    allowed = masks.source_mask(weight, forbidden, absent, may_cover=bool(examples))
    return Hole(weight, allowed, absent, False, seed, examples), notes


def _fill_rolled(
    canvas: C, hole: Hole, wrap: tuple[bool, bool], method: Method, settings: object, run: Run
) -> tuple[C, list[_Part]]:
    """Fill the hole of a canvas that goes on across its edges, with these in the middle of a plain one.

    The canvas is rolled, so that the edges are where least of the hole is.
    """
    top, left = (find_gap((hole.weight > 0).sum(1 - axis)) if wrap[axis] else 0 for axis in (0, 1))
    rolled = Rolled(canvas, top, left)
    guides = None if hole.guides is None else hole.guides.rolled(top, left)
    former = None if hole.former is None else hole.former.rolled(top, left)
    weight, allowed = rolled.roll(hole.weight), rolled.roll(hole.allowed)
    lying = replace(hole, weight=weight, allowed=allowed, guides=guides, former=former)
    filled, parts = _fill_windows(rolled, lying, method, settings, run.part(0, 1, show=lambda shown: shown.inner))
    return filled.inner, [replace(part, sources=_moved_back(part.sources, rolled)) for part in parts]


def _moved_back(found: SourceMap | None, rolled: Rolled[C]) -> SourceMap | None:
    """Return sources in the pixels of the inner canvas."""
    if found is None:
        return None
    size = rolled.height, rolled.width
    rows, source_rows = ((at + rolled.top) % size[0] for at in (found.rows, found.source_rows))
    cols, source_cols = ((at + rolled.left) % size[1] for at in (found.cols, found.source_cols))
    return replace(found, rows=rows, cols=cols, source_rows=source_rows, source_cols=source_cols)


def _fill_windows(canvas: C, hole: Hole, method: Method, settings: object, run: Run) -> tuple[C, list[_Part]]:
    """Fill the hole window by window; each sees what the windows before it have filled."""
    left = find_unknown(canvas, hole)
    parts: list[_Part] = []
    if hole.examples and left.all():
        labels = None if hole.guides is None else hole.guides.labels
        beginning = np.random.default_rng([hole.seed, BEGINNING])
        canvas = begin_by_example(canvas, hole.examples, left, beginning, labels)
    windows = plan_fill(left, hole.tileable, hole.absent, hole.block)
    for number, (window, start, stop) in enumerate(_shares(windows)):
        pose = pose_window(canvas, hole, window, left)
        context = window.context
        generator = np.random.default_rng([hole.seed, number])
        show = partial(show_window, canvas, hole, pose, windows[number + 1 :], left)
        part = run.part(start, stop, generator=generator, show=show)
        guides = None
        if hole.guides is not None:
            guides = hole.guides.taken(*coordinates(context, (canvas.height, canvas.width)))
        result = _fill_problem(pose.problem, guides, hole.examples, method, settings, part)
        result = replace(result, tensor=pose.share.put(result.tensor, pose.values))
        weight = weigh(context.take(hole.weight) * take_off(window, left) * pose.problem.hole, pose.values)
        canvas = canvas.with_window(result.tensor, weight, context.top, context.left, wrap=hole.tileable)
        sources = _place_sources(result.sources, window, (canvas.height, canvas.width), weight > 0)
        parts.append(_Part(sources, result.energy, float(np.count_nonzero(weight))))
    return canvas, parts


def _fill_problem(
    problem: InpaintProblem, guides: Guides | None, examples: Sequence[Example], method: Method, settings: object,
    run: Run,
) -> FillResult:  # fmt: skip
    """Fill a window by a method, by guides and from examples beside it if there are any."""
    if not examples:
        return call_method(method, _guided(problem, guides), settings, run)
    own = (slice(None), *(slice(size) for size in problem.hole.shape))
    beside, guides = lay_beside(problem, guides, examples, run.generator)
    filled = call_method(method, _guided(beside, guides), settings, run.part(0, 1, show=lambda tensor: tensor[own]))
    # Where pixels come from is told in those of the canvas, of which an example has none.
    return replace(filled, tensor=filled.tensor[own], sources=None)


def _guided(problem: InpaintProblem, guides: Guides | None) -> InpaintProblem:
    if guides is None:
        return problem
    return replace(problem, control=guides.control(problem.tensor, problem.layout, problem.hole))


def _shares(windows: list[FillWindow]) -> Iterator[tuple[FillWindow, float, float]]:
    """Yield each window with the fractions of the work that are done when it begins and ends."""
    areas = [sum(piece.height * piece.width for piece in window.pieces) for window in windows]
    ends = np.cumsum([0, *areas]) / sum(areas)
    for window, start, stop in zip(windows, ends, ends[1:], strict=False):
        yield window, float(start), float(stop)


def _place_sources(found: SourceMap | None, window: FillWindow, size: masks.Size, written: Bools) -> SourceMap | None:
    """Return sources in the canvas's own pixels, of those pixels that are written."""
    if found is None:
        return None
    rows, cols = coordinates(window.context, size)
    kept = written[found.rows, found.cols]
    return SourceMap(
        rows[found.rows[kept]].astype(np.int32),
        cols[found.cols[kept]].astype(np.int32),
        rows[found.source_rows[kept] % len(rows)].astype(np.int32),
        cols[found.source_cols[kept] % len(cols)].astype(np.int32),
        found.orientation[kept],
        found.orientations,
    )


def _mean_energy(parts: list[_Part]) -> float | None:
    """Return the mean energy a pixel, None if one part has none."""
    energies = [(part.energy, part.pixels) for part in parts if part.energy is not None]
    if len(energies) < len(parts):
        return None
    return sum(energy * pixels for energy, pixels in energies) / sum(pixels for _, pixels in energies)
