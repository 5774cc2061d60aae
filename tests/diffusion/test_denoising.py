"""Training: what counts, what does not, and that it can be stopped, repeated and gone on with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from svbrdf_core.diffusion import DiffusionSettings
from svbrdf_core.diffusion.crops import Picture
from svbrdf_core.diffusion.model import Model
from svbrdf_core.diffusion.network import Denoiser
from svbrdf_core.diffusion.recipe import recipe_of
from svbrdf_core.diffusion.settings import RecipeName
from svbrdf_core.diffusion.trainer import Trainer, loss_of
from svbrdf_core.diffusion.training import Hooks, Step, train
from svbrdf_core.errors import Cancelled, InputError
from tests.diffusion.made import TINY, kind, known, picture, waves


def trained(settings: DiffusionSettings = TINY, recipe: RecipeName = "ours", values: Picture | None = None) -> bytes:
    settings = replace(settings, recipe=recipe)
    return train([values or picture()], kind(recipe), settings).to_bytes()


@pytest.mark.parametrize("recipe", ["ours", "published"])
def test_what_is_in_the_hole_changes_nothing(recipe: RecipeName) -> None:
    spoiled = waves()
    spoiled[:, ~known()] = np.nan
    assert trained(recipe=recipe, values=Picture(spoiled, known())) == trained(recipe=recipe)


@pytest.mark.parametrize("recipe", ["ours", "published"])
def test_the_gradient_is_zero_in_the_hole_and_where_nothing_is_masked(recipe: RecipeName) -> None:
    network = kind(recipe).network()
    torch.manual_seed(0)
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    x0 = torch.randn(2, 2, 16, 16, generator=torch.Generator().manual_seed(1)).requires_grad_()
    there, hole = torch.ones(2, 1, 16, 16), torch.zeros(2, 1, 16, 16)
    there[:, :, :, 10:] = 0
    hole[:, :, 4:9, 4:14] = 1
    shown: list[torch.Tensor] = []

    class Spy(Denoiser):
        def forward(self, *given: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = network(*given)
            out.retain_grad()
            shown.append(out)
            return out

    loss = loss_of(Spy(), recipe_of(recipe), x0 * there, there, hole, torch.Generator().manual_seed(2))
    torch.autograd.backward(loss)
    gradient = shown[0].grad
    assert gradient is not None
    counted = (hole * there).expand_as(gradient) > 0
    assert (gradient[~counted] == 0).all()
    assert (gradient[counted] != 0).all()
    assert x0.grad is not None
    assert (x0.grad[(there == 0).expand_as(x0)] == 0).all()  # no input shows it either


def test_the_loss_is_the_mean_squared_error_in_the_hole() -> None:
    class Answer(Denoiser):
        def forward(self, x: torch.Tensor, *_: torch.Tensor) -> torch.Tensor:
            return torch.full_like(x, 3.0)

    x0, there, hole = torch.ones(1, 2, 16, 16), torch.ones(1, 1, 16, 16), torch.zeros(1, 1, 16, 16)
    hole[..., :5] = 1
    assert loss_of(Answer(), recipe_of("ours"), x0, there, hole, torch.Generator()).item() == pytest.approx(4)


@pytest.mark.parametrize("recipe", ["ours", "published"])
def test_a_network_learns_a_single_crop_by_heart(recipe: RecipeName) -> None:
    whole = Picture(waves(16, 16), np.ones((16, 16), np.bool_))
    rate = 3e-3 if recipe == "ours" else 1e-3
    settings = replace(TINY, recipe=recipe, train_steps=250, batch_size=4, learning_rate=learning_rate)
    losses: list[float] = []
    train([whole], kind(recipe), settings, hooks=Hooks(report=lambda step: losses.append(step.loss)))
    assert np.mean(losses[-50:]) < 0.1 * losses[0]


@pytest.mark.parametrize("recipe", ["ours", "published"])
def test_the_same_training_gives_the_same_model(recipe: RecipeName) -> None:
    assert trained(recipe=recipe) == trained(recipe=recipe)
    assert trained(recipe=recipe) != trained(replace(TINY, train_steps=13), recipe=recipe)


@pytest.mark.parametrize("recipe", ["ours", "published"])
def test_going_on_from_a_checkpoint_equals_not_stopping(recipe: RecipeName) -> None:
    settings, at = replace(TINY, recipe=recipe), 5
    kept: list[bytes] = []

    def keep(trainer: Trainer) -> None:
        if trainer.step == at:
            kept.append(trainer.to_bytes())
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        train([picture()], kind(recipe), settings, hooks=Hooks(keep=keep))
    steps: list[Step] = []
    hooks = Hooks(report=steps.append)
    model = train([picture()], kind(recipe), settings, checkpoint=kept[0], hooks=hooks)
    assert [step.step for step in steps] == list(range(at + 1, 13))
    assert model.to_bytes() == trained(recipe=recipe)


def test_a_checkpoint_of_something_else_is_refused() -> None:
    other = Trainer([picture()], kind(width=16), replace(TINY, width=16)).to_bytes()
    shifted = Trainer([Picture(waves() + 1, known())], kind(), TINY).to_bytes()
    longer = Trainer([picture()], kind(), replace(TINY, train_steps=13)).to_bytes()
    for data in (other, trained(), shifted, longer):
        with pytest.raises(InputError, match="checkpoint is of another training"):
            train([picture()], kind(), TINY, checkpoint=data)
    with pytest.raises(InputError, match="not a model of this program"):
        train([picture()], kind(), TINY, checkpoint=other[:1000])


def test_training_goes_on_from_a_model() -> None:
    first = train([picture()], kind(), TINY)
    before = first.to_bytes()
    second = train([picture()], kind(), replace(TINY, train_steps=1, learning_rate=1e-9), start=first)
    assert first.to_bytes() == before
    one, two = (dict(model.network.state_dict()) for model in (first, second))
    assert all((one[name] - two[name]).abs().max() < 1e-6 for name in one)


def test_a_stop_comes_within_one_step() -> None:
    steps: list[Step] = []

    def check() -> None:
        if len(steps) == 3:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        train([picture()], kind(), TINY, hooks=Hooks(check, steps.append))
    assert len(steps) == 3


def test_a_time_limit_ends_the_training() -> None:
    steps: list[Step] = []
    settings = replace(TINY, train_steps=1000, seconds=0.5)
    train([picture()], kind(), settings, hooks=Hooks(report=steps.append))
    assert steps[-1].done == 1
    assert 1 < steps[-1].step < 10_000
    assert steps[0].done < 1


def test_several_pictures_are_learnt() -> None:
    small = Picture(waves(24, 24), np.ones((24, 24), np.bool_))
    both = train([picture(), small], kind(), TINY).to_bytes()
    assert both != trained()


def test_memory_that_runs_out_halves_the_batch_then_moves_to_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processor runs out for us: more than two crops at once, then anything at all of the first trainer."""
    told: list[str] = []
    honest = Trainer._loss

    def scarce(limit: int) -> None:
        def loss(self: Trainer, x0: torch.Tensor, there: torch.Tensor, hole: torch.Tensor) -> torch.Tensor:
            if len(x0) > limit:
                raise torch.OutOfMemoryError("scarce")
            return honest(self, x0, there, hole)

        monkeypatch.setattr(Trainer, "_loss", loss)

    scarce(2)
    model = train([picture()], kind(), replace(TINY, batch_size=8), hooks=Hooks(note=told.append))
    assert isinstance(model, Model)
    assert [sentence.split()[-1] for sentence in told] == ["4.", "2."]
    scarce(0)
    with pytest.raises(torch.OutOfMemoryError):  # even the processor's
        train([picture()], kind(), TINY, hooks=Hooks(note=told.append))
    assert [sentence.split()[-1] for sentence in told[2:]] == ["1.", "processor.", "1."]
