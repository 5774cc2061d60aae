"""sRGB against the standard's values, and the film curve."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from svbrdf_core.render import film, from_srgb, to_srgb


@pytest.mark.parametrize(
    ("stored", "light"),
    [(0.0, 0.0), (0.04045, 0.0031308), (0.5, 0.21404114), (0.73535698, 0.5), (1.0, 1.0), (10 / 255, 0.0030352698)],
)
def test_values_of_the_standard(stored: float, light: float) -> None:
    assert from_srgb(torch.tensor(stored, dtype=torch.float64)).item() == pytest.approx(light, rel=1e-4)
    assert to_srgb(torch.tensor(light, dtype=torch.float64)).item() == pytest.approx(stored, rel=1e-4)


@given(st.floats(-1, 20))
def test_there_and_back(value: float) -> None:
    stored = torch.tensor(value, dtype=torch.float64)
    assert to_srgb(from_srgb(stored)).item() == pytest.approx(value, abs=1e-4)


def test_derivatives_exist_everywhere() -> None:
    for change in (from_srgb, to_srgb):
        value = torch.tensor([0.0, 1e-8, 0.01, 0.5, 1.0], requires_grad=True)
        (slope,) = torch.autograd.grad(change(value).sum(), value)
        assert slope.isfinite().all() and (slope > 0).all()


def test_film_keeps_grey_and_order_and_never_burns() -> None:
    light = torch.linspace(0, 50, 5001, dtype=torch.float64)
    shown = film(light)
    assert shown[0] == 0 and shown[-1] <= 1 and (shown.diff() >= 0).all()
    assert film(torch.tensor(0.18)).item() == pytest.approx(0.18, abs=0.002)
    assert film(torch.tensor(2.0)).item() < 0.95
