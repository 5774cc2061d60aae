"""What is said about the files of a material comes in; the material goes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from svbrdf_core.formats import MAX_PIXELS
from svbrdf_core.material import Material
from svbrdf_core.material.bind import NormalOption


@dataclass(frozen=True)
class Reading:
    """How the files of a material are read: see ``Material.load``.

    Attributes:
        path: the folder, or one image file.
        set_name: which set, where the folder holds several.
        overrides: map name to ``FILE`` or ``FILE:CHANNELS``.
        only: the maps to repair; all if None.
        also: images to take along that are not recognised.
        normal: convention of the normal map.
        max_pixels: files that claim more are refused.
    """

    path: Path
    set_name: str | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] | None = None
    also: tuple[str, ...] = ()
    normal: NormalOption = "auto"
    max_pixels: int = MAX_PIXELS

    def load(self) -> Material:
        """Return the material; only headers are read.

        Raises:
            InputError: no map, an unreadable file, or sizes of different aspect.
            AmbiguousInput: several readings; the message names the option that settles it.
        """
        return Material.load(
            self.path,
            set_name=self.set_name,
            overrides=self.overrides,
            only=self.only,
            also=self.also,
            normal=self.normal,
            max_pixels=self.max_pixels,
        )
