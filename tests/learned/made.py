"""Small libraries that train in seconds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.learned import TASKS, FillerSettings
from svbrdf_core.learned.few_steps import FewStepsTask
from svbrdf_core.learned.library import Exemplar
from svbrdf_core.learned.model_file import make_spec
from svbrdf_core.learned.one_pass import OnePassTask
from svbrdf_core.learning.crops import MaskedPicture
from svbrdf_core.learning.spec import ModelSpec
from svbrdf_core.tensors.layout import ChannelLayout

CHANNELS = ("diffuse.0", "diffuse.1", "diffuse.2", "roughness.0", "height.0")
GROUPS = ((0, 1, 2), (3,), (4,))
TINY = {"crop_size": 32, "width": 4, "batch_size": 4, "train_steps": 3}


def settings(task: str, **more: object) -> FillerSettings:
    return replace(TASKS[task], **{**TINY, **more})  # type: ignore[arg-type]


def exemplar(seed: int = 0, side: int = 64, lacks: tuple[int, ...] = ()) -> Exemplar:
    """Return a material of waves in all maps; the channels that it lacks are 0."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] / side
    wave = np.sin(2 * np.pi * (rng.integers(2, 5) * x + rng.integers(1, 4) * y))
    values = np.stack([wave * (1 + 0.1 * n) + 0.1 * rng.standard_normal((side, side)) for n in range(5)])
    present = np.array([n not in lacks for n in range(5)])
    values[~present] = 0
    names = [name for name, group in zip(("diffuse", "roughness", "height"), GROUPS, strict=True) if present[group[0]]]
    layout = ChannelLayout(tuple(names), tuple(3 if name == "diffuse" else 1 for name in names))
    places = np.where(present, np.cumsum(present) - 1, -1).astype(np.intp)
    known = np.ones((side, side), np.bool_)
    return Exemplar(
        f"waves{seed}",
        MaskedPicture(values.astype(np.float32), known),
        present,
        np.where(present, 0.5, 0).astype(np.float32),
        np.where(present, 0.15, 0).astype(np.float32),
        layout,
        np.full(layout.n_channels, 0.5, np.float32),
        places,
    )


def task_of(wanted: FillerSettings, *exemplars: Exemplar) -> OnePassTask | FewStepsTask:
    kind = FewStepsTask if wanted.few_steps else OnePassTask
    return kind(exemplars or (exemplar(0), exemplar(1, lacks=(4,))), GROUPS, wanted)


def spec_of(wanted: FillerSettings) -> ModelSpec:
    return make_spec(wanted, CHANNELS, 1)


def hole(side: int = 64) -> NDArray[np.bool_]:
    out = np.zeros((side, side), np.bool_)
    out[24:40, 20:42] = True
    return out
