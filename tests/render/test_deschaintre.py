"""The published shading model against a second implementation, written from the paper's appendix, in numpy."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from svbrdf_core.render import View, flash, nine_views, render
from tests.render.conftest import SPECULAR, noise

Array = NDArray[np.float64]


def by_the_paper(tensor: Array, view: View) -> Array:
    """Shade ``(10, H, W)`` pixel by pixel, with explicit half vectors; linear ``(3, H, W)``."""
    assert view.light is not None
    _, height, width = tensor.shape
    result = np.empty((3, height, width))
    for row, column in np.ndindex(height, width):
        here = np.array([(2 * column + 1) / width - 1, 1 - (2 * row + 1) / height, 0.0])
        to_light = np.array(view.light.at) - (0 if view.light.distant else here)
        reach = np.linalg.norm(to_light)
        to_light = to_light / reach
        to_view = np.array(view.camera) - (0 if view.distant else here)
        to_view = to_view / np.linalg.norm(to_view)
        seen = shade(tensor[:, row, column], to_light, to_view)
        weaker = reach**2 if view.light.falloff and not view.light.distant else 1.0
        result[:, row, column] = np.pi * np.array(view.light.colour) * seen / weaker
    return result


def shade(pixel: Array, light: Array, view: Array) -> Array:
    linear = np.where(pixel <= 0.04045, pixel / 12.92, ((np.abs(pixel) + 0.055) / 1.055) ** 2.4)
    diffuse, specular = linear[:3], linear[7:]
    normal, alpha = pixel[3:6], pixel[6] ** 2
    half = (light + view) / np.linalg.norm(light + view)
    nl, nv, nh = (max(float(normal @ other), 0.0) for other in (light, view, half))
    d = alpha**2 / (np.pi * (nh**2 * (alpha**2 - 1) + 1) ** 2)
    k = alpha / 2
    g = 1 / (nl * (1 - k) + k) / (nv * (1 - k) + k)  # G over n.l n.v
    f = specular + (1 - specular) * 2 ** ((-5.55473 * (view @ half) - 6.98316) * (view @ half))
    reflected: Array = diffuse * (1 - specular) / np.pi + f * d * g / 4
    reflected *= nl / light[2]
    return reflected


@pytest.mark.parametrize("number", range(10))
def test_it_is_the_published_model(number: int) -> None:
    view = (flash(), *nine_views(seed=3))[number]
    tensor = noise(SPECULAR, 1, 8, 8, seed=number, double=True)
    seen = render(tensor, SPECULAR, view, model="deschaintre")[0].numpy()
    np.testing.assert_allclose(seen, by_the_paper(tensor[0].numpy(), view), rtol=2e-6, atol=1e-9)
