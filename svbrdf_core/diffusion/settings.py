"""Settings of training a denoiser on a material and of sampling from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from svbrdf_core.codec import InputFile, option

RecipeName = Literal["ours", "published"]
SolverName = Literal["ancestral", "ddim", "repaint", "ddnm", "ddnm-plus", "pigdm", "mcg", "dps", "ddrm", "diffpir"]
WindowsName = Literal["tiles", "shift"]
GuidanceName = Literal["none", "total-variation", "normals", "coherence", "photograph"]
CONDITIONAL: tuple[SolverName, ...] = ("ancestral", "ddim")
"""The solvers of a network that is shown what is known; all others are for a prior, which is not."""
DERIVING: tuple[SolverName, ...] = ("pigdm", "mcg", "dps")
"""The solvers that need a gradient through the network."""


@dataclass(frozen=True)
class SamplerSettings:
    """How a network is sampled from.

    Attributes:
        solver: ``ancestral`` and ``ddim`` take a network that is trained to fill holes. The others take a prior, which
            is trained on whole pictures, and bring what is known in themselves (`svbrdf_core.diffusion.posterior`).
        eta: share of fresh noise in each step, 0 to 1; None is what the solver's paper takes. Not of ``repaint``,
            ``ddnm-plus``, ``mcg`` and ``dps``.
        jump_length: steps that ``repaint`` and ``ddnm-plus`` go back up.
        jump_n_sample: how often ``repaint`` samples each stretch of that length.
        step_size: of ``dps`` and ``mcg``, down the distance to what is known.
        noise_std: noise of what is known, in standard deviations of a map, for ``ddnm-plus``, ``ddrm`` and ``diffpir``.
        guidance: what else fills should have: smoothness, normals of unit length, edges that coincide in all maps, or
            the look of a photograph.
        guidance_weight: how much that counts.
        photograph: what the undamaged material looks like from above under the flash of the camera, for the guidance of
            that name; as large as the maps.
        windows: ``tiles`` samples a hole at once, and asks the network about tiles of it if memory wants that.
            ``shift`` fills a hole that is larger than half a window one window after the other.
        window: side of these windows in pixels of the scale that is filled, a multiple of 8.
        hierarchy: whether a hole that is too large for the network to see whole is filled coarsely first, by a network
            of that scale, and the finer fill keeps to it.
    """

    solver: SolverName = option(
        "ancestral", "What samples: ancestral and ddim by a network for holes, others by a prior.", shortcut="--solver"
    )
    eta: float | None = option(None, "Share of fresh noise in a step; none for the paper's.", ge=0, le=1)
    jump_length: int = option(5, "Steps that repaint and ddnm-plus go back up.", ge=1)
    jump_n_sample: int = option(5, "How often repaint samples each stretch of steps.", ge=1, le=100)
    step_size: float = option(0.3, "Of dps and mcg, down the distance to what is known.", ge=0, le=100)
    noise_std: float = option(0.0, "Noise of what is known, in deviations of a map.", ge=0, le=10)
    guidance: GuidanceName = option("none", "What else a fill should have.")
    guidance_weight: float = option(1.0, "How much the guidance counts.", ge=0, le=1000)
    photograph: InputFile | None = option(None, "The undamaged material under the camera's flash, from above.")
    windows: WindowsName = option(
        "tiles", "Large holes at once, in tiles, or window by window, which takes less memory."
    )
    window: int = option(128, "Side of such a window, in pixels of the scale that is filled.", ge=32, le=4096)
    hierarchy: bool = option(False, "Whether a large hole is filled coarsely first.")

    def __post_init__(self) -> None:
        if min(self.jump_length, self.jump_n_sample) < 1:
            raise ValueError("jump_length and jump_n_sample must be 1 or more")
        if self.window < 32 or self.window % 8:
            raise ValueError("window must be a multiple of 8, 32 or more")
        if (self.photograph is not None) != (self.guidance == "photograph"):
            raise ValueError("the guidance photograph needs a photograph, and no other takes one")

    @property
    def conditional(self) -> bool:
        """Whether the network is one that is shown what is known."""
        return self.solver in CONDITIONAL

    @property
    def derives(self) -> bool:
        """Whether a gradient is taken through the network."""
        return self.solver in DERIVING or self.guidance != "none"


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
        sampling_steps: of the sampler, each with one pass of the network; solvers that jump take some again.
        sampler: see `SamplerSettings`.
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
    model: InputFile | None = option(
        None, "A model from svbrdf train.", shortcut="--model", models=("denoiser", "prior")
    )
    cache: bool = True
    sampler: SamplerSettings = field(default_factory=SamplerSettings)

    def __post_init__(self) -> None:
        if min(self.train_steps, self.batch_size, self.width, self.sampling_steps) < 1:
            raise ValueError("train_steps, batch_size, width and sampling_steps must be 1 or more")
        if self.coarse_hole < 0 or self.learning_rate <= 0:
            raise ValueError("coarse_hole must be 0 or more and learning_rate above 0")
        if self.crop_size < 16 or self.crop_size % 8:
            raise ValueError("crop_size must be a multiple of 8, 16 or more")
        if self.seconds is not None and self.seconds <= 0:
            raise ValueError("seconds must be above 0")
        jumps = self.sampler.solver in ("repaint", "ddnm-plus")
        if jumps and self.sampler.jump_length >= self.sampling_steps:
            raise ValueError(
                f"the solver {self.sampler.solver} cannot go up {self.sampler.jump_length} of {self.sampling_steps} "
                "steps; give a shorter jump_length or more sampling_steps"
            )


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
