"""Work that fails, crashes, is killed or never ends stops nobody else's."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from svbrdf_core.cores import count_cores
from svbrdf_core.runs.pool import Pool, Work, WorkOutcome
from tests.runs import work


def run_all(pieces: Sequence[Work], processes: int, seconds: float | None = None) -> Iterator[WorkOutcome]:
    with Pool(processes, seconds) as pool:
        yield from pool.run(pieces)


def test_all_work_is_done_once_and_outcomes_keep_their_number() -> None:
    outcomes = list(run_all([partial(work.double, n) for n in range(9)], processes=2))
    assert {outcome.number: outcome.value for outcome in outcomes} == {n: 2 * n for n in range(9)}
    assert len(outcomes) == 9
    assert all(outcome.why is None for outcome in outcomes)


@pytest.mark.skipif(os.name != "posix", reason="signals as they are here")
def test_a_process_that_dies_costs_one_cell_and_says_how() -> None:
    pieces: list[Work] = [
        work.crash,
        partial(work.double, 1),
        work.killed,
        work.leave,
        work.fail,
        work.slip,
        partial(work.double, 2),
    ]
    outcomes = {outcome.number: outcome for outcome in run_all(pieces, processes=2)}
    assert outcomes[0].why == "Its process crashed (SIGSEGV)."
    assert outcomes[2].why == "Its process was killed, most likely because memory ran out."
    assert outcomes[3].why == "Its process ended with exit code 7."
    assert outcomes[4].why == "The hole cannot be filled; paint less."
    assert outcomes[5].why == "KeyError: 'roughness'"
    assert [outcomes[n].value for n in (1, 6)] == [2, 4]


def test_work_that_never_ends_is_stopped(tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    started = time.monotonic()
    outcomes = {o.number: o for o in run_all([partial(work.sleep, beat), partial(work.double, 3)], 1, seconds=8)}
    assert time.monotonic() - started < 55
    assert outcomes[0].why == "It took more than 8 seconds and was stopped."
    assert outcomes[1].value == 6
    before = beat.read_text(encoding="utf-8")
    time.sleep(0.5)
    assert beat.read_text(encoding="utf-8") == before, "the process is still there"


def test_closing_the_iterator_ends_the_processes(tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    outcomes = run_all([partial(work.double, 1), partial(work.sleep, beat)], processes=2)
    assert next(outcomes).value == 2
    while not beat.exists():
        time.sleep(0.05)
    outcomes.close()  # type: ignore[attr-defined]
    before = beat.read_text(encoding="utf-8")
    time.sleep(0.5)
    assert beat.read_text(encoding="utf-8") == before


def test_processes_share_the_cores() -> None:
    (outcome,) = run_all([work.threads], processes=1)
    assert outcome.value == str(os.cpu_count() or 1)
    (outcome,) = run_all([work.threads], processes=64)
    assert outcome.value == "1"


@pytest.mark.parametrize("processes", [1, count_cores()])
def test_work_has_threads_for_its_share_of_the_cores(processes: int) -> None:
    outcomes = run_all([work.begun] * processes, processes)
    assert {outcome.value for outcome in outcomes} == {count_cores() // processes}
