"""Fills by a diffusion network that others trained on pictures, asked map by map (RePaint)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from svbrdf_core.codec import InputFile, option
from svbrdf_core.diffusion.checkpoints.files import PretrainedFiles
from svbrdf_core.diffusion.effort import SHIFTED
from svbrdf_core.diffusion.settings import WindowsName
from svbrdf_core.errors import InputError
from svbrdf_core.methods.colour_pictures import ColourPictures, GreyMaps
from svbrdf_core.methods.inpainters import find_missing
from svbrdf_core.methods.interface import Cost, FillResult, Floats, InpaintProblem, Method, Traits
from svbrdf_core.methods.learning import name_channels
from svbrdf_core.run import Run
from svbrdf_core.sentences import Remedy

if TYPE_CHECKING:
    from svbrdf_core.diffusion.checkpoints.pretrained import PretrainedSize
    from svbrdf_core.diffusion.denoiser import Denoiser
    from svbrdf_core.diffusion.samplers import Noise
    from svbrdf_core.diffusion.watching import Wrap

WEIGHTS = "--weights"
MAPS = 3
"""Pictures that a material makes, about."""
WINDOW = 256
"""Side of the pictures that most networks were trained on."""
LOADED = 1.3
"""Memory over the size of the file, while it is loaded."""
PASS_SECONDS = 1.8e-13
"""Of one pass, for a byte of the weights and a pixel, on one core."""
PASS_BYTES = 0.3
"""The same, for the root of a byte of the weights and a pixel."""


@dataclass(frozen=True)
class RePaintSettings:
    """Which network fills, and how often it is asked.

    Attributes:
        weights: of a network of guided-diffusion, or of diffusers together with the next two.
        config: ``config.json`` of the network, of diffusers.
        scheduler: ``scheduler_config.json``, of diffusers.
        label: the class that a network which knows classes is asked for.
        grey: ``together`` makes one colour picture of three maps of one channel each, ``alone`` asks about each of them
            as a grey picture, which takes three times as long.
        sampling_steps: noise levels that are gone down through.
        jump_length: levels that are gone back up at each multiple of it.
        jump_n_sample: how often the levels of a jump are gone through; 1 never goes back.
        window: side of the pictures that the network is shown; None for what it was trained on.
        windows: how a hole is filled that is larger than half of that, see
            `svbrdf_core.diffusion.settings.SamplerSettings`.
    """

    weights: InputFile | None = option(
        None,
        "Weights of a network of guided-diffusion, or of diffusers with its two configs.",
        shortcut=WEIGHTS,
        members=(
            "diffusion_pytorch_model.safetensors",
            "unet/diffusion_pytorch_model.safetensors",
            "diffusion_pytorch_model.bin",
            "unet/diffusion_pytorch_model.bin",
        ),
    )
    config: InputFile | None = option(
        None, "The config.json of a network of diffusers.", beside=WEIGHTS, members=("config.json", "unet/config.json")
    )
    scheduler: InputFile | None = option(
        None,
        "The scheduler_config.json of a network of diffusers.",
        beside=WEIGHTS,
        members=("scheduler_config.json", "scheduler/scheduler_config.json"),
    )
    label: int | None = option(None, "Class that is asked for, of a network that knows classes.", ge=0)
    grey: GreyMaps = option("together", "Three maps of one channel as one colour picture, or each alone.")
    sampling_steps: int = option(50, "Noise levels.", ge=1)
    jump_length: int = option(5, "Levels that each jump goes back.", ge=1)
    jump_n_sample: int = option(3, "How often the levels of a jump are gone through.", ge=1)
    window: int | None = option(None, "Side of what the network is shown, in pixels.", ge=16)
    windows: WindowsName = option("tiles", "Large holes at once, or window by window, which leaves no seams.")

    def __post_init__(self) -> None:
        if self.jump_n_sample > 1 and self.jump_length >= self.sampling_steps:
            raise ValueError(
                f"a jump cannot go back {self.jump_length} of {self.sampling_steps} levels; give a shorter jump_length "
                "or more sampling_steps"
            )

    def files(self) -> PretrainedFiles:
        """Return the files of the network.

        Raises:
            InputError: there are no weights.
        """
        if self.weights is None:
            raise InputError("The method needs a network", Remedy("weights", "choose a file of weights"))
        config, scheduler = (None if file is None else file.path for file in (self.config, self.scheduler))
        return PretrainedFiles(self.weights.path, config, scheduler)


PRESETS = {
    "fast": RePaintSettings(),
    "paper": RePaintSettings(sampling_steps=250, jump_length=10, jump_n_sample=10),
}
"""``paper`` asks the network 2,410 times for each picture (Lugmayr et al. 2022, section 5.1)."""


def fill(problem: InpaintProblem, settings: RePaintSettings, run: Run) -> FillResult:
    """Sample all maps at once; each picture that they make is a question of its own to the network."""
    from svbrdf_core.diffusion.checkpoints.pictures import ask_by_parts, ask_in_tiles
    from svbrdf_core.diffusion.filling import sample_windows, try_device
    from svbrdf_core.diffusion.posterior.replacement import repaint
    from svbrdf_core.diffusion.posterior.times import arrange, resample_times
    from svbrdf_core.diffusion.shifting import Shift, list_windows
    from svbrdf_core.diffusion.window import SampledWindow, find_window
    from svbrdf_core.learning.crops import MaskedPicture

    network = settings.files().load()
    _check_label(network.size, settings.label)
    pictures = ColourPictures.of(problem, settings.grey, network.size.channels)
    unit, used = pictures.to_unit(problem), pictures.channels
    if not used:
        return FillResult(pictures.restore(unit, problem))
    side = settings.window or network.size.window
    picture = MaskedPicture(unit[used] * 2 - 1, ~problem.hole, problem.wrap)
    shifts = [Shift.of(find_window(picture, side))]
    if settings.windows == "shift":
        shifts = list_windows(picture, side, side)
    names = name_channels(problem.layout, np.array(used, np.intp))
    parts = [tuple(used.index(channel) for channel in part) for part in pictures.parts]
    times = resample_times(settings.sampling_steps, settings.jump_length, settings.jump_n_sample)
    levels = arrange(network.schedule.levels(settings.sampling_steps), times)

    def sample_on(device: str) -> Floats:
        network.network.to(device)

        def make_denoiser(window: SampledWindow, noise: Noise, wrap: Wrap) -> Denoiser:
            return ask_by_parts(ask_in_tiles(network, settings.label, window, side, run, wrap), names, parts, noise)

        return sample_windows(picture, shifts, make_denoiser, levels, lambda window, observed: repaint(), device, run)

    unit[used] = (try_device(run, sample_on) + 1) / 2
    return FillResult(pictures.restore(unit, problem))


def _check_label(size: PretrainedSize, label: int | None) -> None:
    """See that the network is asked for a class if it knows any.

    Raises:
        InputError: it is not, or for one that it does not know.
    """
    if size.labels and (label is None or label >= size.labels):
        raise InputError(
            f"This network knows {size.labels} classes; choose one, with a label of 0 to {size.labels - 1}."
        )
    if label is not None and not size.labels:
        raise InputError("This network knows no classes; leave the label out.")


def _check_files(settings: RePaintSettings) -> None:
    """See that the files hold a network, by their headers.

    Raises:
        InputError: they do not.
    """
    _check_label(settings.files().probe(), settings.label)


def _extra_cost(settings: RePaintSettings, box: tuple[int, int]) -> Cost:
    """Return what the network takes, by the size of its weights."""
    if settings.weights is None or not settings.weights.path.is_file():
        return Cost()
    size = settings.weights.path.stat().st_size
    side = settings.window or WINDOW
    pixels = max(side, box[0] + side // 4) * max(side, box[1] + side // 4)
    jumps = max(0, settings.sampling_steps // settings.jump_length - 1) * (settings.jump_n_sample - 1)
    passes = MAPS * (settings.sampling_steps + jumps * settings.jump_length)
    if settings.windows == "shift" and pixels > side**2:
        passes = int(SHIFTED * passes)
    return Cost(int(LOADED * size) + int(size**0.5 * side**2 * PASS_BYTES), passes * size * pixels * PASS_SECONDS)


REPAINT = Method(
    "repaint",
    "RePaint by a network of pictures (map by map)",
    fill,
    RePaintSettings,
    Traits(is_random=True, wraps=True, samples=True, accelerated=True),
    find_missing,
    _check_files,
    PRESETS,
    extra_cost=_extra_cost,
)
