"""Fills of a picture's hole by a trained model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch

from svbrdf_core.diffusion.denoiser import Denoiser, Observed
from svbrdf_core.diffusion.hierarchy import Coarse
from svbrdf_core.diffusion.model_file import Model, Parametrization, check_solver
from svbrdf_core.diffusion.posterior.choice import make_step
from svbrdf_core.diffusion.posterior.guidance import LogProbability
from svbrdf_core.diffusion.posterior.times import arrange, make_times
from svbrdf_core.diffusion.samplers import GaussianNoise, Noise, Step, sample
from svbrdf_core.diffusion.schedule import NoiseLevel
from svbrdf_core.diffusion.settings import SamplerSettings
from svbrdf_core.diffusion.shifting import Shift, fill_shifted, list_windows
from svbrdf_core.diffusion.tiled import Tiled
from svbrdf_core.diffusion.window import SampledWindow, find_window
from svbrdf_core.learning.crops import MaskedPicture
from svbrdf_core.learning.holes import Floats
from svbrdf_core.learning.precision import place
from svbrdf_core.run import Run

Guide = Callable[[SampledWindow, Observed], LogProbability]
"""Makes the function that guides samples from the window that is sampled and what is known of it."""
DEFAULT = SamplerSettings()


def fill_picture(
    model: Model,
    picture: MaskedPicture,
    steps: int,
    run: Run,
    sampler: SamplerSettings = DEFAULT,
    guide: Guide | None = None,
    coarse: Coarse | None = None,
) -> Floats:
    """Return the picture's values ``(C, H, W)``, sampled in the hole.

    Args:
        model: of the picture's channels, conditional or a prior as the solver needs.
        picture: what is known of it.
        steps: of the sampler.
        run: its generator is the only source of randomness; asked before and told after each step.
        sampler: which solver, and how.
        guide: what samples should look like besides.
        coarse: a coarser fill of the picture that this one keeps to.

    Raises:
        InputError: the model is not what the solver needs.
        Cancelled: the run was cancelled.
    """
    check_solver(model.spec, sampler)
    levels = arrange(Parametrization.of(model.spec).schedule.levels(steps), make_times(sampler, steps))
    shifts = [Shift.of(find_window(picture))]
    if sampler.windows == "shift":
        shifts = list_windows(picture, sampler.window, grid=1 if coarse is None else coarse.factor)

    def step_for(window: SampledWindow, observed: Observed) -> Step:
        return make_step(sampler, None if guide is None else guide(window, observed))

    def sample_on(device: str) -> Floats:
        def make_denoiser(window: SampledWindow, noise: Noise) -> Denoiser:
            denoise = _denoiser(model, window, device, run)
            return denoise if coarse is None else coarse.hold(denoise, window, device)

        return sample_windows(picture, shifts, make_denoiser, levels, step_for, device, run)

    return try_device(run, sample_on)


def try_device(run: Run, sample_on: Callable[[str], Floats]) -> Floats:
    """Return a sample from the run's device, or with a note from the processor if that lacks the memory."""
    try:
        return sample_on(run.device)
    except torch.OutOfMemoryError:
        run.note(f"The memory of {run.device} does not hold the network; it samples on the processor.")
    return sample_on("cpu")


def sample_windows(
    picture: MaskedPicture,
    shifts: list[Shift],
    make_denoiser: Callable[[SampledWindow, Noise], Denoiser],
    levels: Sequence[NoiseLevel],
    step_for: Callable[[SampledWindow, Observed], Step],
    device: str,
    run: Run,
) -> Floats:
    """Return the picture's values ``(C, H, W)``, sampled window by window; see `sample_window`.

    Args:
        picture: what is known.
        shifts: the windows, one for all of the hole or what `list_windows` returns.
        make_denoiser: returns a denoiser for a window of the picture.
        levels: of the sampler.
        step_for: returns the step of the sampler, by the window and what is known in it.
        device: where to sample.
        run: see `sample_window`.
    """

    def fill(seen: MaskedPicture, window: SampledWindow, at: SampledWindow, part: Run) -> Floats:
        return sample_window(seen, at, partial(make_denoiser, window), levels, partial(step_for, window), device, part)

    if len(shifts) == 1:
        return fill(picture, shifts[0].window, shifts[0].window, run)
    return fill_shifted(picture, shifts, lambda seen, window, part: fill(seen, window, window.alone(), part), run)


def sample_window(
    picture: MaskedPicture,
    window: SampledWindow,
    make_denoiser: Callable[[Noise], Denoiser],
    levels: Sequence[NoiseLevel],
    step_for: Callable[[Observed], Step],
    device: str,
    run: Run,
) -> Floats:
    """Return the picture's values ``(C, H, W)``, those in the window's hole sampled by any denoiser.

    Args:
        picture: what is known.
        window: the part of it that is sampled.
        make_denoiser: returns a denoiser of the picture's channels that is on the device; it may draw noise.
        levels: of the sampler, from one that is almost noise alone down to 0.
        step_for: returns the step of the sampler, by what is known in the window.
        device: where to sample.
        run: its generator is the only source of randomness; asked before and told after each step.

    Raises:
        Cancelled: the run was cancelled.
    """
    observed = _observe(picture, window, device)
    # The noise of a pixel that a torus brings twice is the same.
    start = window.crop(run.generator.standard_normal(picture.values.shape, np.float32))
    generator = torch.Generator(device).manual_seed(int(run.generator.integers(1 << 31)))
    noise = GaussianNoise(generator)
    first = torch.from_numpy(start)[None].to(device)
    found = sample(make_denoiser(noise), observed, levels, step_for(observed), first, noise, run)
    values = picture.values.copy()
    window.write(found[0].cpu().numpy(), values)
    return np.where(picture.known, picture.values, values)


def _observe(picture: MaskedPicture, window: SampledWindow, device: str) -> Observed:
    hole = window.crop((~picture.known)[None].astype(np.float32))
    values = np.where(hole > 0, 0, window.crop(picture.values)).astype(np.float32)
    return Observed(torch.from_numpy(values)[None].to(device), torch.from_numpy(hole)[None].to(device))


def _denoiser(model: Model, window: SampledWindow, device: str, run: Run) -> Denoiser:
    place(model.network, device)  # its training may have moved to the processor
    return Tiled(model.denoiser(device, window.wrap), run, wrap=window.wrap, piece=model.denoiser(device))
