"""Layered materials: each image that is seen is a map, what mixes them is offered, and one layout leads."""

from __future__ import annotations

from typing import Any

import bpy
import pytest

from tests.blender.helper import part
from tests.blender.layouts import Drawn, Layout
from tests.blender.test_look_mixing import mixer
from tests.blender.trees import Build, maps, notes, reasons

Output = tuple[Any, str]


def mix(build: Build, blend: str, first: Output, second: Output, factor: Output | float) -> Output:
    """Mix two outputs by a number or an output."""
    node, (by, one, two, out) = mixer(build, "Mix", blend, factor if isinstance(factor, float) else 0.5)
    build.link(first[0], first[1], node, one)
    build.link(second[0], second[1], node, two)
    if not isinstance(factor, float):
        build.link(factor[0], factor[1], node, by)
    return node, out


def test_a_decal_over_a_base_by_its_own_alpha() -> None:
    build = Build()
    decal = build.image("decal", data=False)
    over = mix(build, "MIX", (build.image("base", data=False), "Color"), (decal, "Color"), (decal, "Alpha"))
    build.link(*over, build.principled(), "Base Color")
    found = build.look()
    assert maps(found) == {
        "basecolor": "base:RGB", "basecolor:decal": "decal:RGB", "extra:mask decal": "decal:A",
    }  # fmt: skip
    assert [use.channels for use in found.uses if use.optional] == ["A"]


@pytest.mark.parametrize("blend", ["OVERLAY", "SCREEN", "ADD", "SUBTRACT", "DIFFERENCE", "SOFT_LIGHT", "MIX"])
def test_two_images_mixed_in_whatever_way(blend: str) -> None:
    build = Build()
    mixed = mix(build, blend, (build.image("one"), "Color"), (build.image("two"), "Color"), 0.5)
    build.link(*mixed, build.principled(), "Base Color")
    found = build.look()
    assert maps(found) == {"basecolor": "one:RGB", "basecolor:two": "~" * (blend == "SUBTRACT") + "two:RGB"}
    assert found.left == ()


@pytest.mark.parametrize("third_first", [False, True])
def test_layers_within_layers(third_first: bool) -> None:
    build = Build()
    images = {name: (build.image(name), "Color") for name in ("a", "b", "c", "m", "n")}
    inner = mix(build, "MIX", images["a"], images["b"], images["m"])
    sides = (images["c"], inner) if third_first else (inner, images["c"])
    build.link(*mix(build, "MIX", sides[0], sides[1], images["n"]), build.principled(), "Base Color")
    found = build.look()
    assert {use.image for use in found.uses if not use.optional} == {"a", "b", "c"}
    assert {use.image for use in found.uses if use.optional} == {"m", "n"}
    assert found.left == ()


def test_packed_layers_mixed_by_one_mask() -> None:
    build = Build()
    shader, mask = build.principled(), (build.image("mask"), "Color")
    for name in ("moss", "rock"):
        build.link(build.image(f"{name} arm"), "Color", build.node("SeparateColor", name), "Color")
    for channel, role in (("Green", "Roughness"), ("Blue", "Metallic")):
        sides = [(build.tree.nodes[name], channel) for name in ("moss", "rock")]
        node = build.node("Mix", data_type="FLOAT")
        build.link(*sides[0], node, "A_Float")
        build.link(*sides[1], node, "B_Float")
        build.link(*mask, node, "Factor_Float")
        build.link(node, "Result_Float", shader, role)
    found = build.look()
    used = {(use.image, use.channels) for use in found.uses if not use.optional}
    assert used == {(f"{name} arm", letter) for name in ("moss", "rock") for letter in "RGB"}
    assert maps(found)["roughness"] == "moss arm:G" and maps(found)["metallic"] == "moss arm:B"
    assert maps(found)["roughness:rock arm"] == "rock arm:G"


@pytest.mark.parametrize("where", ["colours", "vectors", "sums"])
def test_two_normal_maps_mixed(where: str) -> None:
    build = Build()
    shader = build.principled()
    images = [(build.image(name), "Color") for name in ("flat", "detail")]
    if where == "colours":
        bent = build.node("NormalMap")
        build.link(*mix(build, "OVERLAY", images[0], images[1], 1.0), bent, "Color")
        build.link(bent, "Normal", shader, "Normal")
    else:
        sides = []
        for number, image in enumerate(images):
            bent = build.node("NormalMap", f"bent {number}")
            build.link(*image, bent, "Color")
            sides.append((bent, "Normal"))
        if where == "vectors":
            node, ends, out = build.node("Mix", data_type="VECTOR"), ("A_Vector", "B_Vector"), "Result_Vector"
            build.link(build.image("mask"), "Color", node, "Factor_Float")
        else:
            node, ends, out = build.node("VectorMath", operation="ADD"), ("Vector", "Vector_001"), "Vector"
        for side, end in zip(sides, ends, strict=True):
            build.link(*side, node, end)
        build.link(node, out, shader, "Normal")
    found = build.look()
    assert {role: text for role, text in maps(found).items() if "mask" not in role} == {
        "normal": "flat:RGB", "normal:detail": "detail:RGB",
    }  # fmt: skip
    assert ("extra:mask mask" in maps(found)) == (where == "vectors")
    assert found.left == ()


