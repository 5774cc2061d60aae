"""Lights and cameras around a surface that spans -1..1."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

Vector = tuple[float, float, float]
"""x to the right, y up, z from the surface to the viewer; half the longer side of the surface is 1."""


@dataclass(frozen=True)
class Light:
    """One light.

    Attributes:
        at: position of a point light, or the direction to a distant one (of any length).
        distant: it is so far away that its direction is the same everywhere.
        colour: linear; 1 is what makes a white matte surface, facing the light (from a distance of 1, if it falls
            off), as bright as white paper: an irradiance of pi.
        falloff: a point light weakens with the square of the distance.
    """

    at: Vector
    distant: bool = False
    colour: Vector = (1.0, 1.0, 1.0)
    falloff: bool = True


@dataclass(frozen=True)
class View:
    """A light and a camera.

    Attributes:
        light: None where only an environment lights the surface.
        camera: its position, or the direction to it.
        distant: the camera is so far away that its direction is the same everywhere.
    """

    light: Light | None
    camera: Vector
    distant: bool = False


def flash(distance: float = 2.5) -> View:
    """Return a camera above the middle of the surface with its flash on; the middle is lit with strength 1."""
    strength = distance * distance
    return View(Light((0.0, 0.0, distance), colour=(strength, strength, strength)), (0.0, 0.0, distance))


def nine_views(seed: int = 0, count: int = 9) -> tuple[View, ...]:
    """Return the pairs of light and view that the SVBRDF literature measures rendering errors with.

    As in the rendering loss of Deschaintre et al. (2018), section 4.2: of nine pairs three have light and view in
    directions of their own, both distant; six are point pairs that mirror each other in a random point of the
    surface, so that a highlight lies there. Directions are cosine-distributed with the square of their sine in
    0.001..0.95, distances log-normal (mean 0.5, deviation 0.75). No light weakens with distance. For another
    ``count`` one third, rounded down, is of the first kind.

    The numbers are rounded to six decimals: one list for each seed on every machine.

    Raises:
        ValueError: a negative count.
    """
    if count < 0:
        raise ValueError(f"there cannot be {count} views")
    rng = random.Random(seed)  # documented to give the same stream in all versions of Python
    apart = [_draw_apart(rng) for _ in range(count // 3)]
    return (*apart, *(_mirror_pair(rng) for _ in range(count - len(apart))))


def _draw_apart(rng: random.Random) -> View:
    camera, light = _direction(rng), _direction(rng)
    return View(Light(_round_vector(light), distant=True), _round_vector(camera), distant=True)


def _mirror_pair(rng: random.Random) -> View:
    x, y, z = _direction(rng)
    far, farther = (math.exp(rng.gauss(0.5, 0.75)) for _ in range(2))
    across, up = rng.uniform(-1, 1), rng.uniform(-1, 1)
    camera = (x * far + across, y * far + up, z * far)
    light = (-x * farther + across, -y * farther + up, z * farther)
    return View(Light(_round_vector(light), falloff=False), _round_vector(camera))


def _direction(rng: random.Random) -> Vector:
    sine = math.sqrt(rng.uniform(0.001, 0.95))
    angle = 2 * math.pi * rng.random()
    return sine * math.cos(angle), sine * math.sin(angle), math.sqrt(1 - sine * sine)


def _round_vector(vector: Vector) -> Vector:
    x, y, z = (round(value, 6) for value in vector)
    return x, y, z
