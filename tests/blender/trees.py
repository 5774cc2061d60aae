"""Builds materials of Blender by script, saves them, loads them again and looks at them."""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path
from typing import Any

import bpy

from tests.blender.helper import NAME

look = importlib.import_module(NAME + ".material.maps").trace_material


class Build:
    """Nodes of one tree: a material's, or a group's."""

    def __init__(self, tree: Any = None) -> None:
        self.material: Any = None
        if tree is None:
            self.material = bpy.data.materials.new("Wall")
            if bpy.app.version < (5, 0):
                self.material.use_nodes = True
            tree = self.material.node_tree
            tree.nodes.clear()
        self.tree = tree

    def node(self, kind: str, name: str = "", **settings: Any) -> Any:
        """Add a node; settings are its properties, or with a leading underscore values of inputs by identifier."""
        node = self.tree.nodes.new(kind if kind.startswith("Node") else "ShaderNode" + kind)
        node.name = name or node.name
        for key, value in settings.items():
            if not key.startswith("_"):
                setattr(node, key, value)
        for key, value in settings.items():
            if key.startswith("_"):
                socket(node.inputs, key[1:]).default_value = value
        return node

    def image(self, name: str, data: bool = True) -> Any:
        """Add an Image Texture node of an image, which is made where it does not exist."""
        image = bpy.data.images.get(name) or bpy.data.images.new(name, 4, 4, is_data=data)
        if image.packed_file is None:
            image.pack()
        return self.node("TexImage", "tex " + name, image=image)

    def link(self, source: Any, output: str, target: Any, name: str) -> Any:
        """Connect an output with an input, both by identifier."""
        return self.tree.links.new(socket(source.outputs, output), socket(target.inputs, name))

    def principled(self, **values: Any) -> Any:
        """Add an output and a Principled BSDF that goes into it."""
        shader, output = self.node("BsdfPrincipled", **values), self.node("OutputMaterial")
        self.link(shader, "BSDF", output, "Surface")
        return shader

    def look(self, active_uv: str | None = None) -> Any:
        """Save all as a file, load it, and look at the material."""
        self.material.use_fake_user = True
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "wall.blend")
            bpy.ops.wm.save_as_mainfile(filepath=path)
            bpy.ops.wm.open_mainfile(filepath=path)
        return look(bpy.data.materials["Wall"], active_uv)


def socket(sockets: Any, name: str) -> Any:
    """Return a socket by its identifier, for which Blender has no look-up."""
    return next(one for one in sockets if one.identifier == name)


def group(name: str, inputs: dict[str, str], outputs: dict[str, str]) -> Build:
    """Return a new node group with sockets of these names and kinds."""
    tree = bpy.data.node_groups.new(name, "ShaderNodeTree")
    for direction, sockets in (("INPUT", inputs), ("OUTPUT", outputs)):
        for label, kind in sockets.items():
            tree.interface.new_socket(label, in_out=direction, socket_type="NodeSocket" + kind)
    build = Build(tree)
    build.node("NodeGroupInput", "in")
    build.node("NodeGroupOutput", "out")
    return build


def named(sockets: Any, label: str) -> str:
    """Return the identifier of a group's socket by its name."""
    return str(next(one.identifier for one in sockets if one.name == label))


def maps(found: Any) -> dict[str, str]:
    """Return the uses as role: image:channels, with ~ for inverted and ^ for DirectX."""
    return {use.role: f"{'~' * use.inverted}{'^' * use.directx}{use.image}:{use.channels}" for use in found.uses}


def reasons(found: Any) -> str:
    """Return all that is left alone as one text."""
    return "\n".join(left.reason for left in found.left)


def notes(found: Any) -> str:
    """Return all notes as one text."""
    return "\n".join(left.reason for left in found.notes)
