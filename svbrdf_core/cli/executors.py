"""Where the tasks of a batch or a comparison run: the options of the two commands, and the executor they choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from svbrdf_core.runs.executors import Executor

RUNNING = "How it runs"
RayOption = Annotated[
    str | None,
    typer.Option(
        "--ray", metavar="ADDRESS", rich_help_panel=RUNNING,
        help="Run on a Ray cluster that shares these files; local starts one here.",
    ),
]  # fmt: skip
LimitOption = Annotated[
    float | None,
    typer.Option("--time-limit", min=1, metavar="S", rich_help_panel=RUNNING, help="Give a fill up after so long."),
]


def choose_executor(
    here: int, ray: str | None, jobs: int | None, time_limit: float | None, memory: int | None = None
) -> Executor:
    """Return what runs the tasks.

    Args:
        here: how many run at a time in processes of this machine.
        ray: address of a cluster, in place of these.
        jobs: how many were asked for; the processors of a cluster that is started here, all of them if None.
        time_limit: seconds that a task may take.
        memory: bytes that tasks of this machine may need together.

    Raises:
        BadParameter: options that do not go together.
    """
    from svbrdf_core.runs.executors import LocalExecutor

    if ray is None:
        return LocalExecutor(here, memory, time_limit)
    from svbrdf_core.runs.ray_executor import RayExecutor

    if time_limit is not None:
        raise typer.BadParameter("--time-limit is for this machine's processes; leave it out with --ray.")
    return RayExecutor(ray, jobs=jobs)
