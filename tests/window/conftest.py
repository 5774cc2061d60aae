"""A screen that nobody sees, a Debian with its Blender, a service, and a wall with a stain."""

from __future__ import annotations

import os
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from svbrdf_core.example import write_example
from tests.server.running import Running, service, until
from tests.window.window import ROOT, SIZE, Window

SUITES = ("trixie", "sid")
"""Debian's releases, for their Blenders: 4.3.2, and the newest there is."""
SIDE = 512


def roots() -> Path:
    """Return where the Debians are kept, outside the clone since they are costly."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "svbrdf-inpaint"


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pictures go: SVBRDF_SHOTS, to look at them afterwards."""
    kept = os.environ.get("SVBRDF_SHOTS")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def screen() -> Iterator[str]:
    """A screen."""
    for program in ("Xvfb", "xdotool", "import"):
        assert shutil.which(program), f"{program} is missing: apt install xvfb xdotool imagemagick"
    number = next(n for n in range(77, 177) if not Path(f"/tmp/.X{n}-lock").exists())
    command = ["Xvfb", f":{number}", "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24", "-nolisten", "tcp"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(Path(f"/tmp/.X11-unix/X{number}").exists)
        yield f":{number}"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="session", params=SUITES)
def root(request: pytest.FixtureRequest) -> Path:
    """A Debian with its Blender, made if it is not there; where it can't be had the tests skip, loudly."""
    folder = roots() / f"blender-{request.param}"
    command = [str(ROOT / ".ci" / "blender-root"), request.param, str(folder)]
    made = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1500)
    if made.returncode != 0:
        said = f"Debian {request.param} with Blender can't be had here: {(made.stderr or made.stdout).strip()[-400:]}"
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(said, stacklevel=1)
        pytest.skip(said)
    return folder


@pytest.fixture(scope="session")
def helper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service."""
    with service(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture
def window(root: Path, screen: str, helper: Running, shots: Path, tmp_path: Path) -> Iterator[Window]:
    """Blender's window with a wall that has a stain, and the service at hand."""
    write_example(tmp_path / "wall", "bricks", SIDE)
    pictures = shots / root.name
    pictures.mkdir(exist_ok=True)
    one = Window(root.resolve(), tmp_path, screen, helper.runtime_file.parents[1], pictures)
    one.start()
    try:
        one.ask("build", folder="wall/damaged", blend="wall.blend")
        one.ask("preference", pictures=False)
        yield one
    finally:
        one.close()
