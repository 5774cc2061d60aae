"""The picture as a whole: extended with its place on the surface kept, made to tile, and taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.helper import part
from tests.blender.walls import inside, make_wall, pixels, session_state, shown_images

pytestmark = pytest.mark.usefixtures("fresh_session")


def base(material: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
    return pixels(shown_images(material)["basecolor"]).copy()


def matrix_of(material: Any) -> tuple[float, ...]:
    """From UV to the image of the base colour, as the add-on follows the nodes."""
    found = part("session.selection").select(material, anew=True).base.use.matrix
    return tuple(found)


def test_extended_it_lies_where_it_lay_and_revert_takes_all_back(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    old, nodes = base(material), len(material.node_tree.nodes)
    assert bpy.ops.svbrdf.extend(left=16, bottom=32) == {"FINISHED"}
    fill = session_state().fills[0]
    print(fill.note, fill.remarks)
    new = base(material)
    assert new.shape[:2] == (96, 80)
    assert np.array_equal(new[:64, 16:], old)
    print(matrix_of(material))
    assert bpy.ops.svbrdf.revert() == {"FINISHED"}
    assert len(material.node_tree.nodes) == nodes


def test_made_tileable(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    old = base(material)
    assert bpy.ops.svbrdf.make_tileable(axis="X", band=30.0) == {"FINISHED"}
    fill = session_state().fills[0]
    print(fill.note, fill.remarks)
    assert base(material).shape == old.shape
