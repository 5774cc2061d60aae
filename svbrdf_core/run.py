"""One run of long work: its progress, cancelling, notes, random numbers, device and deadline.

Every engine takes a `Run` as its last argument and knows no other way to say how far it is, to be stopped, to draw a
random number, or to tell the user something. Part of a run is a `Run` too (`Run.part`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from svbrdf_core.errors import Cancelled
from svbrdf_core.sentences import harmless_sentence
from svbrdf_core.time_left import TimeLeft

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class TrainingProgress:
    """Where a training is.

    Attributes:
        step: steps taken.
        steps: of how many, about if there is a time limit.
        loss: of a recent batch, in the method's own unit.
    """

    step: int
    steps: int
    loss: float


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        phase: what is being done, in words.
        fraction: of the whole run, 0 to 1.
        seconds_left: about, from the time taken so far; None as long as it cannot be told (`TimeLeft`).
        training: of the network that is trained for it, None if none is.
        preview: returns the result as it would be now, from a method the window's tensor, of which only the hole is
            read; takes part of a second. None if there is nothing yet.
        variation: which of several results this is about, from 1.
        variations: how many there will be.
        timed: whether what was done since the last report took the time since then; see `Run.report`.
    """

    phase: str
    fraction: float
    seconds_left: float | None = None
    training: TrainingProgress | None = None
    preview: Callable[[], Any] | None = None
    variation: int = 1
    variations: int = 1
    timed: bool = True


def _ignore(_: object) -> None:
    pass


def _never() -> bool:
    return False


def _generator() -> np.random.Generator:
    import numpy as np

    return np.random.default_rng(0)


@dataclass(frozen=True)
class Run:
    """What every part of long work shares.

    Attributes:
        device: ``cpu``, ``cuda``, ``cuda:N`` or ``mps``; what knows only the CPU ignores it.
        generator: all randomness comes from it: the same state on the same device gives the same result.
        on_progress: called from time to time in the thread that works.
        should_stop: asked often; when it says yes, `check` raises.
        on_state: shown what an engine has inside while it works (a sampler: `SamplerState`), in the thread that works;
            None, and nothing is kept to be shown. Whatever it does, the result stays what it is without it.
        deadline: by `time.perf_counter`, when work with a time limit should end; None for no limit.
        notes: sentences for the user, each once, in the order they were found.
        time_left: told of each report of the whole run; those of parts reach it through that.
    """

    device: str = "cpu"
    generator: np.random.Generator = field(default_factory=_generator)
    on_progress: Callable[[Progress], None] = _ignore
    should_stop: Callable[[], bool] = _never
    on_state: Callable[[Any], None] | None = None
    deadline: float | None = None
    notes: list[str] = field(default_factory=list)
    time_left: TimeLeft = field(default_factory=TimeLeft)

    def check(self) -> None:
        """Stop here if the user wants to.

        Raises:
            Cancelled: ``should_stop`` says yes.
        """
        if self.should_stop():
            raise Cancelled

    def note(self, sentence: str) -> None:
        """Add a sentence for the user, made harmless."""
        sentence = harmless_sentence(sentence)
        if sentence not in self.notes:
            self.notes.append(sentence)

    def report(
        self,
        phase: str,
        fraction: float,
        *,
        training: TrainingProgress | None = None,
        preview: Callable[[], Any] | None = None,
        variation: int = 1,
        variations: int = 1,
        timed: bool = True,
    ) -> None:
        """Say how far this run is: see `Progress`.

        Time that is spent on nothing that the fraction counts (compiling), and work that is done already (a model that
        is kept), say nothing about the time that the rest takes: a report at their end is not ``timed``.
        """
        left = self.time_left.update(fraction, timed=timed)
        self.on_progress(Progress(phase, fraction, left, training, preview, variation, variations, timed))

    def part(
        self,
        start: float,
        stop: float,
        *,
        label: str = "",
        generator: np.random.Generator | None = None,
        show: Callable[[Any], Any] | None = None,
        variation: tuple[int, int] | None = None,
    ) -> Run:
        """Return the run of a part of this work.

        Args:
            start: the fraction of this run that is done when the part begins.
            stop: the same, when it ends.
            label: follows each phase of the part after a comma.
            generator: the part's own source of randomness; this run's if None.
            show: makes of a preview of the part one of this run.
            variation: which of how many results the part makes, from 1.
        """

        def forward(progress: Progress) -> None:
            preview, number = progress.preview, variation or (progress.variation, progress.variations)
            self.report(
                f"{progress.phase}, {label}" if label else progress.phase,
                # So that the end of a part is the begin of the next, to the last digit.
                (1 - progress.fraction) * start + progress.fraction * stop,
                training=progress.training,
                preview=preview if preview is None or show is None else lambda: show(preview()),
                variation=number[0],
                variations=number[1],
                timed=progress.timed,
            )

        return replace(
            self,
            generator=self.generator if generator is None else generator,
            on_progress=forward,
            time_left=TimeLeft(),
        )

    def parts(self, efforts: Sequence[float]) -> list[Run]:
        """Return the runs of parts that follow each other.

        Args:
            efforts: what each takes, in any unit; progress is told by them.
        """
        total = sum(efforts) or 1.0
        return [self.part(start / total, stop / total) for start, stop in pairwise(accumulate(efforts, initial=0.0))]
