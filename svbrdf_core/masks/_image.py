"""Masks from samples: a mask picture, an alpha channel, a colour key, or numbers that are not finite."""

from __future__ import annotations

from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.errors import MaskError
from svbrdf_core.formats import read_image
from svbrdf_core.masks._types import Hole, Mask

OVERSHOOT = 0.01
"""How far a float mask may leave 0..1 (ringing of a resize) before it is refused instead of clipped."""


def read(path: Path | str) -> Mask:
    """Read a mask picture of any format and depth; see :func:`from_image` for the meaning of its channels.

    Raises:
        MaskError: there is no such file, or its values are no mask.
        InputError: the file cannot be read as a picture.
    """
    if not is_file(path):
        raise MaskError(f"There is no mask file {path}; give the path of an existing picture (white = hole).")
    raster = read_image(Path(path))
    return from_image(raster.samples, str(path), full_scale=raster.info.full_scale)


def is_file(path: Path | str) -> bool:
    """Whether a path, or text that may be none, names an existing file."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # longer than a name may be, or no name at all
        return False


def from_image(samples: NDArray[Any], name: str = "the mask", *, full_scale: float | None = None) -> Mask:
    """Turn picture samples into a mask: white is the hole, greys blend.

    Colour counts by its brightest channel, so that a red or yellow blob is as much a hole as a white one. With an
    alpha channel: constant alpha is ignored; if instead the colour is constant (paint on an empty layer), alpha is the
    mask, opaque being the hole; if both vary, colour is multiplied by alpha.

    Args:
        samples: ``(H, W)`` or ``(H, W, 1..4)`` of any type.
        name: what messages call it.
        full_scale: the sample that means 1; None takes the largest value of an integer type, and 1 for floats. Where
            no integer is above 1, they are yes and no, as NumPy writes them, and 1 means 1.

    Raises:
        MaskError: the shape is no picture, or a float value is NaN, infinite or outside 0..1.
    """
    stack = samples[:, :, None] if samples.ndim == 2 else samples
    if stack.ndim != 3 or not 1 <= stack.shape[2] <= 4 or stack.size == 0:
        raise MaskError(f"{name} has the shape {samples.shape}; a mask is a picture of 1 to 4 channels.")
    colours = stack.shape[2] - (stack.shape[2] in (2, 4))
    value = _unit(_brightest(stack[:, :, :colours]), name, full_scale)
    if colours == stack.shape[2]:
        return value
    alpha = stack[:, :, colours]
    if _constant(alpha):
        return value
    opaque = _unit(alpha, name, full_scale)
    return opaque if all(_constant(stack[:, :, i]) for i in range(colours)) else value * opaque


def from_alpha(alpha: NDArray[Any]) -> Mask:
    """Turn the alpha ``(H, W)`` of a colour map into a mask: what was erased (transparent) is the hole."""
    return np.subtract(np.float32(1), _unit(alpha, "the alpha channel"))


def from_nonfinite(tensor: NDArray[Any]) -> Mask:
    """Return the pixels of ``(C, H, W)`` or ``(H, W)`` where any channel is NaN or infinite."""
    bad = ~np.isfinite(tensor)
    hole: Hole = np.any(bad, axis=0) if bad.ndim == 3 else bad
    return hole.astype(np.float32)


def from_key(colour: NDArray[Any], key: tuple[int, int, int], tolerance: float = 0.0) -> Hole:
    """Return where a colour map has the key colour.

    Args:
        colour: ``(1 or 3, H, W)`` in the stored encoding, integers of any depth or floats 0..1.
        key: red, green, blue in 0..255.
        tolerance: the largest difference in any channel, in steps of 1/255; 0 means equal at 8 bits.
    """
    hit = np.ones(colour.shape[1:], bool)
    for channel, target in zip(np.broadcast_to(colour, (3, *colour.shape[1:])), key, strict=True):
        hit &= np.abs(_scale(channel) - np.float32(target / 255)) <= np.float32((tolerance + 0.5) / 255)
    return hit


def _brightest(colour: NDArray[Any]) -> NDArray[Any]:
    # Channel by channel: numpy's maximum over a short last axis is several times slower.
    planes = (colour[:, :, i] for i in range(colour.shape[2]))
    return reduce(np.maximum, planes)


def _constant(channel: NDArray[Any]) -> bool:
    return bool((channel == channel.flat[0]).all())


def _scale(samples: NDArray[Any], full_scale: float | None = None) -> Mask:
    if full_scale is None:
        full_scale = np.iinfo(samples.dtype).max if samples.dtype.kind in "iu" else 1
    scaled: Mask = np.divide(samples, np.float32(full_scale), dtype=np.float32)
    return scaled


def _unit(samples: NDArray[Any], name: str, full_scale: float | None = None) -> Mask:
    if samples.dtype.kind in "iu" and samples.max() == 1:
        full_scale = 1
    value = _scale(samples, full_scale)
    low, high = float(value.min()), float(value.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise MaskError(f"{name} holds NaN or infinite values; save it with values from 0 (known) to 1 (hole).")
    if low < -OVERSHOOT or high > 1 + OVERSHOOT:
        raise MaskError(f"{name} has values from {low:g} to {high:g}; a mask goes from 0 (known) to 1 (hole).")
    return value.clip(0, 1, out=value)
