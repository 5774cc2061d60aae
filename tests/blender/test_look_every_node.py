"""Every shader node there is, put between an image and a map: nothing breaks, and the image is always named."""

from __future__ import annotations

from typing import Any

import bpy
import pytest

from tests.blender.trees import Build, look, maps

NOT_NODES = ("ShaderNodeTree", "ShaderNodeCustomGroup", "ShaderNodeGroup", "ShaderNode")


def kinds() -> list[str]:
    found = [name for name in dir(bpy.types) if name.startswith("ShaderNode") and name not in NOT_NODES]
    return sorted(name for name in found if issubclass(getattr(bpy.types, name), bpy.types.Node))


def made(build: Build, kind: str) -> Any:
    try:
        return build.tree.nodes.new(kind)
    except RuntimeError:
        return None


def named(found: Any) -> set[str]:
    return {use.image for use in found.uses} | {image for left in (*found.left, *found.notes) for image in left.images}


def test_there_are_many_kinds() -> None:
    assert len(kinds()) > 80


@pytest.mark.parametrize("role", ["Base Color", "Normal", "Roughness"])
def test_every_node_on_the_way(role: str) -> None:
    build = Build()
    image, shader = build.image("wall"), build.principled()
    target = next(one for one in shader.inputs if one.identifier == role)
    tried = 0
    for kind in kinds():
        node = made(build, kind)
        if node is None:
            continue
        for source in node.outputs:
            build.tree.links.new(source, target)
            for socket in node.inputs:
                if socket.enabled and socket.type != "SHADER" and source.type != "SHADER":
                    link = build.tree.links.new(image.outputs["Color"], socket)
                    found = look(build.material)
                    assert "wall" in named(found), (kind, source.identifier, socket.identifier)
                    build.tree.links.remove(link)
                    tried += 1
        build.tree.nodes.remove(node)
    assert tried > 200


def test_every_node_as_the_surface() -> None:
    build = Build()
    image, output = build.image("wall"), build.node("OutputMaterial")
    for kind in kinds():
        node = made(build, kind)
        if node is None or not node.outputs:
            continue
        build.tree.links.new(node.outputs[0], output.inputs["Surface"])
        for socket in node.inputs:
            if socket.enabled and socket.type in ("VALUE", "RGBA", "VECTOR"):
                build.tree.links.new(image.outputs["Color"], socket)
        assert "wall" in named(look(build.material)), kind
        build.tree.nodes.remove(node)


def test_every_node_as_coordinates() -> None:
    build = Build()
    image, shader = build.image("wall"), build.principled()
    build.link(image, "Color", shader, "Base Color")
    for kind in kinds():
        node = made(build, kind)
        if node is None:
            continue
        for source in node.outputs:
            if source.type != "SHADER":
                build.tree.links.new(source, image.inputs["Vector"])
                assert maps(look(build.material)) == {"basecolor": "wall:RGB"}, kind
        build.tree.nodes.remove(node)


def test_a_muted_shader_draws_nothing() -> None:
    build = Build()
    shader = build.principled()
    build.link(build.image("wall"), "Color", shader, "Base Color")
    shader.mute = True
    found = build.look()
    assert found.uses == ()
    assert "Nothing is connected to the material's output" in found.left[0].reason


def test_nodes_muted_just_now_let_through_at_once() -> None:
    build = Build()
    invert, mix = build.node("Invert"), build.node("Mix", data_type="RGBA")
    build.link(build.image("wall"), "Color", invert, "Color")
    build.link(invert, "Color", mix, "A_Color")
    build.link(mix, "Result_Color", build.principled(), "Base Color")
    invert.mute = mix.mute = True
    assert maps(look(build.material)) == {"basecolor": "wall:RGB"}


def test_a_group_of_a_library_that_is_missing_is_named_with_the_images_before_it() -> None:
    build = Build()
    hollow = bpy.data.node_groups.new("glTF Metallic Roughness", "ShaderNodeTree")
    for socket, kind, way in (("Color", "NodeSocketColor", "INPUT"), ("Shader", "NodeSocketShader", "OUTPUT")):
        hollow.interface.new_socket(socket, in_out=way, socket_type=kind)
    node = build.node("Group", node_tree=hollow)
    build.link(build.image("bark"), "Color", node, node.inputs[0].identifier)
    build.link(node, node.outputs[0].identifier, build.node("OutputMaterial"), "Surface")
    found = build.look()
    assert "The node group “glTF Metallic Roughness” is empty" in found.left[0].reason
    assert [left.images for left in found.left] == [(), ("bark",)]
