"""The noise levels against their closed forms."""

from __future__ import annotations

import math

import pytest
import torch

from svbrdf_core.diffusion.schedule import Schedule, make_cosine, make_linear


def test_the_linear_schedule_is_the_papers() -> None:
    products = make_linear().alphas_cumprod
    assert len(products) == 1001
    assert products[1] == pytest.approx(1 - 1e-4, rel=1e-9)
    product = math.prod(1 - (1e-4 + (0.02 - 1e-4) * n / 999) for n in range(1000))
    assert products[-1].item() == pytest.approx(product, rel=1e-6)


def test_the_cosine_schedule_is_half_way_at_half_time() -> None:
    products = make_cosine(1000).alphas_cumprod
    assert products[500].item() == pytest.approx(0.5, abs=1e-6)
    assert products[250].item() == pytest.approx(math.cos(math.pi / 8) ** 2, abs=1e-6)


@pytest.mark.parametrize("schedule", [make_linear(), make_cosine(), make_cosine(7)])
def test_levels_fall_from_one_and_stay_above_zero(schedule: Schedule) -> None:
    assert schedule.alphas_cumprod[0] == 1
    assert (schedule.alphas_cumprod.diff() < 0).all()
    assert schedule.alphas_cumprod[-1] > 0
    timesteps = schedule.timesteps(5)
    assert timesteps[0] == schedule.last
    assert timesteps == sorted(set(timesteps), reverse=True)
    assert schedule.timesteps(schedule.last) == list(range(schedule.last, 0, -1))


@pytest.mark.parametrize("products", [[0.9, 0.5], [1.0, 0.5, 0.5], [1.0, 0.0]])
def test_other_levels_are_refused(products: list[float]) -> None:
    with pytest.raises(ValueError, match="alphas_cumprod must fall"):
        Schedule(torch.tensor(products, dtype=torch.float64))


def test_noisy_pictures_have_the_mean_and_the_variance_of_the_forward_process() -> None:
    schedule, generator = make_linear(), torch.Generator().manual_seed(0)
    x0 = torch.full((4, 1, 200, 200), 2.0)
    t = torch.tensor([1, 100, 500, 1000])
    x = schedule.add_noise(x0, t, torch.randn(x0.shape, generator=generator))
    products = schedule.alphas_cumprod[t]
    assert x.mean((1, 2, 3)).numpy() == pytest.approx((2 * products.sqrt()).numpy(), abs=0.03)
    assert x.var((1, 2, 3)).numpy() == pytest.approx((1 - products).numpy(), rel=0.03, abs=1e-6)


@pytest.mark.parametrize("schedule", [make_linear(), make_cosine(), make_cosine(7)])
def test_every_timestep_is_found_again_by_its_noise(schedule: Schedule) -> None:
    t = schedule.timestep_of(schedule.sigmas)
    assert (t == torch.arange(schedule.last + 1)).all()
    between = (schedule.sigmas[1:] + schedule.sigmas[:-1]) / 2
    assert schedule.timestep_of(between).numpy() == pytest.approx(torch.arange(schedule.last).numpy() + 0.5)
    assert schedule.timestep_of(schedule.sigmas[-1:] * 2) == schedule.last


@pytest.mark.parametrize("schedule", [make_linear(), make_cosine()])
def test_what_is_unscaled_and_scaled_again_is_the_same_to_the_last_bit(schedule: Schedule) -> None:
    x = torch.randn(1, 3, 50, 50, generator=torch.Generator().manual_seed(0))
    for t in range(1, schedule.last + 1, 37):
        level = schedule.level(t)
        again = level.unscale(x) / math.sqrt(1 + level.sigma**2)
        assert (again.float() == x).all()
