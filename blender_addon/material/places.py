"""A material comes in, its nodes that show an image go out, those inside node groups included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bpy


@dataclass(frozen=True)
class Place:
    """A node that has an image, or could have one.

    Attributes:
        path: its name, after those of the group nodes it is in.
        node: itself.
        trees: the material's, those of the groups, the innermost last.
    """

    path: tuple[str, ...]
    node: Any
    trees: tuple[Any, ...]

    @property
    def tree(self) -> Any:
        """The node tree it is in."""
        return self.trees[-1]


def places(material: Any) -> Iterator[Place]:
    """Return all of a material's nodes that may have an image."""
    if material.node_tree is not None:
        yield from _inside((material.node_tree,), ())


def groups(tree: Any) -> Iterator[Any]:
    """Return the group nodes of a tree, not those inside them."""
    return (node for node in tree.nodes if node.type == "GROUP" and node.node_tree is not None)


def image_called(name: str) -> Any:
    """Return the image of this full name (of a linked one its library's is a part), or None."""
    return next((image for image in bpy.data.images if image.name_full == name), None)


def _inside(trees: tuple[Any, ...], path: tuple[str, ...]) -> Iterator[Place]:
    for node in trees[-1].nodes:
        if hasattr(node, "image"):
            yield Place((*path, node.name), node, trees)
    for node in groups(trees[-1]):
        yield from _inside((*trees, node.node_tree), (*path, node.name))
