"""The preview plane: one picture for the same maps, however they are stored; no difference outside the hole."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from tests.blender.helper import part
from tests.blender.preview_helper import SIZE, draw_preview, images, maps, material, read_picture

pytestmark = pytest.mark.ends
HOLE = (slice(20, 40), slice(8, 30))
"""In texels, bottom row first."""


def fill_maps(seed: int = 11) -> dict[str, np.ndarray]:
    """The maps with other texels in the hole."""
    old, other = maps(), maps(seed)
    for kind, pixels in old.items():
        pixels[HOLE] = other[kind][HOLE]
    return old


def test_a_filled_material_looks_as_the_same_maps_saved_and_loaded_by_hand(tmp_path: Path) -> None:
    new = images(fill_maps(), "_inpaint")
    material("Wall", new)
    by_hand = {}
    for kind, image in new.items():
        (tmp_path / f"{kind}.png").write_bytes(image.packed_file.data)
        by_hand[kind] = bpy.data.images.load(str(tmp_path / f"{kind}.png"))
        by_hand[kind].colorspace_settings.name = image.colorspace_settings.name
    material("By hand", by_hand)
    ours, theirs = draw_preview(tmp_path, material="Wall"), draw_preview(tmp_path, material="By hand")
    picture = read_picture(ours.after)
    np.testing.assert_array_equal(picture, read_picture(theirs.after))
    assert np.ptp(picture) > 50, "nothing can be seen"
    material("Other", images(maps()))
    assert (read_picture(draw_preview(tmp_path, material="Other").after) != picture).any()


@pytest.mark.parametrize("view", ["STRAIGHT", "SLANTED"])
def test_nothing_differs_outside_the_footprint_of_the_hole(tmp_path: Path, view: str) -> None:
    old, new = images(maps()), images(fill_maps(), "_inpaint")
    material("Wall", new)
    before = {new[kind].name: old[kind].name for kind in old}
    pictures = draw_preview(tmp_path, material="Wall", before=before, view=view, size=SIZE * 4)
    difference = read_picture(pictures.difference).max(axis=2)
    assert difference.max() > 100
    assert (
        pictures.changed
        == np.count_nonzero((read_picture(pictures.before) != read_picture(pictures.after)).any(axis=2))
        / difference.size
    )
    if view == "STRAIGHT":
        rows, columns = HOLE
        outside = np.ones((SIZE, SIZE), bool)  # the filter of texture and pixel reaches one texel
        outside[rows.start - 1 : rows.stop + 1, columns.start - 1 : columns.stop + 1] = False
        assert not difference[np.kron(outside[::-1], np.ones((4, 4), bool))].any()
        inside = difference[(SIZE - rows.stop) * 4 : (SIZE - rows.start) * 4, columns.start * 4 : columns.stop * 4]
        assert np.count_nonzero(inside) > 0.9 * inside.size
    else:
        assert 0 < pictures.changed < 0.15


def test_before_is_the_material_with_the_old_images(tmp_path: Path) -> None:
    old, new = images(maps()), images(fill_maps(), "_inpaint")
    material("Wall", new)
    material("As it was", old)
    pictures = draw_preview(tmp_path, material="Wall", before={new[kind].name: old[kind].name for kind in old})
    np.testing.assert_array_equal(
        read_picture(pictures.before), read_picture(draw_preview(tmp_path, material="As it was").after)
    )
    assert (read_picture(pictures.before) != read_picture(pictures.after)).any()


def test_before_an_extension_is_the_old_picture_where_it_lay(tmp_path: Path) -> None:
    old = images(maps())
    made = material("Wall", old)
    material("As it was", old)
    placing, larger = part("material.placing"), {}
    for kind, pixels in maps().items():
        larger[kind] = np.full((SIZE + 32, SIZE + 32, 4), 255, np.uint8)
        larger[kind][32:, 32:] = pixels
    new = images(larger, " larger")
    frame = placing.Frame(left=32, top=0, width=SIZE, height=SIZE, size=(SIZE + 32, SIZE + 32))
    named = {old[kind].name_full: new[kind] for kind in old}
    part("material.changes").apply(made, named, mode="BESIDE", frame=frame)
    request = part("session.pictures")._preview_request(bpy.context, made, None)
    drawn = draw_preview(tmp_path, material="Wall", before=request.before, knobs=request.knobs, view="STRAIGHT")
    as_it_was = read_picture(draw_preview(tmp_path, material="As it was", view="STRAIGHT").after)
    np.testing.assert_array_equal(read_picture(drawn.before), as_it_was)
    inner = slice(3, -3), slice(3, -3)  # at the very edge the larger picture goes on where the old one began anew
    gaps = read_picture(drawn.after)[inner].astype(int) - as_it_was[inner]
    assert np.abs(gaps).max() <= 2 and np.ptp(as_it_was) > 50
    assert request.matrix[0] == pytest.approx(SIZE / (SIZE + 32))


@pytest.mark.parametrize("kind", ["dirty", "generated", "float"])
def test_pixels_that_are_in_memory_alone_are_drawn(tmp_path: Path, kind: str) -> None:
    """Contract B3."""
    pixels = fill_maps()
    material("Wall", images(pixels))
    expected = read_picture(draw_preview(tmp_path, material="Wall").after)
    if kind == "dirty":  # painted on after it was packed
        made = images(maps(), "_2")
        for name, image in made.items():
            image.pixels.foreach_set((pixels[name] / np.float32(255)).ravel())
            image.update()
    elif kind == "generated":
        made = images(pixels, "_2", packed=False)
    else:
        made = images(pixels, "_2")
        for name in ("roughness", "normal"):  # data, so that floats mean the same as bytes
            made[name] = bpy.data.images.new(name + "_f", SIZE, SIZE, alpha=True, float_buffer=True, is_data=True)
            made[name].pixels.foreach_set((pixels[name] / np.float32(255)).ravel())
            made[name].update()
    assert kind == "float" or all(image.is_dirty for image in made.values())
    material("In memory", made)
    apart = np.abs(read_picture(draw_preview(tmp_path, material="In memory").after).astype(int) - expected)
    assert apart.max() <= (1 if kind == "float" else 0)
    assert kind == "float" or all(image.is_dirty and image.name.endswith("_2") for image in made.values())


def test_an_image_whose_file_is_gone_is_drawn_from_memory(tmp_path: Path) -> None:
    """Contract B3."""
    made = images(maps())
    expected = read_picture(draw_preview(tmp_path, material=material("Packed", made).name).after)
    for kind, image in made.items():
        path = tmp_path / f"{kind}.png"
        path.write_bytes(image.packed_file.data)
        image.unpack(method="REMOVE")
        image.filepath = str(path)
        assert image.pixels[0] >= 0  # loads it
        path.unlink()
    np.testing.assert_array_equal(read_picture(draw_preview(tmp_path, material="Packed").after), expected)


def test_the_plane_shows_the_image_once_through_a_mapping(tmp_path: Path) -> None:
    made = images(maps())
    material("Plain", made)
    mapped = material("Mapped", made)
    tree = mapped.node_tree
    place, where = tree.nodes.new("ShaderNodeMapping"), tree.nodes.new("ShaderNodeUVMap")
    where.uv_map = "Second"
    place.inputs["Scale"].default_value = (4.0, 2.0, 1.0)
    place.inputs["Location"].default_value = (0.25, 0.5, 0.0)
    tree.links.new(where.outputs["UV"], place.inputs["Vector"])
    for node in [node for node in tree.nodes if node.type == "TEX_IMAGE"]:
        tree.links.new(place.outputs["Vector"], node.inputs["Vector"])
    matrix = (4.0, 0.0, 0.25, 0.0, 2.0, 0.5)
    plain = read_picture(draw_preview(tmp_path, material="Plain").after).astype(int)
    once = read_picture(draw_preview(tmp_path, material="Mapped", matrix=matrix).after)
    assert np.abs(once - plain).mean() < 0.5
    assert np.abs(read_picture(draw_preview(tmp_path, material="Mapped").after) - plain).mean() > 5


def test_displacement_is_named(tmp_path: Path) -> None:
    made = images(maps())
    tree = material("Wall", made).node_tree
    bump = tree.nodes.new("ShaderNodeDisplacement")
    texture = next(node for node in tree.nodes if node.type == "TEX_IMAGE")
    tree.links.new(texture.outputs["Color"], bump.inputs["Height"])
    tree.links.new(bump.outputs["Displacement"], tree.nodes["Material Output"].inputs["Displacement"])
    assert any("bump" in word for word in draw_preview(tmp_path, material="Wall").words)


def test_a_tall_image_gives_a_tall_picture(tmp_path: Path) -> None:
    tall = {kind: np.concatenate([pixels, pixels]) for kind, pixels in maps().items()}
    material("Tall", images(tall))
    assert read_picture(draw_preview(tmp_path, material="Tall").after).shape[:2] == (96, 48)
