"""Methods that end their process, as a plugin that a comparison finds by an entry point."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from svbrdf_core.methods import FillResult, InpaintProblem, Method
from svbrdf_core.run import Run

POINTS = "[svbrdf_core.methods]\ndies = tests.compare.frail:DIES\nonce = tests.compare.frail:ONCE\n"
MARK = "FRAIL_MARK"
"""The variable that names the file by which it is known that the process died before."""


def die(problem: InpaintProblem, settings: object, run: Run) -> FillResult:
    """End the process as the system does when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def die_once(problem: InpaintProblem, settings: object, run: Run) -> FillResult:
    """Do so the first time only."""
    mark = Path(os.environ[MARK])
    if not mark.exists():
        mark.touch()
        die(problem, settings, run)
    return FillResult(problem.tensor * 0)


DIES, ONCE = Method("dies", "dies", die), Method("once", "dies once", die_once)


def install(site: Path) -> None:
    """Write what makes a folder on the path hold these as an installed package does."""
    about = site / "frail-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: frail\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(POINTS, encoding="utf-8")
