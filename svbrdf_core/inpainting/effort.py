"""The seconds that filling and saving take, about, by which the progress of a repair is told."""

from __future__ import annotations

import numpy as np

from svbrdf_core.inpainting.prepare import Prepared

START, PIXEL = 2.0, 2.6e-5
"""A fill from patches, and a pixel of its hole."""
TRAINING = 70.0
"""More that a method takes which trains."""
SAVED = 5e-8
"""Encoding and writing a value of the material."""


def estimate_stages(prepared: Prepared, variations: int) -> tuple[float, float]:
    """Return the seconds that all fills take, and saving them."""
    material = prepared.canvas.material
    trains = prepared.method.traits(prepared.settings).trains
    filling = START + PIXEL * np.count_nonzero(prepared.canvas.mask) + TRAINING * trains
    saving = SAVED * material.height * material.width * material.layout.n_channels
    return float(filling) * variations, saving * variations
