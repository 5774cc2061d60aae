"""Each remark of ``validate`` is made where it is due, and sound sets get none of the serious ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from svbrdf_core.material import Material, validate

N = 64


def good() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    flat = np.broadcast_to(np.array([128, 128, 255], np.uint8), (N, N, 3)).copy()
    return {
        "basecolor": rng.integers(60, 200, (N, N, 3), dtype=np.uint8),
        "normal": flat,
        "roughness": rng.integers(50, 200, (N, N), dtype=np.uint8),
        "height": rng.integers(0, 65536, (N, N), dtype=np.uint16),
    }


def remarks(**changes: Any) -> str:
    return " ".join(f.text for f in validate(Material.from_arrays("m", good() | changes)))


def test_a_sound_set_gets_no_remark() -> None:
    assert remarks() == ""


def nan_height() -> np.ndarray:
    height = np.random.default_rng(0).random((N, N)).astype(np.float32)
    height[3, 3] = np.nan
    return height


@pytest.mark.parametrize(
    ("name", "array", "word"),
    [
        ("normal", np.full((N, N, 3), 230, np.uint8), "unit length"),
        ("roughness", np.full((N, N), 90, np.uint8), "constant"),
        ("roughness", np.linspace(-1, 2, N * N, dtype=np.float32).reshape(N, N), "outside 0 to 1"),
        ("metallic", np.full((N, N), 128, np.uint8), "between 0.2 and 0.8"),
        ("basecolor", np.full((N, N, 3), 5, np.uint8), "darker"),
        ("basecolor", np.full((N, N, 3), 255, np.uint8), "brighter"),
        ("height", np.arange(N * N, dtype=np.uint8).reshape(N, N), "8 bits"),
        ("height", (np.arange(N * N, dtype=np.uint16) % 32 * 2000).reshape(N, N), "only 32"),
        ("height", nan_height(), "NaN"),
    ],
)
def test_a_fault_is_named(name: str, array: np.ndarray, word: str) -> None:
    assert word in remarks(**{name: array})


def test_too_much_energy_is_named() -> None:
    bright = np.full((N, N, 3), 235, np.uint8)
    assert "more than it receives" in remarks(diffuse=bright, specular=bright)


def test_prepared_materials_have_no_warning(dev: Path) -> None:
    for path in (dev / "bark014", dev / "wood_floor051", dev / "onyx003"):
        assert [f for f in validate(Material.load(path)) if f.level == "warning"] == []
