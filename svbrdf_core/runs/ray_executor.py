"""Executor on Ray: tasks by processors, memory and graphics cards, on this machine or on a cluster."""

from __future__ import annotations

import importlib.util
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any, Self

from svbrdf_core.cores import VARIABLE
from svbrdf_core.errors import InputError, SvbrdfError
from svbrdf_core.runs.executors import Task
from svbrdf_core.runs.pool import Work, WorkOutcome

LOCAL = "local"
RETRIES = 3
"""How often a task is begun again whose worker or machine was lost."""
AHEAD, LEAST = 2, 8
"""Tasks for each processor that Ray is given at a time, and at least; the others wait here. More than there are
processors, so that a cluster that grows sees what for."""
GRAPHICS_SHARE = 0.5
"""Of a graphics card, for a task that would use one, where the cluster has any: one reads and writes while another
fills."""
LOOK_EVERY = 5.0
"""Seconds between two looks at how large the cluster is."""
WAIT = 20.0
"""Seconds that a cluster may take to answer."""
NO_RAY = "A cluster needs Ray; install it with: pip install 'svbrdf-inpaint[ray]', or use this machine's processes."


class RayExecutor:
    """Tasks of a Ray cluster. Files are read and written where a task runs: storage must be shared, or a store.

    Args:
        address: of the cluster (``ray://head:10001``, ``head:6379``, ``auto``); ``local`` starts one on this machine.
        cores: processors of a task.
        jobs: processors of a cluster that is started here; None for all.
    """

    def __init__(self, address: str, cores: int = 1, jobs: int | None = None) -> None:
        self._address, self._cores, self._jobs = address, cores, jobs
        self._ray: Any = None
        self._own = False

    def __enter__(self) -> Self:
        """Connect to the cluster, or start it.

        Raises:
            InputError: Ray is not installed, or the cluster cannot be reached.
        """
        if importlib.util.find_spec("ray") is None:
            raise InputError(NO_RAY)
        # Tasks without a share of a graphics card are not kept from it by Ray, which would warn of that.
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        import ray

        self._own = not ray.is_initialized()
        if self._own:
            _connect(ray, self._address, self._jobs)
        self._ray = ray
        return self

    def __exit__(self, *error: object) -> None:
        if self._own:
            self._ray.shutdown()

    def run(self, tasks: Sequence[Task]) -> Iterator[WorkOutcome]:
        """See `svbrdf_core.runs.executors.Executor`.

        What still runs when this is closed ends with the connection, for Ray kills the workers of a driver that leaves;
        in a program that was connected before, it runs to its end. To cancel tasks one by one races with their answers,
        which makes Ray abort this process at times (2.60: "Tried to complete task that was not pending").
        """
        ray, waiting = self._ray, iter(tasks)
        call = ray.remote(max_retries=RETRIES)(_call)
        running: dict[Any, int] = {}
        looked, there = -LOOK_EVERY, dict[str, float]()
        while True:
            if time.monotonic() - looked > LOOK_EVERY:
                looked, there = time.monotonic(), ray.cluster_resources()
            most = max(LEAST, AHEAD * int(there.get("CPU", 0)) // self._cores)
            while len(running) < most and (task := next(waiting, None)) is not None:
                options = call.options(**resources(task, self._cores, there))
                running[options.remote(task.work, self._cores)] = task.number
            if not running:
                return
            ready, _ = ray.wait(list(running), num_returns=1, timeout=LOOK_EVERY)
            for one in ready:
                yield _outcome(ray, one, running.pop(one))


def resources(task: Task, cores: int, there: dict[str, float]) -> dict[str, Any]:
    """Return what Ray keeps for a task.

    Args:
        task: the task.
        cores: processors of each.
        there: what the cluster has, by Ray's names.
    """
    graphics = GRAPHICS_SHARE if task.on_graphics and there.get("GPU", 0) > 0 else 0
    return {"num_cpus": cores, "num_gpus": graphics, "memory": task.memory or None}


def _connect(ray: Any, address: str, jobs: int | None) -> None:
    quiet = {"logging_level": logging.ERROR, "log_to_driver": False}
    try:
        if address == LOCAL:
            # Without an address Ray joins whatever cluster runs on the machine or the environment names.
            ray.init(address=LOCAL, num_cpus=jobs, include_dashboard=False, **quiet)
        else:
            _knock(address)
            ray.init(address=address, **quiet)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError, OSError) as error:
        raise InputError(f"The Ray cluster {address} cannot be reached ({_first_line(error)}).") from error


def _knock(address: str) -> None:
    """See that somebody answers, for Ray itself waits for minutes and then ends the process.

    Raises:
        OSError: nobody does.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        return  # auto, which Ray finds at once or not
    socket.create_connection((host.strip("[]"), int(port)), WAIT).close()
    if address.startswith("ray://"):
        return  # whose client gives up by itself
    command = [sys.executable, "-m", "ray.scripts.scripts", "health-check", "--address", address]
    try:
        subprocess.run(command, timeout=WAIT, capture_output=True, check=True)
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"no answer within {WAIT:.0f} s") from error
    except subprocess.CalledProcessError as error:
        raise ConnectionError("it is no Ray cluster, or of another version of Ray") from error


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
