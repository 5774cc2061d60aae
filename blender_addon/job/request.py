"""A fill as it is wanted comes in; what the service is told of it goes out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..wire import Source

LONGEST = 60
"""Characters of a title on the wire."""


@dataclass(frozen=True)
class Request:
    """What is to be filled, and how.

    Attributes:
        title: what the material is called.
        sources: its images.
        roles: map to ``FILE`` or ``FILE:CHANNELS``, as in ``{"roughness": "2.png:G"}``.
        normal: convention of the normal map: ``opengl``, ``directx`` or ``auto``.
        mask: ``(H, W)``, top row first, more than 0 in the hole.
        forbid: the same, where nothing may be copied from.
        grow: pixels to grow the hole by.
        feather: pixels of a soft rim.
        method: as the service calls it.
        settings: of the method.
        seed: of the first variation.
        variations: how many.
        tileable: whether the edges meet; None finds out.
        device: ``auto``, ``cpu``, ``mps`` or ``cuda``.
    """

    title: str
    sources: tuple[Source, ...]
    roles: Mapping[str, str]
    normal: str
    mask: NDArray[np.uint8] = field(repr=False)
    forbid: NDArray[np.uint8] | None = field(default=None, repr=False)
    grow: float = 0.0
    feather: float = 0.0
    method: str = "patch"
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    variations: int = 1
    tileable: bool | None = None
    device: str = "auto"

    @property
    def name(self) -> str:
        """The title as the service takes it."""
        kept = "".join(c if c.isprintable() and c not in '/\\:*?"<>|%' else "_" for c in self.title)
        short = kept.encode("utf-8", "replace")[:LONGEST].decode("utf-8", "ignore").strip(". ~")
        plain = not re.fullmatch(r"(con|prn|aux|nul|com.|lpt.|conin\$|conout\$)(\..*)?", short, re.IGNORECASE)
        return short if short and plain else "material"

    def masks(self) -> list[Source]:
        """Return the hole, and where nothing may be copied from if that is said, as they are sent."""
        given = [("mask.npy", self.mask), ("forbid.npy", self.forbid)]
        return [Source(name, np.where(mask > 0, 255, 0).astype(np.uint8)) for name, mask in given if mask is not None]

    def wish(self, material: str, masks: Mapping[str, str]) -> dict[str, Any]:
        """Return what is asked for.

        Args:
            material: its id.
            masks: name to digest of what `masks` gave.
        """
        return {
            "material": material,
            "mask": [{"file": masks["mask.npy"], "name": "mask.npy"}],
            "forbid": [{"file": masks["forbid.npy"], "name": "forbid.npy"}] if "forbid.npy" in masks else [],
            "grow": float(self.grow),
            "feather": float(self.feather),
            "method": self.method,
            "settings": dict(self.settings),
            "seed": self.seed,
            "variations": self.variations,
            "tileable": self.tileable,
            "device": self.device,
        }
