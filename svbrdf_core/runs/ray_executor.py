"""Executor on Ray: tasks by processors and memory, on this machine or on a cluster."""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from svbrdf_core.cores import VARIABLE
from svbrdf_core.errors import InputError, SvbrdfError
from svbrdf_core.runs.executors import Task
from svbrdf_core.runs.pool import Work, WorkOutcome

LOCAL = "local"
RETRIES = 3
"""How often a task is begun again whose worker or machine was lost."""
AHEAD = 2
"""Tasks for each processor that Ray is given at a time; the others wait here."""
NO_RAY = "A cluster needs Ray; install it with: pip install 'svbrdf-inpaint[ray]', or use this machine's processes."


@dataclass(frozen=True)
class RayExecutor:
    """Tasks of a Ray cluster. Files are read and written where a task runs: storage must be shared.

    Attributes:
        address: of the cluster (``ray://head:10001``, ``auto``); ``local`` starts one on this machine.
        cores: processors of a task.
        jobs: processors of a cluster that is started here; None for all.
    """

    address: str
    cores: int = 1
    jobs: int | None = None

    def run(self, tasks: Sequence[Task]) -> Iterator[WorkOutcome]:
        """See `Executor`.

        Raises:
            InputError: Ray is not installed, or the cluster cannot be reached.
        """
        if not tasks:
            return
        with _cluster(self.address, self.jobs) as ray:
            call = ray.remote(max_retries=RETRIES)(_call)
            waiting = list(tasks)[::-1]
            running: dict[Any, int] = {}
            most = AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)) // self.cores)
            while waiting or running:
                while waiting and len(running) < most:
                    task = waiting.pop()
                    options = call.options(num_cpus=self.cores, memory=task.memory or None)
                    running[options.remote(task.work, self.cores)] = task.number
                (ready, *_), _ = ray.wait(list(running), num_returns=1)
                yield _outcome(ray, ready, running.pop(ready))


@contextmanager
def _cluster(address: str, jobs: int | None) -> Iterator[Any]:
    if importlib.util.find_spec("ray") is None:
        raise InputError(NO_RAY)
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray

    own = not ray.is_initialized()
    try:
        if own and address == LOCAL:
            ray.init(num_cpus=jobs, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
        elif own:
            ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError, OSError) as error:
        raise InputError(f"The Ray cluster {address} cannot be reached ({_first_line(error)}).") from error
    try:
        yield ray
    finally:
        if own:
            ray.shutdown()


def _call(work: Work, cores: int) -> tuple[Any, str | None]:
    """Do a piece of work in a worker; what the user can put right is an answer, not an error that is tried again."""
    os.environ[VARIABLE] = str(cores)
    from svbrdf_core.cores import share_cores

    share_cores()
    try:
        return work(), None
    except SvbrdfError as error:
        return None, str(error)
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"


def _outcome(ray: Any, ref: Any, number: int) -> WorkOutcome:
    try:
        value, why = ray.get(ref)
    except ray.exceptions.RayTaskError as error:  # before the work itself began
        value, why = None, f"Its machine cannot run it ({_last_line(error)}); install svbrdf-inpaint on each alike."
    except ray.exceptions.RayError as error:
        value, why = None, f"Its worker was lost {RETRIES + 1} times ({_first_line(error)})."
    return WorkOutcome(number, value, why)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _last_line(error: Exception) -> str:
    return str(error).strip().rpartition("\n")[2] or type(error).__name__
