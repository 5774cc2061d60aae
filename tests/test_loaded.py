"""What commands load: a module that is large, and is not needed, is not imported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from svbrdf_core.example import make_example
from svbrdf_core.material import Material

ROOT = Path(__file__).parents[1]
RUN = """
import json, sys
from svbrdf_core.cli import run
code = run(sys.argv[1:])
print("\\n" + json.dumps([code, sorted(sys.modules)]))
"""
NEVER = {
    "torch", "matplotlib", "cv2", "skimage", "pandas", "fastapi", "starlette", "uvicorn", "httpx", "jinja2", "asyncio",
    "scipy.stats", "scipy.optimize", "scipy.signal", "scipy.interpolate", "scipy.spatial", "scipy.integrate",
    "safetensors", "tifffile", "OpenEXR",
}  # fmt: skip
"""What none of the commands here needs, for a material of PNG files."""
LOADED: dict[str, set[str]] = {
    "--help": NEVER | {"numpy", "scipy", "numba", "PIL", "imagecodecs", "rich.progress"},
    "inpaint --help": NEVER | {"numpy", "scipy", "numba", "PIL", "imagecodecs"},
    "mask --help": NEVER | {"numpy", "scipy", "numba", "PIL", "imagecodecs"},
    "cache ls": NEVER | {"numba", "scipy"},
    "info SET": NEVER | {"numba", "scipy.sparse", "scipy.fft"},
    "inpaint SET --mask rect:20,20,12,12 -o SET/out": NEVER,
}
"""What a command must not load."""


@pytest.fixture(scope="module")
def bricks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a small material."""
    folder = tmp_path_factory.mktemp("loaded") / "bricks"
    Material.from_arrays("bricks", make_example("bricks", 64, 0).clean).save(folder)
    return folder


@pytest.mark.parametrize("command", list(LOADED))
def test_a_command_loads_only_what_it_needs(command: str, bricks: Path) -> None:
    words = command.replace("SET", str(bricks)).split()
    ran = subprocess.run([sys.executable, "-c", RUN, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    code, modules = json.loads(ran.stdout.splitlines()[-1])
    assert code == 0, ran.stderr
    assert not LOADED[command] & set(modules)
