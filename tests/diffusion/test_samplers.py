"""Sampling with denoisers that know the answer: steps down, steps up, and steps that derive."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch

from svbrdf_core.diffusion.denoiser import Observed
from svbrdf_core.diffusion.samplers import Estimate, GaussianNoise, Noise, Solver, Step, ancestral, ddim, sample
from svbrdf_core.diffusion.schedule import NoiseLevel, Schedule, explode, make_cosine, make_linear
from svbrdf_core.errors import Cancelled
from svbrdf_core.run import Progress, Run
from tests.diffusion.gaussian import GaussianDenoiser, KnowingDenoiser, make_field

COUNT = 5_000


def draw(field: GaussianDenoiser, levels: list[NoiseLevel], step: Step, seed: int = 0) -> torch.Tensor:
    """Return samples ``(COUNT, N)`` from exact ones of the first level."""
    generator = torch.Generator().manual_seed(seed)
    noisy = field.covariance + levels[0].sigma ** 2 * torch.eye(len(field.covariance), dtype=torch.float64)
    unit = torch.randn(COUNT, len(noisy), generator=generator, dtype=torch.float64)
    start = levels[0].scale * (field.mean.flatten() + unit @ torch.linalg.cholesky(noisy).T)
    shape = (COUNT, *field.mean.shape)
    return sample(field, None, levels, step, start.float().view(shape), GaussianNoise(generator), Run()).flatten(1)


def assert_law(field: GaussianDenoiser, samples: torch.Tensor, tolerance: float) -> None:
    """Assert that samples have the field's mean and covariance, within a part of the largest variance."""
    largest = field.covariance.diagonal().max()
    assert (samples.double().mean(0) - field.mean.flatten()).abs().max() < tolerance * largest.sqrt()
    assert (torch.cov(samples.double().T) - field.covariance).abs().max() < tolerance * largest


@pytest.mark.parametrize("levels", [make_linear().levels(60), explode(make_linear().levels(60))])
@pytest.mark.parametrize("eta", [0.0, 0.5])
def test_ddim_gives_samples_of_a_gaussian_field(levels: list[NoiseLevel], eta: float) -> None:
    field = make_field()
    assert_law(field, draw(field, levels, ddim(eta)), 0.1)


@pytest.mark.parametrize("schedule", [make_linear(), make_cosine()])
def test_ancestral_steps_give_samples_of_a_gaussian_field(schedule: Schedule) -> None:
    field = make_field()
    assert_law(field, draw(field, schedule.levels(100), ancestral()), 0.1)


def test_ddim_contracts_each_direction_as_its_equation_says() -> None:
    """Along an eigenvector with variance v a step multiplies by (v + sigma to) / (v + sigma^2)."""
    variance = 0.7
    field = GaussianDenoiser(torch.zeros(1, 1, 1).double(), torch.full((1, 1), variance).double())
    levels = make_cosine().levels(12)
    start = torch.ones(1, 1, 1, 1)
    found = sample(field, None, levels, ddim(), start, GaussianNoise(torch.Generator()), Run()).item()
    factors = [(variance + at.sigma * to.sigma) / (variance + at.sigma**2) for at, to in pairwise(levels)]
    assert found == pytest.approx(math.prod(factors) / levels[0].scale, rel=1e-4)


def with_jumps(levels: list[NoiseLevel], length: int, repeats: int) -> list[NoiseLevel]:
    """Return levels that go up ``length`` again and again, after Lugmayr et al. 2022 (RePaint)."""
    found = levels[: length + 1]
    for at in range(length, len(levels) - 1, length):
        for _ in range(repeats - 1):
            found += [*levels[at - length : at][::-1], *levels[at - length + 1 : at + 1]]
        found += levels[at + 1 : at + length + 1]
    return found


@pytest.mark.parametrize("step", [ddim(), ancestral()])
@pytest.mark.parametrize("scaled", [True, False])
def test_levels_may_rise_and_the_law_stays(step: Step, scaled: bool) -> None:
    levels = make_cosine().levels(100)[5:]
    levels = with_jumps(levels if scaled else explode(levels), 10, 3)
    assert sum(to.sigma > at.sigma for at, to in pairwise(levels)) >= 100
    field = make_field(side=2)
    assert_law(field, draw(field, levels, step), 0.1)


