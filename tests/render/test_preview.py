"""Pictures to look at: surroundings, balls, tiled planes, turntables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from svbrdf_core.render import LIGHTS, SHAPES, Environment, environment, preview
from svbrdf_core.tensors.layout import ChannelLayout
from tests.render.conftest import METALLIC, SPECULAR, noise

MATTE = ChannelLayout(("diffuse", "specular"), (3, 3))
GREY = 0.21404114


def even(value: float = 1.0) -> Environment:
    return environment(torch.full((16, 32, 3), value))


def maps(layout: ChannelLayout = SPECULAR, height: int = 32, width: int = 32) -> NDArray[np.float32]:
    return noise(layout, 1, height, width)[0].numpy()


def test_even_surroundings_look_the_same_from_everywhere() -> None:
    around = even(0.7)
    away = torch.nn.functional.normalize(torch.randn(3, 1, 1, 6, 5, generator=torch.Generator().manual_seed(0)), dim=0)
    field = (away[0], away[1], away[2])
    for roughness in (0.0, 0.3, 1.0):
        seen = around.radiance(field, torch.tensor(roughness))
        torch.testing.assert_close(seen, torch.full_like(seen, 0.7), rtol=1e-4, atol=0)
    matte = around.irradiance(field)
    torch.testing.assert_close(matte, torch.full_like(matte, 0.7), rtol=2e-3, atol=0)


def test_an_even_surroundings_on_white_is_constant() -> None:
    white = np.ones((6, 16, 16), np.float32)
    white[3:] = 0.0
    shown = preview(white, MATTE, light=even(0.5), shape="plane")
    assert shown.std() < 3  # the way out takes some at slant views, which the middle does not have
    middle = shown[6:10, 6:10].mean() / 255
    assert ((middle + 0.055) / 1.055) ** 2.4 == pytest.approx(0.5 * 20 / 21, abs=0.03)


@pytest.mark.parametrize("roughness", [0.0, 0.5, 1.0])
def test_nothing_outshines_its_surroundings(roughness: float) -> None:
    white = np.ones((5, 16, 16), np.float32)
    white[3] = roughness
    layout = ChannelLayout(("basecolor", "roughness", "metallic"), (3, 1, 1))
    for metallic in (0.0, 1.0):
        white[4] = metallic
        for shape in ("plane", "sphere"):
            shown = preview(white, layout, light=even(GREY), shape=shape, size=32)
            assert shown.max() <= 129  # the surroundings themselves are 127.5


def test_light_comes_from_where_it_is() -> None:
    sides = {
        "left": (slice(None), slice(12, 20)),
        "right": (slice(None), slice(44, 52)),
        "top": (slice(0, 8), slice(None)),
    }
    grey = np.full((6, 8, 8), 0.5, np.float32)
    grey[3:] = 0
    half: dict[str, Any] = {"left": np.s_[:, :32], "right": np.s_[:, 32:], "top": np.s_[:32]}
    for name, side in sides.items():
        pixels = torch.zeros(32, 64, 3)
        pixels[side] = 4.0
        ball = preview(grey, MATTE, light=environment(pixels), shape="sphere", size=64).astype(float)
        assert ball[half[name]].sum() > 0.55 * ball.sum(), name


def test_exposure_makes_a_white_plane_white() -> None:
    up = (torch.zeros(1, 1, 1, 1), torch.ones(1, 1, 1, 1), torch.zeros(1, 1, 1, 1))
    pixels = torch.rand(20, 40, 3, generator=torch.Generator().manual_seed(1)) * 300
    assert environment(pixels, exposed=True).irradiance(up).mean().item() == pytest.approx(1, rel=1e-4)
    pixels[0, 0] = float("inf")
    assert environment(pixels).levels.isfinite().all()


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("layout", [SPECULAR, METALLIC])
def test_every_light_on_every_shape(light: str, shape: Any, layout: ChannelLayout) -> None:
    shown = preview(maps(layout, 24, 32), layout, light=light, shape=shape, size=28)
    assert shown.dtype == np.uint8
    assert shown.shape == ((28, 28, 3) if shape == "sphere" else (21, 28, 3))
    assert 15 < shown.mean() < 200
    assert (preview(maps(layout, 24, 32), layout, light=light, shape=shape, size=28) == shown).all()


def test_sizes() -> None:
    assert preview(maps(width=20), SPECULAR).shape == (32, 20, 3)
    assert preview(maps(), SPECULAR, size=8).shape == (8, 8, 3)
    assert preview(maps(), SPECULAR, size=17).shape == (17, 17, 3)
    assert preview(maps()[:, :1, :1], SPECULAR).shape == (1, 1, 3)
    assert preview(maps(), SPECULAR, size=64).shape == (32, 32, 3)  # nothing is made up
    assert preview(maps(), SPECULAR, shape="tiled").shape == (32, 32, 3)
    assert preview(maps(), SPECULAR, shape="tiled", size=64).shape == (64, 64, 3)
    assert preview(maps(), SPECULAR, shape="sphere", size=40).shape == (40, 40, 3)


def test_tiles_repeat() -> None:
    shown = preview(maps(), SPECULAR, shape="tiled", size=64, light=even()).astype(int)
    assert abs(shown[:32, :32] - shown[32:, 32:]).mean() < 2


def test_a_whole_turn_is_none() -> None:
    for shape in SHAPES:
        for light in ("studio", "flash"):
            still, quarter, whole = (
                preview(maps(), SPECULAR, shape=shape, light=light, size=32, turn=turn).astype(int)
                for turn in (1e-9, 0.25, 1.0)
            )
            assert abs(still - whole).max() <= 2, (shape, light)
            assert abs(still - quarter).mean() > 1, (shape, light)


def test_the_ball_has_no_seam() -> None:
    """The material meets itself at the back; turned to the front, that edge is no rougher than any other column."""
    x = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    wave = np.broadcast_to(0.5 + 0.3 * np.sin(x), (6, 64, 64)).astype(np.float32)
    for turn in (0.0, 0.125, 0.25, 0.5):
        row = preview(wave, MATTE, shape="sphere", light=even(), size=64, turn=turn)[32, 4:60].astype(int)
        assert abs(np.diff(row, axis=0)).max() < 40


def test_film_saves_highlights() -> None:
    glossy = np.full((10, 32, 32), 0.9, np.float32)
    glossy[3:6] = np.array([0, 0, 1], np.float32).reshape(3, 1, 1)
    glossy[6] = 0.2
    plain, film = (preview(glossy, SPECULAR, film=wish) for wish in (False, True))
    assert (plain == 255).sum() > (film == 255).sum()


def test_what_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no light 'moon'"):
        preview(maps(), SPECULAR, light="moon")
    with pytest.raises(ValueError, match="no shape 'cube'"):
        preview(maps(), SPECULAR, shape="cube")  # type: ignore[arg-type]
