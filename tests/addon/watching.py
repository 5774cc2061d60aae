"""A watch run in a thread of its own, and how it must end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from blender_addon.job import Status, Watch
from tests.addon.fake import TOKEN

SOON = 25.0
"""Seconds in which everything must have happened, however busy this machine is; what is waited for ends sooner."""


@contextmanager
def run_watch(watch: Watch) -> Iterator[threading.Thread]:
    """Run a watch in a thread that must have ended soon after."""
    thread = threading.Thread(target=watch.run)
    thread.start()
    try:
        yield thread
        thread.join(SOON)
        assert not thread.is_alive(), watch.status
    finally:
        watch.cancel()
        thread.join()


def wait_until(happened: Callable[[], object]) -> None:
    end = time.monotonic() + SOON
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)


def assert_ended(status: Status, phase: str, kind: str | None = None) -> None:
    assert status.phase == phase, status
    assert (status.error.kind if status.error else None) == kind, status
    assert TOKEN not in repr(status)
    assert (status.result is not None) == (phase == "done")
