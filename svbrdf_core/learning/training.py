"""Training loop of any `LearningTask`: time, memory, checkpoints and progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic

import torch

from svbrdf_core.codec.plain import Json
from svbrdf_core.errors import InputError
from svbrdf_core.learning.archive import pack, unpack
from svbrdf_core.learning.spec import ModelSpec
from svbrdf_core.learning.task import Batch, LearningTask, Modules, TrainingState
from svbrdf_core.run import Run, TrainingProgress

OVERTIME = 10
"""How many times its steps a training with a time limit takes at the most."""
LOSS_INTERVAL = 10
"""Steps between two looks at the loss; each makes a graphics card wait."""


@dataclass(frozen=True)
class TrainingPlan:
    """How long to train, and on how much at a time.

    Attributes:
        train_steps: steps of gradient descent.
        batch_size: examples a step.
        seconds: train as long, up to `OVERTIME` times the steps; None trains exactly the steps.
    """

    train_steps: int
    batch_size: int
    seconds: float | None = None


def train(
    task: LearningTask[Modules, Batch],
    spec: ModelSpec,
    plan: TrainingPlan,
    run: Run,
    *,
    start: bytes | None = None,
    checkpoint: bytes | None = None,
    on_checkpoint: Callable[[Callable[[], bytes]], None] | None = None,
    preview: Callable[[Modules], Any] | None = None,
) -> Modules:
    """Train a model.

    Memory that runs out halves the batch, and at a batch of one moves the training to the processor.

    Args:
        task: what is trained.
        spec: the network.
        plan: how long.
        run: asked before and told after each step; says on what device to train.
        start: a model of the same description to go on from, with a new schedule.
        checkpoint: what a training with the same arguments wrote; goes on as if it had not stopped.
        on_checkpoint: called after each step with a function that returns a checkpoint.
        preview: makes of the modules what a user may look at meanwhile.

    Raises:
        FillError: there is too little to learn from.
        InputError: the checkpoint is of another training.
        Cancelled: the run was cancelled.
    """
    training = _Training(task, spec, plan, run, start)
    if checkpoint is not None:
        training.restore(checkpoint)
    while training.progress() < 1:
        run.check()
        training.advance()
        if on_checkpoint is not None:
            on_checkpoint(training.to_bytes)
        training.report(preview)
    return training.modules


class _Training(Generic[Modules, Batch]):
    """A training under way."""

    def __init__(
        self, task: LearningTask[Modules, Batch], spec: ModelSpec, plan: TrainingPlan, run: Run, start: bytes | None
    ) -> None:
        self._task, self._spec, self._plan, self._run = task, spec, plan, run
        self._device = run.device
        self._of: Json = [spec.to_json(), task.fingerprint(), plan.train_steps, self._device.partition(":")[0]]
        self._most = plan.train_steps * (1 if plan.seconds is None else OVERTIME)
        self._step, self._loss = 0, float("nan")
        self.modules = task.init(spec, self._device, start)
        self._began = time.perf_counter()

    def progress(self) -> float:
        """Return the part of the training that is done, by steps or by time; 1 or more at the end."""
        seconds = self._plan.seconds
        spent = 0.0 if seconds is None else (time.perf_counter() - self._began) / seconds
        return max(self._step / self._most, spent)

    def advance(self) -> None:
        """Take one step, with as much at a time as memory holds."""
        progress = self.progress()
        losses = self._try_step(progress)
        while losses is None:  # out here nothing holds on to the tensors of the step that failed
            self._need_less_memory()
            losses = self._try_step(progress)
        self._step += 1
        if self._step % LOSS_INTERVAL == 1:
            self._loss = float(next(iter(losses.values())))

    def report(self, preview: Callable[[Modules], Any] | None) -> None:
        """Tell the run where the training is."""
        progress = min(1.0, self.progress())
        steps = self._most if self._plan.seconds is None else min(self._most, round(self._step / progress))
        look = None if preview is None else lambda: preview(self.modules)
        training = TrainingProgress(self._step, steps, self._loss)
        self._run.report("training", progress, training=training, preview=look)

    def to_bytes(self) -> bytes:
        """Return a checkpoint."""
        state = self._task.state(self.modules)
        loop: Json = {"of": self._of, "step": self._step, "batch_size": self._plan.batch_size}
        return pack(state.tensors, {"training": loop, "state": state.facts})

    def restore(self, checkpoint: bytes) -> None:
        """Go on from what `to_bytes` returned.

        Raises:
            InputError: the bytes are something else, or of another training.
        """
        tensors, facts = unpack(checkpoint)
        loop, state = facts.get("training"), facts.get("state")
        if not isinstance(loop, dict) or not isinstance(state, dict) or loop.get("of") != self._of:
            raise InputError("The checkpoint is of another training; remove it, or give its own settings and folders.")
        self._task.restore(self.modules, TrainingState(tensors, state))
        self._plan = replace(self._plan, batch_size=int(loop["batch_size"]))
        self._step = int(loop["step"])
        self._run.report("training", min(1.0, self.progress()), timed=False)

    def _try_step(self, progress: float) -> Mapping[str, torch.Tensor] | None:
        """Take a step; return its losses, or None if memory ran out and can be spared."""
        try:
            batch = self._task.draw(self.modules, self._plan.batch_size)
            return self._task.step(self.modules, batch, progress)
        except torch.OutOfMemoryError:
            if self._plan.batch_size == 1 and self._device == "cpu":
                raise
            return None

    def _need_less_memory(self) -> None:
        """Halve the batch; at a batch of one, move to the processor."""
        if self._plan.batch_size > 1:
            self._plan = replace(self._plan, batch_size=self._plan.batch_size // 2)
            self._run.note(f"The memory does not hold the training; crops a step are now {self._plan.batch_size}.")
            torch.cuda.empty_cache()
        else:
            self._run.note(
                f"The memory of {self._device} does not hold the training; it goes on slowly on the processor."
            )
            self._device = "cpu"
            self.modules = self._task.init(self._spec, "cpu", self._task.export(self.modules))
