"""A small library of sets, with masks beside it."""

from __future__ import annotations

from pathlib import Path

import imageio.v3 as iio
import numpy as np

SIDE = 48
LARGE = 768
"""Side of maps that take thirty times as long as those of the usual side."""
SETS = ("floors/oak", "floors/tiles", "walls/brick")


def write_set(folder: Path, seed: int, side: int = SIDE, prefix: str = "") -> None:
    """Write maps of noise that go together."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    high = rng.integers(0, 256, (side, side), np.uint8)
    colour = np.stack([high, high // 2, 255 - high], axis=2)
    iio.imwrite(folder / f"{prefix}basecolor.png", colour)
    iio.imwrite(folder / f"{prefix}roughness.png", 255 - high)


def write_mask(path: Path, side: int = SIDE) -> None:
    """Write a square hole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mask = np.zeros((side, side), np.uint8)
    mask[side // 3 : side // 2, side // 3 : side // 2] = 255
    iio.imwrite(path, mask)


def write_library(home: Path, sets: tuple[str, ...] = SETS) -> tuple[Path, Path]:
    """Write sets and a mask for each; return both folders."""
    library, masks = home / "library", home / "masks"
    for number, name in enumerate(sets):
        write_set(library / name, number)
        write_mask(masks / f"{Path(name).name}_mask.png")
    return library, masks


def write_long_library(home: Path, sets: tuple[str, ...], quick: int) -> None:
    """Write sets of which all but the first few take long, so that a batch has more to do when it is stopped."""
    write_library(home, sets)
    for number, name in enumerate(sorted(sets)[quick:]):
        write_set(home / "library" / name, number, LARGE)
        write_mask(home / "masks" / f"{Path(name).name}_mask.png", LARGE)
