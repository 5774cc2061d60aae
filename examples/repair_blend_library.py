r"""Repair the materials of .blend files with the Blender add-on, without a window; needs the add-on enabled.

Each file is opened, the hole of each of its materials is filled in all maps by one joint decision, and the file is
saved in another folder, its repaired images in a folder of its name beside it. A mask picture is the hole of every
material (white is filled); without one, every material is filled that has a hole of its own, painted or chosen in
Blender:

    blender --background --python examples/repair_blend_library.py -- library/ --mask stain.png --out repaired/

or, to repair the file that is opened, `blender --background library.blend --python … -- --out repaired/`. It ends with
a table of what was done, and with exit code 1 if anything failed or there was nothing to do.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

# isort: split
import addon_utils  # there once bpy is

ADDON = "bl_ext.user_default.svbrdf_inpaint"


@dataclass(frozen=True)
class Row:
    """One line of the table; what went wrong or was left alone says so."""

    file: str
    material: str
    outcome: str
    seconds: float = 0.0
    failed: bool = False


def arguments(words: list[str]) -> argparse.Namespace:
    """Return what was asked for on the command line, behind ``--``."""
    parser = argparse.ArgumentParser("repair_blend_library", description="Repair the materials of .blend files.")
    parser.add_argument("files", nargs="*", type=Path, help=".blend files and folders of them; default: the open file")
    parser.add_argument("--mask", type=Path, help="picture of the hole of every material: white is filled")
    parser.add_argument("--out", type=Path, required=True, help="folder for the repaired .blend files and images")
    parser.add_argument("--materials", default="*", help="only materials whose name is like this, such as 'Wall*'")
    parser.add_argument("--method", default="patch", help="patch, diffusion or auto")
    parser.add_argument("--seed", type=int, default=0, help="another seed, another fill")
    parser.add_argument("--replace", action="store_true", help="change the old images instead of adding new ones")
    return parser.parse_args(words)


def blends(places: Iterable[Path]) -> Iterator[Path]:
    """Yield the .blend files among files and below folders."""
    for place in places:
        if place.is_dir():
            yield from sorted(place.rglob("*.blend"))
        else:
            yield place


def has_images(tree: Any) -> bool:
    """Return whether a node tree, or a group in it, has an image."""
    return tree is not None and any(
        getattr(node, "image", None) is not None or has_images(getattr(node, "node_tree", None)) for node in tree.nodes
    )


def find_materials(choice: argparse.Namespace) -> list[str]:
    """Return the names of the open file's materials that are to be filled."""
    return [
        material.name
        for material in bpy.data.materials
        if fnmatch.fnmatchcase(material.name, choice.materials)
        and has_images(material.node_tree)
        and (choice.mask or material.svbrdf_hole is not None or material.svbrdf.hole != "PAINT")
    ]


def repair_material(name: str, choice: argparse.Namespace, mask: Any, folder: Path) -> str:
    """Fill a material's hole and keep the result, its files in a folder; return what was done.

    Raises:
        RuntimeError: It failed; the sentence says why.
    """
    hole = {"hole": "IMAGE", "hole_image": mask.name} if mask is not None else {}
    mode = "REPLACE" if choice.replace else "BESIDE"
    bpy.ops.svbrdf.inpaint(
        material=name,
        method=choice.method,
        seed=choice.seed,
        variations=1,
        mode=mode,
        keep=True,
        folder=str(folder.resolve()),
        **hole,
    )
    return "filled"


def repair(source: Path, target: Path, choice: argparse.Namespace) -> Iterator[Row]:
    """Repair a file; what could be repaired is saved even if a material of it failed."""
    if target.exists():
        yield Row(source.name, "", f"{target} exists: move it away, or choose another folder.", failed=True)
        return
    bpy.ops.wm.open_mainfile(filepath=str(source), load_ui=False)
    names = find_materials(choice)
    if not names:
        yield Row(source.name, "", "nothing to fill: no material with images has a hole", failed=not choice.mask)
        return
    mask = bpy.data.images.load(str(choice.mask.resolve())) if choice.mask else None
    filled = 0
    for name in names:
        began = time.monotonic()
        try:
            outcome, failed = repair_material(name, choice, mask, target.with_suffix("")), False
            filled += 1
        except RuntimeError as error:
            outcome, failed = sentence(error), True
        yield Row(source.name, name, outcome, time.monotonic() - began, failed)
    if mask is not None:
        for material in bpy.data.materials:
            if material.svbrdf.hole_image == mask:
                material.svbrdf.hole_image = None
        bpy.data.images.remove(mask)
    if filled:
        target.parent.mkdir(parents=True, exist_ok=True)
        bpy.ops.wm.save_as_mainfile(filepath=str(target.resolve()), copy=True, relative_remap=True)


def report_errors(source: Path, target: Path, choice: argparse.Namespace) -> Iterator[Row]:
    """Repair a file; one that can't be read or written is a row of the table."""
    try:
        yield from repair(source, target, choice)
    except (OSError, RuntimeError) as error:
        yield Row(source.name, "", sentence(error), failed=True)


def sentence(error: Exception) -> str:
    """Return what an operator said in its error, in one line."""
    return " ".join(str(error).removeprefix("Error: ").split())


def table(rows: list[Row]) -> str:
    """Return the rows in columns."""
    lines = [("file", "material", "seconds", "outcome")]
    lines += [(row.file, row.material, f"{row.seconds:.1f}", "FAILED: " * row.failed + row.outcome) for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    return "\n".join(
        "  ".join([*(word.ljust(width) for word, width in zip(line, widths, strict=False)), line[3]]) for line in lines
    )


def enable_addon() -> bool:
    """Enable the add-on, unless the user's preferences have done so."""
    if hasattr(bpy.types.Material, "svbrdf"):
        return True
    addon_utils.extensions_refresh()  # what lies in the folder of extensions is known only then
    return addon_utils.enable(ADDON, default_set=True) is not None


def main(words: list[str]) -> int:
    """Repair all and return the exit code."""
    choice = arguments(words)
    if not enable_addon():
        sys.stderr.write("The add-on Inpaint Material is not enabled: install it under Edit > Preferences > Add-ons.\n")
        return 1
    if choice.mask and not choice.mask.is_file():
        sys.stderr.write(f"There is no mask {choice.mask}.\n")
        return 1
    files = list(blends(choice.files)) or ([Path(bpy.data.filepath)] if bpy.data.filepath else [])
    roots = [place for place in choice.files if place.is_dir()]
    rows: list[Row] = []
    for file in files:
        root = next((root for root in roots if file.is_relative_to(root)), file.parent)
        rows += report_errors(file, choice.out / file.relative_to(root), choice)
    sys.stdout.write(table(rows) + "\n")
    failed = sum(row.failed for row in rows)
    done = sum(row.outcome == "filled" for row in rows)
    sys.stdout.write(f"filled: {done}, failed: {failed}, files: {len(files)}\n")
    return 1 if failed or not done else 0


if __name__ == "__main__":
    code = main(sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:])
    addon_utils.disable(ADDON)  # a service that it started ends
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # a tidy exit crashes some versions of bpy, which would hide the code
