"""The interface of a device to the solver: measuring, searching, voting and writing on one level."""

from __future__ import annotations

from typing import Any, Protocol

from svbrdf_core.patch.level import Level
from svbrdf_core.patch.objective import Bias
from svbrdf_core.patch.types import Bools, Field, Floats, Ints


class Backend(Protocol):
    """The inner loops on one device; `cpu` runs compiled kernels, `gpu` the same algorithm in torch.

    Levels, lists of pixels ``(ys, xs)`` and pictures are numpy arrays. Fields, voted values, images, indices and biases
    are the device's own, only to be handed back to it. The image being filled is the backend's as well: `write_pixels`
    changes it, and ``level.target`` is only where it starts from.
    """

    def prepare(self, level: Level) -> Level:
        """Return the level, ready for the other methods: a level must come from here before it is used."""
        ...

    def field(self, level: Level, rows: Ints | None = None, cols: Ints | None = None) -> Field:
        """Make a field of unknown cost from source rows and columns ``(H, W)``, or one without sources."""
        ...

    def numpy(self, field: Field) -> tuple[Ints, Ints, Floats]:
        """Return a field's rows, columns and costs, int32, int32 and float32 ``(H, W)``."""
        ...

    def bias(self, level: Level, bias: Bias | None) -> Any:
        """Return weights and prices of the level's sources as the searches take them; None stands for 1 and 0.

        Raises:
            ValueError: it is no bias for this level.
        """
        ...

    def measure(self, level: Level, field: Field, bias: Any) -> None:
        """Update the field's costs to the level's present image and to the bias."""
        ...

    def sweep(self, level: Level, field: Field, bias: Any, step: int, radius: int, seed: int) -> Field:
        """Return the field after one PatchMatch iteration."""
        ...

    def search_all(self, level: Level, field: Field, bias: Any) -> None:
        """Give every target the cheapest of all sources."""
        ...

    def search_ring(
        self, level: Level, field: Field, bias: Any, known: Bools, ys: Ints, xs: Ints, draws: int, seed: int
    ) -> Field:
        """Return the field after one search for some targets by the pixels ``known`` so far.

        Each tries its neighbours' sources and ``draws`` random ones; with 0 draws, all sources.
        """
        ...

    def index(self, level: Level) -> Any:
        """Return the device's index of the level's sources, for `look_up`; may be called from several threads."""
        ...

    def look_up(self, level: Level, index: Any, field: Field, bias: Any) -> None:
        """Improve the field by the index."""
        ...

    def vote(self, level: Level, field: Field, quantile: float, ys: Ints, xs: Ints) -> Any:
        """Return the weighted reconstruction ``(N, C)`` of pixels from the patches that cover them."""
        ...

    def write_pixels(self, level: Level, ys: Ints, xs: Ints, values: Any) -> float:
        """Write pixels ``(N, C)`` that `vote` returned into the level's image and return their mean absolute change."""
        ...

    def values(self, values: Floats) -> Any:
        """Return float32 values ``(N, C)`` as `write_pixels` takes them."""
        ...

    def values_in_numpy(self, values: Any) -> Floats:
        """Return what `vote` returned as float32 ``(N, C)`` in numpy."""
        ...

    def picture(self, level: Level) -> Floats:
        """Return the level's image as it is filled now, float32 ``(H, W, C)``, in numpy."""
        ...

    def pixels(self, level: Level) -> Any:
        """Return the hole's pixels ``(N, C)`` as they are filled now, for `write_pixels` to put them back."""
        ...
