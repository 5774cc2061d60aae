"""The tracer without Blender: trees written by hand, and trees at random."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from blender_addon.graph import Node, Tree, trace
from blender_addon.graph.reading import HANDLERS
from tests.addon.trees import OUTPUT, SHADER, image, maps, tree


def test_nothing_of_blender_is_needed() -> None:
    code = "import sys, blender_addon.graph; sys.exit(any(name in sys.modules for name in ('bpy', 'numpy')))"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_group_input_takes_what_is_connected_outside() -> None:
    gate, inner_out = Node("in", "NodeGroupInput"), Node("gout", "NodeGroupOutput")
    inner = Tree("G", {"in": gate, "gout": inner_out}, {("gout", "O"): ("in", "I")}, "gout")
    group = Node("group", "ShaderNodeGroup", tree=inner)
    found = trace(tree(group, image("a"), group__I="a.Color", shader__Base_Color="group.O"))
    assert maps(found) == {"basecolor": "a.png:RGB"}


def test_the_same_group_twice_keeps_its_users_apart() -> None:
    gate, inner_out = Node("in", "NodeGroupInput"), Node("gout", "NodeGroupOutput")
    inner = Tree("G", {"in": gate, "gout": inner_out}, {("gout", "O"): ("in", "I")}, "gout")
    first, second = Node("first", "ShaderNodeGroup", tree=inner), Node("second", "ShaderNodeGroup", tree=inner)
    found = trace(
        tree(
            first,
            second,
            image("a"),
            image("b"),
            first__I="a.Color",
            second__I="b.Color",
            shader__Base_Color="first.O",
            shader__Roughness="second.O",
        )
    )
    assert maps(found) == {"basecolor": "a.png:RGB", "roughness": "b.png:RGB"}


def test_rings_of_reroutes_and_of_muted_nodes_end() -> None:
    dot = Node("dot", "NodeReroute")
    muted = Node("muted", "ShaderNodeGamma", muted=True, passes={"Color": "Color"})
    found = trace(
        tree(
            dot,
            muted,
            dot__Input="dot.Output",
            muted__Color="muted.Color",
            shader__Base_Color="dot.Output",
            shader__Roughness="muted.Color",
        )
    )
    assert found.uses == ()


def test_a_channel_used_by_two_maps_is_one() -> None:
    split = Node("split", "ShaderNodeSeparateColor", {"mode": "RGB"})
    found = trace(
        tree(
            split,
            image("arm"),
            split__Color="arm.Color",
            shader__Roughness="split.Green",
            shader__Metallic="split.Green",
            shader__Alpha="split.Blue",
        )
    )
    assert maps(found) == {"roughness": "arm.png:G", "opacity": "arm.png:B", "extra:arm.png.R": "arm.png:R"}


def test_a_channel_of_an_image_that_is_used_whole_is_not_used_again() -> None:
    split = Node("split", "ShaderNodeSeparateColor", {"mode": "RGB"})
    found = trace(
        tree(
            split,
            image("wood"),
            split__Color="wood.Color",
            shader__Roughness="split.Green",
            shader__Base_Color="wood.Color",
        )
    )
    assert maps(found) == {"basecolor": "wood.png:RGB"}


def test_names_of_images_become_names_of_maps_that_a_service_takes() -> None:
    split = Node("split", "ShaderNodeSeparateColor", {"mode": "RGB"})
    odd = Node("odd", "ShaderNodeTexImage", image="a/b\\c\n" + "x" * 300)
    found = trace(tree(split, odd, split__Color="odd.Color", shader__Roughness="split.Green"))
    extras = [use.role for use in found.uses if use.role.startswith("extra:")]
    assert len(set(extras)) == 2
    assert all(len(role) <= 200 and not set(role) & set("/\\\n") for role in extras)


KINDS = [
    *sorted(HANDLERS),
    "ShaderNodeTexNoise",
    "ShaderNodeMixShader",
    "NodeReroute",
    "ShaderNodeNormalMap",
    "ShaderNodeBump",
]
SOCKETS = [
    "Color",
    "Value",
    "Value_001",
    "Vector",
    "Fac",
    "Factor_Float",
    "A_Color",
    "B_Color",
    "Red",
    "Green",
    "Shader",
    "Input",
]
OUTPUTS = ["Color", "Value", "Alpha", "Result_Color", "Red", "Green", "Output", "Vector", "Normal", "Shader"]
SETTINGS = {
    "mode": "RGB", "operation": "ADD", "blend_type": "MULTIPLY", "data_type": "RGBA",
    "ramp": ((0.0, 0.4, 1.0),) * 4, "curves": ((0.0, 0.6, 0.2),) * 4,
}  # fmt: skip
OPERATIONS = ["ADD", "SUBTRACT", "MULTIPLY", "DIVIDE", "POWER", "MINIMUM", "SINE", "MULTIPLY_ADD", "NORMALIZE", "FLOOR"]


@st.composite
def random_trees(draw: st.DrawFn) -> Tree:
    count = draw(st.integers(1, 8))
    nodes = {"out": OUTPUT, "shader": SHADER}
    for at in range(count):
        kind = draw(st.sampled_from(KINDS))
        own = SETTINGS | {"operation": draw(st.sampled_from(OPERATIONS))}
        values = {socket: (draw(st.sampled_from([0.0, 0.5, 1.0])),) for socket in SOCKETS}
        made = Node(f"n{at}", kind, own, values, muted=draw(st.booleans()), passes={"Color": "Color"})
        nodes[made.name] = replace(made, image=f"{at % 3}.png") if kind == "ShaderNodeTexImage" else made
    links = {("out", "Surface"): ("shader", "BSDF")}
    names = st.sampled_from([name for name in nodes if name.startswith("n")])
    for _ in range(draw(st.integers(1, 16))):
        links[draw(names), draw(st.sampled_from(SOCKETS))] = (draw(names), draw(st.sampled_from(OUTPUTS)))
    for socket in ("Base Color", "Roughness", "Normal", "Alpha", "Coat Normal"):
        links["shader", socket] = (draw(names), draw(st.sampled_from(OUTPUTS)))
    return Tree("Wall", nodes, links, "out")


@settings(max_examples=400, deadline=None)
@given(random_trees())
def test_whatever_the_tree_every_image_is_named_and_no_channel_twice(wall: Tree) -> None:
    found = trace(wall)
    images = {node.image for node in wall.nodes.values() if node.image}
    said = {use.image for use in found.uses} | {one for left in (*found.left, *found.notes) for one in left.images}
    assert images == said
    channels = [(use.image, letter) for use in found.uses for letter in use.channels]
    assert len(channels) == len(set(channels))
    roles = [use.role for use in found.uses]
    assert len(roles) == len(set(roles))
    assert all(left.reason.endswith(".") for left in (*found.left, *found.notes))
