"""Calls of methods: whether one can be used here with these settings, and whether what it returns is a fill."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from svbrdf_core.errors import FillError, InputError, SvbrdfError
from svbrdf_core.methods import FillResult, InpaintProblem, Method, find
from svbrdf_core.methods.interface import Floats
from svbrdf_core.methods.registry import is_ours
from svbrdf_core.methods.unroll import fill_unrolled
from svbrdf_core.run import Progress, Run
from svbrdf_core.sentences import Remedy


def usable(method: str | Method, *, here: bool = True) -> Method:
    """Return the method of a name, ready to be run.

    Args:
        method: the method or its name.
        here: whether it is to be run on this machine; elsewhere what it needs is another's business.

    Raises:
        InputError: there is none, or what it needs is not installed.
    """
    chosen = find(method) if isinstance(method, str) else method
    missing = chosen.missing() if here else None
    if missing is not None:
        raise InputError(f"The method {chosen.name} cannot be used here. {missing}")
    return chosen


def load_engine() -> None:
    """Import now what else the first fill imports, for a process that has time before it is asked for one."""
    importlib.import_module("svbrdf_core.patch.filling")


def find_suitable_method(
    method: str | Method,
    settings: object,
    *,
    forbids: bool,
    guided: bool,
    copies: bool = False,
    varied: bool = False,
    here: bool = True,
) -> Method:
    """Return the method of a name, ready to be run with these settings (None for its own).

    Args:
        method: the method or its name.
        settings: its settings.
        forbids: whether a region is forbidden.
        guided: whether there are guides.
        copies: whether what may be copied is in other pictures, which forbids the rest of its own.
        varied: whether a former fill is varied.
        here: whether it is to be run on this machine.

    Raises:
        InputError: there is none, what it needs is not installed, or it cannot forbid, follow guides or vary a fill.
        TypeError: the settings are another method's.
    """
    chosen = usable(method, here=here)
    if settings is not None and not isinstance(settings, chosen.settings):
        raise TypeError(f"{chosen.name} takes {chosen.settings.__name__}, not {type(settings).__name__}")
    if copies and forbids and not chosen.traits(settings).copies_pixels:
        raise InputError(f"The method {chosen.name} cannot copy from another picture, as this needs; use 'patch'.")
    if forbids and not chosen.traits(settings).copies_pixels:
        raise InputError(f"The method {chosen.name} cannot keep to a forbidden region; leave it out, or use 'patch'.")
    if guided and not chosen.traits(settings).controlled:
        raise InputError(f"The method {chosen.name} cannot follow guides; leave them out, or use 'patch'.")
    if varied and not chosen.traits(settings).varies:
        fact = f"The method {chosen.name} goes through no steps that a variation could begin at"
        raise InputError(fact, Remedy("from_step", "use 'diffusion', or vary nothing"))
    return chosen


def call_method(method: Method, problem: InpaintProblem, settings: object, run: Run) -> FillResult:
    """Run a method and check what it gives back, and what it shows on the way to those who look.

    Raises:
        FillError: it failed, or left values that are none; of a method that is not ours, any error at all.
    """
    run = _with_checked_previews(method, problem, run)
    with _blamed_on(method, "failed", "tell its author, or use another"):
        filled = fill_unrolled(method, problem, method.settings() if settings is None else settings, run)
    _check_values(method, filled.tensor, problem)
    return filled


def _with_checked_previews(method: Method, problem: InpaintProblem, run: Run) -> Run:
    """Return a run whose previews raise nothing but `FillError` if the method is not ours."""

    def look(preview: Callable[[], Any]) -> Any:
        with _blamed_on(method, "cannot show how far it is", "tell its author"):
            shown = np.asarray(preview())
            _check_values(method, shown, problem)
        return shown

    def forward(progress: Progress) -> None:
        if progress.preview is not None:
            progress = replace(progress, preview=partial(look, progress.preview))
        run.on_progress(progress)

    return replace(run, on_progress=forward)


@contextmanager
def _blamed_on(method: Method, what: str, remedy: str) -> Iterator[None]:
    """Say of an unforeseen error which method it comes from, unless that is ours."""
    try:
        yield
    except (SvbrdfError, MemoryError):
        raise
    except Exception as error:
        if is_ours(method):
            raise
        raise FillError(f"The method {method.name} {what} ({type(error).__name__}: {error}); {remedy}.") from error


def _check_values(method: Method, tensor: Floats, problem: InpaintProblem) -> None:
    """See that a method's values ``(C, H, W)`` can be put in the hole.

    Raises:
        FillError: they cannot.
    """
    if tensor.shape != problem.tensor.shape:
        raise FillError(
            f"The method {method.name} returned the shape {tensor.shape} for {problem.tensor.shape}; tell its author."
        )
    if not np.isfinite(tensor[:, problem.hole]).all():
        raise FillError(f"The method {method.name} left NaN or infinite values in the hole; use another method.")
