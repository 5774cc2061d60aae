"""Orders of noise levels: as many as the papers say, one step at a time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from svbrdf_core.diffusion.posterior.times import arrange, count_passes, make_times, resample_times, travel_times
from svbrdf_core.diffusion.schedule import make_linear
from svbrdf_core.diffusion.settings import DiffusionSettings, SamplerSettings


@pytest.mark.parametrize(
    ("steps", "length", "repeats", "transitions"),
    [(250, 10, 10, 4570), (100, 10, 10, 1720), (25, 5, 5, 185), (8, 2, 1, 8)],
)
def test_repaint_takes_as_many_transitions_as_its_equation_says(
    steps: int, length: int, repeats: int, transitions: int
) -> None:
    """n = T + (T / length - 1) (repeats - 1) 2 length, 4570 for 250, 10 and 10."""
    times = resample_times(steps, length, repeats)
    assert len(times) - 1 == transitions == steps + (steps // length - 1) * (repeats - 1) * 2 * length
    assert (times[0], times[-1]) == (steps, 0)
    assert all(abs(after - before) == 1 for before, after in pairwise(times))
    assert count_passes(times) == (transitions + steps) // 2


def test_repaint_samples_each_stretch_as_often_as_it_says() -> None:
    falls = [before for before, after in pairwise(resample_times(20, 5, 3)) if after < before]
    assert [falls.count(t) for t in range(20, 0, -1)] == 4 * [1] + 15 * [3] + [1]


def test_time_travel_goes_up_before_each_step() -> None:
    """Wang et al. 2023, algorithm 2, by hand for T = 4 and l = 2."""
    assert travel_times(4, 2) == [4, 3, 4, 3, 2, 3, 4, 3, 2, 1, 2, 3, 2, 1, 0]


def test_levels_in_an_order_of_times() -> None:
    levels = make_linear().levels(25)
    assert arrange(levels, make_times(SamplerSettings("ddrm"), 25)) == levels
    up = arrange(levels, make_times(SamplerSettings("repaint", jump_length=3), 25))
    assert sum(to.sigma > at.sigma for at, to in pairwise(up)) == 8 * 4 * 3
    assert up[-1].sigma == 0


@pytest.mark.parametrize("solver", ["repaint", "ddnm-plus"])
def test_a_jump_longer_than_the_steps_is_refused(solver: str) -> None:
    sampler = SamplerSettings(solver, jump_length=25)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=f"solver {solver} cannot go up 25 of 25 steps; give a shorter jump_length"):
        DiffusionSettings(sampler=sampler)
    assert DiffusionSettings(sampler=sampler, sampling_steps=26).sampler == sampler
