"""Names that several of these tests need."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NAME = "bl_ext.user_default.svbrdf_inpaint"
"""What the add-on is called inside Blender once it is installed."""


def part(name: str) -> Any:
    """A module of the add-on as Blender has loaded it."""
    return importlib.import_module(f"{NAME}.{name}")
