"""Orders in which noise levels are gone through: down, and up again to bring hole and surroundings together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

from svbrdf_core.diffusion.settings import SamplerSettings

Level = TypeVar("Level")


def make_times(sampler: SamplerSettings, steps: int) -> list[int]:
    """Return the times from ``steps`` to 0 that the solver of settings goes through.

    A jump is no longer than there are steps for it, so that none goes above the first time.
    """
    length = min(sampler.jump_length, steps - 1)
    if sampler.solver == "repaint" and length:
        return resample_times(steps, length, sampler.jump_n_sample)
    if sampler.solver == "ddnm-plus" and length:
        return travel_times(steps, length)
    return list(range(steps, -1, -1))


def resample_times(steps: int, jump_length: int, jump_n_sample: int) -> list[int]:
    """Return the times that RePaint goes through, ``steps`` to 0 (Lugmayr et al. 2022, appendix B, figure 9).

    Whenever the first time of a stretch of ``jump_length`` is reached, noise of that length is added and taken away
    again, until each stretch was sampled ``jump_n_sample`` times. If ``jump_length`` divides ``steps``, there are
    ``steps + (steps / jump_length - 1) (jump_n_sample - 1) 2 jump_length`` transitions, up and down.

    Raises:
        ValueError: there are more times in a jump than steps.
    """
    if jump_n_sample > 1:
        check_jump(steps, jump_length)
    # Times are counted from 1 there: the first jump goes up from the last but one.
    jumps = dict.fromkeys(range(1, steps - jump_length + 1, jump_length), jump_n_sample - 1)
    found, t = [steps], steps
    while t:
        t -= 1
        found.append(t)
        if jumps.get(t, 0):
            jumps[t] -= 1
            found += range(t + 1, t + jump_length + 1)
            t += jump_length
    return found


def travel_times(steps: int, travel_length: int) -> list[int]:
    """Return the times that DDNM+ goes through, ``steps`` to 0 (Wang et al. 2023, algorithm 2).

    Before each step, noise of ``travel_length`` times is added (less near the start) and taken away again.

    Raises:
        ValueError: there are more times in a jump than steps.
    """
    check_jump(steps, travel_length)
    found = [steps]
    for t in range(steps, 0, -1):
        top = min(steps, t + travel_length)
        found += range(t + 1, top + 1)
        found += range(top - 1, t - 2, -1)
    return found


def check_jump(steps: int, length: int) -> None:
    """See that a jump fits.

    Raises:
        ValueError: it does not.
    """
    if length >= steps:
        raise ValueError(f"a jump of {length} steps needs more than the {steps} steps that there are")


def count_passes(times: Sequence[int]) -> int:
    """Return how many of the transitions fall, which is where a network is asked."""
    return sum(after < before for before, after in pairwise(times))


def arrange(levels: Sequence[Level], times: Sequence[int]) -> list[Level]:
    """Return levels, of which the last one is that of time 0, in the order of the times."""
    return [levels[len(levels) - 1 - t] for t in times]
