"""Training of denoisers: what counts, what does not, and that it can be repeated and gone on with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from svbrdf_core.diffusion import DiffusionSettings
from svbrdf_core.diffusion.denoising import DenoisingTask, NoisyExamples, train_denoiser
from svbrdf_core.diffusion.model_file import Model, Parametrization, build
from svbrdf_core.diffusion.network import ConditionalUNet
from svbrdf_core.diffusion.recipe import RECIPES
from svbrdf_core.diffusion.settings import RecipeName
from svbrdf_core.errors import Cancelled, InputError
from svbrdf_core.learning.crops import MaskedPicture
from svbrdf_core.run import Progress, Run, TrainingProgress
from tests.diffusion.made import TINY, known, picture, spec, waves


def loss_of(recipe: str, network: ConditionalUNet, *batch: torch.Tensor, seed: int = 2) -> torch.Tensor:
    """Return the loss of a batch: crops, where they are known, and their holes."""
    task = DenoisingTask([picture()], RECIPES[recipe], 16, 1e-3)
    x0, inside, hole = batch
    generator = torch.Generator().manual_seed(seed)
    parametrization = Parametrization.of(spec(recipe))
    return task.make_noisy(parametrization, (x0, inside, hole), generator).error(network, parametrization)


def steps_of(told: list[Progress]) -> list[TrainingProgress]:
    return [progress.training for progress in told if progress.training is not None]


def trained(
    settings: DiffusionSettings = TINY, recipe: RecipeName = "ours", values: MaskedPicture | None = None
) -> bytes:
    settings = replace(settings, recipe=recipe)
    return train_denoiser([values or picture()], spec(recipe), settings, Run()).to_bytes()


@pytest.mark.parametrize("recipe", ["ours", "published"])
def test_what_is_in_the_hole_changes_nothing(recipe: RecipeName) -> None:
    spoiled = waves()
    spoiled[:, ~known()] = np.nan
    assert trained(recipe=recipe, values=MaskedPicture(spoiled, known())) == trained(recipe=recipe)


@pytest.mark.parametrize("recipe", ["ours", "published"])
def test_the_gradient_is_zero_in_the_hole_and_where_nothing_is_masked(recipe: RecipeName) -> None:
    network = build(spec(recipe))
    torch.manual_seed(0)
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    x0 = torch.randn(2, 2, 16, 16, generator=torch.Generator().manual_seed(1)).requires_grad_()
    inside, hole = torch.ones(2, 1, 16, 16), torch.zeros(2, 1, 16, 16)
    inside[:, :, :, 10:] = 0
    hole[:, :, 4:9, 4:14] = 1
    shown: list[torch.Tensor] = []

    class Spy(ConditionalUNet):
        def forward(self, *given: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = network(*given)
            out.retain_grad()
            shown.append(out)
            return out

    loss = loss_of(recipe, Spy(), x0 * inside, inside, hole)
    torch.autograd.backward(loss)
    gradient = shown[0].grad
    assert gradient is not None
    counted = (hole * inside).expand_as(gradient) > 0
    assert (gradient[~counted] == 0).all()
    assert (gradient[counted] != 0).all()
    assert x0.grad is not None
    assert (x0.grad[(inside == 0).expand_as(x0)] == 0).all()  # no input shows it either


def test_the_loss_is_the_mean_squared_error_in_the_hole() -> None:
    class Answer(ConditionalUNet):
        def forward(self, x: torch.Tensor, *_: torch.Tensor) -> torch.Tensor:
            return torch.full_like(x, 3.0)

    x0, inside, hole = torch.ones(1, 2, 16, 16), torch.ones(1, 1, 16, 16), torch.zeros(1, 1, 16, 16)
    hole[..., :5] = 1
    assert loss_of("ours", Answer(), x0, inside, hole).item() == pytest.approx(4)


@pytest.mark.parametrize("recipe", ["ours", "published"])
def test_a_network_learns_a_single_crop_by_heart(recipe: RecipeName) -> None:
    whole = MaskedPicture(waves(16, 16), np.ones((16, 16), np.bool_))
    learning_rate = 3e-3 if recipe == "ours" else 1e-3
    settings = replace(TINY, recipe=recipe, train_steps=250, batch_size=4, learning_rate=learning_rate)
    told: list[Progress] = []
    train_denoiser([whole], spec(recipe), settings, Run(on_progress=told.append))
    losses = [training.loss for training in steps_of(told)]
    assert np.mean(losses[-50:]) < 0.1 * losses[0]


@pytest.mark.parametrize("recipe", ["ours", "published"])
def test_the_same_training_gives_the_same_model(recipe: RecipeName) -> None:
    assert trained(recipe=recipe) == trained(recipe=recipe)
    assert trained(recipe=recipe) != trained(replace(TINY, train_steps=13), recipe=recipe)


def checkpoint_of(pictures: list[MaskedPicture], settings: DiffusionSettings = TINY, at: int = 1) -> bytes:
    """Return the checkpoint after some steps."""
    written: list[bytes] = []

    def keep(state: Callable[[], bytes]) -> None:
        written.append(state())
        if len(written) == at:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        train_denoiser(pictures, spec(settings.recipe, settings.width), settings, Run(), on_checkpoint=keep)
    return written[-1]


@pytest.mark.parametrize("recipe", ["ours", "published"])
def test_going_on_from_a_checkpoint_equals_not_stopping(recipe: RecipeName) -> None:
    settings, told = replace(TINY, recipe=recipe), list[Progress]()
    checkpoint = checkpoint_of([picture()], settings, at=5)
    run = Run(on_progress=told.append)
    model = train_denoiser([picture()], spec(recipe), settings, run, checkpoint=checkpoint)
    assert [training.step for training in steps_of(told)] == list(range(6, 13))
    assert model.to_bytes() == trained(recipe=recipe)


def test_a_checkpoint_of_something_else_is_refused() -> None:
    other = checkpoint_of([picture()], replace(TINY, width=16))
    shifted = checkpoint_of([MaskedPicture(waves() + 1, known())])
    longer = checkpoint_of([picture()], replace(TINY, train_steps=13))
    for data in (other, trained(), shifted, longer):
        with pytest.raises(InputError, match="checkpoint is of another training"):
            train_denoiser([picture()], spec(), TINY, Run(), checkpoint=data)
    with pytest.raises(InputError, match="not a model of this program"):
        train_denoiser([picture()], spec(), TINY, Run(), checkpoint=other[:1000])


def test_training_goes_on_from_a_model() -> None:
    first = train_denoiser([picture()], spec(), TINY, Run())
    before = first.to_bytes()
    settings = replace(TINY, train_steps=1, learning_rate=1e-9)
    second = train_denoiser([picture()], spec(), settings, Run(), start=first)
    assert first.to_bytes() == before
    one, two = (dict(model.network.state_dict()) for model in (first, second))
    assert all((one[name] - two[name]).abs().max() < 1e-6 for name in one)


def test_a_preview_is_of_the_model_as_it_stands() -> None:
    told: list[Progress] = []
    seen: list[bytes] = []

    def look(progress: Progress) -> None:
        told.append(progress)
        assert progress.preview is not None
        seen.append(progress.preview())

    run = Run(on_progress=look)
    model = train_denoiser([picture()], spec(), TINY, run, preview=lambda model: model.to_bytes())
    assert len(set(seen)) == 12 and seen[-1] == model.to_bytes() == trained()


def test_several_pictures_are_learnt() -> None:
    small = MaskedPicture(waves(24, 24), np.ones((24, 24), np.bool_))
    both = train_denoiser([picture(), small], spec(), TINY, Run()).to_bytes()
    assert both != trained()


def test_memory_that_runs_out_halves_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processor runs out for us, of anything above two crops at once."""
    honest = NoisyExamples.error

    def scarce(self: NoisyExamples, network: ConditionalUNet, how: Any, part: slice = slice(None)) -> torch.Tensor:
        if len(self.x0) > 2:
            raise torch.OutOfMemoryError("scarce")
        return honest(self, network, how, part)

    monkeypatch.setattr(NoisyExamples, "error", scarce)
    run = Run()
    model = train_denoiser([picture()], spec(), replace(TINY, batch_size=8), run)
    assert isinstance(model, Model)
    assert [sentence.split()[-1] for sentence in run.notes] == ["4.", "2."]
