"""Larger images in the place of the old ones: the picture lies where it lay, whatever places it, and back again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.blender.helper import part
from tests.blender.test_look_rendered import render
from tests.blender.trees import Build, group, socket

changes, placing = part("material.changes"), part("material.placing")
SMALL, LARGE = (8, 6), (14, 9)
"""Width and height."""
FRAME = placing.Frame(left=4, top=2, width=8, height=6, size=LARGE)


def make_image(name: str, pixels: NDArray[np.float32]) -> Any:
    image = bpy.data.images.new(name, pixels.shape[1], pixels.shape[0], float_buffer=True, is_data=True)
    image.pixels.foreach_set(pixels.ravel())
    image.pack()
    return image


def make_pair(name: str = "wood") -> tuple[Any, Any]:
    """Return an image, and a larger one that holds it where the frame says."""
    rng = np.random.default_rng(len(name))
    pixels = rng.random((SMALL[1], SMALL[0], 4)).astype(np.float32)
    larger = np.ones((LARGE[1], LARGE[0], 4), np.float32)
    larger[1:7, 4:12] = pixels  # bottom row first
    return make_image(name, pixels), make_image(f"{name} larger", larger)


def place(build: Build, kind: str, texture: Any) -> None:
    """Lay the image of a node on the surface in one of many ways, of which each shows it within its old edges."""
    if kind == "uv map":
        build.link(build.node("UVMap", uv_map="UVMap"), "UV", texture, "Vector")
    if kind in ("mapping", "turned", "shared mapping", "driven"):
        mapping = build.node("Mapping", "Own", _Location=(0.2, 0.1, 0.0), _Scale=(0.5, 0.7, 1.0))
        build.link(build.node("TexCoord"), "UV", mapping, "Vector")
        build.link(mapping, "Vector", texture, "Vector")
        if kind == "turned":
            socket(mapping.inputs, "Rotation").default_value = (0.0, 0.0, 0.2)
            socket(mapping.inputs, "Location").default_value = (0.3, 0.05, 0.0)
        if kind == "shared mapping":
            build.link(mapping, "Vector", build.node("TexNoise"), "Vector")
        if kind == "driven":
            build.link(build.node("CombineXYZ", _X=0.6, _Y=0.5, _Z=1.0), "Vector", mapping, "Scale")
    if kind == "empty":
        empty = bpy.data.objects.new("Empty", None)
        empty.location, empty.scale = (-1.0, -0.75, 0.0), (2.0, 1.5, 1.0)
        bpy.context.scene.collection.objects.link(empty)
        build.link(build.node("TexCoord", object=empty), "Object", texture, "Vector")


KINDS = ["nothing", "uv map", "mapping", "turned", "shared mapping", "driven", "empty"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_drawn_is_the_same_before_and_after_and_taken_back(tmp_path: Path, kind: str) -> None:
    old, new = make_pair()
    build = Build()
    texture = build.node("TexImage", "tex", image=old, interpolation="Closest")
    place(build, kind, texture)
    before = render(build, texture, "Color", (16, 12))
    nodes = sorted(node.name for node in build.tree.nodes)
    said = changes.apply(build.material, {old.name_full: new}, mode="BESIDE", frame=FRAME)
    assert texture.image == new
    after = draw_again(tmp_path)
    assert np.ptp(before) > 0.5
    np.testing.assert_allclose(after, before, atol=1e-6)
    made = {node.name for node in build.tree.nodes} - set(nodes)
    own = {"nothing": 2, "mapping": 0}.get(kind, 1)
    assert len(made) == own
    assert said == [
        "The picture stays where it was: the Mapping node “Own” was set anew."
        if kind == "mapping"
        else "The picture stays where it was: the Mapping node “Inpaint Extend” was put before the images."
    ]
    assert changes.newest_frame(build.material) == FRAME
    assert changes.revert(build.material) == []
    assert texture.image == old and sorted(node.name for node in build.tree.nodes) == nodes
    np.testing.assert_array_equal(draw_again(tmp_path), before)


def draw_again(folder: Path) -> NDArray[np.float32]:
    """Draw the scene that `render` made once more."""
    bpy.context.scene.render.filepath = str(folder / "again.exr")
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(bpy.context.scene.render.filepath)
    flat = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(flat)
    width, height = image.size
    bpy.data.images.remove(image)
    return flat.reshape(height, width, 4)[:, :, :3]


def test_images_of_one_source_share_a_node_and_others_are_left_alone() -> None:
    (old, new), (other, larger) = make_pair(), make_pair("normal")
    kept = make_image("kept", np.ones((6, 8, 4), np.float32))
    build = Build()
    mapping = build.node("Mapping", "Own")
    textures = [build.node("TexImage", image=image) for image in (old, other, kept)]
    for texture in textures:
        build.link(mapping, "Vector", texture, "Vector")
    changes.apply(build.material, {old.name_full: new, other.name_full: larger}, mode="BESIDE", frame=FRAME)
    sources = [texture.inputs["Vector"].links[0].from_node.name for texture in textures]
    assert sources == ["Inpaint Extend", "Inpaint Extend", "Own"]
    assert tuple(mapping.inputs["Scale"].default_value) == (1.0, 1.0, 1.0)
    changes.revert(build.material)
    assert [texture.inputs["Vector"].links[0].from_node.name for texture in textures] == ["Own"] * 3


def test_extended_twice_one_node_does_for_both_and_goes_back_step_by_step() -> None:
    old, new = make_pair()
    build = Build()
    texture = build.node("TexImage", image=old)
    changes.apply(build.material, {old.name_full: new}, mode="BESIDE", frame=FRAME)
    once = len(build.tree.nodes)
    again = placing.Frame(left=14, top=0, width=14, height=9, size=(28, 9))
    largest = make_image("largest", np.ones((9, 28, 4), np.float32))
    said = changes.apply(build.material, {new.name_full: largest}, mode="BESIDE", frame=again)
    mapping = texture.inputs["Vector"].links[0].from_node
    assert said == ["The picture stays where it was: the Mapping node “Inpaint Extend” was set anew."]
    assert len(build.tree.nodes) == once
    assert tuple(mapping.inputs["Scale"].default_value) == pytest.approx((8 / 28, 6 / 9, 1.0))
    assert tuple(mapping.inputs["Location"].default_value) == pytest.approx((18 / 28, 1 / 9, 0.0))
    changes.revert(build.material)
    assert tuple(mapping.inputs["Scale"].default_value) == pytest.approx((8 / 14, 6 / 9, 1.0))
    changes.revert(build.material)
    assert len(build.tree.nodes) == 1 and not texture.inputs["Vector"].is_linked


def test_inside_a_group_the_node_is_put_there_once() -> None:
    old, new = make_pair()
    inner = group("shared", {"Vector": "Vector"}, {"Color": "Color"})
    texture = inner.node("TexImage", image=old)
    inner.link(inner.node("NodeGroupInput"), inner.tree.nodes["Group Input"].outputs[0].identifier, texture, "Vector")
    build = Build()
    for _ in range(2):
        build.node("Group").node_tree = inner.tree
    said = changes.apply(build.material, {old.name_full: new}, mode="BESIDE", frame=FRAME)
    assert any('"shared" is used elsewhere too' in sentence for sentence in said)
    assert sum(node.bl_idname == "ShaderNodeMapping" for node in inner.tree.nodes) == 1
    assert not any(node.bl_idname == "ShaderNodeMapping" for node in build.tree.nodes)
    changes.revert(build.material)
    assert texture.inputs["Vector"].links[0].from_node.bl_idname == "NodeGroupInput"


@pytest.mark.parametrize("kind", ["box", "own mapping"])
def test_what_no_node_can_make_up_for_is_said(kind: str) -> None:
    old, new = make_pair()
    build = Build()
    texture = build.node("TexImage", "Planks", image=old)
    if kind == "box":
        texture.projection = "BOX"
    else:
        texture.texture_mapping.scale = (2.0, 1.0, 1.0)
    said = changes.apply(build.material, {old.name_full: new}, mode="BESIDE", frame=FRAME)
    assert len(said) == 1 and said[0].startswith("“Planks” projects its image or maps it by itself")
    assert len(build.tree.nodes) == 1
    assert changes.revert(build.material) == [] and texture.image == old


def test_a_mapping_that_was_deleted_meanwhile_is_said() -> None:
    old, new = make_pair()
    build = Build()
    build.node("TexImage", image=old)
    changes.apply(build.material, {old.name_full: new}, mode="BESIDE", frame=FRAME)
    build.tree.nodes.remove(build.tree.nodes["Inpaint Extend"])
    assert "is gone" in changes.revert(build.material)[0]


def test_undo_and_redo_take_the_mapping_along() -> None:
    bpy.context.preferences.edit.use_global_undo = True
    old, new = make_pair()
    build = Build()
    build.node("TexImage", "tex", image=old)
    build.material.use_fake_user = True
    bpy.ops.ed.undo_push(message="before")
    material = bpy.data.materials["Wall"]
    changes.apply(material, {old.name_full: new}, mode="BESIDE", frame=FRAME)
    bpy.ops.ed.undo_push(message="extended")
    bpy.ops.ed.undo()
    material = bpy.data.materials["Wall"]
    assert [node.name for node in material.node_tree.nodes] == ["tex"] and not len(material.svbrdf_changes)
    bpy.ops.ed.redo()
    material = bpy.data.materials["Wall"]
    assert "Inpaint Extend" in material.node_tree.nodes and changes.newest_frame(material) == FRAME
    assert changes.revert(material) == []
    assert [node.name for node in material.node_tree.nodes] == ["tex"]


def test_numbers_that_are_animated_are_left_alone() -> None:
    old, new = make_pair()
    build = Build()
    texture, mapping = build.node("TexImage", image=old), build.node("Mapping", "Own")
    build.link(mapping, "Vector", texture, "Vector")
    mapping.inputs["Location"].keyframe_insert("default_value", index=0, frame=1)
    changes.apply(build.material, {old.name_full: new}, mode="BESIDE", frame=FRAME)
    assert texture.inputs["Vector"].links[0].from_node.name == "Inpaint Extend"
    assert tuple(mapping.inputs["Scale"].default_value) == (1.0, 1.0, 1.0)
