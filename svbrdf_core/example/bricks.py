"""Bricks in running bond: fired clay with chipped edges and soot, in sandy mortar."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.example.noise import Field, blur, grid, noise, smoothstep
from svbrdf_core.example.surface import ExampleSurface, mix, palette

ROWS, COLUMNS = 8, 4
MORTAR = 0.0085
"""Half the width of a joint, in tile widths."""


class _Wall(NamedTuple):
    """Where each pixel lies: its brick, the position in it (-0.5..0.5), the distance inside its edge (tile widths)."""

    brick: NDArray[np.int64]
    u: Field
    v: Field
    inside: Field


def _wall(size: int, rng: np.random.Generator) -> _Wall:
    x, y = grid(size)
    x = x + 0.0016 * noise(size, rng, 2, 9)
    y = y + 0.0016 * noise(size, rng, 2, 9)
    row = np.floor(y * ROWS).astype(np.int64) % ROWS
    along = x * COLUMNS + 0.5 * (row % 2)
    column = np.floor(along).astype(np.int64) % COLUMNS
    u, v = along % 1 - 0.5, (y * ROWS) % 1 - 0.5
    brick = row * COLUMNS + column
    trim = rng.uniform(-0.0022, 0.0022, (3, ROWS * COLUMNS)).astype(np.float32)  # bricks differ in size and place
    half_u, half_v = 0.5 / COLUMNS - MORTAR, 0.5 / ROWS - MORTAR
    du = np.abs(u / COLUMNS + trim[0, brick]) - half_u + trim[1, brick]
    dv = np.abs(v / ROWS + trim[2, brick] * 0.6) - half_v
    corner = 0.007
    outside = np.hypot(np.maximum(du + corner, 0), np.maximum(dv + corner, 0)) - corner
    inside = -(outside + np.minimum(np.maximum(du, dv) + corner, 0))
    return _Wall(brick, u.astype(np.float32), v.astype(np.float32), inside.astype(np.float32))


def _clay(wall: _Wall, size: int, rng: np.random.Generator) -> tuple[Field, Field]:
    """Return the height of the brick faces and how much of them is chipped away (0..1)."""
    count = ROWS * COLUMNS
    lift, tilt_u, tilt_v = (rng.uniform(-1, 1, count).astype(np.float32)[wall.brick] for _ in range(3))
    face = 0.80 + 0.045 * lift + 0.06 * tilt_u * wall.u + 0.05 * tilt_v * wall.v
    face += 0.012 * noise(size, rng, 6, 40) + 0.010 * noise(size, rng, 60, 220, falloff=0.4)
    pits = smoothstep(1.9, 2.8, noise(size, rng, 30, 110, falloff=0.2))
    # Chips bite from the edge inwards, deepest where coarse and fine noise agree.
    bite = 0.0035 * noise(size, rng, 10, 60, falloff=0.7) + 0.006 * np.maximum(noise(size, rng, 5, 22) - 1.0, 0)
    chipped = smoothstep(0.0045, -0.0015, wall.inside - np.maximum(bite, 0) - 0.001)
    return np.asarray(face - 0.16 * pits, dtype=np.float32), chipped


def bricks(size: int, rng: np.random.Generator) -> ExampleSurface:
    """Build the wall, ``size`` pixels a side, in the diffuse and specular workflow."""
    wall = _wall(size, rng)
    face, chipped = _clay(wall, size, rng)
    rough_edge = wall.inside + 0.0011 * noise(size, rng, 30, 130, falloff=0.5)
    body = smoothstep(-0.0005, 0.0075, rough_edge)
    sand = noise(size, rng, 70, 260, falloff=0.2)
    joint = 0.30 + 0.035 * noise(size, rng, 4, 24) + 0.028 * sand - 0.08 * smoothstep(0.004, -0.004, wall.inside)
    height = joint + (face - 0.24 * chipped - joint) * body
    height = np.clip(height, 0, 1).astype(np.float32)

    tone = rng.uniform(0, 1, ROWS * COLUMNS).astype(np.float32)[wall.brick]
    cloud = noise(size, rng, 3, 30)
    clay = palette(np.clip(tone + 0.11 * cloud, 0, 1), "6e3b2c", "8c4a35", "9d5238", "a9603f", "7d4031", "b0714e")
    clay = clay * (1 + 0.075 * noise(size, rng, 40, 240, falloff=0.4))[..., None]
    clay = mix(clay, palette(tone, "c58a66", "b97b5a"), 0.75 * chipped)  # fresh clay shows in the chips
    soot = smoothstep(0.5, 2.2, noise(size, rng, 3, 24) + 0.5 * noise(size, rng, 20, 120, falloff=0.5))
    clay = mix(clay, clay * np.float32(0.45), 0.6 * soot)
    clay = mix(clay, 0.25, smoothstep(2.4, 3.0, noise(size, rng, 40, 160, falloff=0.2)))  # ironspots
    lime = palette(np.clip(0.5 + 0.16 * cloud + 0.14 * sand, 0, 1), "8d867a", "a69d8f", "bdb4a4")
    colour = mix(lime, clay, smoothstep(0.2, 0.75, body))
    cavity = np.clip((blur(height, 0.01) - height) * 3, -0.35, 0.6)
    colour = colour * (1 - 0.35 * np.maximum(cavity, 0) + 0.35 * np.maximum(-cavity, 0))[..., None]

    fine = noise(size, rng, 50, 220, falloff=0.3)
    rough = mix(0.93 + 0.02 * fine, 0.74 + 0.07 * (tone - 0.5) + 0.03 * cloud + 0.03 * fine, body)
    rough = rough + 0.14 * chipped * body + 0.12 * soot * body + 0.12 * cavity
    level = mix(np.full_like(rough, 0.035), 0.055 - 0.018 * soot, body) * (1 - 0.6 * np.maximum(cavity, 0))
    data = {"roughness": rough.astype(np.float32), "specular": (level * 4).astype(np.float32)}
    return ExampleSurface(0.022, height, "diffuse", np.clip(colour, 0, 1).astype(np.float32), data)
