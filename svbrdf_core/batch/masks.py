"""The mask of each set of a library: by its name in a folder, by a pattern, or read off the set itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath

from svbrdf_core.batch.places import is_address, place
from svbrdf_core.batch.view import StoreView
from svbrdf_core.errors import InputError, MaskError
from svbrdf_core.formats import SUFFIXES
from svbrdf_core.material import mask_parts
from svbrdf_core.material.tile_hole import MaskInput
from svbrdf_core.request import InputFile

NAME, PATH, FOLDER = "{name}", "{path}", "{folder}"
"""Stand in a pattern for the set's name, its path below the library, and its own folder."""
WORD = re.compile(r"\{(name|path|folder)\}")
AFFIX = re.compile(r"^mask[ ._-]+|[ ._-]+mask$", re.IGNORECASE)
"""What the name of a mask may have besides the name of its set."""


class MaskNames:
    """The masks of a folder by the names of sets: alone or with their path, with or without the word mask."""

    def __init__(self, files: Iterable[PurePath], where: str) -> None:
        """Take masks.

        Args:
            files: images below a folder, relative to it.
            where: the folder, as it is told in sentences.
        """
        self._where, self._by_stem = where, dict[str, list[PurePath]]()
        for file in sorted(files):
            stem = AFFIX.sub("", file.stem).casefold()
            for key in {stem, (file.parent / stem).as_posix().casefold(), *_of_own_folder(stem, file.parent)}:
                self._by_stem.setdefault(key, []).append(file)

    def choose(self, name: str, path: str) -> PurePath:
        """Return the mask of a set.

        Args:
            name: of the set.
            path: below the library, with forward slashes; it decides where two sets have one name.

        Raises:
            MaskError: there is none, or more than one.
        """
        for wanted in (path.casefold(), name.casefold()):
            found = self._by_stem.get(wanted, ())
            if len(found) == 1:
                return found[0]
            if found:
                told = ", ".join(str(file) for file in found[:4])
                raise MaskError(f"{len(found)} masks have the name of this set ({told}); leave one.")
        *first, last = dict.fromkeys((name, f"{name}_mask", path))  # the path is the name right below the library
        raise MaskError(f"No mask in {self._where} is named {', '.join(first)} or {last}.")


@dataclass(frozen=True)
class MaskRule:
    """How the mask of a set is found.

    Attributes:
        text: a folder of masks; a path with ``{name}``, ``{path}`` or ``{folder}``; either may be an address in an
            object store; or what makes a mask of the set itself, such as ``alpha`` or ``key:#FF00FF``.
        made: whether it is the last.
    """

    text: str
    made: bool = False

    def __post_init__(self) -> None:
        """See that the rule can find anything.

        Raises:
            InputError: its folder does not exist, or it is one file for all.
            MaskError: the text describes no hole.
        """
        if self.made:
            mask_parts(self.text)
        elif not self.is_pattern and not is_address(self.text) and not Path(self.text).is_dir():
            raise InputError(
                f"There is no folder {self.text}; give a folder of masks, or a path with {NAME}, {PATH} or {FOLDER}."
            )

    @property
    def is_pattern(self) -> bool:
        """Whether the text is a path that differs from set to set."""
        return not self.made and any(word in self.text for word in (NAME, PATH, FOLDER))

    @property
    def folder(self) -> Path | None:
        """The folder of masks, in which there are no sets."""
        return None if self.made or self.is_pattern else Path(self.text)

    def seen(self, view: StoreView) -> MaskRule:
        """Return the rule for stores that are seen here.

        Raises:
            InputError: its folder does not exist.
        """
        if self.made or not is_address(self.text):
            return self
        whole = place(self.text)
        fixed = next((path for path in whole.parents if not WORD.search(str(path))), whole)
        view.show(fixed if self.is_pattern else whole)
        return MaskRule(str(view.here(whole)))

    def find(self, name: str, path: str, folder: Path) -> tuple[MaskInput, ...]:
        """Return the parts of the hole of a set.

        Args:
            name: of the set.
            path: below the library, with forward slashes.
            folder: that its files are in.

        Raises:
            MaskError: there is no mask, or more than one by its name.
        """
        if self.made:
            return mask_parts(self.text)
        if self.is_pattern:
            at = Path(self.text.replace(NAME, name).replace(PATH, path).replace(FOLDER, str(folder)))
            if not at.is_file():
                raise MaskError(f"There is no mask {at}.")
            return (InputFile(at),)
        return (InputFile(Path(self.text) / self._names.choose(name, path)),)

    @cached_property
    def _names(self) -> MaskNames:
        home = Path(self.text)
        images = [file for file in home.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file()]
        return MaskNames([file.relative_to(home) for file in images], self.text)


def _of_own_folder(stem: str, below: PurePath) -> Collection[str]:
    """Return the names of the set that a file named ``mask`` in a folder of that name is for."""
    parts: Sequence[str] = below.parts
    return {below.as_posix().casefold(), parts[-1].casefold()} if stem == "mask" and parts else ()
