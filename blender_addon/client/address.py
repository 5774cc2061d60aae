"""Address and token of a service: as the user gives them, or from the runtime file that a running service writes.

The folders of the runtime file are those that the service itself uses (``platformdirs.user_runtime_path``).
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import stat
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from .errors import UserError

APP = "svbrdf-inpaint"
MAX_FILE_BYTES = 2**16
"""Bytes that are read of the runtime file; it has about 200."""
_NONBLOCK: int = getattr(os, "O_NONBLOCK", 0)
_URL = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?/?", re.IGNORECASE)


@dataclass(frozen=True)
class Address:
    """Where a service is, and the token that it asks for, which is never shown."""

    url: str
    token: str = field(repr=False)


def check_url(url: str) -> str:
    """Return the URL of a service in its normal form, without a slash at its end.

    Raises:
        UserError: it is none; the preferences mend it.
    """
    text = url.strip()
    if _URL.fullmatch(text) is None:
        raise UserError("refused", "That is no address of a service; give one such as http://127.0.0.1:8000.")
    try:
        parts = urlsplit(text)
        port = parts.port
        if "[" in text:
            ipaddress.IPv6Address(parts.hostname or "")
    except ValueError as error:
        sentence = "That address has no such port or number; give one such as http://127.0.0.1:8000."
        raise UserError("refused", sentence) from error
    host = f"[{parts.hostname}]" if "[" in text else parts.hostname
    return f"{parts.scheme.lower()}://{host}" + ("" if port is None else f":{port}")


def is_loopback(url: str) -> bool:
    """Whether an address leads to this machine alone, by what it says: nothing is looked up."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def runtime_file() -> Path:
    """Return the file that a service of this user writes when it starts."""
    return _runtime_folder() / APP / "service.json"


def find_address() -> Address | None:
    """Return what the runtime file says, whether or not that service still runs; None if there is none of this user."""
    return next((address for path in _runtime_files() if (address := read_address(path)) is not None), None)


def read_address(path: Path) -> Address | None:
    """Return the address in a runtime file; None if there is none, or it may have been written by others."""
    content = _read_content(path)
    token = content.get("token")
    if not isinstance(token, str) or not token:
        return None
    try:
        return Address(check_url(str(content.get("url", ""))), token)
    except UserError:
        return None


def read_process_id(path: Path) -> int:
    """Return the id of the process that wrote a runtime file, 0 if there is no such file of this user."""
    number = _read_content(path).get("process")
    return number if isinstance(number, int) else 0


def _read_content(path: Path) -> dict[str, object]:
    try:
        # A pipe of that name, in a folder that others can write, must not be waited for.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | _NONBLOCK)) as stream:
            if not _is_own(os.fstat(stream.fileno())):
                return {}
            content = json.loads(stream.read(MAX_FILE_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _is_own(status: os.stat_result) -> bool:
    """Whether only this user can have written a file: where there is no folder of the user's own it is in /tmp."""
    if not stat.S_ISREG(status.st_mode):
        return False
    return os.name != "posix" or (status.st_uid == os.geteuid() and not status.st_mode & 0o022)


def _runtime_files() -> list[Path]:
    """Return the file, and the one of the session where this program was given a folder of its own below it (Snap)."""
    paths = [runtime_file()]
    if os.name == "posix":
        session = Path(f"/run/user/{os.geteuid()}")
        if session in paths[0].parent.parent.parents:
            paths.append(session / APP / "service.json")
    return paths


def _runtime_folder() -> Path:
    if sys.platform == "win32":
        return _local_app_data() / "Temp"
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


def _local_app_data() -> Path:
    """Return the folder of this user's local data, which the shell knows and the environment nearly always too."""
    given = os.environ.get("LOCALAPPDATA")
    return Path(given) if given else Path.home() / "AppData" / "Local"
