"""A material with repaired images comes in; files are written for those whose old ones were files, and it is final."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bpy.app.translations import pgettext_iface as _

from ..images.kinds import only_here
from ..images.making import held, rename
from ..images.paths import file_of, path_beside, path_instead, said
from ..images.saving import write_new, write_over


def keep(material: Any) -> list[str]:
    """Make a material's changes final and forget them; where old images were files, write the new ones.

    A file that cannot be written leaves its image packed and its change as it was, so that one may try again.

    Returns:
        Sentences: what was written, and what could not be.
    """
    changes, result = material.svbrdf_changes, []
    again = {change.old for change in changes} & {change.new for change in changes} - {None}
    for index in reversed(range(len(changes))):
        change = changes[index]
        new = change.new
        if new is not None and change.on_disk and new not in again and new.packed_file is not None:
            try:
                result.append(_written(change))
            except OSError as error:
                result.append(_unwritten(new, error))
                continue
        _settle(change.old, final=change.old not in again)
        changes.remove(index)
    return result[::-1]


def _settle(old: Any, *, final: bool) -> None:
    """Without a user an image is lost with the .blend's next save: so be it for what was between two repairs alone."""
    if old is not None and old.library is None and (not final or only_here(old)):
        old.use_fake_user = final


def _written(change: Any) -> str:
    new = change.new
    if new.is_dirty:
        new.pack()
    ending, data = held(new), bytes(new.packed_file.data)
    backup, path = _put(change, ending, data)
    shown = said(path, change.old.filepath if change.old is not None else new.filepath)
    rename(new, shown)
    new.unpack(method="REMOVE")
    if backup is None:
        return _("Written: {path}").format(path=path)
    for other in change.id_data.svbrdf_changes:
        if other.old is not None and file_of(other.old) == path:
            other.old.filepath_raw = said(backup, shown)
    return _("Written: {path}; the file that was there is now {backup}").format(path=path, backup=backup)


def _put(change: Any, ending: str, data: bytes) -> tuple[Path | None, Path]:
    new = change.new
    instead = path_instead(new, ending) if change.mode == "REPLACE" else path_beside(new, ending)
    rename(new, instead)
    path = file_of(new)
    if path is None:
        raise OSError(0, _("the .blend is not saved"))
    if change.mode == "REPLACE" and change.old is not None and file_of(change.old) == path:
        return write_over(path, data), path
    return None, write_new(path, data)


def _unwritten(new: Any, error: OSError) -> str:
    sentence = _('"{name}" stays packed in the .blend, its file could not be written ({reason}); try another folder.')
    return sentence.format(name=new.name, reason=error.strerror or error)
