"""Typed access to numba: kernels keep the signature of the function they are compiled from."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

import numba

P = ParamSpec("P")
R = TypeVar("R")


def kernel(
    *, parallel: bool = False, fastmath: bool = False, inline: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compile a function of numbers and arrays with numba on its first call, and keep the machine code on disk.

    The code is cached beside the source file, or in the user's cache folder where that is read-only; the variable
    ``NUMBA_CACHE_DIR`` overrides both. Where none can be written the function is compiled anew in each process.
    The GIL is released while a kernel runs. numba watches only the kernel's own file for changes, so kernels that
    call each other belong in one module.

    Args:
        parallel: let ``numba.prange`` loops run on all cores.
        fastmath: let the compiler reorder floating-point sums; not for code that must treat NaN with care.
        inline: copy the function's statements into its callers, for those whose call costs more than their work.
    """
    jit = partial(numba.njit, nogil=True, parallel=parallel, fastmath=fastmath, inline="always" if inline else "never")

    def compile_(function: Callable[P, R]) -> Callable[P, R]:
        try:
            return jit(cache=True)(function)
        except RuntimeError:  # numba found no folder that it may write its cache to
            return jit()(function)

    return compile_
