"""Images multiplied, mixed and blended by shaders; muted nodes; rings; materials without a Principled BSDF."""

from __future__ import annotations

from typing import Any

import bpy
import pytest

from tests.blender.trees import Build, group, maps, named, notes, reasons

IDS = {"Mix": ("Factor_Float", "A_Color", "B_Color", "Result_Color"), "MixRGB": ("Fac", "Color1", "Color2", "Color")}


def mixer(build: Build, kind: str, blend: str, factor: float) -> tuple[Any, tuple[str, str, str, str]]:
    settings = {"data_type": "RGBA"} if kind == "Mix" else {}
    node = build.node(kind, blend_type=blend, **settings)
    next(one for one in node.inputs if one.identifier == IDS[kind][0]).default_value = factor
    return node, IDS[kind]


@pytest.mark.parametrize("kind", IDS)
@pytest.mark.parametrize("swapped", [False, True])
def test_ambient_occlusion_multiplied_onto_the_base_colour(kind: str, swapped: bool) -> None:
    build = Build()
    node, (_, first, second, out) = mixer(build, kind, "MULTIPLY", 0.7)
    if swapped:
        first, second = second, first
    build.link(build.image("colour", data=False), "Color", node, first)
    build.link(build.image("shade"), "Color", node, second)
    build.link(node, out, build.principled(), "Base Color")
    found = build.look()
    assert maps(found) == {"basecolor": "colour:RGB", "ao": "shade:RGB"}
    assert (found.left, found.notes) == ((), ())


@pytest.mark.parametrize("kind", IDS)
def test_a_factor_of_zero_leaves_the_first_alone_in_the_picture(kind: str) -> None:
    build = Build()
    node, (_, first, second, out) = mixer(build, kind, "MULTIPLY", 0.0)
    build.link(build.image("colour", data=False), "Color", node, first)
    build.link(build.image("shade"), "Color", node, second)
    build.link(node, out, build.principled(), "Base Color")
    found = build.look()
    assert maps(found) == {"basecolor": "colour:RGB"}
    assert "“shade” is in the material, but reaches none" in reasons(found)


def test_occlusion_of_a_packed_image_multiplied_onto_the_base_colour() -> None:
    build = Build()
    shader, split = build.principled(), build.node("SeparateColor")
    node, (_, first, second, out) = mixer(build, "Mix", "MULTIPLY", 1.0)
    build.link(build.image("arm"), "Color", split, "Color")
    build.link(split, "Red", node, first)
    build.link(build.image("colour", data=False), "Color", node, second)
    build.link(node, out, shader, "Base Color")
    build.link(split, "Green", shader, "Roughness")
    build.link(split, "Blue", shader, "Metallic")
    assert maps(build.look()) == {
        "basecolor": "colour:RGB", "roughness": "arm:G", "metallic": "arm:B", "ao": "arm:R",
    }  # fmt: skip


def test_specular_dimmed_by_an_occlusion_that_is_known() -> None:
    build = Build()
    shader, dim = build.principled(), build.node("Math", operation="MULTIPLY")
    node, (_, first, second, out) = mixer(build, "Mix", "MULTIPLY", 1.0)
    build.link(build.image("colour", data=False), "Color", node, first)
    build.link(build.image("ao"), "Color", node, second)
    build.link(node, out, shader, "Base Color")
    build.link(build.image("level"), "Color", dim, "Value")
    build.link(build.image("ao"), "Color", dim, "Value_001")
    build.link(dim, "Value", shader, "Specular IOR Level")
    assert maps(build.look()) == {"basecolor": "colour:RGB", "ao": "ao:RGB", "specular": "level:RGB"}


