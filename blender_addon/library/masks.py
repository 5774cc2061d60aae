"""The mask of each material of a library, by its name in a folder; the names are those that ``svbrdf batch`` knows."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cached_property
from pathlib import Path, PurePosixPath

from ..client import UserError

AFFIX = re.compile(r"^mask[ ._-]+|[ ._-]+mask$", re.IGNORECASE)
"""What the name of a mask may have besides the name of its material."""
IMAGES = (".bmp", ".exr", ".hdr", ".jpeg", ".jpg", ".png", ".tga", ".tif", ".tiff", ".webp")
FORBIDDEN = re.compile(r'[/\\:*?"<>|]')
"""What a file's name cannot hold; there it has an underscore."""


class MaskFolder:
    """Masks that are found by the names of materials, or one picture for all of them.

    Args:
        place: the folder or the picture.

    Raises:
        UserError: there is neither.
    """

    def __init__(self, place: Path) -> None:
        if not place.exists():
            raise UserError("file", f"There is no {place}; give a folder of masks, or one picture for all materials.")
        self._place = place

    def find(self, material: str, blend: str, *, alone: bool) -> Path:
        """Return the mask of a material.

        Args:
            material: its name.
            blend: the path of its file below the library, without ending and with forward slashes.
            alone: whether it is the only one of its file, which then may give the mask its name.

        Raises:
            UserError: there is no mask, or more than one by its name.
        """
        if self._place.is_file():
            return self._place
        name = FORBIDDEN.sub("_", material)
        stem = PurePosixPath(blend).name
        wanted = [f"{blend}/{name}", f"{stem}/{name}", name, *((blend, stem) if alone else ())]
        for key in dict.fromkeys(wanted):
            found = self._by_stem.get(key.casefold(), ())
            if len(found) == 1:
                return found[0]
            if found:
                told = ", ".join(file.relative_to(self._place).as_posix() for file in found[:4])
                raise UserError("hole", f"{len(found)} masks have the name of this material ({told}); leave one.")
        raise UserError("hole", f"No mask in {self._place} is named {name}, {name}_mask or {blend}/{name}.")

    @cached_property
    def _by_stem(self) -> dict[str, list[Path]]:
        """The images of the folder by their name, alone and with their path, without ending and the word mask."""
        found: dict[str, list[Path]] = {}
        for file in sorted(self._place.rglob("*")):
            if file.suffix.lower() not in IMAGES or not file.is_file():
                continue
            stem = AFFIX.sub("", file.stem).casefold()
            below = file.relative_to(self._place).parent
            for key in {stem, (below / stem).as_posix().casefold(), *_of_own_folder(stem, below)}:
                found.setdefault(key, []).append(file)
        return found


def _of_own_folder(stem: str, below: Path) -> Collection[str]:
    """Return the names of the material that a file named ``mask`` in a folder of that name is for."""
    return {below.as_posix().casefold(), below.name.casefold()} if stem == "mask" and below.parts else ()
