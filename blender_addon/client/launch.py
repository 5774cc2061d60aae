"""The service's program on this computer: found among the installed ones, started, and ended again."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .address import Address, find_address, read_process_id, runtime_file
from .errors import Stopped, UserError
from .gate import GATE
from .service import Service

INSTALL = 'pipx install "svbrdf-inpaint[server,torch]"'
"""The line that installs what is needed, in any shell."""
PACKAGE = "svbrdf-inpaint"
WINDOWS = sys.platform == "win32"
COMMAND = "svbrdf.exe" if WINDOWS else "svbrdf"
IDLE_MINUTES = 30
"""Minutes after which a service that nobody uses ends by itself."""
POLL_SECONDS = 0.1
LOG_TAIL = 65536
"""Bytes at the end of the log that are looked at for a reason."""
BLENDER_VARIABLES = re.compile(r"PYTHON.*|BLENDER.*|__PYVENV_LAUNCHER__|SVBRDF_TOKEN", re.IGNORECASE)
"""Variables that are for Blender and its Python, and would lead another Python astray."""
_PYTHON = re.compile(r"python[0-9.]*w?(\.exe)?", re.IGNORECASE)


@dataclass(frozen=True)
class Program:
    """A command that `launch_service` can start; ``serve`` and its options follow it."""

    command: tuple[str, ...]


def find_programs() -> list[Program]:
    """Return the programs that there are, the best first."""
    paths = dict.fromkeys(str(path) for path in _command_paths() if _can_run(path))
    return [Program((path,)) for path in paths]


def parse_program(text: str) -> Program:
    """Return the program that the user names: a ``svbrdf`` command, a Python beside it, or the folder of one.

    Options may follow the command.

    Raises:
        UserError: there is none there.
    """
    path = Path(text.strip().strip('"')).expanduser()
    if path.exists():
        return _program_at(path)
    try:
        words = [word.strip('"') for word in shlex.split(text, posix=not WINDOWS)]
    except ValueError:
        words = []
    head = shutil.which(os.path.expanduser(words[0])) if words else None  # noqa: PTH111 a name is no path yet
    if head is None:
        sentence = f"There is no program {text.strip()[:200]!r}; give the svbrdf command, or install it: {INSTALL}"
        raise UserError("absent", sentence)
    return Program((*_program_at(Path(head)).command, *words[1:]))


def _program_at(path: Path) -> Program:
    if path.is_dir() or _PYTHON.fullmatch(path.name):
        beside = next((command for command in _commands_beside(path) if _can_run(command)), None)
        if beside is None:
            sentence = (
                f"There is no svbrdf command with {path}; install it there: pip install '{PACKAGE}[server,torch]'"
            )
            raise UserError("absent", sentence)
        return Program((str(beside),))
    if not _can_run(path):
        raise UserError("absent", f"{path} is no program that can be run; give the svbrdf command.")
    return Program((str(path),))


def _commands_beside(path: Path) -> Iterator[Path]:
    """Return where the command would be that belongs to a Python, or to the folder of an environment."""
    folder = path if path.is_dir() else path.parent
    for part in ("", "bin", "Scripts"):
        yield folder / part / COMMAND


def _command_paths() -> Iterator[Path]:
    if (found := shutil.which("svbrdf")) is not None:
        yield Path(found)
    home = Path.home()
    for folder in _command_folders(home):
        yield folder / COMMAND
    for tools in _tool_folders(home):
        yield from _commands_beside(tools / PACKAGE)
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if folder_name := os.environ.get(variable):
            yield from _commands_beside(Path(folder_name))


def _command_folders(home: Path) -> Iterable[Path]:
    """Return where commands are put that Blender, started from a menu, does not find by itself."""
    yield home / ".local" / "bin"
    if WINDOWS:
        roaming = Path(os.environ.get("APPDATA", home / "AppData" / "Roaming"))
        yield from sorted((roaming / "Python").glob("Python3*/Scripts"), reverse=True)
        return
    yield from (Path("/opt/homebrew/bin"), Path("/usr/local/bin"), home / "bin")
    yield from sorted((home / "Library" / "Python").glob("3*/bin"), reverse=True)


def _tool_folders(home: Path) -> Iterable[Path]:
    """Return the folders in which pipx and uv keep an environment for each tool."""
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    if pipx := os.environ.get("PIPX_HOME"):
        yield Path(pipx) / "venvs"
    if tools := os.environ.get("UV_TOOL_DIR"):
        yield Path(tools)
    yield data / "pipx" / "venvs"
    yield home / ".local" / "pipx" / "venvs"
    yield home / "pipx" / "venvs"
    yield home / "Library" / "Application Support" / "pipx" / "venvs"
    yield data / "uv" / "tools"
    if WINDOWS:
        yield Path(os.environ.get("APPDATA", home / "AppData" / "Roaming")) / "uv" / "tools"


def _can_run(path: Path) -> bool:
    try:
        return path.is_file() and os.access(path, os.X_OK)
    except OSError:
        return False


class ServiceProcess:
    """A service that was started, or found to run already."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, began: float, size: int) -> None:
        self._process, self._log, self._began, self._size = process, log, began, size
        self._address: Address | None = None

    def is_running(self) -> bool:
        """Whether the process that was started still runs."""
        return self._process.poll() is None

    def wait_until_ready(self, timeout: float) -> Address:
        """Return the address when the service answers, which takes a few seconds.

        Where another service of this user runs already, it is that one's address.

        Raises:
            UserError: it ended, or does not answer in time.
        """
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            ended = self._process.poll() is not None
            address = find_address()
            if address is not None and (ended or self._wrote_runtime_file()) and _does_answer(address):
                self._address = address
                return address
            if ended:
                raise UserError("absent", f"The service did not start: {self._read_reason()}")
            GATE.sleep(POLL_SECONDS)
        raise UserError("absent", f"The service did not start within {timeout:.0f} seconds; see {self._log}.")

    def stop(self, timeout: float = 10.0) -> None:
        """Ask the service that was started to end, and end it if it does not; another one is left alone."""
        if not self.is_running():
            return
        if self._address is not None:
            with contextlib.suppress(UserError, Stopped), Service(self._address, timeout=2.0) as service:
                service.shut_down()
                self._wait_for_end(timeout)
        for end in (self._process.terminate, self._process.kill):
            if self.is_running():
                end()
                self._wait_for_end(timeout)

    def _wait_for_end(self, timeout: float) -> None:
        end = time.monotonic() + timeout
        while self.is_running() and time.monotonic() < end:
            GATE.sleep(POLL_SECONDS)

    def _wrote_runtime_file(self) -> bool:
        """Whether the file is this service's: by its process, or, where that is only a starter, by time."""
        path = runtime_file()
        if read_process_id(path) == self._process.pid:
            return True
        with contextlib.suppress(OSError):
            return path.stat().st_mtime >= self._began - 1
        return False

    def _read_reason(self) -> str:
        """Return the last thing that the program said, which is why it ended."""
        try:
            with self._log.open("rb") as stream:
                stream.seek(max(self._size, self._log.stat().st_size - LOG_TAIL))
                text = stream.read(LOG_TAIL).decode("utf-8", "replace")
        except OSError:
            text = ""
        plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
        lines = [line.strip() for line in plain.splitlines() if line.strip()]
        return lines[-1][:400] if lines else f"it ended with code {self._process.returncode}; see {self._log}."


