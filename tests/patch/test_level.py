"""A level's targets touch the hole, its sources do not; halving averages what is known."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svbrdf_core.patch.level import build_level
from svbrdf_core.patch.types import Bools
from svbrdf_core.tensors.pyramid import Plane, halve
from tests.patch.cases import texture, turned


def plane_of(known: Bools, allowed: Bools | None = None, channels: int = 2) -> Plane:
    image = np.ascontiguousarray(texture(channels, *known.shape).transpose(1, 2, 0))
    return Plane(image, known, np.ones_like(known) if allowed is None else allowed)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Bools, Bools, tuple[bool, bool]]:
    """Draw a sparse hole and forbidden pixels of some size, and which axes wrap."""
    shape = draw(st.integers(7, 22)), draw(st.integers(7, 22))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    known, allowed = rng.random(shape) > 0.01, rng.random(shape) > 0.005
    return known, allowed, (draw(st.booleans()), draw(st.booleans()))


def covered(shape: tuple[int, ...], wrap: tuple[bool, bool], y: int, x: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the pixels of the patch centred on ``(y, x)``, None if it leaves the picture."""
    rows, cols = np.arange(y - 3, y + 4), np.arange(x - 3, x + 4)
    if not wrap[0] and (rows[0] < 0 or rows[-1] >= shape[0]):
        return None
    if not wrap[1] and (cols[0] < 0 or cols[-1] >= shape[1]):
        return None
    found = np.ix_(rows % shape[0], cols % shape[1])
    return found[0], found[1]


@settings(max_examples=60, deadline=None)
@given(scenes())
def test_targets_touch_the_hole_and_sources_are_free(scene: tuple[Bools, Bools, tuple[bool, bool]]) -> None:
    known, allowed, wrap = scene
    plane = plane_of(known, allowed)
    level = build_level(plane, [plane], wrap)
    for y, x in product(*map(range, known.shape)):
        patch = covered(known.shape, wrap, y, x)
        assert level.is_target[y, x] == (patch is not None and not known[patch].all())
        assert level.valid[y, x] == (patch is not None and (known & allowed)[patch].all())
    assert (np.argwhere(level.is_target) == np.stack([level.ys, level.xs], 1)).all()
    assert (np.argwhere(level.valid) == np.stack([level.source_ys, level.source_xs], 1)).all()
    assert (np.argwhere(~known) == np.stack([level.hole_ys, level.hole_xs], 1)).all()


@pytest.mark.parametrize("wrap", list(product((False, True), repeat=2)))
def test_the_padding_is_what_lies_beyond(wrap: tuple[bool, bool]) -> None:
    plane = plane_of(np.ones((11, 9), np.bool_))
    padded = build_level(plane, [plane], wrap).given
    rows = np.arange(-3, 14) % 11 if wrap[0] else np.arange(-3, 14).clip(0, 10)
    cols = np.arange(-3, 12) % 9 if wrap[1] else np.arange(-3, 12).clip(0, 8)
    assert (padded == plane.image[np.ix_(rows, cols)]).all()


def test_turned_copies_lie_below_each_other() -> None:
    """A source patch of a copy is the copy's; patches never reach from one copy into the next."""
    known = np.ones((14, 10), np.bool_)
    known[6, 4] = False
    planes = [plane_of(known)]
    planes += [turned(planes[0], quarters) for quarters in (1, 2)]
    level = build_level(planes[0], planes, (True, True))
    source = level.source.reshape(level.source.shape[0], -1, 2)
    assert level.starts == (0, 14 + 6, 14 + 6 + 10 + 6)
    for start, plane in zip(level.starts, planes, strict=True):
        height, width = plane.known.shape
        assert (source[start + 3 : start + 3 + height, 3 : 3 + width] == plane.image).all()
        valid = level.valid[start : start + height, :width]
        if start:  # turned copies do not wrap
            assert not valid[:3].any() and not valid[-3:].any() and not valid[:, :3].any() and not valid[:, -3:].any()
    assert not level.valid[14:20].any()


def test_halve_averages_known_pixels() -> None:
    known = np.ones((6, 5), np.bool_)
    known[0, 0] = False
    known[2:4, 2] = known[2, 3] = False
    plane = plane_of(known)
    half = halve(plane)
    image = plane.image
    assert half.image.shape == (3, 3, 2)
    np.testing.assert_allclose(half.image[0, 0], (image[0, 1] + image[1, 0] + image[1, 1]) / 3, rtol=1e-6)
    np.testing.assert_allclose(half.image[1, 1], image[3, 3], rtol=1e-6)
    np.testing.assert_allclose(half.image[2, 2], (image[4, 4] + image[5, 4]) / 2, rtol=1e-6)
    assert half.known[0, 0] and not half.known[1, 1] and half.known[2, 2]


def test_halve_forbids_what_is_partly_forbidden() -> None:
    allowed = np.ones((5, 5), np.bool_)
    allowed[1, 1] = allowed[4, 4] = False
    half = halve(plane_of(np.ones((5, 5), np.bool_), allowed))
    assert [tuple(at) for at in np.argwhere(~half.allowed)] == [(0, 0), (2, 2)]


def test_halve_keeps_the_mean_of_an_even_picture() -> None:
    plane = plane_of(np.ones((16, 24), np.bool_))
    np.testing.assert_allclose(halve(plane).image.mean((0, 1)), plane.image.mean((0, 1)), rtol=1e-5)
