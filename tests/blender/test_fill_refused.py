"""Materials none of whose maps can be filled: a script gets the sentence of the panel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import pytest

from tests.blender.helper import part
from tests.blender.hole_users import make_textured
from tests.blender.layouts import Drawn, Layout
from tests.blender.test_session_images import node
from tests.blender.trees import Build
from tests.blender.walls import SIDE, Running, forget_all, make_wall


def texture(material: Any) -> Any:
    return next(node for node in material.node_tree.nodes if node.type == "TEX_IMAGE")


def without_image(material: Any) -> None:
    texture(material).image = None


def tiled(material: Any) -> None:
    texture(material).image = bpy.data.images.new("tiles", 8, 8, tiled=True)


def movie(material: Any) -> None:
    texture(material).image.source = "MOVIE"


def missing(material: Any) -> None:
    image = texture(material).image = bpy.data.images.new("gone", 8, 8)
    image.source, image.filepath = "FILE", str(Path(bpy.app.tempdir, "nowhere.png"))


def straight(material: Any) -> None:
    output = next(node for node in material.node_tree.nodes if node.type == "OUTPUT_MATERIAL")
    material.node_tree.links.new(texture(material).outputs["Color"], output.inputs["Surface"])


KINDS: dict[str, Callable[[Any], None]] = {
    "No image reaches|no image": without_image,
    "UDIM": tiled,
    "movie": movie,
    "is missing": missing,
    "is not one whose maps are known": straight,
}


@pytest.mark.parametrize("words", KINDS)
def test_a_box_in_a_material_without_maps_is_refused_by_the_sentence_of_the_panel(words: str) -> None:
    material = make_textured()
    KINDS[words](material)
    with pytest.raises(RuntimeError, match=words) as refused:
        bpy.ops.svbrdf.inpaint(material="Oak", box=(0.2, 0.2, 0.4, 0.4))
    assert "Traceback" not in str(refused.value)
    assert material.svbrdf_hole is None
    drawn = Drawn()
    part("ui.draw_inputs").draw_maps(Layout(drawn), part("session.selection").select(material, anew=True))
    sentence = "".join(str(refused.value).removeprefix("Error: ").split())
    assert sentence in "".join(drawn.text.split())


def test_a_box_outside_the_image_is_refused_before_anything_is_sent() -> None:
    material = make_textured()
    with pytest.raises(RuntimeError, match="outside the image"):
        bpy.ops.svbrdf.inpaint(material="Oak", box=(1.2, 0.2, 1.4, 0.4))
    assert material.svbrdf_hole is None


def test_what_the_service_refuses_is_said_of_the_users_own_maps(running: Running, tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    image = node(material, "roughness").image
    image.scale(SIDE, SIDE // 2)
    image.save()
    with pytest.raises(RuntimeError, match=r"roughness is .* \(ticks under Maps\)") as refused:
        bpy.ops.svbrdf.inpaint(box=(0.2, 0.2, 0.4, 0.4))
    assert "--" not in str(refused.value) and "basecolor" not in str(refused.value)
    forget_all()


def test_a_material_of_nothing_but_an_alpha_that_is_opaque_is_a_sentence() -> None:
    build = Build()
    build.link(build.image("cutout"), "Alpha", build.principled(), "Alpha")
    bpy.ops.mesh.primitive_plane_add()
    bpy.context.object.data.materials.append(build.material)
    with pytest.raises(RuntimeError, match="The alpha of “cutout” is 1 everywhere"):
        bpy.ops.svbrdf.inpaint(material=build.material.name, box=(0.4, 0.4, 0.6, 0.6))
