"""A wall to repair: a plane with a material of four images that lie in a folder, and a service that repairs it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from tests.blender.helper import part

SIDE = 64
PATIENCE = 180.0
HOLE = (20, 24, 32, 36)
"""Left, top, right, bottom in pixels from the top left."""
PLUGS = {"basecolor": "Base Color", "roughness": "Roughness", "metallic": "Metallic"}


def make_surface(seed: int = 0, side: int = SIDE) -> dict[str, NDArray[np.float32]]:
    """Return a brick-like surface, bottom row first: (side, side, 3) by map."""
    rows, columns = np.mgrid[0:side, 0:side]
    joint = ((rows % 16 < 2) | ((columns + 8 * (rows // 16 % 2)) % 16 < 2)).astype(np.float32)
    noise = np.random.default_rng(seed).random((side, side)).astype(np.float32) * 0.1
    base = np.stack([0.6 - 0.3 * joint + noise, 0.3 + 0.2 * joint + noise, 0.2 + 0.3 * joint + noise], 2)
    slope = np.gradient(joint)
    normal = np.stack([0.5 - slope[1] / 4, 0.5 - slope[0] / 4, np.full_like(joint, 0.9)], 2)
    rough = np.repeat((0.4 + 0.4 * joint + noise)[..., None], 3, 2)
    metal = np.repeat((0.1 * joint)[..., None], 3, 2)
    return {"basecolor": base, "normal": normal, "roughness": rough, "metallic": metal}


def store_image(folder: Path, name: str, values: NDArray[np.float32]) -> Any:
    """Write an image as a PNG of 8 bits and return it as loaded from there."""
    image = bpy.data.images.new(name, values.shape[1], values.shape[0])
    pixels = np.ones((*values.shape[:2], 4), np.float32)
    pixels[..., :3] = values
    image.pixels.foreach_set(pixels.ravel())
    image.filepath_raw, image.file_format = str(folder / f"{name}.png"), "PNG"
    image.save()
    bpy.data.images.remove(image)
    return bpy.data.images.load(str(folder / f"{name}.png"))


def make_wall(folder: Path, name: str = "Wall", side: int = SIDE) -> Any:
    """Return a material of images in a folder, on the active object."""
    folder.mkdir(parents=True, exist_ok=True)
    material = bpy.data.materials.new(name)
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    tree = material.node_tree
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    for role, values in make_surface(side=side).items():
        texture = tree.nodes.new("ShaderNodeTexImage")
        texture.name, texture.image = role, store_image(folder, f"{name.lower()}_{role}", values)
        if role != "basecolor":
            texture.image.colorspace_settings.name = "Non-Color"
        if role == "normal":
            tangent = tree.nodes.new("ShaderNodeNormalMap")
            tree.links.new(texture.outputs[0], tangent.inputs["Color"])
            tree.links.new(tangent.outputs[0], shader.inputs["Normal"])
        else:
            tree.links.new(texture.outputs[0], shader.inputs[PLUGS[role]])
    bpy.ops.mesh.primitive_plane_add(size=2)
    bpy.context.object.data.materials.append(material)
    return material


def shown_images(material: Any) -> dict[str, str]:
    """Return the image of each texture node."""
    return {node.name: node.image.name for node in material.node_tree.nodes if node.type == "TEX_IMAGE"}


def pixels(name: str) -> NDArray[np.float32]:
    """Return an image's samples (H, W, 4), top row first."""
    image = bpy.data.images[name]
    flat = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(flat)
    return flat.reshape(image.size[1], image.size[0], 4)[::-1]


def box(left: int, top: int, right: int, bottom: int) -> tuple[float, float, float, float]:
    """Return a box of pixels from the top left as the operators take it."""
    return left / SIDE, 1 - bottom / SIDE, right / SIDE, 1 - top / SIDE


def session_state() -> Any:
    """Return what the add-on remembers."""
    return part("session.state").state


def pump(until: Callable[[], Any]) -> None:
    """Do what Blender's timer does in a window, until something is so."""
    end = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < end, [(fill.status, fill.failure, fill.note) for fill in session_state().fills]
        part("session.timer").poll()
        time.sleep(0.02)


def fill_of(material: Any, *, train_steps: int = 0, hole: tuple[int, int, int, int] = HOLE, **settings: Any) -> Any:
    """Begin a fill as the button does, which does not wait; with training it takes long."""
    ours = material.svbrdf
    for name, value in settings.items():
        setattr(ours, name, value)
    if train_steps:
        ours.method = "diffusion"
    size = part("session.selection").select(material, anew=True).size
    part("holes.mask").put_mask(material, part("holes.raster").box_mask(box(*hole), size))
    return part("session.filling").begin(material, {"train_steps": train_steps} if train_steps else None)


def fill_and_wait(material: Any, **settings: Any) -> Any:
    """Fill and wait until the result is in the material."""
    fill = fill_of(material, **settings)
    pump(lambda: fill.resolved)
    assert fill.failure is None and fill.applied, (fill.failure, fill.note)
    return fill


def forget_all() -> None:
    """Have everything that runs end, whoever began it, and forget it."""
    for fill in session_state().fills:
        if fill.active:
            part("session.filling").cancel(fill)
    pump(lambda: not any(fill.active for fill in session_state().fills))
    session_state().reset()
    found = part("client").Service.find()
    with found:
        for job in found.list_jobs():
            if job["state"] in ("queued", "running"):
                found.cancel_job(job["id"])


def inside(hole: tuple[int, int, int, int] = HOLE) -> NDArray[np.bool_]:
    """Return where the hole is."""
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[hole[1] : hole[3], hole[0] : hole[2]] = True
    return mask


@dataclass
class Running:
    """A service of this test's own."""

    process: subprocess.Popen[bytes]
    runtime: Path
    data: Path

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()


@contextmanager
def run_service(home: Path, *options: str, **environment: str) -> Iterator[Running]:
    """Run a service that the add-on finds, since it looks in this process's folder for running programs.

    Args:
        home: folder of everything that is its own.
        options: of ``svbrdf serve``.
        environment: variables besides those of this process.
    """
    runtime = home / "run"
    runtime.mkdir(parents=True, exist_ok=True, mode=0o700)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    with (home / "service.log").open("ab") as log:
        command = [os.environ["SVBRDF_PROGRAM"], "serve", "--data", str(home / "data"), *options]
        own = {
            **os.environ,
            "SVBRDF_CACHE": str(home / "models"),
            **environment,
        }  # another version's tests may run beside
        process = subprocess.Popen(command, env=own, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        file = runtime / "svbrdf-inpaint" / "service.json"
        end = time.monotonic() + PATIENCE
        while not (file.exists() and json.loads(file.read_text())["process"]):
            assert process.poll() is None, (home / "service.log").read_text()
            assert time.monotonic() < end
            time.sleep(0.05)
        yield Running(process, runtime, home / "data")
    finally:
        process.terminate()
        process.wait(PATIENCE)
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
