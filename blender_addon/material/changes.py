"""Repaired images in a material, applied, reverted or kept; the list of changes stays in the .blend until then.

None of this makes an undo step; the operator that calls it does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as _

from ..images.files import BACKUP, file_of, is_on_disk, path_beside, path_instead, spell_path, write_new, write_over
from ..images.making import packed_ending, set_path
from ..images.reading import is_only_here
from ..images.tiles import free_pattern, is_tiled, tile_path
from . import editors
from .editors import show_instead
from .nodes import ImageNode, find_image, image_nodes, refuse_linked
from .placing import Frame, adapt, restore

BEFORE, AFTER = " (before)", " (after)"
LONGEST = 63 - len(BEFORE)
"""Bytes of a name that leave room for more, in every version of Blender."""


class SVBRDF_PG_change(bpy.types.PropertyGroup):
    """One image of a material that was replaced by a repaired one; `name` is the old image's."""

    old: bpy.props.PointerProperty(type=bpy.types.Image)
    new: bpy.props.PointerProperty(type=bpy.types.Image)
    mode: bpy.props.StringProperty(description="BESIDE or REPLACE")
    nodes: bpy.props.StringProperty(description="JSON: for each node its name, after those of the groups it is in")
    job: bpy.props.StringProperty(description="The job that made the new image")
    variation: bpy.props.IntProperty(description="Which of its variations that is")
    step: bpy.props.IntProperty(description="Changes of one step were made, and are taken back, together")
    on_disk: bpy.props.BoolProperty(description="The old image was one of a file")
    fake_user: bpy.props.BoolProperty(description="The old image was kept by a fake user before")
    hole: bpy.props.PointerProperty(
        type=bpy.types.Image, description="On one change of a step that made a sheet: the hole image of before"
    )
    placing: bpy.props.StringProperty(
        description="JSON, on one change of a step: where the picture lies in one of another size, and Mapping nodes"
    )


def apply(material: Any, repaired: Mapping[str, Any], *, mode: str, frame: Frame | None = None) -> list[str]:
    """Let a material show repaired images, as one step that `revert` takes back.

    Args:
        material: a local one.
        repaired: old image's full name to its repaired image, as `making.make_image` returns it.
        mode: ``BESIDE`` links this material's nodes to the new images, ``REPLACE`` gives them name, path and users of
            the old, which stay as ``… (before)``.
        frame: where the old picture lies in the new one, if that is larger; for ``BESIDE``. The nodes are adapted, so
            that it stays where it was on the surface.

    Returns:
        Sentences for the user, about what is not as one would expect.

    Raises:
        UserError: the material or a node group in it is linked; nothing was done.
    """
    refuse_linked(material, repaired)
    step = max((change.step for change in material.svbrdf_changes), default=0) + 1
    said: list[str] = []
    places: list[ImageNode] = []
    for name, new in repaired.items():
        old = find_image(name)
        if old is not None and frame is not None:
            places += [place for place in image_nodes(material) if place.node.image == old]
        if old is None:
            said.append(
                _('The image "{name}" is gone; its repaired version is "{new}".').format(name=name, new=new.name)
            )
            continue
        if mode == "REPLACE" and old.library is not None:
            said.append(_('"{name}" is linked and cannot be replaced; it got a copy beside it.').format(name=old.name))
        said += _apply_one(material, old, new, "BESIDE" if old.library is not None else mode, step)
    if frame is not None and places:
        done, words = adapt(material, places, frame)
        said += words
        material.svbrdf_changes[-1].placing = json.dumps({"frame": frame.to_json(), "knobs": done})
    return list(dict.fromkeys(said))


def _apply_one(material: Any, old: Any, new: Any, mode: str, step: int) -> list[str]:
    found = [place for place in image_nodes(material) if place.node.image == old]
    said = [] if mode == "REPLACE" else _warn_of_shared_groups(material, found)
    if old.is_dirty:
        sentence = _('"{name}" has unsaved changes; save or pack it before you close Blender, or they are lost.')
        said.append(sentence.format(name=old.name))
    on_a_disk, name, fake_user = _was_on_disk(material, old), old.name, old.use_fake_user
    if mode == "REPLACE":
        _replace(old, new)
    else:
        for place in found:
            place.node.image = new
        show_instead(old, new)
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
            _restore_image(change)
        else:
            _restore_nodes(material, change)
        if change.placing:
            said += restore(material, json.loads(change.placing)["knobs"])
        changes.remove(index)
        if new is not None and not _is_used(new):
            bpy.data.images.remove(new)
    return said


def newest_frame(material: Any) -> Frame | None:
    """Return where the picture of before the last step lies in that of after it; None if it has the same size."""
    step = max((change.step for change in material.svbrdf_changes), default=0)
    written = [change.placing for change in material.svbrdf_changes if change.step == step and change.placing]
    return Frame.of(json.loads(written[0])["frame"]) if written else None


def _warn_of_shared_groups(material: Any, found: list[ImageNode]) -> list[str]:
    trees = {tree for place in found for tree in place.trees if tree != material.node_tree}
    shared = {tree.name for tree in trees if tree.users - tree.use_fake_user > 1}
    sentence = _('The node group "{name}" is used elsewhere too; the repaired image shows there as well.')
    return [sentence.format(name=name) for name in sorted(shared)]


def _was_on_disk(material: Any, old: Any) -> bool:
    for change in material.svbrdf_changes:  # a repaired image that is repaired again
        if change.new == old:
            return bool(change.on_disk)
    return is_on_disk(old)


def _is_used(image: Any) -> bool:
    """Its own count of users is too high in Blender 4.2 once a material was copied."""
    return image.use_fake_user or bool(bpy.data.user_map(subset={image})[image])


