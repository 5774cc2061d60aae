"""What the end of a process is said to mean."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from svbrdf_core.runs.processes import describe_exit

PARENT = "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {child!r}]).pid, flush=True); input()"
ASK = "from svbrdf_core.runs.processes import end_with_parent; end_with_parent(); print(flush=True)"
CHILD = f"{ASK}; import time; time.sleep(600)"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-9, "was killed, most likely because memory ran out"),
        (127, "ended because memory ran out (exit code 127)"),
        (3, "ended with exit code 3"),
        (None, "ended with exit code None"),
        (-200, "crashed (signal 200)"),
    ],
)
def test_an_exit_code_is_described(code: int | None, words: str) -> None:
    assert describe_exit(code) == words


@pytest.mark.skipif(os.name != "posix", reason="signals as they are here")
def test_a_signal_is_called_by_its_name() -> None:
    assert describe_exit(-signal.SIGSEGV) == "crashed (SIGSEGV)"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_a_process_ends_with_the_one_that_started_it() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT.format(child=CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        assert parent.stdout.readline() == "\n"  # the child's, which has asked for it
        parent.kill()
    end = time.monotonic() + 180
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end
        time.sleep(0.05)
