"""Contextual attention against a slow one, its gradients, and what it copies."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from svbrdf_core.learned.attention import FUSE, PATCH, RATE, SHARPNESS, ContextualAttention, paste

WRAPS = [(False, False), (True, False), (True, True)]


def look(x: np.ndarray, row: int, column: int, wrap: tuple[bool, bool]) -> np.ndarray:
    """Return the features at a place, 0 beyond an edge that does not wrap."""
    _, height, width = x.shape
    if (not wrap[0] and not 0 <= row < height) or (not wrap[1] and not 0 <= column < width):
        return np.zeros(len(x))
    found: np.ndarray = x[:, row % height, column % width]
    return found


def slowly(features: np.ndarray, hole: np.ndarray, wrap: tuple[bool, bool]) -> tuple[np.ndarray, np.ndarray]:
    """Return what the layer should, by Biradar et al. 2023, section III.C, place by place."""
    c, h, w = features.shape
    rows, columns = h // RATE, w // RATE
    small = features.reshape(c, rows, RATE, columns, RATE).mean((2, 4))
    holes = hole.reshape(rows, RATE, columns, RATE).max((1, 3))
    places = list(itertools.product(range(rows), range(columns)))
    around = range(-(PATCH // 2), PATCH // 2 + 1)

    def patch(row: int, column: int) -> np.ndarray:
        found = np.concatenate([look(small, row + dy, column + dx, wrap) for dy in around for dx in around])
        return found / max(float(np.linalg.norm(found)), 1e-8)

    usable = np.array(
        [all(look(holes[None], y + dy, x + dx, wrap)[0] == 0 for dy in around for dx in around) for y, x in places]
    )
    scores = np.array([[patch(*b) @ patch(*f) for f in places] for b in places])
    weights = np.exp(SHARPNESS * scores) * usable[:, None]
    weights /= weights.sum(0)
    for axis in (1, 0):  # left and right, then up and down
        moved = np.zeros_like(weights)
        for (i, b), (j, f) in itertools.product(enumerate(places), repeat=2):
            for step in range(-(FUSE // 2), FUSE // 2 + 1):
                b2, f2 = list(b), list(f)
                b2[axis] += step
                f2[axis] += step
                if wrap[axis]:
                    b2[axis] %= (rows, columns)[axis]
                    f2[axis] %= (rows, columns)[axis]
                if tuple(b2) in places and tuple(f2) in places:
                    moved[i, j] += weights[places.index((b2[0], b2[1])), places.index((f2[0], f2[1]))]
        weights = moved
    weights *= usable[:, None]
    weights /= weights.sum(0)
    summed, count = np.zeros_like(features), np.zeros((h, w))
    for j, (fy, fx) in enumerate(places):
        for dy, dx in itertools.product(range(2 * RATE), repeat=2):
            y, x = RATE * fy + dy - RATE // 2, RATE * fx + dx - RATE // 2
            if (not wrap[0] and not 0 <= y < h) or (not wrap[1] and not 0 <= x < w):
                continue
            count[y % h, x % w] += 1
            for i, (by, bx) in enumerate(places):
                taken = look(features, RATE * by + dy - RATE // 2, RATE * bx + dx - RATE // 2, wrap)
                summed[:, y % h, x % w] += weights[i, j] * taken
    return summed / count, weights


@pytest.mark.parametrize("wrap", WRAPS)
def test_the_layer_is_what_the_slow_one_is(wrap: tuple[bool, bool]) -> None:
    rng = np.random.default_rng(0)
    features, hole = rng.standard_normal((3, 8, 12)), np.zeros((8, 12))
    hole[2:5, 3:5] = 1
    layer = ContextualAttention().double()
    layer.wrap = wrap
    found = layer(torch.from_numpy(features)[None], torch.from_numpy(hole)[None, None])
    wanted, weights = slowly(features, hole, wrap)
    np.testing.assert_allclose(found.weights[0].numpy(), weights, atol=1e-12)
    np.testing.assert_allclose(found.features[0].numpy(), wanted, atol=1e-12)


@pytest.mark.parametrize("wrap", WRAPS)
def test_gradients_are_those_of_small_differences(wrap: tuple[bool, bool]) -> None:
    torch.manual_seed(0)
    layer = ContextualAttention()
    layer.wrap = wrap
    hole = torch.zeros(1, 1, 8, 8, dtype=torch.float64)
    hole[..., 2:4, 2:4] = 1
    features = torch.randn(1, 2, 8, 8, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: layer(x, hole).features, (features,))


def test_nothing_is_taken_from_the_hole_and_weights_add_up_to_one() -> None:
    hole = torch.zeros(2, 1, 16, 16)
    hole[0, :, 4:9, 4:9] = 1
    hole[1, :, 8:] = 1
    found = ContextualAttention()(torch.randn(2, 4, 16, 16, generator=torch.Generator().manual_seed(1)), hole)
    torch.testing.assert_close(found.weights.sum(1), torch.ones(2, 64))
    inside = torch.nn.functional.max_pool2d(hole, RATE).flatten(2)[:, 0]
    assert (found.weights[inside > 0] == 0).all()


def test_a_picture_that_is_all_hole_has_an_answer() -> None:
    found = ContextualAttention()(torch.randn(1, 2, 8, 8), torch.ones(1, 1, 8, 8))
    assert torch.isfinite(found.features).all()


def test_a_hole_in_a_pattern_attends_to_where_the_pattern_is_the_same() -> None:
    """A texture that repeats every 8 features, with its middle missing but for what a coarse network put there."""
    torch.manual_seed(3)
    tile = torch.randn(1, 6, 8, 8)
    features, hole = tile.tile(1, 1, 4, 4), torch.zeros(1, 1, 32, 32)
    hole[..., 12:18, 12:18] = 1
    found = ContextualAttention()(features, hole)
    rows, columns = found.most_attended()[0].unbind(0)
    y, x = torch.meshgrid(torch.arange(16), torch.arange(16), indexing="ij")
    inside = hole[0, 0, ::RATE, ::RATE] > 0
    assert ((rows - y) % 4 == 0)[inside].all()
    assert ((columns - x) % 4 == 0)[inside].all()
    error = (found.features - features).abs()[..., 12:18, 12:18].mean()
    assert error < 0.25 * features.abs().mean()


def test_each_place_pasted_on_itself_gives_the_picture_back() -> None:
    features = torch.randn(1, 3, 8, 10)
    for wrap in WRAPS:
        torch.testing.assert_close(paste(features, torch.eye(20)[None], wrap), features)
