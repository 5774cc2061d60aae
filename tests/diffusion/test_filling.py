"""Filling by a trained network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from svbrdf_core.diffusion.denoiser import Observed
from svbrdf_core.diffusion.denoising import train_denoiser
from svbrdf_core.diffusion.filling import fill_picture
from svbrdf_core.diffusion.model_file import Model
from svbrdf_core.diffusion.network import ConditionalUNet, FoldedUNet
from svbrdf_core.diffusion.settings import RecipeName
from svbrdf_core.diffusion.tiled import Tiled
from svbrdf_core.errors import Cancelled
from svbrdf_core.learning.crops import MaskedPicture
from svbrdf_core.run import Run
from tests.diffusion.made import TINY, known, picture, spec, waves


def seeded(seed: int = 0) -> Run:
    return Run(generator=np.random.default_rng(seed))


class Knowing(ConditionalUNet):
    """Predicts a picture it knows, cut as the sampled window is."""

    def __init__(self, truth: torch.Tensor) -> None:
        super().__init__()
        self.truth = truth

    def forward(self, x: torch.Tensor, *_: torch.Tensor) -> torch.Tensor:
        assert x.shape[2:] == self.truth.shape[1:]
        return self.truth[None]


@pytest.mark.parametrize("recipe", ["ours", "published"])
def test_a_network_that_knows_the_answer_gives_it(recipe: RecipeName) -> None:
    model = Model(spec(recipe), Knowing(torch.from_numpy(waves())))
    out = fill_picture(model, picture(), 10, seeded())
    assert np.abs(out - waves()).max() < 1e-5


@pytest.mark.parametrize("recipe", ["ours", "published"])
def test_outside_the_hole_nothing_changes(recipe: RecipeName) -> None:
    model = train_denoiser([picture()], spec(recipe), replace(TINY, recipe=recipe), Run())
    out = fill_picture(model, picture(), 3, seeded())
    assert (out[:, known()] == waves()[:, known()]).all()
    spoiled = waves()
    spoiled[:, ~known()] = np.nan
    again = fill_picture(model, MaskedPicture(spoiled, known()), 3, seeded())
    assert (again == out).all()  # nor does the hole show through
    assert (fill_picture(model, picture(), 3, seeded(1)) != out).any()


def test_a_hole_across_the_edge_of_a_torus_is_filled_as_one_inside() -> None:
    network = FoldedUNet(2, 8)
    torch.manual_seed(0)
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    model = Model(spec(), network.eval())
    height, width = 48, 40
    here = MaskedPicture(waves(height, width), known(height, width), (True, True))
    rolled = MaskedPicture(np.roll(here.values, (24, 16), (1, 2)), np.roll(here.known, (24, 16), (0, 1)), (True, True))

    class Rolled:
        """Draws the same noise, rolled with the picture."""

        def standard_normal(
            self, shape: tuple[int, ...], kind: type
        ) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
            return np.roll(np.random.default_rng(0).standard_normal(shape, np.float32), (24, 16), (1, 2))

        def integers(self, _: int) -> int:
            return 0

    one = fill_picture(model, here, 1, seeded())
    other = fill_picture(model, rolled, 1, Run(generator=Rolled()))  # type: ignore[arg-type]
    assert np.abs(np.roll(one, (24, 16), (1, 2)) - other).max() < 0.03  # bfloat16 rounds


def test_a_torus_of_an_odd_size_is_filled_from_both_sides() -> None:
    values, hole = waves(50, 42), np.zeros((50, 42), np.bool_)
    hole[:4] = hole[-4:] = True
    model = Model(spec(), FoldedUNet(2, 8).eval())
    out = fill_picture(model, MaskedPicture(values, ~hole, (True, True)), 2, seeded())
    assert np.isfinite(out).all()
    assert (out[:, ~hole] == values[:, ~hole]).all()
    assert (out[:, hole] != values[:, hole]).any()


def test_a_pass_in_tiles_agrees_with_one_in_a_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    network = FoldedUNet(2, 8).eval()
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.05)
    observed = Observed(torch.randn(1, 2, 256, 192), torch.zeros(1, 1, 256, 192))
    x, sigma = torch.randn(1, 2, 256, 192), torch.ones(1, dtype=torch.float64)
    monkeypatch.setattr("svbrdf_core.diffusion.model_file.autocast", lambda device: torch.no_grad())
    run = Run()
    whole = Tiled(Model(spec(), network).denoiser("cpu"), run)(x, sigma, observed)
    assert not run.notes
    honest = FoldedUNet.forward

    def scarce(self: FoldedUNet, x: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        if x.shape[2] * x.shape[3] > 200 * 192:
            raise torch.OutOfMemoryError("scarce")
        return honest(self, x, *others)

    monkeypatch.setattr(FoldedUNet, "forward", scarce)
    tiled = Tiled(Model(spec(), network).denoiser("cpu"), run)(x, sigma, observed)
    assert run.notes == ["The memory does not hold the window; it is sampled in tiles of 128 pixels."]
    assert (tiled - whole).abs().max() < 1e-4


def test_memory_that_holds_not_even_a_tile_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def scarce(self: FoldedUNet, *_: torch.Tensor) -> torch.Tensor:
        raise torch.OutOfMemoryError("scarce")

    monkeypatch.setattr(FoldedUNet, "forward", scarce)
    with pytest.raises(torch.OutOfMemoryError):  # even the processor's
        fill_picture(Model(spec(), FoldedUNet(2, 8)), picture(), 2, run := seeded())
    assert run.notes[-1] == "The memory of cpu does not hold the network; it samples on the processor."


def test_sampling_can_be_stopped_before_any_pass() -> None:
    passes = 0

    def stop() -> bool:
        nonlocal passes
        passes += 1
        return passes == 3

    model = Model(spec(), Knowing(torch.from_numpy(waves())))
    with pytest.raises(Cancelled):
        fill_picture(model, picture(), 10, Run(should_stop=stop))
    assert passes == 3


def test_training_beats_the_mean() -> None:
    """A quarter of the squared error of the mean, on two channels that only the surroundings tell."""
    settings = replace(TINY, train_steps=300, batch_size=8, crop_size=32, width=16, learning_rate=3e-3)
    model = train_denoiser([picture()], spec(width=16), settings, Run())
    out = fill_picture(model, picture(), 10, seeded())
    hole = ~known()
    assert ((out - waves())[:, hole] ** 2).mean() < 0.25 * (waves()[:, hole] ** 2).mean()
