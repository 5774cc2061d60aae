"""Plain materials and packed images: what feeds which map through splits, groups and reroutes."""

from __future__ import annotations

from typing import Any

import bpy
import pytest

from tests.blender.trees import Build, group, look, maps, named, notes, reasons


def test_plain_principled_gives_every_map() -> None:
    build = Build()
    shader = build.principled()
    wanted = {
        "Base Color": "basecolor", "Roughness": "roughness", "Metallic": "metallic", "Specular IOR Level": "specular",
        "Alpha": "opacity", "Emission Color": "emission",
    }  # fmt: skip
    for name, role in wanted.items():
        build.link(build.image(role, data=role != "basecolor"), "Color", shader, name)
    normal = build.node("NormalMap")
    build.link(build.image("normal"), "Color", normal, "Color")
    build.link(normal, "Normal", shader, "Normal")
    found = build.look()
    assert maps(found) == {role: f"{role}:RGB" for role in (*wanted.values(), "normal")}
    assert [use.role for use in found.uses] == [
        "basecolor", "normal", "roughness", "specular", "metallic", "opacity", "emission",
    ]  # fmt: skip
    assert (found.left, found.notes) == ((), ())
    assert {(use.uv, use.matrix, use.space) for use in found.uses} == {("", (1, 0, 0, 0, 1, 0), "uv")}
    assert found.uses[0].texture == ("tex basecolor",)


def test_packed_orm_through_separate_color() -> None:
    build = Build()
    shader, split, orm = build.principled(), build.node("SeparateColor"), build.image("orm")
    build.link(orm, "Color", split, "Color")
    build.link(split, "Green", shader, "Roughness")
    build.link(split, "Blue", shader, "Metallic")
    found = build.look()
    assert maps(found) == {"roughness": "orm:G", "metallic": "orm:B", "extra:orm.R": "orm:R"}
    assert reasons(found) == ""


if bpy.app.version < (5, 0):  # later ones turn the old node into Separate Color

    def test_legacy_separate_rgb() -> None:
        build = Build()
        shader, split = build.principled(), build.node("SeparateRGB")
        build.link(build.image("orm"), "Color", split, "Image")
        build.link(split, "G", shader, "Roughness")
        build.link(split, "R", shader, "Metallic")
        assert maps(build.look()) == {"roughness": "orm:G", "metallic": "orm:R", "extra:orm.B": "orm:B"}


def test_separate_xyz_is_a_split_too_and_hsv_is_not() -> None:
    build = Build()
    shader, split, hsv = build.principled(), build.node("SeparateXYZ"), build.node("SeparateColor", mode="HSV")
    build.link(build.image("orm"), "Color", split, "Vector")
    build.link(split, "Y", shader, "Roughness")
    build.link(build.image("tint"), "Color", hsv, "Color")
    build.link(hsv, "Blue", shader, "Metallic")
    found = build.look()
    assert maps(found) == {"roughness": "orm:G", "extra:orm.R": "orm:R", "extra:orm.B": "orm:B"}
    assert "HSV" in reasons(found) and "“tint”" in reasons(found)


def gltf(build: Build, settings_name: str) -> Any:
    """Build what the importer of glTF files builds: ORM, split, with the occlusion in a group of its own."""
    inner = group(settings_name, {"Occlusion": "Float", "Thickness": "Float"}, {})
    shader, split, orm = build.principled(), build.node("SeparateColor"), build.image("orm")
    extra = build.node("Group", "settings", node_tree=inner.tree)
    build.link(build.image("colour", data=False), "Color", shader, "Base Color")
    build.link(orm, "Color", split, "Color")
    build.link(split, "Green", shader, "Roughness")
    build.link(split, "Blue", shader, "Metallic")
    build.link(split, "Red", extra, named(extra.inputs, "Occlusion"))
    return extra


@pytest.mark.parametrize("name", ["glTF Material Output", "glTF Settings", "glTF Material Output.001"])
def test_gltf_occlusion_lies_in_a_group(name: str) -> None:
    build = Build()
    gltf(build, name)
    found = build.look()
    assert maps(found) == {
        "basecolor": "colour:RGB", "roughness": "orm:G", "metallic": "orm:B", "ao": "orm:R",
    }  # fmt: skip
    assert (found.left, found.notes) == ((), ())


def test_gltf_occlusion_with_a_strength_and_a_separate_image() -> None:
    build = Build()
    extra = gltf(build, "glTF Material Output")
    mix = build.node("Mix", data_type="FLOAT", _Factor_Float=0.3, _A_Float=1.0)
    build.link(build.image("occlusion"), "Color", mix, "B_Float")
    build.link(mix, "Result_Float", extra, named(extra.inputs, "Occlusion"))
    found = build.look()
    assert maps(found)["ao"] == "occlusion:RGB"
    assert maps(found)["extra:orm.R"] == "orm:R"


