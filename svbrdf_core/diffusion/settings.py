"""Settings of training a denoiser on a material and of sampling from it."""

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
        train_steps: steps of gradient descent.
        batch_size: crops a step.
        crop_size: side of a crop in pixels of the scale that is trained on, a multiple of 8.
        width: channels of the network's finest level.
        learning_rate: of Adam at its highest.
        sampling_steps: of the sampler, each with one pass of the network.
        coarse_hole: the scale that is trained on and filled is the finest at which the hole is at most this many pixels
            thick, and patches put in the detail; 0 fills at full scale, without patches.
        seconds: train as long as this many seconds for the whole fill allow, up to ten times ``train_steps``; the
            fill then depends on the machine. None trains exactly those.
        model: file of a model that `svbrdf train` made, which is used as it is; None trains on the material.
        cache: whether trained models are kept and found again (`svbrdf cache`).
    """

    recipe: RecipeName = "ours"
    train_steps: int = 1200
    batch_size: int = 8
    crop_size: int = 64
    width: int = 32
    learning_rate: float = 2e-3
    sampling_steps: int = 25
    coarse_hole: int = 32
    seconds: float | None = option(None, "Seconds that a fill may take.", shortcut="--budget")
    model: InputFile | None = option(None, "A model from svbrdf train.", shortcut="--model")
    cache: bool = True

    def __post_init__(self) -> None:
        if min(self.train_steps, self.batch_size, self.width, self.sampling_steps) < 1:
            raise ValueError("train_steps, batch_size, width and sampling_steps must be 1 or more")
        if self.coarse_hole < 0 or self.learning_rate <= 0:
            raise ValueError("coarse_hole must be 0 or more and learning_rate above 0")
        if self.crop_size < 16 or self.crop_size % 8:
            raise ValueError("crop_size must be a multiple of 8, 16 or more")
        if self.seconds is not None and self.seconds <= 0:
            raise ValueError("seconds must be above 0")


PRESETS: dict[str, DiffusionSettings] = {
    "fast": DiffusionSettings(),
    "quality": DiffusionSettings(
        train_steps=6000, batch_size=16, crop_size=96, width=64, sampling_steps=50, coarse_hole=64
    ),
    "paper": DiffusionSettings(
        "published",
        train_steps=15_000,
        batch_size=16,
        crop_size=256,
        width=32,
        learning_rate=1e-4,
        sampling_steps=1000,
        coarse_hole=0,
    ),
}
"""``fast`` for a processor, ``quality`` for a graphics card, ``paper`` as published (hours on a processor)."""