def _replace(old: Any, new: Any) -> None:
    name, path = old.name, path_instead(old, PurePath(new.filepath).suffix)
    old.name = name.encode()[:LONGEST].decode(errors="ignore") + BEFORE
    new.name = name
    set_path(new, path)
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


def _restore_image(change: Any) -> None:
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
    for place in image_nodes(material):
        lost = change.new is None and place.node.image is None and place.path in paths
        if lost or (change.new is not None and place.node.image == change.new):
            place.node.image = change.old
    if change.new is not None:
        show_instead(change.new, change.old)


def keep(material: Any, folder: str = "") -> list[str]:
    """Make a material's changes final and forget them; where old images were files, write the new ones.

    A file that cannot be written leaves its image packed and its change as it was, so that one may try again.

    Args:
        material: a local one.
        folder: where the files are written; empty for beside the old ones, or in their place.

    Returns:
        Sentences: what was written, and what could not be.
    """
    changes, result, written = material.svbrdf_changes, list[str](), set[Path]()
    again = {change.old for change in changes} & {change.new for change in changes} - {None}
    for index in reversed(range(len(changes))):
        change = changes[index]
        new = change.new
        if new is not None and change.on_disk and new not in again and new.packed_file is not None:
            try:
                result.append(_write_file(change, written, folder))
            except OSError as error:
                result.append(_explain_failure(new, error))
                continue
        _update_fake_user(change.old, final=change.old not in again)
        changes.remove(index)
    return list(dict.fromkeys(result[::-1]))


def _update_fake_user(old: Any, *, final: bool) -> None:
    """Without a user an image is lost with the .blend's next save: so be it for what was between two repairs alone."""
    if old is not None and old.library is None and (not final or is_only_here(old)):
        old.use_fake_user = final


def _write_file(change: Any, written: set[Path], folder: str) -> str:
    new = change.new
    if is_tiled(new):
        return _write_tiles(change, folder)
    if new.is_dirty:
        new.pack()
    ending, data = packed_ending(new), bytes(new.packed_file.data)
    backup, path = _place_file(change, ending, data, written, folder)
    written.add(path)
    return _point_to(change, backup, path)


def _point_to(change: Any, backup: Path | None, path: Path) -> str:
    """Let an image be that of the file that was written, and those of the file that was there that of its copy."""
    new = change.new
    shown = spell_path(path, change.old.filepath if change.old is not None else new.filepath)
    set_path(new, shown)
    new.unpack(method="REMOVE")
    if backup is None:
        return _("Written: {path}").format(path=path)
    for other in change.id_data.svbrdf_changes:
        if other.old is not None and file_of(other.old) == path:
            other.old.filepath_raw = spell_path(backup, shown)
    return _("Written: {path}; the file that was there is now {backup}").format(path=path, backup=backup)


def _write_tiles(change: Any, folder: str) -> str:
    """Write the tiles of a UDIM image: all to new files, or in the place of the old ones, with copies of those."""
    new = change.new
    if new.is_dirty:
        raise OSError(0, _("it was painted on; save it with Image > Save As"))
    ending = packed_ending(new)
    path = _path_of_kept(change, ending, folder)
    tiles = {packed.tile_number: bytes(packed.packed_file.data) for packed in new.packed_files}
    backup = None
    if change.mode == "REPLACE" and change.old is not None and file_of(change.old) == path:
        backup = free_pattern(path.with_stem(path.stem + BACKUP), tiles)
        for number, data in tiles.items():
            file = Path(tile_path(str(path), number))
            write_new(Path(tile_path(str(backup), number)), file.read_bytes())
            if file.read_bytes() != data:
                write_over(file, data, keep=False)
    else:
        path = free_pattern(path, tiles)
        for number, data in tiles.items():
            write_new(Path(tile_path(str(path), number)), data)
    return _point_to(change, backup, path)


def _path_of_kept(change: Any, ending: str, folder: str) -> Path:
    """Return the path for a repaired image's file, as its mode and the folder say."""
    new = change.new
    instead = path_instead(new, ending) if change.mode == "REPLACE" else path_beside(new, ending)
    if folder:
        place = Path(bpy.path.abspath(folder))
        place.mkdir(parents=True, exist_ok=True)
        instead = spell_path(place / PurePath(bpy.path.abspath(instead)).name, instead)
    set_path(new, instead)
    path = file_of(new)
    if path is None:
        raise OSError(0, _("the .blend is not saved"))
    return path


def _place_file(change: Any, ending: str, data: bytes, written: set[Path], folder: str) -> tuple[Path | None, Path]:
    path = _path_of_kept(change, ending, folder)
    if path in written and path.read_bytes() == data:
        return None, path  # of another image that shows the same file
    if change.mode == "REPLACE" and change.old is not None and file_of(change.old) == path:
        return write_over(path, data), path
    return None, write_new(path, data)


def _explain_failure(new: Any, error: OSError) -> str:
    sentence = _('"{name}" stays packed in the .blend, its file could not be written ({reason}); try another folder.')
    return sentence.format(name=new.name, reason=error.strerror or error)


def register() -> None:
    """Give every material its list of changes."""
    bpy.utils.register_class(SVBRDF_PG_change)
    editors.register()
    bpy.types.Material.svbrdf_changes = bpy.props.CollectionProperty(type=SVBRDF_PG_change)


def unregister() -> None:
    """Forget the lists; the images stay as they are."""
    editors.unregister()
    del bpy.types.Material.svbrdf_changes
    bpy.utils.unregister_class(SVBRDF_PG_change)
