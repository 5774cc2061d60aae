"""Damage that a surface takes in all its maps at once: a rust stain, a gouge, corrosion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from svbrdf_core.example.noise import Field, grid, noise, smoothstep, wrap_delta
from svbrdf_core.example.surface import ExampleSurface, mix, palette


def _spot(size: int, rng: np.random.Generator) -> tuple[Field, Field]:
    """Return offsets ``dx``, ``dy`` (down) in tile widths from a random place in the middle of the tile."""
    x, y = grid(size)
    cx, cy = rng.uniform(0.42, 0.58, 2)
    return wrap_delta(x - np.float32(cx)), wrap_delta(y - np.float32(cy))


def rust_stain(surface: ExampleSurface, rng: np.random.Generator) -> tuple[ExampleSurface, Field]:
    """Let rusty water seep from a spot and run down; it darkens, roughens and eats into the surface.

    Returns:
        The damaged surface and how much of each pixel is affected, ``(H, W)`` in 0..1.
    """
    size = surface.height.shape[0]
    dx, dy = _spot(size, rng)
    dx = dx + 0.006 * noise(size, rng, 2, 14)
    dy = dy + 0.09
    blot = 0.22 * noise(size, rng, 5, 60)
    source = np.hypot(dx / 0.12, dy / np.where(dy < 0, np.float32(0.06), np.float32(0.10))) + blot
    # Water runs where it ran before: each column of the tile has its own reach and its own strength.
    runs = noise(size, rng, 9, 50, falloff=0.6)[:1]
    spread = np.exp(-((dx / 0.085) ** 2))
    length = np.maximum((0.22 + 0.06 * runs) * np.sqrt(spread), 0.01)
    fade = smoothstep(1.15, 0.1, dy / length) * smoothstep(-0.03, 0.02, dy)
    tail = fade * smoothstep(0.05, 0.5, spread) * (0.25 + 0.75 * smoothstep(-0.8, 0.9, runs)) * np.clip(1 - blot, 0, 1)
    cover = np.maximum(smoothstep(1.2, 0.3, source), np.clip(tail, 0, 1)).astype(np.float32)
    grain = noise(size, rng, 30, 200, falloff=0.4)
    eaten = smoothstep(0.42, 0.9, cover + 0.12 * noise(size, rng, 8, 90)) * smoothstep(0.0, 0.15, cover)
    crust = palette(
        np.clip(0.45 + 0.18 * grain + 0.15 * noise(size, rng, 5, 40), 0, 1), "1f0f0a", "4a200e", "7d3a12", "b2611f"
    )
    wash = surface.colour * np.array([0.58, 0.36, 0.20], dtype=np.float32)
    colour = mix(mix(surface.colour, wash, cover), crust, 0.85 * eaten)
    height = np.clip(surface.height - eaten * (0.05 - 0.030 * grain), 0, 1)
    data = dict(surface.data)
    data["roughness"] = mix(data["roughness"], 0.94 + 0.03 * grain, np.clip(0.5 * cover + 0.5 * eaten, 0, 1))
    for name, rusted in (("specular", 0.10), ("metallic", 0.05)):
        if name in data:
            data[name] = mix(data[name], rusted, np.maximum(eaten, 0.6 * cover))
    return replace(surface, height=height.astype(np.float32), colour=np.clip(colour, 0, 1), data=data), cover


def gouge(surface: ExampleSurface, rng: np.random.Generator) -> tuple[ExampleSurface, Field]:
    """Drag something heavy across: torn grooves with splintered rims and pale raw material inside.

    Returns:
        The damaged surface and how much of each pixel is affected, ``(H, W)`` in 0..1.
    """
    size = surface.height.shape[0]
    dx, dy = _spot(size, rng)
    angle = rng.uniform(0.5, 0.9)
    s = np.cos(angle) * dx + np.sin(angle) * dy
    t = -np.sin(angle) * dx + np.cos(angle) * dy + 0.25 * s * s
    torn = noise(size, rng, 20, 160, falloff=0.5, along=5)
    groove, rim = np.zeros_like(dx), np.zeros_like(dx)
    for offset, width, reach in ((0.0, 0.016, 0.17), (0.040, 0.008, 0.12), (-0.030, 0.006, 0.14)):
        taper = smoothstep(reach, 0.55 * reach, np.abs(s + offset))
        d = np.abs(t - offset) / width + 0.22 * torn
        groove = np.maximum(groove, taper * smoothstep(1.0, 0.35, d))
        rim = np.maximum(rim, taper * smoothstep(1.9, 1.0, d))
    rim = rim * (1 - groove)
    fibre = noise(size, rng, 40, 260, falloff=0.3, along=12)
    raw = palette(np.clip(0.6 + 0.18 * fibre, 0, 1), "80572f", "bb8f5e", "dbbd92")
    colour = mix(surface.colour, surface.colour * np.float32(0.7), 0.8 * rim)
    colour = mix(colour, raw, groove)
    height = np.clip(surface.height - groove * (0.50 + 0.05 * fibre) + 0.05 * rim * (1 + 0.5 * torn), 0, 1)
    data = dict(surface.data)
    data["roughness"] = mix(data["roughness"], 0.88 + 0.03 * fibre, np.maximum(groove, 0.7 * rim))
    if "metallic" in data:
        data["metallic"] = mix(data["metallic"], 0.0, groove)
    cover = np.maximum(groove, rim).astype(np.float32)
    return replace(surface, height=height.astype(np.float32), colour=np.clip(colour, 0, 1), data=data), cover


def corrosion(surface: ExampleSurface, rng: np.random.Generator) -> tuple[ExampleSurface, Field]:
    """Let verdigris bloom: a crust that hides the metal, pitted, with islands around it.

    Returns:
        The damaged surface and how much of each pixel is affected, ``(H, W)`` in 0..1.
    """
    size = surface.height.shape[0]
    dx, dy = _spot(size, rng)
    field = np.hypot(dx / 0.15, dy / 0.115) + 0.20 * noise(size, rng, 3, 26) + 0.09 * noise(size, rng, 30, 150)
    cover = smoothstep(1.0, 0.72, field) * smoothstep(1.6, 1.3, np.hypot(dx / 0.15, dy / 0.115))
    bloom = noise(size, rng, 10, 90, falloff=0.7)
    grain = noise(size, rng, 50, 240, falloff=0.3)
    crust = palette(np.clip(0.5 + 0.20 * bloom + 0.08 * grain, 0, 1), "1f4a42", "3f7f70", "6aa892", "a4cdb6")
    tarnish = palette(np.clip(0.5 + 0.2 * bloom, 0, 1), "2b1d18", "4a3226")
    rim = smoothstep(1.22, 0.95, field) * smoothstep(1.6, 1.3, np.hypot(dx / 0.15, dy / 0.115))
    colour = mix(mix(surface.colour, tarnish, 0.75 * rim), crust, cover)
    pits = smoothstep(1.0, 2.2, noise(size, rng, 18, 110, falloff=0.4))
    height = np.clip(surface.height + cover * (0.05 + 0.020 * bloom + 0.010 * grain - 0.16 * pits), 0, 1)
    data = dict(surface.data)
    data["roughness"] = mix(mix(data["roughness"], 0.6, 0.7 * rim), 0.90 + 0.03 * grain, cover)
    data["metallic"] = mix(mix(data["metallic"], 0.5, 0.5 * rim), 0.02, cover)
    affected = np.maximum(cover, rim).astype(np.float32)
    return replace(surface, height=height.astype(np.float32), colour=np.clip(colour, 0, 1), data=data), affected
