"""What a way to fill holes is given, and what it gives back: the whole contract between it and the rest.

`docs/methods.md` shows how to add one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.layout import ChannelLayout
from svbrdf_core.methods.sources import SourceMap

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Detail:
    """More about where a method is, if it learns something first.

    Attributes:
        step: steps taken.
        steps: of how many, about if there is a time limit.
        loss: what is made small, in the method's own unit.
        preview: returns the window as it would be filled now, float32 ``(C, H, W)``; takes part of a second.
    """

    step: int
    steps: int
    loss: float
    preview: Callable[[], Floats]


class Report(Protocol):
    """Takes a phase in words, the fraction done, 0 to 1, and what more there is to say."""

    def __call__(self, phase: str, fraction: float, detail: Detail | None = None) -> None:
        """Tell where a method is."""
        ...


@dataclass(frozen=True)
class Task:
    """One hole in one window of a material.

    Attributes:
        tensor: float32 ``(C, H, W)``: colours 0..1 as stored, unit normals in [-1, 1] with y up. What is in the hole
            means nothing and may be NaN; all else is finite. It must not be changed.
        layout: which channels are which map.
        hole: bool ``(H, W)``, where to fill; neither empty nor everything.
        allowed: bool ``(H, W)``, where pixels may be copied from besides being known.
        wrap: whether rows and columns go on at the other side.
        generator: all randomness comes from it: the same state gives the same fill.
        device: ``cpu``, ``cuda``, ``mps``; a method that knows only the CPU ignores it.
        report: told where the method is.
        should_stop: to be asked now and then; when it says yes, raise `Cancelled` (`check` does both).
        corner: row and column of the window's first pixel in the material, for methods that remember a material.
        size: height and width of the whole material; that of the window if None.
    """

    tensor: Floats
    layout: ChannelLayout
    hole: Bools
    allowed: Bools
    wrap: tuple[bool, bool]
    generator: np.random.Generator
    device: str
    report: Report
    should_stop: Callable[[], bool]
    corner: tuple[int, int] = (0, 0)
    size: tuple[int, int] | None = None

    def check(self) -> None:
        """Raise `Cancelled` if the user wants to stop."""
        from svbrdf_core.errors import Cancelled

        if self.should_stop():
            raise Cancelled("The fill was cancelled; nothing was changed.")


@dataclass(frozen=True)
class Filled:
    """What a method made of a task.

    Attributes:
        tensor: float32 ``(C, H, W)``; only the hole is read.
        energy: how badly the fill fits its surroundings, comparable between seeds; None if the method cannot tell.
        sources: where each pixel of the hole was copied from, in pixels of the window; None if not all channels of a
            pixel come from one place.
        notes: sentences for the user.
    """

    tensor: Floats
    energy: float | None = None
    sources: SourceMap | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class NoSettings:
    """The settings of a method that has none."""


def _nothing() -> str | None:
    return None


@dataclass(frozen=True)
class Method:
    """A way to fill holes.

    Attributes:
        name: what users type.
        title: what reports print.
        fill: takes a task and settings.
        settings: frozen dataclass of its settings, whose defaults work.
        missing: returns a sentence saying what must be installed first, or None.
        random: whether another seed gives another fill.
        copies: whether it takes pixels from elsewhere, and keeps to ``Task.allowed``.
        traces: whether it says where each pixel was copied from, ``Filled.sources``.
        wraps: whether it knows ``Task.wrap``; to others a torus is given unrolled, with its edges repeated.
        compiles: whether a first use compiles kernels, which takes a while.
        brief: settings that make a first use short, to load what is loaded once; the defaults if None.
    """

    name: str
    title: str
    fill: Callable[[Task, Any], Filled]
    settings: type = NoSettings
    missing: Callable[[], str | None] = _nothing
    random: bool = False
    copies: bool = False
    traces: bool = False
    wraps: bool = False
    compiles: bool = False
    brief: object = None
