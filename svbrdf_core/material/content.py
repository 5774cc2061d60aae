"""Detection from samples alone: the channel that holds a grey map, a normal map's convention, strips."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.formats import Samples
from svbrdf_core.formats.vocabulary import Convention

_EQUAL = 4 / 255
_CROP = 1024
_BLOCK = 64
_SURE = 0.15
_AGREE = 0.9
_TILTED = 0.1


def grey_channels(samples: Samples, scale: float) -> tuple[int, ...] | None:
    """Return which of the channels ``(H, W, 3)`` hold a one-channel map, or None if that cannot be said.

    All of them if they are equal (within what JPEG chroma blurs); the only one that varies if the others are
    constant, as in a glTF roughness with red and blue at full scale.
    """
    reference = samples[:, :, 0]
    tolerance = _EQUAL * scale
    if all(_largest_gap(samples[:, :, c], reference) <= tolerance for c in range(1, samples.shape[2])):
        return tuple(range(samples.shape[2]))
    varying = [c for c in range(samples.shape[2]) if samples[:, :, c].min() != samples[:, :, c].max()]
    return tuple(varying) if len(varying) == 1 else None


def _largest_gap(a: Samples, b: Samples) -> float:
    # Row blocks keep the widened copies small on an 8K file.
    gaps = [
        np.abs(a[i : i + 256].astype(np.float32) - b[i : i + 256].astype(np.float32)).max()
        for i in range(0, len(a), 256)
    ]
    return float(np.nan_to_num(max(gaps), nan=0.0))


def centre(samples: Samples) -> Samples:
    """Return the middle of ``(H, W, C)`` samples, at most 1024 pixels a side."""
    height, width = samples.shape[:2]
    top, left = max(0, (height - _CROP) // 2), max(0, (width - _CROP) // 2)
    return samples[top : top + _CROP, left : left + _CROP]


def handedness(normals: NDArray[np.float32]) -> Convention | None:
    """Tell which way the green of normals ``(H, W, 3)``, decoded as if OpenGL, points; None if it is not clear.

    Normals of a surface come from one height field, whose mixed derivatives agree. With the green flipped they
    are opposite. The correlation of the two must be clear over the picture and of one sign in 9 of 10 blocks:
    this holds for every map but one of the thirty in our collection, and that one is left undecided.
    """
    slope = np.maximum(normals[..., 2], np.float32(0.2))
    across, down = -normals[..., 0] / slope, normals[..., 1] / slope
    a = across[2:, 1:-1] - across[:-2, 1:-1]
    b = down[1:-1, 2:] - down[1:-1, :-2]
    total = _correlation(a, b)
    if total is None or abs(total) < _SURE:
        return None
    blocks = [
        _correlation(a[y : y + _BLOCK, x : x + _BLOCK], b[y : y + _BLOCK, x : x + _BLOCK])
        for y in range(0, a.shape[0], _BLOCK)
        for x in range(0, a.shape[1], _BLOCK)
    ]
    signs = [np.sign(c) == np.sign(total) for c in blocks if c is not None]
    if np.mean(signs) < _AGREE:
        return None
    return "opengl" if total > 0 else "directx"


def _correlation(a: NDArray[np.floating], b: NDArray[np.floating]) -> float | None:
    size = float(np.sqrt(np.square(a).sum() * np.square(b).sum()))
    return float((a * b).sum()) / size if a.size and size > 1e-6 else None


def looks_like_normals(samples: NDArray[Any], scale: float) -> bool:
    """Whether samples ``(H, W, 3)`` are unit vectors that point out of the surface."""
    vectors = samples.astype(np.float32) / scale * 2 - 1
    length = np.sqrt(np.square(vectors).sum(axis=2))
    return bool(np.mean(np.abs(length - 1) < 0.1) > 0.95 and vectors[..., 2].mean() > 0.4)


def varies(samples: Samples) -> bool:
    """Whether samples of one channel ``(H, W)`` are not all the same."""
    return bool((samples != samples.flat[0]).any())


def vector_channels(
    samples: Samples, channels: tuple[int, ...], alpha: int | None, scale: float
) -> tuple[tuple[int, ...], ...] | None:
    """Return which channels of ``(H, W, C)`` hold x, y and z of normals: for each the channels that hold it.

    Besides x, y, z in three channels there are x and y with a constant third, and DXT5nm: x in the alpha, y in green
    and in those of red and blue that are not constant. None if three equal channels are no normals.

    Args:
        samples: of the file.
        channels: its three colour channels.
        alpha: its alpha channel, None if it has none.
        scale: the stored value that means 1.
    """
    red, green, blue = channels
    plain = ((red,), (green,), (blue,))
    if not varies(samples[:, :, green]):
        return plain
    equal = [c for c in (red, blue) if np.array_equal(samples[:, :, c], samples[:, :, green])]
    constant = [c for c in (red, blue) if not varies(samples[:, :, c])]
    if len(equal) + len(constant) == 2 and alpha is not None and varies(samples[:, :, alpha]):
        return (alpha,), (green, *equal)
    if len(equal) == 2:
        return None
    return plain[:2] if _is_idle(samples, channels, scale) else plain


def _is_idle(samples: Samples, channels: tuple[int, ...], scale: float) -> bool:
    """Whether the third channel stays at one value where the first two are far from flat, but for some damage."""
    blue = samples[:, :, channels[2]]
    xy = samples[:, :, channels[:2]].astype(np.float32) / np.float32(scale) * 2 - 1
    tilted = blue[np.square(xy).sum(axis=2) > _TILTED]
    if not tilted.size:
        return False
    values, counts = np.unique(tilted, return_counts=True)
    usual = values[counts.argmax()]
    return bool(counts.max() > _AGREE * tilted.size and (blue == usual).mean() > _AGREE)


def strip_tiles(samples: Samples, scale: float) -> int | None:
    """Return 4 or 5 if samples are a Deschaintre strip (photo,) normal, diffuse, roughness, specular; else None."""
    height, width = samples.shape[:2]
    tiles = width // height
    if tiles not in (4, 5) or width != tiles * height or samples.shape[2] < 3:
        return None
    first = (tiles - 4) * height
    return tiles if looks_like_normals(samples[:, first : first + height, :3], scale) else None
