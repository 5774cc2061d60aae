"""The whole fill of a tensor with a hole from its own patches: preparing, matching, copying."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from svbrdf_core.errors import FillError, MaskError
from svbrdf_core.patch.backend import Backend
from svbrdf_core.patch.blend import Space
from svbrdf_core.patch.control import ControlChannels, list_kinds
from svbrdf_core.patch.copying import copy_pixels
from svbrdf_core.patch.cpu_backend.backend import CpuBackend
from svbrdf_core.patch.cpu_backend.kernels import PATCH, R
from svbrdf_core.patch.drafts import draft_guide, estimate_drafts
from svbrdf_core.patch.effort import estimate_copying, estimate_levels, estimate_preparing
from svbrdf_core.patch.features import Features
from svbrdf_core.patch.guidance import GuidedObjective, make_guide
from svbrdf_core.patch.level import Level, build_level, make_room, measure_thickness
from svbrdf_core.patch.objective import Objective, PublishedObjective
from svbrdf_core.patch.orientation import list_orientations, orient, orient_tensor
from svbrdf_core.patch.previews import copy_by_level
from svbrdf_core.patch.richness import RichObjective
from svbrdf_core.patch.solve import ALL_PAIRS, Solver, find_level_of_pieces
from svbrdf_core.patch.types import Bools, Control, Floats, Guidance, Ints, Orientation, PatchFill, PatchSettings
from svbrdf_core.run import Run
from svbrdf_core.tensors.layout import ChannelLayout
from svbrdf_core.tensors.pyramid import Plane, halve
from svbrdf_core.tensors.standardize import Standardizer
from svbrdf_core.tensors.threads import begin, map_in_threads

COARSEST = 32
"""No level is smaller than this on its shorter side, so that enough sources remain."""
FEWEST = 64
"""No level has fewer sources than this, but for the finest, where one is enough."""


def fill(
    tensor: Floats,
    layout: ChannelLayout,
    mask: Floats,
    settings: PatchSettings | None = None,
    *,
    source_mask: Bools | None = None,
    tileable: bool | tuple[bool, bool] = False,
    guidance: Guidance | None = None,
    objective: Objective | None = None,
    control: Control | None = None,
    run: Run | None = None,
) -> PatchFill:
    """Fill the hole by patches of the known region, one source for all channels of a pixel.

    Newson, Almansa, Gousseau, Perez, "Non-Local Patch-Based Image Inpainting", IPOL 2017, on any number of channels;
    `solve` names the changes.

    Args:
        tensor: float32 ``(C, H, W)``; values in the hole are ignored.
        layout: which channels are which map.
        mask: ``(H, W)``, above 0 where to fill.
        settings: see `PatchSettings`.
        source_mask: bool ``(H, W)``, where sources may be taken from besides being known; all of it if None.
        tileable: whether rows and columns wrap, both or each.
        guidance: samples of the hole at a coarse scale, to guide pieces and the choice of a start.
        objective: what is minimised; the mean patch distance, `PublishedObjective`, if None.
        control: what sources should have in common with what they fill; not together with guidance.
        run: progress, cancelling, randomness and device: ``cpu``, or one of torch. ``Run()`` if None.

    Raises:
        MaskError: the hole is empty.
        FillError: the hole or the forbidden region leaves no source patch.
        Cancelled: the run was stopped.
    """
    with threadpool_limits(1, "blas"):  # pools of linear algebra wait for each other as soon as the machine is busy
        return _fill(
            tensor, layout, mask, settings or PatchSettings(), source_mask, tileable, guidance, objective, control, run
        )


def _fill(
    tensor: Floats,
    layout: ChannelLayout,
    mask: Floats,
    settings: PatchSettings,
    source_mask: Bools | None,
    tileable: bool | tuple[bool, bool],
    guidance: Guidance | None,
    objective: Objective | None,
    control: Control | None,
    run: Run | None,
) -> PatchFill:
    known = ~(np.asarray(mask) > 0)
    wrap = tileable if isinstance(tileable, tuple) else (tileable, tileable)
    allowed = np.ones_like(known) if source_mask is None else np.asarray(source_mask, np.bool_)
    turned = settings.rotations or (control is not None and control.turned)
    orientations = list_orientations(turned, settings.mirrors)
    run = run or Run()
    run.report("preparing", 0.0)
    _check_size(known)
    standardizer = Standardizer.measure(tensor, layout, known)
    if control is not None and guidance is not None:
        raise ValueError("a fill follows samples or control maps, not both")
    task = _Task(tensor, layout, standardizer, known, allowed, wrap, orientations, settings, control)
    space = begin(partial(Space.choose, tensor, layout, known, standardizer)) if settings.blend else None
    found = _find_sources(task, guidance, objective, run)
    found.copying.report("copying", 0.0)
    filled = copy_pixels(
        tensor,
        layout,
        found.finest,
        found.rows,
        found.cols,
        orientations,
        found.energy,
        None if space is None else space(),
        None if control is None else list_kinds(control),
    )
    found.copying.report("copying", 1.0)
    return filled


@dataclass(frozen=True)
class _Task:
    """What is filled, and from where."""

    tensor: Floats
    layout: ChannelLayout
    standardizer: Standardizer
    known: Bools
    allowed: Bools
    wrap: tuple[bool, bool]
    orientations: tuple[Orientation, ...]
    settings: PatchSettings
    control: Control | None


@dataclass(frozen=True)
class _Sources:
    """The field ``(H, W)`` of the finest level, whose pictures are gone: copies take as much memory as they did."""

    finest: Level
    rows: Ints
    cols: Ints
    energy: float
    copying: Run


def _find_sources(task: _Task, guidance: Guidance | None, objective: Objective | None, run: Run) -> _Sources:
    """Prepare the levels and search them."""
    settings, standardizer = task.settings, task.standardizer
    backend = backend_for(run.device)
    pyramid, combinations = _build_pyramid(task)
    asks = guidance is not None and len(pyramid) > 1 and len(standardizer.channels) > 0
    stages = _split(run, task, pyramid, guidance if asks else None)
    stages.preparing.report("preparing", 1.0)
    guide = None
    if guidance is not None and asks:
        window = 2 ** _count_levels(task.known, settings)
        features = Features.measure(task.tensor, standardizer, task.known, window, settings.feature_weight)
        plane = Plane(features.combine(np.eye(features.count, dtype=np.float32)), task.known, task.allowed)
        guide = make_guide(plane, len(standardizer.channels), combinations, pyramid, guidance, stages.guiding)
    levels = [backend.prepare(level) for level in pyramid]

    objective = objective or choose_objective(settings)
    chosen = objective if guide is None else GuidedObjective(objective, guide)
    show = partial(copy_by_level, task.tensor, levels, task.orientations)
    solver = Solver(backend, settings, chosen, stages.solving, show)
    indices = solver.begin(levels)
    draft = draft_guide(levels, backend, settings, stages.drafting)
    run.check()
    field, energy = solver.solve(levels, indices, draft, guide)
    rows, cols, _ = backend.numpy(field)
    return _Sources(levels[0].without_pictures(), rows, cols, energy, stages.copying)


@dataclass(frozen=True)
class _Stages:
    """The runs of what a fill does, in turn."""

    preparing: Run
    guiding: Run
    drafting: Run
    solving: Run
    copying: Run


def _split(run: Run, task: _Task, levels: list[Level], guidance: Guidance | None) -> _Stages:
    """Return the parts of a run by the seconds that they take, about."""
    settings = task.settings
    laid_on = find_level_of_pieces(levels) if settings.pieces else -1
    efforts = (
        estimate_preparing(task.tensor, len(task.orientations)),
        0.0 if guidance is None else guidance.seconds,
        estimate_drafts(levels, settings),
        sum(estimate_levels(levels, laid_on, ALL_PAIRS, settings)),
        estimate_copying(levels[0], len(task.tensor)),
    )
    return _Stages(*run.parts(efforts))


def choose_objective(settings: PatchSettings) -> Objective:
    """Return what the settings ask to be minimised."""
    published = PublishedObjective(settings.inherit_below)
    return RichObjective(published, settings.richness) if settings.richness else published


def backend_for(device: str) -> Backend:
    """Return the backend of a device name; torch is imported only for devices other than ``cpu``."""
    if device == "cpu":
        return CpuBackend()
    from svbrdf_core.patch.torch_backend.backend import TorchBackend

    return TorchBackend(device)


def _check_size(known: Bools) -> None:
    if min(known.shape) < PATCH:
        raise FillError(f"The picture is smaller than a patch ({PATCH} pixels); use a larger texture.")
    if known.all():
        raise MaskError("The hole is empty, so there is nothing to fill; paint one.")
    if not known.any():
        raise FillError("The hole covers everything, so there is nothing to copy from; paint less.")


def _build_pyramid(task: _Task) -> tuple[list[Level], Floats]:
    """Return the levels from fine to coarse, and the combinations of the features that they hold."""
    weight, count = task.settings.feature_weight, _count_levels(task.known, task.settings)
    planes: list[Plane] = []
    combinations = np.empty((0, 0), np.float32)
    control: ControlChannels | None = None
    for way in task.orientations:
        oriented_known = np.ascontiguousarray(orient(task.known, way))
        oriented = orient_tensor(task.tensor, task.layout, way)
        features = Features.measure(oriented, task.standardizer, oriented_known, 2**count, weight)
        combinations = features.find_principal() if not planes else combinations
        kept = combinations.shape[1]
        fixed = 0 if task.control is None else len(task.control.labels) + len(task.control.directions)
        room = make_room(features.known.shape, kept + fixed)
        image = room[R:-R, R:-R]
        features.combine(combinations, image[..., :kept])
        if task.control is not None:
            control = control or ControlChannels.of(task.control, image[..., :kept], task.known)
            image[..., kept:] = control.oriented(way)
        planes.append(Plane(image, oriented_known, np.ascontiguousarray(orient(task.allowed, way)), fixed, room))
    built = _build_levels(planes, task.wrap, count)
    few = [not len(one.hole_ys) or len(one.source_ys) < (FEWEST if depth else 1) for depth, one in enumerate(built)]
    levels = built[: few.index(True)] if any(few) else built
    if not levels:
        raise FillError(
            f"No {PATCH} x {PATCH} patch without a hole or forbidden pixel is left to copy from; "
            "paint a smaller hole, forbid less, or leave more room around it."
        )
    return levels, combinations


def _build_levels(planes: list[Plane], wrap: tuple[bool, bool], count: int) -> list[Level]:
    """Return so many levels from fine to coarse, the coarser ones made while the finest is."""

    def build() -> list[Level]:
        return [build_level(planes[0], planes, wrap)]

    def go_on() -> list[Level]:
        return _build_levels([halve(plane) for plane in planes], wrap, count - 1) if count > 1 else []

    finest, others = map_in_threads(lambda part: part(), (build, go_on))
    return finest + others


def _count_levels(known: Bools, settings: PatchSettings) -> int:
    """Return how many levels bring the hole down to a few patches, within what the picture's size allows."""
    deepest = int(math.log2(max(1.0, min(known.shape) / COARSEST))) + 1
    return max(1, min(deepest, max(settings.levels, int(math.log2(max(1.0, measure_thickness(known) / PATCH))))))
