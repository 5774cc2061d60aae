"""Materials as Blender's own importers build them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import addon_utils
import bpy
import numpy as np

from tests.blender.trees import Build, group, look, maps, named, reasons

COLOURS = {
    "colour": (0.6, 0.3, 0.2, 0.8),
    "orm": (0.9, 0.5, 0.1, 1.0),
    "normal": (0.5, 0.5, 1.0, 1.0),
    "glow": (0.9, 0.1, 0.1, 1.0),
}
MTL = """newmtl Wall
map_Kd -s 2 2 1 colour.png
map_Pr -s 2 2 1 rough.png
map_Bump -s 2 2 1 bump.png
map_d alpha.png
"""


def file_of(folder: Path, name: str, colour: tuple[float, float, float, float]) -> Any:
    """Write a PNG file and return its image."""
    image = bpy.data.images.new(name, 8, 8, alpha=True, is_data=name != "colour")
    noise = np.random.default_rng(0).random((64, 1), dtype=np.float32) * 0.3
    image.pixels.foreach_set((np.array(colour, np.float32) * (1 - noise)).ravel())
    image.filepath_raw, image.file_format = str(folder / f"{name}.png"), "PNG"
    image.save()
    return image


def bricks(folder: Path, settings: str) -> Build:
    """Build a material of a base colour with alpha, an ORM, a normal map and emission, as glTF wants it."""
    for name, colour in COLOURS.items():
        file_of(folder, name, colour)
    build = Build()
    shader, split, normal = build.principled(), build.node("SeparateColor"), build.node("NormalMap")
    shader.inputs["Emission Strength"].default_value = 1.0
    extra = build.node("Group", node_tree=group(settings, {"Occlusion": "Float"}, {}).tree)
    colour = build.image("colour")
    build.link(colour, "Color", shader, "Base Color")
    build.link(colour, "Alpha", shader, "Alpha")
    build.link(build.image("orm"), "Color", split, "Color")
    build.link(split, "Green", shader, "Roughness")
    build.link(split, "Blue", shader, "Metallic")
    build.link(split, "Red", extra, named(extra.inputs, "Occlusion"))
    build.link(build.image("normal"), "Color", normal, "Color")
    build.link(normal, "Normal", shader, "Normal")
    build.link(build.image("glow"), "Color", shader, "Emission Color")
    return build


def test_a_gltf_file_there_and_back(tmp_path: Path) -> None:
    addon_utils.enable("io_scene_gltf2")
    build = bricks(tmp_path, "glTF Material Output")
    bpy.ops.mesh.primitive_plane_add()
    bpy.context.object.data.materials.append(build.material)
    before = look(build.material)
    path = str(tmp_path / "wall.gltf")
    bpy.ops.export_scene.gltf(filepath=path, export_format="GLTF_SEPARATE")
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.import_scene.gltf(filepath=path)
    found = look(bpy.data.materials["Wall"])
    wanted = {
        "basecolor": "RGB",
        "normal": "RGB",
        "roughness": "G",
        "metallic": "B",
        "ao": "R",
        "opacity": "A",
        "emission": "RGB",
    }
    for one in (before, found):
        assert {use.role: use.channels for use in one.uses} == wanted
        assert reasons(one) == ""
    assert len({use.image for use in found.uses}) == 4


def test_an_obj_file_with_its_mtl(tmp_path: Path) -> None:
    for name in ("colour", "rough", "bump", "alpha"):
        file_of(tmp_path, name, (0.5, 0.4, 0.3, 1.0))
    (tmp_path / "wall.mtl").write_text(MTL)
    (tmp_path / "wall.obj").write_text(
        "mtllib wall.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 0 1\nusemtl Wall\nf 1/1 2/2 3/3\n"
    )
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.wm.obj_import(filepath=str(tmp_path / "wall.obj"))
    found = look(bpy.data.materials["Wall"])
    assert {role: name.replace(".png", "") for role, name in maps(found).items()} == {
        "basecolor": "colour:RGB", "normal": "bump:RGB", "roughness": "rough:RGB",
    }  # fmt: skip
    assert {use.matrix for use in found.uses} == {(2.0, 0.0, 0.0, 0.0, 2.0, 0.0)}
    assert "“alpha.png” (opacity) lies otherwise" in reasons(found)
