"""A task comes in; the window goes out filled by patches, or by diffusion where that leaves fewer blemishes.

Patches take a second, so they always fill first. Diffusion has its chance where its answer may differ and its cost is
not wasted: torch is installed, the hole is at least `THICK` pixels thick, and the patches' fill can be told from its
surroundings (`blemish`). Of the two fills the one with the lower `blemish` is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from scipy import ndimage

from svbrdf_core.diffusion import DiffusionSettings
from svbrdf_core.methods.diffusion import BRIEF, DIFFUSION
from svbrdf_core.methods.interface import Detail, Filled, Method, Task
from svbrdf_core.methods.patches import jointly
from svbrdf_core.metrics import blemish
from svbrdf_core.patch import PatchSettings

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


def fill(task: Task, settings: AutoSettings) -> Filled:
    """Fill by patches, perhaps by diffusion too, and return the better fill."""

    def early(phase: str, fraction: float, detail: Detail | None = None) -> None:
        task.report(phase, PATCHES * fraction, detail)

    def late(phase: str, fraction: float, detail: Detail | None = None) -> None:
        task.report(phase, PATCHES + (1 - PATCHES) * fraction, detail)

    patches = jointly(replace(task, report=early), settings.patch)
    shown = _blemish(task, patches)
    why = _unneeded(task, shown)
    if why is not None:
        return replace(patches, notes=(*patches.notes, f"Filled by patches alone: {why}."))
    diffusion = DIFFUSION.fill(replace(task, report=late), settings.diffusion)
    better = _blemish(task, diffusion) < shown
    told = "Filled by diffusion and patches" if better else "Filled by patches alone"
    notes = (*patches.notes, *diffusion.notes, f"{told}, the better of both by seam, sharpness and coherence.")
    return replace(diffusion if better else patches, notes=notes)


def _unneeded(task: Task, shown: float) -> str | None:
    """Return why diffusion is not tried on a hole that patches filled with such a blemish; None if it is."""
    missing = DIFFUSION.missing()
    if missing is not None:
        return f"the diffusion cannot be used here ({missing.rstrip('.')})"
    if 2 * ndimage.distance_transform_cdt(task.hole, "chessboard").max() < THICK:
        return f"the hole is thinner than {THICK} pixels"
    if shown < FAULTLESS:
        return "they left nothing to better"
    return None


def _blemish(task: Task, filled: Filled) -> float:
    return blemish(filled.tensor, task.layout, task.hole, tileable=all(task.wrap))


AUTO = Method(
    "auto",
    "patch or diffusion, by their blemishes (ours, joint)",
    fill,
    AutoSettings,
    random=True,
    copies=True,
    traces=True,
    wraps=True,
    compiles=True,
    brief=AutoSettings(diffusion=BRIEF),
)
