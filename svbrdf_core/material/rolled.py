"""A canvas seen with another first row and column: rolled round the ring that each axis is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic, Self, TypeVar

import numpy as np

from svbrdf_core.material.canvas import Bools, Canvas, Floats
from svbrdf_core.tensors.layout import ChannelLayout

C = TypeVar("C", bound=Canvas)


@dataclass(frozen=True)
class Rolled(Generic[C]):
    """A canvas that begins elsewhere: what was beside a seam is in its middle, and the seam is where all is known.

    Attributes:
        inner: the canvas, which has no gaps.
        top: its row that is the first here.
        left: its column that is the first here.
    """

    inner: C
    top: int
    left: int

    @property
    def layout(self) -> ChannelLayout:
        """Which channels are which map."""
        return self.inner.layout

    @property
    def height(self) -> int:
        """Rows."""
        return self.inner.height

    @property
    def width(self) -> int:
        """Columns."""
        return self.inner.width

    @property
    def magnification(self) -> float:
        """See `Canvas`."""
        return self.inner.magnification

    def absent(self) -> Bools | None:
        """Return None: it is everywhere."""
        return None

    def holding(self, top: int, left: int, height: int, width: int) -> Bools | None:
        """Return None: it has all maps everywhere."""
        return None

    def window(self, top: int, left: int, height: int, width: int, *, wrap: bool = False) -> Floats:
        """Return float32 ``(C, height, width)`` of a region; see `Canvas`."""
        return self.inner.window(top + self.top, left + self.left, height, width, wrap=True)

    def with_window(self, window: Floats, mask: Floats, top: int, left: int, *, wrap: bool = False) -> Self:
        """Return the canvas with a window blended in; see `Canvas`."""
        return replace(self, inner=self.inner.with_window(window, mask, top + self.top, left + self.left, wrap=True))

    def roll(self, picture: np.ndarray) -> np.ndarray:
        """Return a picture ``(H, W, ...)`` of the inner canvas as it lies here."""
        return np.roll(picture, (-self.top, -self.left), (0, 1))
