"""The file of a running service comes in; its address goes out. The folders are those that the service itself uses."""

from __future__ import annotations

import json
import os
import stat
import sys
import tempfile
from pathlib import Path

from .address import Address, checked
from .errors import Trouble

APP = "svbrdf-inpaint"
LARGEST = 2**16
"""Bytes of the file; it has about 200."""
_NONBLOCK: int = getattr(os, "O_NONBLOCK", 0)


def runtime_file() -> Path:
    """Return the file that a service of this user writes when it starts."""
    return _folder() / APP / "service.json"


def find() -> Address | None:
    """Return what the file says, whether or not that service still runs; None if there is none of this user."""
    return next((found for path in _places() if (found := read(path)) is not None), None)


def read(path: Path) -> Address | None:
    """Return the address in a file; None if there is none, or it may have been written by others."""
    found = _content(path)
    token = found.get("token")
    if not isinstance(token, str) or not token:
        return None
    try:
        return Address(checked(str(found.get("url", ""))), token)
    except Trouble:
        return None


def process(path: Path) -> int:
    """Return the number of the process that wrote a file, 0 if there is no such file of this user."""
    number = _content(path).get("process")
    return number if isinstance(number, int) else 0


def _content(path: Path) -> dict[str, object]:
    try:
        # A pipe of that name, in a folder that others can write, must not be waited for.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | _NONBLOCK)) as stream:
            if not _is_ours(os.fstat(stream.fileno())):
                return {}
            found = json.loads(stream.read(LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_ours(status: os.stat_result) -> bool:
    """Whether only this user can have written a file: where there is no folder of the user's own it is in /tmp."""
    if not stat.S_ISREG(status.st_mode):
        return False
    return os.name != "posix" or (status.st_uid == os.geteuid() and not status.st_mode & 0o022)


def _places() -> list[Path]:
    """Return the file, and the one of the session where this program was given a folder of its own below it (Snap)."""
    places = [runtime_file()]
    if os.name == "posix":
        session = Path(f"/run/user/{os.geteuid()}")
        if session in places[0].parent.parent.parents:
            places.append(session / APP / "service.json")
    return places


def _folder() -> Path:
    if sys.platform == "win32":
        return _windows() / "Temp"
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if given.startswith("/") and _is_private(given, missing_ok=True):
        return Path(given)
    if sys.platform == "darwin":
        return Path("~/Library/Caches/TemporaryItems").expanduser()
    default = f"/run/user/{os.geteuid()}"
    if "bsd" in sys.platform:
        default = f"/tmp/run/user/{os.geteuid()}" if "openbsd" in sys.platform else f"/var{default}"
    return Path(default) if _is_private(default) else Path(tempfile.gettempdir(), f"runtime-{os.geteuid()}")


def _is_private(folder: str, *, missing_ok: bool = False) -> bool:
    """Whether a folder is this user's alone, as such folders must be."""
    try:
        status = Path(folder).lstat()
    except FileNotFoundError:
        return missing_ok
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) == 0o700


def _windows() -> Path:
    """Return the folder of this user's local data, which the shell knows and the environment nearly always too."""
    given = os.environ.get("LOCALAPPDATA")
    return Path(given) if given else Path.home() / "AppData" / "Local"
