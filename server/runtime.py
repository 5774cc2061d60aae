"""The runtime file, by which programs of the same user find a running service."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import tempfile
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

from .private import Foreign, make_private

APP = "svbrdf-inpaint"
_NONBLOCK: int = getattr(os, "O_NONBLOCK", 0)


@dataclass(frozen=True)
class Running:
    """How a service is reached.

    Attributes:
        url: with its port.
        token: what every request must bring.
        process: number of its process.
        data: its data folder.
        begin: when the process began, in the system's own words; empty where it does not tell.
    """

    url: str
    token: str
    process: int
    data: str
    begin: str


def path() -> Path:
    """Return the file that says where the service is."""
    with warnings.catch_warnings():  # that there is no folder for this is nothing its user must hear of each time
        warnings.simplefilter("ignore")
        return Path(platformdirs.user_runtime_path(APP, appauthor=False)) / "service.json"


def default_data() -> Path:
    """Return the data folder of a service that is given none."""
    return Path(platformdirs.user_data_path(APP, appauthor=False)) / "service"


def read() -> Running | None:
    """Return what the file says, whether or not that service still runs; None if there is none of this user."""
    try:
        # A pipe of that name, in a folder that others can write, must not be waited for.
        with open(path(), encoding="utf-8", opener=lambda name, flags: os.open(name, flags | _NONBLOCK)) as stream:
            if not _is_ours(os.fstat(stream.fileno())):
                return None
            found = json.load(stream)
        text, process = {key: str(found[key]) for key in ("url", "token", "data", "begin")}, int(found["process"])
        return Running(text["url"], text["token"], process, text["data"], text["begin"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def begin_of(process: int) -> str:
    """Return when a process began, by which it is told from a later one of the same number (Linux; else empty)."""
    try:
        stat_line = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
    return f"{boot} {stat_line.rpartition(')')[2].split()[19]}"


def still_runs(running: Running) -> bool:
    """Whether the process that wrote the file is still there, as far as the system tells."""
    if os.name != "posix":  # there, to ask is to end it
        return True
    try:
        os.kill(running.process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # another user's: ours is gone, and its number given away
        return False
    return running.process > 0 and begin_of(running.process) == running.begin


def write(running: Running) -> None:
    """Write the file, readable by its owner alone from the first moment on.

    Raises:
        Foreign: its folder is another user's, or cannot be written; the message is a sentence.
    """
    target = path()
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        make_private(target.parent)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".service-")  # made with mode 0600
    except (Foreign, OSError) as error:
        raise Foreign(
            f"{target.parent} is not this user's own or cannot be written, so it is passed over: your programs do not "
            "find this service by themselves. Set XDG_RUNTIME_DIR to a folder of yours."
        ) from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(asdict(running), stream)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _is_ours(status: os.stat_result) -> bool:
    """Whether only this user can have written a file: where there is no folder of the user's own it is in /tmp."""
    if not stat.S_ISREG(status.st_mode):
        return False
    return os.name != "posix" or (status.st_uid == os.geteuid() and not status.st_mode & 0o022)


def remove(process: int) -> None:
    """Remove the file, if it speaks of that process."""
    found = read()
    if found is not None and found.process == process:
        with contextlib.suppress(OSError):
            path().unlink()
