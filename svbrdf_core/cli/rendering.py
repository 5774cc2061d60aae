"""The work of ``svbrdf render``: from materials and what is wanted to pictures."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.cli.session import Session
from svbrdf_core.cli.turntable import check_turntable, turning, write_turntable
from svbrdf_core.errors import InputError
from svbrdf_core.material import Material
from svbrdf_core.plain import Json
from svbrdf_core.publishing import check_picture, pictures
from svbrdf_core.tiling import single

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from svbrdf_core.render import Environment

    Rgb = NDArray[np.uint8]

SIDE, BALL = 1024, 512
"""Longest side of a picture, and side of one of a sphere, if none is asked for."""
BAND = 2**22
"""Samples read at once; keeps the float copies of large maps small."""


@dataclass(frozen=True)
class Wish:
    """What ``svbrdf render`` was asked for: see the options of the same names."""

    out: Path | None
    turntable: Path | None
    frames: int
    overwrite: bool
    light: str
    shape: Literal["plane", "sphere", "tiled"]
    size: int | None
    film: bool
    relief: float


def run(materials: Sequence[Material], wish: Wish, session: Session, *, quiet: bool = False) -> Outcome:
    """Draw one material, or two and their difference, and write what was asked for.

    Raises:
        SvbrdfError: anything that the user can put right; nothing was written.
    """
    start = time.perf_counter()
    _check(materials, wish)
    session.tell((f"Warning: {text}" for m in materials for text in m.warnings), quiet=quiet)
    shown = [_Shown(material, wish) for material in materials]
    wanted = {} if wish.out is None else {wish.out: _page(shown)}
    with pictures(wanted, overwrite=wish.overwrite):
        if wish.turntable is not None:
            frames = turning(shown[0].frame, wish.frames, session)
            write_turntable(wish.turntable, frames, overwrite=wish.overwrite)
    files = [path for path in (wish.out, wish.turntable) if path is not None]
    sizes = {path: picture.shape for path, picture in wanted.items()}
    text = [f"{p}: {sizes[p][1]} x {sizes[p][0]}" if p in sizes else f"{p}: {wish.frames} frames" for p in files]
    data: dict[str, Json] = {
        "files": [str(path) for path in files],
        "light": wish.light,
        "shape": wish.shape,
        "seconds": round(time.perf_counter() - start, 3),
    }
    return Outcome(data, () if quiet else tuple(text))


class _Shown:
    """A material, read once at the size it is drawn in."""

    def __init__(self, material: Material, wish: Wish) -> None:
        longer = max(material.height, material.width)
        self.size = wish.size or (BALL if wish.shape == "sphere" else min(longer, SIDE))
        self.name, self.layout, self.wish = material.name, material.layout, wish
        self.light = _light(wish.light)
        self.linear = material.linear()
        self.maps = reduced(material, max(1, longer // (2 * self.size)))

    def frame(self, turn: float = 0.0) -> Rgb:
        from svbrdf_core.render import preview

        wish = self.wish
        return preview(
            self.maps, self.layout, light=self.light, shape=wish.shape, size=self.size, linear=self.linear,
            film=wish.film, relief=wish.relief, turn=turn,
        )  # fmt: skip


def reduced(material: Material, step: int) -> NDArray[np.float32]:
    """Return a material ``(C, H // step, W // step)``, averaged over ``step`` x ``step`` pixels, read in bands."""
    rows, columns = max(material.height // step, 1), max(material.width // step, 1)
    result = np.empty((material.layout.n_channels, rows, columns), np.float32)
    for name in material.maps:
        one = single(material, name)
        count = max(1, BAND // (one.layout.n_channels * columns * step * step))
        for row in range(0, rows, count):
            part = min(count, rows - row)
            band = np.nan_to_num(one.window(row * step, 0, part * step, columns * step))
            blocks = band.reshape(len(band), part, step, columns, step)
            result[material.layout.slice_of(name), row : row + part] = blocks.mean(axis=(2, 4), dtype=np.float32)
    return result


def _check(materials: Sequence[Material], wish: Wish) -> None:
    if importlib.util.find_spec("torch") is None:
        raise InputError("svbrdf render needs torch; install it with: pip install 'svbrdf-inpaint[torch]'.")
    inputs = [p.file.path for m in materials for binding in m.maps.values() for p in binding.places]
    check_picture(wish.out, inputs, overwrite=wish.overwrite)
    check_turntable(wish.turntable, overwrite=wish.overwrite)
    if len(materials) > 1 and materials[0].height * materials[1].width != materials[1].height * materials[0].width:
        first, second = (f"{m.name} ({m.width} x {m.height})" for m in materials)
        raise InputError(f"{first} and {second} have different proportions and cannot be laid over each other.")


def _light(text: str) -> str | Environment:
    """Return the light of a name or of a file.

    Raises:
        InputError: it is neither, or no equirectangular picture.
    """
    import torch

    from svbrdf_core.formats import read_image
    from svbrdf_core.render import LIGHTS, environment, from_srgb

    path = Path(text)
    if text in LIGHTS:
        return text
    if not path.exists():
        raise InputError(f"There is no light {text!r}; choose one of {', '.join(LIGHTS)}, or give an HDR file.")
    raster = read_image(path)
    info = raster.info
    if not 1.8 <= info.width / info.height <= 2.2:
        raise InputError(
            f"{path} is {info.width} x {info.height}; surroundings are twice as wide as high (equirectangular)."
        )
    samples = raster.samples[..., _colours(info.channels)]
    pixels = torch.from_numpy(samples.astype(np.float32) / np.float32(info.full_scale))
    return environment(pixels if info.is_float else from_srgb(pixels), exposed=True)


def _colours(channels: Sequence[str]) -> list[int]:
    """Return which channels of a file are red, green and blue; a grey file is all three."""
    names = [name.split(".")[-1].upper() for name in channels]
    return [names.index(name) for name in "RGB"] if {"R", "G", "B"} <= set(names) else [0, 0, 0]


def _page(shown: Sequence[_Shown]) -> Rgb:
    """Return the picture of one material, or of two and their difference, side by side with words."""
    from svbrdf_core.cli.sidebyside import difference, side_by_side

    drawn = [one.frame() for one in shown]
    if len(drawn) == 1:
        return drawn[0]
    gain, apart = difference(drawn[0], drawn[1])
    words = ("before", "after", f"difference x {gain}")
    return side_by_side(list(zip(words, (*drawn, apart), strict=True)))
