"""Reservation of standard output for the result."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


@contextmanager
def redirect_to_stderr() -> Iterator[None]:
    """Let everything that is written to file descriptor 1 go to standard error meanwhile.

    The OpenEXR library prints its warnings there from C++, past Python's ``sys.stdout``, and would spoil the JSON.
    """
    try:
        sys.stdout.flush()
        kept = os.dup(1)
    except OSError:  # there is no standard output
        yield
        return
    try:
        os.dup2(2, 1)
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def reserve(command: Callable[P, R]) -> Callable[P, R]:
    """Make a command run with standard output reserved for what it returns."""

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        with redirect_to_stderr():
            return command(*args, **kwargs)

    return wrapper
