"""What the tab says: of holes that nobody sees, in the width there is, once, and when it can be known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.helper import part
from tests.blender.hole_users import make_grid, make_textured
from tests.blender.layouts import Drawn, Layout
from tests.blender.trees import Build

surface, outcomes, inputs = part("holes.surface"), part("ui.draw_outcomes"), part("ui.draw_inputs")


def draw_maps(material: Any) -> Drawn:
    said = Drawn()
    inputs.draw_maps(Layout(said), part("session.selection").select(material, anew=True))
    return said


def squeeze(thing: Any, scale: float, shift: float = 0.0) -> None:
    for loop in thing.data.uv_layers[0].uv:
        loop.vector = (loop.vector.x * scale + shift, loop.vector.y * scale + shift)


@pytest.mark.parametrize(("shift", "unseen"), [(0.0, True), (1.0, True), (0.5, False), (-0.5, False)])
def test_a_box_that_no_face_shows_is_said(capfd: pytest.CaptureFixture[str], shift: float, unseen: bool) -> None:
    material = make_textured()
    squeeze(make_grid(material), 0.4, shift)
    assert bpy.ops.svbrdf.box_hole(box=(0.6, 0.6, 0.8, 0.8)) == {"FINISHED"}
    assert ("The hole lies where no face shows “Oak”" in capfd.readouterr().out) == unseen
    mask = part("holes.raster").box_mask((0.1, 0.1, 0.8, 0.8), (32, 64))
    assert not surface.is_seen_nowhere(material, mask)


def test_of_a_material_that_no_object_has_it_is_not_told_where_a_hole_is_seen() -> None:
    material = make_textured()
    assert not surface.is_seen_nowhere(material, np.ones((8, 8), np.bool_))
    squeeze(make_grid(material), 0.4)
    other = make_textured()
    bpy.context.object.data.materials.append(other)
    assert surface.is_seen_nowhere(other, np.ones((8, 8), np.bool_))  # in a slot that no face has


def test_long_names_keep_the_ends_that_tell_them_apart_and_their_channels() -> None:
    build = Build()
    shader, split = build.principled(), build.node("SeparateColor")
    packed = build.image("FlightHelmet_Materials_RubberWood_OcclusionRoughMetal.png")
    packed.image.pixels.foreach_set(np.random.default_rng(0).random(64, np.float32))
    packed.image.pack()
    build.link(packed, "Color", split, "Color")
    build.link(split, "Green", shader, "Roughness")
    build.link(split, "Blue", shader, "Metallic")
    texts = draw_maps(build.material).texts
    names = [text for text in texts if " · " in text]
    assert names == [f"…nRoughMetal · {letter}" for letter in "GBR"]
    assert all(len(text) <= 16 for text in texts)
    assert "OCCLUSION" not in texts and inputs.title_of("ao") == "Occlusion"


def test_a_grey_image_behind_a_separate_node_is_one_row() -> None:
    build = Build()
    split = build.node("SeparateColor")
    grey = build.image("grey")
    values = np.ones((16, 4), np.float32)
    values[:, :3] = np.linspace(0, 1, 16)[:, None]
    grey.image.pixels.foreach_set(values.ravel())
    grey.image.pack()
    build.link(grey, "Color", split, "Color")
    build.link(split, "Red", build.principled(), "Roughness")
    select = part("session.selection").select
    assert [row.use.channels for row in select(build.material, anew=True).rows] == ["R"]
    values[3, 1] = 0.9
    grey.image.pixels.foreach_set(values.ravel())
    assert {row.use.channels for row in select(build.material, anew=True).rows} == {"R", "G", "B"}


def test_a_sentence_is_said_once_and_does_not_begin_with_its_map_twice() -> None:
    build = Build()
    build.link(build.node("TexImage", "empty"), "Color", build.principled(), "Base Color")
    text = draw_maps(build.material).text
    assert text.count("Base colour") == 1 and "Base Color:" not in text


def test_a_shared_group_is_named_once_for_all_its_images() -> None:
    tree = bpy.data.node_groups.new("shared", "ShaderNodeTree")
    for name in ("one", "two", "three"):
        tree.nodes.new("ShaderNodeTexImage").image = bpy.data.images.new(name, 4, 4)
    materials = [make_textured(), make_textured()]
    for material in materials:
        material.node_tree.nodes.new("ShaderNodeGroup").node_tree = tree
    new = {name: bpy.data.images.new(f"{name} new", 4, 4) for name in ("one", "two", "three")}
    said = part("material.changes").apply(materials[0], new, mode="BESIDE")
    assert sum("is used elsewhere too" in sentence for sentence in said) == 1


def test_what_the_service_says_of_a_result_stands_above_its_variations() -> None:
    material, Fill = make_textured(), part("session.state").Fill
    DatablockRef = part("session.state").DatablockRef
    job = part("job")
    along = {"kind": "channels", "words": "choose it", "values": {}}
    tiles = {"kind": "tileable", "words": "say so if it does", "values": {}}
    remarks = (
        {"text": "", "fact": "0.png: channel A is filled along", "remedies": [along]},
        {"text": "", "fact": "It does not tile", "remedies": [tiles]},
    )
    result = job.Result("a" * 32, "m", (job.Variation(1, 0, {}),), 1.0, remarks)
    fill = Fill(DatablockRef(0, material.name), {"0.png": DatablockRef(0, "Bark")}, "BESIDE", 0)
    fill.watch = SimpleNamespace(status=replace(job.Status(), phase="done", job="a" * 32, result=result))
    said = Drawn()
    outcomes.draw_results(Layout(said), material, [fill])
    assert "“Bark”: channel A is filled along." in said.text
    assert "It does not tile; say so if it does (Tiles under Method)." in said.text


def test_the_time_left_is_told_once_it_is_known() -> None:
    status = replace(part("job").Status(), phase="running", left=None, fraction=0.001, elapsed=12.0)
    assert outcomes.describe_time(status) == "12 s"
    assert outcomes.describe_time(replace(status, elapsed=70.0)) == "1:10 min"
    assert outcomes.describe_time(replace(status, left=3480.0, fraction=0.05, elapsed=70.0)) == "58:00 min left"


def test_a_job_that_an_earlier_blender_left_is_offered_where_the_material_is(tmp_path: Path) -> None:
    material = make_textured()
    Record = part("job").Record
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "oak.blend"))
    mine = Record("a" * 32, "http://127.0.0.1:1", bpy.data.filepath, "Oak", {}, 1.8e9)
    others = [replace(mine, job="b" * 32, material="Brick"), replace(mine, job="c" * 32, blend="/elsewhere.blend")]
    said = Drawn()
    outcomes.draw_left_behind(Layout(said), material, [mine, *others])
    assert [values for name, values in said.operators if name == "svbrdf.pick_up"] == [{"job": mine.job}]
    many = [replace(mine, job=letter * 32) for letter in "defg"]
    said = Drawn()
    outcomes.draw_left_behind(Layout(said), material, many)
    assert [values["job"][0] for name, values in said.operators if name == "svbrdf.pick_up"] == ["d", "e"]
    change = material.svbrdf_changes.add()
    change.job = mine.job
    said = Drawn()
    outcomes.draw_left_behind(Layout(said), material, [mine])
    assert not said.operators


def test_drawing_tells_how_long_it_takes() -> None:
    pictures = part("session.pictures").pictures
    pictures.running, pictures.began = SimpleNamespace(fraction=0.5), 0.0
    said = Drawn()
    try:
        outcomes.draw_pictures(Layout(said), make_textured())
    finally:
        pictures.running = None
    assert any(text.startswith("Drawing… ") and text[-1] in "sninh" for text in said.texts)


def test_a_title_of_settings_that_does_not_fit_stands_above_its_value() -> None:
    ours = make_textured().svbrdf
    for title in ("Steps", "Probability of a mirrored example"):
        one = ours.settings.add()
        one.name = one.title = title
        one.kind = "integer"
    described = {"presets": {}, "name": "patch"}
    said = Drawn()
    settings = part("session.settings")
    before, settings.describe_method = settings.describe_method, lambda name: described
    try:
        inputs.draw_settings(Layout(said), ours)
    finally:
        settings.describe_method = before
    assert said.texts == ["Steps", "Probability of a mirrored example"] and said.props == ["integer", "integer"]


def test_a_thumbnail_is_the_part_of_the_picture_with_the_hole() -> None:
    samples = np.random.default_rng(1).integers(0, 256, (40, 60, 3), np.uint8)
    arrays, making = part("client.arrays"), part("images.making")
    before = set(bpy.data.images)
    part_of_it = making.crop_picture(arrays.encode_png(samples), (0.5, 0.25, 0.75, 0.75))
    assert set(bpy.data.images) == before
    image = making.load_packed(part_of_it, ".png")
    flat = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(flat)
    assert tuple(image.size) == (15, 20)
    found = flat.reshape(20, 15, -1)[::-1, :, :3]
    np.testing.assert_array_equal((found * 255 + 0.5).astype(np.uint8), samples[10:30, 30:45])


def test_a_hole_that_is_drawn_while_a_result_is_not_kept_shows_in_red() -> None:
    material, mask = make_textured(), part("holes.mask")
    box = part("holes.raster").box_mask((0.1, 0.1, 0.8, 0.8), (32, 64))
    mask.put_mask(material, box)
    assert mask.is_waiting(material)
    material.svbrdf.filled = True  # as a result leaves it that was put in
    assert not mask.is_waiting(material)
    mask.put_mask(material, box)
    assert mask.is_waiting(material)


def test_other_materials_that_show_the_same_image_are_named() -> None:
    material = make_textured()
    other = material.copy()
    other.name = "Fence"
    selection = part("session.selection")
    said = selection.explain_sharing(material, selection.select(material, anew=True))
    assert len(said) == 1 and "“Fence”" in said[0]


def draw_canvas(material: Any, *, busy: bool = False) -> Drawn:
    said, selection = Drawn(), part("session.selection")
    seen = selection.inspect_hole(material)
    inputs.draw_canvas(Layout(said), material, seen, selection.select(material, anew=True), busy=busy)
    return said


def test_more_than_holes_says_whether_a_hole_goes_along_and_where_results_go() -> None:
    material, mask = make_textured(), part("holes.mask")
    said = draw_canvas(material)
    assert {"svbrdf.make_tileable", "svbrdf.extend", "svbrdf.grow"} == said.buttons and not said.texts
    assert {"tile_axis", "tile_band", "tile_flatten", "extend_left", "extend_bottom", "sheet_width"} <= set(said.props)
    mask.put_mask(material, part("holes.raster").box_mask((0.1, 0.1, 0.8, 0.8), (32, 64)))
    material.svbrdf.mode = "REPLACE"
    text = draw_canvas(material).text
    assert "The hole is filled along with it." in text and "always go beside the old ones" in text
    material.svbrdf.filled = True
    assert "filled along" not in draw_canvas(material).text


def test_results_on_top_of_one_another_are_counted_and_go_back_by_steps_or_at_once() -> None:
    material = make_textured()
    for step in (1, 2):
        change = material.svbrdf_changes.add()
        change.step = step
        said = Drawn()
        outcomes.draw_results(Layout(said), material, [])
        reverts = [values for name, values in said.operators if name == "svbrdf.revert"]
        assert reverts == ([{}] if step == 1 else [{}, {"every": True}]) and "svbrdf.retry_part" in said.buttons
    assert "Back One Step" in said.texts and "2 steps" in said.texts
