"""Pictures as bytes or files in, icons that panels can show out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import bpy
import bpy.utils.previews


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
