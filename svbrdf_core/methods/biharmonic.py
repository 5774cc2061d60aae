"""A task comes in; the window filled by scikit-image's biharmonic surface goes out."""

from __future__ import annotations

import importlib.util

import numpy as np

from svbrdf_core.methods.interface import Filled, Method, NoSettings, Task
from svbrdf_core.methods.values import made_valid, without_hole


def _missing() -> str | None:
    if importlib.util.find_spec("skimage") is not None:
        return None
    return "It needs scikit-image; install it with: pip install 'svbrdf-inpaint[compare]'."


def fill(task: Task, settings: NoSettings) -> Filled:
    """Fill by Damelin and Hoang, "On surface completion and image inpainting by biharmonic functions", 2018."""
    from skimage.restoration import inpaint_biharmonic

    task.report("solving", 0.0)
    known = without_hole(task.tensor, task.hole).astype(np.float64)
    filled = inpaint_biharmonic(known, task.hole, split_into_regions=True, channel_axis=0)
    return Filled(made_valid(np.asarray(filled, np.float32), task))


BIHARMONIC = Method("biharmonic", "biharmonic (scikit-image)", fill, missing=_missing)
