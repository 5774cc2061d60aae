"""Hammered copper: overlapping blows of a round hammer, polished ridges, dark patina in the bowls."""

from __future__ import annotations

import numpy as np

from svbrdf_core.example.noise import blur, cell_bowls, grid, noise, smoothstep
from svbrdf_core.example.surface import ExampleSurface, mix, palette

BLOWS = 11
"""Blows along one side of the tile."""


def hammered(size: int, rng: np.random.Generator) -> ExampleSurface:
    """Build the sheet, ``size`` pixels a side, in the base colour and metallic workflow."""
    x, y = grid(size)
    x = x + 0.004 * noise(size, rng, 2, 10)
    y = y + 0.004 * noise(size, rng, 2, 10)
    bowls, tone = cell_bowls(x, y, BLOWS, rng, 26.0)
    fine = noise(size, rng, 40, 240, falloff=0.4)
    scratches = smoothstep(1.7, 3.0, noise(size, rng, 50, 300, falloff=0.2, along=0.04))
    height = 0.10 + 1.05 * np.tanh(bowls / 0.9) + 0.02 * noise(size, rng, 2, 8) + 0.0012 * fine - 0.006 * scratches
    height = np.clip(height, 0, 1).astype(np.float32)

    ridge = np.clip((height - blur(height, 0.016)) * 7, -1, 1)
    grime = smoothstep(-0.6, 2.2, noise(size, rng, 2, 24) + 0.25 * fine - 0.5 * ridge)
    grime = grime * (1 - smoothstep(0.1, 0.7, ridge))
    copper = palette(np.clip(tone * 0.5 + 0.25 + 0.07 * fine, 0, 1), "c58360", "d79a76", "e4b08d")
    copper = copper * (1 + 0.10 * np.maximum(ridge, 0))[..., None]
    patina = palette(np.clip(0.5 + 0.2 * noise(size, rng, 6, 60), 0, 1), "53352a", "704634", "7f5a3f")
    colour = mix(mix(copper, patina, 0.72 * grime), 0.88, 0.10 * scratches)
    rough = 0.24 + 0.06 * (tone - 0.5) + 0.015 * fine + 0.30 * grime - 0.07 * np.maximum(ridge, 0) + 0.12 * scratches
    metallic = np.clip(1 - 0.35 * grime, 0, 1)
    data = {"roughness": rough.astype(np.float32), "metallic": metallic.astype(np.float32)}
    return ExampleSurface(0.034, height, "basecolor", np.clip(colour, 0, 1).astype(np.float32), data)
