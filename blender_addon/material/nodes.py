"""Nodes of a material that show images, those inside node groups included, and local copies of what is linked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as _

from ..client import UserError
from ..images.files import shared_file


@dataclass(frozen=True)
class ImageNode:
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


def image_nodes(material: Any) -> Iterator[ImageNode]:
    """Return all of a material's nodes that may have an image."""
    if material.node_tree is not None:
        yield from _nodes_inside((material.node_tree,), ())


def group_nodes(tree: Any) -> Iterator[Any]:
    """Return the group nodes of a tree, not those inside them."""
    return (node for node in tree.nodes if node.type == "GROUP" and node.node_tree is not None)


def same_images(material: Any) -> dict[Any, Any]:
    """Return by image of a material the first one that shows the same file: itself, or one loaded a second time."""
    images = {place.node.image for place in image_nodes(material)} - {None}
    first: dict[Any, Any] = {}
    for image in sorted(images, key=lambda one: one.name_full):
        first.setdefault(shared_file(image) or image, image)
    return {image: first[shared_file(image) or image] for image in images}


def find_image(name: str) -> Any:
    """Return the image of this full name (of a linked one its library's is a part), or None."""
    return next((image for image in bpy.data.images if image.name_full == name), None)


def _nodes_inside(trees: tuple[Any, ...], path: tuple[str, ...]) -> Iterator[ImageNode]:
    for node in trees[-1].nodes:
        if hasattr(node, "image"):
            yield ImageNode((*path, node.name), node, trees)
    for node in group_nodes(trees[-1]):
        yield from _nodes_inside((*trees, node.node_tree), (*path, node.name))


def node_at(material: Any, path: Iterable[str]) -> Any:
    """Return the node at the end of a path of names through groups, or nothing where it is not there any more."""
    tree, node = material.node_tree, None
    for name in path:
        node = tree.nodes.get(name) if tree else None
        tree = getattr(node, "node_tree", None)
    return node


def make_local(material: Any, holder: Any) -> Any:
    """Return a material that can be changed in an object's slots: itself, or a local copy if it is linked.

    Node groups of a library become local as well; images stay linked.

    Raises:
        UserError: the object cannot be given another material.
    """
    if material.library is not None or material.override_library is not None:
        if holder is None or not _can_change(holder):
            sentence = _('The object that shows "{name}" is linked; make it local (Object > Relations > Make Local).')
            raise UserError("linked", sentence.format(name=material.name))
        copy = material.copy()
        copy.name = material.name
        _swap(holder, material, copy)
        material = copy
    if material.node_tree is not None:
        _make_groups_local(material.node_tree, {})
    return material


def refuse_linked(material: Any, images: Collection[str] = ()) -> None:
    """Refuse a material that cannot be changed, or one with a linked node group that shows one of these images.

    Raises:
        UserError: a sentence that says which of them it is.
    """
    if material.library is not None or material.override_library is not None:
        raise UserError("linked", _('The material "{name}" is linked; make it local first.').format(name=material.name))
    for place in image_nodes(material) if images else ():
        image = place.node.image
        if place.tree.library is not None and image is not None and image.name_full in images:
            sentence = _('The node group "{name}" is linked; make it local first.')
            raise UserError("linked", sentence.format(name=place.tree.name))


def _can_change(holder: Any) -> bool:
    return holder.library is None and (
        holder.override_library is None or not holder.override_library.is_system_override
    )


def _swap(holder: Any, old: Any, new: Any) -> None:
    for slot in holder.material_slots:
        if slot.material == old:
            if slot.link == "DATA" and (holder.data.library is not None or holder.data.override_library is not None):
                slot.link = "OBJECT"
            slot.material = new


def _make_groups_local(tree: Any, copies: dict[Any, Any]) -> None:
    for node in list(group_nodes(tree)):
        group = node.node_tree
        if group.library is not None:
            if group not in copies:
                copies[group] = group.copy()
                copies[group].name = group.name
            node.node_tree = copies[group]
        _make_groups_local(node.node_tree, copies)
