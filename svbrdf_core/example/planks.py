"""Sawn planks side by side: growth rings, knots, fibres, open joints, and nails of steel."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.example.noise import Field, blur, grid, noise, smoothstep, wrap_delta
from svbrdf_core.example.surface import ExampleSurface, mix, palette

BOARDS = 5
GAP = 0.0032
"""Half the width of an open joint, in tile widths."""


class _Floor(NamedTuple):
    """Where each pixel lies: its plank (two to a column), its place across (-0.5..0.5) and along it (0..1)."""

    plank: NDArray[np.int64]
    across: Field
    along: Field
    to_end: Field
    ends: NDArray[np.float32]


def _floor(size: int, rng: np.random.Generator) -> _Floor:
    x, y = grid(size)
    column = np.minimum((x * BOARDS).astype(np.int64), BOARDS - 1)
    first = ((np.arange(BOARDS) * 0.382 + rng.uniform(0, 1)) % 1).astype(np.float32)
    ends = np.stack([first, (first + rng.uniform(0.4, 0.6, BOARDS)) % 1]).astype(np.float32)
    from_first = (y - ends[0, column]) % 1
    length = (ends[1] - ends[0])[column] % 1
    second = from_first >= length
    along = np.where(second, from_first - length, from_first)
    to_end = np.minimum(np.abs(wrap_delta(y - ends[0, column])), np.abs(wrap_delta(y - ends[1, column])))
    across = (x * BOARDS) % 1 - 0.5
    return _Floor(column * 2 + second, across, along.astype(np.float32), to_end, ends)


def _rings(floor: _Floor, size: int, rng: np.random.Generator) -> tuple[Field, Field]:
    """Return latewood (0..1, the dark hard part of each ring) and knots (0..1)."""
    planks = 2 * BOARDS
    heart, distance, slope = (
        rng.uniform(a, b, planks).astype(np.float32)[floor.plank] for a, b in ((-0.6, 0.6), (0.15, 0.8), (-0.5, 0.5))
    )
    waver = np.where(floor.plank % 2, noise(size, rng, 1, 5, along=3), noise(size, rng, 1, 5, along=3))
    # A plank cuts the cone of each ring: far from the heart straight grain, over it the arches joiners call cathedrals.
    cut = distance + slope * floor.along + 0.05 * waver
    radius = 9 * np.hypot(floor.across - heart, cut) + 0.10 * noise(size, rng, 6, 40, along=10)
    x, y = grid(size)
    knots = np.zeros_like(x)
    for _ in range(4):
        column, at = int(rng.integers(BOARDS)), float(rng.uniform())
        reach = float(rng.uniform(0.014, 0.024))
        centre = (column + float(rng.uniform(0.3, 0.7))) / BOARDS
        dx, dy = wrap_delta(x - np.float32(centre)), wrap_delta(y - np.float32(at))
        own = ((x * BOARDS).astype(np.int64) == column) * smoothstep(0.02, 0.05, floor.to_end)
        d = np.hypot(dx, dy * 0.62) / reach * (1 + 0.06 * noise(size, rng, 5, 18))
        swirl = own * np.exp(-((dx / (2.2 * reach)) ** 2) - (dy / (5.0 * reach)) ** 2)
        radius = radius + 2.4 * swirl  # the grain flows around the knot
        heartwood = own * smoothstep(1.15, 0.85, d)
        radius = radius * (1 - heartwood) + heartwood * d * 3.2
        knots = np.maximum(knots, heartwood)
    phase = radius % 1
    late = smoothstep(0.25, 0.85, phase) * smoothstep(1.0, 0.93, phase)
    return blur(late, 0.0008), knots.astype(np.float32)


def _nails(floor: _Floor, size: int, rng: np.random.Generator) -> tuple[Field, Field]:
    """Return nail heads (0..1) and the distance to the nearest one in head radii."""
    x, y = grid(size)
    nearest = np.full_like(x, 1e3)
    for column in range(BOARDS):
        strip = np.s_[:, column * size // BOARDS : -(-(column + 1) * size // BOARDS)]  # a nail stays within its board
        for end, side, step in product(floor.ends[:, column], (0.24, 0.76), (-0.024, 0.024)):
            px, py = (column + side) / BOARDS + rng.normal(0, 0.002), end + step + rng.normal(0, 0.002)
            d = np.hypot(x[strip] - np.float32(px), wrap_delta(y[strip] - np.float32(py)))
            nearest[strip] = np.minimum(nearest[strip], d / np.float32(0.0062))
    return smoothstep(1.08, 0.92, nearest), nearest


def planks(size: int, rng: np.random.Generator) -> ExampleSurface:
    """Build the floor, ``size`` pixels a side, in the base colour and metallic workflow."""
    floor = _floor(size, rng)
    late, knots = _rings(floor, size, rng)
    heads, to_nail = _nails(floor, size, rng)
    fibre = np.where(
        floor.plank % 2,
        noise(size, rng, 40, 260, falloff=0.3, along=14),
        noise(size, rng, 40, 260, falloff=0.3, along=14),
    )
    pores = smoothstep(1.3, 2.6, noise(size, rng, 60, 300, falloff=0.1, along=9))
    to_edge = np.minimum((0.5 - np.abs(floor.across)) / BOARDS, floor.to_end) - GAP
    edge = (to_edge + 0.0006 * noise(size, rng, 4, 60, falloff=0.6)).astype(np.float32)
    lift = rng.uniform(-1, 1, 2 * BOARDS).astype(np.float32)[floor.plank]
    face = 0.80 + 0.05 * lift - 0.16 * floor.across**2 + 0.035 * late + 0.016 * fibre - 0.05 * pores + 0.05 * knots
    face = face + 0.012 * noise(size, rng, 2, 12)
    face = mix(face, 0.78 + 0.05 * lift, heads) - 0.12 * np.exp(-(((to_nail - 1.15) / 0.18) ** 2))
    body = smoothstep(-0.0012, 0.0042, edge)
    height = np.clip(0.12 + (face - 0.12) * body, 0, 1).astype(np.float32)

    tone = rng.uniform(0, 1, 2 * BOARDS).astype(np.float32)[floor.plank]
    wood = palette(np.clip(0.12 + 0.62 * late + 0.05 * fibre, 0, 1), "b98d5e", "a2764a", "82572f", "67421f")
    wood = wood * (0.80 + 0.32 * tone + 0.035 * fibre + 0.05 * noise(size, rng, 2, 10))[..., None]
    grey = wood.mean(axis=-1, keepdims=True) * np.array([1.02, 1.0, 0.95], dtype=np.float32)
    weathered = rng.uniform(0.05, 0.5, 2 * BOARDS).astype(np.float32)[floor.plank]
    wood = mix(wood, grey, weathered)
    wood = mix(wood, wood * np.array([0.52, 0.44, 0.40], dtype=np.float32), np.clip(knots * (0.7 + 0.3 * late), 0, 1))
    wood = wood * (1 - 0.35 * pores)[..., None]
    rust = np.exp(-(np.maximum(to_nail - 1, 0) ** 2) / 3.5) * (1 - heads)
    wood = mix(wood, wood * np.array([0.50, 0.40, 0.36], dtype=np.float32), 0.75 * rust)
    steel = palette(np.clip(0.5 + 0.25 * noise(size, rng, 30, 160, falloff=0.4), 0, 1), "4f4b47", "7d7873", "8e8a86")
    colour = mix(mix(wood, steel, heads), 0.06, smoothstep(0.55, 0.0, body))

    rough = 0.62 - 0.14 * late + 0.03 * fibre + 0.20 * pores + 0.06 * (tone - 0.5) - 0.06 * knots
    rough = mix(mix(0.9 * np.ones_like(rough), rough, body), 0.42, heads)
    cavity = np.clip((blur(height, 0.006) - height) * 2, -0.2, 0.5)
    data = {
        "roughness": (rough + 0.15 * rust + 0.1 * cavity).astype(np.float32),
        "metallic": heads,
    }
    return ExampleSurface(0.018, height, "basecolor", np.clip(colour, 0, 1).astype(np.float32), data)
