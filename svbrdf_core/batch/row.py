"""One row of a batch, and what all rows have in common."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from svbrdf_core.batch.stores import StoredFile
from svbrdf_core.material.tile_hole import MaskInput
from svbrdf_core.request import HoleSpec, InpaintRequest, LoadOptions, MethodChoice, OutputSpec

HOME = "_batch"
"""Folder in the output for what a batch remembers and shows."""


@dataclass(frozen=True)
class Row:
    """One repair of a batch.

    Attributes:
        name: where its result goes below the output, with forward slashes; no two rows have the same.
        request: what is done; None if it cannot be said, and then ``why`` tells.
        why: what is wrong with it, in a sentence.
        files: what is fetched for it from object stores.
    """

    name: str
    request: InpaintRequest | None
    why: str | None = None
    files: tuple[StoredFile, ...] = ()


@dataclass(frozen=True)
class BatchTemplate:
    """What all rows have in common, but where a manifest says otherwise.

    Attributes:
        out: the folder that all results are below.
        source: how files are read; its path is not looked at.
        hole: how masks are edited; its masks are not looked at.
        method: how holes are filled.
        overwrite: whether results that are there, and not of this batch, are replaced.
        keep_jpeg: see `OutputSpec`.
    """

    out: Path
    source: LoadOptions = field(default_factory=lambda: LoadOptions(Path()))
    hole: HoleSpec = field(default_factory=HoleSpec)
    method: MethodChoice = field(default_factory=MethodChoice)
    overwrite: bool = False
    keep_jpeg: bool = False

    def request(
        self, name: str, folder: Path, set_name: str | None, masks: tuple[MaskInput, ...], method: MethodChoice
    ) -> InpaintRequest:
        """Return the request of a row.

        Args:
            name: of the row.
            folder: of its maps, or one image.
            set_name: which set of the folder.
            masks: parts of the hole.
            method: how it is filled.
        """
        return InpaintRequest(
            source=replace(self.source, path=folder, set_name=set_name),
            hole=replace(self.hole, masks=masks),
            method=method,
            output=OutputSpec(self.out / name, overwrite=self.overwrite, keep_jpeg=self.keep_jpeg),
        )
