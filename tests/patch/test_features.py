"""What patches are compared on: every map counts alike, flat ones less, correlated channels once."""

from __future__ import annotations

import numpy as np
import pytest

from svbrdf_core.patch.features import Features
from svbrdf_core.tensors.layout import ChannelLayout
from svbrdf_core.tensors.standardize import Standardizer

LAYOUT = ChannelLayout(("diffuse", "roughness", "ao"), (3, 1, 1))
KNOWN = np.ones((40, 50), np.bool_)
KNOWN[10:20, 10:20] = False


def tensor() -> np.ndarray:
    rng = np.random.default_rng(0)
    values = np.empty((5, 40, 50), np.float32)
    values[:3] = 0.5 + 0.2 * rng.standard_normal((3, 40, 50))
    values[3] = 0.5 + 0.001 * rng.standard_normal((40, 50))
    values[4] = 0.7
    values[:, ~KNOWN] = 1e6
    return values


def picture_of(features: Features) -> np.ndarray:
    return features.combine(np.eye(features.count, dtype=np.float32))


def test_a_map_has_unit_variance_and_a_constant_one_is_left_out() -> None:
    standardizer = Standardizer.measure(tensor(), LAYOUT, KNOWN)
    assert standardizer.channels.tolist() == [0, 1, 2, 3]
    image = picture_of(Features.measure(tensor(), standardizer, KNOWN, 8, 0))
    assert image.shape == (40, 50, 4)
    assert image[KNOWN][:, :3].var(0).sum() == pytest.approx(1, rel=0.05)
    assert (image[~KNOWN] == 0).all()


def test_storage_noise_is_not_blown_up() -> None:
    standardizer = Standardizer.measure(tensor(), LAYOUT, KNOWN)
    image = picture_of(Features.measure(tensor(), standardizer, KNOWN, 8, 0))
    assert image[KNOWN][:, 3].std() < 0.05


def test_features_measure_texture_across_and_along() -> None:
    values = np.zeros((1, 32, 32), np.float32)
    values[0, :, 1::2] = 1  # upright stripes
    layout = ChannelLayout(("roughness",), (1,))
    known = np.ones((32, 32), np.bool_)
    image = picture_of(Features.measure(values, Standardizer.measure(values, layout, known), known, 8, 1.0))
    across, along = image[16, 16, 1:]
    assert across == pytest.approx(1 / np.sqrt(0.25 + 0.03**2), rel=1e-3)
    assert along == 0


def test_features_of_grain_are_interpolated_between_cells() -> None:
    values = np.zeros((1, 64, 64), np.float32)
    values[0, :, 33::2] = 1  # stripes on the right alone
    layout = ChannelLayout(("roughness",), (1,))
    known = np.ones((64, 64), np.bool_)
    across = picture_of(Features.measure(values, Standardizer.measure(values, layout, known), known, 16, 1.0))[32, :, 1]
    assert across[10] == 0 and across[55] == pytest.approx(across.max(), rel=1e-3)
    steps = np.diff(across)
    assert steps.min() >= -1e-4 * across.max() and steps.max() < 0.15 * across.max()


def test_principal_channels_keep_distances() -> None:
    rng = np.random.default_rng(0)
    base = rng.standard_normal((2, 40, 50))
    values = np.concatenate([base, np.tensordot(rng.standard_normal((3, 2)), base, 1)]).astype(np.float32)
    standardizer = Standardizer.measure(values, LAYOUT, KNOWN)
    features = Features.measure(values, standardizer, KNOWN, 8, 0)
    combinations = features.find_principal()
    assert combinations.shape == (5, 2)
    every, reduced = picture_of(features), features.combine(combinations)
    full = np.square(every[0, 0] - every[30, 40]).sum()
    assert np.square(reduced[0, 0] - reduced[30, 40]).sum() == pytest.approx(full, rel=1e-4)


def test_nothing_varies() -> None:
    flat = np.full((5, 40, 50), 0.5, np.float32)
    features = Features.measure(flat, Standardizer.measure(flat, LAYOUT, KNOWN), KNOWN, 8, 1.0)
    assert (features.combine(features.find_principal()) == 0).all()
