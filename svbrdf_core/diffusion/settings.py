"""What can be chosen about training and sampling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from svbrdf_core.codec import InputFile, option

RecipeName = Literal["ours", "published"]


@dataclass(frozen=True)
class DiffusionSettings:
    """How a network is trained on a material and how it fills; the defaults are the preset ``fast``.

    Attributes:
        recipe: ``published`` follows Cherel et al. 2024 in everything that is not a number here; ``ours`` is made for a
            thousandth of its time (`recipe`).
        training: steps of gradient descent.
        batch: crops a step.
        crop: side of a crop in pixels of the scale that is trained on, a multiple of 8.
        width: channels of the network's finest level.
        rate: learning rate of Adam at its highest.
        sampling: passes of the network for one fill.
        coarse_hole: the scale that is trained on and filled is the finest at which the hole is at most this many pixels
            thick, and patches put in the detail; 0 fills at full scale, without patches.
        seconds: train as long as this many seconds for the whole fill allow, up to ten times ``training`` steps; the
            fill then depends on the machine. None trains ``training`` steps.
        model: file of a model that `svbrdf train` made, which is used as it is; None trains on the material.
        cache: whether trained models are kept and found again (`svbrdf cache`).
    """

    recipe: RecipeName = "ours"
    training: int = 1200
    batch: int = 8
    crop: int = 64
    width: int = 32
    rate: float = 2e-3
    sampling: int = 25
    coarse_hole: int = 32
    seconds: float | None = option(None, "Seconds that a fill may take.", shortcut="--budget")
    model: InputFile | None = option(None, "A model from svbrdf train.", shortcut="--model")
    cache: bool = True

    def __post_init__(self) -> None:
        if min(self.training, self.batch, self.width, self.sampling) < 1 or self.coarse_hole < 0 or self.rate <= 0:
            raise ValueError(
                "training, batch, width and sampling must be 1 or more, coarse_hole 0 or more, rate above 0"
            )
        if self.crop < 16 or self.crop % 8:
            raise ValueError("crop must be a multiple of 8, 16 or more")
        if self.seconds is not None and self.seconds <= 0:
            raise ValueError("seconds must be above 0")


PRESETS: dict[str, DiffusionSettings] = {
    "fast": DiffusionSettings(),
    "quality": DiffusionSettings(training=6000, batch=16, crop=96, width=64, sampling=50, coarse_hole=64),
    "paper": DiffusionSettings(
        "published", training=15_000, batch=16, crop=256, width=32, rate=1e-4, sampling=1000, coarse_hole=0
    ),
}
"""``fast`` for a processor, ``quality`` for a graphics card, ``paper`` as published (hours on a processor)."""
