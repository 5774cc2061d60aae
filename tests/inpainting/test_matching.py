"""Examples brought to the scale and colours of what they fill, and light taken out of scans."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from svbrdf_core.inpainting.flatten import flatten_light
from svbrdf_core.inpainting.matching import find_stretch, match_example
from svbrdf_core.material import Material
from svbrdf_core.metrics.repetition import measure_repetition
from svbrdf_core.run import Run


def grains(seed: int, side: int, size: float, gain: float = 1.0, shift: float = 0.0) -> Material:
    """Return grains of a size, in lightness and height."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal((side, side)), size, mode="wrap")
    light = np.clip(0.5 + shift + gain * 0.12 * noise / noise.std(), 0, 1)
    return Material.from_arrays(
        f"grains{seed}",
        {
            "basecolor": (255 * light[..., None] * (1.0, 0.9, 0.8)).astype(np.uint8),
            "height": (light * 60000).astype(np.uint16),
        },
    )


@pytest.mark.parametrize(("size", "scale"), [(2.0, 1.0), (4.0, 0.5), (1.0, 2.0)])
def test_an_example_is_brought_to_the_scale_of_the_target(size: float, scale: float) -> None:
    target = grains(0, 256, 2.0)
    run = Run()
    found = match_example(grains(1, 256, size), target, np.zeros((256, 256), np.float32), run)
    assert found.canvas.height == pytest.approx(256 * scale, rel=0.2)
    assert any("of its size" in note for note in run.notes) == (scale != 1)
    part = found.canvas.window(5, 7, 100, 110)
    assert part.shape == (4, 100, 110)
    steps = [np.abs(np.diff(values[0], axis=1)).mean() for values in (part, target.tensor())]
    assert steps[0] == pytest.approx(steps[1], rel=0.4)


def test_an_example_is_brought_to_the_colours_of_the_target() -> None:
    target, other = grains(0, 192, 2.0), grains(1, 192, 2.0, gain=0.6, shift=0.2)
    hole = np.zeros((192, 192), np.float32)
    hole[50:100, 50:100] = 1
    damaged = target.with_window(np.ones_like(target.tensor()), hole, 0, 0)
    run = Run()
    found = match_example(other, damaged, hole, run).canvas.window(0, 0, 192, 192)
    ours = target.tensor()
    assert np.abs(found.mean((1, 2)) - ours.mean((1, 2))).max() < 0.02, "the hole is not looked at"
    assert np.abs(found.std((1, 2)) / ours.std((1, 2)) - 1).max() < 0.1
    assert any("brought to those of" in note for note in run.notes)


def dyed(seed: int, *ways: tuple[float, float, float]) -> Material:
    """Return grains whose colours vary along directions, independently along each."""
    colours = np.full((128, 128, 3), 0.5)
    random = np.random.default_rng(seed)
    for way in ways:
        colours += ndimage.gaussian_filter(random.standard_normal((128, 128)), 1.5, mode="wrap")[..., None] * way
    return Material.from_arrays(f"dyed{seed}", {"basecolor": np.clip(255 * colours, 0, 255).astype(np.uint8)})


def test_hues_of_an_example_become_those_of_the_target() -> None:
    """Grass varies from green to brown, rust from white to red: channels matched one by one would give violet."""
    rust, grass = dyed(0, (0.2, 0.4, 0.5), (0.2, 0.1, 0.1)), dyed(1, (0.3, -0.2, 0.1), (0.2, 0.3, 0.2), (0, 0, 0.3))
    found = match_example(grass, rust, np.zeros((128, 128), np.float32), Run()).canvas.window(0, 0, 128, 128)
    wanted, given = (np.cov(values.reshape(3, -1)) for values in (rust.tensor(), found))
    assert np.abs(wanted - given).max() < 0.1 * np.abs(wanted).max(), "channels one by one: 0.54"


