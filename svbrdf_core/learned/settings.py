"""Settings of training a network that fills holes in one pass, and what the papers chose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from svbrdf_core.codec import option

TaskName = Literal["autoencoder", "glcic", "attention", "diffusion-gan", "wavelet-diffusion"]
StartName = Literal["hole", "mosaic", "membrane"]
CriticName = Literal["none", "picture", "wavelet", "both"]
FEW_STEPS: tuple[TaskName, ...] = ("diffusion-gan", "wavelet-diffusion")
"""The tasks whose networks take away noise in a few steps; the others fill in one pass."""

STRIDE = 16
"""What sides of crops are multiples of, for all networks."""


@dataclass(frozen=True)
class Weights:
    """Weights of the losses of networks that fill in one pass: table I of Biradar et al. (after Yu et al. 2018).

    Attributes:
        coarse: L1 of the coarse network in the hole, spatially discounted.
        fine: the same of the refinement network.
        outside: L1 of both where the picture is known.
        adversarial: what the critics say.
        whole: of the critic that sees all of a crop, against those that see a part or the wavelets.
        penalty: of critics whose gradient is not of length 1 (Gulrajani et al. 2017).
        discount: of a pixel for each pixel of its distance from what is known.
    """

    coarse: float = 1.2
    fine: float = 1.2
    outside: float = 1.2
    adversarial: float = 0.001
    whole: float = 1.0
    penalty: float = 10.0
    discount: float = 0.9


PAPER = Weights()
BETAS = (0.5, 0.9)
"""Of Adam, in the papers of both families."""


@dataclass(frozen=True)
class FillerSettings:
    """How a network that fills in one pass, or in a few, is trained on a library.

    Attributes:
        task: ``autoencoder``: eight convolutions and four poolings down, four transposed ones up, squared error (after
            Pathak et al. 2016). ``glcic``: a coarse and a refinement network with critics of the whole crop and of the
            hole (Iizuka et al. 2017 as Yu et al. 2018 made it stable). ``attention``: the same with contextual
            attention (Yu et al. 2018). ``diffusion-gan``: noise taken away in a few steps, with critics (Xiao et al.
            2022). ``wavelet-diffusion``: the same on Haar wavelets (Phung et al. 2023).
        train_steps: steps of the network; its critics take more.
        batch_size: crops a step.
        crop_size: side of a crop in pixels of the scale that is trained on, a multiple of 16.
        width: channels of the network's finest level.
        learning_rate: of Adam.
        start: what stands in the hole at first: nothing, a mosaic of what a draft has there (of the truth, in
            training), or a membrane over the rim.
        critics: what they see: the picture, its Haar wavelets, both, or nothing: then there are none.
        critic_steps: steps that the critics take for each of the network.
        map_dropout: how often a map is taken away from an example, so that the network does without it.
        rendering: weight of the error of renderings under lights of the nine views.
        coherence: weight of edges that maps no longer have in common.
        noise_levels: steps of the tasks that take away noise.
    """

    task: TaskName = "glcic"
    train_steps: int = option(2000, "Steps of training.", ge=1)
    batch_size: int = option(8, "Crops a step.", ge=1)
    crop_size: int = option(64, "Side of a crop, a multiple of 16.", ge=32)
    width: int = option(16, "Channels of the finest level.", ge=4, le=256)
    learning_rate: float = option(1e-4, "Of Adam.", gt=0, le=1)
    start: StartName = option("hole", "What stands in the hole at first.")
    critics: CriticName = option("picture", "What the critics see.")
    critic_steps: int = option(5, "Steps of the critics for each of the network.", ge=1, le=20)
    map_dropout: float = option(0.0, "How often a map is taken away from an example.", ge=0, lt=1)
    rendering: float = option(0.0, "Weight of the error of renderings.", ge=0)
    coherence: float = option(0.0, "Weight of edges that maps have in common.", ge=0)
    noise_levels: int = option(4, "Steps of the tasks that take away noise.", ge=1, le=64)

    def __post_init__(self) -> None:
        if self.crop_size % STRIDE:
            raise ValueError(f"crop_size must be a multiple of {STRIDE}")

    @property
    def few_steps(self) -> bool:
        """Whether the network takes away noise."""
        return self.task in FEW_STEPS


_MATERIALS = FillerSettings(
    learning_rate=1e-3, critic_steps=1, map_dropout=0.2, rendering=0.1, coherence=0.1, critics="both"
)
TASKS: dict[str, FillerSettings] = {
    "autoencoder": replace(_MATERIALS, task="autoencoder", critics="none", rendering=0.0, coherence=0.0),
    "glcic": _MATERIALS,
    "attention": replace(_MATERIALS, task="attention"),
    "diffusion-gan": replace(_MATERIALS, task="diffusion-gan"),
    "wavelet-diffusion": replace(_MATERIALS, task="wavelet-diffusion"),
}
"""What ``svbrdf train --task`` takes, for minutes on a processor; `FillerSettings` alone has the papers' numbers."""
