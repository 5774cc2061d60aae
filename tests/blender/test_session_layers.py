"""A layered material filled by the service: every layer that is seen, and the mask between them if it is ticked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.test_session_images import node
from tests.blender.walls import fill_and_wait, inside, make_surface, make_wall, pixels, shown_images, store_image

pytestmark = pytest.mark.usefixtures("fresh_session")


def add_layer(material: Any, folder: Path) -> None:
    """Mix base colour and normal map with those of another surface by a mask."""
    tree = material.node_tree
    shader = next(one for one in tree.nodes if one.type == "BSDF_PRINCIPLED")
    tangent = next(one for one in tree.nodes if one.type == "NORMAL_MAP")
    mask = tree.nodes.new("ShaderNodeTexImage")
    mask.name, mask.image = "mask", store_image(folder, "mask", make_surface(8)["roughness"])
    mask.image.colorspace_settings.name = "Non-Color"
    for role, target in (("basecolor", shader.inputs["Base Color"]), ("normal", tangent.inputs["Color"])):
        second, mixed = tree.nodes.new("ShaderNodeTexImage"), tree.nodes.new("ShaderNodeMix")
        second.name, second.image = f"second {role}", store_image(folder, f"second_{role}", make_surface(9)[role])
        second.image.colorspace_settings.name = "sRGB" if role == "basecolor" else "Non-Color"
        mixed.data_type = "RGBA"
        for source, name in ((mask, "Factor_Float"), (node(material, role), "A_Color"), (second, "B_Color")):
            tree.links.new(source.outputs[0], next(one for one in mixed.inputs if one.identifier == name))
        tree.links.new(next(one for one in mixed.outputs if one.identifier == "Result_Color"), target)


@pytest.mark.parametrize("ticked", [False, True])
def test_every_layer_is_filled_and_the_mask_if_it_is_ticked(tmp_path: Path, ticked: bool) -> None:
    material = make_wall(tmp_path)
    add_layer(material, tmp_path)
    if ticked:
        bpy.ops.svbrdf.toggle_map(role="extra:mask mask.png")
    before = shown_images(material)
    old = {role: pixels(name).copy() for role, name in before.items()}
    fill_and_wait(material)
    after = shown_images(material)
    assert {role for role in before if after[role] == before[role]} == (set() if ticked else {"mask"})
    for role, name in after.items():
        new = pixels(name)
        assert np.array_equal(new[~inside()], old[role][~inside()]), role
        assert not np.array_equal(new, old[role]) or "basecolor" not in role, role  # others may repeat exactly