def test_two_images_multiplied_into_roughness_are_both_filled() -> None:
    build = Build()
    shader, node = build.principled(), build.node("Math", operation="MULTIPLY")
    build.link(build.image("one"), "Color", node, "Value")
    build.link(build.image("two"), "Color", node, "Value_001")
    build.link(node, "Value", shader, "Roughness")
    found = build.look()
    assert maps(found) == {"roughness": "one:RGB", "roughness:two": "two:RGB"}
    assert found.left == () and "Both “one” and “two” are used as roughness" in notes(found)


@pytest.mark.parametrize("kind", IDS)
def test_of_two_images_mixed_by_a_mask_both_are_filled_and_the_mask_if_it_is_wanted(kind: str) -> None:
    build = Build()
    shader = build.principled()
    node, (factor, first, second, out) = mixer(build, kind, "MIX", 0.5)
    build.link(build.image("moss"), "Color", node, first)
    build.link(build.image("rock"), "Color", node, second)
    build.link(build.image("mask"), "Color", node, factor)
    build.link(node, out, shader, "Base Color")
    build.link(build.image("rough"), "Color", shader, "Roughness")
    found = build.look()
    assert maps(found) == {
        "basecolor": "moss:RGB", "basecolor:rock": "rock:RGB", "roughness": "rough:RGB",
        "extra:mask mask": "mask:RGB",
    }  # fmt: skip
    assert [use.role for use in found.uses if use.optional] == ["extra:mask mask"]
    assert found.left == () and "“mask” says where layers are seen" in notes(found)


def test_an_image_mixed_with_a_colour_is_followed() -> None:
    build = Build()
    node, (_, first, _second, out) = mixer(build, "Mix", "MIX", 0.3)
    build.link(build.image("colour", data=False), "Color", node, first)
    build.link(node, out, build.principled(), "Base Color")
    assert maps(build.look()) == {"basecolor": "colour:RGB"}


def test_a_decal_laid_over_a_colour_by_its_own_alpha_is_followed() -> None:
    build = Build()
    node, (factor, _first, second, out) = mixer(build, "Mix", "MIX", 0.5)
    decal = build.image("decal", data=False)
    build.link(decal, "Color", node, second)
    build.link(decal, "Alpha", node, factor)
    build.link(node, out, build.principled(), "Base Color")
    assert maps(build.look()) == {"basecolor": "decal:RGB"}


@pytest.mark.parametrize(("clear_first", "written"), [(True, "leaf:A"), (False, "~leaf:A")])
def test_mix_shader_with_transparent_by_alpha(clear_first: bool, written: str) -> None:
    build = Build()
    mix, clear, leaf = build.node("MixShader"), build.node("BsdfTransparent"), build.image("leaf", data=False)
    shader, output = build.node("BsdfPrincipled"), build.node("OutputMaterial")
    sides = ("Shader", "Shader_001") if clear_first else ("Shader_001", "Shader")
    build.link(clear, "BSDF", mix, sides[0])
    build.link(shader, "BSDF", mix, sides[1])
    build.link(leaf, "Alpha", mix, "Fac")
    build.link(leaf, "Color", shader, "Base Color")
    build.link(mix, "Shader", output, "Surface")
    assert maps(build.look()) == {"basecolor": "leaf:RGB", "opacity": written}


def test_two_shaders_blended_by_a_mask() -> None:
    build = Build()
    mix, output = build.node("MixShader"), build.node("OutputMaterial")
    for name, side in (("moss", "Shader"), ("rock", "Shader_001")):
        shader = build.node("BsdfPrincipled")
        build.link(build.image(name), "Color", shader, "Base Color")
        build.link(shader, "BSDF", mix, side)
    build.link(build.image("mask"), "Color", mix, "Fac")
    build.link(mix, "Shader", output, "Surface")
    found = build.look()
    assert maps(found) == {
        "basecolor": "moss:RGB", "basecolor:rock": "rock:RGB", "extra:mask mask": "mask:RGB",
    }  # fmt: skip
    assert found.left == () and "Both “moss” and “rock”" in notes(found)


