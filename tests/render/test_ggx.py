"""The microfacet model against values worked out by hand, and against the laws that any BRDF has to keep."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from svbrdf_core.render import ggx
from svbrdf_core.render.albedo import albedo
from svbrdf_core.render.surface import Surface
from svbrdf_core.render.vectors import Field, constant


def number(value: float) -> torch.Tensor:
    return torch.full((1, 1, 1, 1), value, dtype=torch.float64)


def toward(elevation: float, turn: float = 0.0) -> Field:
    """Return the unit vector at an angle from the normal (z), turned round it; both in radians."""
    sine = math.sin(elevation)
    return constant((sine * math.cos(turn), sine * math.sin(turn), math.cos(elevation)), number(0))


def flat(diffuse: float, specular: float, roughness: float) -> Surface:
    one = number(specular)
    return Surface(number(diffuse), one, one, number(roughness), constant((0.0, 0.0, 1.0), number(0)))


def test_distribution_by_hand() -> None:
    # alpha = 0.25; facing the half vector D = 1 / (pi alpha^2); at n.h = 0.8: 0.0625 / (pi (0.64 * -0.9375 + 1)^2)
    a2 = ggx.squared_alpha(number(0.5))
    assert a2.item() == pytest.approx(0.0625)
    assert ggx.distribution(number(1.0), a2).item() == pytest.approx(16 / math.pi)
    assert ggx.distribution(number(0.8), a2).item() == pytest.approx(0.0625 / (math.pi * 0.16))


def test_distribution_projects_to_one() -> None:
    cosine = ((torch.arange(20000, dtype=torch.float64) + 0.5) / 20000).view(1, 1, 1, -1)
    for roughness in (0.3, 0.5, 1.0):
        area = ggx.distribution(cosine, ggx.squared_alpha(number(roughness))) * cosine
        assert 2 * math.pi * area.mean().item() == pytest.approx(1, abs=1e-4)


def test_visibility_by_hand() -> None:
    # At normal incidence nothing hides anything: G = 1, V = 1/4. At 60 degrees both, alpha = 1: V = 0.5 / (2 * 0.5).
    assert ggx.visibility(number(1), number(1), number(0.3)).item() == pytest.approx(0.25)
    assert ggx.visibility(number(0.5), number(0.5), number(1.0)).item() == pytest.approx(0.5)
    # Correlated Smith, G = 1 / (1 + L + L): L = (sqrt(1 + a2 tan^2) - 1) / 2 at 45 and 60 degrees, a2 = 0.25.
    light, view = (math.sqrt(1 + 0.25 * tan2) / 2 - 0.5 for tan2 in (1.0, 3.0))
    by_hand = 1 / (1 + light + view) / (4 * math.sqrt(0.5) * 0.5)
    assert ggx.visibility(number(math.sqrt(0.5)), number(0.5), number(0.25)).item() == pytest.approx(by_hand)


def test_schlick_by_hand() -> None:
    assert ggx.schlick(number(0.04), number(1.0)).item() == pytest.approx(0.04)
    assert ggx.schlick(number(0.04), number(0.0)).item() == pytest.approx(1.0)
    assert ggx.schlick(number(0.04), number(0.5)).item() == pytest.approx(0.04 + 0.96 / 32)


def test_the_whole_facing_light_and_viewer() -> None:
    # D V F = 16/pi * 1/4 * 0.04, and (1 - 0.04) * 0.5 / pi below it.
    up = toward(0)
    seen = ggx.brdf_cosine(flat(0.5, 0.04, 0.5), up, up).item()
    assert seen == pytest.approx(0.16 / math.pi + 0.48 / math.pi)


angle = st.floats(0.01, 1.5)
around = st.floats(0, 2 * math.pi)
share = st.floats(0, 1)


@given(angle, angle, around, share, share, share)
@settings(deadline=None, max_examples=60)
def test_light_and_viewer_can_change_places(
    light: float, view: float, turn: float, diffuse: float, specular: float, roughness: float
) -> None:
    met = flat(diffuse, specular, roughness)
    to, back = toward(light), toward(view, turn)
    there = ggx.brdf_cosine(met, to, back).item() / math.cos(light)
    again = ggx.brdf_cosine(met, back, to).item() / math.cos(view)
    assert there == pytest.approx(again, rel=1e-6)


@pytest.mark.parametrize("roughness", [0.3, 0.6, 1.0])
@pytest.mark.parametrize("specular", [0.0, 0.04, 0.5, 1.0])
def test_a_white_surroundings_is_never_outshone(roughness: float, specular: float) -> None:
    share = (torch.arange(200, dtype=torch.float64) + 0.5) / 200
    turn = ((torch.arange(128, dtype=torch.float64) + 0.5) * (2 * math.pi / 128)).view(1, 1, -1, 1)
    cosine = share.view(1, 1, 1, -1)
    sine = (1 - cosine * cosine).sqrt()
    light = (sine * turn.cos(), sine * turn.sin(), cosine.expand(1, 1, 128, 200))
    for view in (0.0, 0.8, 1.3):
        reflected = 2 * math.pi * ggx.brdf_cosine(flat(1.0, specular, roughness), light, toward(view)).mean().item()
        assert 0 < reflected <= 1.0 + 1e-3
        if roughness == 0.3 and view == 0.0:
            assert reflected > 0.85  # little is lost where no second bounce is missing


@pytest.mark.parametrize("roughness", [0.3, 0.7])
def test_the_table_of_albedo_is_what_the_lobe_adds_up_to(roughness: float) -> None:
    share = (torch.arange(400, dtype=torch.float64) + 0.5) / 400
    turn = ((torch.arange(256, dtype=torch.float64) + 0.5) * (2 * math.pi / 256)).view(1, 1, -1, 1)
    cosine = share.view(1, 1, 1, -1)
    sine = (1 - cosine * cosine).sqrt()
    light = (sine * turn.cos(), sine * turn.sin(), cosine.expand(1, 1, 256, 400))
    scale, bias = albedo(number(math.cos(0.6)), number(roughness))
    for f0 in (0.04, 1.0):
        added = 2 * math.pi * ggx.brdf_cosine(flat(0.0, f0, roughness), light, toward(0.6)).mean().item()
        assert (scale * f0 + bias).item() == pytest.approx(added, abs=0.004)


def test_below_the_horizon_nothing_shines() -> None:
    assert ggx.brdf_cosine(flat(0.5, 0.5, 0.5), toward(2.0), toward(0.3)).item() == 0
