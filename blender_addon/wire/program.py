"""What the user says, or nothing, comes in; programs that can be started as a service go out."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .errors import Trouble

INSTALL = 'pipx install "svbrdf-inpaint[server]"'
"""The line that installs what is needed, in any shell."""
PACKAGE = "svbrdf-inpaint"
WINDOWS = sys.platform == "win32"
NAME = "svbrdf.exe" if WINDOWS else "svbrdf"
_PYTHON = re.compile(r"python[0-9.]*w?(\.exe)?", re.IGNORECASE)


@dataclass(frozen=True)
class Program:
    """A command that `launch` can start; ``serve`` and its options follow it."""

    command: tuple[str, ...]


def candidates() -> list[Program]:
    """Return the programs that there are, the best first."""
    found = dict.fromkeys(str(path) for path in _found() if _can_run(path))
    return [Program((path,)) for path in found]


def program_of(text: str) -> Program:
    """Return the program that the user names: a ``svbrdf`` command, a Python beside it, or the folder of one.

    Options may follow the command.

    Raises:
        Trouble: there is none there.
    """
    path = Path(text.strip().strip('"')).expanduser()
    if path.exists():
        return _of_path(path)
    try:
        words = [word.strip('"') for word in shlex.split(text, posix=not WINDOWS)]
    except ValueError:
        words = []
    head = shutil.which(os.path.expanduser(words[0])) if words else None  # noqa: PTH111 a name is no path yet
    if head is None:
        said = f"There is no program {text.strip()[:200]!r}; give the svbrdf command, or install it: {INSTALL}"
        raise Trouble("absent", said)
    return Program((*_of_path(Path(head)).command, *words[1:]))


def _of_path(path: Path) -> Program:
    if path.is_dir() or _PYTHON.fullmatch(path.name):
        beside = next((found for found in _near(path) if _can_run(found)), None)
        if beside is None:
            said = f"There is no svbrdf command with {path}; install it there: pip install {PACKAGE}[server]"
            raise Trouble("absent", said)
        return Program((str(beside),))
    if not _can_run(path):
        raise Trouble("absent", f"{path} is no program that can be run; give the svbrdf command.")
    return Program((str(path),))


def _near(path: Path) -> Iterator[Path]:
    """Return where the command would be that belongs to a Python, or to the folder of an environment."""
    folder = path if path.is_dir() else path.parent
    for part in ("", "bin", "Scripts"):
        yield folder / part / NAME


def _found() -> Iterator[Path]:
    if (found := shutil.which("svbrdf")) is not None:
        yield Path(found)
    home = Path.home()
    for folder in _folders(home):
        yield folder / NAME
    for tools in _tools(home):
        yield from _near(tools / PACKAGE)
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if folder_name := os.environ.get(variable):
            yield from _near(Path(folder_name))


def _folders(home: Path) -> Iterable[Path]:
    """Return where commands are put that Blender, started from a menu, does not find by itself."""
    yield home / ".local" / "bin"
    if WINDOWS:
        roaming = Path(os.environ.get("APPDATA", home / "AppData" / "Roaming"))
        yield from sorted((roaming / "Python").glob("Python3*/Scripts"), reverse=True)
        return
    yield from (Path("/opt/homebrew/bin"), Path("/usr/local/bin"), home / "bin")
    yield from sorted((home / "Library" / "Python").glob("3*/bin"), reverse=True)


def _tools(home: Path) -> Iterable[Path]:
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
