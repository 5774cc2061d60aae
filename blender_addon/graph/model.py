"""A node tree as plain data: what ``material/maps.py`` copies from Blender, and what tests write by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Value = tuple[float, ...]
"""What an unconnected socket holds: one number, or those of a vector or colour; empty where it holds none."""


@dataclass(frozen=True, eq=False)
class Node:
    """One node. Sockets are told by their identifiers, which stay while names change between Blender's versions.

    Attributes:
        name: its name, unique in its tree.
        kind: its ``bl_idname``.
        settings: its own properties by name; curves and ramps as samples.
        values: by input, what it holds while nothing is connected.
        outputs: by output, the constant it gives (Value and RGB nodes).
        names: by input, the name that the user sees.
        image: key of its image, or nothing.
        tree: of a group, the tree inside.
        muted: whether the node is switched off.
        passes: of a muted node, by output the input that goes through.
    """

    name: str
    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Value] = field(default_factory=dict)
    outputs: Mapping[str, Value] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    image: str = ""
    tree: Tree | None = None
    muted: bool = False
    passes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Tree:
    """Nodes and what connects them.

    Attributes:
        name: the tree's name.
        nodes: by name.
        links: by (node, input), the (node, output) it comes from; muted and invalid links are not here.
        output: name of the node whose inputs are the tree's result, or nothing.
    """

    name: str
    nodes: Mapping[str, Node]
    links: Mapping[tuple[str, str], tuple[str, str]]
    output: str = ""