def test_principled_with_emission_added() -> None:
    build = Build()
    add, glow, shader = build.node("AddShader"), build.node("Emission"), build.node("BsdfPrincipled")
    build.link(build.image("colour"), "Color", shader, "Base Color")
    build.link(build.image("lamp"), "Color", glow, "Color")
    build.link(shader, "BSDF", add, "Shader")
    build.link(glow, "Emission", add, "Shader_001")
    build.link(add, "Shader", build.node("OutputMaterial"), "Surface")
    assert maps(build.look()) == {"basecolor": "colour:RGB", "emission": "lamp:RGB"}


@pytest.mark.parametrize(
    ("kind", "out", "role"),
    [("BsdfDiffuse", "BSDF", "basecolor"), ("Emission", "Emission", "emission"), ("BsdfGlossy", "BSDF", "basecolor")],
)
def test_without_a_principled(kind: str, out: str, role: str) -> None:
    build = Build()
    shader = build.node(kind)
    build.link(build.image("wall"), "Color", shader, "Color")
    build.link(shader, out, build.node("OutputMaterial"), "Surface")
    assert maps(build.look()) == {role: "wall:RGB"}


def test_a_shader_that_is_not_known_is_named() -> None:
    build = Build()
    shader = build.node("BsdfHairPrincipled", "fur")
    build.link(build.image("wall"), "Color", shader, "Color")
    build.link(shader, "BSDF", build.node("OutputMaterial"), "Surface")
    found = build.look()
    assert found.uses == ()
    assert "“fur” is not one whose maps are known" in reasons(found) and "“wall”" in reasons(found)


def test_image_nodes_without_an_image_and_procedural_maps() -> None:
    build = Build()
    shader = build.principled()
    build.link(build.node("TexImage", "empty"), "Color", shader, "Base Color")
    noise = build.node("TexNoise", "clouds")
    build.link(noise, noise.outputs[0].identifier, shader, "Roughness")
    build.link(build.image("metal"), "Color", shader, "Metallic")
    found = build.look()
    assert maps(found) == {"metallic": "metal:RGB"}
    assert reasons(found) == "Base colour: the node “empty” has no image."
    assert "“clouds” makes its values itself" in notes(found)


def test_muted_nodes_let_through_and_muted_links_do_not() -> None:
    build = Build()
    shader, invert, sealed = build.principled(), build.node("Invert"), build.node("RGB")
    build.link(build.image("rough"), "Color", invert, "Color")
    build.link(invert, "Color", shader, "Roughness")
    build.link(build.image("metal"), "Color", shader, "Metallic").is_muted = True
    tint = build.image("tint")
    build.link(tint, "Color", shader, "Base Color")
    tint.mute = invert.mute = True
    sealed.mute = True
    found = build.look()
    assert maps(found) == {"roughness": "rough:RGB"}
    assert "“metal” is in" in reasons(found) and "“tint” is in" in reasons(found)


def test_a_muted_mix_lets_its_first_through() -> None:
    build = Build()
    node, (factor, first, second, out) = mixer(build, "Mix", "MIX", 0.5)
    build.link(build.image("moss"), "Color", node, first)
    build.link(build.image("rock"), "Color", node, second)
    build.link(build.image("mask"), "Color", node, factor)
    build.link(node, out, build.principled(), "Base Color")
    node.mute = True
    assert maps(build.look()) == {"basecolor": "moss:RGB"}


def test_a_ring_of_nodes_is_left_alone() -> None:
    build = Build()
    one, two = (build.node("Math", name, operation="ADD") for name in ("one", "two"))
    build.link(build.image("rough"), "Color", one, "Value")
    build.link(one, "Value", two, "Value")
    build.link(two, "Value", one, "Value_001")
    build.link(one, "Value", build.principled(), "Roughness")
    found = build.look()
    assert maps(found) == {}
    assert "“rough”" in reasons(found)


