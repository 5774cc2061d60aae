"""Errors of renderings against renderings of the whole material, and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from svbrdf_core.metrics import measure
from svbrdf_core.metrics.windows import windows
from svbrdf_core.tensors.layout import ChannelLayout
from tests.metrics.conftest import Case, Floats

torch = pytest.importorskip("torch", reason="torch is not installed (extra torch)")


def whole(values: Floats, layout: ChannelLayout) -> Floats:
    """Return the nine renderings ``(9, 3, H, W)`` of a whole material in linear light."""
    from svbrdf_core.render import nine_views, render

    tensor = torch.from_numpy(values)[None]
    return np.stack([render(tensor, layout, view)[0].numpy() for view in nine_views()])


def srgb(light: Floats) -> Floats:
    x = np.clip(light.astype(np.float64), 0, 1)
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)


def test_errors_are_those_of_the_whole_materials_renderings(case: Case, noisy: Floats) -> None:
    found = measure(noisy, case.truth, case.layout, case.hole, groups=("render",))
    one, other = (whole(values, case.layout)[..., case.hole] for values in (noisy, case.truth))
    log = np.abs(np.log(one + 0.01) - np.log(other + 0.01)).mean()
    assert found["render/log_l1"] == pytest.approx(log, rel=1e-3)
    assert found["render/psnr"] == pytest.approx(-10 * math.log10(np.mean((srgb(one) - srgb(other)) ** 2)), abs=1e-2)


def test_a_part_is_lit_where_it_lies_in_the_material(case: Case, noisy: Floats) -> None:
    expected = measure(noisy, case.truth, case.layout, case.hole, groups=("render",))
    cut = (slice(None), slice(30, 130), slice(20, 140))
    part = (30, 20, *case.hole.shape)
    found = measure(noisy[cut], case.truth[cut], case.layout, case.hole[cut[1:]], groups=("render",), part=part)
    assert found["render/log_l1"] == pytest.approx(expected["render/log_l1"], rel=1e-4)
    elsewhere = measure(noisy[cut], case.truth[cut], case.layout, case.hole[cut[1:]], groups=("render",))
    assert elsewhere["render/log_l1"] != pytest.approx(expected["render/log_l1"], rel=1e-4)


def test_emission_alone_by_hand() -> None:
    """What a black surface gives off is what is seen, but for a gleam at grazing views: 0.5 in place of 0.2."""
    layout = ChannelLayout(("diffuse", "specular", "emission"), (3, 3, 3))
    truth = np.zeros((9, 40, 40), np.float32)
    truth[6:] = 0.2
    filled = truth.copy()
    hole = np.zeros((40, 40), bool)
    hole[16:24, 16:24] = True
    filled[6:, hole] = 0.5
    found = measure(filled, truth, layout, hole, groups=("render",), linear=("emission",))
    assert found["render/log_l1"] == pytest.approx(math.log(0.51 / 0.21), rel=2e-2)
    low, high = srgb(np.array([0.2, 0.5], np.float32))
    step = float(high - low)
    assert found["render/psnr"] == pytest.approx(-20 * math.log10(step), abs=0.2)


def test_a_perfect_fill_and_one_that_is_seen(case: Case, noisy: Floats) -> None:
    perfect = measure(case.truth, case.truth, case.layout, case.hole, groups=("render",))
    assert perfect["render/log_l1"] == 0 and perfect["render/psnr"] == 100
    assert perfect["render/seam"] == pytest.approx(1)
    assert 0.6 < measure(case.truth, None, case.layout, case.hole, groups=("render",))["render/seam"] < 1.4
    assert measure(noisy, case.truth, case.layout, case.hole, groups=("render",))["render/seam"] > 1.2


def test_without_the_truth_the_seam_is_left(case: Case, noisy: Floats) -> None:
    assert set(measure(noisy, None, case.layout, case.hole, groups=("render",))) == {"render/seam"}


def test_what_changed_outside_the_hole_is_not_seen(case: Case, noisy: Floats) -> None:
    other = noisy.copy()
    other[:, 40:50] = 0.9
    one, two = (measure(v, case.truth, case.layout, case.hole, groups=("render",)) for v in (noisy, other))
    assert one == two


def test_damaged_maps_leave_finite_figures(case: Case) -> None:
    truth = case.truth.copy()
    truth[:, 40] = np.nan  # outside the hole
    filled = truth.copy()
    filled[3:6, case.hole] = 0  # normals of no length
    found = measure(filled, truth, case.layout, case.hole, groups=("render",))
    assert found and all(math.isfinite(value) for value in found.values())


def test_windows_count_each_pixel_of_the_hole_once_and_little_else() -> None:
    side = 2048
    hole = np.zeros((side, side), bool)
    hole[5:15, 5:15] = hole[2000:2020, 1900:1930] = True  # two specks
    hole[300:1500, 400:420] = True  # a scratch longer than a window
    values = np.zeros((1, side, side), np.float32)
    counted = np.zeros((side, side), int)
    pixels = 0
    for window in windows(values, values, hole, 32):
        height, width = window.hole.shape
        at = (slice(window.top, window.top + height), slice(window.left, window.left + width))
        counted[at] += window.hole
        assert np.array_equal(window.known, ~hole[at])
        assert max(height, width) <= 512 + 64
        pixels += window.hole.size
    assert np.array_equal(counted, hole.astype(int))
    assert pixels < 0.05 * side**2
