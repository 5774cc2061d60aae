"""A task on a torus comes in; the same hole on a plain picture goes out, for methods that know no torus."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from svbrdf_core.methods.interface import Filled, Floats, Method, Task

MARGIN = 128
"""Pixels of the opposite side that are repeated beyond an edge that wraps: what a method sees of it."""


def run(method: Method, task: Task, settings: object) -> Filled:
    """Fill by a method, on a torus too if it does not know one."""
    if method.wraps or not any(task.wrap):
        return method.fill(task, settings)
    pads = [min(MARGIN, side) if wraps else 0 for wraps, side in zip(task.wrap, task.hole.shape, strict=True)]
    around = ((pads[0], pads[0]), (pads[1], pads[1]))
    plain = replace(
        task,
        tensor=np.pad(task.tensor, ((0, 0), *around), mode="wrap"),
        hole=np.pad(task.hole, around, mode="wrap"),
        allowed=np.pad(task.allowed, around, mode="wrap"),
        wrap=(False, False),
    )
    return Filled(_cropped(method.fill(plain, settings).tensor, pads, task))


def _cropped(tensor: Floats, pads: list[int], task: Task) -> Floats:
    height, width = task.hole.shape
    return np.ascontiguousarray(tensor[:, pads[0] : pads[0] + height, pads[1] : pads[1] + width])
