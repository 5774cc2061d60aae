"""Command ``svbrdf warm``: the kernels compiled before anybody waits for them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import typer

from svbrdf_core.cli.options import JsonOption, QuietOption
from svbrdf_core.cli.outcome import Outcome

if TYPE_CHECKING:
    from svbrdf_core.cli.session import Session


def warm(context: typer.Context, json: JsonOption = False, quiet: QuietOption = False) -> Outcome:
    """Compile the kernels that a first fill compiles, so that it need not.

    They are kept on disk, beside the program or in your cache folder; NUMBA_CACHE_DIR names another.
    """
    from svbrdf_core.cli.bar import visible_run
    from svbrdf_core.patch import compile_kernels, is_compiled

    session: Session = context.obj
    began, fresh = time.perf_counter(), not is_compiled("cpu")
    with visible_run(session, quiet=quiet) as run:
        run.report("compiling the kernels", 0.0)
        compile_kernels(run)
    seconds = round(time.perf_counter() - began, 1)
    said = f"The kernels are compiled, in {seconds} s." if fresh else "The kernels were compiled before."
    return Outcome({"compiled": fresh, "seconds": seconds}, () if quiet else (said,))
