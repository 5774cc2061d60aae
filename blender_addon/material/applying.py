"""A material and repaired images come in, the material shows them; and what it showed before comes back.

None of this makes an undo step; the operator that calls it does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as _

from ..images.making import rename
from ..images.paths import on_disk, path_instead
from .localising import refuse_linked
from .places import Place, image_called, places

BEFORE, AFTER = " (before)", " (after)"
LONGEST = 63 - len(BEFORE)
"""Bytes of a name that leave room for more, in every version of Blender."""


def apply(material: Any, made: Mapping[str, Any], *, mode: str) -> list[str]:
    """Let a material show repaired images, as one step that `revert` takes back.

    Args:
        material: a local one.
        made: old image's full name to its repaired image, as `making.made` returns it.
        mode: ``BESIDE`` links this material's nodes to the new images, ``REPLACE`` gives them name, path and users of
            the old, which stay as ``… (before)``.

    Returns:
        Sentences for the user, about what is not as one would expect.

    Raises:
        UserError: the material or a node group in it is linked; nothing was done.
    """
    refuse_linked(material, made)
    step = max((change.step for change in material.svbrdf_changes), default=0) + 1
    said: list[str] = []
    for name, new in made.items():
        old = image_called(name)
        if old is None:
            said.append(
                _('The image "{name}" is gone; its repaired version is "{new}".').format(name=name, new=new.name)
            )
            continue
        if mode == "REPLACE" and old.library is not None:
            said.append(_('"{name}" is linked and cannot be replaced; it got a copy beside it.').format(name=old.name))
        said += _applied(material, old, new, "BESIDE" if old.library is not None else mode, step)
    return said


def _applied(material: Any, old: Any, new: Any, mode: str, step: int) -> list[str]:
    found = [place for place in places(material) if place.node.image == old]
    said = [] if mode == "REPLACE" else _shared(material, found)
    if old.is_dirty:
        sentence = _('"{name}" has unsaved changes; save or pack it before you close Blender, or they are lost.')
        said.append(sentence.format(name=old.name))
    on_a_disk, name, fake_user = _was_on_disk(material, old), old.name, old.use_fake_user
    if mode == "REPLACE":
        _replace(old, new)
    else:
        for place in found:
            place.node.image = new
    change = material.svbrdf_changes.add()
    change.name, change.old, change.new, change.mode, change.step = name, old, new, mode, step
    change.on_disk, change.fake_user = on_a_disk, fake_user
    change.nodes = json.dumps([place.path for place in found])
    return said


def revert(material: Any) -> list[str]:
    """Take back the last step that `apply` made; sentences say what could not be brought back."""
    changes = material.svbrdf_changes
    step = max((change.step for change in changes), default=0)
    said: list[str] = []
    for index in reversed([index for index, change in enumerate(changes) if change.step == step]):
        change = changes[index]
        name, new = change.name, change.new
        if change.old is None:
            said.append(_('The image "{name}" was deleted, so the repaired one stays.').format(name=name))
            new = None
        elif change.mode == "REPLACE":
            _give_back(change)
        else:
            _restore_nodes(material, change)
        changes.remove(index)
        if new is not None and not _used(new):
            bpy.data.images.remove(new)
    return said


def _shared(material: Any, found: list[Place]) -> list[str]:
    trees = {tree for place in found for tree in place.trees if tree != material.node_tree}
    shared = {tree.name for tree in trees if tree.users - tree.use_fake_user > 1}
    sentence = _('The node group "{name}" is used elsewhere too; the repaired image shows there as well.')
    return [sentence.format(name=name) for name in sorted(shared)]


def _was_on_disk(material: Any, old: Any) -> bool:
    for change in material.svbrdf_changes:  # a repaired image that is repaired again
        if change.new == old:
            return bool(change.on_disk)
    return on_disk(old)


def _used(image: Any) -> bool:
    """Its own count of users is too high in Blender 4.2 once a material was copied."""
    return image.use_fake_user or bool(bpy.data.user_map(subset={image})[image])


def _replace(old: Any, new: Any) -> None:
    name, path = old.name, path_instead(old, PurePath(new.filepath).suffix)
    old.name = name.encode()[:LONGEST].decode(errors="ignore") + BEFORE
    new.name = name
    rename(new, path)
    _remap(old, new)
    old.use_fake_user = True


def _remap(image: Any, other: Any) -> None:
    """Let all that uses an image use another, wherever it is; but fake users and lists of changes stay as they are."""
    kept, others_kept = image.use_fake_user, other.use_fake_user
    changes = [change for material in bpy.data.materials for change in material.svbrdf_changes]
    pointers = [(change, name) for change in changes for name in ("old", "new") if getattr(change, name) == image]
    image.user_remap(other)
    for change, name in pointers:
        setattr(change, name, image)
    image.use_fake_user, other.use_fake_user = kept, others_kept


def _give_back(change: Any) -> None:
    old, new = change.old, change.new
    if new is None:
        _restore_nodes(change.id_data, change)
    else:
        if new.name == change.name:
            new.name = new.name.encode()[:LONGEST].decode(errors="ignore") + AFTER
        _remap(new, old)
    old.name = change.name
    old.use_fake_user = change.fake_user


def _restore_nodes(material: Any, change: Any) -> None:
    """Nodes that show the new image, and those that show none since it was deleted."""
    paths = {tuple(path) for path in json.loads(change.nodes)}
    for place in places(material):
        lost = change.new is None and place.node.image is None and place.path in paths
        if lost or (change.new is not None and place.node.image == change.new):
            place.node.image = change.old
