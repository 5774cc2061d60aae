"""What a fill minimises: the cost of each source, what is written between searches, and which start of a level wins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from svbrdf_core.patch.level import Level
from svbrdf_core.patch.types import Field, Floats, Ints

if TYPE_CHECKING:
    from svbrdf_core.patch.backend import Backend

RELUCTANT = 1.1
"""Factor on the energy of a shift: its interior costs nothing by construction, so it must win clearly."""

StartKind = Literal["inherited", "peeled", "shifted", "pieces", "guided"]
"""Where a level's first field comes from: the coarser level, an onion peel, one shift of the picture (`regular`),
pieces cut from elsewhere (`pieces`), without or with a `Guide`."""


@dataclass(frozen=True, eq=False)
class Bias:
    """A weight and a price for each source: it costs ``weight`` times its squared patch distance, plus ``price``.

    Attributes:
        weight: float32 of the shape of ``level.valid``, above 0; read only at valid centres of sources.
        price: the same, 0 or more, in the unit of distances (variances, summed over a patch); at most 1e20.
    """

    weight: Floats
    price: Floats

    @classmethod
    def of(cls, level: Level, weight: Floats | float = 1.0, price: Floats | float = 0.0) -> Bias:
        """Make a bias from lists ``(N,)`` over ``level.source_ys, level.source_xs``, or from one number for all."""
        pictures = np.ones(level.valid.shape, np.float32), np.zeros(level.valid.shape, np.float32)
        for picture, values in zip(pictures, (weight, price), strict=True):
            picture[level.source_ys, level.source_xs] = values
        return cls(*pictures)

    def check(self, level: Level) -> None:
        """Raise ValueError unless this is a bias for the level."""
        if not (self.weight.shape == self.price.shape == level.valid.shape):
            raise ValueError(f"a bias has the shape of level.valid, {level.valid.shape}")
        weight, price = self.weight[level.valid], self.price[level.valid]
        if not ((weight > 0).all() and np.isfinite(weight).all() and (price >= 0).all() and (price <= 1e20).all()):
            raise ValueError("weights are above 0, prices from 0 to 1e20")


@dataclass(frozen=True, eq=False)
class SearchState:
    """A level in the course of its fill, from one start. Arrays are numpy, computed when asked for, not to be changed.

    Attributes:
        level: its sources, targets and hole; `picture` is what its image has become.
        depth: number of the level, 0 for the finest.
        start: where its first field came from.
        contested: whether the level has other starts, so that energies decide.
        iteration: rounds of search and reconstruction so far; None while the first field is still being made.
        generator: source of all randomness.
    """

    level: Level
    depth: int
    start: StartKind
    contested: bool
    iteration: int | None
    generator: np.random.Generator
    _backend: Backend
    _field: Field
    _voted: Any = None

    @cached_property
    def field(self) -> tuple[Ints, Ints, Floats]:
        """Each target's source, rows and columns int32 ``(H, W)``, and cost, float32 ``(H, W)``.

        They have a meaning at ``level.ys, level.xs`` where the cost is below ``kernels.FAR``. Rows count through the
        oriented copies, of which ``level.starts`` are the first.
        """
        return self._backend.numpy(self._field)

    @cached_property
    def mean_cost(self) -> float:
        """Mean of the targets' costs."""
        return float(self.field[2][self.level.ys, self.level.xs].mean())

    @cached_property
    def picture(self) -> Floats:
        """The level's image as it is filled now, float32 ``(H, W, C)``."""
        return self._backend.picture(self.level)

    @cached_property
    def voted(self) -> Floats:
        """What the votes would write, float32 ``(N, C)`` at ``level.hole_ys, level.hole_xs``; only for `refine`."""
        return self._backend.values_in_numpy(self._voted)


class Objective(Protocol):
    """The decisions of a fill that its search leaves open; one serves one fill at a time, and may remember.

    The loop on each level and from each start: `bias`, search, vote, `refine`, write; until the fill stands still. Then
    `energy` compares the starts. An objective that changes one thing holds another and passes the rest on to it.
    """

    def prepare(self, level: Level, depth: int, generator: np.random.Generator) -> None:
        """Measure what is needed of a level, its sources above all: once for each, before its search, in any thread."""
        ...

    def bias(self, state: SearchState) -> Bias | None:
        """Return the weight and price of each source for the next search, None for 1 and 0.

        Called before every search: once a round, once for each ring of an onion peel, once for pieces. An
        object returned again, the same one, is not copied to the device again.
        """
        ...

    def refine(self, state: SearchState) -> Floats | None:
        """Return what to write in place of ``state.voted``, float32 ``(N, C)``; None to write that.

        Called between vote and write of every round; it may be where pieces are chosen rather than averaged.
        """
        ...

    def energy(self, state: SearchState) -> float:
        """Return how bad the settled fill is. Called for each start of a level that has several: the lowest wins."""
        ...


@dataclass(frozen=True)
class PublishedObjective:
    """The mean patch distance (Newson et al. 2017), with a handicap for starts that it flatters.

    Attributes:
        inherit_below: see `PatchSettings`.
        reluctance: factor on the energy of a shift.
    """

    inherit_below: float = 0.93
    reluctance: float = RELUCTANT

    def prepare(self, level: Level, depth: int, generator: np.random.Generator) -> None:
        """Measure nothing."""

    def bias(self, state: SearchState) -> Bias | None:
        """Return None: all sources are alike."""
        return None

    def refine(self, state: SearchState) -> Floats | None:
        """Return None: the votes are written."""
        return None

    def energy(self, state: SearchState) -> float:
        """Return the mean cost times the factor of the start."""
        factor = {"inherited": 1 / self.inherit_below, "shifted": self.reluctance}.get(state.start, 1.0)
        return factor * state.mean_cost
