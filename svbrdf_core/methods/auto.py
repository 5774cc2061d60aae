"""The method `auto`: patches, or diffusion where that leaves fewer blemishes.

Patches take a second, so they always fill first. Diffusion has its chance where its answer may differ and its cost is
not wasted: torch is installed, the hole is at least `THICK` pixels thick, and the patches' fill can be told from its
surroundings (`blemish`). Of the two fills the one with the lower `blemish` is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from scipy import ndimage

from svbrdf_core.diffusion import PRESETS, DiffusionSettings
from svbrdf_core.methods.diffusion import DIFFUSION, WARMUP
from svbrdf_core.methods.interface import FillResult, InpaintProblem, Method, Traits
from svbrdf_core.methods.patches import fill_jointly
from svbrdf_core.metrics import blemish
from svbrdf_core.patch import PatchSettings
from svbrdf_core.run import Run

THICK = 32
"""Pixels; thinner holes leave no structure to decide, their two sides do."""
FAULTLESS = 0.15
"""A fill with less blemish than this is not tried to be bettered."""
PATCHES = 0.05
"""The part of the time that patches take, about."""


@dataclass(frozen=True)
class AutoSettings:
    """The settings of the two methods.

    Attributes:
        patch: of the patches.
        diffusion: of the diffusion.
    """

    patch: PatchSettings = field(default_factory=PatchSettings)
    diffusion: DiffusionSettings = field(default_factory=DiffusionSettings)


def fill(problem: InpaintProblem, settings: AutoSettings, run: Run) -> FillResult:
    """Fill by patches, perhaps by diffusion too, and return the better fill."""
    patches = fill_jointly(problem, settings.patch, run.part(0, PATCHES))
    shown = _blemish(problem, patches)
    why = _reason_to_skip(problem, shown)
    if why is not None:
        run.note(f"Filled by patches alone: {why}.")
        return patches
    diffusion = DIFFUSION.fill(problem, settings.diffusion, run.part(PATCHES, 1))
    better = _blemish(problem, diffusion) < shown
    outcome = "Filled by diffusion and patches" if better else "Filled by patches alone"
    run.note(f"{outcome}, the better of both by seam, patches and coherence.")
    return diffusion if better else patches


def _traits(settings: AutoSettings) -> Traits:
    """Return what holds for either of the two fills."""
    return replace(DIFFUSION.traits(settings.diffusion), varies=False)


def _check_files(settings: AutoSettings) -> None:
    if DIFFUSION.missing() is None:
        DIFFUSION.check_files(settings.diffusion)


def _reason_to_skip(problem: InpaintProblem, shown: float) -> str | None:
    """Return why diffusion is not tried on a hole that patches filled with such a blemish; None if it is."""
    missing = DIFFUSION.missing()
    if missing is not None:
        return f"the diffusion cannot be used here ({missing.rstrip('.')})"
    if 2 * ndimage.distance_transform_cdt(problem.hole, "chessboard").max() < THICK:
        return f"the hole is thinner than {THICK} pixels"
    if shown < FAULTLESS:
        return "they left nothing to better"
    return None


def _blemish(problem: InpaintProblem, filled: FillResult) -> float:
    return blemish(filled.tensor, problem.layout, problem.hole, tileable=all(problem.wrap))


AUTO = Method(
    "auto",
    "patch or diffusion, by their blemishes (ours, joint)",
    fill,
    AutoSettings,
    _traits,
    check_files=_check_files,
    presets={name: AutoSettings(diffusion=settings) for name, settings in PRESETS.items()},
    warmup_settings=AutoSettings(diffusion=WARMUP),
)
