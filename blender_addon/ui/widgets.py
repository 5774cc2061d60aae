"""Widgets that the panels share: text in several lines, failures with the buttons that mend them, icons of pictures."""

from __future__ import annotations

import tempfile
import textwrap
from pathlib import Path, PurePath
from typing import Any

import bpy
import bpy.utils.previews
from bpy.app.translations import pgettext_iface as _

from ..client import UserError

WIDTH, LETTER = 32, 6.2
"""Letters in a line where nobody knows how wide it is, and pixels that a letter takes."""


FIXES: dict[str, tuple[tuple[str, str], ...]] = {
    "absent": (
        ("svbrdf.start_service", "PLAY"),
        ("svbrdf.copy_install", "COPYDOWN"),
        ("svbrdf.preferences", "PREFERENCES"),
    ),
    "lost": (("svbrdf.connect", "FILE_REFRESH"), ("svbrdf.start_service", "PLAY")),
    "not_a_service": (("svbrdf.start_service", "PLAY"), ("svbrdf.preferences", "PREFERENCES")),
    "refused": (("svbrdf.preferences", "PREFERENCES"), ("svbrdf.connect", "FILE_REFRESH")),
    "offline": (("svbrdf.allow_online", "WORLD"), ("svbrdf.preferences", "PREFERENCES")),
    "broken": (("svbrdf.connect", "FILE_REFRESH"),),
    "busy": (("svbrdf.inpaint", "FILE_REFRESH"),),
    "linked": (("svbrdf.make_local", "LINKED"),),
    "hole": (("svbrdf.paint_hole", "BRUSH_DATA"),),
}
"""Operators by the kind of error, the likeliest first, each with its icon."""


def draw_error(layout: Any, error: UserError) -> None:
    """Draw a sentence and the buttons that mend what it tells of."""
    box = layout.box()
    column = box.column(align=True)
    draw_text(column, error.sentence, icon="ERROR", alert=True)
    for operator, icon in FIXES.get(error.kind, ()):
        box.operator(operator, icon=icon)


def draw_text(layout: Any, text: str, *, icon: str = "NONE", alert: bool = False) -> None:
    """Draw a long text in several lines, since a label has one."""
    width = letters_per_line(bpy.context.region)
    column = layout.column(align=True)
    column.alert = alert
    column.scale_y = 0.8
    for number, line in enumerate(break_lines(_(text), width)):
        column.label(text=line, icon=icon if number == 0 else "BLANK1" if icon != "NONE" else "NONE", translate=False)


def letters_per_line(region: Any) -> int:
    """Return how many letters fit into a line of a sidebar."""
    if region is None:
        return WIDTH
    return max(20, int((region.width / bpy.context.preferences.system.ui_scale - 70) / LETTER))


def break_lines(text: str, width: int) -> list[str]:
    """Break a text at its spaces; a word longer than a line is broken too."""
    return textwrap.wrap(text, width, break_long_words=True) or [""]


def shorten(name: str, letters: int) -> str:
    """Return a name that fits: without a file's ending, then without its beginning, since ends tell names apart."""
    if len(name) > letters:
        name = PurePath(name).stem if PurePath(name).suffix else name
    return name if len(name) <= letters else "…" + name[len(name) - max(letters - 1, 1) :]


class Icons:
    """Icons by name; a new picture under an old name takes its place."""

    def __init__(self) -> None:
        self._loaded: Any = None
        self._folder: Path | None = None
        self._versions: dict[str, tuple[object, str]] = {}

    def of_bytes(self, name: str, version: object, png: bytes) -> int:
        """Return the icon of a PNG, whose bytes are looked at only where the version is another."""
        known = self._versions.get(name)
        if known is not None and known[0] == version:
            return int(self._loaded[known[1]].icon_id)
        path = self._new_file()
        path.write_bytes(png)
        return self.of_file(name, version, path)

    def of_file(self, name: str, version: object, path: Path) -> int:
        """Return the icon of a file, which is read only where the version is another."""
        known = self._versions.get(name)
        if known is None or known[0] != version:
            if self._loaded is None:
                self._loaded = bpy.utils.previews.new()
            # Blender keeps an icon by its name as long as anything shows it, so each version has one of its own.
            key = f"{name}-{len(self._loaded)}-{version}"
            self._loaded.load(key, str(path), "IMAGE")
            self._versions[name] = known = (version, key)
        return int(self._loaded[known[1]].icon_id)

    def clear(self) -> None:
        """Forget all icons."""
        if self._loaded is not None:
            bpy.utils.previews.remove(self._loaded)
        self._loaded = self._folder = None
        self._versions.clear()

    def _new_file(self) -> Path:
        if self._folder is None or not self._folder.is_dir():
            self._folder = Path(tempfile.mkdtemp(prefix="inpaint-icons-", dir=bpy.app.tempdir or None))
        return self._folder / f"{len(list(self._folder.iterdir()))}.png"


icons = Icons()
"""Those of this Blender."""
