"""A sheet grown from a material, and fills by guides, through the real service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.blender.helper import part
from tests.blender.test_canvases import base, hole_of, matrix_of, newest, put_hole
from tests.blender.test_guides import draw
from tests.blender.walls import SIDE, inside, make_wall, session_state, shown_images

pytestmark = [pytest.mark.usefixtures("fresh_session"), pytest.mark.ends]
CORNER = (2, 2, 10, 10)


def give(material: Any, picture: str, slot: str, samples: NDArray[np.uint8]) -> None:
    image = part("holes.guide").make_guide(slot, samples, is_data=slot in ("protect", "grain_image"))
    setattr(getattr(material.svbrdf, picture), slot, image)


def recolour(material: Any, light: NDArray[np.bool_]) -> None:
    """Make a flat material whose images are light in some pixels (top row first) and dark in the others."""
    noise = np.random.default_rng(1).random((SIDE, SIDE)) * 0.1
    values = np.ones((SIDE, SIDE, 4), np.float32)
    values[..., :3] = np.where(light, 0.8, 0.1)[::-1, :, None] + noise[..., None]
    flat = np.ones_like(values) * np.array([0.5, 0.5, 1, 1], np.float32)
    for role, name in shown_images(material).items():
        bpy.data.images[name].pixels.foreach_set((flat if role == "normal" else values).ravel())
        bpy.data.images[name].pack()


def test_a_sheet_shows_at_the_scale_of_the_material_and_revert_takes_all_back(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    material.svbrdf.mode = "REPLACE"
    other = material.copy()
    old, nodes = base(material), len(material.node_tree.nodes)
    put_hole(material, CORNER)
    assert bpy.ops.svbrdf.grow(width=96, height=80) == {"FINISHED"}
    new = base(material)
    assert new.shape[:2] == (80, 96) and np.ptp(new[..., 0], (0, 1)) > 0.1
    assert {tuple(bpy.data.images[name].size) for name in shown_images(material).values()} == {(96, 80)}
    assert matrix_of(material) == pytest.approx((2 / 3, 0, 0, 0, 0.8, 0))
    assert newest().note == (
        "The scale on the surface stays as it was: the Mapping node “Inpaint Grow” was put before the images. "
        "The object shows as much of the sheet as it showed of the old picture; scale its UVs for more."
    )
    assert shown_images(other)["basecolor"] == "wall_basecolor.png" and matrix_of(other)[0] == 1
    assert material.svbrdf_hole is None and not material.svbrdf.filled
    bpy.ops.svbrdf.grow(seed=5)
    assert base(material).shape == new.shape and len(part("session.finishing").jobs_in(material)) == 2
    bpy.ops.svbrdf.revert()
    assert np.array_equal(base(material), new) and material.svbrdf_hole is None
    assert bpy.ops.svbrdf.revert() == {"FINISHED"}
    assert np.array_equal(base(material), old) and matrix_of(material) == (1, 0, 0, 0, 1, 0)
    assert len(material.node_tree.nodes) == nodes and np.array_equal(hole_of(material), inside(CORNER))


def test_kept_a_sheet_has_files_of_its_own(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    assert bpy.ops.svbrdf.grow(width=48, height=96, keep=True) == {"FINISHED"}
    image = bpy.data.images.load(str(tmp_path / "wall_basecolor_inpaint.png"))
    assert tuple(image.size) == (48, 96) and not len(material.svbrdf_changes)
    assert matrix_of(material)[0] == pytest.approx(64 / 48)


def test_a_sheet_follows_colours(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    y, x = np.mgrid[:SIDE, :SIDE]
    recolour(material, x < 32)
    colours = {"source_colours": x < 32, "colours": y >= 32}  # light to the left; wanted below
    for slot, light in colours.items():
        give(material, "sheet_guides", slot, np.where(light, 255, 0).astype(np.uint8)[..., None].repeat(3, 2))
    bpy.ops.svbrdf.grow(width=SIDE, height=SIDE)
    sheet = base(material)[..., 0]
    assert (sheet[:28] < 0.5).mean() > 0.95 and (sheet[36:] > 0.5).mean() > 0.95


def test_structure_in_a_hole_goes_where_it_is_protected(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    y, x = np.mgrid[:SIDE, :SIDE]
    vine = np.abs(x - 32 - 3 * np.sin(y / 5)) < 4
    recolour(material, vine)
    wanted = vine.copy()
    wanted[24:40] = np.abs(x[24:40] - 20) < 4  # in the hole it takes another way
    give(material, "guides", "protect", wanted.astype(np.uint8)[..., None] * 255)
    put_hole(material, (8, 24, 48, 40))
    bpy.ops.svbrdf.inpaint()
    after = base(material)[..., 0] > 0.5
    assert (after[27:37, 9:47] == wanted[27:37, 9:47]).mean() > 0.93


def test_new_sides_follow_the_guides_of_the_extended_picture(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    recolour(material, np.mgrid[:SIDE, :SIDE][0] < 32)
    light = np.zeros((SIDE, SIDE + 32), np.bool_)
    light[:32, :SIDE] = light[32:, SIDE:] = True  # the other way round in the new side
    give(material, "extend_guides", "colours", np.where(light, 255, 0).astype(np.uint8)[..., None].repeat(3, 2))
    give(material, "extend_guides", "grain_image", np.zeros((SIDE, SIDE + 32, 1), np.uint8))
    material.svbrdf.extend_guides.grain = "IMAGE"
    give(material, "guides", "protect", np.zeros((SIDE, SIDE, 1), np.uint8))
    bpy.ops.svbrdf.extend(right=32)
    assert tuple(material.svbrdf.guides.protect.size) == (SIDE + 32, SIDE)  # it goes along
    assert (((base(material)[..., 0] > 0.5) == light)[:, SIDE + 4 :]).mean() > 0.9


def test_a_method_that_follows_no_guides_says_so_before_anything_is_sent(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    put_hole(material, CORNER)
    bpy.ops.svbrdf.inpaint()  # so that the service was asked
    material.svbrdf.guides.grain = "AUTO"
    put_hole(material, CORNER)
    for method in ("diffusion", "auto"):
        with pytest.raises(RuntimeError, match="cannot follow guides; take them out, or choose Patches"):
            bpy.ops.svbrdf.inpaint(method=method)
    assert len(session_state().fills) == 1
    material.svbrdf.guides.grain = "NONE"
    said = draw(material, "guides")
    assert "cannot follow guides" in said.text and not said.props and not said.operators
    material.svbrdf.method = "patch"
    assert draw(material, "guides").props