def test_arm_through_nested_groups_and_reroutes() -> None:
    inner = group("split", {"ARM": "Color"}, {"rough": "Float", "metal": "Float"})
    split, bend = inner.node("SeparateColor"), inner.node("NodeReroute")
    gate = inner.tree.nodes["in"], inner.tree.nodes["out"]
    inner.link(gate[0], named(gate[0].outputs, "ARM"), bend, "Input")
    inner.link(bend, "Output", split, "Color")
    inner.link(split, "Green", gate[1], named(gate[1].inputs, "rough"))
    inner.link(split, "Blue", gate[1], named(gate[1].inputs, "metal"))
    outer = group("maps", {}, {"rough": "Float", "metal": "Float"})
    used, out = outer.node("Group", "used", node_tree=inner.tree), outer.tree.nodes["out"]
    outer.link(outer.image("arm"), "Color", used, named(used.inputs, "ARM"))
    for name in ("rough", "metal"):
        outer.link(used, named(used.outputs, name), out, named(out.inputs, name))
    build = Build()
    shader, whole, dot = (
        build.principled(),
        build.node("Group", "whole", node_tree=outer.tree),
        build.node("NodeReroute"),
    )
    build.link(whole, named(whole.outputs, "rough"), dot, "Input")
    build.link(dot, "Output", shader, "Roughness")
    build.link(whole, named(whole.outputs, "metal"), shader, "Metallic")
    found = build.look()
    assert maps(found) == {"roughness": "arm:G", "metallic": "arm:B", "extra:arm.R": "arm:R"}
    assert {use.texture for use in found.uses} == {("whole", "tex arm")}


def test_a_principled_within_a_group_and_group_inputs_with_defaults() -> None:
    inner = group("shader", {"Base": "Color", "Gloss": "Float", "Strength": "Float"}, {"BSDF": "Shader"})
    shader, invert = inner.node("BsdfPrincipled"), inner.node("Math", operation="SUBTRACT")
    gate = inner.tree.nodes["in"], inner.tree.nodes["out"]
    inner.link(gate[0], named(gate[0].outputs, "Base"), shader, "Base Color")
    inner.link(gate[0], named(gate[0].outputs, "Gloss"), invert, "Value_001")
    inner.link(gate[0], named(gate[0].outputs, "Strength"), invert, "Value")
    inner.link(invert, "Value", shader, "Roughness")
    inner.link(shader, "BSDF", gate[1], named(gate[1].inputs, "BSDF"))
    build = Build()
    used, output = build.node("Group", node_tree=inner.tree), build.node("OutputMaterial")
    used.inputs["Strength"].default_value = 1.0
    build.link(build.image("colour"), "Color", used, named(used.inputs, "Base"))
    build.link(build.image("gloss"), "Color", used, named(used.inputs, "Gloss"))
    build.link(used, named(used.outputs, "BSDF"), output, "Surface")
    assert maps(build.look()) == {"basecolor": "colour:RGB", "roughness": "~gloss:RGB"}


def test_alpha_of_the_base_colour_image() -> None:
    build = Build()
    shader, colour = build.principled(), build.image("leaf")
    build.link(colour, "Color", shader, "Base Color")
    build.link(colour, "Alpha", shader, "Alpha")
    assert maps(build.look()) == {"basecolor": "leaf:RGB", "opacity": "leaf:A"}


def test_alpha_cut_hard_as_the_gltf_importer_does() -> None:
    build = Build()
    shader, colour = build.principled(), build.image("leaf")
    less, rest = (
        build.node("Math", operation="LESS_THAN", _Value_001=0.5),
        build.node("Math", operation="SUBTRACT", _Value=1.0),
    )
    build.link(colour, "Color", shader, "Base Color")
    build.link(colour, "Alpha", less, "Value")
    build.link(less, "Value", rest, "Value_001")
    build.link(rest, "Value", shader, "Alpha")
    assert maps(build.look())["opacity"] == "leaf:A"


def test_an_image_in_two_maps_is_one_and_two_images_for_one_map_are_told() -> None:
    build = Build()
    shader = build.principled()
    build.link(build.image("grey"), "Color", shader, "Roughness")
    build.link(build.image("grey"), "Color", shader, "Metallic")
    build.link(build.image("level"), "Color", shader, "Specular IOR Level")
    build.link(build.image("tint"), "Color", shader, "Specular Tint")
    found = build.look()
    assert maps(found) == {"roughness": "grey:RGB", "specular": "level:RGB", "specular:tint": "tint:RGB"}
    assert "Both “level” and “tint”" in notes(found)


def test_other_inputs_are_filled_along() -> None:
    build = Build()
    shader, normal = build.principled(), build.node("NormalMap")
    build.link(build.image("coat"), "Color", shader, "Coat Roughness")
    build.link(build.image("bumps"), "Color", normal, "Color")
    build.link(normal, "Normal", shader, "Coat Normal")
    assert maps(build.look()) == {"extra:coat roughness": "coat:RGB", "extra:coat normal": "bumps:RGB"}


def test_the_active_output_counts() -> None:
    build = Build()
    build.link(build.image("old"), "Color", build.principled(), "Base Color")
    build.link(build.image("new"), "Color", build.principled(), "Base Color")
    outputs = [node for node in build.tree.nodes if node.bl_idname == "ShaderNodeOutputMaterial"]
    outputs[1].is_active_output = True
    found = build.look()
    assert maps(found) == {"basecolor": "new:RGB"}
    assert "“old” is in the material, but reaches none" in reasons(found)


def test_a_material_without_nodes_output_or_surface() -> None:
    bare = bpy.data.materials.new("bare")
    if bpy.app.version >= (5, 0):
        bare.node_tree.nodes.clear()
        assert "no active Material Output" in reasons(look(bare))
    else:
        assert "has no nodes" in reasons(look(bare))
    build = Build()
    build.node("OutputMaterial")
    assert "connect a Principled BSDF" in reasons(build.look())


def test_a_principled_without_images() -> None:
    build = Build()
    build.principled()
    found = build.look()
    assert found.uses == () and "No image reaches" in reasons(found)
