"""The shared materials, where they are at hand, and small folders made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from svbrdf_core import formats

SHARED = Path(__file__).resolve().parents[3] / "shared"

Folder = Callable[..., Path]


@pytest.fixture
def raw() -> Path:
    if not (SHARED / "materials_raw").is_dir():
        pytest.skip("../shared/materials_raw is not at hand")
    return SHARED / "materials_raw"


@pytest.fixture
def dev() -> Path:
    if not (SHARED / "materials").is_dir():
        pytest.skip("../shared/materials is not at hand")
    return SHARED / "materials"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Return a function that writes PNG files of random samples: name to (H, W, C) or an array."""

    def make(**files: Any) -> Path:
        target = tmp_path / "set"
        target.mkdir(exist_ok=True)
        rng = np.random.default_rng(len(files))
        for name, what in files.items():
            array = what if isinstance(what, np.ndarray) else rng.integers(0, 256, what, dtype=np.uint8)
            formats.write_png(target / f"{name}.png", array)
        return target

    return make
