"""What is repaired in a library of .blend files, and how: plain data that goes to the Blender in the background."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Hole = Literal["OWN", "MASKS", "ALPHA"]
Result = Literal["COPY", "IN_PLACE"]


@dataclass(frozen=True)
class LibraryChoice:
    """A repair of a library.

    Attributes:
        folder: the library.
        hole: ``OWN`` (what was painted or chosen in each material), ``MASKS`` (by names in a folder, or one picture for
            all) or ``ALPHA`` (what is transparent in the base colour).
        masks: the folder or the picture.
        assets: whether only materials that are marked as assets are repaired.
        result: ``COPY`` (each file is saved as another one) or ``IN_PLACE`` (after a copy of it was made).
        out: the folder of copies; empty for beside the files.
        mode: ``BESIDE`` (new images) or ``REPLACE``, as for a single material.
        method: as the service calls it.
        settings: of the method, as JSON; empty for its defaults.
        seed: of the fills.
    """

    folder: Path
    hole: Hole = "OWN"
    masks: Path | None = None
    assets: bool = False
    result: Result = "COPY"
    out: Path | None = None
    mode: str = "BESIDE"
    method: str = "patch"
    settings: str = ""
    seed: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        places = {name: None if path is None else str(path) for name, path in
                  (("folder", self.folder), ("masks", self.masks), ("out", self.out))}  # fmt: skip
        return asdict(self) | places

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LibraryChoice:
        """Return what `to_json` wrote."""
        places = {name: None if data[name] is None else Path(data[name]) for name in ("folder", "masks", "out")}
        return cls(**{**data, **places})
