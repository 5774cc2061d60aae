"""Fields of vectors, one tensor a coordinate, so that what is constant along rows or columns is never spread out."""

from __future__ import annotations

import math

import torch

Field = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""x (right), y (up), z (towards the viewer), each broadcastable to ``(B, 1, H, W)``."""


def spread(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Return tensors in the shape they have together."""
    return tuple(torch.broadcast_tensors(*tensors))  # type: ignore[no-untyped-call]


def dot(a: Field, b: Field) -> torch.Tensor:
    """Return the scalar product at each pixel."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def scale(a: Field, by: torch.Tensor) -> Field:
    """Return each vector times a number."""
    return a[0] * by, a[1] * by, a[2] * by


def subtract(a: Field, b: Field) -> Field:
    """Return the differences."""
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def unit(a: Field) -> Field:
    """Return vectors of length 1; a zero vector stays one."""
    return scale(a, torch.rsqrt(dot(a, a).clamp_min(1e-20)))


def reflect(a: Field, normal: Field) -> Field:
    """Return the directions in which unit vectors ``a``, pointing away from the surface, are reflected."""
    twice = 2 * dot(a, normal)
    return twice * normal[0] - a[0], twice * normal[1] - a[1], twice * normal[2] - a[2]


def rotate(a: Field, turn: float) -> Field:
    """Return vectors carried round the z axis, counter-clockwise; a turn of 1 is all the way."""
    cosine, sine = math.cos(2 * math.pi * turn), math.sin(2 * math.pi * turn)
    return a[0] * cosine - a[1] * sine, a[0] * sine + a[1] * cosine, a[2]


def constant(vector: tuple[float, float, float], like: torch.Tensor) -> Field:
    """Return one vector for all pixels, in type and device of ``like``."""
    x, y, z = (torch.full((1, 1, 1, 1), value, dtype=like.dtype, device=like.device) for value in vector)
    return x, y, z
