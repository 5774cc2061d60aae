"""A material and a mask come in; the material with its hole filled goes out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from svbrdf_core import masks
from svbrdf_core.device import resolve
from svbrdf_core.errors import MaskError
from svbrdf_core.inpainting.engine import fill_by, suited
from svbrdf_core.inpainting.windows import Window, coordinates, plan
from svbrdf_core.masks import Mask
from svbrdf_core.material import Material
from svbrdf_core.methods import FillResult, InpaintProblem, Method, SourceMap
from svbrdf_core.methods.sources import joined
from svbrdf_core.patch import ready
from svbrdf_core.run import Progress, Run


@dataclass(frozen=True)
class Fill:
    """One result for one hole.

    Attributes:
        material: the material with the hole filled; nothing is written until it is saved.
        sources: where each filled pixel was copied from; None if the method does not copy all channels of a pixel
            from one place.
        energy: how badly the fill fits its surroundings (the patch methods: mean squared distance of the hole's
            patches to their sources, in variances of the maps); of several variations by one method, the lowest is the
            most coherent. None if the method cannot tell.
        seconds: the time the fill took, reading included.
        notes: sentences for the user.
    """

    material: Material
    sources: SourceMap | None
    energy: float | None
    seconds: float
    notes: tuple[str, ...]


def inpaint(
    material: Material,
    mask: ArrayLike,
    *,
    method: str | Method = "patch",
    seed: int = 0,
    settings: object = None,
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
        method: one of `svbrdf_core.methods.names`, or a method itself.
        seed: of all randomness; the same seed on the same device gives the same fill.
        settings: of the method (`PatchSettings` for the patch methods); its defaults if None.
        forbid: ``(H, W)``, above 0 where nothing may be copied from.
        tileable: the material is a torus: holes and sources go on across its edges.
        device: ``auto``, ``cpu``, ``cuda``, ``mps``.
        on_progress: called from time to time in this thread.
        should_stop: asked often; when it says yes the fill stops within one step.

    Raises:
        InputError: unknown method or device, a method whose tool is not installed, or one that cannot forbid.
        MaskError: the mask is empty, full, of the wrong shape, or leaves NaN or infinite values outside.
        FillError: what is known and allowed holds no patch to copy, or the method failed.
        Cancelled: ``should_stop`` said yes.
        TypeError: the settings are another method's.
    """
    started = time.perf_counter()
    chosen = suited(method, settings, forbids=forbid is not None)
    where = resolve(device)
    size = (material.height, material.width)
    hole, notes = masks.check(np.asarray(mask, np.float32), size)
    allowed = masks.source_mask(hole, None if forbid is None else np.asarray(forbid, np.float32))
    run = Run(where, np.random.default_rng(0), on_progress or (lambda progress: None), should_stop or (lambda: False))
    if chosen.traits(settings).compiles and not ready(where):
        run.report("compiling the kernels (first use only, about 20 seconds)", 0.0)
    grown = _grown(hole, material, tileable)
    left = grown.copy()
    parts: list[tuple[FillResult, float]] = []
    windows = plan(grown, tileable)
    areas = [sum(piece.height * piece.width for piece in window.pieces) for window in windows]
    before = np.cumsum([0, *areas]) / sum(areas)
    repaired = material
    for number, window in enumerate(windows):
        values = repaired.window(*_corners(window), wrap=tileable)
        _check_finite(values, window.context.take(left))
        inside = window.context.take(left) > 0
        problem = InpaintProblem(
            tensor=values,
            layout=material.layout,
            hole=inside,
            allowed=window.context.take(allowed),
            wrap=window.wrap,
            corner=(window.context.top, window.context.left),
            size=size,
        )
        part = run.part(
            float(before[number]),
            float(before[number + 1]),
            generator=np.random.default_rng([seed, number]),
            show=partial(_drawn, repaired, window, hole, inside, tileable),
        )
        filled = fill_by(chosen, problem, settings, part)
        written = _written(window, left)
        weight = window.context.take(hole) * written
        weight[~np.isfinite(values).all(0) & (weight > 0)] = 1  # there is nothing there to blend with
        repaired = repaired.with_window(filled.tensor, weight, window.context.top, window.context.left, wrap=tileable)
        parts.append((_placed(filled, window, size, weight > 0), float(np.count_nonzero(weight))))
    run.report("done", 1.0)
    sources = [part.sources for part, _ in parts if part.sources is not None]
    return Fill(
        repaired,
        joined(sources) if len(sources) == len(parts) else None,
        _mean_energy(parts),
        time.perf_counter() - started,
        (*notes, *run.notes),
    )


def _drawn(
    material: Material,
    window: Window,
    hole: Mask,
    inside: NDArray[np.bool_],
    tileable: bool,
    values: NDArray[np.float32],
) -> Material:
    """Return the material with a window's values in the hole, as a preview."""
    weight = window.context.take(hole) * inside
    return material.with_window(values, weight, window.context.top, window.context.left, wrap=tileable)


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


def _placed(filled: FillResult, window: Window, size: masks.Size, written: NDArray[np.bool_]) -> FillResult:
    """Return what was filled with its sources in the picture's own pixels, of those pixels that are written."""
    found = filled.sources
    if found is None:
        return filled
    rows, cols = coordinates(window.context, size)
    kept = written[found.rows, found.cols]
    sources = SourceMap(
        rows[found.rows[kept]].astype(np.int32),
        cols[found.cols[kept]].astype(np.int32),
        rows[found.source_rows[kept] % len(rows)].astype(np.int32),
        cols[found.source_cols[kept] % len(cols)].astype(np.int32),
        found.turn[kept],
        found.turns,
    )
    return replace(filled, sources=sources)


def _mean_energy(parts: list[tuple[FillResult, float]]) -> float | None:
    """Return the mean energy a pixel, None if one part has none."""
    energies = [(part.energy, pixels) for part, pixels in parts if part.energy is not None]
    if len(energies) < len(parts):
        return None
    return sum(energy * pixels for energy, pixels in energies) / sum(pixels for _, pixels in energies)
