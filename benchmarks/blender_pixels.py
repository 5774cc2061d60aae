"""Benchmark of the add-on's image access: five images of 4096 x 4096, out of Blender and back.

Run by a Python that has bpy: ``python benchmarks/blender_pixels.py [--size 4096] [--images 5] [--json FILE]``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("BLENDER_USER_RESOURCES", tempfile.mkdtemp(prefix="svbrdf-blender-"))

import bpy

# isort: split
import numpy as np
from numpy.typing import NDArray

from blender_addon.client import arrays
from blender_addon.images.making import make_image
from blender_addon.images.reading import make_source, read_array

ENDINGS = {".png"}
LIMIT = 10.0
"""Seconds for five images of 4096 x 4096, in and out, on two cores."""


def picture(size: int, seed: int) -> NDArray[np.uint8]:
    """Return a picture that compresses about as a photograph of a wall does."""
    y, x = np.mgrid[:size, :size].astype(np.float32)
    waves = (np.sin(x / 37 + seed) + np.cos(y / 91), np.sin(x / 17 + y / 50), np.cos(y / 23 + seed), y * 0)
    found = 120 + 45 * np.stack(waves, -1) + np.random.default_rng(seed).normal(0, 6, (size, size, 4))
    found[..., 3] = 255
    return found.clip(0, 255).astype(np.uint8)


def time_call(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    return work(), time.perf_counter() - start


def paint_image(size: int, seed: int) -> Any:
    """Return an image that only Blender's memory holds."""
    image = bpy.data.images.new(f"map {seed}", size, size, alpha=True)
    image.pixels.foreach_set((picture(size, seed)[::-1].astype(np.float32) / 255).ravel())
    image.update()
    return image


def on_disk(size: int, seed: int, folder: Path) -> Any:
    path = folder / f"map {seed}.png"
    path.write_bytes(arrays.encode_png(picture(size, seed)))
    return bpy.data.images.load(str(path))


def measure_round_trip(images: list[Any]) -> dict[str, float]:
    """Return seconds of each step; `shown` is Blender's own reading of the new image when it is looked at first."""
    seconds = dict.fromkeys(("out", "in", "shown"), 0.0)
    for image in images:
        sent, taken = time_call(partial(make_source, image, "0", ENDINGS))
        seconds["out"] += taken
        data = sent.data.read_bytes() if isinstance(sent.data, Path) else sent.data
        new, taken = time_call(partial(make_image, image, data, ".png"))
        seconds["in"] += taken
        after, taken = time_call(partial(read_array, new))
        seconds["shown"] += taken
        if (after != read_array(image)).any():
            raise SystemExit("samples were changed")
        bpy.data.images.remove(new)
    return seconds | {"out and in": seconds["out"] + seconds["in"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=4096)
    parser.add_argument("--images", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kinds = {
            "in memory, as arrays": [paint_image(options.size, seed) for seed in range(options.images)],
            "on disk, as files": [on_disk(options.size, seed, Path(folder)) for seed in range(options.images)],
        }
        found = {name: measure_round_trip(images) for name, images in kinds.items()}
    print(f"Blender {bpy.app.version_string}, {os.cpu_count()} cores, {options.images} images of {options.size}²")
    columns = ("out", "in", "out and in", "shown")
    print("".join([f"{'seconds':24}", *(f"{column:>12}" for column in columns)]))
    for name, seconds in found.items():
        print("".join([f"{name:24}", *(f"{seconds[column]:12.2f}" for column in columns)]))
    if options.json:
        about = {
            "blender": bpy.app.version_string,
            "cores": os.cpu_count(),
            "size": options.size,
            "images": options.images,
        }
        options.json.write_text(json.dumps({**about, "limit": LIMIT, "seconds": found}, indent=1) + "\n")
    sys.stdout.flush()
    os._exit(0)  # some versions of bpy hang at the interpreter's end


if __name__ == "__main__":
    main()
