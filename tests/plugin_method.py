"""A method of another package, with settings of its own and a file that decides the fill; the same on every surface.

Only the standard library is imported here, for Blender's Python has no more.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

NAME = "flat-tone"
TITLE = "one value from a file"

MODULE = """
from dataclasses import dataclass, field

import numpy as np

from svbrdf_core.codec import InputFile, option
from svbrdf_core.errors import InputError
from svbrdf_core.methods import FillResult, InpaintProblem, Method
from svbrdf_core.run import Run


@dataclass(frozen=True)
class Tone:
    gain: float = option(1.0, "What the value is multiplied by.", ge=0, le=2)


@dataclass(frozen=True)
class Settings:
    tone: Tone = field(default_factory=Tone)
    coats: int = option(1, "What the value is divided by.", ge=1, le=9)
    model: InputFile | None = option(None, "A text file with the value.")


def read_value(settings: Settings) -> float:
    if settings.model is None:
        return 1.0
    try:
        return float(settings.model.path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(f"{settings.model.path.name} holds no number.") from None


def fill(problem: InpaintProblem, settings: Settings, run: Run) -> FillResult:
    tensor = problem.tensor.copy()
    tensor[:, problem.hole] = np.float32(read_value(settings) * settings.tone.gain / settings.coats)
    return FillResult(tensor)


METHOD = Method(
    "flat-tone", "one value from a file", fill, Settings, check_files=read_value,
    presets={"thin": Settings(tone=Tone(gain=0.25))},
)
"""
PROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "flat-tone"
version = "1.0"

[project.entry-points."svbrdf_core.methods"]
flat-tone = "flat_tone:METHOD"

[tool.setuptools]
py-modules = ["flat_tone"]
"""

COATS, GAIN, MODEL = 2, 0.5, "0.8\n"
"""Two settings, of the method and of its inner class, and the content of its file; none is as by default."""
BYTE = 51
"""What they fill a map of 8 bits with: 255 * 0.8 * 0.5 / 2."""


def install(folder: Path, python: str = sys.executable) -> Path:
    """Have pip install the package, and return the folder for PYTHONPATH that it is in."""
    source, site = folder / "flat-tone", folder / "site"
    source.mkdir(parents=True)
    (source / "flat_tone.py").write_text(MODULE, encoding="utf-8")
    (source / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    options = ("--quiet", "--no-build-isolation", "--no-deps", "--target", str(site))
    command = [python, "-m", "pip", "install", *options, str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return site


def variables(site: Path) -> dict[str, str]:
    """Return the variables with which a process finds the package besides what it finds anyway."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))}


def write_model(folder: Path) -> Path:
    """Write the file that decides the fill, under a name that is easily lost on the way."""
    path = folder / "ein Ton (naß).txt"
    path.write_text(MODEL, encoding="utf-8")
    return path


def settings_json(model: dict[str, str]) -> dict[str, object]:
    """Return the settings as JSON, with what stands for the file."""
    return {"tone": {"gain": GAIN}, "coats": COATS, "model": model}


def script_settings(model: Path) -> str:
    """Return the settings as a script gives them to Blender's operator."""
    return json.dumps(settings_json({"file": str(model)}))