def test_an_image_over_a_colour_by_the_mask_of_another() -> None:
    build = Build()
    node, (by, one, _, out) = mixer(build, "Mix", "MIX", 0.5)
    build.link(build.image("paint"), "Color", node, one)
    build.link(build.image("wear"), "Color", node, by)
    build.link(node, out, build.principled(), "Base Color")
    found = build.look()
    assert maps(found) == {"basecolor": "paint:RGB", "extra:mask wear": "wear:RGB"}
    assert "“wear” says where layers are seen" in notes(found)


def layered() -> Any:
    """Return a material whose decal lies on the surface in another way than its base."""
    build = Build()
    moved = build.node("Mapping")
    moved.inputs["Scale"].default_value = (3, 3, 1)
    build.link(build.node("TexCoord"), "UV", moved, "Vector")
    decal = build.image("decal", data=False)
    build.link(moved, "Vector", decal, "Vector")
    base, rough = build.image("base", data=False), build.image("rough")
    shader = build.principled()
    build.link(*mix(build, "MIX", (base, "Color"), (decal, "Color"), (decal, "Alpha")), shader, "Base Color")
    build.link(rough, "Color", shader, "Roughness")
    bpy.ops.mesh.primitive_plane_add()
    bpy.context.object.data.materials.append(build.material)
    return build.material


def drawn(material: Any) -> Drawn:
    """Return what the panel of a material on the active object says of its maps."""
    if not len(bpy.data.objects):
        bpy.ops.mesh.primitive_plane_add()
        bpy.context.object.data.materials.append(material)
    part("session.selection").select(material, anew=True)
    said = Drawn()
    part("ui.panels")._draw_maps(Layout(said), bpy.context)
    return said


def test_the_panel_asks_which_of_two_layouts_is_filled() -> None:
    material = layered()
    select = part("session.selection").select
    assert {row.use.image for row in select(material, anew=True).chosen} == {"base", "rough"}
    asked = drawn(material)
    assert "lies otherwise on the surface than the base colour" in asked.text
    assert ("svbrdf.lead", {"image": "decal"}) in asked.operators
    assert bpy.ops.svbrdf.lead(image="decal") == {"FINISHED"}
    chosen = select(material).chosen
    assert {(row.use.role, row.use.image) for row in chosen} == {("basecolor", "decal")}
    assert part("holes.surface").placement_of(material).matrix[0] == 3
    back = drawn(material)
    assert "than “decal”" in back.text and ("svbrdf.lead", {"image": "base"}) in back.operators
    assert bpy.ops.svbrdf.lead(image="base") == {"FINISHED"}
    assert {row.use.image for row in select(material).chosen} == {"base", "rough"}


def test_a_mask_is_filled_when_it_is_ticked() -> None:
    build = Build()
    images = {name: (build.image(name), "Color") for name in ("moss", "rock", "mask")}
    mixed = mix(build, "MIX", images["moss"], images["rock"], images["mask"])
    build.link(*mixed, build.principled(), "Base Color")
    bpy.ops.mesh.primitive_plane_add()
    bpy.context.object.data.materials.append(build.material)
    select = part("session.selection").select
    assert {row.use.image for row in select(build.material, anew=True).chosen} == {"moss", "rock"}
    bpy.ops.svbrdf.toggle_map(role="extra:mask mask")
    bpy.ops.svbrdf.toggle_map(role="basecolor")
    assert {row.use.image for row in select(build.material).chosen} == {"rock", "mask"}


def test_another_material_with_the_same_image_is_named() -> None:
    build = Build()
    build.link(build.image("shared"), "Color", build.principled(), "Base Color")
    assert "uses" not in drawn(build.material).text
    other = build.material.copy()
    other.name = "Floor"
    assert "“Floor” uses “shared” too and goes on showing the old image" in " ".join(drawn(build.material).text.split())
    build.material.svbrdf.mode = "REPLACE"
    assert "“Floor” uses “shared” too and will show the new image" in " ".join(drawn(build.material).text.split())
    assert reasons(part("material.maps").trace_material(build.material)) == ""
