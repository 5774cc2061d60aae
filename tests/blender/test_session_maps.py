"""Images that hold several maps, or a map turned round, or are of another size than the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.blender.helper import part
from tests.blender.test_session_images import fill_and_check, node
from tests.blender.walls import HOLE, SIDE, inside, make_surface, make_wall, pixels

pytestmark = pytest.mark.usefixtures("fresh_session")


def orm(material: Any) -> None:
    """Roughness and metallic out of one image's green and blue; its red is used by nothing."""
    tree, texture = material.node_tree, node(material, "roughness")
    image = texture.image
    values = np.ones((SIDE, SIDE, 4), np.float32)
    for channel, role in enumerate(("normal", "roughness", "metallic")):
        values[..., channel] = make_surface(3)[role][..., 0]
    values[::-1][inside()] = (0.1, 0.3, 0.9, 1)  # a blot, that nothing elsewhere looks like
    image.pixels.foreach_set(values.ravel())
    image.save()
    shader = next(one for one in tree.nodes if one.type == "BSDF_PRINCIPLED")
    tree.nodes.remove(node(material, "metallic"))
    parts = tree.nodes.new("ShaderNodeSeparateColor")
    tree.links.new(texture.outputs[0], parts.inputs[0])
    tree.links.new(parts.outputs[2], shader.inputs["Metallic"])
    tree.links.new(parts.outputs[1], shader.inputs["Roughness"])


def test_a_packed_image_of_three_maps_is_filled_once(tmp_path: Path) -> None:
    """Contract B3."""
    material = make_wall(tmp_path)
    orm(material)
    selection = part("session.selection").select(material, anew=True)
    channels = {row.use.channels for row in selection.rows if row.image.name == "wall_roughness.png"}
    assert channels == {"R", "G", "B"}
    fill_and_check(material)
    new, old = pixels("wall_roughness_inpaint.png"), pixels("wall_roughness.png")
    changed = np.abs(new - old)[HOLE[1] : HOLE[3], HOLE[0] : HOLE[2]].max((0, 1)) > 0
    assert changed[:3].all()  # the unused one too


def test_glossiness_through_an_invert_node_is_filled_as_such(tmp_path: Path) -> None:
    """Contract B3."""
    material = make_wall(tmp_path)
    tree = material.node_tree
    invert = tree.nodes.new("ShaderNodeInvert")
    shader = next(one for one in tree.nodes if one.type == "BSDF_PRINCIPLED")
    tree.links.new(node(material, "roughness").outputs[0], invert.inputs["Color"])
    tree.links.new(invert.outputs[0], shader.inputs["Roughness"])
    rows = part("session.selection").select(material, anew=True).rows
    assert next(row.use.inverted for row in rows if row.use.role == "roughness")
    fill_and_check(material)


def test_one_map_of_half_the_size_is_filled_with_the_others(tmp_path: Path) -> None:
    """Contract B3."""
    material = make_wall(tmp_path)
    image = node(material, "roughness").image
    image.scale(SIDE // 2, SIDE // 2)
    image.save()
    fill_and_check(material)