def launch_service(program: Program, log: Path, *, idle: int = IDLE_MINUTES) -> ServiceProcess:
    """Start a service.

    Args:
        program: what to start.
        log: file that its words are added to.
        idle: minutes after which it ends by itself where nobody uses it.

    Raises:
        UserError: it cannot be started.
    """
    command = [*program.command, "serve", "--resume", "--idle-exit", str(idle)]
    began = time.time()
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as stream:
            size = stream.tell()
            process = _start_process(command, stream.fileno())
    except OSError as error:
        sentence = f"{program.command[0]} cannot be started ({error.strerror}); see the program in the preferences."
        raise UserError("absent", sentence) from error
    return ServiceProcess(process, log, began, size)


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without what is Blender's own."""
    return {name: value for name, value in environment.items() if not BLENDER_VARIABLES.fullmatch(name)}


def _start_process(command: list[str], log: int) -> subprocess.Popen[bytes]:
    # In a group of its own, so that Ctrl-C on the terminal Blender was started from does not reach it.
    environment = clean_environment(os.environ)
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, creationflags=flags
        )
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True
    )


def _does_answer(address: Address) -> bool:
    try:
        with Service(address, timeout=5.0) as service:
            service.check_health()
            service.list_jobs(1)
    except UserError:
        return False
    return True
