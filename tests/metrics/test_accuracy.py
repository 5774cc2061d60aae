"""Errors of each map against NumPy by hand, scikit-image and the definition of the angle."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import ndimage

from svbrdf_core.errors import InputError, MaskError
from svbrdf_core.metrics import measure
from svbrdf_core.metrics.accuracy import BAND, CEILING, angles
from svbrdf_core.tensors.layout import ChannelLayout
from tests.metrics.conftest import Case, Floats

skimage = pytest.importorskip("skimage.metrics", reason="scikit-image is not installed (extra compare)")


def stored(values: Floats, case: Case, name: str) -> Floats:
    """Return a map as it is stored, 0..1."""
    part = values[case.layout.slice_of(name)].astype(np.float64)
    return (part + 1) / 2 if name == "normal" else part  # type: ignore[return-value]


def test_errors_are_those_of_the_pixels_in_the_hole(case: Case, noisy: Floats) -> None:
    found = measure(noisy, case.truth, case.layout, case.hole, groups=("maps",))
    for name in case.layout.names:
        one, other = (stored(v, case, name)[:, case.hole] for v in (noisy, case.truth))
        assert found[f"mse/{name}"] == pytest.approx(np.mean((one - other) ** 2), rel=1e-5)
        assert found[f"l1/{name}"] == pytest.approx(np.mean(np.abs(one - other)), rel=1e-5)
        expected = skimage.peak_signal_noise_ratio(other, one, data_range=1)
        assert found[f"psnr/{name}"] == pytest.approx(expected, abs=1e-4)


def test_similarity_is_that_of_scikit_image(case: Case, noisy: Floats) -> None:
    found = measure(noisy, case.truth, case.layout, case.hole, groups=("maps",))
    for name in case.layout.names:
        one, other = (stored(v, case, name) for v in (noisy, case.truth))
        _, similarity = skimage.structural_similarity(
            other, one, channel_axis=0, data_range=1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
            full=True,
        )  # fmt: skip
        assert found[f"ssim/{name}"] == pytest.approx(similarity[:, case.hole].mean(), abs=1e-5)


def test_the_band_lies_on_both_sides_of_the_border(case: Case, noisy: Floats) -> None:
    into = ndimage.distance_transform_edt(case.hole)
    out_of = ndimage.distance_transform_edt(~case.hole)
    band = ((into > 0) & (into <= BAND)) | ((out_of > 0) & (out_of <= BAND))
    found = measure(noisy, case.truth, case.layout, case.hole, groups=("maps",))
    one, other = (stored(v, case, "diffuse")[:, band] for v in (noisy, case.truth))
    assert found["band/mse/diffuse"] == pytest.approx(np.mean((one - other) ** 2), rel=1e-5)


@pytest.mark.parametrize("degrees", [0.0, 1e-3, 30.0, 90.0, 179.0])
def test_angles_by_hand(degrees: float) -> None:
    truth = np.zeros((3, 24, 24), np.float32)
    truth[2] = 1
    turned = np.zeros_like(truth)
    turned[0], turned[2] = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    assert np.allclose(angles((turned + 1) / np.float32(2), (truth + 1) / np.float32(2)), degrees, atol=1e-4, rtol=1e-3)
    hole = np.zeros((24, 24), bool)
    hole[8:12, 8:12] = True
    turned = np.where(hole, turned, truth)
    found = measure(turned, truth, ChannelLayout(("normal",), (3,)), hole, groups=("maps",))
    assert found["angle/normal"] == pytest.approx(degrees, rel=1e-3, abs=1e-4)
    assert found["angle95/normal"] == pytest.approx(degrees, rel=1e-3, abs=1e-4)


def test_a_perfect_fill_has_no_error_and_finite_figures(case: Case) -> None:
    found = measure(case.truth, case.truth, case.layout, case.hole, groups=("maps",))
    assert found["mse/diffuse"] == 0 and found["psnr/diffuse"] == CEILING and found["ssim/diffuse"] == pytest.approx(1)
    assert all(math.isfinite(value) for value in found.values())


def test_a_far_change_outside_the_hole_does_not_count(case: Case, noisy: Floats) -> None:
    other = noisy.copy()
    other[:, :20] = 0.5
    one, two = (measure(v, case.truth, case.layout, case.hole, groups=("maps",)) for v in (noisy, other))
    assert one == two


def test_the_hole_of_a_tileable_material_is_the_same_anywhere(case: Case, noisy: Floats) -> None:
    hole = np.zeros_like(case.hole)
    hole[70:90, 65:85] = True

    def figures(by: int) -> dict[str, float]:
        filled, truth = (np.roll(v, (by, by), (1, 2)) for v in (noisy, case.truth))
        return measure(filled, truth, case.layout, np.roll(hole, (by, by), (0, 1)), tileable=True)

    here, there = figures(0), figures(83)  # there the hole lies across both edges
    assert here.keys() == there.keys()
    assert all(there[name] == pytest.approx(value, rel=1e-4) for name, value in here.items())


def test_what_is_not_known_is_not_compared_with(case: Case, noisy: Floats) -> None:
    truth = case.truth.copy()
    truth[:, case.hole] = np.nan
    found = measure(noisy, truth, case.layout, case.hole)
    assert not [name for name in found if name.startswith(("mse", "band"))]
    assert found == measure(noisy, None, case.layout, case.hole)


def test_bad_input_gets_one_sentence(case: Case, noisy: Floats) -> None:
    hole = case.hole
    with pytest.raises(InputError, match="no group of metrics 'pixels'"):
        measure(noisy, case.truth, case.layout, hole, groups=("pixels",))
    with pytest.raises(InputError, match="must agree"):
        measure(noisy, case.truth[:, 1:], case.layout, hole)
    with pytest.raises(InputError, match="10 channels"):
        measure(noisy[:4], case.truth, case.layout, hole)
    with pytest.raises(InputError, match="NaN"):
        measure(np.full_like(noisy, np.nan), case.truth, case.layout, hole)
    with pytest.raises(MaskError, match="empty"):
        measure(noisy, case.truth, case.layout, ~(hole | True))
    with pytest.raises(MaskError, match="everything"):
        measure(noisy, case.truth, case.layout, hole | True)
    with pytest.raises(MaskError, match="must agree"):
        measure(noisy, case.truth, case.layout, hole[1:])


def test_the_angle_that_most_normals_stay_under(case: Case, noisy: Floats) -> None:
    one, other = (values[3:6][:, case.hole].astype(np.float64) for values in (noisy, case.truth))
    degrees = np.degrees(np.arccos(np.clip((one * other).sum(0), -1, 1)))
    found = measure(noisy, case.truth, case.layout, case.hole, groups=("maps",))
    assert found["angle/normal"] == pytest.approx(degrees.mean(), rel=1e-3)
    assert found["angle95/normal"] == pytest.approx(np.quantile(degrees, 0.95), rel=1e-3)
