"""What is of a library cannot be changed: it gets a copy, or is refused by a clear sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.helper import part
from tests.blender.pictures import (
    ENDINGS,
    material_of,
    node_images,
    punch_hole,
    read_pixels,
    samples,
    save_and_open,
    write,
)

MODES = ("BESIDE", "REPLACE")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A .blend with an object, its material, an image of a file, and a node group with a packed one."""
    folder = tmp_path / "lib"
    folder.mkdir()
    path = folder / "library.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    image = bpy.data.images.load(str(write(folder / "wood.png", "png8", samples())))
    image.name, image.filepath = "wood", "//wood.png"
    inner = bpy.data.images.load(str(write(folder / "inner.png", "png8", samples(1))))
    inner.name = "inner"
    inner.pack()
    material = material_of(image)
    group = bpy.data.node_groups.new("group", "ShaderNodeTree")
    group.nodes.new("ShaderNodeTexImage").image = inner
    material.node_tree.nodes.new("ShaderNodeGroup").node_tree = group
    mesh = bpy.data.meshes.new("mesh")
    mesh.materials.append(material)
    bpy.data.objects.new("thing", mesh).use_fake_user = True
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "mine.blend"))
    return path


def link(path: Path, kind: str, name: str) -> Any:
    with bpy.data.libraries.load(str(path), link=True) as (_, wanted):
        setattr(wanted, kind, [name])
    return getattr(bpy.data, kind)[name, bpy.data.libraries[0].filepath]


def repair(image: Any) -> dict[str, Any]:
    whole = punch_hole(part("images.reading").read_array(image))
    return {image.name_full: part("images.making").make_image(image, whole, ".npy")}


def apply(material: Any, image: Any, mode: str) -> list[str]:
    said: list[str] = part("material.changes").apply(material, repair(image), mode=mode)
    return said


def test_linked_image_is_read(library: Path, tmp_path: Path) -> None:
    """Contract B3."""
    image = link(library, "images", "wood")
    assert part("images.reading").examine(image) is None
    assert part("images.reading").make_source(image, "0", ENDINGS).data == library.parent / "wood.png"
    inner = link(library, "images", "inner")
    assert isinstance(part("images.reading").make_source(inner, "0", ENDINGS).data, bytes)
    new = part("images.making").make_image(image, (library.parent / "wood.png").read_bytes(), ".png")
    assert new.library is None and new.filepath == "//lib/wood_inpaint.png"
    np.testing.assert_array_equal(read_pixels(new), read_pixels(image))


@pytest.mark.parametrize("mode", MODES)
def test_linked_image_in_a_local_material(library: Path, tmp_path: Path, mode: str) -> None:
    """Contract B3."""
    image = link(library, "images", "wood")
    material, other = material_of(image), material_of(image, name="other")
    said = apply(material, image, mode)
    assert said == (['"wood" is linked and cannot be replaced; it got a copy beside it.'] if mode == "REPLACE" else [])
    (new,) = node_images(material)
    assert new.library is None and new.name == "wood_inpaint" and node_images(other) == [image]
    save_and_open(tmp_path / "mine.blend")
    material = bpy.data.materials["wood"]
    (new,) = node_images(material)
    part("material.changes").revert(material)
    assert node_images(material)[0].library is not None
    apply(material, node_images(material)[0], mode)
    part("material.changes").keep(material)
    assert (library.parent / "wood_inpaint.png").exists()
    assert sorted(path.name for path in library.parent.iterdir() if path.suffix == ".png") == [
        "inner.png", "wood.png", "wood_inpaint.png",
    ]  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
def test_linked_material_is_refused_then_made_local(library: Path, mode: str) -> None:
    """Contract B3."""
    material = link(library, "materials", "wood")
    image = node_images(material)[0]
    with pytest.raises(part("client.errors").UserError, match='The material "wood" is linked; make it local first.'):
        apply(material, image, mode)
    assert node_images(material) == [image]
    mesh = bpy.data.meshes.new("mesh")
    mesh.materials.append(material)
    holder = bpy.data.objects.new("mine", mesh)
    own = part("material.nodes").make_local(material, holder)
    assert own.library is None and own.name == "wood" and holder.material_slots[0].material == own
    assert part("material.nodes").make_local(own, holder) == own
    apply(own, image, mode)
    assert node_images(own)[0] != image and node_images(material) == [image]
    inner = own.node_tree.nodes["Group"].node_tree
    assert inner.library is None
    apply(own, inner.nodes[0].image, mode)
    assert inner.nodes[0].image.library is None


@pytest.mark.parametrize("mode", MODES)
def test_linked_group_is_refused_then_made_local(library: Path, mode: str) -> None:
    """Contract B3."""
    group = link(library, "node_groups", "group")
    material = material_of()
    for _ in range(2):
        material.node_tree.nodes.new("ShaderNodeGroup").node_tree = group
    image = group.nodes[0].image
    before = len(bpy.data.images)
    made = repair(image)
    with pytest.raises(part("client.errors").UserError, match='The node group "group" is linked; make it local first.'):
        part("material.changes").apply(material, made, mode=mode)
    assert not material.svbrdf_changes and len(bpy.data.images) == before + 1
    assert part("material.nodes").make_local(material, None) == material
    own = {node.node_tree for node in material.node_tree.nodes if node.type == "GROUP"}
    assert len(own) == 1 and not own & {group}
    part("material.changes").apply(material, made, mode=mode)
    assert own.pop().nodes[0].image.name == "inner_inpaint"


def test_linked_object_is_refused(library: Path) -> None:
    """Contract B3."""
    thing = link(library, "objects", "thing")
    material = thing.material_slots[0].material
    with pytest.raises(part("client.errors").UserError, match="is linked; make it local"):
        part("material.nodes").make_local(material, thing)


def test_linked_mesh_of_a_local_object(library: Path) -> None:
    """Contract B3."""
    mesh = link(library, "meshes", "mesh")
    holder = bpy.data.objects.new("mine", mesh)
    own = part("material.nodes").make_local(mesh.materials[0], holder)
    assert holder.material_slots[0].material == own and own.library is None


@pytest.mark.parametrize("mode", MODES)
def test_same_name_in_library_and_here(library: Path, tmp_path: Path, mode: str) -> None:
    """Contract B3."""
    theirs = link(library, "images", "wood")
    mine = bpy.data.images.load(str(write(tmp_path / "mine.png", "png8", samples(2))))
    mine.name = "wood"
    assert mine.name == theirs.name
    material = material_of(theirs, mine)
    part("material.changes").apply(material, repair(theirs) | repair(mine), mode=mode)
    first, second = node_images(material)
    assert (first.filepath, second.library) == ("//lib/wood_inpaint.png", None)
    assert (read_pixels(first) != read_pixels(second)).any()
    part("material.changes").revert(material)
    assert node_images(material) == [theirs, mine]
