"""A program comes in; a service of it that runs goes out, and can be ended again."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from . import runtime
from .address import Address
from .errors import Stopped, Trouble
from .program import Program
from .service import Service

IDLE = 30
"""Minutes after which a service that nobody uses ends by itself."""
OFTEN = 0.1
END = 65536
"""Bytes at the end of the log that are looked at for a reason."""
OURS = re.compile(r"PYTHON.*|BLENDER.*|__PYVENV_LAUNCHER__|SVBRDF_TOKEN", re.IGNORECASE)
"""Variables that are for Blender and its Python, and would lead another Python astray."""


class Launched:
    """A service that was started, or found to run already."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, began: float, size: int) -> None:
        self._process, self._log, self._began, self._size = process, log, began, size
        self._address: Address | None = None

    def runs(self) -> bool:
        """Whether the process that was started still runs."""
        return self._process.poll() is None

    def wait(self, timeout: float) -> Address:
        """Return the address when the service answers, which takes a few seconds.

        Where another service of this user runs already, it is that one's address.

        Raises:
            Trouble: it ended, or does not answer in time.
        """
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            ended = self._process.poll() is not None
            found = runtime.find()
            if found is not None and (ended or self._is_its_own()) and _answers(found):
                self._address = found
                return found
            if ended:
                raise Trouble("absent", f"The service did not start: {self._said()}")
            time.sleep(OFTEN)
        raise Trouble("absent", f"The service did not start within {timeout:.0f} seconds; see {self._log}.")

    def stop(self, patience: float = 10.0) -> None:
        """Ask the service that was started to end, and end it if it does not; another one is left alone."""
        if not self.runs():
            return
        if self._address is not None:
            with contextlib.suppress(Trouble, Stopped), Service(self._address, timeout=2.0) as service:
                service.stop()
                self._gone(patience)
        for end in (self._process.terminate, self._process.kill):
            if self.runs():
                end()
                self._gone(patience)

    def _gone(self, patience: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)

    def _is_its_own(self) -> bool:
        """Whether the file is this service's: by its process, or, where that is only a starter, by time."""
        path = runtime.runtime_file()
        if runtime.process(path) == self._process.pid:
            return True
        with contextlib.suppress(OSError):
            return path.stat().st_mtime >= self._began - 1
        return False

    def _said(self) -> str:
        """Return the last thing that the program said, which is why it ended."""
        try:
            with self._log.open("rb") as stream:
                stream.seek(max(self._size, self._log.stat().st_size - END))
                text = stream.read(END).decode("utf-8", "replace")
        except OSError:
            text = ""
        plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
        lines = [line.strip() for line in plain.splitlines() if line.strip()]
        return lines[-1][:400] if lines else f"it ended with code {self._process.returncode}; see {self._log}."


def launch(program: Program, log: Path, *, idle: int = IDLE) -> Launched:
    """Start a service.

    Args:
        program: what to start.
        log: file that its words are added to.
        idle: minutes after which it ends by itself where nobody uses it.

    Raises:
        Trouble: it cannot be started.
    """
    command = [*program.command, "serve", "--resume", "--idle-exit", str(idle)]
    began = time.time()
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as stream:
            size = stream.tell()
            process = _process(command, stream.fileno())
    except OSError as error:
        said = f"{program.command[0]} cannot be started ({error.strerror}); see the program in the preferences."
        raise Trouble("absent", said) from error
    return Launched(process, log, began, size)


def cleaned(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without what is Blender's own."""
    return {name: value for name, value in environment.items() if not OURS.fullmatch(name)}


def _process(command: list[str], log: int) -> subprocess.Popen[bytes]:
    # In a group of its own, so that Ctrl-C on the terminal Blender was started from does not reach it.
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=cleaned(os.environ), creationflags=flags
        )
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=cleaned(os.environ), start_new_session=True
    )


def _answers(address: Address) -> bool:
    try:
        with Service(address, timeout=5.0) as service:
            service.health()
            service.jobs(1)
    except Trouble:
        return False
    return True
