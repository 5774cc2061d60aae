"""A wish in, a Blender in the background that draws it out."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import bpy
from bpy.app.translations import pgettext_iface as _

from ..client import UserError, arrays
from ..images.kinds import in_memory
from ..images.reading import array
from ..material.places import places
from .running import Running
from .wish import Wish

SCRIPT = Path(__file__).parent / "inside" / "main.py"


def start(context: bpy.types.Context, wish: Wish, folder: Path) -> Running:
    """Write a copy of what is drawn to a new folder below ``folder`` and start a Blender that draws it.

    Nothing in the user's file changes. The copy is written at once (a moment for large scenes); the drawing is done in
    a process of its own.

    Args:
        context: whose scene is drawn, and whose engine is taken.
        wish: what to draw.
        folder: an existing folder that may be written to.

    Raises:
        UserError: something that is needed is missing, or the folder cannot be written to.
    """
    material = bpy.data.materials.get(wish.material)
    if material is None or material.node_tree is None:
        sentence = _('There is no material "{name}" with nodes; choose another one.')
        raise UserError("draw", sentence.format(name=wish.material))
    blocks: set[bpy.types.ID] = {material, *replaced(wish)}
    if wish.object is not None:
        check_scene(context.scene, wish)
        blocks.add(context.scene)
    try:
        own = Path(tempfile.mkdtemp(prefix="preview-", dir=folder))
        bpy.data.libraries.write(str(own / "copy.blend"), blocks, path_remap="ABSOLUTE", fake_user=True)
        its = {place.node.image for place in places(material)} - {None}
        arrays = frozen(bpy.data.images if wish.object is not None else its.union(replaced(wish)), own)
        shown = [bpy.data.images[name] for name in wish.before] or its
        shape = max((tuple(image.size) for image in shown if all(image.size)), default=(1, 1))
        request = asked(context.scene, wish) | {"arrays": arrays, "shape": shape}
        (own / "request.json").write_text(json.dumps(request), "utf-8")
    except (OSError, RuntimeError) as error:
        sentence = _("The preview needs a folder to write to ({reason}); see Temporary Files in the preferences.")
        raise UserError("draw", sentence.format(reason=error)) from error
    return Running(command(bpy.app.binary_path), own, again=with_cycles)


def asked(scene: bpy.types.Scene, wish: Wish) -> dict[str, object]:
    """Return the request that the child reads."""
    fields = asdict(wish)
    fields["scene"] = scene.name
    fields["before"] = dict(wish.before)
    fields["engine"] = scene.render.engine if wish.engine == "SCENE" else wish.engine
    fields["denoise"] = wish.object is not None if wish.denoise is None else wish.denoise
    return fields


def check_scene(scene: bpy.types.Scene, wish: Wish) -> None:
    """Refuse an object that is not drawn, and a view through a camera that is not there."""
    if wish.object not in scene.objects:
        sentence = _('The object "{name}" is not in this scene; choose another one, or the preview plane.')
        raise UserError("draw", sentence.format(name=wish.object))
    if wish.view == "CAMERA" and scene.camera is None:
        raise UserError(
            "draw", "The scene has no camera; add one, or preview from the 3D view or on the preview plane."
        )


def replaced(wish: Wish) -> Iterator[bpy.types.Image]:
    """Yield the images that are exchanged, old and new."""
    for names in wish.before.items():
        for name in names:
            image = bpy.data.images.get(name)
            if image is None:
                raise UserError("draw", _('The image "{name}" is gone; fill the hole again.').format(name=name))
            yield image


def frozen(images: Iterable[bpy.types.Image], folder: Path) -> dict[str, str]:
    """Write the samples of images that a copy of their datablocks would not show; return their files' names."""
    files: dict[str, str] = {}
    for image in images:
        if image.library is None and in_memory(image) and all(image.size):
            files[image.name] = f"{len(files)}.npy"
            (folder / files[image.name]).write_bytes(arrays.encode_npy(array(image)))
    return files


def command(binary: str) -> list[str]:
    """Return how a plain Blender of this very version is started that draws: no add-ons, no start-up, no network."""
    if not binary:  # Blender as a Python module
        return [sys.executable, "-P", str(SCRIPT), "--"]
    options = ["--background", "--factory-startup", "--offline-mode", "-noaudio", "--python-exit-code", "1"]
    return [binary, *options, "--python", str(SCRIPT), "--"]


def with_cycles(folder: Path) -> str | None:
    """Change a request for EEVEE, which needs a graphics card, to one for Cycles."""
    path = folder / "request.json"
    request = json.loads(path.read_text("utf-8"))
    if "EEVEE" not in request["engine"]:
        return None
    path.write_text(json.dumps(request | {"engine": "CYCLES"}), "utf-8")
    return "EEVEE could not be started in the background: drawn with Cycles."
