"""Draw the pictures of README.md and docs/cli.md: materials before and after, and where pixels were copied from.

python -m examples.make_pictures docs/images
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import svbrdf_core as sv
from svbrdf_core.example import KINDS, ExampleKind, make_example

CELL = 220
SHOWN = ("diffuse", "basecolor", "normal", "roughness", "height")


def picture(kind: ExampleKind) -> Image.Image:
    """Return rows of damaged and repaired maps, cut to the surroundings of the hole, and the source map."""
    made = make_example(kind, 512, 0)
    material = sv.Material.from_arrays(kind, made.damaged)
    fill = sv.inpaint(material, made.mask, tileable=True, device="cpu")
    window = crop_around(made.mask > 0)
    names = [name for name in SHOWN if name in material.layout.names]
    rows = [[cell(m, name, window) for name in names] for m in (material, fill.canvas)]
    blank = np.where(made.mask[window] > 0, 255, 40).astype(np.uint8)
    rows[0].append(shrunk(np.repeat(blank[..., None], 3, 2)))
    assert fill.sources is not None  # the patch method always says
    rows[1].append(shrunk(fill.sources.draw(material.height, material.width)[window]))
    return Image.fromarray(np.concatenate([np.concatenate(row, 1) for row in rows]))


def crop_around(hole: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return a square window with the hole in its middle third."""
    ys, xs = np.nonzero(hole)
    side = min(hole.shape[0], int(1.8 * max(np.ptp(ys), np.ptp(xs))))
    top, left = (int(np.clip((v.min() + v.max() - side) // 2, 0, hole.shape[0] - side)) for v in (ys, xs))
    return slice(top, top + side), slice(left, left + side)


def cell(material: sv.Material, name: str, window: tuple[slice, slice]) -> NDArray[np.uint8]:
    """Return one map of a material as an RGB cell."""
    values = material.tensor()[material.layout.slice_of(name)]
    stored = values * 0.5 + 0.5 if name == "normal" else values
    colour = np.broadcast_to(stored, (3, *values.shape[1:])).transpose(1, 2, 0)[window]
    return shrunk(np.rint(255 * np.clip(colour, 0, 1)).astype(np.uint8))


def shrunk(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture at the size of a cell."""
    return np.asarray(Image.fromarray(values).resize((CELL, CELL), Image.Resampling.LANCZOS))


if __name__ == "__main__":
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "out")
    out.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        picture(kind).save(out / f"{kind}.jpg", quality=88)
