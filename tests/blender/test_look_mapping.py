"""How images lie on the surface: Mapping nodes, UV maps, other coordinates, and maps that lie otherwise."""

from __future__ import annotations

import math
from typing import Any

import bpy
import pytest
from mathutils import Euler, Matrix, Vector

from tests.blender.trees import Build, group, maps, named, notes, reasons


def mapped(build: Build, image: Any, **settings: Any) -> Any:
    """Put a Mapping node in front of an image."""
    node = build.node("Mapping", **settings)
    build.link(node, "Vector", image, "Vector")
    return node


def single(build: Build, uv: str = "", active: str | None = None, **settings: Any) -> Any:
    """Look at a base colour behind a Mapping node, fed by a UV map or by Texture Coordinate, and return its use."""
    image = build.image("colour", data=False)
    node = mapped(build, image, **settings)
    source = build.node("UVMap", uv_map=uv) if uv else build.node("TexCoord")
    build.link(source, "UV", node, "Vector")
    build.link(image, "Color", build.principled(), "Base Color")
    found = build.look(active)
    assert found.left == () and len(found.uses) == 1
    return found.uses[0]


def at(use: Any, u: float, v: float) -> tuple[float, float]:
    a, b, c, d, e, f = use.matrix
    return a * u + b * v + c, d * u + e * v + f


LOCATION, ROTATION, SCALE = (0.3, -0.2, 0.1), (0.0, 0.0, 0.4), (2.0, 3.0, 1.0)


@pytest.mark.parametrize("kind", ["POINT", "TEXTURE", "VECTOR"])
def test_mapping_nodes_of_every_kind_move_as_blender_does(kind: str) -> None:
    use = single(Build(), vector_type=kind, _Location=LOCATION, _Rotation=ROTATION, _Scale=SCALE)
    whole = Matrix.LocRotScale(Vector(LOCATION), Euler(ROTATION), Vector(SCALE))
    if kind == "TEXTURE":
        whole = whole.inverted()
    elif kind == "VECTOR":
        whole = Euler(ROTATION).to_matrix().to_4x4() @ Matrix.Diagonal((*SCALE, 1.0))
    for u, v in ((0.0, 0.0), (1.0, 0.0), (0.25, 0.75)):
        assert at(use, u, v) == pytest.approx(tuple(whole @ Vector((u, v, 0.0)))[:2], abs=1e-5)


def test_turns_out_of_the_plane_are_followed() -> None:
    use = single(Build(), _Rotation=(math.pi, 0.0, 0.0))
    assert at(use, 0.25, 0.25) == pytest.approx((0.25, -0.25), abs=1e-5)


def test_uv_maps_are_told_and_the_active_one_is_nameless() -> None:
    assert single(Build(), uv="second").uv == "second"
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert single(Build(), uv="UVMap", active="UVMap").uv == ""


def test_an_attribute_names_a_uv_map_too() -> None:
    build = Build()
    image, source = build.image("colour"), build.node("Attribute", attribute_name="light")
    build.link(source, "Vector", image, "Vector")
    build.link(image, "Color", build.principled(), "Base Color")
    assert build.look().uses[0].uv == "light"


def test_coordinates_through_groups_values_and_vector_math() -> None:
    inner = group("tile", {"Vector": "Vector", "Times": "Float"}, {"Vector": "Vector"})
    gate = inner.tree.nodes["in"], inner.tree.nodes["out"]
    times, move = (
        inner.node("VectorMath", operation="SCALE"),
        inner.node("VectorMath", operation="ADD", _Vector_001=(0.5, 0, 0)),
    )
    inner.link(gate[0], named(gate[0].outputs, "Vector"), times, "Vector")
    inner.link(gate[0], named(gate[0].outputs, "Times"), times, "Scale")
    inner.link(times, "Vector", move, "Vector")
    inner.link(move, "Vector", gate[1], named(gate[1].inputs, "Vector"))
    build = Build()
    used, image, value = build.node("Group", node_tree=inner.tree), build.image("colour"), build.node("Value")
    value.outputs[0].default_value = 4.0
    build.link(value, "Value", used, named(used.inputs, "Times"))
    build.link(build.node("TexCoord"), "UV", used, named(used.inputs, "Vector"))
    build.link(used, named(used.outputs, "Vector"), image, "Vector")
    build.link(image, "Color", build.principled(), "Base Color")
    assert build.look().uses[0].matrix == (4.0, 0.0, 0.5, 0.0, 4.0, 0.0)


def two(build: Build, first: dict[str, Any], second: dict[str, Any]) -> Any:
    shader = build.principled()
    for name, socket, settings in (("colour", "Base Color", first), ("rough", "Roughness", second)):
        image = build.image(name)
        mapped(build, image, **settings)
        build.link(image, "Color", shader, socket)
    return build.look()


