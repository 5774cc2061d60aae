"""A material and a mask come in; the material with its hole filled goes out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svbrdf_core import masks
from svbrdf_core.device import resolve
from svbrdf_core.errors import InputError, MaskError
from svbrdf_core.inpainting.sources import SourceMap, joined
from svbrdf_core.inpainting.windows import Window, coordinates, plan
from svbrdf_core.masks import Mask
from svbrdf_core.material import Material
from svbrdf_core.patch import FillResult, PatchSettings, fill, ready

METHODS: tuple[str, ...] = ("patch",)
"""The names `inpaint` takes as ``method``."""


@dataclass(frozen=True)
class Progress:
    """How far a fill is.

    Attributes:
        phase: what is being done, in words.
        fraction: of the whole job, 0 to 1.
    """

    phase: str
    fraction: float


@dataclass(frozen=True)
class Fill:
    """One result for one hole.

    Attributes:
        material: the material with the hole filled; nothing is written until it is saved.
        sources: where each filled pixel was copied from.
        energy: mean squared distance of the hole's patches to their sources, in variances of the maps; of several
            variations, the lowest is the most coherent.
        seconds: the time the fill took, reading included.
        notes: sentences for the user.
    """

    material: Material
    sources: SourceMap
    energy: float
    seconds: float
    notes: tuple[str, ...]


def inpaint(
    material: Material,
    mask: ArrayLike,
    *,
    method: str = "patch",
    seed: int = 0,
    settings: PatchSettings | None = None,
    forbid: ArrayLike | None = None,
    tileable: bool = False,
    device: str = "auto",
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Fill:
    """Fill a hole in all maps of a material by one joint decision.

    Args:
        material: what to repair; it is not changed.
        mask: ``(H, W)`` of the material's size, 0..1 or bool: above 0 is the hole, values between blend with what was
            there. A mask of another size but the same aspect is resampled, with a note.
        method: one of `METHODS`.
        seed: of all randomness; the same seed on the same device gives the same fill.
        settings: of the method; its defaults if None.
        forbid: ``(H, W)``, above 0 where nothing may be copied from.
        tileable: the material is a torus: holes and sources go on across its edges.
        device: ``auto``, ``cpu``, ``cuda``, ``mps``.
        on_progress: called from time to time in this thread.
        should_stop: asked often; when it says yes the fill stops within one step.

    Raises:
        InputError: unknown method or device.
        MaskError: the mask is empty, full, of the wrong shape, or leaves NaN or infinite values outside.
        FillError: what is known and allowed holds no patch to copy.
        Cancelled: ``should_stop`` said yes.
    """
    started = time.perf_counter()
    if method not in METHODS:
        raise InputError(f"There is no method {method!r}; choose one of: {', '.join(METHODS)}.")
    where = resolve(device)
    size = (material.height, material.width)
    hole, notes = masks.check(np.asarray(mask, np.float32), size)
    allowed = masks.source_mask(hole, None if forbid is None else np.asarray(forbid, np.float32))
    report = on_progress or (lambda progress: None)
    if not ready(where):
        report(Progress("compiling the kernels (first use only, about 20 seconds)", 0.0))
    grown = _grown(hole, material, tileable)
    left = grown.copy()
    parts: list[tuple[SourceMap, float]] = []
    windows = plan(grown, tileable)
    areas = [sum(piece.height * piece.width for piece in window.pieces) for window in windows]
    before = np.cumsum([0, *areas]) / sum(areas)
    repaired = material
    for number, window in enumerate(windows):

        def told(phase: str, fraction: float, number: int = number) -> None:
            report(Progress(phase, float(before[number] + fraction * (before[number + 1] - before[number]))))

        values = repaired.window(*_corners(window), wrap=tileable)
        _check_finite(values, window.context.take(left))
        result = fill(
            values,
            material.layout,
            window.context.take(left),
            settings,
            source_mask=window.context.take(allowed),
            tileable=window.wrap,
            generator=np.random.default_rng([seed, number]),
            device=where,
            on_progress=told,
            should_stop=should_stop,
        )
        written = _written(window, left)
        weight = window.context.take(hole) * written
        weight[~np.isfinite(values).all(0) & (weight > 0)] = 1  # there is nothing there to blend with
        repaired = repaired.with_window(result.tensor, weight, window.context.top, window.context.left, wrap=tileable)
        parts.append((_placed(result, window, size, weight > 0), result.energy))
    report(Progress("done", 1.0))
    counts = np.array([len(part.rows) for part, _ in parts], np.float64)
    energy = float(np.dot(counts, [energy for _, energy in parts]) / counts.sum())
    return Fill(repaired, joined([part for part, _ in parts]), energy, time.perf_counter() - started, tuple(notes))


def _corners(window: Window) -> tuple[int, int, int, int]:
    return window.context.top, window.context.left, window.context.height, window.context.width


def _grown(hole: Mask, material: Material, tileable: bool) -> Mask:
    """Return the hole as the engine must see it: larger by what smaller maps smear of it when they are enlarged."""
    ratio = max(max(material.height / m.height, material.width / m.width) for m in material.maps.values())
    return hole if ratio <= 1 else masks.grow(hole, int(np.ceil(1.5 * ratio)), tileable=tileable)


def _check_finite(values: NDArray[np.float32], hole: Mask) -> None:
    bad = int(np.count_nonzero(~np.isfinite(values).all(0) & ~(hole > 0)))
    if bad:
        raise MaskError(
            f"{bad} pixels round the hole are NaN or infinite; fill them too by adding the mask 'nan', "
            "or repair the file."
        )


def _written(window: Window, left: Mask) -> NDArray[np.bool_]:
    """Return where in the window this step writes, and take it off what is left."""
    height, width = left.shape
    context = window.context
    ours = np.zeros((context.height, context.width), np.bool_)
    for piece in window.pieces:
        rows, cols = coordinates(piece, (height, width))
        left[np.ix_(rows, cols)] = 0
        ours[np.ix_((rows - context.top) % height, (cols - context.left) % width)] = True
    return ours


def _placed(result: FillResult, window: Window, size: masks.Size, written: NDArray[np.bool_]) -> SourceMap:
    rows, cols = coordinates(window.context, size)
    kept = written[result.rows, result.cols]
    return SourceMap(
        rows[result.rows[kept]].astype(np.int32),
        cols[result.cols[kept]].astype(np.int32),
        rows[result.source_rows[kept] % len(rows)].astype(np.int32),
        cols[result.source_cols[kept] % len(cols)].astype(np.int32),
        result.turn[kept],
        result.turns,
    )
