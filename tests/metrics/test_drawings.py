"""Cross-entropy of line drawings, by hand and by SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import rel_entr, xlogy

from svbrdf_core.metrics import measure
from svbrdf_core.metrics.drawings import CLIP, cross_entropy, is_drawing
from svbrdf_core.tensors.layout import ChannelLayout
from tests.metrics.conftest import Bools, Case, Floats

LAYOUT = ChannelLayout(("diffuse",), (1,))


def drawing() -> tuple[Floats, Bools]:
    """Return white paper ``(1, 64, 64)`` with a black line every eight pixels, and a hole."""
    truth = np.ones((1, 64, 64), np.float32)
    truth[:, :, ::8] = 0
    hole = np.zeros((64, 64), bool)
    hole[24:40, 24:40] = True
    return truth, hole


def test_by_hand() -> None:
    truth, hole = drawing()

    def bce(value: float) -> float:
        filled = np.where(hole, np.float32(value), truth)
        return measure(filled, truth, LAYOUT, hole, groups=("maps",))["bce/diffuse"]

    assert bce(0.5) == pytest.approx(math.log(2))
    # Two of sixteen columns in the hole are black.
    assert bce(0.9) == pytest.approx(-(14 * math.log(0.9) + 2 * math.log(0.1)) / 16, rel=1e-5)
    assert bce(1.0) == pytest.approx(-2 * math.log(CLIP) / 16, rel=1e-5)
    perfect = measure(truth, truth, LAYOUT, hole, groups=("maps",))
    assert perfect["bce/diffuse"] == pytest.approx(CLIP, rel=1e-3)


def test_grey_truth_is_entropy_and_divergence() -> None:
    rng = np.random.default_rng(0)
    p, t = rng.uniform(0.01, 0.99, (2, 3, 50)).astype(np.float32)
    entropy = -(xlogy(t, t) + xlogy(1 - t, 1 - t))
    expected = (entropy + rel_entr(t, p) + rel_entr(1 - t, 1 - p)).mean()
    assert cross_entropy(p, t) == pytest.approx(float(expected), rel=1e-5)


def test_only_drawings_have_it(case: Case, noisy: Floats) -> None:
    assert not is_drawing(case.truth[:3])
    assert not is_drawing(np.ones((8, 8), np.float32)), "white paper is no drawing"
    assert is_drawing(drawing()[0])
    found = measure(noisy, case.truth, case.layout, case.hole, groups=("maps",))
    assert not [name for name in found if name.startswith("bce")]
