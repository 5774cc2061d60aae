"""Spans on a line and on a ring, against every span there is."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from svbrdf_core.tensors.torus import Span, cover_spans, find_gap, find_span, grow_span, list_positions


def held(span: Span, total: int) -> set[int]:
    return {at % total for at in range(span[0], span[0] + span[1])}


@st.composite
def touched_axes(draw: st.DrawFn) -> NDArray[np.bool_]:
    return np.array(draw(st.lists(st.booleans(), min_size=1, max_size=24)), np.bool_)


@settings(deadline=None)
@given(touched_axes(), st.booleans())
def test_the_shortest_span_holds_all_that_is_touched(touched: NDArray[np.bool_], wrap: bool) -> None:
    total, wanted = len(touched), set(np.flatnonzero(touched).tolist())
    start, length = find_span(touched, wrap=wrap)
    assert wanted <= held((start, length), total)
    assert 0 <= start < total and 0 <= length <= total
    assert wrap or start + length <= total
    starts = range(total) if wrap else [start]
    shorter = [(at, length - 1) for at in starts if length > 0]
    if wrap:
        assert not any(wanted <= held(span, total) for span in shorter if wanted)
    elif wanted:
        assert {start, start + length - 1} <= wanted


@settings(deadline=None)
@given(touched_axes())
def test_the_end_is_not_passed_in_vain(touched: NDArray[np.bool_]) -> None:
    """Of equally short spans, one that stays on the line is taken."""
    start, length = find_span(touched, wrap=True)
    if length == find_span(touched)[1]:
        assert (start, length) == find_span(touched)


def test_nothing_touched_is_an_empty_span() -> None:
    for wrap in (False, True):
        assert find_span(np.zeros(5, np.bool_), wrap=wrap) == (0, 0)


@settings(deadline=None)
@given(st.data())
def test_covering_spans_is_the_shortest_span_of_their_positions(data: st.DataObject) -> None:
    total = data.draw(st.integers(1, 20))
    spans = data.draw(st.lists(st.tuples(st.integers(0, total - 1), st.integers(1, total)), min_size=1, max_size=5))
    touched = np.zeros(total, np.bool_)
    for start, length in spans:
        touched[np.arange(start, start + length) % total] = True
    starts, lengths = np.array(spans).T
    found = cover_spans(starts, lengths, total)
    assert set(np.flatnonzero(touched).tolist()) <= held(found, total)
    assert found[1] == find_span(touched, wrap=True)[1]


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(0, 40), st.booleans(), st.data())
def test_growing_adds_the_neighbours_within_reach(total: int, margin: int, wrap: bool, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, total - 1))
    length = data.draw(st.integers(1, total if wrap else total - start))
    grown = grow_span((start, length), margin, total, wrap=wrap)
    near = {
        at
        for at, inside in product(range(total), held((start, length), total))
        if min(abs(at - inside), total - abs(at - inside) if wrap else total) <= margin
    }
    assert held(grown, total) == near
    assert 0 <= grown[0] < total and grown[1] == len(near)


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(-30, 30), st.integers(0, 40))
def test_positions_are_numpy_s_padding(total: int, start: int, length: int) -> None:
    line = np.arange(total)
    for wrap, mode in ((True, "wrap"), (False, "symmetric")):
        padded = np.pad(line, (50, 80), mode=mode)  # type: ignore[call-overload]
        want = padded[50 + start : 50 + start + length]
        assert (list_positions((start, length), total, wrap=wrap) == want).all()


@pytest.mark.parametrize("total", [1, 7])
def test_all_of_a_ring(total: int) -> None:
    assert find_span(np.ones(total, np.bool_), wrap=True) == (0, total)
    assert grow_span((0, total), 3, total, wrap=True) == (0, total)


def test_a_ring_is_cut_open_where_least_is_touched() -> None:
    assert find_gap([1, 0, 0, 0, 1]) in (2, 3)
    assert find_gap([0, 0, 1, 0]) in (0, 1)
    assert find_gap([0, 0]) == find_gap([3, 3]) == 0
    assert find_gap([9, 9, 2, 2, 2, 9]) == 3, "a hole that touches every line is cut where it is narrowest"
