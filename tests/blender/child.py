"""A Blender of its own for a test, which can be killed: a script in, what it said out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from tests.blender.helper import NAME, ROOT

BEGIN = f"""
import os, sys, json
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
import bpy, addon_utils
def say(**words): print("SAID" + json.dumps(words), flush=True)
bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
from tests.blender.helper import part
from tests.blender.walls import *
"""
END = """
import atexit
atexit._run_exitfuncs()
sys.stdout.flush()
sys.stderr.flush()
os._exit(0)
"""
"""What Blender does when it quits; as a Python module some versions of it crash or hang at the interpreter's end."""
ENABLE = f"""
addon_utils.extensions_refresh()
assert addon_utils.enable({NAME!r}, default_set=True) is not None
"""


def link_addon(home: Path) -> Path:
    """Return a folder for Blender's user in which the add-on is installed as it lies here."""
    folder = home / "extensions" / "user_default"
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "svbrdf_inpaint"
    if not link.exists():
        link.symlink_to(ROOT / "blender_addon", target_is_directory=True)
    return home


def blender(home: Path, script: str, *, install: bool = True, **environment: str) -> subprocess.Popen[str]:
    """Start a Blender that runs a script; ``say(name=value)`` in it tells this test something."""
    begin = BEGIN + (ENABLE if install else "")
    return subprocess.Popen(
        [sys.executable, "-c", begin + textwrap.dedent(script) + END],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
        env=os.environ | {"BLENDER_USER_RESOURCES": str(home), "PYTHONUTF8": "1"} | environment,
    )  # fmt: skip


def hear(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return the next thing that a script says."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("SAID"):
            return dict(json.loads(line[4:]))
    raise AssertionError("".join(lines))


def wait_for_end(process: subprocess.Popen[str], seconds: float = 240.0) -> str:
    """Return the rest of what a Blender said, which ends as it should."""
    said, _ = process.communicate(timeout=seconds)
    assert process.returncode == 0, said
    return said
