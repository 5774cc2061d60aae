"""Typed access to numba: kernels keep the signature of the function they are compiled from."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, ParamSpec, TypeVar, cast

import numba
import numpy as np

from svbrdf_core.tensors.threads import map_in_threads

P = ParamSpec("P")
R = TypeVar("R")
GRAIN = 16
"""Items that a thread takes at the least."""
SHARES = 4
"""Parts for each thread, so that none is waited for long."""


def kernel(
    *, over: Sequence[str] = (), fastmath: bool = False, inline: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compile a function of numbers and arrays with numba on its first call, and keep the machine code on disk.

    The code is cached beside the source file, or in the user's cache folder where that is read-only; the variable
    ``NUMBA_CACHE_DIR`` overrides both. Where none can be written the function is compiled anew in each process.
    The GIL is released while a kernel runs. numba watches only the kernel's own file for changes, so kernels that
    call each other belong in one module.

    Args:
        over: names of arguments of one length that a caller's threads share: each takes a part of all of them, by
            calls of the compiled function, and arrays that it returns are joined. numba's own ``parallel`` compiles
            three to five times as long.
        fastmath: let the compiler reorder floating-point sums; not for code that must treat NaN with care.
        inline: copy the function's statements into its callers, for those whose call costs more than their work.
    """
    jit = partial(numba.njit, nogil=True, fastmath=fastmath, inline="always" if inline else "never")

    def compile_(function: Callable[P, R]) -> Callable[P, R]:
        try:
            compiled = jit(cache=True)(function)
        except RuntimeError:  # numba found no folder that it may write its cache to
            compiled = jit()(function)
        return _share(function, compiled, over) if over else compiled

    return compile_


def compiled_of(function: object) -> Any:
    """Return what numba made of a kernel."""
    return getattr(function, "compiled", function)


def _share(function: Callable[P, R], compiled: Callable[P, R], over: Sequence[str]) -> Callable[P, R]:
    """Return a function that calls the compiled one with parts of some of its arguments, in several threads."""
    names = list(inspect.signature(function).parameters)
    shared = [names.index(name) for name in over]
    call = cast(Callable[..., Any], compiled)

    @functools.wraps(function)
    def share(*given: Any) -> Any:
        count, threads = len(given[shared[0]]), int(cast(Any, numba.config).NUMBA_NUM_THREADS)
        parts = min(SHARES * threads, count // GRAIN) if threads > 1 else 1
        if parts < 2:
            return call(*given)

        def do(bounds: tuple[int, int]) -> Any:
            part = list(given)
            for at in shared:
                part[at] = given[at][slice(*bounds)]
            return call(*part)

        ends = np.linspace(0, count, parts + 1).astype(np.intp).tolist()
        found = map_in_threads(do, list(pairwise(ends)), threads)
        return None if found[0] is None else np.concatenate(found)

    share.compiled = compiled  # type: ignore[attr-defined]
    return cast(Callable[P, R], share)
