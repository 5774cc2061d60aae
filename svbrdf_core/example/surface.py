"""A surface as floats, and the maps that follow from it: normal and ao are derived from its one height field."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.example.noise import Field, blur

Colour = NDArray[np.float32]
"""Display-encoded colour 0..1, ``(H, W, 3)``."""
Maps = dict[str, NDArray[np.uint8] | NDArray[np.uint16]]


@dataclass(frozen=True)
class ExampleSurface:
    """One tile of a surface before it is stored.

    Attributes:
        depth: the height difference between 0 and 1, in tile widths.
        height: ``(H, W)`` in 0..1.
        colour_name: ``diffuse`` or ``basecolor``, by workflow.
        colour: ``(H, W, 3)`` in 0..1, display-encoded.
        data: further maps ``(H, W)`` in 0..1, by name (roughness and specular or metallic).
    """

    depth: float
    height: Field
    colour_name: str
    colour: Colour
    data: dict[str, Field]


def palette(t: Field, *stops: str) -> Colour:
    """Return colours along evenly spaced stops (``"c0ffee"``) for ``t`` in 0..1."""
    table = np.array([[int(stop[i : i + 2], 16) for i in (0, 2, 4)] for stop in stops], dtype=np.float32) / 255
    at = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(t, at, table[:, c]) for c in range(3)], axis=-1).astype(np.float32)


def mix(a: NDArray[np.float32], b: NDArray[np.float32] | float, t: Field) -> NDArray[np.float32]:
    """Blend from ``a`` to ``b`` by ``t`` (H, W); either may have a last axis of channels."""
    weight = t[..., None] if a.ndim == 3 else t
    return np.asarray(a + (b - a) * weight, dtype=np.float32)


def normals(height: Field, depth: float) -> NDArray[np.float32]:
    """Return unit normals ``(H, W, 3)``, y up, of a periodic height field by central differences.

    Args:
        height: ``(H, W)``.
        depth: what a height of 1 is, in tile widths.
    """
    pixels = depth * height.shape[0]
    dx = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) * (pixels / 2)
    dy = (np.roll(height, 1, 0) - np.roll(height, -1, 0)) * (pixels / 2)  # rows run down, y points up
    n = np.stack([-dx, -dy, np.ones_like(dx)], axis=-1)
    return np.asarray(n / np.linalg.norm(n, axis=-1, keepdims=True), dtype=np.float32)


def occlusion(height: Field, depth: float) -> Field:
    """Return ambient occlusion 0..1: how far each point lies below its surroundings, at three radii."""
    open_ = np.ones_like(height)
    for radius in (0.004, 0.012, 0.03):
        below = np.maximum(blur(height, radius) - height, 0) * (depth / radius)
        open_ *= 1 / (1 + 1.4 * below)
    return open_


def _bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)


def quantize_maps(surface: ExampleSurface) -> Maps:
    """Return the maps as files hold them: ``uint8``, the height ``uint16``."""
    return {
        surface.colour_name: _bytes(surface.colour),
        "normal": _bytes(normals(surface.height, surface.depth) * np.float32(0.5) + np.float32(0.5)),
        **{name: _bytes(values) for name, values in surface.data.items()},
        "height": np.rint(np.clip(surface.height, 0, 1) * 65535).astype(np.uint16),
        "ao": _bytes(occlusion(surface.height, surface.depth)),
    }
