"""A worker process from its server's side, whose death is noticed."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

from svbrdf_core.codec.plain import JsonObject
from svbrdf_core.runs.processes import OUT_OF_MEMORY, describe_exit
from svbrdf_core.sentences import Sentence

LINE = 2**24
"""Bytes that one line of a worker may have: reports name every file."""


class WorkerDied(Exception):
    """The process ended in the middle of a task; the message says how."""


class WorkerHangs(Exception):
    """The process said nothing for too long and was ended."""


class TaskFailed(Exception):
    """The task cannot be done.

    Attributes:
        kind: ``input``, ``mask``, ``fill``, ``output``, ``memory`` or ``fault``.
        sentence: what is wrong, and what to do next.
    """

    def __init__(self, kind: str, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.kind, self.sentence = kind, sentence


class TaskCancelled(Exception):
    """The task was stopped because it was cancelled."""


class Worker:
    """One process, started when it is first needed and again after its end; it does one task at a time."""

    def __init__(self, card: int | None = None, *, fills: bool = True) -> None:
        """Make a worker that sees one CUDA device alone, or all; one that fills loads the engine at once."""
        self._words = ["fills"] if fills else []
        # It reads what strangers have made, and has no use for the token.
        self._environment = {name: value for name, value in os.environ.items() if name != "SVBRDF_TOKEN"}
        if card is not None:
            self._environment["CUDA_VISIBLE_DEVICES"] = str(card)
        self._process: asyncio.subprocess.Process | None = None
        self._numbers = itertools.count(1)
        self._turn = asyncio.Lock()
        self._task: int | None = None
        self._unwanted = False

    @property
    def pid(self) -> int | None:
        """Number of the process, None if there is none now."""
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if alive and self._process is not None else None

    @property
    def busy(self) -> bool:
        """Whether it has a task."""
        return self._turn.locked()

    async def do(
        self, op: str, *, timeout: float, on_line: Callable[[JsonObject], None] | None = None, **arguments: Any
    ) -> JsonObject:
        """Have a task done and return its result.

        Args:
            op: one of the operations of ``work.main``.
            timeout: seconds without a word after which the process is ended.
            on_line: is given each line on the way.
            arguments: of the operation, JSON.

        Raises:
            TaskFailed: it cannot be done.
            TaskCancelled: `cancel` was called.
            WorkerDied, WorkerHangs: the process has ended; the next task starts a new one.
        """
        self._unwanted = False  # before the turn is waited for: a `cancel` meanwhile is meant for this task
        async with self._turn:
            number = self._task = next(self._numbers)
            try:
                process = await self._ensure_process()
                await _send(process, {"id": number, "op": op, **arguments})
                if self._unwanted:  # cancelled while the process was starting
                    await self.cancel()
                async for line in self._lines(process, timeout):
                    if line.get("id") != number:
                        continue
                    if line["kind"] == "done":
                        return dict(line["result"])
                    if line["kind"] == "cancelled":
                        raise TaskCancelled
                    if line["kind"] == "error":
                        await self._end_after_fault(line)
                        raise TaskFailed(line["error"], Sentence.from_json(line["message"]))
                    if on_line is not None:
                        on_line(line)
                raise WorkerDied(_describe_end(await process.wait()))
            except (BrokenPipeError, ConnectionError) as error:
                await self.end()
                raise WorkerDied("The worker ended before it took the job.") from error
            except (TaskFailed, TaskCancelled, WorkerDied, WorkerHangs):
                raise
            except BaseException:  # nobody will read what it still says: the next task must not
                await self.end()
                raise
            finally:
                self._task = None

    async def warm(self) -> None:
        """Start the process if there is none, so that the next task need not wait for it."""
        if not self.busy:
            async with self._turn:
                await self._ensure_process()

    async def cancel(self) -> None:
        """Ask the process to stop its task."""
        self._unwanted = True
        if self._process is not None and self._task is not None:
            with contextlib.suppress(BrokenPipeError, ConnectionError):
                await _send(self._process, {"cancel": self._task})

    async def end_if_idle(self) -> bool:
        """End the process unless it has a task, which cannot come in between; say whether it has none."""
        if self.busy:
            return False
        async with self._turn:
            await self.end()
        return True

    async def end(self) -> None:
        """End the process at once, if there is one; its memory is free when this returns."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    async def _ensure_process(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        module = f"{__package__}.main"
        self._process = await asyncio.create_subprocess_exec(
            # -P: no module is taken from the folder that the service happens to be started in.
            sys.executable, "-P", "-m", module, *self._words, env=self._environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LINE,
            # Its own session: a Ctrl-C meant for the server must not end the job before the server has noted it.
            start_new_session=os.name == "posix",
        )  # fmt: skip
        return self._process

    async def _lines(self, process: asyncio.subprocess.Process, timeout: float) -> AsyncIterator[JsonObject]:
        assert process.stdout is not None
        while True:
            try:
                line = await asyncio.wait_for(process.stdout.readline(), timeout)
            except TimeoutError:
                await self.end()
                raise WorkerHangs(f"The worker said nothing for {timeout:g} seconds and was ended.") from None
            if not line:
                self._process = None
                return
            yield json.loads(line)

    async def _end_after_fault(self, line: JsonObject) -> None:
        """Let the process go after an error that may have left it in any state."""
        if line["error"] in ("memory", "fault"):
            await self.end()


async def _send(process: asyncio.subprocess.Process, message: JsonObject) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(message).encode() + b"\n")
    await process.stdin.drain()


def _describe_end(code: int) -> str:
    """Return a sentence about the end of a process."""
    advice = "try fewer or smaller holes" if code in OUT_OF_MEMORY else "please report it with the service's log"
    return f"The worker {describe_exit(code)}; {advice}."
