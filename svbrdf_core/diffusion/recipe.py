"""The name of a way to train comes in; everything it does differently from the other one goes out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from svbrdf_core.diffusion.holes import Bools, brushed, like_it
from svbrdf_core.diffusion.network import Denoiser, Folded, Published
from svbrdf_core.diffusion.schedule import Schedule, cosine, linear

WARM_UP = 0.05
"""The part of our training in which the learning rate rises."""
FLOOR = 0.02
"""The part of our learning rate that is left at the end."""


@dataclass(frozen=True)
class Recipe:
    """What two ways to train differ in.

    Attributes:
        schedule: the noise levels.
        network: makes the network from the number of channels and the width.
        share: the part of the learning rate, from the part of the training done.
        exponent: of the random level in 0..1; below 1, high levels, which decide the structure, come more often.
        betas: of Adam.
        remembered: weight of the past in the running mean of the weights, which is what is used; None: the weights are.
        clip: largest norm of a gradient; None: no limit.
        inside_only: whether noise is where the hole is, and what is known stands in its place elsewhere.
        avoids: whether crops avoid the hole if the picture leaves room for that (section III.B of the paper).
        holes: makes holes to train on from the hole, the side of a crop, how many, and the source of randomness.
    """

    schedule: Schedule
    network: Callable[[int, int], Denoiser]
    share: Callable[[float], float]
    exponent: float
    betas: tuple[float, float]
    remembered: float | None
    clip: float | None
    inside_only: bool
    avoids: bool
    holes: Callable[[Bools, int, int, np.random.Generator], Bools]


def recipe_of(name: str) -> Recipe:
    """Return ``ours`` or ``published``."""
    return _RECIPES[name]()


def _ours() -> Recipe:
    return Recipe(
        schedule=cosine(),
        network=Folded,
        share=_rise_and_fall,
        exponent=0.7,
        betas=(0.9, 0.99),
        remembered=0.995,
        clip=1.0,
        inside_only=True,
        avoids=False,
        holes=like_it,
    )


def _published() -> Recipe:
    """Return what Cherel et al. 2024 do (sections III and IV)."""
    return Recipe(
        schedule=linear(),
        network=Published,
        share=lambda done: 1.0 if done < 2 / 3 else 0.1,
        exponent=1.0,
        betas=(0.9, 0.999),
        remembered=None,
        clip=None,
        inside_only=False,
        avoids=True,
        holes=brushed,
    )


_RECIPES = {"ours": _ours, "published": _published}


def _rise_and_fall(done: float) -> float:
    """Return a straight rise, then half a cosine."""
    return min(1.0, done / WARM_UP + 0.02) * max(FLOOR, 0.5 * (1 + math.cos(math.pi * min(1.0, done))))
