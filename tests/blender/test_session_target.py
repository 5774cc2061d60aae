"""Datablocks found again by what was remembered of them."""

from __future__ import annotations

from pathlib import Path

import bpy

from tests.blender.helper import part

context, DatablockRef = part("session.context"), part("session.state").DatablockRef


def test_a_linked_image_is_told_from_one_of_the_same_name(tmp_path: Path) -> None:
    """Contract B2."""
    bpy.data.images.new("wood", 4, 4).use_fake_user = True
    bpy.data.images["wood"].pack()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "library.blend"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    own = bpy.data.images.new("wood", 4, 4)
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, wanted):
        wanted.images = ["wood"]
    (theirs,) = wanted.images
    assert own.name == theirs.name
    for image in (own, theirs):
        kept = DatablockRef(0, context.reference_to(image).name)  # what a record on disk holds
        assert (
            context.find_block(bpy.data.images, kept)
            == image
            == context.find_block(bpy.data.images, context.reference_to(image))
        )
