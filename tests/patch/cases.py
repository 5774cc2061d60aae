"""Small textures, holes and levels that the tests of the patch engine share."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from svbrdf_core.patch.level import Level, build_level
from svbrdf_core.patch.objective import Bias
from svbrdf_core.patch.types import Bools, Floats, Ints
from svbrdf_core.tensors.layout import ChannelLayout
from svbrdf_core.tensors.pyramid import Plane

LAYOUTS = {
    1: ChannelLayout(("height",), (1,)),
    4: ChannelLayout(("basecolor", "roughness"), (3, 1)),
    7: ChannelLayout(("basecolor", "normal", "height"), (3, 3, 1)),
    16: ChannelLayout(
        ("basecolor", "normal", "specular", "emission", "roughness", "metallic", "height", "ao"),
        (3, 3, 3, 3, 1, 1, 1, 1),
    ),
}
"""By number of channels."""


def texture(channels: int, height: int, width: int, seed: int = 0, blur: float = 1.0) -> Floats:
    """Make a stochastic texture ``(C, H, W)`` that wraps, all values different."""
    noise = np.random.default_rng(seed).standard_normal((channels, height, width))
    smooth = ndimage.gaussian_filter(noise, (0, blur, blur), mode="wrap")
    return np.asarray(0.5 + 0.2 * smooth / smooth.std(), np.float32)


def weave(channels: int, height: int, width: int, period: tuple[int, int] = (6, 8)) -> Floats:
    """Make a texture ``(C, H, W)`` that repeats exactly, no two pixels of a period alike."""
    tile = np.random.default_rng(3).random((channels, *period)).astype(np.float32)
    repeats = (1, -(-height // period[0]), -(-width // period[1]))
    return np.tile(tile, repeats)[:, :height, :width].copy()


def box(height: int, width: int, top: int, left: int, tall: int, wide: int) -> Floats:
    """Make a mask with one rectangle, cut off at the border."""
    mask = np.zeros((height, width), np.float32)
    mask[max(top, 0) : top + tall, max(left, 0) : left + wide] = 1
    return mask


def level(
    channels: int,
    wrap: tuple[bool, bool] = (False, False),
    *,
    copies: int = 0,
    hole: Bools | None = None,
    seed: int = 0,
) -> Level:
    """Make a level of 30 x 26 pixels with ``copies`` turned copies of it as further sources; the hole holds noise."""
    image = np.ascontiguousarray(texture(channels, 30, 26, seed).transpose(1, 2, 0))
    if hole is None:
        hole = box(30, 26, 9, 8, 7, 9) > 0
        hole |= box(30, 26, -2, 18, 4, 3) > 0
    planes = [Plane(image, ~hole, np.ones_like(hole))]
    for turn in range(1, copies + 1):
        planes.append(turned(planes[0], turn))
    return build_level(planes[0], planes, wrap)


def turned(plane: Plane, quarters: int) -> Plane:
    """Orientation a plane counter-clockwise; what its channels mean does not matter here."""
    image, known, allowed = (np.rot90(array, quarters) for array in (plane.image, plane.known, plane.allowed))
    return Plane(np.array(image, np.float32), np.array(known, np.bool_), np.array(allowed, np.bool_))


def random_sources(level: Level, seed: int = 0) -> tuple[Ints, Ints]:
    """Draw a valid source for every pixel: rows and columns ``(H, W)``."""
    picked = np.random.default_rng(seed).integers(len(level.source_ys), size=level.shape)
    return level.source_ys[picked], level.source_xs[picked]


def patch_at(image: Floats, channels: int, y: int, x: int) -> Floats:
    """Cut the patch ``(7, 7, C)`` centred on unpadded pixel ``(y, x)`` from a padded flat image."""
    return image.reshape(image.shape[0], -1, channels)[y : y + 7, x : x + 7]


def random_bias(level: Level, seed: int = 0) -> Bias:
    """Draw a weight and a price for every source, of the size of distances; most prices are 0."""
    rng, count = np.random.default_rng(seed), len(level.source_ys)
    price = rng.random(count) * level.channels * (rng.random(count) < 0.4)
    return Bias.of(level, np.exp(rng.normal(0, 0.7, count)).astype(np.float32), price.astype(np.float32))
