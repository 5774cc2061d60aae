"""The canvas: what a fill sees of a picture with many channels, be it a material or made of materials.

`Material` is one. Others can stand in front of a material: one that is larger than it (to extend it), one that is
rolled on the torus, or one that lays several tiles side by side.
"""

from __future__ import annotations

from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.tensors.layout import ChannelLayout

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


class Picture(Protocol):
    """A picture of ``layout.n_channels`` channels, read by windows."""

    @property
    def layout(self) -> ChannelLayout:
        """Which channels are which map."""
        ...

    @property
    def height(self) -> int:
        """Rows."""
        ...

    @property
    def width(self) -> int:
        """Columns."""
        ...

    def window(self, top: int, left: int, height: int, width: int, *, wrap: bool = False) -> Floats:
        """Return float32 ``(C, height, width)`` of a region; with ``wrap`` it may go on round the torus."""
        ...


class Canvas(Picture, Protocol):
    """A picture that is edited by windows too. Immutable: an edit gives a new one."""

    @property
    def magnification(self) -> float:
        """How many pixels of the canvas one pixel of the coarsest map spans along a side, 1 or more."""
        ...

    def absent(self) -> Bools | None:
        """Return ``(H, W)`` true where there is nothing: it is not filled nor copied from. None if nowhere."""
        ...

    def holding(self, top: int, left: int, height: int, width: int) -> Bools | None:
        """Return ``(maps, height, width)`` true where a region has a map, in the order of the layout; None if all."""
        ...

    def with_window(self, window: Floats, mask: Floats, top: int, left: int, *, wrap: bool = False) -> Self:
        """Return the canvas with ``window`` ``(C, h, w)`` blended in by ``mask`` ``(h, w)``, 0..1."""
        ...
