"""Filling by a trained network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from svbrdf_core.diffusion.crops import Picture
from svbrdf_core.diffusion.model import Model
from svbrdf_core.diffusion.network import Denoiser, Folded
from svbrdf_core.diffusion.recipe import recipe_of
from svbrdf_core.diffusion.sampling import _Pass, filled
from svbrdf_core.diffusion.settings import RecipeName
from svbrdf_core.diffusion.training import train
from svbrdf_core.errors import Cancelled
from tests.diffusion.made import TINY, kind, known, picture, waves


class Knowing(Denoiser):
    """Predicts a picture it knows, cut as the sampled window is."""

    def __init__(self, truth: torch.Tensor) -> None:
        super().__init__()
        self.truth = truth

    def forward(self, x: torch.Tensor, *_: torch.Tensor) -> torch.Tensor:
        assert x.shape[2:] == self.truth.shape[1:]
        return self.truth[None]


@pytest.mark.parametrize("recipe", ["ours", "published"])
def test_a_network_that_knows_the_answer_gives_it(recipe: RecipeName) -> None:
    model = Model(kind(recipe), Knowing(torch.from_numpy(waves())))
    out = filled(model, picture(), 10, np.random.default_rng(0))
    assert np.abs(out - waves()).max() < 1e-5


@pytest.mark.parametrize("recipe", ["ours", "published"])
def test_outside_the_hole_nothing_changes(recipe: RecipeName) -> None:
    model = train([picture()], kind(recipe), replace(TINY, recipe=recipe))
    out = filled(model, picture(), 3, np.random.default_rng(0))
    assert (out[:, known()] == waves()[:, known()]).all()
    spoiled = waves()
    spoiled[:, ~known()] = np.nan
    again = filled(model, Picture(spoiled, known()), 3, np.random.default_rng(0))
    assert (again == out).all()  # nor does the hole show through
    assert (filled(model, picture(), 3, np.random.default_rng(1)) != out).any()


def test_a_hole_across_the_edge_of_a_torus_is_filled_as_one_inside() -> None:
    network = Folded(2, 8)
    torch.manual_seed(0)
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    model = Model(kind(), network.eval())
    height, width = 48, 40
    here = Picture(waves(height, width), known(height, width), (True, True))
    there = Picture(np.roll(here.values, (24, 16), (1, 2)), np.roll(here.known, (24, 16), (0, 1)), (True, True))

    class Rolled:
        """Draws the same noise, rolled with the picture."""

        def standard_normal(
            self, shape: tuple[int, ...], kind: type
        ) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
            return np.roll(np.random.default_rng(0).standard_normal(shape, np.float32), (24, 16), (1, 2))

        def integers(self, _: int) -> int:
            return 0

    one = filled(model, here, 1, np.random.default_rng(0))
    other = filled(model, there, 1, Rolled())  # type: ignore[arg-type]
    assert np.abs(np.roll(one, (24, 16), (1, 2)) - other).max() < 0.03  # bfloat16 rounds


def test_a_torus_of_an_odd_size_is_filled_from_both_sides() -> None:
    values, hole = waves(50, 42), np.zeros((50, 42), np.bool_)
    hole[:4] = hole[-4:] = True
    model = Model(kind(), Folded(2, 8).eval())
    out = filled(model, Picture(values, ~hole, (True, True)), 2, np.random.default_rng(0))
    assert np.isfinite(out).all()
    assert (out[:, ~hole] == values[:, ~hole]).all()
    assert (out[:, hole] != values[:, hole]).any()


def test_a_pass_in_tiles_agrees_with_one_in_a_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    network = Folded(2, 8).eval()
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.05)
    told: list[str] = []
    x0 = torch.randn(1, 2, 256, 192)
    hole = torch.zeros(1, 1, 256, 192)
    x = torch.randn(x0.shape)
    monkeypatch.setattr("svbrdf_core.diffusion.sampling.autocast", lambda device: torch.no_grad())

    def run() -> torch.Tensor:
        return _Pass(Model(kind(), network), recipe_of("ours"), x0, hole, "cpu", told.append)(x, 500)

    whole = run()
    assert not told
    honest = Folded.forward

    def scarce(self: Folded, x: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        if x.shape[2] * x.shape[3] > 200 * 192:
            raise torch.OutOfMemoryError("scarce")
        return honest(self, x, *others)

    monkeypatch.setattr(Folded, "forward", scarce)
    tiled = run()
    assert told == ["The memory does not hold the window; it is sampled in tiles of 128 pixels."]
    assert (tiled - whole).abs().max() < 1e-4


def test_sampling_can_be_stopped_before_any_pass() -> None:
    passes = 0

    def check() -> None:
        nonlocal passes
        passes += 1
        if passes == 3:
            raise Cancelled("stopped")

    model = Model(kind(), Knowing(torch.from_numpy(waves())))
    with pytest.raises(Cancelled):
        filled(model, picture(), 10, np.random.default_rng(0), check=check)


def test_training_beats_the_mean() -> None:
    """A quarter of the squared error of the mean, on two channels that only the surroundings tell."""
    settings = replace(TINY, train_steps=300, batch_size=8, crop_size=32, width=16, learning_rate=3e-3)
    model = train([picture()], kind(width=16), settings)
    out = filled(model, picture(), 10, np.random.default_rng(0))
    hole = ~known()
    assert ((out - waves())[:, hole] ** 2).mean() < 0.25 * (waves()[:, hole] ** 2).mean()
