"""Normal maps, bumps and displacement, and everything that turns a channel upside down on its way."""

from __future__ import annotations

from typing import Any

import bpy
import pytest

from tests.blender.trees import Build, maps, reasons


def tangent(build: Build, source: Any, output: str = "Color", **settings: Any) -> Any:
    """Connect a colour through a Normal Map node with a Principled BSDF."""
    normal = build.node("NormalMap", **settings)
    build.link(source, output, normal, "Color")
    build.link(normal, "Normal", build.principled(), "Normal")
    return normal


def curves(build: Build, points: dict[int, tuple[tuple[float, float], tuple[float, float]]], **settings: Any) -> Any:
    """Add RGB curves; by number of the curve (3 is all), where its first and last point lie."""
    node = build.node("RGBCurve", **settings)
    for at, ends in points.items():
        for point, place in zip(node.mapping.curves[at].points, ends, strict=True):
            point.location = place
    node.mapping.update()
    return node


FALLING = ((0.0, 1.0), (1.0, 0.0))


def test_bump_alone_is_height() -> None:
    build = Build()
    bump = build.node("Bump")
    build.link(build.image("bumps"), "Color", bump, "Height")
    build.link(bump, "Normal", build.principled(), "Normal")
    assert maps(build.look()) == {"height": "bumps:RGB"}


def test_normal_map_and_bump_in_a_chain() -> None:
    build = Build()
    bump, normal = build.node("Bump"), build.node("NormalMap")
    build.link(build.image("normal"), "Color", normal, "Color")
    build.link(normal, "Normal", bump, "Normal")
    build.link(build.image("bumps"), "Color", bump, "Height")
    build.link(bump, "Normal", build.principled(), "Normal")
    found = build.look()
    assert maps(found) == {"normal": "normal:RGB", "height": "bumps:RGB"}
    assert reasons(found) == ""


def green_inverted(build: Build) -> Any:
    split, invert = build.node("SeparateColor"), build.node("Invert")
    join = build.node("CombineColor")
    build.link(build.image("dx"), "Color", split, "Color")
    build.link(split, "Red", join, "Red")
    build.link(split, "Green", invert, "Color")
    build.link(invert, "Color", join, "Green")
    build.link(split, "Blue", join, "Blue")
    return join


def test_directx_through_separate_invert_combine() -> None:
    build = Build()
    tangent(build, green_inverted(build))
    found = build.look()
    assert maps(found) == {"normal": "^dx:RGB"}
    assert reasons(found) == ""


def test_directx_through_straight_rgb_curves() -> None:
    build = Build()
    node = curves(build, {1: FALLING})
    build.link(build.image("dx"), "Color", node, "Color")
    tangent(build, node)
    assert maps(build.look()) == {"normal": "^dx:RGB"}


def test_directx_through_bent_rgb_curves_is_left_alone() -> None:
    build = Build()
    node = curves(build, {1: FALLING})
    node.mapping.curves[1].points.new(0.5, 0.8)
    node.mapping.update()
    build.link(build.image("dx"), "Color", node, "Color")
    tangent(build, node)
    found = build.look()
    assert maps(found) == {}
    assert "cannot be followed exactly" in reasons(found) and "“dx”" in reasons(found)


def test_directx_through_vector_math() -> None:
    build = Build()
    node = build.node("VectorMath", operation="MULTIPLY_ADD", _Vector_001=(1, -1, 1), _Vector_002=(0, 1, 0))
    build.link(build.image("dx"), "Color", node, "Vector")
    tangent(build, node, "Vector")
    assert maps(build.look()) == {"normal": "^dx:RGB"}


def test_directx_through_a_difference_with_green() -> None:
    build = Build()
    node = build.node("Mix", data_type="RGBA", blend_type="DIFFERENCE", _Factor_Float=1.0, _B_Color=(0, 1, 0, 1))
    build.link(build.image("dx"), "Color", node, "A_Color")
    tangent(build, node, "Result_Color")
    assert maps(build.look()) == {"normal": "^dx:RGB"}


if "convention" in bpy.types.ShaderNodeNormalMap.bl_rna.properties:  # since 5.2

    def test_directx_as_the_node_says() -> None:
        build = Build()
        tangent(build, build.image("dx"), convention="DIRECTX")
        assert maps(build.look()) == {"normal": "^dx:RGB"}
        build = Build()
        bpy.data.materials["Wall"].name = "other"
        build.material.name = "Wall"
        tangent(build, green_inverted(build), convention="DIRECTX")
        assert maps(build.look()) == {"normal": "dx:RGB"}


def test_a_normal_map_with_red_and_green_swapped_is_left_alone() -> None:
    build = Build()
    split, join = build.node("SeparateColor"), build.node("CombineColor")
    build.link(build.image("odd"), "Color", split, "Color")
    for source, target in (("Green", "Red"), ("Red", "Green"), ("Blue", "Blue")):
        build.link(split, source, join, target)
    tangent(build, join)
    found = build.look()
    assert maps(found) == {}
    assert "does not take x, y and z from red, green and blue" in reasons(found)


