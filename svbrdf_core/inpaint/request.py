"""What is wanted: which hole in which material, how it is filled, and where the result goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from svbrdf_core.material import Material
from svbrdf_core.material.hole import Shaping


@dataclass(frozen=True)
class Hole:
    """Where a material is repaired.

    Attributes:
        masks: descriptions of the hole (an image, ``rect:X,Y,W,H`` and so on), which add up.
        forbid: descriptions of where nothing may be copied from.
        shaping: what is done to the hole after it is read.
        tileable: whether the edges of the material meet; None to find out.
    """

    masks: tuple[str, ...]
    forbid: tuple[str, ...] = ()
    shaping: Shaping = field(default_factory=Shaping)
    tileable: bool | None = False


@dataclass(frozen=True)
class Choice:
    """How a hole is filled.

    Attributes:
        method: name of the method.
        settings: of the method, an instance of its settings class; None for its defaults.
        seed: of the first fill; each further one takes the next.
        variations: how many fills.
        device: ``auto``, ``cpu``, ``cuda``, ``mps``.
    """

    method: str = "patch"
    settings: object | None = None
    seed: int = 0
    variations: int = 1
    device: str = "auto"


@dataclass(frozen=True)
class Repair:
    """Everything about one repair.

    Attributes:
        material: the one to repair.
        hole: where.
        choice: how.
        target: folder to write to; several variations go to ``v1``, ``v2``, … in it.
        in_place, overwrite: as for ``Material.save``.
        preview: PNG to draw before, after and difference of each map to.
        source_map: PNG to draw to where each filled pixel was copied from.
    """

    material: Material
    hole: Hole
    choice: Choice
    target: Path
    in_place: bool = False
    overwrite: bool = False
    preview: Path | None = None
    source_map: Path | None = None
