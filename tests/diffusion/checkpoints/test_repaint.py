"""RePaint: its noise levels, and what it samples where the answer is known."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from svbrdf_core.diffusion.checkpoints.repaint import repaint
from svbrdf_core.diffusion.denoiser import Observed
from svbrdf_core.diffusion.samplers import GaussianNoise, sample
from svbrdf_core.diffusion.schedule import make_linear
from svbrdf_core.run import Run
from tests.diffusion.gaussian import make_field

COUNT = 600


def test_its_levels_are_those_of_the_published_setting() -> None:
    """250 levels, jumps of 10, each 10 times: 4,570 moves of one level each, of which 2,410 fall."""
    levels, _ = repaint(make_linear(), 250, 10, 10)
    numbers = {level.sigma: 250 - number for number, level in enumerate(make_linear().levels(250))}
    at = [numbers[level.sigma] for level in levels]
    moves = [to - start for start, to in pairwise(at)]
    assert sum(abs(move) for move in moves) == 4570
    assert [sum(move == kind for move in moves) for kind in (-1, 10)] == [2410, 216]
    assert {start for start, move in zip(at, moves, strict=False) if move == 10} == set(range(1, 241, 10))
    assert (at[0], at[-1]) == (250, 0)


@pytest.mark.parametrize("settings", [(3, 5, 4), (5, 5, 2), (1, 1, 9), (7, 2, 1)])
def test_levels_of_any_setting_end_without_noise(settings: tuple[int, int, int]) -> None:
    steps, _, samples = settings
    levels, _ = repaint(make_linear(), *settings)
    assert levels[0] == make_linear().level(1000) and levels[-1].sigma == 0
    assert all(level.sigma > 0 for level in levels[:-1])
    assert samples > 1 or len(levels) == steps + 1


def test_samples_have_the_law_that_the_known_pixels_leave() -> None:
    """Its mean comes nearer to the conditional one with resampling, as section 4.2 says; nothing known changes."""
    field = make_field()
    generator = torch.Generator().manual_seed(1)
    noise = GaussianNoise(generator)
    hole = torch.zeros(1, 1, 4, 4)
    hole[:, :, 1:3, 1:4] = 1
    unit = torch.randn(32, generator=generator, dtype=torch.float64)
    truth = (field.mean + (torch.linalg.cholesky(field.covariance) @ unit).view(2, 4, 4))[None].float()
    inside = hole.expand(1, 2, 4, 4).flatten() > 0
    deviation = (truth.double() - field.mean).flatten()[~inside]
    across, known = field.covariance[inside][:, ~inside], field.covariance[~inside][:, ~inside]
    prior = field.mean.flatten()[inside]
    mean = prior + across @ torch.linalg.solve(known, deviation)
    variance = (field.covariance[inside][:, inside] - across @ torch.linalg.solve(known, across.T)).diagonal()

    def draw(samples: int) -> torch.Tensor:
        levels, step = repaint(make_linear(), 50, 5, samples)
        start = noise(torch.zeros(COUNT, 2, 4, 4))
        found = sample(field, Observed(truth * (1 - hole), hole), levels, step, start, noise, Run()).flatten(1)
        assert torch.equal(found[:, ~inside], truth.flatten(1)[:, ~inside].expand(COUNT, -1))
        return found[:, inside].double()

    def error(found: torch.Tensor) -> float:
        return float((found - mean).square().mean().sqrt())

    once, often = draw(1), draw(8)
    assert error(often.mean(0)) < 0.6 * error(once.mean(0)) < 0.3 * error(prior)
    assert (often.var(0) / variance).mean() == pytest.approx(1, abs=0.25)


def test_it_needs_what_is_known() -> None:
    levels, step = repaint(make_linear(), 2, 1, 1)
    zeros = torch.zeros(1, 2, 4, 4)
    with pytest.raises(ValueError, match="needs what is known"):
        sample(make_field(), None, levels, step, zeros, GaussianNoise(torch.Generator()), Run())