def test_a_normal_map_of_two_channels() -> None:
    build = Build()
    split, join = build.node("SeparateColor"), build.node("CombineColor", _Blue=1.0)
    build.link(build.image("packed"), "Color", split, "Color")
    for name in ("Red", "Green"):
        build.link(split, name, join, name)
    shader = tangent(build, join).outputs["Normal"].links[0].to_node
    build.link(split, "Blue", shader, "Roughness")
    assert maps(build.look()) == {"normal": "packed:RG", "roughness": "packed:B"}


def test_height_through_a_displacement_node() -> None:
    build = Build()
    move = build.node("Displacement")
    build.link(build.image("colour", data=False), "Color", build.principled(), "Base Color")
    build.link(build.image("height"), "Color", move, "Height")
    build.link(move, "Displacement", build.tree.nodes["Material Output"], "Displacement")
    assert maps(build.look()) == {"basecolor": "colour:RGB", "height": "height:RGB"}


def test_vector_displacement_is_filled_along() -> None:
    build = Build()
    move = build.node("VectorDisplacement")
    build.principled()
    build.link(build.image("moves"), "Color", move, "Vector")
    build.link(move, "Displacement", build.tree.nodes["Material Output"], "Displacement")
    assert maps(build.look()) == {"extra:vector displacement": "moves:RGB"}


def invert(build: Build) -> tuple[Any, str, str]:
    return build.node("Invert"), "Color", "Color"


def subtract(build: Build) -> tuple[Any, str, str]:
    return build.node("Math", operation="SUBTRACT", _Value=1.0), "Value_001", "Value"


def multiply_add(build: Build) -> tuple[Any, str, str]:
    return build.node("Math", operation="MULTIPLY_ADD", _Value_001=-0.8, _Value_002=0.9), "Value", "Value"


def map_range(build: Build) -> tuple[Any, str, str]:
    settings: dict[str, Any] = {"_To Min": 0.9, "_To Max": 0.2}
    return build.node("MapRange", **settings), "Value", "Result"


def ramp(build: Build) -> tuple[Any, str, str]:
    node = build.node("ValToRGB")
    node.color_ramp.elements[0].color, node.color_ramp.elements[1].color = (1, 1, 1, 1), (0, 0, 0, 1)
    return node, "Fac", "Color"


def rgb_curves(build: Build) -> tuple[Any, str, str]:
    return curves(build, {3: FALLING}), "Color", "Color"


def mixed(build: Build) -> tuple[Any, str, str]:
    return build.node("Mix", data_type="FLOAT", _A_Float=0.9, _B_Float=0.1), "Factor_Float", "Result_Float"


@pytest.mark.parametrize("kind", [invert, subtract, multiply_add, map_range, ramp, rgb_curves, mixed])
def test_glossiness(kind: Any) -> None:
    build = Build()
    node, into, out = kind(build)
    shader = build.principled()
    build.link(build.image("gloss"), "Color", node, into)
    build.link(node, out, shader, "Roughness")
    found = build.look()
    assert maps(found) == {"roughness": "~gloss:RGB"}
    assert reasons(found) == ""


STEPS: dict[str, tuple[dict[str, Any], str, str]] = {
    "Gamma": ({"_Gamma": 2.2}, "Color", "Color"),
    "HueSaturation": ({"_Saturation": 0.5}, "Color", "Color"),
    "BrightContrast": ({"_Bright": 0.2}, "Color", "Color"),
    "MapRange": ({"_To Min": 0.2}, "Value", "Result"),
    "Clamp": ({"_Min": 0.1}, "Value", "Result"),
    "ValToRGB": ({}, "Fac", "Color"),
    "Math": ({"operation": "POWER", "_Value_001": 2.0}, "Value", "Value"),
    "RGBToBW": ({}, "Color", "Val"),
    "FloatCurve": ({}, "Value", "Value"),
    "VectorMath": ({"operation": "SCALE", "_Scale": 0.5}, "Vector", "Vector"),
}


@pytest.mark.parametrize("kind", STEPS)
def test_steps_on_the_way_are_followed(kind: str) -> None:
    settings, into, out = STEPS[kind]
    build = Build()
    shader, node = build.principled(), build.node(kind, **settings)
    build.link(build.image("rough"), "Color", node, into)
    build.link(node, out, shader, "Roughness")
    found = build.look()
    assert maps(found) == {"roughness": "rough:RGB"}
    assert reasons(found) == ""


def test_a_step_set_by_another_image_is_left_alone() -> None:
    build = Build()
    shader, node = build.principled(), build.node("Gamma")
    build.link(build.image("colour"), "Color", node, "Color")
    build.link(build.image("amount"), "Color", node, "Gamma")
    build.link(node, "Color", shader, "Base Color")
    found = build.look()
    assert maps(found) == {}
    assert "something that is not constant" in reasons(found)
    assert set(found.left[0].images) == {"colour", "amount"}
