"""Work for a cluster's workers."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from svbrdf_core.errors import MaskError

BEATS = 6000
"""Twentieths of a second that `beat` goes on."""


def refuse() -> None:
    """Fail as a hole does that cannot be filled."""
    raise MaskError("The hole is full; paint less.")


def die_once(mark: Path) -> Callable[[], str]:
    """Return work whose process is killed the first time."""
    return partial(_die_once, mark)


def _die_once(mark: Path) -> str:
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def nothing() -> None:
    """Do nothing."""


def beat(pulse: Path) -> Callable[[], None]:
    """Return work that goes on for minutes, and tells in a file that it does."""
    return partial(_beat, pulse)


def _beat(pulse: Path) -> None:
    for count in range(BEATS):
        pulse.write_text(str(count), encoding="utf-8")
        time.sleep(0.05)


def assigned() -> tuple[dict[str, float], str | None]:
    """Return what Ray keeps for this task, and which graphics cards it sees."""
    import ray

    context: Any = ray.get_runtime_context()
    return context.get_assigned_resources(), os.environ.get("CUDA_VISIBLE_DEVICES")
