"""Node trees written by hand."""

from __future__ import annotations

from blender_addon.graph import Node, TraceResult, Tree

OUTPUT = Node("out", "ShaderNodeOutputMaterial")
SHADER = Node("shader", "ShaderNodeBsdfPrincipled")


def image(name: str, **settings: object) -> Node:
    return Node(name, "ShaderNodeTexImage", settings, image=f"{name}.png")


def tree(*nodes: Node, **links: str) -> Tree:
    """Return a material whose Principled BSDF is connected already.

    A link is written ``node__input="node.output"``, a space in an input as ``_``.
    """
    joined = {("out", "Surface"): ("shader", "BSDF")}
    for target, source in links.items():
        node, _, socket = target.partition("__")
        origin, _, output = source.partition(".")
        joined[node, socket.replace("_", " ")] = (origin, output)
    return Tree("Wall", {node.name: node for node in (OUTPUT, SHADER, *nodes)}, joined, "out")


def maps(found: TraceResult) -> dict[str, str]:
    return {use.role: f"{'~' * use.inverted}{use.image}:{use.channels}" for use in found.uses}
