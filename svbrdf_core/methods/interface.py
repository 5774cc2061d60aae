"""The contract between a way to fill holes and the rest of the program.

`docs/methods.md` shows how to add one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.methods.sources import SourceMap
from svbrdf_core.patch.types import Control
from svbrdf_core.run import Run
from svbrdf_core.tensors.layout import ChannelLayout

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class FormerFill:
    """A fill that another is to vary.

    Attributes:
        tensor: float32 ``(C, H, W)``, all of the window with its hole filled.
        from_step: share of the steps of a reverse process that are gone through anew, above 0 to 1: near 0 it differs
            in detail alone, at 1 in all.
    """

    tensor: Floats
    from_step: float


@dataclass(frozen=True)
class InpaintProblem:
    """One hole in one window of a material.

    Attributes:
        tensor: float32 ``(C, H, W)``: colours 0..1 as stored, unit normals in [-1, 1] with y up. What is in the hole
            means nothing and may be NaN; all else is finite. It must not be changed.
        layout: which channels are which map.
        hole: bool ``(H, W)``, where to fill; neither empty nor everything.
        allowed: bool ``(H, W)``, where pixels may be copied from besides being known.
        wrap: whether rows and columns go on at the other side.
        corner: row and column of the window's first pixel in the material, for methods that remember a material.
        size: height and width of the whole material; that of the window if None.
        control: what sources should have in common with what they fill; only for methods whose traits say so.
        former: the fill that is varied; None to fill anew. Only for methods whose traits say so.
    """

    tensor: Floats
    layout: ChannelLayout
    hole: Bools
    allowed: Bools
    wrap: tuple[bool, bool] = (False, False)
    corner: tuple[int, int] = (0, 0)
    size: tuple[int, int] | None = None
    control: Control | None = None
    former: FormerFill | None = None


@dataclass(frozen=True)
class FillResult:
    """What a method made of a problem.

    Attributes:
        tensor: float32 ``(C, H, W)``; only the hole is read.
        energy: how badly the fill fits its surroundings, comparable between seeds; None if the method cannot tell.
        sources: where each pixel of the hole was copied from, in pixels of the window; None if not all channels of a
            pixel come from one place.
    """

    tensor: Floats
    energy: float | None = None
    sources: SourceMap | None = None


@dataclass(frozen=True)
class NoSettings:
    """The settings of a method that has none."""


def _nothing_missing() -> str | None:
    return None


def _accept(settings: object) -> None:
    pass


@dataclass(frozen=True)
class Traits:
    """What callers must know of a method with certain settings.

    Attributes:
        is_random: another seed gives another fill.
        copies_pixels: it takes pixels from elsewhere, and keeps to ``InpaintProblem.allowed``.
        has_sources: it says where each pixel was copied from, ``FillResult.sources``.
        wraps: it knows ``InpaintProblem.wrap``; to others a torus is given unrolled, with its edges repeated.
        controlled: it follows ``InpaintProblem.control``.
        trains: it trains a network first, or takes one that was trained.
        learns_each: it learns from each window anew, so that a large hole is filled as a whole, not in blocks.
        samples: it samples a network step by step, and shows each `SamplerState` to ``Run.on_state``.
        compiles: a first use compiles kernels, which takes a while.
        varies: it follows ``InpaintProblem.former``.
        accelerated: it computes on a graphics card where there is one.
    """

    is_random: bool = False
    copies_pixels: bool = False
    has_sources: bool = False
    wraps: bool = False
    controlled: bool = False
    trains: bool = False
    learns_each: bool = False
    samples: bool = False
    compiles: bool = False
    varies: bool = False
    accelerated: bool = False


@dataclass(frozen=True)
class Cost:
    """What fills take, about.

    Attributes:
        memory: bytes.
        seconds: of each fill, on a processor.
        once: seconds before the first.
    """

    memory: int = 0
    seconds: float = 0.0
    once: float = 0.0


def _nothing_more(settings: object, box: tuple[int, int]) -> Cost:
    return Cost()


@dataclass(frozen=True)
class Method:
    """A way to fill holes.

    Attributes:
        name: what users type.
        title: what reports print.
        fill: takes a problem, settings, and the run it is part of.
        settings: frozen dataclass of its settings, whose defaults work, unless there must be a file.
        has: its traits, or what tells them from settings.
        missing: returns a sentence saying what must be installed first, or None.
        check_files: takes settings and raises `InputError` if a file that they name cannot be used; called before any
            work is done, on the machine that does it.
        presets: settings by name, for users who choose one instead of numbers.
        warmup_settings: make a first use short, to load what is loaded once; the defaults if None.
        extra_cost: takes settings, and height and width of the largest hole with what is filled along; returns what the
            method needs besides what copying pixels, or smoothing, takes.
    """

    name: str
    title: str
    fill: Callable[[InpaintProblem, Any, Run], FillResult]
    settings: type = NoSettings
    has: Traits | Callable[[Any], Traits] = Traits()
    missing: Callable[[], str | None] = _nothing_missing
    check_files: Callable[[Any], None] = _accept
    presets: Mapping[str, Any] = field(default_factory=dict)
    warmup_settings: object = None
    extra_cost: Callable[[Any, tuple[int, int]], Cost] = _nothing_more

    def traits(self, settings: object = None) -> Traits:
        """Return the traits of the method with these settings; with its defaults if None."""
        if isinstance(self.has, Traits):
            return self.has
        return self.has(self.settings() if settings is None else settings)
