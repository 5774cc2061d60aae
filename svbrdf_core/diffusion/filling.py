"""Fills of a picture's hole by a trained model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
from svbrdf_core.diffusion.watching import SamplerState, WatchedStep, Wrap, count_steps, leave
from svbrdf_core.diffusion.window import SampledWindow, find_window
from svbrdf_core.diffusion.wrappers import Clipped
from svbrdf_core.learning.crops import MaskedPicture
from svbrdf_core.learning.holes import Floats
from svbrdf_core.learning.precision import place
from svbrdf_core.run import Run

Guide = Callable[[SampledWindow, Observed], LogProbability]
"""Makes the function that guides samples from the window that is sampled and what is known of it."""
DEFAULT = SamplerSettings()


@dataclass(frozen=True, eq=False)
class Beginning:
    """A fill that another goes on from, late in the reverse process.

    Attributes:
        values: float32 ``(C, H, W)``, the whole picture with its hole filled.
        share: of the steps, how many are gone through anew, above 0 to 1.
    """

    values: Floats
    share: float


def fill_picture(
    model: Model,
    picture: MaskedPicture,
    steps: int,
    run: Run,
    sampler: SamplerSettings = DEFAULT,
    guide: Guide | None = None,
    coarse: Coarse | None = None,
    begin: Beginning | None = None,
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
        begin: what the sample goes on from; None to begin with noise alone.

    Raises:
        InputError: the model is not what the solver needs.
        Cancelled: the run was cancelled.
    """
    check_solver(model.spec, sampler)
    count = steps if begin is None else max(1, round(begin.share * steps))
    levels = arrange(Parametrization.of(model.spec).schedule.levels(steps), make_times(sampler, count))
    shifts = [Shift.of(find_window(picture))]
    if sampler.windows == "shift":
        shifts = list_windows(picture, sampler.window, grid=1 if coarse is None else coarse.factor)

    # A conditional network has learnt from what is known how dark and bright things are; a prior must be told.
    ends = None if sampler.conditional else _find_range(picture)

    def step_for(window: SampledWindow, observed: Observed) -> Step:
        return make_step(sampler, None if guide is None else guide(window, observed))

    def sample_on(device: str) -> Floats:
        def make_denoiser(window: SampledWindow, noise: Noise, wrap: Wrap) -> Denoiser:
            denoise = _denoiser(model, window, device, run, wrap)
            if ends is not None:
                denoise = Clipped(denoise, *ends)
            return denoise if coarse is None else coarse.hold(denoise, window, device)

        values = None if begin is None else begin.values
        return sample_windows(picture, shifts, make_denoiser, levels, step_for, device, run, values)

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
    make_denoiser: Callable[[SampledWindow, Noise, Wrap], Denoiser],
    levels: Sequence[NoiseLevel],
    step_for: Callable[[SampledWindow, Observed], Step],
    device: str,
    run: Run,
    begin: Floats | None = None,
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
        begin: see `sample_window`.
    """

    def fill(seen: MaskedPicture, shown: SampledWindow, part: Run, begun: Floats | None) -> Floats:
        at = shown if seen is picture else shown.alone()
        make, step = partial(make_denoiser, shown), partial(step_for, shown)
        return sample_window(seen, at, make, levels, step, device, part, begun, shown)

    if len(shifts) == 1:
        return fill(picture, shifts[0].window, run, begin)

    def fill_part(seen: MaskedPicture, window: SampledWindow, part: Run) -> Floats:
        return fill(seen, window, part, None if begin is None else window.crop(begin))

    return fill_shifted(picture, shifts, fill_part, run)


def sample_window(
    picture: MaskedPicture,
    window: SampledWindow,
    make_denoiser: Callable[[Noise, Wrap], Denoiser],
    levels: Sequence[NoiseLevel],
    step_for: Callable[[Observed], Step],
    device: str,
    run: Run,
    begin: Floats | None = None,
    shown: SampledWindow | None = None,
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
        begin: a sample ``(C, H, W)`` of the whole picture, to which noise of the first level is added (Meng et al.
            2022, "SDEdit", algorithm 1); None to begin with noise alone.
        shown: the window in the picture that this one was cut from; None if it was not.

    Raises:
        Cancelled: the run was cancelled.
    """
    observed = _observe(picture, window, device)
    # The noise of a pixel that a torus brings twice is the same.
    start = window.crop(run.generator.standard_normal(picture.values.shape, np.float32))
    if begin is not None:
        start = np.float32(levels[0].scale) * (window.crop(begin) + np.float32(levels[0].sigma) * start)
    generator = torch.Generator(device).manual_seed(int(run.generator.integers(1 << 31)))
    noise = GaussianNoise(generator)
    first = torch.from_numpy(start)[None].to(device)
    step = step_for(observed)
    if run.on_state is not None:
        step = _watch(step, run.on_state, make_denoiser, observed, shown or window, count_steps(levels))
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


def _find_range(picture: MaskedPicture) -> tuple[list[float], list[float]]:
    """Return the least and the largest known value of each channel."""
    known = [values[picture.known] for values in picture.values]
    return [float(values.min()) for values in known], [float(values.max()) for values in known]


def _denoiser(model: Model, window: SampledWindow, device: str, run: Run, wrap: Wrap) -> Denoiser:
    place(model.network, device)  # its training may have moved to the processor
    whole, piece = (wrap(model.denoiser(device, *wraps), model.network) for wraps in ((window.wrap,), ()))
    return Tiled(whole, run, wrap=window.wrap, piece=piece)
