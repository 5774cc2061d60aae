"""What the solver asks of a device: levels and fields come in, better fields and voted values go out."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from svbrdf_core.patch.level import Level
from svbrdf_core.patch.types import Bools, Field, Floats, Ints


class Backend(Protocol):
    """The inner loops on one device; `cpu` runs compiled kernels, `gpu` the same algorithm in torch.

    Lists of pixels ``(ys, xs)`` and values returned are numpy arrays; levels and fields hold the device's own.
    """

    def prepare(self, level: Level) -> Level:
        """Return the level with its arrays on the device."""
        ...

    def field(self, level: Level, rows: Ints | None = None, cols: Ints | None = None) -> Field:
        """Make a field of unknown cost from source rows and columns ``(H, W)``, or one without sources."""
        ...

    def numpy(self, field: Field) -> tuple[Ints, Ints, Floats]:
        """Return a field's rows, columns and costs."""
        ...

    def measure(self, level: Level, field: Field) -> None:
        """Update the field's costs to the level's present image."""
        ...

    def sweep(self, level: Level, field: Field, step: int, radius: int, seed: int) -> Field:
        """Return the field after one PatchMatch iteration."""
        ...

    def exhaust(self, level: Level, field: Field) -> None:
        """Give every target the best of all sources."""
        ...

    def peel(self, level: Level, field: Field, known: Bools, ys: Ints, xs: Ints, draws: int, seed: int) -> Field:
        """Return the field after one search for some targets by the pixels ``known`` so far.

        Each tries its neighbours' sources and ``draws`` random ones; with 0 draws, all sources.
        """
        ...

    def index(self, level: Level, generator: np.random.Generator) -> Any:
        """Return the device's index of the level's sources, for `look_up`."""
        ...

    def look_up(self, level: Level, index: Any, field: Field) -> None:
        """Improve the field by the index."""
        ...

    def vote(self, level: Level, field: Field, quantile: float, ys: Ints, xs: Ints) -> Floats:
        """Return the weighted reconstruction ``(N, C)`` of pixels from the patches that cover them."""
        ...

    def put(self, level: Level, ys: Ints, xs: Ints, values: Floats) -> float:
        """Write pixels ``(N, C)`` into the level's image and return their mean absolute change."""
        ...

    def image(self, level: Level) -> Any:
        """Return a copy of the level's image, to be put back by `restore`."""
        ...

    def restore(self, level: Level, image: Any) -> None:
        """Put back what `image` returned."""
        ...
