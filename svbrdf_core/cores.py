"""How many cores the work may use, told to every library that has threads of its own before it is loaded."""

from __future__ import annotations

import os

from svbrdf_core.errors import InputError

VARIABLE = "SVBRDF_CORES"
NAMES = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""The variables by which numba, OpenMP (torch) and linear algebra learn it."""


def count_cores() -> int:
    """Return how many cores there are for this process, or fewer where ``SVBRDF_CORES`` says so.

    Raises:
        InputError: it holds something else than a whole number above 0.
    """
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = os.environ.get(VARIABLE, "").strip()
    if not wanted:
        return there
    if not wanted.isdecimal() or int(wanted) < 1:
        raise InputError(f'The variable {VARIABLE} holds "{wanted}"; set it to a number of cores, such as 2.')
    return min(int(wanted), there)


def count_share() -> int:
    """Return how many cores `share_cores` has left this process; all that there are where it was not called."""
    told = os.environ.get(NAMES[0], "")
    return int(told) if told.isdecimal() else count_cores()


def share_cores(processes: int = 1) -> None:
    """Let this process and its children use a share of the cores, and threads that have nothing to do sleep.

    By default the threads of OpenMP spin for a while when they wait for each other. Beside another busy program they
    then keep the very thread from the core that they wait for, and everything takes many times as long.

    Args:
        processes: how many share the cores; each gets one at least.

    Raises:
        InputError: see `count_cores`.
    """
    share = max(1, count_cores() // processes)
    for name in NAMES:
        set_before = os.environ.get(name, "")
        os.environ[name] = str(min(share, int(set_before)) if set_before.isdecimal() else share)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
