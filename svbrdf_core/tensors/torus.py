"""Spans of rows or columns, on a line or round the ring that each axis of a tileable picture is.

A span is a start and a length. On a ring of ``total`` positions it may go on past the end, at 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Span = tuple[int, int]
Positions = NDArray[np.intp]


def find_span(touched: ArrayLike, *, wrap: bool = False) -> Span:
    """Return the shortest span that holds every True; ``(0, 0)`` if there is none.

    Args:
        touched: bool ``(total,)``, e.g. the rows that a hole touches.
        wrap: whether the axis is a ring; of equally short spans, one that does not pass the end is taken.
    """
    axis = np.asarray(touched, np.bool_)
    at = np.flatnonzero(axis)
    if not len(at):
        return 0, 0
    if not wrap:
        return int(at[0]), int(at[-1] - at[0] + 1)
    return cover_spans(at, np.ones_like(at), len(axis))


def cover_spans(starts: NDArray[np.integer], lengths: NDArray[np.integer], total: int) -> Span:
    """Return the shortest span of a ring that covers all given ones; ``(0, total)`` if they leave no gap.

    Args:
        starts: integers ``(n,)``, n > 0, each at least 0 and less than ``total``.
        lengths: integers ``(n,)``, each from 1 to ``total``.
        total: length of the ring.
    """
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], (starts + lengths)[order]
    around = ends.max() - total
    reached = np.maximum.accumulate(np.concatenate(([around], ends[:-1])))
    gaps = starts - reached  # before each start; the first of equals is the one that holds the end
    widest = int(gaps.argmax())
    return (int(starts[widest]), total - int(gaps[widest])) if gaps[widest] > 0 else (0, total)


def grow_span(span: Span, margin: int, total: int, *, wrap: bool = False) -> Span:
    """Return the span with ``margin`` more on both sides: cut off at the ends of a line, all of a ring at most."""
    start, length = span
    if not wrap:
        low, high = max(start - margin, 0), min(start + length + margin, total)
        return low, high - low
    if length + 2 * margin >= total:
        return 0, total
    return (start - margin) % total, length + 2 * margin


def find_gap(touched: ArrayLike) -> int:
    """Return where to cut a ring open: the middle of the longest run of its least touched positions.

    Args:
        touched: numbers ``(total,)``, how much of a hole is at each position; 0 is returned if all are alike.
    """
    amount = np.asarray(touched)
    at = np.flatnonzero(amount > amount.min())
    if not len(at):
        return 0
    gaps = np.diff(np.append(at, at[0] + len(amount)))
    longest = int(np.argmax(gaps))
    return int(at[longest] + (gaps[longest] + 1) // 2) % len(amount)


def list_positions(span: Span, total: int, *, wrap: bool = False) -> Positions:
    """Return the positions intp ``(length,)`` of a span that may leave ``0 .. total``.

    A ring goes on at its other side; a line goes on in mirror image, its end positions repeated.
    """
    at = np.arange(span[0], span[0] + span[1])
    if wrap:
        return at % total
    at %= 2 * total
    return np.where(at < total, at, 2 * total - 1 - at)