def test_a_group_that_holds_nothing_and_a_very_long_chain() -> None:
    inner = group("hollow", {}, {"value": "Float"})
    inner.tree.nodes.remove(inner.tree.nodes["out"])
    build = Build()
    shader, hollow, last = build.principled(), build.node("Group", node_tree=inner.tree), build.image("rough")
    build.link(hollow, named(hollow.outputs, "value"), shader, "Metallic")
    out = "Color"
    for _ in range(400):
        gamma = build.node("Gamma")
        build.link(last, out, gamma, "Color")
        last = gamma
    build.link(last, "Color", shader, "Roughness")
    found = build.look()
    assert maps(found) == {}
    assert "lies behind more than 150 nodes" in reasons(found)


def test_looking_changes_nothing() -> None:
    build = Build()
    build.link(build.image("colour"), "Color", build.principled(), "Base Color")
    before = [(node.name, node.select, tuple(node.location)) for node in build.tree.nodes]
    found = build.look()
    tree = bpy.data.materials["Wall"].node_tree
    assert [(node.name, node.select, tuple(node.location)) for node in tree.nodes] == before
    assert found.uses


def procedural(build: Build) -> tuple[Any, str]:
    noise = build.node("TexNoise", "clouds")
    return noise, noise.outputs[0].identifier


def test_an_image_times_vertex_colours_or_noise_is_followed() -> None:
    build = Build()
    shader, (noise, out) = build.principled(), procedural(build)
    colours, dim = build.node("Attribute", attribute_name="Col"), build.node("Math", operation="MULTIPLY")
    node, (_, first, second, result) = mixer(build, "Mix", "MULTIPLY", 1.0)
    build.link(build.image("colour", data=False), "Color", node, first)
    build.link(colours, "Color", node, second)
    build.link(node, result, shader, "Base Color")
    build.link(noise, out, dim, "Value")
    build.link(build.image("rough"), "Color", dim, "Value_001")
    build.link(dim, "Value", shader, "Roughness")
    found = build.look()
    assert maps(found) == {"basecolor": "colour:RGB", "roughness": "rough:RGB"}
    assert (found.left, found.notes) == ((), ())


def test_images_and_colours_mixed_by_fresnel_are_all_followed() -> None:
    build = Build()
    shader, fresnel = build.principled(), build.node("Fresnel")
    for socket, others in (("Base Color", ("moss",)), ("Emission Color", ("lamp", "glow"))):
        node, (factor, first, second, result) = mixer(build, "Mix", "MIX", 0.5)
        build.link(fresnel, "Fac", node, factor)
        for side, name in zip((first, second), others, strict=False):
            build.link(build.image(name), "Color", node, side)
        build.link(node, result, shader, socket)
    found = build.look()
    assert maps(found) == {"basecolor": "moss:RGB", "emission": "lamp:RGB", "emission:glow": "glow:RGB"}
    assert found.left == ()


def test_ambient_occlusion_nodes_are_followed_and_environments_are_not() -> None:
    build = Build()
    shader, near = build.principled(), build.node("AmbientOcclusion")
    build.link(build.image("colour"), "Color", near, "Color")
    build.link(near, "Color", shader, "Base Color")
    sky = build.node("TexEnvironment", "sky", image=bpy.data.images.new("hdri", 4, 4))
    build.link(sky, "Color", shader, "Emission Color")
    found = build.look()
    assert maps(found) == {"basecolor": "colour:RGB"}
    assert "lies on no surface" in reasons(found)


def test_two_missing_sides_name_every_image() -> None:
    build = Build()
    shader, add = build.principled(), build.node("Math", operation="ADD")
    for name, side in (("one", "Value"), ("two", "Value_001")):
        split = build.node("SeparateColor", mode="HSV")
        build.link(build.image(name), "Color", split, "Color")
        build.link(split, "Blue", add, side)
    build.link(add, "Value", shader, "Roughness")
    assert set(build.look().left[0].images) == {"one", "two"}