def test_an_example_that_stays_plain_is_told() -> None:
    target, hole = grains(0, 96, 2.0), np.zeros((96, 96), np.float32)
    for gain, told in ((0.1, True), (0.5, False), (5.0, False)):
        run = Run()
        match_example(grains(1, 96, 2.0, gain=gain), target, hole, run)
        assert any("looks plain" in note for note in run.notes) == told, (gain, run.notes)


def test_one_known_pixel_says_a_colour_and_nothing_of_its_spread() -> None:
    hole = np.ones((96, 96), np.float32)
    hole[40, 50] = 0
    target = grains(0, 96, 2.0)
    found = match_example(grains(1, 96, 2.0), target, hole, Run()).canvas.window(0, 0, 96, 96)
    assert np.abs(found.mean((1, 2)) - target.tensor()[:, 40, 50]).max() < 0.01


def test_what_varies_alike_is_matched_whole() -> None:
    ours, theirs = np.random.default_rng(0).normal(size=(2, 3, 5000)).astype(np.float32) * 0.1
    ours[1], theirs[2] = 0.4 * ours[0] + 0.8 * ours[1], 0.3 * theirs[0] + 0.9 * theirs[2]
    matrix = find_stretch(ours, theirs)
    assert np.abs(np.cov(matrix @ theirs, ddof=0) - np.cov(ours, ddof=0)).max() < 1e-4
    assert np.array_equal(np.sign(matrix.diagonal()), [1, 1, 1]) and np.allclose(matrix, matrix.T)


def test_slow_light_is_taken_out_of_colours_and_heights_alone() -> None:
    flat = grains(3, 256, 1.5)
    y, x = np.mgrid[-1:1:256j, -1:1:256j]
    values = flat.tensor()
    shade = np.exp(-0.5 * (x**2 + y**2) - 0.3 * x).astype(np.float32)
    shaded = values.copy()
    shaded[:3] = (values[:3] ** 2.2 * shade) ** (1 / 2.2)
    shaded[3] = np.clip(values[3] * 0.5 + 0.2 * x + 0.25, 0, 1)
    material = flat.with_window(shaded, np.ones((256, 256), np.float32), 0, 0)
    run = Run()
    after = flatten_light(material, run).tensor()

    def slow(channel: np.ndarray) -> float:
        return float(ndimage.gaussian_filter(channel, 30).std())

    for channel in range(4):
        assert slow(after[channel]) < 0.3 * slow(shaded[channel])
    assert any("basecolor" in note and "height" in note for note in run.notes)


def test_what_is_no_number_stays_so_when_light_is_taken_out() -> None:
    x = np.linspace(0, 1, 128, dtype=np.float32)
    height = np.random.default_rng(0).normal(0.5, 0.02, (128, 128)).astype(np.float32) + 0.5 * x
    height[20:24, 30:40] = np.nan
    after = flatten_light(Material.from_arrays("scan", {"height": height}), Run()).tensor()[0]
    assert np.array_equal(np.isnan(after), np.isnan(height))
    assert np.nanstd(after) < 0.5 * np.nanstd(height)


def test_a_material_without_slow_light_stays_as_it_is() -> None:
    flat = grains(4, 128, 1.0)
    run = Run()
    assert np.array_equal(flatten_light(flat, run).tensor(), flat.tensor())
    assert any("was not found" in note for note in run.notes)


def test_repetition_is_seen_by_large_spots_that_do_not_come_again() -> None:
    y, x = np.mgrid[:128, :128]
    fine = np.random.default_rng(0).normal(0.5, 0.1, (128, 128))
    spot = fine + 0.4 * np.exp(-((y - 40) ** 2 + (x - 70) ** 2) / 200)
    bricks = fine + 0.3 * np.sin(2 * np.pi * x / 32) * np.sin(2 * np.pi * y / 32)
    assert measure_repetition(fine).contrast < 0.01
    assert measure_repetition(spot).contrast > 0.03
    found = measure_repetition(bricks)
    assert found.own > 0.9 and found.contrast < 0.5 * measure_repetition(spot).contrast
    assert measure_repetition(np.full((64, 64), 0.5)).contrast == 0
