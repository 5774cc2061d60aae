"""Repaired images are shown, taken back, chosen anew and kept; undo, redo, saving and deleting may come in between."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.helper import part
from tests.blender.pictures import (
    material_of,
    node_images,
    paint_over,
    punch_hole,
    read_pixels,
    samples,
    save_and_open,
    write,
)

MODES = ("BESIDE", "REPLACE")


def load(folder: Path, name: str = "wood.png", *, packed: bool = False) -> Any:
    folder.mkdir(exist_ok=True)
    image = bpy.data.images.load(str(write(folder / name, "png8", samples())))
    image.name = name.partition(".")[0]
    if packed:
        image.pack()
    return image


def fill(material: Any, *images: Any, mode: str = "BESIDE", value: int | None = None) -> list[str]:
    """Apply repaired copies of images, as the user interface does."""
    made = {}
    for image in images:
        whole = punch_hole(part("images.reading").read_array(image))
        if value is not None:
            whole[8, 8, :3] = value
        made[image.name_full] = part("images.making").make_image(image, whole, ".npy")
    said: list[str] = part("material.changes").apply(material, made, mode=mode)
    return said


def revert(material: Any) -> list[str]:
    said: list[str] = part("material.changes").revert(material)
    return said


def keep(material: Any) -> list[str]:
    said: list[str] = part("material.changes").keep(material)
    return said


def state(material: Any) -> Any:
    """Return all that a user could see of a material's images."""
    images = [(image.name, image.filepath, image.use_fake_user, image.packed_file is None) for image in bpy.data.images]
    return node_images(material)[0].name, sorted(images), len(material.svbrdf_changes)


def undo_push(words: str) -> None:
    bpy.ops.ed.undo_push(message=words)


@pytest.mark.parametrize("mode", MODES)
def test_apply_and_revert_leave_no_trace(tmp_path: Path, mode: str) -> None:
    """Contract B3."""
    image = load(tmp_path)
    material = material_of(image, image)
    pixels, before = read_pixels(image), state(material)
    assert fill(material, image, mode=mode) == []
    new = node_images(material)[0]
    assert new != image and node_images(material)[1] == new
    assert (read_pixels(new) != pixels).any()
    if mode == "REPLACE":
        assert (new.name, image.name, image.use_fake_user) == ("wood", "wood (before)", True)
        assert new.filepath == image.filepath == str(tmp_path / "wood.png")
    else:
        assert (new.name, image.name) == ("wood_inpaint", "wood")
    assert revert(material) == []
    assert state(material) == before
    assert node_images(material) == [image, image]
    np.testing.assert_array_equal(read_pixels(image), pixels)


@pytest.mark.parametrize("mode", MODES)
def test_undo_and_redo_of_apply_and_revert(tmp_path: Path, mode: str) -> None:
    """Contract B3."""
    bpy.context.preferences.edit.use_global_undo = True
    material_of(load(tmp_path))
    undo_push("before")
    material = bpy.data.materials["wood"]
    before = state(material)
    fill(material, bpy.data.images["wood"], mode=mode)
    undo_push("filled")
    after, pixels = state(material), read_pixels(node_images(material)[0])
    assert after != before
    bpy.ops.ed.undo()
    material = bpy.data.materials["wood"]
    assert state(material) == before
    bpy.ops.ed.redo()
    material = bpy.data.materials["wood"]
    assert state(material) == after
    np.testing.assert_array_equal(read_pixels(node_images(material)[0]), pixels)
    assert revert(material) == []
    assert state(material) == before
    undo_push("reverted")
    bpy.ops.ed.undo()
    assert state(bpy.data.materials["wood"]) == after


@pytest.mark.parametrize("packed", [False, True], ids=["on_disk", "packed"])
@pytest.mark.parametrize("mode", MODES)
def test_revert_works_after_the_file_was_saved_and_opened(tmp_path: Path, mode: str, packed: bool) -> None:
    """Contract B3."""
    material = material_of(load(tmp_path, packed=packed))
    save_and_open(tmp_path / "it.blend")
    material, image = bpy.data.materials["wood"], bpy.data.images["wood"]
    old, before = read_pixels(image), state(material)
    fill(material, image, mode=mode)
    new, after = read_pixels(node_images(material)[0]), state(material)
    save_and_open(tmp_path / "it.blend")
    material = bpy.data.materials["wood"]
    assert state(material) == after
    np.testing.assert_array_equal(read_pixels(node_images(material)[0]), new)
    assert revert(material) == []
    assert state(material) == before
    np.testing.assert_array_equal(read_pixels(node_images(material)[0]), old)


