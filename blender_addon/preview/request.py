"""Previews to draw: the request, the user's 3D view as numbers, and the start of the Blender that draws it."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as _

from ..client import UserError, arrays
from ..graph import IDENTITY, Matrix
from ..images.reading import is_in_memory, read_array
from ..material.nodes import image_nodes
from .process import PreviewProcess

SCRIPT = Path(__file__).with_name("child.py")


@dataclass(frozen=True)
class View:
    """How a 3D view looks at the scene, as plain numbers.

    Attributes:
        matrix: where the eye stands, 4 x 4 from eye to world, row by row.
        lens: the view's focal length in millimetres.
        distance: from the eye to the point that the view turns around.
        perspective: false for an orthographic view.
        aspect: width over height of the region.
        clip: the nearest and the farthest distance that is shown.
    """

    matrix: tuple[float, ...]
    lens: float
    distance: float
    perspective: bool
    aspect: float
    clip: tuple[float, float]


@dataclass(frozen=True)
class PreviewRequest:
    """A preview to draw: the same view and light twice, with the new images and with the old ones.

    Attributes:
        material: the name of the material, which uses the new images now.
        before: for each new image, the name of the old one that it stands for.
        object: the name of the object to look at in its scene; None draws the preview plane.
        view: for an object "CAMERA" or a 3D view; for the plane "STRAIGHT" or "SLANTED".
        engine: "SCENE", "EEVEE" or "CYCLES".
        samples: samples of each pixel.
        size: the longer side of the pictures in pixels.
        denoise: whether Cycles smooths the noise away; None does so for objects only, since denoising also blurs the
            edge of the difference.
        seed: the noise is the same for the same seed.
        knobs: Mapping nodes by which the old images lie otherwise than the new ones, as
            `svbrdf_inpaint.material.placing.plain_knobs` gives them.
        matrix: from UV to image space, 2 x 3 row by row, of the image that the plane shows once and whole.
    """

    material: str
    before: Mapping[str, str] = field(default_factory=dict)
    object: str | None = None
    view: View | str = "CAMERA"
    engine: str = "SCENE"
    samples: int = 16
    size: int = 512
    denoise: bool | None = None
    seed: int = 0
    knobs: Sequence[Mapping[str, Any]] = ()
    matrix: Matrix = IDENTITY


def start_preview(context: bpy.types.Context, request: PreviewRequest, folder: Path) -> PreviewProcess:
    """Write a copy of what is drawn to a new folder below ``folder`` and start a Blender that draws it.

    Nothing in the user's file changes. The copy is written at once (a moment for large scenes); the drawing is done in
    a process of its own.

    Args:
        context: whose scene is drawn, and whose engine is taken.
        request: what to draw.
        folder: an existing folder that may be written to.

    Raises:
        UserError: something that is needed is missing, or the folder cannot be written to.
    """
    material = bpy.data.materials.get(request.material)
    if material is None or material.node_tree is None:
        sentence = _('There is no material "{name}" with nodes; choose another one.')
        raise UserError("draw", sentence.format(name=request.material))
    blocks: set[bpy.types.ID] = {material, *replaced_images(request)}
    if request.object is not None:
        check_scene(context.scene, request)
        blocks.add(context.scene)
    try:
        own = Path(tempfile.mkdtemp(prefix="preview-", dir=folder))
        bpy.data.libraries.write(str(own / "copy.blend"), blocks, path_remap="ABSOLUTE", fake_user=True)
        its = {place.node.image for place in image_nodes(material)} - {None}
        drawn = bpy.data.images if request.object is not None else its.union(replaced_images(request))
        arrays = save_arrays(drawn, own)
        shown = [bpy.data.images[name] for name in request.before] or its
        shape = max((tuple(image.size) for image in shown if all(image.size)), default=(1, 1))
        data = request_data(context.scene, request) | {"arrays": arrays, "shape": shape}
        (own / "request.json").write_text(json.dumps(data), "utf-8")
    except (OSError, RuntimeError) as error:
        sentence = _("The preview needs a folder to write to ({reason}); see Temporary Files in the preferences.")
        raise UserError("draw", sentence.format(reason=error)) from error
    return PreviewProcess(child_command(bpy.app.binary_path), own, again=fall_back_to_cycles)


def request_data(scene: bpy.types.Scene, request: PreviewRequest) -> dict[str, object]:
    """Return the request that the child reads."""
    fields = asdict(request)
    fields["scene"] = scene.name
    fields["before"] = dict(request.before)
    fields["engine"] = scene.render.engine if request.engine == "SCENE" else request.engine
    fields["denoise"] = request.object is not None if request.denoise is None else request.denoise
    return fields


def check_scene(scene: bpy.types.Scene, request: PreviewRequest) -> None:
    """Refuse an object that is not drawn, and a view through a camera that is not there."""
    if request.object not in scene.objects:
        sentence = _('The object "{name}" is not in this scene; choose another one, or the preview plane.')
        raise UserError("draw", sentence.format(name=request.object))
    if request.view == "CAMERA" and scene.camera is None:
        raise UserError(
            "draw", "The scene has no camera; add one, or preview from the 3D view or on the preview plane."
        )


def replaced_images(request: PreviewRequest) -> Iterator[bpy.types.Image]:
    """Yield the images that are exchanged, old and new."""
    for names in request.before.items():
        for name in names:
            image = bpy.data.images.get(name)
            if image is None:
                raise UserError("draw", _('The image "{name}" is gone; fill the hole again.').format(name=name))
            yield image


def save_arrays(images: Iterable[bpy.types.Image], folder: Path) -> dict[str, str]:
    """Write the samples of images that a copy of their datablocks would not show; return their files' names."""
    files: dict[str, str] = {}
    for image in images:
        if image.library is None and is_in_memory(image) and all(image.size):
            files[image.name] = f"{len(files)}.npy"
            (folder / files[image.name]).write_bytes(arrays.encode_npy(read_array(image)))
    return files


