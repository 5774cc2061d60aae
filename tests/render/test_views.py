"""Lights and cameras: the nine pairs of the literature are the same for everyone."""

from __future__ import annotations

import math

import pytest

from svbrdf_core.render import Light, View, flash, nine_views


def test_one_list_for_each_seed() -> None:
    assert nine_views() == nine_views(0) != nine_views(1)
    first, last = nine_views()[0], nine_views()[8]
    assert first == FIRST
    assert last == LAST


FIRST = View(Light((-0.035421, 0.63156, 0.774518), distant=True), (0.04475, -0.894625, 0.444571), distant=True)
LAST = View(Light((-0.838776, -5.636227, 2.665928), falloff=False), (-0.589151, 0.885192, 0.346528))


@pytest.mark.parametrize(("count", "apart"), [(9, 3), (3, 1), (1, 0), (0, 0)])
def test_a_third_has_directions_of_its_own(count: int, apart: int) -> None:
    views = nine_views(5, count)
    assert [view.distant for view in views] == [True] * apart + [False] * (count - apart)
    with pytest.raises(ValueError, match="cannot be"):
        nine_views(0, -1)


def test_mirror_pairs_put_a_highlight_on_the_surface() -> None:
    for seed in range(20):
        for view in nine_views(seed)[3:]:
            assert view.light is not None and not view.light.falloff
            (lx, ly, lz), (cx, cy, cz) = view.light.at, view.camera
            # Where the line from the light's mirror image to the camera meets the plane.
            share = lz / (lz + cz)
            x, y = lx + (cx - lx) * share, ly + (cy - ly) * share
            assert abs(x) <= 1.001 and abs(y) <= 1.001
            assert lz > 0 and cz > 0


def test_directions_are_above_the_surface() -> None:
    for view in nine_views(2, 300)[:100]:
        assert view.light is not None
        for x, y, z in (view.light.at, view.camera):
            assert math.hypot(x, y, z) == pytest.approx(1, abs=1e-5)
            assert z >= math.sqrt(0.05) - 1e-6


def test_the_flash_is_at_the_camera() -> None:
    view = flash(3.0)
    assert view.light is not None
    assert view.light.at == view.camera == (0.0, 0.0, 3.0)
    assert view.light.colour[0] == 9.0
