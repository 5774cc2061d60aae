"""Maps of a material and their images in; what a service is told of the files out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph import Use, numeric, roles
from ..images.reading import samples

ALIKE = 4 / 255
"""How far the channels of a grey image may lie apart: what JPEG does to them."""
FEW, BLOCK = 61, 1 << 16


def asked(uses: Iterable[Use], images: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    """Return by map its file at the service, and the channels where it is not the whole file.

    Args:
        uses: the maps that are to be filled.
        images: of Blender, by key.
        names: their files' names at the service, by key.
    """
    uses = tuple(uses)
    numbers = {use.image for use in uses if numeric(use)}
    alphas = {use.image for use in uses if use.channels == "A"}
    grey, opaque = set(), set()
    for key in numbers | alphas:
        held = samples(images[key])  # one image at a time: a large one takes a quarter of a gigabyte
        pixels = held.reshape(-1, held.shape[2])
        if key in numbers and grey_pixels(pixels):
            grey.add(key)
        if key in alphas and (pixels.shape[1] < 4 or all(bool((own[:, 3] == 1).all()) for own in _blocks(pixels))):
            opaque.add(key)
    return roles(uses, names, grey=grey, opaque=opaque)


def grey_pixels(pixels: NDArray[np.float32]) -> bool:
    """Whether the colours of pixels ``(N, C)`` are alike; a few are looked at first, which tell most images."""
    if pixels.shape[1] < 3:
        return True
    return all(
        float(np.abs(some[:, 0] - some[:, channel]).max()) <= ALIKE
        for some in (pixels[::FEW], *_blocks(pixels))
        for channel in (1, 2)
    )


def _blocks(pixels: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """Yield pixels in parts that fit a processor's cache."""
    return (pixels[at : at + BLOCK] for at in range(0, len(pixels), BLOCK))
