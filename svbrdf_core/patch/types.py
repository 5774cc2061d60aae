"""Settings, results and nearest-neighbour fields of the patch engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.codec import option
from svbrdf_core.run import Run

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class PatchSettings:
    """How the patch engine works; the defaults are the measured best on the fixed cases (`benchmarks/`).

    Attributes:
        feature_weight: weight of the texture features (mean absolute gradients) against the maps' own values, both in
            standard deviations; 0 leaves them out. Newson et al. 2017, section 3.4.
        levels: levels of the pyramid, factor 2 each; fewer are used where the picture or the hole is too small, more
            where the hole is more than 256 pixels thick.
        iterations: most search/reconstruct rounds on a level (Newson et al. 2017: at most 10).
        sweeps: PatchMatch passes a round.
        tolerance: a level is done when a round changes the fill by less than this, in standard deviations.
        inherit_below: a level keeps the field it inherited if its energy is below this times that of a fresh onion
            peel on the same level. Below 1 favours the fresh start, which stays nearer to the hole's own surroundings.
        pieces: how many layings of cut pieces (`pieces`) are tried, on the finest level where the hole is thin enough.
        drafts: how many coarse fills of the least error say what pieces should come near to (`drafts`); 0 for none.
        rotations: also take sources turned by 90, 180 and 270 degrees, normals turned with them.
        mirrors: also take mirrored sources, normals mirrored with them.
        richness: how much rare sources are preferred, repeats avoided, and starts chosen by what they look like
            (`richness`): 1 is as rich as the surroundings; 0 leaves it to the patch distance alone, which is the least
            squared error, and blander.
        blend: level the steps of light and colour between copied pieces and at the rim (`blend`); without it every
            filled pixel is an exact copy of its source in all channels.
    """

    feature_weight: float = 0.3
    levels: int = 4
    iterations: int = 8
    sweeps: int = 2
    tolerance: float = 0.01
    inherit_below: float = 0.93
    pieces: int = 4
    drafts: int = 3
    rotations: bool = option(False, "Copy from turned places too.", shortcut="--rotations")
    mirrors: bool = option(False, "Copy from mirrored places too.", shortcut="--mirrors")
    richness: float = option(1.0, "How rich a fill is: 1 as its surroundings, 0 of the least error.", ge=0, le=2)
    blend: bool = True

    def __post_init__(self) -> None:
        if self.feature_weight < 0 or self.tolerance < 0 or self.inherit_below <= 0:
            raise ValueError("feature_weight and tolerance must be 0 or more, inherit_below above 0")
        if min(self.levels, self.iterations, self.sweeps) < 1 or min(self.pieces, self.drafts) < 0:
            raise ValueError("levels, iterations and sweeps must be 1 or more, pieces and drafts 0 or more")
        if not 0 <= self.richness <= 2:
            raise ValueError("richness must be from 0 to 2")


@dataclass(frozen=True)
class Control:
    """What is known of every pixel, in the hole too, and should be the same at its source (`control`).

    Attributes:
        labels: float32 ``(L, H, W)``, 0..1: which pixels are of one kind, as colours.
        directions: float32 ``(2, H, W)``, cosine and sine of twice the angle in which the grain runs, counter-clockwise
            from the x axis, times how clearly it does, 0..1; no channel if that does not matter.
        turned: whether turned copies are taken whatever the settings say, as the grain may run where no source's does.
    """

    labels: Floats
    directions: Floats
    turned: bool = False


@dataclass(frozen=True)
class Orientation:
    """One of the eight symmetries of the pixel grid: mirrored left-right first, then turned.

    Attributes:
        quarters: quarter turns counter-clockwise, 0 to 3.
        mirrored: whether the texture is mirrored before it is turned.
    """

    quarters: int = 0
    mirrored: bool = False


@dataclass(frozen=True)
class PatchFill:
    """A filled tensor and where each filled pixel came from.

    Attributes:
        tensor: float32 ``(C, H, W)``, equal to the input where the mask is 0.
        rows, cols: int32 ``(N,)``, the hole's pixels in reading order.
        source_rows, source_cols: int32 ``(N,)``, the pixel of the input each was taken from.
        orientation: int8 ``(N,)``, index into ``orientations``.
        orientations: the ways in which sources may have been turned and mirrored.
        energy: mean cost of the hole's patches, lower is better: their squared distance to their sources, in variances,
            with the weights and prices of the objective if it has any.
    """

    tensor: Floats
    rows: Ints
    cols: Ints
    source_rows: Ints
    source_cols: Ints
    orientation: NDArray[np.int8]
    orientations: tuple[Orientation, ...]
    energy: float


@dataclass
class Field:
    """A nearest-neighbour field; the arrays are the backend's own (numpy on the CPU, torch elsewhere).

    Attributes:
        rows, cols: int32 ``(H, W)``, centre of the source patch, meaningful on the level's targets.
        cost: float32 ``(H, W)``, what that source costs (`objective.Bias`); ``kernels.FAR`` where there is none yet.
    """

    rows: Any
    cols: Any
    cost: Any


@dataclass(frozen=True)
class Guidance:
    """Samples of what the hole may look like at a coarse scale, to guide pieces and the choice of a start.

    Attributes:
        make: given the standardised maps ``(h, w, K)``, where they are known and where they may be copied from, both
            ``(h, w)``, and the run that this is, returns a few samples of them filled; none if it has nothing.
        max_hole_thickness: the scale is the finest at which the hole is at most this many pixels thick.
        seconds: that it takes, about, in those of `effort`.
    """

    make: Callable[[Floats, Bools, Bools, Run], Sequence[Floats]]
    max_hole_thickness: int
    seconds: float = 1.0
