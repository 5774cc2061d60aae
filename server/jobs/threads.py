"""Threads for what would hold up the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Threads:
    """Threads of two kinds, so that slow disks do not hold up the database, nor it them."""

    def __init__(self) -> None:
        # One connection takes one caller at a time: more threads would only wait for it.
        self._db = ThreadPoolExecutor(1, "jobs")
        self._disk = ThreadPoolExecutor(8, "disk")

    async def db(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Await a call of the job store."""
        return await asyncio.get_running_loop().run_in_executor(self._db, partial(function, *args, **kwargs))

    async def disk(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Await a call that reads or writes files, or computes."""
        return await asyncio.get_running_loop().run_in_executor(self._disk, partial(function, *args, **kwargs))

    def close(self) -> None:
        """End the threads."""
        self._db.shutdown()
        self._disk.shutdown()
