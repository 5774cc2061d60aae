"""Gravel: rounded stones of every tint over grit, without order."""

from __future__ import annotations

import numpy as np

from svbrdf_core.example.noise import Field, cell_bowls, grid, noise, smoothstep
from svbrdf_core.example.surface import ExampleSurface, mix, palette

STONES, GRIT = 17, 43
"""Stones along one side of the tile, and grains between and below them."""


def gravel(size: int, rng: np.random.Generator) -> ExampleSurface:
    """Build the ground, ``size`` pixels a side, in the diffuse and specular workflow."""
    x, y = grid(size)
    x = x + 0.010 * noise(size, rng, 3, 22)
    y = y + 0.010 * noise(size, rng, 3, 22)
    stones, tone = _domes(x, y, STONES, rng)
    grit, tint = _domes(x, y, GRIT, rng)
    grain = noise(size, rng, 40, 240, falloff=0.3)
    drift = noise(size, rng, 1, 6)
    # Where the ground lies high, stones sink in it; some are missing for good.
    stones = np.clip(stones - 0.12 * (1 + drift) - 0.9 * smoothstep(0.72, 0.80, tone), 0, 1)
    grit = 0.42 * grit
    above = smoothstep(-0.02, 0.04, stones - grit)
    height = np.clip(0.08 + 0.85 * np.maximum(stones, grit) + 0.010 * grain, 0, 1).astype(np.float32)

    spots = smoothstep(1.2, 2.4, noise(size, rng, 30, 200, falloff=0.4))
    pebble = palette(np.clip(tone / 0.8 + 0.05 * grain, 0, 1), "59544f", "8d8378", "a89a86", "6e5a4c", "c2b8a8")
    pebble = mix(pebble, 0.30, 0.35 * spots)
    sand = palette(np.clip(tint + 0.08 * grain, 0, 1), "5b5145", "85775f", "9d8d73")
    shade = 0.55 + 0.45 * smoothstep(0.05, 0.45, height)
    colour = mix(sand, pebble, above) * (shade * (1 + 0.05 * drift))[..., None]
    rough = mix(0.86 + 0.04 * grain, 0.52 + 0.20 * np.abs(tone - 0.5) + 0.03 * grain + 0.15 * spots, above)
    specular = mix(0.16 + 0.02 * grain, 0.22 + 0.05 * tone, above)
    data = {"roughness": rough.astype(np.float32), "specular": specular.astype(np.float32)}
    return ExampleSurface(0.040, height, "diffuse", np.clip(colour, 0, 1).astype(np.float32), data)


def _domes(x: Field, y: Field, count: int, rng: np.random.Generator) -> tuple[Field, Field]:
    """Return round tops 0..1, one in each cell, and a value 0..1 of each."""
    bowls, tone = cell_bowls(x, y, count, rng, 40.0)
    return np.sqrt(np.clip(1 - np.maximum(bowls, 0) / 0.34, 0, 1)), tone