@pytest.mark.parametrize("mode", MODES)
def test_another_variation_is_revert_and_apply(tmp_path: Path, mode: str) -> None:
    image = load(tmp_path)
    material = material_of(image)
    fill(material, image, mode=mode, value=10)
    first = read_pixels(node_images(material)[0])
    after = state(material)
    revert(material)
    fill(material, image, mode=mode, value=200)
    assert state(material) == after
    assert (read_pixels(node_images(material)[0]) != first).any()
    assert len(bpy.data.images) == 2


@pytest.mark.parametrize("second", MODES)
@pytest.mark.parametrize("first", MODES)
def test_two_fills_are_taken_back_one_by_one(tmp_path: Path, first: str, second: str) -> None:
    image = load(tmp_path)
    material = material_of(image)
    states = [state(material)]
    for mode in (first, second):
        fill(material, node_images(material)[0], mode=mode)
        states.append(state(material))
    assert [change.step for change in material.svbrdf_changes] == [1, 2]
    for expected in states[1::-1]:
        assert revert(material) == []
        assert state(material) == expected
    assert revert(material) == []


def test_several_images_are_one_step(tmp_path: Path) -> None:
    """Contract B3."""
    images = [load(tmp_path, name) for name in ("wood.png", "rough.png", "other.png")]
    material = material_of(*images)
    fill(material, *images[:2])
    assert [image.name for image in node_images(material)] == ["wood_inpaint", "rough_inpaint", "other"]
    assert json.loads(material.svbrdf_changes[0].nodes) == [["Image Texture"]]
    revert(material)
    assert node_images(material) == images


@pytest.mark.parametrize("mode", MODES)
def test_an_image_of_two_materials_is_replaced_in_both_or_beside_in_one(tmp_path: Path, mode: str) -> None:
    """Contract B3."""
    image = load(tmp_path)
    material, other = material_of(image), material_of(image, name="other")
    brush = bpy.data.textures.new("brush", "IMAGE")
    world = bpy.data.worlds.new("world")
    world.use_nodes = True
    brush.image = world.node_tree.nodes.new("ShaderNodeTexEnvironment").image = image
    fill(material, image, mode=mode)
    new = node_images(material)[0]
    users = [node_images(other)[0], brush.image, world.node_tree.nodes[-1].image]
    assert users == [new if mode == "REPLACE" else image] * 3
    assert node_images(material) == [new]
    revert(material)
    assert [*node_images(material), *node_images(other), brush.image, world.node_tree.nodes[-1].image] == [image] * 4


@pytest.mark.parametrize("mode", MODES)
def test_a_shared_node_group_is_named(tmp_path: Path, mode: str) -> None:
    """Contract B3."""
    image = load(tmp_path)
    group = bpy.data.node_groups.new("inner", "ShaderNodeTree")
    inner = group.nodes.new("ShaderNodeTexImage")
    inner.image = image
    outer = bpy.data.node_groups.new("outer", "ShaderNodeTree")
    outer.nodes.new("ShaderNodeGroup").node_tree = group
    material, other = material_of(), material_of(name="other")
    for one in (material, other):
        one.node_tree.nodes.new("ShaderNodeGroup").node_tree = outer
    said = fill(material, image, mode=mode)
    assert inner.image != image
    assert json.loads(material.svbrdf_changes[0].nodes) == [["Group", "Group", "Image Texture"]]
    assert len(said) == (mode == "BESIDE")
    assert all("used elsewhere too" in words for words in said)
    revert(material)
    assert inner.image == image


@pytest.mark.parametrize("mode", MODES)
def test_an_old_image_deleted_before_revert_is_told(tmp_path: Path, mode: str) -> None:
    """Contract B2."""
    image = load(tmp_path)
    material = material_of(image)
    fill(material, image, mode=mode)
    new = node_images(material)[0]
    bpy.data.images.remove(image)
    assert revert(material) == ['The image "wood" was deleted, so the repaired one stays.']
    assert node_images(material) == [new] and not material.svbrdf_changes


