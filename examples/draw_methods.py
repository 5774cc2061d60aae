"""Draw the comparison in docs/benchmarks.md: what methods make of one hole in three example materials, in low sun.

python -m examples.draw_methods docs/images/methods.jpg
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

import svbrdf_core as sv
from examples.make_pictures import crop_around, shrunk
from svbrdf_core.example import KINDS, ExampleKind, make_example
from svbrdf_core.methods import find
from svbrdf_core.render import preview

METHODS = ("patch", "patch-per-map", "gmic-per-map", "telea")
HEAD = 26


def row(kind: ExampleKind) -> NDArray[np.uint8]:
    """Return the truth, the hole and each method's fill of one material as cells beside each other."""
    made = make_example(kind, 512, 0)
    truth = sv.Material.from_arrays(kind, made.clean)
    window = crop_around(made.mask > 0)
    cells = [draw_window(truth, window), draw_window(truth, window, hole=made.mask[window] > 0)]
    for method in METHODS:
        cells.append(draw_window(sv.inpaint(truth, made.mask, method=method, device="cpu").canvas, window))
    return np.concatenate(cells, 1)


def draw_window(
    material: sv.Material, window: tuple[slice, slice], hole: NDArray[np.bool_] | None = None
) -> NDArray[np.uint8]:
    """Return a window of a material under a low sun; a hole is white."""
    maps = np.ascontiguousarray(material.tensor()[:, *window])
    picture = preview(maps, material.layout, light="sun", size=maps.shape[1])
    return shrunk(picture if hole is None else np.where(hole[..., None], np.uint8(255), picture))


def add_headings(picture: NDArray[np.uint8], words: tuple[str, ...]) -> Image.Image:
    """Return a picture with a word above each of its columns."""
    height, width = picture.shape[:2]
    page = Image.new("RGB", (width, height + HEAD), "white")
    page.paste(Image.fromarray(picture), (0, HEAD))
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(15)
    for column, word in enumerate(words):
        pen.text(((column + 0.5) * width / len(words), HEAD / 2), word, fill="black", font=font, anchor="mm")
    return page


if __name__ == "__main__":
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "out/methods.jpg")
    out.parent.mkdir(parents=True, exist_ok=True)
    words = ("truth", "hole", *(find(name).name for name in METHODS))
    add_headings(np.concatenate([row(kind) for kind in KINDS]), words).save(out, quality=88)
