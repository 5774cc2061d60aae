"""A former fill of a hole that another one varies, read window by window as the canvas itself is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.errors import InputError
from svbrdf_core.inpainting.gaps import LayoutShare
from svbrdf_core.masks import Region
from svbrdf_core.material.canvas import Canvas
from svbrdf_core.material.rolled import Rolled
from svbrdf_core.methods import FormerFill

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Former:
    """A former fill, and how much of it stays.

    Attributes:
        canvas: with the hole filled; what lies outside the hole is not looked at.
        from_step: see `FormerFill`.
    """

    canvas: Canvas
    from_step: float

    def check(self, canvas: Canvas) -> None:
        """See that it is a fill of a canvas.

        Raises:
            InputError: it has another size or other maps.
        """
        own, wanted = (f"{one.width} x {one.height}" for one in (self.canvas, canvas))
        if own != wanted:
            raise InputError(f"The result that is varied is {own} and this one {wanted}; give one of the same hole.")
        if self.canvas.layout != canvas.layout:
            have, want = (", ".join(one.layout.names) for one in (self.canvas, canvas))
            raise InputError(
                f"The result that is varied has other maps ({have}) than what is filled ({want}); give one of these."
            )

    def rolled(self, top: int, left: int) -> Former:
        """Return it with another first row and column."""
        rolled: Rolled[Canvas] = Rolled(self.canvas, top, left)
        return replace(self, canvas=rolled)

    def take(self, context: Region, wrap: bool, share: LayoutShare, values: Floats, unknown: Bools) -> FormerFill:
        """Return what it has in a window.

        Args:
            context: the window.
            wrap: whether it may reach over the edges.
            share: the maps that are filled.
            values: ``(C, h, w)``, the window as it is.
            unknown: ``(h, w)``, the hole in it.

        Raises:
            InputError: there is no fill.
        """
        found = self.canvas.window(context.top, context.left, context.height, context.width, wrap=wrap)
        tensor = share.take(np.where(unknown, found, values))
        if not np.isfinite(tensor).all():
            raise InputError("The result that is varied is NaN or infinite in the hole; give one that was filled.")
        return FormerFill(tensor, self.from_step)
