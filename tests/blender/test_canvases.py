"""The picture as a whole, by the real service: extended, made to tile; and parts of a result filled again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.helper import part
from tests.blender.walls import box, fill_and_wait, inside, make_wall, pixels, pump, session_state, shown_images

pytestmark = [pytest.mark.usefixtures("fresh_session"), pytest.mark.ends]
PART = (22, 26, 27, 31)
"""Left, top, right and bottom of a part of the hole."""
CORNER = (2, 2, 10, 10)


def base(material: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
    return pixels(shown_images(material)["basecolor"]).copy()


def matrix_of(material: Any) -> tuple[float, ...]:
    """From UV to the image of the base colour, as the add-on follows the nodes."""
    return tuple(part("session.selection").select(material, anew=True).base.use.matrix)


def hole_of(material: Any) -> np.ndarray[Any, np.dtype[np.bool_]]:
    image = material.svbrdf_hole
    return np.asarray(part("holes.mask").read_mask(image, (image.size[1], image.size[0])))


def put_hole(material: Any, corners: tuple[int, int, int, int]) -> None:
    part("holes.mask").put_mask(material, part("holes.raster").box_mask(box(*corners), (64, 64)))


def newest() -> Any:
    return session_state().fills[0]


def test_extended_it_lies_where_it_lay_and_revert_takes_all_back(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    material.svbrdf.mode = "REPLACE"
    other = material.copy()
    old, nodes = base(material), len(material.node_tree.nodes)
    assert bpy.ops.svbrdf.extend(left=16, bottom=32) == {"FINISHED"}
    new = base(material)
    assert new.shape[:2] == (96, 80) and np.array_equal(new[:64, 16:], old)
    assert np.ptp(new[:, :16, 0]) > 0.1 and np.ptp(new[64:, :, 0]) > 0.1
    assert {tuple(bpy.data.images[name].size) for name in shown_images(material).values()} == {(80, 96)}
    assert matrix_of(material) == pytest.approx((0.8, 0, 0.2, 0, 2 / 3, 1 / 3))
    assert newest().note == (
        "The picture stays where it was: the Mapping node “Inpaint Extend” was put before the images. "
        "No face shows the new sides yet; let its UVs reach beyond the old picture."
    )
    assert shown_images(other)["basecolor"] == "wall_basecolor.png" and matrix_of(other)[0] == 1
    assert bpy.ops.svbrdf.revert() == {"FINISHED"}
    assert np.array_equal(base(material), old) and matrix_of(material) == (1, 0, 0, 0, 1, 0)
    assert len(material.node_tree.nodes) == nodes


def test_a_hole_goes_along_and_stays_in_its_place_on_the_larger_picture(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    old = base(material)
    put_hole(material, CORNER)
    bpy.ops.svbrdf.extend(right=8, top=16)
    new, moved = base(material), hole_of(material)
    changed = np.abs(new[16:, :64] - old).max(2) > 0
    assert changed.any() and not (changed & ~inside(CORNER)).any()
    assert moved.shape == (80, 72) and np.array_equal(moved[16:, :64], inside(CORNER)) and moved.sum() == 64
    assert material.svbrdf.filled
    bpy.ops.svbrdf.extend(right=8, top=0)
    assert np.array_equal(base(material)[:, :72], new)  # filled already, it does not go along again
    for size in ((80, 72), (64, 64)):
        bpy.ops.svbrdf.revert()
        assert hole_of(material).shape == size
    assert np.array_equal(hole_of(material), inside(CORNER))


def test_kept_its_files_have_the_new_size_and_the_nodes_stay(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    assert bpy.ops.svbrdf.extend(right=8, left=0, top=0, bottom=0, keep=True) == {"FINISHED"}
    image = bpy.data.images.load(str(tmp_path / "wall_basecolor_inpaint.png"))
    assert tuple(image.size) == (72, 64) and not len(material.svbrdf_changes)
    assert matrix_of(material)[0] == pytest.approx(64 / 72)


def test_made_tileable_sizes_and_uvs_stay_and_an_extension_is_said(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    old = base(material)
    material.node_tree.nodes["basecolor"].extension = "CLIP"
    assert bpy.ops.svbrdf.make_tileable(axis="X", band=30.0) == {"FINISHED"}
    new = base(material)
    changed = np.abs(new - old).max(2) > 0
    columns = np.flatnonzero(changed.any(0))
    assert new.shape == old.shape and len(columns) <= 20 and not ((columns > 10) & (columns < 53)).any()
    assert matrix_of(material) == (1, 0, 0, 0, 1, 0)
    assert newest().note == (
        "The edges meet, but “basecolor” shows the image once; set its Extension to Repeat to see it go on."
    )
    assert any("columns are filled" in sentence for sentence in newest().remarks)
    assert material.node_tree.nodes["basecolor"].extension == "CLIP" and material.svbrdf.tile_axis == "X"
    bpy.ops.svbrdf.revert()
    assert np.array_equal(base(material), old)


def test_what_cannot_be_done_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    make_wall(tmp_path)
    with pytest.raises(RuntimeError, match="Every side is extended by 0 pixels"):
        bpy.ops.svbrdf.extend()
    with pytest.raises(RuntimeError, match="flatten is YES or NO"):
        bpy.ops.svbrdf.make_tileable(flatten="TRUE")
    with pytest.raises(RuntimeError, match="tile_axis is one of BOTH, X, Y"):
        bpy.ops.svbrdf.make_tileable(axis="Z")
    assert not session_state().fills


def test_a_part_of_a_result_is_filled_again_several_times_and_back_step_by_step(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    old = base(material)
    first = fill_and_wait(material)
    pictures, seeds = [old, base(material)], [first.result.variations[0].seed]
    for _ in range(2):
        assert bpy.ops.svbrdf.retry_part() == {"FINISHED"}
        assert bpy.context.scene.svbrdf_painting.active and not hole_of(material).any()
        put_hole(material, PART)  # as strokes would
        assert bpy.ops.svbrdf.inpaint() == {"FINISHED"}
        seeds.append(newest().result.variations[0].seed)
        changed = np.abs(base(material) - pictures[-1]).max(2) > 0
        assert not (changed & ~inside(PART)).any()
        pictures.append(base(material))
    assert seeds == sorted(set(seeds)) and part("session.finishing").count_steps(material) == 3
    assert (np.abs(pictures[-1] - pictures[1]).max(2) > 0).any()
    for picture in pictures[-2::-1]:
        bpy.ops.svbrdf.revert()
        assert np.array_equal(base(material), picture)


def test_an_earlier_result_takes_out_what_lies_on_it_and_says_so(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    old = base(material)
    first = fill_and_wait(material)
    for _ in range(2):
        bpy.ops.svbrdf.retry_part()
        put_hole(material, PART)
        bpy.ops.svbrdf.inpaint()
        assert not newest().note
    assert bpy.ops.svbrdf.choose(job=first.job, variation=1) == {"FINISHED"}
    pump(lambda: first.resolved)
    assert first.note == "What was filled on top of it was taken out; Ctrl-Z brings it back."
    bpy.ops.svbrdf.retry_part()
    put_hole(material, PART)
    bpy.ops.svbrdf.inpaint()
    assert part("session.finishing").count_steps(material) == 2
    bpy.ops.svbrdf.revert(every=True)
    assert np.array_equal(base(material), old) and not len(material.svbrdf_changes)


def test_without_a_result_there_is_nothing_to_fill_again(tmp_path: Path) -> None:
    make_wall(tmp_path)
    with pytest.raises(RuntimeError, match="shows no result yet"):
        bpy.ops.svbrdf.retry_part()
