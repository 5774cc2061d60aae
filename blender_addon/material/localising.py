"""A linked material comes in; a local copy that can be changed, or a sentence that says so, goes out."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from bpy.app.translations import pgettext_iface as _

from ..client import UserError
from .places import groups, places


def localised(material: Any, holder: Any) -> Any:
    """Return a material that can be changed in an object's slots: itself, or a local copy if it is linked.

    Node groups of a library become local as well; images stay linked.

    Raises:
        UserError: the object cannot be given another material.
    """
    if material.library is not None or material.override_library is not None:
        if holder is None or not _open(holder):
            sentence = _('The object that shows "{name}" is linked; make it local (Object > Relations > Make Local).')
            raise UserError("linked", sentence.format(name=material.name))
        copy = material.copy()
        copy.name = material.name
        _swap(holder, material, copy)
        material = copy
    if material.node_tree is not None:
        _own_groups(material.node_tree, {})
    return material


def refuse_linked(material: Any, images: Collection[str] = ()) -> None:
    """Refuse a material that cannot be changed, or one with a linked node group that shows one of these images.

    Raises:
        UserError: a sentence that says which of them it is.
    """
    if material.library is not None or material.override_library is not None:
        raise UserError("linked", _('The material "{name}" is linked; make it local first.').format(name=material.name))
    for place in places(material) if images else ():
        image = place.node.image
        if place.tree.library is not None and image is not None and image.name_full in images:
            sentence = _('The node group "{name}" is linked; make it local first.')
            raise UserError("linked", sentence.format(name=place.tree.name))


def _open(holder: Any) -> bool:
    return holder.library is None and (
        holder.override_library is None or not holder.override_library.is_system_override
    )


def _swap(holder: Any, old: Any, new: Any) -> None:
    for slot in holder.material_slots:
        if slot.material == old:
            if slot.link == "DATA" and (holder.data.library is not None or holder.data.override_library is not None):
                slot.link = "OBJECT"
            slot.material = new


def _own_groups(tree: Any, copies: dict[Any, Any]) -> None:
    for node in list(groups(tree)):
        group = node.node_tree
        if group.library is not None:
            if group not in copies:
                copies[group] = group.copy()
                copies[group].name = group.name
            node.node_tree = copies[group]
        _own_groups(node.node_tree, copies)
