"""The noise levels against their closed forms, and sampling with a denoiser that knows the answer."""

from __future__ import annotations

import math

import pytest
import torch

from svbrdf_core.diffusion.schedule import Schedule, cosine, linear, sample


def test_the_linear_schedule_is_the_papers() -> None:
    abar = linear().abar
    assert len(abar) == 1001
    assert abar[1] == pytest.approx(1 - 1e-4, rel=1e-9)
    product = math.prod(1 - (1e-4 + (0.02 - 1e-4) * n / 999) for n in range(1000))
    assert abar[-1].item() == pytest.approx(product, rel=1e-6)


def test_the_cosine_schedule_is_half_way_at_half_time() -> None:
    abar = cosine(1000).abar
    assert abar[500].item() == pytest.approx(0.5, abs=1e-6)
    assert abar[250].item() == pytest.approx(math.cos(math.pi / 8) ** 2, abs=1e-6)


@pytest.mark.parametrize("schedule", [linear(), cosine(), cosine(7)])
def test_levels_fall_from_one_and_stay_above_zero(schedule: Schedule) -> None:
    assert schedule.abar[0] == 1
    assert (schedule.abar.diff() < 0).all()
    assert schedule.abar[-1] > 0
    levels = schedule.levels(5)
    assert levels[0] == schedule.last
    assert levels == sorted(set(levels), reverse=True)
    assert schedule.levels(schedule.last) == list(range(schedule.last, 0, -1))


@pytest.mark.parametrize("abar", [[0.9, 0.5], [1.0, 0.5, 0.5], [1.0, 0.0]])
def test_other_levels_are_refused(abar: list[float]) -> None:
    with pytest.raises(ValueError, match="abar must fall"):
        Schedule(torch.tensor(abar, dtype=torch.float64))


def test_noisy_pictures_have_the_mean_and_the_variance_of_the_forward_process() -> None:
    schedule, generator = linear(), torch.Generator().manual_seed(0)
    x0 = torch.full((4, 1, 200, 200), 2.0)
    level = torch.tensor([1, 100, 500, 1000])
    x = schedule.noisy(x0, level, torch.randn(x0.shape, generator=generator))
    abar = schedule.abar[level]
    assert x.mean((1, 2, 3)).numpy() == pytest.approx((2 * abar.sqrt()).numpy(), abs=0.03)
    assert x.var((1, 2, 3)).numpy() == pytest.approx((1 - abar).numpy(), rel=0.03, abs=1e-6)


@pytest.mark.parametrize("schedule", [linear(), cosine()])
@pytest.mark.parametrize(("passes", "eta"), [(1000, 1.0), (25, 1.0), (25, 0.0), (1, 1.0)])
def test_sampling_with_the_answer_returns_it(schedule: Schedule, passes: int, eta: float) -> None:
    generator = torch.Generator().manual_seed(1)
    truth = torch.randn(1, 3, 8, 8, generator=generator)
    start = torch.randn(truth.shape, generator=generator)
    found = sample(lambda x, level: truth, start, schedule, schedule.levels(passes), generator, eta)
    assert (found - truth).abs().max() < 1e-5


def test_ancestral_sampling_keeps_the_variance_of_the_forward_process() -> None:
    """With the posterior mean of unit Gaussian data, every level's sample has unit variance."""
    schedule, generator = linear(200), torch.Generator().manual_seed(2)
    abar = schedule.abar

    def mean(x: torch.Tensor, level: int) -> torch.Tensor:
        return x * abar[level].sqrt().float()  # E[x_0 | x_t] where x_0 ~ N(0, 1)

    start = torch.randn(1, 1, 300, 300, generator=generator)
    found = sample(mean, start, schedule, schedule.levels(200), generator)
    assert found.var().item() == pytest.approx(1, rel=0.05)


def test_the_added_noise_is_that_of_the_paper() -> None:
    """sigma_t^2 = (1 - abar_{t-1}) / (1 - abar_t) beta_t."""
    schedule = linear()
    here, there = schedule.abar[500].item(), schedule.abar[499].item()
    beta = 1e-4 + (0.02 - 1e-4) * 499 / 999
    generator = torch.Generator().manual_seed(3)
    x = torch.zeros(1, 1, 400, 400)
    found = sample(lambda x, level: torch.zeros_like(x), x, Schedule(schedule.abar[[0, 499, 500]]), [2], generator)
    assert (found == 0).all()  # one step to level 0 adds none
    seen: list[torch.Tensor] = []

    def record(x: torch.Tensor, level: int) -> torch.Tensor:
        seen.append(x)
        return torch.zeros_like(x)

    sample(record, x, Schedule(schedule.abar[[0, 499, 500]]), [2, 1], generator)
    assert seen[1].var().item() == pytest.approx((1 - there) / (1 - here) * beta, rel=0.02)
