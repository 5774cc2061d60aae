"""Priors: networks that learn whole pictures, and what fills by them promise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from svbrdf_core.diffusion.denoiser import Observed
from svbrdf_core.diffusion.denoising import DenoisingTask, train_denoiser
from svbrdf_core.diffusion.filling import fill_picture
from svbrdf_core.diffusion.model_file import Model, probe
from svbrdf_core.diffusion.network import ConditionalUNet
from svbrdf_core.diffusion.recipe import RECIPES, find_recipe
from svbrdf_core.diffusion.settings import RecipeName, SamplerSettings
from svbrdf_core.errors import InputError
from svbrdf_core.learning.crops import MaskedPicture
from svbrdf_core.learning.spec import ModelSpec
from svbrdf_core.run import Run
from tests.diffusion.made import CHANNELS, TINY, known, picture, spec, waves

REPAINT = SamplerSettings("repaint", jump_length=2, jump_n_sample=3)
PRIOR = replace(TINY, sampler=REPAINT)


def prior_spec(recipe: RecipeName = "ours", width: int = 8) -> ModelSpec:
    return find_recipe(replace(PRIOR, recipe=recipe)).spec(CHANNELS, width, 4)


@pytest.fixture(scope="module")
def trained() -> Model:
    settings = replace(PRIOR, train_steps=250, batch_size=4, crop_size=32, width=16, learning_rate=3e-3)
    return train_denoiser([picture()], prior_spec(width=16), settings, Run())


def seeded(seed: int = 0) -> Run:
    return Run(generator=np.random.default_rng(seed))


@pytest.mark.parametrize("recipe", ["ours", "published"])
def test_a_prior_looks_at_nothing_that_is_known(recipe: RecipeName) -> None:
    model = train_denoiser([picture()], prior_spec(recipe), replace(PRIOR, recipe=recipe), Run())
    denoise = model.denoiser("cpu")
    x, sigma = torch.randn(2, 2, 16, 16), torch.full((2,), 0.7, dtype=torch.float64)
    hole = torch.zeros(1, 1, 16, 16)
    assert not denoise.conditional
    assert (denoise(x, sigma) == denoise(x, sigma, Observed(torch.ones(1, 2, 16, 16), hole))).all()
    assert sum(weight.numel() for weight in model.network.parameters()) < sum(
        weight.numel()
        for weight in train_denoiser(
            [picture()], spec(recipe), replace(TINY, recipe=recipe), Run()
        ).network.parameters()
    )


def test_all_of_a_crop_is_noisy_and_all_that_is_known_counts() -> None:
    task = DenoisingTask([picture()], RECIPES["ours"].prior(), 32, 1e-3)
    modules = task.init(prior_spec(), "cpu")
    batch = task.draw(modules, 4)
    examples = task.make_noisy(modules.parametrization, batch, modules.noise)
    assert (examples.empty == 1).all()
    assert (examples.weight == batch[1]).all()
    assert (examples.x != examples.x0).all()


def test_a_prior_fills_better_than_the_mean(trained: Model) -> None:
    hole = ~known()
    variance = (waves()[:, hole] ** 2).mean()
    for sampler, bound in ((REPAINT, 0.6), (SamplerSettings("pigdm"), 0.6), (SamplerSettings("ddnm"), 0.8)):
        out = fill_picture(trained, picture(), 20, seeded(), sampler)
        assert ((out - waves())[:, hole] ** 2).mean() < bound * variance, sampler.solver


@pytest.mark.parametrize("name", ["repaint", "ddnm", "ddnm-plus", "pigdm", "mcg", "dps", "ddrm", "diffpir"])
def test_outside_the_hole_nothing_changes(trained: Model, name: str) -> None:
    sampler = SamplerSettings(name, jump_length=2)  # type: ignore[arg-type]
    out = fill_picture(trained, picture(), 4, seeded(), sampler)
    assert (out[:, known()] == waves()[:, known()]).all()
    assert np.isfinite(out).all()
    spoiled = waves()
    spoiled[:, ~known()] = np.nan
    again = fill_picture(trained, MaskedPicture(spoiled, known()), 4, seeded(), sampler)
    assert (again == out).all()  # nor does the hole show through
    assert (fill_picture(trained, picture(), 4, seeded(1), sampler) != out).any()


@pytest.mark.parametrize("name", ["repaint", "ddnm", "ddnm-plus", "diffpir"])
def test_nothing_is_painted_that_is_darker_or_brighter_than_all_that_is_known(name: str) -> None:
    """By a network that has learnt nothing yet, whose answers are far out of range, and grow by jumps.

    Solvers that go uphill add to the answers, and may leave the range a little.
    """
    untrained = train_denoiser([picture()], prior_spec(), replace(PRIOR, train_steps=1), Run())
    dim = MaskedPicture(0.1 * waves(), known())
    sampler = SamplerSettings(name, jump_length=2, jump_n_sample=3)  # type: ignore[arg-type]
    out = fill_picture(untrained, dim, 8, seeded(), sampler)
    low, high = dim.values[:, known()].min(1)[:, None], dim.values[:, known()].max(1)[:, None]
    inside = out[:, ~known()]
    assert (low <= inside).all() and (inside <= high).all()
    assert (inside.std(1) > 0).all()


def test_a_hole_across_the_edge_of_a_torus_is_filled(trained: Model) -> None:
    rolled = MaskedPicture(np.roll(waves(), (24, 20), (1, 2)), np.roll(known(), (24, 20), (0, 1)), (True, True))
    out = fill_picture(trained, rolled, 20, seeded(), REPAINT)
    hole = ~rolled.known
    assert ((out - rolled.values)[:, hole] ** 2).mean() < 0.6 * (rolled.values[:, hole] ** 2).mean()


def test_a_model_says_which_it_is_and_the_other_kind_of_solver_is_refused(trained: Model, tmp_path: Path) -> None:
    file = tmp_path / "prior.safetensors"
    file.write_bytes(trained.to_bytes())
    assert probe(file) == trained.spec
    assert trained.spec.arguments == {"width": 16, "conditional": False}
    again = Model.from_bytes(file.read_bytes())
    x, sigma = torch.randn(1, 2, 16, 16), torch.ones(1, dtype=torch.float64)
    assert (again.denoiser("cpu")(x, sigma) - trained.denoiser("cpu")(x, sigma)).abs().max() < 1e-4
    with pytest.raises(InputError, match="is a prior of whole pictures, and the solver ancestral needs one that fills"):
        fill_picture(again, picture(), 2, seeded())
    conditional = train_denoiser([picture()], spec(), TINY, Run())
    with pytest.raises(InputError, match="was trained to fill holes, and the solver ddnm needs a prior"):
        fill_picture(conditional, picture(), 2, seeded(), SamplerSettings("ddnm"))


def test_a_network_that_knows_the_answer_gives_it_by_every_solver_that_asks_for_no_gradient() -> None:
    class Knowing(ConditionalUNet):
        def forward(self, x: torch.Tensor, *_: torch.Tensor) -> torch.Tensor:
            return torch.from_numpy(waves())[None]

    model = Model(prior_spec(), Knowing())
    for name in ("repaint", "ddnm", "ddnm-plus", "ddrm", "diffpir"):
        out = fill_picture(model, picture(), 10, seeded(), SamplerSettings(name))
        assert np.abs(out - waves()).max() < 1e-5
