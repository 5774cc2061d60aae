"""Materials to be recognised and models to be kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from svbrdf_core.learning.store import Blocks, digest_content, list_blocks, make_key

SIZE = 256
KEY = make_key(steps=600, channels=["diffuse.r", "height"], device="cpu")


def picture(seed: int = 0) -> NDArray[np.float32]:
    """Return a picture of two channels."""
    return np.random.default_rng(seed).random((2, SIZE, SIZE), np.float32)


def known(top: int = 100, left: int = 100, side: int = 40) -> NDArray[np.bool_]:
    """Return where a picture with a square hole is known."""
    out = np.ones((SIZE, SIZE), bool)
    out[top : top + side, left : left + side] = False
    return out


@dataclass(frozen=True)
class Met:
    """A material as the cache is asked for it."""

    content: str
    blocks: Blocks


def met(tensor: NDArray[np.float32], where: NDArray[np.bool_]) -> Met:
    return Met(digest_content(tensor, where), list_blocks(tensor, where, 0, 0, (SIZE, SIZE)))


def model(seed: int = 0, numbers: int = 5000) -> bytes:
    """Return the bytes of a safetensors file."""
    weights = np.random.default_rng(seed).random(numbers, np.float32)
    return save({"weight": weights, "bias": weights[:7]}, {"format": "test"})
