"""The seconds and bytes that training a network and sampling from it take, about.

Seconds are those of one core or of a graphics card, and need be right to each other and to `svbrdf_core.patch.effort`
only: progress is told by them. Bytes are those of a processor (`python -m benchmarks memory`), a little too many.
"""

from __future__ import annotations

from svbrdf_core.diffusion.posterior.times import count_passes, make_times
from svbrdf_core.diffusion.settings import DiffusionSettings

LEARNT = 3.8e-9
"""A step of training, a pixel of a crop and squared channel of the network's finest level."""
SAMPLED = 1.4e-9
"""A pass of sampling, the same of a picture."""
DERIVED = 3.0
"""How many times as long a pass takes through which a gradient is taken, and how much more memory."""
SHIFTED = 4.0
"""How often a pixel is sampled by windows that are shifted by half their sides."""
ACCELERATION = 8.0
"""How many times as fast a graphics card is, against patches there."""
TORCH = 250 * 2**20
"""Bytes of torch itself, loaded and used."""
LEARNT_BYTES, SAMPLED_BYTES = 56, 64
"""Of a pixel of a batch in training, and of one of a picture in sampling, each a channel of the finest level."""


def estimate_memory(settings: DiffusionSettings, pixels: int) -> int:
    """Return the bytes that training, and then sampling so many pixels, take besides the maps."""
    learnt = 0 if settings.model is not None else settings.batch_size * settings.crop_size**2 * LEARNT_BYTES
    at_once = min(pixels, settings.sampler.window**2) if settings.sampler.windows == "shift" else pixels
    sampled = at_once * SAMPLED_BYTES * (DERIVED if settings.sampler.derives else 1)
    return int(TORCH + settings.width * max(learnt, sampled))


def estimate_training(settings: DiffusionSettings, device: str) -> float:
    """Return the seconds that a training from the start takes; with a time limit at most as long."""
    if settings.model is not None:
        return 0.0
    pixels = settings.batch_size * settings.crop_size**2
    found = settings.train_steps * pixels * settings.width**2 * LEARNT / _acceleration(device)
    found *= 2 if settings.sampler.hierarchy else 1
    return found if settings.seconds is None else settings.seconds


def estimate_sampling(settings: DiffusionSettings, pixels: int, device: str) -> float:
    """Return the seconds that a sample of so many pixels takes."""
    count = count_passes(make_times(settings.sampler, settings.sampling_steps))
    passes = count * DERIVED if settings.sampler.derives else count
    if settings.sampler.windows == "shift" and pixels > settings.sampler.window**2:
        passes *= SHIFTED
    return passes * pixels * settings.width**2 * SAMPLED / _acceleration(device)


def _acceleration(device: str) -> float:
    return 1.0 if device == "cpu" else ACCELERATION
