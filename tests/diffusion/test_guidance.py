"""Guidance: the law that a function asks for, and what the functions that we have ask for."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from svbrdf_core.diffusion.denoiser import Observed
from svbrdf_core.diffusion.posterior.gradients import pigdm
from svbrdf_core.diffusion.posterior.guidance import LogProbability, derive, guided
from svbrdf_core.diffusion.posterior.nullspace import ddnm
from svbrdf_core.diffusion.posterior.objectives import (
    coherent,
    like_photograph,
    of_class,
    total_variation,
    unit_normals,
)
from svbrdf_core.diffusion.samplers import GaussianNoise, Step, ancestral, ddim, sample
from svbrdf_core.diffusion.schedule import NoiseLevel, make_cosine
from svbrdf_core.errors import InputError
from svbrdf_core.render import Part, flash, render
from svbrdf_core.run import Run
from svbrdf_core.tensors.layout import ChannelLayout
from tests.diffusion.gaussian import KnowingDenoiser, StationaryField, make_stationary


def draw(field: StationaryField, observed: Observed | None, step: Step, count: int, steps: int = 100) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(count, *field.shape, generator=generator)
    return sample(field, observed, make_cosine().levels(steps), step, start, GaussianNoise(generator), Run())


def test_a_linear_function_moves_the_law_as_it_must() -> None:
    """p(x) exp(b x) of a Gaussian p with covariance S is the same Gaussian around S b."""
    field = make_stationary(8)
    tilt = torch.zeros(1, 8, 8)
    tilt[0, 2:4, 3:6] = 0.4
    found = draw(field, None, guided(ancestral(), lambda x0: (tilt * x0).sum((1, 2, 3))), 1000, 200).flatten(1)
    covariance = field.covariance()
    wanted = covariance @ tilt.flatten().double()
    assert wanted.max() > 1
    assert (found.mean(0) - wanted).abs().max() < 0.2
    assert (torch.cov(found.double().T) - covariance).abs().max() < 0.25


@pytest.mark.parametrize("step", [ancestral(), ddim(), ddnm(), pigdm()])
def test_no_weight_is_no_guidance(step: Step) -> None:
    field, observed = make_stationary(8), make_observed(8, 1)
    plain = draw(field, observed, step, 3, 10)
    unmoved = draw(field, observed, guided(step, lambda x0: x0.sum((1, 2, 3)), 0.0), 3, 10)
    moved = draw(field, observed, guided(step, lambda x0: x0.sum((1, 2, 3))), 3, 10)
    assert (plain - unmoved).abs().max() < 1e-5
    assert (moved - plain)[:, :, 2:6, 2:6].mean() > 0.1


def test_guidance_asks_the_network_once_a_step() -> None:
    field, asked = make_stationary(8), []

    def estimate(x: torch.Tensor, at: NoiseLevel) -> torch.Tensor:
        asked.append(x)
        return field(at.unscale(x), at.batched_sigma(x))

    at, to = make_cosine().levels(10)[4:6]
    step = guided(pigdm(), total_variation(make_observed(8, 1)))
    step(estimate, torch.randn(1, 1, 8, 8), at, to, make_observed(8, 1), GaussianNoise(torch.Generator()))
    assert len(asked) == 1


def test_a_network_without_a_gradient_cannot_be_guided() -> None:
    known = KnowingDenoiser(torch.zeros(1, 8, 8))
    step = guided(ancestral(), lambda x0: x0.sum((1, 2, 3)))
    noise = GaussianNoise(torch.Generator())
    with pytest.raises(InputError, match="or its guidance needs"):
        sample(known, None, make_cosine().levels(3), step, torch.zeros(1, 1, 8, 8), noise, Run())


def make_observed(side: int, channels: int) -> Observed:
    hole = torch.zeros(1, 1, side, side)
    hole[..., side // 4 : -side // 4, side // 4 : -side // 4] = 1
    values = torch.randn(1, channels, side, side, generator=torch.Generator().manual_seed(4))
    return Observed(values * (1 - hole), hole)


SIDE = 16
LAYOUT = ChannelLayout(("diffuse", "normal", "roughness"), (3, 3, 1))


def restore(x0: torch.Tensor) -> torch.Tensor:
    """Return maps around a grey, flat, half-rough surface."""
    middle = torch.tensor([0.5, 0.5, 0.5, 0, 0, 0.9, 0.5])[:, None, None]
    return middle + 0.15 * x0


def photograph() -> torch.Tensor:
    bright = torch.full((1, 7, SIDE, SIDE), 1.5)
    bright[:, 3:5] = 0
    return render(restore(bright), LAYOUT, flash(), part=Part(0, 0, SIDE, SIDE))


OBSERVED = make_observed(SIDE, 7)
OBJECTIVES: dict[str, tuple[LogProbability, float]] = {
    "total variation": (total_variation(OBSERVED), 3.0),
    "unit normals": (unit_normals(restore, LAYOUT, OBSERVED.hole), 100.0),
    "photograph": (
        like_photograph(restore, LAYOUT, flash(), Part(0, 0, SIDE, SIDE), photograph(), OBSERVED.hole),
        20.0,
    ),
    "class": (of_class(lambda x0: torch.stack([x0[:, 0].sum((1, 2)), -x0[:, 0].sum((1, 2))], 1) / 10, 1), 50.0),
}


@pytest.mark.parametrize("name", OBJECTIVES)
def test_guided_samples_have_more_of_what_is_asked_for(name: str) -> None:
    log_probability, weight = OBJECTIVES[name]
    field = make_stationary(SIDE, 7)
    plain = log_probability(draw(field, OBSERVED, ddnm(), 20, 40)).mean()
    found = draw(field, OBSERVED, guided(ddnm(), log_probability, weight), 20, 40)
    assert log_probability(found).mean() > 0.7 * plain
    assert found.abs().max() < 12
    assert (found - OBSERVED.values)[:, :, 0].abs().max() < 1e-3


def test_guidance_makes_the_edges_of_maps_coincide() -> None:
    """Two maps that are the same where they are known, by a prior that knows nothing of that."""
    side = 24
    field = make_stationary(side)
    independent = StationaryField(field.spectrum, torch.eye(2, dtype=torch.float64))
    same = draw(field, None, ancestral(), 1).expand(-1, 2, -1, -1)
    hole = make_observed(side, 2).hole
    observed = Observed(same * (1 - hole), hole)
    log_probability = coherent(observed, [[0], [1]])
    assert log_probability(same).abs().max() < 1e-3 * hole.sum()
    plain, better = (
        log_probability(draw(independent, observed, step, 20, 40)).mean() / hole.sum()
        for step in (ddnm(), guided(ddnm(), log_probability, 3.0))
    )
    assert plain < -0.3
    assert better > 0.6 * plain


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_functions_are_of_each_picture_alone_and_their_slopes_are_right(name: str) -> None:
    log_probability, _ = OBJECTIVES[name]
    x0 = torch.randn(3, 7, SIDE, SIDE, generator=torch.Generator().manual_seed(6), dtype=torch.float64)
    assert (log_probability(x0)[:1] - log_probability(x0[:1])).abs().max() < 1e-9
    direction = torch.randn(x0.shape, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    slope = (log_probability(x0 + 1e-5 * direction) - log_probability(x0 - 1e-5 * direction)).sum() / 2e-5
    assert (derive(log_probability, x0) * direction).sum().item() == pytest.approx(slope.item(), rel=1e-3)
    assert np.isfinite(derive(log_probability, torch.zeros_like(x0)).numpy()).all()


def test_a_map_that_never_varies_gives_no_slope() -> None:
    flat = unit_normals(lambda x0: torch.ones(len(x0), 7, SIDE, SIDE), LAYOUT, OBSERVED.hole)
    assert (derive(flat, torch.zeros(1, 7, SIDE, SIDE)) == 0).all()
