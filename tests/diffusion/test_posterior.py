"""Solvers on a Gaussian field, where what is to be sampled is known: the law of the hole given its surroundings.

The denoiser is exact, so that all error is the solver's. Errors are those of `ConditionalLaw.errors`: right samples, as
many, have about 0.05 and 0.17 by chance, and samples that ignore what is known have 1 and 1. None but the conditional
ones are exact: the bounds hold the bias that each solver has by construction, and its chance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest
import torch
from torch import nn

from svbrdf_core.diffusion.denoiser import Denoiser, Observed, from_x0
from svbrdf_core.diffusion.posterior.choice import STEPS as SOLVERS
from svbrdf_core.diffusion.posterior.choice import make_step
from svbrdf_core.diffusion.posterior.gradients import dps, mcg, pigdm
from svbrdf_core.diffusion.posterior.nullspace import ddnm, ddnm_plus
from svbrdf_core.diffusion.posterior.proximal import diffpir
from svbrdf_core.diffusion.posterior.replacement import repaint
from svbrdf_core.diffusion.posterior.spectral import ddrm
from svbrdf_core.diffusion.posterior.times import arrange, resample_times, travel_times
from svbrdf_core.diffusion.samplers import GaussianNoise, Step, ancestral, ddim, sample
from svbrdf_core.diffusion.schedule import NoiseLevel, explode, make_cosine
from svbrdf_core.diffusion.settings import CONDITIONAL, DERIVING, SamplerSettings, SolverName
from svbrdf_core.diffusion.tiled import Tiled
from svbrdf_core.diffusion.wrappers import OnTorus
from svbrdf_core.errors import InputError
from svbrdf_core.run import Run
from tests.diffusion.gaussian import ConditionalLaw, make_stationary

COUNT = 800


def make_hole(side: int = 12, width: int = 6) -> torch.Tensor:
    hole = torch.zeros(1, 1, side, side)
    hole[..., 3 : 3 + width, 3 : 3 + width] = 1
    return hole


FIELD = make_stationary()
LAW = ConditionalLaw.of(FIELD, make_hole())


def draw(
    denoise: Denoiser,
    observed: Observed,
    step: Step,
    levels: Sequence[NoiseLevel],
    count: int = COUNT,
    seed: int = 0,
) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    start = levels[0].scale * math.sqrt(1 + levels[0].sigma ** 2)
    noise = start * torch.randn(count, *observed.values.shape[1:], generator=generator)
    return sample(denoise, observed, levels, step, noise, GaussianNoise(generator), Run())


def levels_of(steps: int, times: Sequence[int] | None = None) -> list[NoiseLevel]:
    levels = make_cosine().levels(steps)
    return levels if times is None else arrange(levels, times)


@pytest.mark.parametrize("step", [ancestral(), ddim(0.5), ddim()], ids=["ancestral", "ddim 0.5", "ddim"])
def test_a_network_that_is_shown_the_surroundings_needs_no_solver(step: Step) -> None:
    law = ConditionalLaw.of(make_stationary(6), make_hole(6, 3))
    mean, covariance = law.errors(draw(law.denoiser(), law.observed, step, levels_of(200), 2000))
    assert mean < 0.06
    assert covariance < 0.12


PAPERS = {
    "repaint": (repaint(), levels_of(50, resample_times(50, 10, 10)), 0.25, 0.25),
    "replacement": (repaint(), levels_of(100), 0.6, 0.55),
    "ddnm": (ddnm(), levels_of(100), 0.6, 0.55),
    "ddnm-plus": (ddnm_plus(), levels_of(50, travel_times(50, 8)), 0.3, 0.25),
    "pigdm": (pigdm(), levels_of(100), 0.25, 0.35),
    "mcg": (mcg(0.1), levels_of(250), 0.25, 0.25),
    "dps": (dps(0.1), levels_of(250), 0.25, 0.25),
    "ddrm": (ddrm(), levels_of(100), 0.3, 0.4),
    "diffpir": (diffpir(0.3), levels_of(100), 0.42, 0.32),
}
"""Solver, levels, and the largest errors of mean and covariance."""
EXACT = {"repaint", "replacement", "ddnm", "ddnm-plus", "pigdm", "mcg", "ddrm", "diffpir"}
"""Solvers whose samples have the known values themselves."""


@pytest.mark.parametrize("name", PAPERS)
def test_samples_of_a_gaussian_field_are_near_the_law_of_the_hole(name: str) -> None:
    step, levels, mean, covariance = PAPERS[name]
    found = draw(FIELD, LAW.observed, step, levels)
    errors = LAW.errors(found)
    assert errors[0] < mean
    assert errors[1] < covariance
    away = ((found - LAW.observed.values) * (1 - LAW.observed.hole)).abs().max()
    assert away < (1e-3 if name in EXACT else 0.1)


def test_samples_without_a_solver_ignore_what_is_known() -> None:
    mean, covariance = LAW.errors(draw(FIELD, LAW.observed, ancestral(), levels_of(50)))
    assert 0.9 < mean < 1.1
    assert 0.75 < covariance < 1.25


def test_channels_that_depend_on_each_other_and_holes_across_the_edge_of_a_torus() -> None:
    field = make_stationary(8, 2)
    inside = make_hole(8, 4)
    middle = ConditionalLaw.of(field, inside)
    across = ConditionalLaw.of(field, inside.roll((5, 5), (2, 3)))
    for law in (middle, across):
        found = draw(field, law.observed, ddnm_plus(), levels_of(40, travel_times(40, 8)), 500)
        assert max(law.errors(found)) < 0.35


ALL = [name for name in SOLVERS if name not in CONDITIONAL]


@pytest.mark.parametrize("name", ALL)
def test_the_scale_of_the_levels_changes_nothing(name: SolverName) -> None:
    levels = levels_of(20)[1:]
    kept, exploded = (
        draw(FIELD, LAW.observed, make_step(SamplerSettings(name)), of, 4) for of in (levels, explode(levels))
    )
    assert (kept - exploded).abs().max() < 2e-3


@pytest.mark.parametrize("name", ALL)
def test_each_picture_of_a_batch_is_solved_alone(name: SolverName) -> None:
    """A gradient, or a distance, that is taken over the batch would change with the others."""
    step = make_step(SamplerSettings(name))
    at, to = levels_of(20)[8:10]
    x = torch.randn(3, 1, 12, 12, generator=torch.Generator().manual_seed(1))
    x[1:] *= 4

    def advance(noisy: torch.Tensor) -> torch.Tensor:
        def estimate(y: torch.Tensor, level: NoiseLevel) -> torch.Tensor:
            return FIELD(level.unscale(y), level.batched_sigma(y))

        with torch.set_grad_enabled(step.needs_gradient):
            return step(estimate, noisy, at, to, LAW.observed, torch.zeros_like).detach()

    assert (advance(x)[:1] - advance(x[:1])).abs().max() < 1e-5


@pytest.mark.parametrize("name", ALL)
def test_tiles_give_the_samples_of_the_whole(name: SolverName) -> None:
    whole = OnTorus(make_blur(), (True, True), 8)
    tiled = Tiled(whole, Run(), wrap=(True, True), piece=make_blur(), tile=16)
    hole = make_hole(24, 10).roll(12, 2)
    observed = Observed(torch.randn(1, 2, 24, 24, generator=torch.Generator().manual_seed(2)) * (1 - hole), hole)
    one, other = (draw(of, observed, make_step(SamplerSettings(name)), levels_of(6), 2) for of in (whole, tiled))
    assert (one - other).abs().max() < 1e-4 * one.abs().max()


def make_blur() -> Denoiser:
    torch.manual_seed(0)
    network = nn.Conv2d(2, 2, 7, padding=3).requires_grad_(False)

    def predict(x: torch.Tensor, t: torch.Tensor, observed: Observed | None) -> torch.Tensor:
        found: torch.Tensor = network(x)
        return found

    return from_x0(predict, make_cosine(), ("a.0", "a.1"), conditional=False)


@pytest.mark.parametrize(
    ("one", "other"),
    [(ddrm(1.0), diffpir(1.0)), (ddnm(0.0), diffpir(0.0)), (ddnm(1.0), ddnm_plus(0.0))],
    ids=["DDRM and DiffPIR", "DDNM and DiffPIR", "DDNM and DDNM+"],
)
def test_where_two_papers_say_the_same_the_samples_are(one: Step, other: Step) -> None:
    """With all noise fresh, with none fresh, and without travel."""
    first, second = (draw(FIELD, LAW.observed, step, levels_of(30), 4) for step in (one, other))
    assert (first - second).abs().max() < 1e-4


@pytest.mark.parametrize(
    ("make", "bound"),
    [(ddnm_plus, 0.98), (lambda std: ddrm(noise_std=std), 0.88), (lambda std: diffpir(0.3, 1.0, std), 0.88)],
    ids=["DDNM+", "DDRM", "DiffPIR"],
)
def test_noise_of_what_is_known_is_taken_off_if_it_is_told(make: Callable[[float], Step], bound: float) -> None:
    """The mean of the law leaves 0.83 of it; DDNM+ takes off little of what its schedule of trust lets in."""
    std = 0.4
    truth, known = LAW.observed.values, 1 - LAW.observed.hole
    noisy = truth + std * torch.randn(truth.shape, generator=torch.Generator().manual_seed(5)) * known

    def distance(step: Step) -> float:
        found = draw(FIELD, Observed(noisy, LAW.observed.hole), step, levels_of(60), 100).mean(0, keepdim=True)
        return (((found - truth) * known).square().sum() / known.sum()).sqrt().item()

    given = distance(make(0.0))
    assert given == pytest.approx(std, rel=0.1)
    assert distance(make(std)) < bound * given


@pytest.mark.parametrize("name", DERIVING)
def test_a_network_without_a_gradient_is_refused_by_solvers_that_need_one(name: SolverName) -> None:
    def opaque(x: torch.Tensor, t: torch.Tensor, observed: Observed | None) -> torch.Tensor:
        return x.detach() * 0.5

    denoise = from_x0(opaque, make_cosine(), ("a.0",), conditional=False)
    with pytest.raises(InputError, match="gives no gradient, which this solver"):
        draw(denoise, LAW.observed, make_step(SamplerSettings(name)), levels_of(5), 1)
    assert make_step(SamplerSettings(name)).needs_gradient


@pytest.mark.parametrize("name", ALL)
def test_a_solver_without_what_is_known_says_so(name: SolverName) -> None:
    noise = GaussianNoise(torch.Generator())
    with pytest.raises(ValueError, match="say what is"):
        sample(FIELD, None, levels_of(3), make_step(SamplerSettings(name)), torch.zeros(1, 1, 12, 12), noise, Run())
