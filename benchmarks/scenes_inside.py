"""One scene in Blender: its materials found, a small hole of each filled, and every image compared.

Run by `benchmarks.scenes` in a Python that has ``bpy``; prints a line of JSON for each material.
"""

import importlib
import json
import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

# isort: split
import addon_utils  # which bpy brings along
import numpy as np

ADDON = "bl_ext.user_default.svbrdf_inpaint"
BOX = (0.4, 0.4, 0.55, 0.55)
"""The hole: left, bottom, right and top in parts of the image."""
RIM = 2
"""Pixels of the smallest map round the hole that a fill may change: the hole grows by what smaller maps smear."""


def say(outcome: str, material: str = "", said: str = "") -> None:
    """Print a row."""
    row = {"outcome": outcome, "material": material, "said": " ".join(said.split())[:400]}
    print("\nROW" + json.dumps(row), flush=True)  # some importer may have left its line open


def part(name: str) -> Any:
    """Return a module of the add-on."""
    return importlib.import_module(f"{ADDON}.{name}")


def open_scene(path: Path) -> None:
    """Open a scene as its user does.

    Raises:
        RuntimeError: Blender cannot.
    """
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    if path.suffix.lower() == ".blend":
        bpy.ops.wm.open_mainfile(filepath=str(path), load_ui=False, use_scripts=False)
    else:
        addon_utils.enable("io_scene_gltf2")
        bpy.ops.import_scene.gltf(filepath=str(path))
        if not bpy.data.objects:  # its importer says FINISHED of a file that it cannot read
            raise RuntimeError("Blender's importer gives up on it.")


def used_images(tree: Any) -> Iterator[Any]:
    """Yield the images of a node tree, and of groups in it, whose textures are linked to something."""
    for node in tree.nodes if tree is not None else ():
        if getattr(node, "node_tree", None) is not None:
            yield from used_images(node.node_tree)
        elif getattr(node, "image", None) is not None and any(output.is_linked for output in node.outputs):
            yield node.image


def samples_of(image: Any) -> Any:
    """Return an image's samples ``(H, W, C)``, bottom row first."""
    flat = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(flat)
    return flat.reshape(image.size[1], image.size[0], -1)


def outside_of(samples: Any, smallest: int) -> Any:
    """Return the samples outside the hole, with the rim that a fill may change left out."""
    height, width = samples.shape[:2]
    rim = RIM * math.ceil(max(height, width) / smallest)
    left, bottom, right, top = (part * size for part, size in zip(BOX, (width, height) * 2, strict=True))
    kept = np.ones((height, width), np.bool_)
    kept[max(0, int(bottom) - rim) : math.ceil(top) + rim, max(0, int(left) - rim) : math.ceil(right) + rim] = False
    return samples[kept]


def try_material(material: Any) -> tuple[str, str]:
    """Return how a material ended, and what was said."""
    images = {image.name_full: image for image in used_images(material.node_tree)}
    if not images:
        return "no images", ""
    selection = part("session.selection").select(material, anew=True)
    reasons = [*(row.reason for row in selection.rows if row.reason), *(left.reason for left in selection.left)]
    named = {name for left in selection.left for name in left.images} | {row.use.image for row in selection.rows}
    silent = [name for name, image in images.items() if name not in named and not any(image.name in r for r in reasons)]
    if silent:
        return "silent", ", ".join(silent)
    if not selection.chosen:
        return ("left", " ".join(reasons)) if reasons else ("silent", "nothing is said")
    before = {row.use.image: samples_of(row.image) for row in selection.chosen}
    places = {row.use.image: row.use.texture for row in selection.chosen}
    try:
        bpy.ops.svbrdf.inpaint(material=material.name, box=BOX, seed=0, variations=1, method="patch")
    except RuntimeError as error:
        return "refused", str(error).removeprefix("Error: ")
    node_at, smallest = part("material.nodes").node_at, min(max(one.shape[:2]) for one in before.values())
    for name, old in before.items():
        new = samples_of(node_at(material, places[name]).image)
        before_out, after_out = outside_of(old, smallest), outside_of(new, smallest)
        if old.shape != new.shape or not np.array_equal(before_out, after_out, equal_nan=True):
            return "changed", name
    remarks = part("session.state").state.fills[0].remarks
    return "filled", " ".join([f"{len(before)} images.", *reasons, *remarks])


def main(path: Path) -> None:
    """Try all materials of a scene."""
    addon_utils.extensions_refresh()
    if addon_utils.enable(ADDON, default_set=True) is None:
        raise SystemExit("The add-on could not be enabled.")
    try:
        open_scene(path)
    except RuntimeError as error:
        say("not opened", "", str(error).removeprefix("Error: "))
        return
    for name in [one.name for one in bpy.data.materials if one.library is None and not one.is_grease_pencil]:
        outcome, said = try_material(bpy.data.materials[name])
        say(outcome, name, said)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    say("end")
    os._exit(0)  # some versions of bpy hang at the interpreter's end after an extension was enabled
