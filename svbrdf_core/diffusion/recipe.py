"""Recipes of training: an architecture, a noise schedule, synthetic holes and an optimiser that go well together."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from svbrdf_core.codec.plain import Json
from svbrdf_core.diffusion.settings import DiffusionSettings
from svbrdf_core.learning.holes import HoleDistribution, draw_brush_holes, draw_similar_holes, draw_whole_crops
from svbrdf_core.learning.spec import ModelSpec

WARM_UP = 0.05
"""The part of a training in which `rise_and_fall` rises."""
FLOOR = 0.02
"""The part of the learning rate that `rise_and_fall` leaves at the end."""


@dataclass(frozen=True)
class Optimization:
    """How weights are moved.

    Attributes:
        lr_schedule: the factor on the learning rate, from the part of the training done.
        betas: of Adam.
        ema_decay: weight of the past in the running mean of the weights, which is what is used; 0: the weights are.
        grad_clip_norm: largest norm of a gradient; None: no limit.
    """

    lr_schedule: Callable[[float], float]
    betas: tuple[float, float]
    ema_decay: float = 0.0
    grad_clip_norm: float | None = None


@dataclass(frozen=True)
class Diffusion:
    """The forward process, and how a network meets it.

    Attributes:
        schedule: name of the noise schedule, as in `svbrdf_core.diffusion.schedule`.
        noisy_known: whether the known pixels of the network's noisy picture are noisy too; if not they stand there as
            they are, and the network has to think about the hole alone.
        timestep_exponent: of the random timestep in 0..1; below 1, high ones, which decide the structure, are
            drawn more often.
    """

    schedule: str
    noisy_known: bool
    timestep_exponent: float = 1.0


@dataclass(frozen=True)
class Holes:
    """The synthetic holes.

    Attributes:
        distribution: draws them.
        avoid_hole: whether crops avoid the hole if the picture leaves room for that.
    """

    distribution: HoleDistribution
    avoid_hole: bool


@dataclass(frozen=True)
class Recipe:
    """One choice of each.

    Attributes:
        conditional: whether the network is shown what is known, and where.
    """

    architecture: str
    diffusion: Diffusion
    holes: Holes
    optimization: Optimization
    conditional: bool = True

    def prior(self) -> Recipe:
        """Return the recipe of a network that knows pictures without holes.

        All of a crop is the hole, so that the noise is everywhere, and so is the loss. Nothing tells the network which
        pixels of a crop mean nothing, so crops avoid the hole if the picture leaves room for that.
        """
        return replace(self, holes=Holes(draw_whole_crops, avoid_hole=True), conditional=False)

    def spec(self, channels: tuple[str, ...], width: int, scale: int) -> ModelSpec:
        """Return the description of a network that is trained this way."""
        parametrization: dict[str, Json] = {
            "schedule": self.diffusion.schedule,
            "noisy_known": self.diffusion.noisy_known,
        }
        arguments: dict[str, Json] = {"width": width, **({} if self.conditional else {"conditional": False})}
        return ModelSpec("denoising", self.architecture, arguments, channels, scale, parametrization)


def rise_and_fall(progress: float) -> float:
    """Return a straight rise, then half a cosine."""
    return min(1.0, progress / WARM_UP + 0.02) * max(FLOOR, 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


def drop_late(progress: float) -> float:
    """Return 1, and a tenth in the last third (Cherel et al. 2024, section IV)."""
    return 1.0 if progress < 2 / 3 else 0.1


RECIPES: dict[str, Recipe] = {
    "ours": Recipe(
        "folded-unet",
        Diffusion("cosine", noisy_known=False, timestep_exponent=0.7),
        Holes(draw_similar_holes, avoid_hole=False),
        Optimization(rise_and_fall, betas=(0.9, 0.99), ema_decay=0.995, grad_clip_norm=1.0),
    ),
    "published": Recipe(
        "cherel-unet",
        Diffusion("linear", noisy_known=True),
        Holes(draw_brush_holes, avoid_hole=True),
        Optimization(drop_late, betas=(0.9, 0.999)),
    ),
}
"""``ours`` is made for a thousandth of the time of ``published``, which is what Cherel et al. 2024 do (III and IV)."""


def find_recipe(settings: DiffusionSettings) -> Recipe:
    """Return the recipe of the settings, for a network that their solver takes."""
    recipe = RECIPES[settings.recipe]
    return recipe if settings.sampler.conditional else recipe.prior()
