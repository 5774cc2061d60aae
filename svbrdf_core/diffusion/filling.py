"""Fills of a picture's hole by a trained model."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from svbrdf_core.diffusion.denoiser import Denoiser, Observed
from svbrdf_core.diffusion.model_file import Model, Parametrization, check_solver
from svbrdf_core.diffusion.posterior.choice import make_step
from svbrdf_core.diffusion.posterior.guidance import LogProbability
from svbrdf_core.diffusion.posterior.times import arrange, make_times
from svbrdf_core.diffusion.samplers import GaussianNoise, Noise, Step, sample
from svbrdf_core.diffusion.schedule import NoiseLevel
from svbrdf_core.diffusion.settings import SamplerSettings
from svbrdf_core.diffusion.tiled import Tiled
from svbrdf_core.diffusion.watching import SamplerState, WatchedStep, Wrap, count_steps, leave
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
) -> Floats:
    """Return the picture's values ``(C, H, W)``, sampled in the hole.

    Args:
        model: of the picture's channels, conditional or a prior as the solver needs.
        picture: what is known of it.
        steps: of the sampler.
        run: its generator is the only source of randomness; asked before and told after each step.
        sampler: which solver, and how.
        guide: what samples should look like besides.

    Raises:
        InputError: the model is not what the solver needs.
        Cancelled: the run was cancelled.
    """
    check_solver(model.spec, sampler)
    return try_device(run, lambda device: _fill_on(device, model, picture, steps, run, sampler, guide))


def try_device(run: Run, sample_on: Callable[[str], Floats]) -> Floats:
    """Return a sample from the run's device, or with a note from the processor if that lacks the memory."""
    try:
        return sample_on(run.device)
    except torch.OutOfMemoryError:
        run.note(f"The memory of {run.device} does not hold the network; it samples on the processor.")
    return sample_on("cpu")


def _fill_on(
    device: str,
    model: Model,
    picture: MaskedPicture,
    steps: int,
    run: Run,
    sampler: SamplerSettings,
    guide: Guide | None,
) -> Floats:
    window = find_window(picture)
    return sample_window(
        picture,
        window,
        lambda noise, wrap: _denoiser(model, window, device, run, wrap),
        arrange(Parametrization.of(model.spec).schedule.levels(steps), make_times(sampler, steps)),
        lambda observed: make_step(sampler, None if guide is None else guide(window, observed)),
        device,
        run,
    )


def sample_window(
    picture: MaskedPicture,
    window: SampledWindow,
    make_denoiser: Callable[[Noise, Wrap], Denoiser],
    levels: Sequence[NoiseLevel],
    step_for: Callable[[Observed], Step],
    device: str,
    run: Run,
) -> Floats:
    """Return the picture's values ``(C, H, W)``, those in the window's hole sampled by any denoiser.

    Args:
        picture: what is known.
        window: the part of it that is sampled.
        make_denoiser: returns a denoiser of the picture's channels that is on the device; it may draw noise, and puts
            around each network what it is given.
        levels: of the sampler, from one that is almost noise alone down to 0.
        step_for: returns the step of the sampler, by what is known in the window.
        device: where to sample.
        run: its generator is the only source of randomness; asked before and told after each step, and shown a
            `SamplerState` before each.

    Raises:
        Cancelled: the run was cancelled.
    """
    observed = _observe(picture, window, device)
    # The noise of a pixel that a torus brings twice is the same.
    start = window.crop(run.generator.standard_normal(picture.values.shape, np.float32))
    generator = torch.Generator(device).manual_seed(int(run.generator.integers(1 << 31)))
    noise = GaussianNoise(generator)
    first = torch.from_numpy(start)[None].to(device)
    step = step_for(observed)
    if run.on_state is not None:
        step = _watch(step, run.on_state, make_denoiser, observed, window, count_steps(levels))
    found = sample(make_denoiser(noise, leave), observed, levels, step, first, noise, run)
    values = picture.values.copy()
    window.write(found[0].cpu().numpy(), values)
    return np.where(picture.known, picture.values, values)


def _watch(
    step: Step,
    on_state: Callable[[SamplerState], None],
    make_denoiser: Callable[[Noise, Wrap], Denoiser],
    observed: Observed,
    window: SampledWindow,
    count: int,
) -> Step:
    """Return a step that shows the states it begins with."""

    def make_another(wrap: Wrap) -> Denoiser:
        noise = GaussianNoise(torch.Generator(observed.values.device).manual_seed(0))
        return make_denoiser(noise, wrap)

    def show(x: torch.Tensor, level: NoiseLevel, number: int) -> None:
        on_state(SamplerState(make_another, observed, window, x.detach(), level, number, count))

    return WatchedStep(step, show)


def _observe(picture: MaskedPicture, window: SampledWindow, device: str) -> Observed:
    hole = window.crop((~picture.known)[None].astype(np.float32))
    values = np.where(hole > 0, 0, window.crop(picture.values)).astype(np.float32)
    return Observed(torch.from_numpy(values)[None].to(device), torch.from_numpy(hole)[None].to(device))


def _denoiser(model: Model, window: SampledWindow, device: str, run: Run, wrap: Wrap) -> Denoiser:
    place(model.network, device)  # its training may have moved to the processor
    whole, piece = (wrap(model.denoiser(device, *wraps), model.network) for wraps in ((window.wrap,), ()))
    return Tiled(whole, run, wrap=window.wrap, piece=piece)