def test_a_rise_alone_has_the_law_of_the_higher_level() -> None:
    field = make_field(side=2)
    for low, high in (
        (NoiseLevel(0.5), NoiseLevel(2.0)),
        (NoiseLevel(0.5, 0.9), NoiseLevel(2.0, 0.4)),
        (NoiseLevel(0.0), NoiseLevel(1.0)),
    ):
        samples = draw(field, [low, high], ancestral())
        wanted = high.scale**2 * (field.covariance + high.sigma**2 * torch.eye(8))
        assert (torch.cov(samples.double().T) - wanted).abs().max() < 0.1 * wanted.max()


@pytest.mark.parametrize("schedule", [make_linear(), make_cosine()])
@pytest.mark.parametrize(("steps", "eta"), [(1000, 1.0), (25, 1.0), (25, 0.0), (1, 1.0)])
def test_sampling_with_the_answer_returns_it(schedule: Schedule, steps: int, eta: float) -> None:
    generator = torch.Generator().manual_seed(1)
    truth = torch.randn(3, 8, 8, generator=generator)
    start = torch.randn(1, 3, 8, 8, generator=generator)
    denoise = KnowingDenoiser(truth)
    found = sample(denoise, None, schedule.levels(steps), ddim(eta), start, GaussianNoise(generator), Run())
    assert (found - truth).abs().max() < 1e-5


def test_the_added_noise_is_that_of_the_paper() -> None:
    """sigma_t^2 = (1 - abar_{t-1}) / (1 - abar_t) beta_t (Ho et al. 2020, eq. 7)."""
    schedule = make_linear()
    here, below = schedule.alphas_cumprod[500].item(), schedule.alphas_cumprod[499].item()
    beta = 1e-4 + (0.02 - 1e-4) * 499 / 999
    levels = [schedule.level(500), schedule.level(499)]
    x = torch.zeros(1, 1, 400, 400)
    noise = GaussianNoise(torch.Generator().manual_seed(3))
    found = sample(KnowingDenoiser(torch.zeros(1, 400, 400)), None, levels, ancestral(), x, noise, Run())
    assert found.var().item() == pytest.approx((1 - below) / (1 - here) * beta, rel=0.02)
    last = sample(
        KnowingDenoiser(torch.zeros(1, 400, 400)),
        None,
        [schedule.level(1), NoiseLevel(0)],
        ancestral(),
        x,
        noise,
        Run(),
    )
    assert (last == 0).all()  # one step to level 0 adds none


def test_a_step_may_derive_by_x_and_others_record_nothing() -> None:
    field = make_field(side=2)
    recorded: list[bool] = []

    def guide(
        denoise: Estimate, x: torch.Tensor, at: NoiseLevel, to: NoiseLevel, observed: Observed | None, noise: Noise
    ) -> torch.Tensor:
        x = x.detach().requires_grad_(torch.is_grad_enabled())
        x0 = denoise(x, at)
        recorded.append(x0.requires_grad)
        if not x0.requires_grad:
            return x0
        (gradient,) = torch.autograd.grad(((x0 - 3) ** 2).sum() / 2, x)
        return (ddim()(denoise, x, at, to, observed, noise) - gradient).detach()

    levels, start = make_cosine().levels(10), torch.zeros(5, 2, 2, 2)
    noise = GaussianNoise(torch.Generator())
    guided = sample(field, None, levels, Solver(guide, needs_gradient=True), start, noise, Run())
    plain = sample(field, None, levels, ddim(), start, noise, Run())
    assert all(recorded) and not guided.requires_grad
    assert (guided - 3).abs().mean() < 0.8 * (plain - 3).abs().mean()
    recorded.clear()
    sample(field, None, levels, Solver(guide), start, noise, Run())
    assert not any(recorded)


def test_sampling_is_told_and_stopped_between_steps() -> None:
    told: list[Progress] = []
    run = Run(on_progress=told.append, should_stop=lambda: len(told) == 3)
    levels, start = make_cosine().levels(10), torch.zeros(1, 2, 2, 2)
    with pytest.raises(Cancelled):
        sample(make_field(side=2), None, levels, ddim(), start, GaussianNoise(torch.Generator()), run)
    assert [progress.fraction for progress in told] == pytest.approx([0.1, 0.2, 0.3])
