"""Triangles become every texel they touch: against a slow, exact one with fractions."""

from __future__ import annotations

import time
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blender_addon.holes.raster import dilate, rasterise_triangles

Points = list[tuple[Fraction, Fraction]]


def clipped(points: Points, axis: int, bound: int, keep_above: bool) -> Points:
    """Sutherland and Hodgman: the part of a convex shape at one side of a line."""
    result: Points = []
    for index, end in enumerate(points):
        begin = points[index - 1]
        inside = [(p[axis] >= bound) if keep_above else (p[axis] <= bound) for p in (begin, end)]
        if inside[0] != inside[1]:
            share = (bound - begin[axis]) / (end[axis] - begin[axis])
            result.append((begin[0] + share * (end[0] - begin[0]), begin[1] + share * (end[1] - begin[1])))
        if inside[1]:
            result.append(end)
    return result


def area(points: Points) -> Fraction:
    pairs = ((points[index - 1], point) for index, point in enumerate(points))
    return abs(sum((a[0] * b[1] - b[0] * a[1] for a, b in pairs), Fraction(0))) / 2


def overlap(triangle: Any, row: int, column: int) -> Fraction:
    points = [(Fraction(float(x)), Fraction(float(y))) for x, y in triangle]
    for axis, low in ((0, column), (1, row)):
        points = clipped(clipped(points, axis, low, True), axis, low + 1, False) if points else []
    return area(points) if len(points) > 2 else Fraction(0)


def texels(triangle: Any, margin: int = 0) -> set[tuple[int, int]]:
    """Rows and columns, on a plane without end, that a triangle overlaps."""
    low, high = np.floor(np.min(triangle, 0)).astype(int), np.ceil(np.max(triangle, 0)).astype(int)
    held = {(y, x) for y in range(low[1], high[1]) for x in range(low[0], high[0]) if overlap(triangle, y, x) > 0}
    steps = range(-margin, margin + 1)
    return {(y + dy, x + dx) for y, x in held for dy in steps for dx in steps}


def folded(index: int, length: int, extension: str) -> int | None:
    if extension == "REPEAT":
        return index % length
    if extension == "MIRROR":
        index %= 2 * length
        return index if index < length else 2 * length - 1 - index
    if extension == "EXTEND":
        return min(max(index, 0), length - 1)
    return index if 0 <= index < length else None


def slow(triangle: Any, size: tuple[int, int], margin: int, extension: str) -> Any:
    mask = np.zeros(size, bool)
    for y, x in texels(triangle, margin):
        row, column = folded(y, size[0], extension), folded(x, size[1], extension)
        if row is not None and column is not None:
            mask[row, column] = True
    return mask


# Not finer than a 1024th: of two numbers closer than a float can tell, only fractions know which is larger.
numbers = st.one_of(
    st.integers(-9, 18).map(float),
    st.integers(-36, 72).map(lambda n: n / 4),
    st.integers(-9 * 1024, 18 * 1024).map(lambda n: n / 1024),
)
corners = st.lists(st.tuples(numbers, numbers), min_size=3, max_size=3)


@given(corners, st.sampled_from(["REPEAT", "MIRROR", "EXTEND", "CLIP"]))
def test_every_texel_that_a_triangle_overlaps_is_taken_and_none_that_it_does_not_touch(shape: Any, way: str) -> None:
    size = (7, 9)
    wanted, found = slow(shape, size, 0, way), rasterise_triangles(np.array([shape]), size, 0, way)
    assert not (wanted & ~found).any()
    thick = slow(shape, size, 1, way)  # what only touches is one texel beside
    if thick.any():
        assert not (found & ~thick).any()


@pytest.mark.parametrize("way", ["REPEAT", "MIRROR", "EXTEND", "CLIP"])
@pytest.mark.parametrize("margin", [0, 1, 3])
def test_exactly_the_texels_of_a_shape_that_touches_no_border_of_a_texel(way: str, margin: int) -> None:
    generator = np.random.default_rng(margin)
    for _ in range(25):
        shape = generator.uniform(-6, 14, (3, 2))
        found = rasterise_triangles(shape[None], (9, 11), margin, way)
        if way in ("EXTEND", "CLIP"):  # the margin is of what the image shows, not of what lies outside it
            wanted = dilate(slow(shape, (9, 11), 0, way), margin, wrap=False)
        else:
            wanted = slow(shape, (9, 11), margin, way)
        assert np.array_equal(found, wanted)


def test_shapes_on_the_grid_take_their_own_texels_alone() -> None:
    quad = np.array([[(2, 1), (6, 1), (6, 3)], [(2, 1), (6, 3), (2, 3)]], float)
    wanted = np.zeros((8, 8), bool)
    wanted[1:3, 2:6] = True
    assert np.array_equal(rasterise_triangles(quad, (8, 8), 0), wanted)
    assert np.array_equal(rasterise_triangles(quad[:, ::-1], (8, 8), 0), wanted)  # mirrored
    assert np.array_equal(rasterise_triangles(quad - 8000, (8, 8), 0), wanted)  # many images away


def test_lines_and_points_are_taken_too_and_what_is_not_finite_is_left_out() -> None:
    point, line = [(3.5, 2.5)] * 3, [(0.5, 6.5), (7.5, 6.5), (4.5, 6.5)]
    found = rasterise_triangles(np.array([point, line, [(np.nan, 0), (1, 1), (2, 2)]]), (8, 8), 0)
    assert found.sum() == 9 and found[2, 3] and found[6].all()
    assert not rasterise_triangles(np.zeros((0, 3, 2)), (8, 8)).any()
    assert not rasterise_triangles(np.array([[(np.inf, 0), (1, 1), (2, 2)]]), (8, 8)).any()


def test_a_triangle_larger_than_the_image_covers_it_all_at_any_distance() -> None:
    for scale in (30.0, 1e4, 1e12):
        assert rasterise_triangles(np.array([[(-scale, -scale), (scale, -scale), (0, scale)]]), (16, 8), 0).all()


def test_a_margin_goes_around_the_border_only_where_the_image_repeats() -> None:
    mask = np.zeros((20, 30), bool)
    mask[0, 0] = True
    for margin in (1, 2, 5, 7):
        plain, around = dilate(mask, margin, wrap=False), dilate(mask, margin, wrap=True)
        assert plain.sum() == (margin + 1) ** 2 and plain[: margin + 1, : margin + 1].all()
        assert around.sum() == (2 * margin + 1) ** 2 and around[-margin:, -margin:].all()
    assert dilate(mask, 1e9, wrap=False).all()
    assert np.array_equal(dilate(mask, 0.5, wrap=False), dilate(mask, 1, wrap=False))


def test_a_hundred_thousand_triangles_on_4096_are_quick() -> None:
    cells = np.stack(np.meshgrid(np.arange(224), np.arange(224)), -1).reshape(-1, 1, 2) * 18.2
    low, high = np.array([(0, 0), (18.2, 0), (0, 18.2)]), np.array([(18.2, 18.2), (0, 18.2), (18.2, 0)])
    shapes = np.concatenate([cells + low, cells + high])
    assert len(shapes) > 100_000
    begin = time.process_time()
    mask = rasterise_triangles(shapes, (4096, 4096))
    assert mask[:4076, :4076].all()
    assert time.process_time() - begin < 6  # 0.8 s alone on one core
