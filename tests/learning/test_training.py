"""The training loop with a task that is no network at all: a line is fitted to points."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch

from svbrdf_core.errors import Cancelled, InputError
from svbrdf_core.learning.archive import pack, unpack
from svbrdf_core.learning.spec import ModelSpec
from svbrdf_core.learning.task import TrainingState
from svbrdf_core.learning.training import TrainingPlan, train
from svbrdf_core.run import Progress, Run, TrainingProgress

SPEC = ModelSpec("line", "line", {}, ("y.0",))
PLAN = TrainingPlan(train_steps=200, batch_size=8)


@dataclass
class Line:
    """Slope and offset, and what moves them."""

    device: str
    line: torch.Tensor
    optimizer: torch.optim.Optimizer
    points: torch.Generator


@dataclass
class LineTask:
    """Least squares of noisy points of y = 2 x - 1.

    Attributes:
        holds: the largest batch that memory holds, by device.
        tag: tells one data set from another.
        seen: progress, batch size and device of each step.
    """

    holds: Mapping[str, int] = field(default_factory=dict)
    tag: str = ""
    pause: float = 0.0
    seen: list[tuple[float, int, str]] = field(default_factory=list)

    def init(self, spec: ModelSpec, device: str, start: bytes | None = None) -> Line:
        line = torch.zeros(2) if start is None else unpack(start)[0]["line"]
        line.requires_grad_()
        return Line(device, line, torch.optim.Adam([line], 0.05), torch.Generator().manual_seed(0))

    def draw(self, modules: Line, batch_size: int) -> tuple[torch.Tensor, torch.Tensor]:
        if batch_size > self.holds.get(modules.device, batch_size):
            raise torch.OutOfMemoryError("scarce")
        x, noise = torch.randn(2, batch_size, generator=modules.points)
        return x, 2 * x - 1 + 0.1 * noise

    def step(
        self, modules: Line, batch: tuple[torch.Tensor, torch.Tensor], progress: float
    ) -> Mapping[str, torch.Tensor]:
        x, y = batch
        self.seen.append((progress, len(x), modules.device))
        time.sleep(self.pause)
        modules.optimizer.zero_grad()
        loss = ((modules.line[0] * x + modules.line[1] - y) ** 2).mean()
        torch.autograd.backward(loss)
        modules.optimizer.param_groups[0]["lr"] = 0.05 * (1 - progress)
        modules.optimizer.step()
        return {"squares": loss.detach(), "another": torch.tensor(7.0)}

    def export(self, modules: Line) -> bytes:
        return pack({"line": modules.line.detach().clone()}, {})

    def state(self, modules: Line) -> TrainingState:
        moments = modules.optimizer.state_dict()["state"][0]
        tensors = {"line": modules.line.detach(), "points": modules.points.get_state(), **moments}
        return TrainingState(tensors, {"tag": self.tag})

    def restore(self, modules: Line, state: TrainingState) -> None:
        assert state.facts == {"tag": self.tag}
        moments = {name: state.tensors[name] for name in ("step", "exp_avg", "exp_avg_sq")}
        with torch.no_grad():
            modules.line.copy_(state.tensors["line"])
        modules.optimizer.load_state_dict({**modules.optimizer.state_dict(), "state": {0: moments}})
        modules.points.set_state(state.tensors["points"])

    def fingerprint(self) -> str:
        return self.tag


def fit(task: LineTask | None = None, plan: TrainingPlan = PLAN, run: Run | None = None, **more: bytes) -> Line:
    return train(task or LineTask(), SPEC, plan, run or Run(), **more)  # type: ignore[arg-type]


def stopped(at: int, task: LineTask | None = None, plan: TrainingPlan = PLAN) -> bytes:
    """Return the checkpoint of a training that is stopped after some steps."""
    written: list[bytes] = []

    def keep(state: Callable[[], bytes]) -> None:
        written.append(state())

    run = Run(should_stop=lambda: len(written) == at)
    with pytest.raises(Cancelled):
        train(task or LineTask(), SPEC, plan, run, on_checkpoint=keep)
    assert len(written) == at
    return written[-1]


def steps_of(told: list[Progress]) -> list[TrainingProgress]:
    return [progress.training for progress in told if progress.training is not None]


def test_a_line_is_fitted() -> None:
    task, told = LineTask(), list[Progress]()
    line = fit(task, run=Run(on_progress=told.append)).line.detach().numpy()
    assert line == pytest.approx([2, -1], abs=0.1)
    assert [progress for progress, _, _ in task.seen] == [n / 200 for n in range(200)]
    training = steps_of(told)
    assert [one.step for one in training] == list(range(1, 201)) and {one.steps for one in training} == {200}
    assert training[-1].loss < 0.1 < training[0].loss  # the first of the losses, not another
    assert [progress.fraction for progress in told] == [n / 200 for n in range(1, 201)]


@pytest.mark.parametrize("at", [1, 50, 199])
def test_going_on_from_a_checkpoint_equals_not_stopping(at: int) -> None:
    told: list[Progress] = []
    run = Run(on_progress=told.append)
    line = fit(run=run, checkpoint=stopped(at)).line
    assert [one.step for one in steps_of(told)] == list(range(at + 1, 201))
    assert (line == fit().line).all()
    # What was done before says nothing about the time that the rest takes.
    assert (told[0].fraction, told[0].timed) == (at / 200, False) and all(one.timed for one in told[1:])


def test_a_checkpoint_of_another_training_is_refused() -> None:
    others = [
        stopped(3, LineTask(tag="other")),
        stopped(3, plan=TrainingPlan(100, 8)),
        LineTask().export(LineTask().init(SPEC, "cpu")),
    ]
    for checkpoint in others:
        with pytest.raises(InputError, match="checkpoint is of another training"):
            fit(checkpoint=checkpoint)
    with pytest.raises(InputError, match="not a model of this program"):
        fit(checkpoint=others[0][:50])


def test_training_goes_on_from_a_model() -> None:
    start = LineTask().export(fit())
    line = fit(plan=TrainingPlan(1, 8), start=start).line
    assert (line - fit().line).abs().max() < 0.06


def test_a_time_limit_sets_steps_and_progress() -> None:
    task, told = LineTask(pause=0.06), list[Progress]()
    fit(task, TrainingPlan(1000, 8, seconds=3), Run(on_progress=told.append))
    steps = len(task.seen)
    assert 2 < steps <= 50
    progress = [one for one, _, _ in task.seen]
    assert progress == sorted(progress) and progress[0] < 0.1 and progress[-1] < 1
    assert told[-1].fraction == 1 and steps_of(told)[-1].steps == steps
    fit(short := LineTask(), TrainingPlan(5, 8, seconds=60))
    assert len(short.seen) == 50  # ten times the steps at the most


def test_memory_that_runs_out_halves_the_batch_then_moves_to_the_processor() -> None:
    task, run = LineTask(holds={"cuda:0": 2}), Run("cuda:0")
    fit(task, run=run)
    assert {size for _, size, _ in task.seen} == {2} and run.notes[-1].endswith("a step are now 2.")
    assert len(run.notes) == 2
    task, run = LineTask(holds={"cuda:0": 0}), Run("cuda:0")
    line = fit(task, run=run).line.detach().numpy()
    assert {(size, device) for _, size, device in task.seen} == {(1, "cpu")}
    assert run.notes[-1] == "The memory of cuda:0 does not hold the training; it goes on slowly on the processor."
    assert len(task.seen) == 200 and line == pytest.approx([2, -1], abs=0.3)
    with pytest.raises(torch.OutOfMemoryError):  # even the processor's
        fit(LineTask(holds={"cpu": 0}))


def test_memory_that_runs_out_later_goes_on_where_it_was() -> None:
    holds = {"cuda:0": 8}
    task = LineTask(holds=holds)

    def spend(progress: Progress) -> None:
        if len(task.seen) == 100:
            holds["cuda:0"] = 0

    line = fit(task, run=Run("cuda:0", on_progress=spend)).line.detach().numpy()
    assert [device for _, _, device in task.seen] == ["cuda:0"] * 100 + ["cpu"] * 100
    assert line == pytest.approx([2, -1], abs=0.2)


def test_the_smaller_batch_is_remembered_in_a_checkpoint() -> None:
    checkpoint = stopped(3, LineTask(holds={"cpu": 2}))
    fit(task := LineTask(), checkpoint=checkpoint)
    assert {size for _, size, _ in task.seen} == {2}


def test_a_preview_shows_the_modules_as_they_stand() -> None:
    lines: list[float] = []

    def look(progress: Progress) -> None:
        assert progress.preview is not None
        lines.append(progress.preview())

    train(LineTask(), SPEC, PLAN, Run(on_progress=look), preview=lambda modules: modules.line[0].item())
    assert np.all(np.diff(lines[:20]) > 0)


def test_a_stop_comes_within_one_step() -> None:
    task = LineTask()
    with pytest.raises(Cancelled):
        fit(task, run=Run(should_stop=lambda: len(task.seen) == 3))
    assert len(task.seen) == 3
