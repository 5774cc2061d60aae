"""Overridden contexts for operators: the one place of ``temp_override``, within which no thread of ours runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import bpy

from ..client.gate import GATE


@contextlib.contextmanager
def override(context: bpy.types.Context, **members: Any) -> Iterator[None]:
    """Override parts of the context; whatever runs in threads stands still, since Blender up to 5.0 would crash."""
    with GATE.closed(), context.temp_override(**members):
        yield


@contextlib.contextmanager
def in_window() -> Iterator[bpy.types.Context]:
    """Give a context with a window, which timers do not have, and undo needs."""
    windows = bpy.context.window_manager.windows
    with override(bpy.context, window=windows[0]) if len(windows) else contextlib.nullcontext():
        yield bpy.context
