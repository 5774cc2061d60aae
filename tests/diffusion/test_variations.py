"""Samples that go on from a former one, whose noise from a step on is another."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
import torch
from scipy import ndimage

from svbrdf_core.diffusion.denoising import train_denoiser
from svbrdf_core.diffusion.filling import Beginning, fill_picture, sample_window
from svbrdf_core.diffusion.model_file import Model
from svbrdf_core.diffusion.posterior.choice import STEPS
from svbrdf_core.diffusion.posterior.times import make_times
from svbrdf_core.diffusion.recipe import find_recipe
from svbrdf_core.diffusion.samplers import Step, ancestral, ddim
from svbrdf_core.diffusion.schedule import make_cosine
from svbrdf_core.diffusion.settings import CONDITIONAL, SamplerSettings, SolverName
from svbrdf_core.diffusion.window import SampledWindow
from svbrdf_core.learning.crops import MaskedPicture
from svbrdf_core.learning.holes import Floats
from svbrdf_core.run import Run
from tests.diffusion.gaussian import ConditionalLaw, make_stationary
from tests.diffusion.made import CHANNELS, TINY, known

LEARNING = replace(TINY, train_steps=150, batch_size=4, crop_size=32, width=16, learning_rate=3e-3)
PRIOR = SamplerSettings("repaint", jump_length=2, jump_n_sample=2)
COUNT = 10
"""Steps of the sampler."""


def grain() -> Floats:
    """Return two channels that depend on each other, and whose holes the surroundings do not tell."""
    noise = np.random.default_rng(4).standard_normal((2, 48, 40))
    smooth = ndimage.gaussian_filter(noise, (0, 1.5, 1.5), mode="wrap")
    values = np.stack([smooth[0], 0.7 * smooth[0] + 0.7 * smooth[1]])
    return np.asarray(values / values.std((1, 2), keepdims=True), np.float32)


def picture() -> MaskedPicture:
    return MaskedPicture(grain(), known())


def learn(sampler: SamplerSettings) -> Model:
    settings = replace(LEARNING, sampler=sampler)
    return train_denoiser([picture()], find_recipe(settings).spec(CHANNELS, 16, 4), settings, Run())


@pytest.fixture(scope="module")
def shown() -> Model:
    """Return a network that is shown what is known."""
    return learn(SamplerSettings())


@pytest.fixture(scope="module")
def prior() -> Model:
    return learn(PRIOR)


def seeded(seed: int) -> Run:
    return Run(generator=np.random.default_rng(seed))


def draw(
    model: Model,
    seed: int,
    begin: Beginning | None = None,
    sampler: SamplerSettings | None = None,
    what: MaskedPicture | None = None,
) -> Floats:
    return fill_picture(
        model, picture() if what is None else what, COUNT, seeded(seed), sampler or SamplerSettings(), begin=begin
    )


def apart(one: Floats, other: Floats) -> float:
    """Return the root mean squared difference in the hole."""
    return float(np.sqrt(((one - other)[:, ~known()] ** 2).mean()))


def test_the_later_a_variation_begins_the_nearer_it_is_to_what_it_varies(shown: Model) -> None:
    first = draw(shown, 0)
    spread, away = [], []
    for share in (0.1, 0.4, 0.7, 1.0):
        found = [draw(shown, seed, Beginning(first, share)) for seed in range(1, 5)]
        spread.append(np.mean([apart(*pair) for pair in combinations(found, 2)]))
        away.append(np.mean([apart(first, one) for one in found]))
    assert all(before < after for before, after in pairwise(spread)), spread
    assert all(before < after for before, after in pairwise(away)), away
    assert spread[0] < 0.35 * spread[-1] and away[0] < 0.35 * away[-1]


def test_what_begins_with_the_first_step_knows_nothing_of_what_it_varies(shown: Model) -> None:
    one, other = draw(shown, 0), draw(shown, 1)
    varied = [draw(shown, 2, Beginning(begin, 1.0)) for begin in (one, other)]
    own = [draw(shown, seed) for seed in (0, 1, 2)]
    usual = np.mean([apart(*pair) for pair in combinations(own, 2)])
    assert max(apart(*varied), apart(varied[0], own[2])) < 0.1 * usual  # all three have the noise of seed 2
    assert apart(varied[0], one) > 0.3 * usual


def test_outside_the_hole_nothing_changes_whatever_the_former_fill_has_there(shown: Model) -> None:
    first = draw(shown, 0)
    other = np.where(known(), first + 5, first)
    out = draw(shown, 1, Beginning(other, 0.5))
    assert (out[:, known()] == grain()[:, known()]).all()
    assert (draw(shown, 1, Beginning(first, 0.5)) == out).all()
    assert (draw(shown, 2, Beginning(first, 0.5)) != out).any()


@pytest.mark.parametrize("name", STEPS)
def test_every_solver_varies_a_fill(shown: Model, prior: Model, name: SolverName) -> None:
    model = shown if name in CONDITIONAL else prior
    sampler = SamplerSettings(name, jump_length=3, jump_n_sample=2)
    first = draw(model, 0, None, sampler)
    near, far = (draw(model, 1, Beginning(first, share), sampler) for share in (0.1, 1.0))
    assert np.isfinite(near).all() and (near[:, known()] == grain()[:, known()]).all()
    assert 0 < apart(first, near) < 0.6 * apart(first, far)


def test_a_hole_across_the_edge_of_a_torus_is_varied_as_one_inside(shown: Model) -> None:
    here = MaskedPicture(grain(), known(), (True, True))
    by = (24, 16)
    rolled = MaskedPicture(np.roll(here.values, by, (1, 2)), np.roll(here.known, by, (0, 1)), (True, True))

    class Rolled:
        """Draws the same noise, rolled with the picture."""

        def standard_normal(
            self, shape: tuple[int, ...], kind: type
        ) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
            return np.roll(np.random.default_rng(0).standard_normal(shape, np.float32), by, (1, 2))

        def integers(self, _: int) -> int:
            return 0

    first = draw(shown, 3, what=here)
    one = draw(shown, 0, Beginning(first, 0.1), what=here)
    run = Run(generator=Rolled())  # type: ignore[arg-type]
    begin = Beginning(np.roll(first, by, (1, 2)), 0.1)
    other = fill_picture(shown, rolled, COUNT, run, SamplerSettings(), begin=begin)
    assert np.abs(np.roll(one, by, (1, 2)) - other).max() < 0.03  # bfloat16 rounds
    assert 0 < apart(one, first) < 0.5


@pytest.mark.parametrize("solver", ["repaint", "ddnm-plus", "ddrm"])
def test_no_jump_goes_above_the_step_that_a_variation_begins_at(solver: SolverName) -> None:
    sampler = SamplerSettings(solver, jump_length=5, jump_n_sample=3)
    for steps in range(1, 12):
        times = make_times(sampler, steps)
        assert times[0] == max(times) == steps and times[-1] == 0


@pytest.mark.parametrize("step", [ancestral(), ddim()], ids=["ancestral", "ddim"])
def test_variations_of_a_right_sample_are_right_samples_and_less_like_it_the_earlier_they_begin(step: Step) -> None:
    """With the exact denoiser a variation has the law of a sample, whether or not the sampler adds noise of its own."""
    hole = torch.zeros(1, 1, 6, 6)
    hole[..., 1:4, 1:4] = 1
    law = ConditionalLaw.of(make_stationary(6), hole)
    values, mask = law.observed.values[0].numpy(), hole[0, 0].numpy() > 0
    what = MaskedPicture(values, ~mask)
    window = SampledWindow(np.arange(6), np.arange(6), (False, False))
    root = torch.linalg.cholesky(law.covariance)
    generator = torch.Generator().manual_seed(0)
    steps, number = 20, 150
    likeness = []
    for count in (2, 8, 20):
        levels = make_cosine().levels(steps)[steps - count :]
        firsts, varied = [], []
        for seed in range(number):
            unit = torch.randn(len(law.mean), generator=generator, dtype=torch.float64)
            first = values.copy()
            first[0][mask] = (law.mean + root @ unit).numpy()
            found = sample_window(
                what,
                window,
                lambda noise, wrap: law.denoiser(),
                levels,
                lambda observed: step,
                "cpu",
                seeded(seed),
                first,
            )
            firsts.append(torch.from_numpy(first))
            varied.append(torch.from_numpy(found))
        mean, covariance = law.errors(torch.stack(varied))
        assert mean < 0.3 and covariance < 0.45  # right samples, as many, have 0.15 and 0.35 by chance
        pairs = [torch.stack(one).flatten(1)[:, law.inside].double() - law.mean for one in (firsts, varied)]
        likeness.append(float((pairs[0] * pairs[1]).sum() / (pairs[0].norm() * pairs[1].norm())))
    assert likeness[0] > 0.9 > likeness[1] > likeness[2] + 0.2
    assert abs(likeness[2]) < 0.15