@pytest.mark.parametrize("mode", MODES)
def test_a_new_image_deleted_before_revert_gives_the_old_one_back(tmp_path: Path, mode: str) -> None:
    """Contract B2."""
    image = load(tmp_path)
    material = material_of(image)
    before = state(material)
    fill(material, image, mode=mode)
    bpy.data.images.remove(node_images(material)[0])
    assert node_images(material) == [None]
    assert revert(material) == []
    assert state(material) == before


@pytest.mark.parametrize("mode", MODES)
def test_images_and_nodes_deleted_before_apply_and_keep(tmp_path: Path, mode: str) -> None:
    """Contract B2."""
    image = load(tmp_path)
    material = material_of(image)
    new = part("images.making").make_image(image, punch_hole(part("images.reading").read_array(image)), ".npy")
    bpy.data.images.remove(image)
    said = part("material.changes").apply(material, {"wood": new}, mode=mode)
    assert said == ['The image "wood" is gone; its repaired version is "wood_inpaint".']
    assert not material.svbrdf_changes
    image = load(tmp_path)
    material.node_tree.nodes.clear()
    fill(material, image, mode=mode)
    bpy.data.images.remove(material.svbrdf_changes[0].new)
    bpy.data.images.remove(image)
    assert keep(material) == []
    assert revert(material) == []


def test_a_material_deleted_between_apply_and_revert_does_no_harm(tmp_path: Path) -> None:
    """Contract B2."""
    image = load(tmp_path)
    pixels = read_pixels(image)
    material = material_of(image)
    fill(material, image, mode="REPLACE")
    bpy.data.materials.remove(material)
    save_and_open(tmp_path / "it.blend")
    np.testing.assert_array_equal(read_pixels(bpy.data.images["wood (before)"]), pixels)


def test_painted_image_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    """Contract B3."""
    image = load(tmp_path)
    material = material_of(image)
    paint_over(image)
    pixels = read_pixels(image)
    said = fill(material, image)
    assert said == ['"wood" has unsaved changes; save or pack it before you close Blender, or they are lost.']
    assert image.is_dirty and image.packed_file is None
    np.testing.assert_array_equal(read_pixels(image), pixels)
    assert revert(material) == []
    np.testing.assert_array_equal(read_pixels(image), pixels)
    assert image.is_dirty


@pytest.mark.parametrize("mode", MODES)
def test_long_names_come_back_whole(tmp_path: Path, mode: str) -> None:
    """Contract B3."""
    image = load(tmp_path)
    image.name = "ö" * 31 + "x"
    name = image.name
    material = material_of(image)
    fill(material, image, mode=mode)
    assert (node_images(material)[0].name == name) == (mode == "REPLACE")
    revert(material)
    assert image.name == name


@pytest.mark.parametrize("mode", MODES)
def test_copies_of_a_filled_material_are_reverted_each_by_itself(tmp_path: Path, mode: str) -> None:
    """Contract B3."""
    image = load(tmp_path)
    material = material_of(image)
    fill(material, image, mode=mode)
    copy = material.copy()
    for one in (material, copy):
        assert revert(one) == []
        assert node_images(one) == [image]
    assert (node_images(material), image.name, list(bpy.data.images)) == ([image], "wood", [image])


def test_two_materials_replace_one_image_in_turn(tmp_path: Path) -> None:
    """Contract B3."""
    image = load(tmp_path)
    first, second = material_of(image, name="first"), material_of(image, name="second")
    fill(first, image, mode="REPLACE")
    once = node_images(second)[0]
    fill(second, once, mode="REPLACE")
    twice = node_images(first)[0]
    assert len({image, once, twice}) == 3 and node_images(second) == [twice]
    assert revert(second) == []
    assert [*node_images(first), *node_images(second)] == [once, once] and once.name == "wood"
    assert revert(first) == []
    assert [*node_images(first), *node_images(second)] == [image, image] and image.name == "wood"
    assert list(bpy.data.images) == [image]
