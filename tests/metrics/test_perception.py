"""FLIP against its own evaluator, ST-LPIPS against the published code, and what holds for every distance."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.errors import InputError
from svbrdf_core.metrics import measure, network
from svbrdf_core.metrics.groups import NEEDS, require
from svbrdf_core.metrics.perception import distance, flip
from svbrdf_core.tensors.layout import ChannelLayout
from tests.metrics.conftest import Case, Floats

torch = pytest.importorskip("torch", reason="torch is not installed (extra metrics)")
evaluator = pytest.importorskip("flip_evaluator", reason="flip-evaluator is not installed (extra metrics)")
pytest.importorskip("stlpips_pytorch", reason="stlpips-pytorch is not installed (extra metrics)")


def waves() -> tuple[Floats, Floats]:
    """Return two pictures ``(3, 96, 80)`` that formulas give: waves, and the same under a chequerboard."""
    y, x = np.mgrid[:96, :80].astype(np.float32)
    one = np.stack([0.5 + 0.4 * np.sin(x / 5), 0.5 + 0.4 * np.cos(y / 7), 0.5 + 0.4 * np.sin((x + y) / 9)])
    board = 0.3 * ((x // 8 + y // 8) % 2 == 0) * np.array([1, -0.5, 0.3], np.float32)[:, None, None]
    return one.astype(np.float32), np.clip(one + board, 0, 1).astype(np.float32)


@pytest.fixture(scope="module")
def alike(case: Case, smooth: Floats) -> dict[str, float]:
    return measure(smooth, case.truth, case.layout, case.hole, groups=("perceptual",))


def test_the_shift_tolerant_distance_is_that_of_the_published_code() -> None:
    """Figures of stlpips-pytorch 0.0.2, ``LPIPS(net="alex", variant="shift_tolerant", spatial=True)``, for waves()."""
    found = distance(network.shift_tolerant(), *waves())
    assert found.mean() == pytest.approx(0.5245334, abs=2e-5)
    assert found[20:60, 20:60].mean() == pytest.approx(0.5514634, abs=2e-5)


def test_distances_are_symmetric_and_nothing_at_identity() -> None:
    one, other = waves()
    net = network.shift_tolerant()
    assert np.allclose(distance(net, one, other), distance(net, other, one), atol=1e-6)
    assert np.abs(distance(net, one, one)).max() < 1e-6
    assert np.abs(flip(one, one)).max() < 1e-6


def test_a_shift_of_a_pixel_counts_little() -> None:
    one = np.random.default_rng(0).random((3, 96, 96)).astype(np.float32)
    one = ndimage.gaussian_filter(one, (0, 1.5, 1.5))
    one = (one - one.min()) / (one.max() - one.min())
    net = network.shift_tolerant()
    moved, blurred = np.roll(one, 1, 2), ndimage.gaussian_filter(one, (0, 2, 2))
    assert distance(net, moved, one).mean() < 0.2 * distance(net, blurred, one).mean()


def test_small_pictures_are_continued() -> None:
    one, other = (picture[:, :7, :9] for picture in waves())
    found = distance(network.shift_tolerant(), one, other)
    assert found.shape == (7, 9) and np.isfinite(found).all()


def test_flip_is_that_of_the_evaluator() -> None:
    one, other = waves()
    _, mean, _ = evaluator.evaluate(one.transpose(1, 2, 0).copy(), other.transpose(1, 2, 0).copy(), "LDR")
    assert flip(other, one).mean() == pytest.approx(mean, rel=1e-4)


def test_flip_of_three_renderings_in_the_hole(case: Case, smooth: Floats, alike: dict[str, float]) -> None:
    from svbrdf_core.render import flash, nine_views, render, to_srgb

    means = []
    for view in (flash(), *nine_views()[3:5]):
        pair = []
        for values in (case.truth, smooth):
            light = render(torch.from_numpy(values)[None], case.layout, view)[0].clamp(0, 1)
            pair.append(np.ascontiguousarray(to_srgb(light).numpy().transpose(1, 2, 0)))
        errors, _, _ = evaluator.evaluate(*pair, "LDR", True, False, False)
        means.append(errors[..., 0][case.hole].mean())
    assert alike["flip"] == pytest.approx(np.mean(means), rel=1e-3)


def test_every_map_and_the_renderings_have_a_figure(case: Case, noisy: Floats, alike: dict[str, float]) -> None:
    names = {"flip", "stlpips/render", *(f"stlpips/{name}" for name in case.layout.names)}
    assert names <= alike.keys()
    assert all(math.isfinite(value) and value > 0 for value in alike.values())
    perfect = measure(case.truth, case.truth, case.layout, case.hole, groups=("perceptual",))
    assert all(abs(value) < 1e-5 for value in perfect.values())


def test_wide_and_two_channel_maps_are_looked_at_too(case: Case) -> None:
    layout = ChannelLayout(("height", "extra:flow"), (1, 2))
    truth = np.concatenate([7 * case.truth[6:7] - 3, case.truth[:2]])
    filled = np.where(case.hole, ndimage.gaussian_filter(truth, (0, 2, 2)), truth)
    found = measure(filled, truth, layout, case.hole, groups=("perceptual",))
    assert found["stlpips/height"] > 0 and found["stlpips/extra:flow"] > 0
    # The same relief on another scale looks the same.
    scaled = np.concatenate([case.truth[6:7], case.truth[:2]])
    other = np.where(case.hole, ndimage.gaussian_filter(scaled, (0, 2, 2)), scaled)
    again = measure(other, scaled, layout, case.hole, groups=("perceptual",))
    assert again["stlpips/height"] == pytest.approx(found["stlpips/height"], rel=1e-3)


def test_plain_lpips_by_hand() -> None:
    """One layer that is the picture's own red, heads that count the first layer alone: the distance is 0 or 1 x head.

    All channels of a layer are brought to length 1, so two pictures whose red and green are told apart by sign are
    (1, 0) and (0, 1) there, and the squared difference is 1 in both channels.
    """
    first = torch.zeros(2, 3, 11, 11)
    first[0, 0, 5, 5], first[1, 0, 5, 5] = 1.0, -1.0  # red above the mean, red below it
    filters = (first, torch.ones(1, 2, 5, 5), *(torch.ones(1, 1, 3, 3) for _ in range(3)))
    biases = tuple(torch.zeros(len(kernel)) for kernel in filters)
    heads = (torch.tensor([0.3, 0.4]).view(1, 2, 1, 1), *(torch.zeros(1, 1, 1, 1) for _ in range(4)))
    net = network.Network(filters, biases, heads, tolerant=False)
    bright, dark = np.ones((3, 128, 128), np.float32), np.zeros((3, 128, 128), np.float32)
    middle = (slice(32, 96), slice(32, 96))
    assert np.allclose(distance(net, bright, dark)[middle], 0.7, atol=1e-5)
    assert [layer.shape[-1] for layer in net.layers(torch.zeros(1, 3, 224, 224))] == [55, 27, 13, 13, 13]


def test_lpips_is_left_out_without_its_weights(
    alike: dict[str, float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert network.backbone_file() == tmp_path / "hub" / "checkpoints" / network.BACKBONE
    network.plain.cache_clear()
    assert network.plain() is None
    said = network.find_missing()
    assert said is not None and network.BACKBONE in said and str(tmp_path) in said
    network.plain.cache_clear()
    if network.plain() is None:
        assert not [name for name in alike if name.startswith("lpips")]


def test_a_missing_package_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NEEDS, "perceptual", ("metrics", ("numpy", "no_such_thing")))
    with pytest.raises(
        InputError, match=r"need no-such-thing; install it with: pip install 'svbrdf-inpaint\[metrics\]'"
    ):
        require("perceptual")


def test_nothing_outside_the_package_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    pair: list[NDArray[np.float32]] = list(waves())
    flip(*pair)
    distance(network.shift_tolerant(), *pair)
    assert capfd.readouterr() == ("", "")
