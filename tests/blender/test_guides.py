"""Guides of a fill: made in the right size, painted like a hole, read as stored, and refused where they are wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.helper import part
from tests.blender.hole_users import assert_nothing_left, make_grid, make_textured, make_user, paint, tools
from tests.blender.layouts import Drawn, Layout

guides, guide, painting = part("session.guides"), part("holes.guide"), part("holes.painting")
job = part("job")
PICTURES = ("guides", "extend_guides", "sheet_guides")
BYTES = np.random.default_rng(3).integers(0, 256, (32, 64, 3), np.uint8)


def select(material: Any) -> Any:
    return part("session.selection").select(material, anew=True)


def read(material: Any, canvas: Any = None) -> Any:
    return guides.read_guides(material, canvas, select(material))


def refused(material: Any, canvas: Any = None) -> str:
    with pytest.raises(part("client").UserError) as found:
        read(material, canvas)
    return str(found.value.sentence)


def give(material: Any, picture: str, slot: str, samples: Any, *, is_data: bool = False) -> Any:
    image = guide.make_guide(f"my {slot}", samples, is_data=is_data)
    setattr(getattr(material.svbrdf, picture), slot, image)
    return image


def draw(material: Any, picture: str) -> Drawn:
    said = Drawn()
    part("ui.draw_guides").draw_guides(Layout(said), bpy.context, material, picture, select(material))
    return said


@contextmanager
def image_editor() -> Iterator[Any]:
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    area.type = "IMAGE_EDITOR"
    with bpy.context.temp_override(window=window, area=area):
        yield area.spaces.active


def test_a_guide_is_painted_like_a_hole_and_everything_is_given_back() -> None:
    thing = make_user()
    before = tools()
    ours = bpy.data.materials["Oak"].svbrdf
    assert bpy.ops.svbrdf.paint_guide(picture="guides", guide="protect") == {"FINISHED"}
    image = ours.guides.protect
    assert tuple(image.size) == (64, 32) and image.name == "Oak protect" and guide.is_guide(image)
    assert paint().canvas == image and tuple(paint().brush.color) == (1, 1, 1) and thing.mode == "TEXTURE_PAINT"
    assert image.colorspace_settings.is_data and not guide.read_colours(image).any()
    assert bpy.data.materials["Oak"].svbrdf_hole is None
    image.pixels.foreach_set(np.ones(len(image.pixels), np.float32))
    image.update()
    assert bpy.ops.svbrdf.paint_done() == {"FINISHED"}
    image.reload()  # from what is packed
    assert guide.read_colours(image).min() == 255 and (thing.mode, tools()) == ("OBJECT", before)
    assert_nothing_left()
    bpy.ops.svbrdf.paint_guide(picture="guides", guide="protect")
    assert ours.guides.protect == image and guide.read_colours(image).min() == 255  # to go on with
    bpy.ops.svbrdf.paint_done()


def test_the_direction_that_is_chosen_is_what_the_brush_paints() -> None:
    make_user()
    own = bpy.data.materials["Oak"].svbrdf.guides
    own.angle = math.pi / 4
    bpy.ops.svbrdf.paint_guide(picture="guides", guide="grain_image")
    assert own.grain == "IMAGE" and set(np.unique(guide.read_colours(own.grain_image))) == {64}
    assert tuple(paint().brush.color) == pytest.approx((0.25,) * 3)
    own.angle = math.pi / 2
    assert tuple(paint().brush.color) == pytest.approx((0.5,) * 3)
    bpy.data.materials["Oak"].svbrdf.sheet_guides.angle = 0.3  # of another guide
    assert tuple(paint().brush.color) == pytest.approx((0.5,) * 3)
    own.angle = math.pi  # the same direction as 0
    assert tuple(paint().brush.color) == (0, 0, 0)
    bpy.ops.svbrdf.paint_hole()
    assert tuple(paint().brush.color) == (1, 1, 1)
    bpy.ops.svbrdf.paint_done()
    assert_nothing_left()


def test_undone_the_tools_are_back_and_redone_the_brush_has_its_colour() -> None:
    make_user()
    before = tools()
    bpy.data.materials["Oak"].svbrdf.guides.angle = math.pi / 4
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.svbrdf.paint_guide(picture="guides", guide="grain_image")
    bpy.ops.ed.undo_push(message="paint")
    bpy.ops.ed.undo()
    painting.resolve_undo(bpy.context)  # what a timer does in the window
    assert tools() == before and bpy.data.materials["Oak"].svbrdf.guides.grain_image is None
    assert_nothing_left()
    bpy.ops.ed.redo()
    painting.resolve_undo(bpy.context)
    image = bpy.data.materials["Oak"].svbrdf.guides.grain_image
    assert paint().canvas == image and tuple(paint().brush.color) == pytest.approx((0.25,) * 3)
    assert set(np.unique(guide.read_colours(image))) == {64}
    bpy.ops.svbrdf.paint_done()


def test_what_no_surface_shows_is_painted_in_the_image_editor_alone() -> None:
    make_user()
    material = bpy.data.materials["Oak"]
    ours = material.svbrdf
    ours.extend_left, ours.extend_top, ours.sheet_width, ours.sheet_height = 16, 32, 96, 48
    for picture, slot in (("extend_guides", "protect"), ("sheet_guides", "colours")):
        with pytest.raises(RuntimeError, match="press the same button in an Image editor"):
            bpy.ops.svbrdf.paint_guide(picture=picture, guide=slot)
        assert getattr(getattr(ours, picture), slot) is None
    sizes = {
        ("extend_guides", "colours"): ((80, 64), (0.8, 0.5, 0.2, 0.0)),
        ("sheet_guides", "colours"): ((96, 48), (0, 0, 0, 0)),
        ("sheet_guides", "source_colours"): ((64, 32), (1, 1, 0, 0)),
    }
    for (picture, slot), (size, frame) in sizes.items():
        with image_editor() as space:
            assert bpy.ops.svbrdf.paint_guide(picture=picture, guide=slot) == {"FINISHED"}
            image = getattr(getattr(ours, picture), slot)
            assert tuple(image.size) == size and space.image == image == paint().canvas
            memory = bpy.context.scene.svbrdf_painting
            assert tuple(memory.frame) == pytest.approx(frame) and memory.guide == f"{picture}.{slot}"
            bpy.ops.svbrdf.paint_done()
            assert space.image != image
    assert_nothing_left()


def test_smaller_maps_have_whole_pixels_in_the_extended_picture_too() -> None:
    material = make_textured()
    nodes, links = material.node_tree.nodes, material.node_tree.links
    small = nodes.new("ShaderNodeTexImage")
    small.image = bpy.data.images.new("small", 16, 8)
    links.new(small.outputs[0], next(node for node in nodes if node.type == "BSDF_PRINCIPLED").inputs["Roughness"])
    material.svbrdf.extend_left, material.svbrdf.extend_top = 5, 1
    assert guides.size_of(material, "extend_guides", "protect", select(material)) == (36, 72)


def test_guides_are_read_as_they_are_stored_with_the_top_row_first() -> None:
    material = make_textured()
    assert not read(material)
    own = material.svbrdf.guides
    give(material, "guides", "colours", BYTES)
    give(material, "guides", "grain_image", BYTES[..., :1], is_data=True)
    assert read(material).grain is None  # as long as the grain does not matter
    own.grain = "IMAGE"
    mask = np.zeros((32, 64, 1), np.uint8)
    mask[:4, :9] = 255
    give(material, "guides", "protect", mask, is_data=True)
    for canvas in (None, job.TileSpec()):
        found = read(material, canvas)
        np.testing.assert_array_equal(found.colours, BYTES)
        np.testing.assert_array_equal(found.grain, BYTES[..., 0])
        np.testing.assert_array_equal(found.protect[0] > 0, mask[..., 0] > 0)
    assert not read(material, job.ExtendSpec(left=8)) and not read(material, job.GrowSpec((96, 96)))
    own.grain = "AUTO"
    assert read(material).grain == "auto"
    give(material, "guides", "protect", mask * 0, is_data=True)
    assert read(material).protect == ()  # nothing was painted


def test_an_image_of_another_size_is_said_before_anything_is_sent_and_fitted_at_a_click() -> None:
    make_user()
    material = bpy.data.materials["Oak"]
    ours = material.svbrdf
    give(material, "guides", "colours", BYTES[:16])
    assert refused(material) == (
        "“my colours” (Colors) is 64 x 16 and the picture is 64 x 32; make it of that size or take it out under Guides."
    )
    assert "It is 64 x 16, and 64 x 32 is needed." in draw(material, "guides").text.replace("  ", " ")
    with pytest.raises(RuntimeError, match="the picture is 64 x 32"):
        bpy.ops.svbrdf.make_tileable()
    assert not part("session.state").state.fills
    bpy.ops.svbrdf.paint_guide(picture="guides", guide="colours")
    np.testing.assert_array_equal(guide.read_colours(ours.guides.colours), BYTES[:16].repeat(2, 0))
    bpy.ops.svbrdf.paint_done()
    give(material, "extend_guides", "protect", BYTES[..., :1])
    assert "the extended picture will be 72 x 32" in refused(material, job.ExtendSpec(right=8))
    give(material, "sheet_guides", "source_colours", BYTES[:9])
    assert "the material is 64 x 32" in refused(material, job.GrowSpec((64, 64)))


def test_what_was_painted_moves_with_the_picture_and_back() -> None:
    material = make_textured()
    own = material.svbrdf.guides
    mine = bpy.data.images.new("mine", 64, 32)
    own.protect = mine
    for slot in ("colours", "grain_image"):
        give(material, "guides", slot, BYTES, is_data=slot == "grain_image")
    guides.move_guides(material, (32, 64), (8, 16), (48, 80))
    moved, grain = guide.read_colours(own.colours), guide.read_colours(own.grain_image)
    np.testing.assert_array_equal(moved[8:40, 16:], BYTES)
    assert moved.shape == (48, 80, 3) and not moved[:8].any() and not moved[40:].any() and not moved[:, :16].any()
    np.testing.assert_array_equal(grain, np.pad(BYTES, ((8, 8), (16, 0), (0, 0)), "edge"))
    assert own.protect == mine and tuple(mine.size) == (64, 32) and own.colours.name == "my colours"
    guides.move_guides(material, (48, 80), (-8, -16), (32, 64))
    np.testing.assert_array_equal(guide.read_colours(own.colours), BYTES)
    assert sorted(image.name for image in bpy.data.images if guide.is_guide(image)) == ["my colours", "my grain_image"]


def test_colours_of_a_sheet_need_those_of_the_material_and_the_other_way_round() -> None:
    material = make_textured()
    sheet = job.GrowSpec((64, 32))
    give(material, "sheet_guides", "colours", BYTES)
    assert "“Colors of the Material” is missing under Guides for Grow" in refused(material, sheet)
    give(material, "sheet_guides", "source_colours", BYTES[::-1])
    found = read(material, sheet)
    np.testing.assert_array_equal(found.source_colours, BYTES[::-1])
    material.svbrdf.sheet_guides.colours = None
    assert "“Colors” is missing" in refused(material, sheet)


def test_what_cannot_be_a_guide_is_said() -> None:
    material = make_textured()
    own = material.svbrdf.guides
    own.grain = "IMAGE"
    assert "press New under Guides" in refused(material)
    own.grain = "NONE"
    own.protect = bpy.data.images.new("film", 64, 32)
    own.protect.source = "SEQUENCE"
    assert "“film" not in refused(material) and "is a sequence" in refused(material)
    own.protect = mine = bpy.data.images.new("mine", 64, 32)
    make_grid(material)
    with pytest.raises(RuntimeError, match="an image of your own"):
        bpy.ops.svbrdf.paint_guide(picture="guides", guide="protect")
    assert "svbrdf.paint_guide" not in [
        name for name, given in draw(material, "guides").operators if given["guide"] == "protect"
    ]
    assert own.protect == mine
    with pytest.raises(RuntimeError, match="Guides for Grow have no Protect"):
        bpy.ops.svbrdf.paint_guide(picture="sheet_guides", guide="protect")


def test_each_picture_shows_the_guides_that_it_may_have() -> None:
    material = make_textured()
    material.svbrdf.sheet_guides.grain = "IMAGE"
    shown = {picture: draw(material, picture) for picture in PICTURES}
    assert shown["guides"].props == shown["extend_guides"].props == ["protect", "colours", "grain"]
    assert shown["sheet_guides"].props == ["colours", "source_colours", "grain", "angle", "grain_image"]
    pressed = [values for _, values in shown["sheet_guides"].operators]
    assert {(one["picture"], one["guide"]) for one in pressed} == {
        ("sheet_guides", slot) for slot in ("colours", "source_colours", "grain_image")
    }
    make_grid(material)
    bpy.ops.svbrdf.paint_guide(picture="guides", guide="colours")
    said = draw(material, "guides")
    assert "svbrdf.paint_done" in said.buttons and "color" in said.props
    hole = Drawn()
    part("ui.draw_inputs").draw_hole(Layout(hole), bpy.context, material, None)
    assert "svbrdf.paint_hole" in hole.buttons and "svbrdf.paint_done" not in hole.buttons
    bpy.ops.svbrdf.paint_done()


def test_painting_a_guide_ends_where_the_user_turns_to_another_object() -> None:
    make_user()
    bpy.ops.svbrdf.paint_guide(picture="guides", guide="protect")
    bpy.ops.object.mode_set(mode="OBJECT")
    make_grid(make_textured())
    bpy.ops.object.mode_set(mode="TEXTURE_PAINT")
    assert part("session.timer")._follow_painting()
    assert not bpy.context.scene.svbrdf_painting.active


def test_a_painted_guide_is_saved_with_the_file(tmp_path: Any) -> None:
    make_user()
    bpy.ops.svbrdf.paint_guide(picture="guides", guide="colours")
    image = bpy.data.materials["Oak"].svbrdf.guides.colours
    image.pixels.foreach_set(np.ones(len(image.pixels), np.float32))
    image.update()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "oak.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "oak.blend"))
    assert guide.read_colours(bpy.data.materials["Oak"].svbrdf.guides.colours).min() == 255
    assert bpy.context.scene.svbrdf_painting.guide == "guides.colours"
    bpy.ops.svbrdf.paint_done()
    assert_nothing_left()
