"""Small pictures and settings that train in a second."""

from __future__ import annotations

import numpy as np

from svbrdf_core.diffusion import DiffusionSettings
from svbrdf_core.diffusion.recipe import RECIPES
from svbrdf_core.learning.crops import MaskedPicture
from svbrdf_core.learning.holes import Bools, Floats
from svbrdf_core.learning.spec import ModelSpec

TINY = DiffusionSettings(train_steps=12, batch_size=2, crop_size=16, width=8, sampling_steps=4, cache=False)
CHANNELS = ("diffuse.0", "roughness.0")


def spec(recipe: str = "ours", width: int = 8, channels: tuple[str, ...] = CHANNELS) -> ModelSpec:
    return RECIPES[recipe].spec(channels, width, 4)


def waves(height: int = 48, width: int = 40) -> Floats:
    """Two channels of unit variance that depend on each other; both go on at the other side."""
    y, x = np.mgrid[:height, :width]
    one = np.sin(2 * np.pi * (x * 4 / width + y * 2 / height))
    two = np.cos(2 * np.pi * (x * 4 / width - y * 4 / height)) + 0.3 * one
    values = np.stack([one, two]).astype(np.float32)
    return np.asarray((values - values.mean((1, 2), keepdims=True)) / values.std((1, 2), keepdims=True), np.float32)


def known(height: int = 48, width: int = 40) -> Bools:
    out = np.ones((height, width), np.bool_)
    out[20:32, 12:26] = False
    return out


def picture(**shape: int) -> MaskedPicture:
    return MaskedPicture(waves(**shape), known(**shape))