def child_command(binary: str) -> list[str]:
    """Return how a plain Blender of this very version is started that draws: no add-ons, no start-up, no network."""
    if not binary:  # Blender as a Python module
        return [sys.executable, "-P", str(SCRIPT), "--"]
    options = ["--background", "--factory-startup", "--offline-mode", "-noaudio", "--python-exit-code", "1"]
    return [binary, *options, "--python", str(SCRIPT), "--"]


def fall_back_to_cycles(folder: Path) -> str | None:
    """Change a request for EEVEE, which needs a graphics card, to one for Cycles."""
    path = folder / "request.json"
    request = json.loads(path.read_text("utf-8"))
    if "EEVEE" not in request["engine"]:
        return None
    path.write_text(json.dumps(request | {"engine": "CYCLES"}), "utf-8")
    return "EEVEE could not be started in the background: drawn with Cycles."


def current_view(context: bpy.types.Context) -> View | str:
    """Return how the 3D view of this context, or the largest of its window, looks: "CAMERA" through the camera."""
    spaces = [(area.width * area.height, area) for area in (context.screen.areas if context.screen else ())]
    views = [(size, area) for size, area in spaces if area.type == "VIEW_3D"]
    area = context.area if context.area and context.area.type == "VIEW_3D" else None
    if area is None and views:
        area = max(views, key=lambda pair: pair[0])[1]
    region = next((one for one in area.regions if one.type == "WINDOW"), None) if area else None
    if area is None or region is None:
        return "CAMERA"
    space = area.spaces.active
    return view_of(space, space.region_3d, region.width / max(1, region.height))


def view_of(space: bpy.types.SpaceView3D, region: bpy.types.RegionView3D, aspect: float) -> View | str:
    """Return how one 3D view looks."""
    if region.view_perspective == "CAMERA":
        return "CAMERA"
    rows = region.view_matrix.inverted()
    return View(
        matrix=tuple(value for row in rows for value in row),
        lens=space.lens,
        distance=region.view_distance,
        perspective=region.view_perspective == "PERSP",
        aspect=aspect,
        clip=(space.clip_start, space.clip_end),
    )
