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
    """

    url: str
    token: str
    process: int
    data: str


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
        return Running(str(found["url"]), str(found["token"]), int(found["process"]), str(found["data"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(running: Running) -> None:
    """Write the file, readable by its owner alone from the first moment on."""
    target = path()
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".service-")  # made with mode 0600
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
