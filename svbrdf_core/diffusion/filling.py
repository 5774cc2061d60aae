"""Fills of a picture's hole by a trained model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from svbrdf_core.diffusion.denoiser import Denoiser, Observed
from svbrdf_core.diffusion.model_file import Model, Parametrization, check_solver
from svbrdf_core.diffusion.posterior.choice import make_step
from svbrdf_core.diffusion.posterior.guidance import LogProbability
from svbrdf_core.diffusion.posterior.times import arrange, make_times
from svbrdf_core.diffusion.samplers import GaussianNoise, sample
from svbrdf_core.diffusion.settings import SamplerSettings
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
    try:
        return _fill_on(run.device, model, picture, steps, run, sampler, guide)
    except torch.OutOfMemoryError:
        run.note(f"The memory of {run.device} does not hold the network; it samples on the processor.")
    return _fill_on("cpu", model, picture, steps, run, sampler, guide)


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
    observed = _observe(picture, window, device)
    # The noise of a pixel that a torus brings twice is the same.
    start = window.crop(run.generator.standard_normal(picture.values.shape, np.float32))
    generator = torch.Generator(device).manual_seed(int(run.generator.integers(1 << 31)))
    found = sample(
        _denoiser(model, window, device, run),
        observed,
        arrange(Parametrization.of(model.spec).schedule.levels(steps), make_times(sampler, steps)),
        make_step(sampler, None if guide is None else guide(window, observed)),
        torch.from_numpy(start)[None].to(device),
        GaussianNoise(generator),
        run,
    )
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
