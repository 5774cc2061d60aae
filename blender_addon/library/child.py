"""The script that the Blender in the background runs: enables the add-on there, and has it repair what it is told.

What to do comes as one line of JSON on standard input, which is then held open: when its other end is gone this ends.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
from typing import Any

import bpy

# isort: split
import addon_utils  # there once bpy is


def read_request() -> dict[str, Any]:
    """Return the line."""
    line = bytearray()
    while not line.endswith(b"\n"):
        more = os.read(0, 65536)
        if not more:
            os._exit(1)
        line += more
    return dict(json.loads(line))


def enable(package: str, repository: dict[str, str] | None) -> None:
    """Enable the add-on as the user's Blender has it installed."""
    if repository is not None and not any(
        one.module == repository["module"] for one in bpy.context.preferences.extensions.repos
    ):
        bpy.context.preferences.extensions.repos.new(
            name=repository["module"], module=repository["module"], custom_directory=repository["folder"]
        )
    addon_utils.extensions_refresh()
    if addon_utils.enable(package, default_set=True) is None:
        raise RuntimeError(f"the add-on {package} could not be enabled")


def end_with_parent(give_up: Any) -> None:
    """End as soon as the other end of standard input is gone; a job that runs then is cancelled."""

    def wait() -> None:
        while os.read(0, 1):
            pass
        give_up()
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def main() -> None:
    """Do what the line says."""
    request = read_request()
    enable(request["package"], request["repository"])
    repairing = importlib.import_module(request["package"] + ".session.repairing")
    end_with_parent(repairing.give_up)
    repairing.repair_files(request)
    addon_utils.disable(request["package"])  # a service that it started ends


if __name__ == "__main__":
    try:
        main()
        code = 0
    except Exception as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # a tidy exit crashes some versions of bpy, which would hide the code
