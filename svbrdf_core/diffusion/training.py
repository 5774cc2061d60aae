"""Pictures and limits come in; a trained model goes out, within the time and the memory there are."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from svbrdf_core.diffusion.crops import Picture
from svbrdf_core.diffusion.model import Kind, Model
from svbrdf_core.diffusion.settings import DiffusionSettings
from svbrdf_core.diffusion.trainer import Trainer

LONGEST = 10
"""How many times the steps of the settings a training with a time limit takes at the most."""
LOOK = 10
"""Steps between two looks at the loss; each makes a graphics card wait."""


@dataclass(frozen=True)
class Step:
    """Where a training is.

    Attributes:
        step: steps taken.
        steps: of how many, about if there is a time limit.
        done: the part of the training that is done.
        loss: of a recent batch, mean squared error in standard deviations.
        model: returns the model as it stands.
    """

    step: int
    steps: int
    done: float
    loss: float
    model: Callable[[], Model]


@dataclass(frozen=True)
class Hooks:
    """Who is told of a training.

    Attributes:
        check: called before each step; raises to stop.
        report: called after each step.
        note: takes a sentence for the user.
        keep: called after each step with the trainer, to write checkpoints.
    """

    check: Callable[[], None] = lambda: None
    report: Callable[[Step], None] = lambda step: None
    note: Callable[[str], None] = lambda sentence: None
    keep: Callable[[Trainer], None] = lambda trainer: None


def train(
    pictures: list[Picture],
    kind: Kind,
    settings: DiffusionSettings,
    device: str = "cpu",
    *,
    start: Model | None = None,
    checkpoint: bytes | None = None,
    hooks: Hooks | None = None,
) -> Model:
    """Train a model.

    Memory that runs out on a graphics card halves the batch, and at a batch of one moves the training to the processor.

    Args:
        pictures: what to learn, of the same channels.
        kind: what is trained.
        settings: see `DiffusionSettings`; its ``seconds`` are those of the training here.
        device: where to train.
        start: a model of the same kind to go on from with a new schedule.
        checkpoint: what a training with the same arguments wrote; goes on as if it had not stopped.
        hooks: who is told.

    Raises:
        FillError: too little is known to learn from.
        InputError: the checkpoint is of another training.
    """
    hooks = hooks or Hooks()
    trainer = Trainer(pictures, kind, settings, device, start)
    if checkpoint is not None:
        trainer.resume(checkpoint)
    try:
        return _run(trainer, settings, hooks)
    except torch.OutOfMemoryError:
        hooks.note(f"The memory of {device} does not hold the training; it goes on slowly on the processor.")
        return _run(Trainer(pictures, kind, settings, "cpu", trainer.model()), settings, hooks)


def _run(trainer: Trainer, settings: DiffusionSettings, hooks: Hooks) -> Model:
    began, loss = time.perf_counter(), float("nan")
    most = settings.training * (1 if settings.seconds is None else LONGEST)

    def done() -> float:
        spent = 0.0 if settings.seconds is None else (time.perf_counter() - began) / settings.seconds
        return max(trainer.step / most, spent)

    while done() < 1:
        hooks.check()
        found = _advanced(trainer, done(), hooks)
        if trainer.step % LOOK == 1:
            loss = float(found)
        hooks.keep(trainer)
        now = min(1.0, done())
        about = most if settings.seconds is None else min(most, round(trainer.step / now))
        hooks.report(Step(trainer.step, about, now, loss, trainer.model))
    return trainer.model()


def _advanced(trainer: Trainer, done: float, hooks: Hooks) -> torch.Tensor:
    while True:
        try:
            return trainer.advance(done)
        except torch.OutOfMemoryError:
            if trainer.settings.batch == 1:
                raise
            trainer.shrink()
            hooks.note(f"The memory does not hold the training; crops a step are now {trainer.settings.batch}.")
            torch.cuda.empty_cache()


def tuned(settings: DiffusionSettings, share: float) -> DiffusionSettings:
    """Return the settings for a training that goes on from a model of the same material: a part of the steps."""
    return replace(settings, training=max(1, round(settings.training * share)), rate=settings.rate / 2)
