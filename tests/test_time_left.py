"""The time left that is told, on traces of work whose end is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate

import pytest

from svbrdf_core.run import Progress, Run
from svbrdf_core.time_left import CHUNKS, SETTLED, SOONEST, TimeLeft

Steps = list[tuple[float, float]]
"""Seconds of each step, and the work that it is."""


class Clock:
    """A clock that is told the time."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def told(steps: Steps) -> Iterator[tuple[float, float, float | None, float]]:
    """Yield after each step the seconds spent, the work done, the seconds left as told, and as they are."""
    clock = Clock()
    left = TimeLeft(clock)
    total = sum(seconds for seconds, _ in steps)
    spent = list(accumulate(seconds for seconds, _ in steps))
    work = sum(part for _, part in steps)
    for at, done in zip(spent, accumulate(part / work for _, part in steps), strict=True):
        clock.now = 1000.0 + at
        yield at, done, left.update(min(done, 1.0)), total - at


def worst(steps: Steps, after: float = 0.0, until: float = 1.0) -> float:
    """Return by which factor what is told between two parts of the work is wrong at the worst."""
    factors = [
        max(left / truth, truth / left) if left else float("inf")
        for _, done, left, truth in told(steps)
        if left is not None and after <= done <= until and truth > 1e-6
    ]
    assert factors, "nothing was told"
    return max(factors)


def steady(seconds: float, work: float = 1.0, count: int = 200) -> Steps:
    return [(seconds / count, work / count)] * count


@pytest.mark.parametrize("count", [12, 37, 200, 5000])
def test_steady_work_is_told_exactly(count: int) -> None:
    assert worst(steady(60, count=count)) == pytest.approx(1)


@pytest.mark.parametrize("seconds", [3.0, 20.0, 600.0])
def test_nothing_is_told_too_early_and_something_soon_after(seconds: float) -> None:
    for spent, done, left, truth in told(steady(seconds)):
        early = spent < SOONEST - 1e-9 or done < SETTLED - 1e-9
        assert (left is None) == early or truth < 1e-6


def test_a_slow_start_is_forgotten() -> None:
    slow = [(8.0, 0.005), *steady(60, 0.995)]  # files that are read the first time
    assert worst(slow) < 1.5
    assert worst([(1.0, 0.005)] * 10 + steady(60, 0.95), after=0.3) < 1.5


@pytest.mark.parametrize("ratio", [0.33, 0.5, 2.0, 3.0])
def test_another_pace_is_taken_up(ratio: float) -> None:
    """Whoever thought that both halves take as long is right again after a part of the second."""
    assert worst([*steady(30), *steady(30 * ratio)], after=0.75) < 1.5


def test_many_small_differences_average_out() -> None:
    jagged = [(0.3 if number % 3 else 1.2, 1.0) for number in range(120)]
    assert worst(jagged, until=0.95) < 1.5


@pytest.mark.parametrize("at", [0.05, 0.3, 0.6, 0.9])
def test_a_stall_is_no_pace(at: float) -> None:
    """While the machine sleeps nothing is told; afterwards it is as before."""
    clock = Clock()
    left, seconds = TimeLeft(clock), 60.0
    for number in range(1, CHUNKS + 1):
        clock.now += seconds / CHUNKS + (200.0 if number == at * CHUNKS else 0.0)
        found = left.update(number / CHUNKS)
        if found is not None and number > at * CHUNKS + 2:
            assert found == pytest.approx(seconds * (1 - number / CHUNKS), rel=0.05, abs=0.01)


def feed(run: Run, clock: Clock, seconds: float, fractions: Iterable[float], *, timed: bool = True) -> None:
    for fraction in fractions:
        clock.now += seconds
        run.report("working", fraction, timed=timed)


def made() -> tuple[Run, Clock, list[Progress]]:
    clock, seen = Clock(), list[Progress]()
    return Run(on_progress=seen.append, time_left=TimeLeft(clock)), clock, seen


def test_compiling_counts_for_nothing() -> None:
    run, clock, seen = made()
    feed(run, clock, 30.0, [0.0], timed=False)
    feed(run, clock, 1.0, [number / 50 for number in range(1, 50)])
    found = [progress.seconds_left for progress in seen]
    assert found[:5] == [None] * 5
    assert found[-2] == pytest.approx(2) and found[6] == pytest.approx(44)


def test_work_that_is_left_out_is_no_speed() -> None:
    run, clock, seen = made()
    feed(run, clock, 0.1, [0.9], timed=False)  # a model that was kept
    feed(run, clock, 1.0, [0.9 + number / 100 for number in range(1, 10)])
    assert [one.seconds_left for one in seen[:5]] == [None] * 5
    assert seen[-1].seconds_left == pytest.approx(1)


def test_parts_tell_of_the_whole() -> None:
    run, clock, seen = made()
    first, second = run.parts([3.0, 1.0])
    inner = second.parts([1.0, 0.0, 1.0])
    feed(first, clock, 1.0, [number / 30 for number in range(1, 31)])
    assert seen[-1].fraction == pytest.approx(0.75) and seen[-1].seconds_left == pytest.approx(10)
    inner[0].report("loading", 1.0, timed=False)
    assert seen[-1].fraction == pytest.approx(0.875) and not seen[-1].timed
    assert seen[-1].seconds_left == pytest.approx(5)
    inner[2].report("working", 1.0)
    assert seen[-1].fraction == 1 and seen[-1].seconds_left == 0


def test_parts_of_no_work_at_all_are_no_error() -> None:
    run, _, seen = made()
    for part in run.parts([0.0, 0.0]):
        part.report("working", 1.0)
    assert [progress.fraction for progress in seen] == [0, 0]