@pytest.mark.parametrize(
    "second",
    [{"_Scale": (2, 2, 1)}, {"_Location": (0.5, 0, 0)}, {"_Rotation": (0, 0, 1.0)}],
    ids=["scale", "move", "turn"],
)
def test_a_map_that_lies_otherwise_than_the_base_colour_is_left_alone(second: dict[str, Any]) -> None:
    found = two(Build(), {}, second)
    assert maps(found) == {"basecolor": "colour:RGB"}
    assert reasons(found) == "“rough” (roughness) lies otherwise on the surface than the base colour."


@pytest.mark.parametrize(
    ("first", "second"),
    [({"_Scale": (2, 2, 1)}, {"_Scale": (2, 2, 1)}), ({}, {"_Location": (1, -3, 0)})],
    ids=["alike", "whole tiles"],
)
def test_maps_that_lie_alike_stay_together(first: dict[str, Any], second: dict[str, Any]) -> None:
    found = two(Build(), first, second)
    assert maps(found) == {"basecolor": "colour:RGB", "roughness": "rough:RGB"}
    assert reasons(found) == ""


def test_another_uv_map_is_another_layout() -> None:
    build = Build()
    shader, light = build.principled(), build.image("light")
    build.link(build.image("colour"), "Color", shader, "Base Color")
    build.link(light, "Color", shader, "Emission Color")
    build.link(build.node("UVMap", uv_map="lightmap"), "UV", light, "Vector")
    assert maps(build.look()) == {"basecolor": "colour:RGB"}


def test_without_a_base_colour_most_maps_count() -> None:
    build = Build()
    shader = build.principled()
    for name, socket in (("rough", "Roughness"), ("metal", "Metallic"), ("glow", "Emission Color")):
        build.link(build.image(name), "Color", shader, socket)
    mapped(build, build.tree.nodes["tex rough"], _Scale=(5, 5, 1))
    found = build.look()
    assert maps(found) == {"metallic": "metal:RGB", "emission": "glow:RGB"}
    assert "“rough” (roughness) lies otherwise on the surface than most maps." in reasons(found)


def box(build: Build, image: Any) -> None:
    image.projection = "BOX"


def generated(build: Build, image: Any) -> None:
    build.link(build.node("TexCoord"), "Generated", image, "Vector")


@pytest.mark.parametrize("kind", [box, generated])
def test_other_coordinates_are_noted_and_the_images_used(kind: Any) -> None:
    build = Build()
    shader = build.principled()
    for name, socket in (("colour", "Base Color"), ("rough", "Roughness")):
        image = build.image(name)
        kind(build, image)
        build.link(image, "Color", shader, socket)
    found = build.look()
    assert maps(found) == {"basecolor": "colour:RGB", "roughness": "rough:RGB"}
    assert {use.space for use in found.uses} == {kind.__name__}
    assert f"placed by {kind.__name__} coordinates" in notes(found)


def test_coordinates_bent_by_the_same_nodes_lie_alike_and_others_do_not() -> None:
    build = Build()
    shader, noise, other = build.principled(), build.node("TexNoise"), build.node("TexNoise")
    for name, socket, source in (
        ("colour", "Base Color", noise), ("rough", "Roughness", noise), ("metal", "Metallic", other),
    ):  # fmt: skip
        image = build.image(name)
        build.link(source, "Color", image, "Vector")
        build.link(image, "Color", shader, socket)
    found = build.look()
    assert maps(found) == {"basecolor": "colour:RGB", "roughness": "rough:RGB"}
    assert {use.space for use in found.uses} == {"unknown"}
    assert "“metal”" in reasons(found)


def test_the_mapping_inside_an_old_texture_node_counts() -> None:
    build = Build()
    image = build.image("colour")
    image.texture_mapping.scale = (2.0, 2.0, 2.0)
    build.link(image, "Color", build.principled(), "Base Color")
    assert build.look().uses[0].matrix == (2.0, 0.0, 0.0, 0.0, 2.0, 0.0)


@pytest.mark.parametrize(("uv", "together"), [("UVMap", True), ("light", False)])
def test_the_active_uv_map_of_an_object_is_meant_where_none_is_named(uv: str, together: bool) -> None:
    build = Build()
    shader, rough = build.principled(), build.image("rough")
    build.link(build.image("colour"), "Color", shader, "Base Color")
    build.link(rough, "Color", shader, "Roughness")
    build.link(build.node("UVMap", uv_map=uv), "UV", rough, "Vector")
    bpy.ops.mesh.primitive_plane_add()
    bpy.context.object.data.uv_layers.new(name="light")
    bpy.context.object.data.materials.append(build.material)
    found = build.look()
    assert ("roughness" in maps(found)) is together
    assert {use.uv for use in found.uses} == {""}
