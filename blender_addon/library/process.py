"""The Blender in the background that repairs files, one after the other; if it crashes another one takes the rest."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .report import Row

SCRIPT = Path(__file__).with_name("child.py")
PRIORITY = 10
PATIENCE, SHORT = 10.0, 3.0
"""Seconds that a child may take to have its job cancelled and to finish a file; and when Blender ends."""


@dataclass
class Progress:
    """How far a child is.

    Attributes:
        file: index of the file it works on, -1 before the first.
        material: the name of the material it fills; empty while it opens or saves.
        done, total: materials of the file, those that are filled or refused and all.
        rows: what came of all so far.
    """

    file: int = -1
    material: str = ""
    done: int = 0
    total: int = 0
    rows: list[Row] = field(default_factory=list)

    def share(self, files: int) -> float:
        """Return the part of all that is done, 0 to 1."""
        within = self.done / self.total if self.total else 0.0
        return min(1.0, (max(self.file, 0) + within) / max(files, 1))


class LibraryProcess:
    """Files being repaired. Belongs to the main thread; nothing in it waits, but for `stop`.

    Args:
        command: what starts the child.
        request: what it is told, as JSON has it; ``files`` is added.
        files: paths.
        names: the same for people.
    """

    def __init__(self, command: Sequence[str], request: dict[str, Any], files: list[str], names: list[str]) -> None:
        self._command, self._request, self._files, self._names = list(command), request, files, names
        self.progress = Progress()
        self.ended = not files
        self._first, self._read, self._deadline = 0, 0, math.inf
        self._folder = Path(tempfile.mkdtemp(prefix="inpaint-library-"))
        self._process: subprocess.Popen[bytes] | None = None
        if files:
            self._launch(0)

    def poll(self) -> bool:
        """Take what the child has said; return whether there was anything."""
        if self.ended or self._process is None:
            return False
        code = self._process.poll()
        changed = False
        for event in self._events():
            changed = True
            self._take(event)
        if code is not None and not self.ended:
            self._close()
            self._go_on(code)
            return True
        if time.monotonic() > self._deadline:
            self._process.kill()
        return changed

    def cancel(self) -> None:
        """Have the child end, which has its job cancelled first; what it saved stays. Goes on being polled."""
        self._close()  # by which it knows
        self._deadline = min(self._deadline, time.monotonic() + PATIENCE)

    def stop(self) -> None:
        """The same, and wait for it."""
        self.cancel()
        if self._process is not None:
            try:
                self._process.wait(SHORT)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(SHORT)
        self._end()

    def _launch(self, first: int) -> None:
        self._first, self._read = first, 0
        log, words = self._folder / f"{first}.log", self._folder / f"{first}.jsonl"
        words.touch()
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.BELOW_NORMAL_PRIORITY_CLASS | subprocess.CREATE_NO_WINDOW
        try:
            with log.open("ab") as stream:
                self._process = subprocess.Popen(
                    self._command, stdin=subprocess.PIPE, stdout=stream, stderr=stream, creationflags=flags
                )
            assert self._process.stdin is not None
            told = self._request | {"files": self._files[first:], "words": str(words)}
            self._process.stdin.write(json.dumps(told).encode() + b"\n")  # not a file: it may hold a token
            self._process.stdin.flush()
        except OSError as error:
            self._fail_rest(first, f"A Blender in the background could not be started ({error.strerror or error}).")
            return
        if hasattr(os, "setpriority"):
            try:
                os.setpriority(os.PRIO_PROCESS, self._process.pid, PRIORITY)
            except OSError:  # it ended already: poll will say so
                return

    def _events(self) -> Iterator[dict[str, Any]]:
        """Yield what the child has written since the last look, whole lines only."""
        try:
            with (self._folder / f"{self._first}.jsonl").open("rb") as stream:
                stream.seek(self._read)
                data = stream.read()
        except OSError:
            return
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            yield json.loads(line)

    def _take(self, event: dict[str, Any]) -> None:
        match event["kind"]:
            case "file":
                self.progress.file = self._first + event["number"]
                self.progress.material, self.progress.done, self.progress.total = "", 0, 0
            case "materials":
                self.progress.total = event["total"]
            case "material":
                self.progress.material, self.progress.done = event["name"], event["number"]
            case "row":
                self.progress.rows.append(Row(**event["row"]))
            case "end":
                self.cancel()  # it ends by itself, soon

    def _go_on(self, code: int) -> None:
        """Tell of a child that ended too early, and begin another with the next file; nothing if it was to end."""
        if self._deadline < math.inf:
            self._end()
            return
        at = max(self.progress.file, self._first)
        why = f"The Blender in the background ended while it was at this file ({self._last_words(code)})."
        if self.progress.file < self._first:  # it never began, and no other would
            self._fail_rest(at, f"The Blender in the background did not start ({self._last_words(code)}).")
            return
        self.progress.rows.append(Row(self._names[at], self.progress.material, "failed", why))
        if at + 1 < len(self._files):
            self.progress.file = at
            self._launch(at + 1)
        else:
            self._end()

    def _last_words(self, code: int) -> str:
        try:
            lines = (self._folder / f"{self._first}.log").read_text("utf-8", "replace").splitlines()
        except OSError:
            lines = []
        last = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
        return f"exit code {code}: {last[:200]}"

    def _fail_rest(self, first: int, why: str) -> None:
        self.progress.rows += [Row(name, "", "failed", why) for name in self._names[first:]]
        self._end()

    def _close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            try:
                self._process.stdin.close()
            except OSError:  # it is gone
                return

    def _end(self) -> None:
        self.ended = True
        shutil.rmtree(self._folder, ignore_errors=True)


def child_command(binary: str, *, online: bool) -> list[str]:
    """Return how a plain Blender is started that repairs: none of the user's other add-ons, nor a start-up file.

    Args:
        binary: Blender's program; empty for Blender as a Python module.
        online: whether the user lets Blender use the network.
    """
    if not binary:
        return [sys.executable, "-P", str(SCRIPT)]
    network = "--online-mode" if online else "--offline-mode"
    return [binary, "--background", "--factory-startup", network, "-noaudio", "--python-exit-code", "1",
            "--python", str(SCRIPT)]  # fmt: skip
