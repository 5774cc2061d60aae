"""The last pixels before the rim: a line disappears, grain and what lies deeper stay, borders and tori hold."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from svbrdf_core.patch.rim import REACH, ease_rim
from svbrdf_core.patch.types import Bools, Floats
from tests.patch.cases import box, texture

ALL = (slice(0, 3),)


def eased(
    tensor: Floats,
    hole: Bools,
    wrap: tuple[bool, bool] = (False, False),
    groups: tuple[slice, ...] = ALL,
    source: Floats | None = None,
) -> Floats:
    """Ease a hole whose pieces go on as ``source`` does, or with noise if there is none."""
    ys, xs = (at.astype(np.int32) for at in np.nonzero(hole))

    def goes_on(which: NDArray[np.intp], dy: int, dx: int) -> Floats:
        if source is None:
            return np.asarray(tensor[:, ys[which], xs[which]] + 10, np.float32)
        return source[:, (ys[which] + dy) % hole.shape[0], (xs[which] + dx) % hole.shape[1]]

    out = tensor.copy()
    out[:, ys, xs] = ease_rim(tensor, np.arange(len(tensor)), tensor[:, ys, xs], ys, xs, ~hole, wrap, groups, goes_on)
    return out


def jump(tensor: Floats, hole: Bools) -> float:
    """Return the mean squared step across the rim over that between known neighbours."""
    across = [(np.diff(tensor, axis=axis + 1) ** 2).sum(0) for axis in (0, 1)]
    pairs = [(hole[1:], hole[:-1]), (hole[:, 1:], hole[:, :-1])]
    crossing = np.concatenate([step[a != b] for step, (a, b) in zip(across, pairs, strict=True)])
    known = np.concatenate([step[~a & ~b] for step, (a, b) in zip(across, pairs, strict=True)])
    return float(crossing.mean() / known.mean())


def smooth_with_a_misfit(size: int = 64) -> tuple[Floats, Bools]:
    """Make a smooth texture whose hole holds it again, but for a step and some grain."""
    tensor = texture(3, size, size, blur=5.0)
    hole = box(size, size, 20, 18, 22, 25) > 0
    misfit = 0.15 + 0.1 * (texture(3, size, size, 4, blur=1.0) - 0.5)
    return np.where(hole, tensor + misfit, tensor).astype(np.float32), hole


def test_a_line_at_the_rim_of_a_smooth_material_goes() -> None:
    tensor, hole = smooth_with_a_misfit()
    assert jump(tensor, hole) > 4
    assert jump(eased(tensor, hole), hole) < 1.3


def test_only_the_last_pixels_change_and_nothing_outside() -> None:
    tensor, hole = smooth_with_a_misfit()
    changed = (eased(tensor, hole) != tensor).any(0)
    inner = np.zeros_like(hole)
    inner[20 + REACH : 42 - REACH, 18 + REACH : 43 - REACH] = True
    assert changed[hole & ~inner].mean() > 0.9
    assert not changed[inner].any() and not changed[~hole].any()


def test_a_fill_that_fits_is_left_as_it_is() -> None:
    tensor = texture(3, 64, 64, blur=1.0)
    hole = box(64, 64, 20, 18, 22, 25) > 0
    assert np.array_equal(eased(tensor, hole, source=tensor), tensor)


def test_grain_as_strong_as_the_steps_stays() -> None:
    tensor, other = texture(3, 96, 96, blur=0.5), texture(3, 96, 96, 5, blur=0.5)
    hole = box(96, 96, 30, 28, 32, 35) > 0
    change = np.abs(eased(np.where(hole, other, tensor), hole) - np.where(hole, other, tensor))[:, hole]
    assert change.mean() < 0.06 * tensor.std()


def test_maps_that_may_not_change_do_not() -> None:
    tensor, hole = smooth_with_a_misfit()
    out = eased(tensor, hole, groups=(slice(1, 2),))
    assert np.array_equal(out[[0, 2]], tensor[[0, 2]]) and not np.array_equal(out[1], tensor[1])


@pytest.mark.parametrize("shift", [(30, 0), (0, 33), (35, 31), (64 - 25, 0)])
def test_a_tile_may_be_rolled_first(shift: tuple[int, int]) -> None:
    tensor, hole = smooth_with_a_misfit()
    rolled = eased(np.roll(tensor, shift, (1, 2)), np.roll(hole, shift, (0, 1)), (True, True))
    assert np.allclose(rolled, np.roll(eased(tensor, hole, (True, True)), shift, (1, 2)), atol=1e-6)


def test_holes_at_the_border_of_a_picture() -> None:
    tensor, _ = smooth_with_a_misfit()
    for hole in (box(64, 64, 0, 10, 9, 64) > 0, box(64, 64, 0, 0, 64, 5) > 0, box(64, 64, 62, 62, 2, 2) > 0):
        assert np.isfinite(eased(tensor, hole)).all()


def test_a_ring_around_a_tile() -> None:
    tensor, _ = smooth_with_a_misfit()
    hole = box(64, 64, 30, 0, 6, 64) > 0
    rolled = eased(np.roll(tensor, 20, 2), hole, (True, True))
    # The window over which steps are compared ends at the picture's border, the rest goes round.
    inner = np.s_[:, :, 24:-4]
    assert np.allclose(rolled[inner], np.roll(eased(tensor, hole, (True, True)), 20, 2)[inner], atol=0.02)


def test_a_groove_that_lies_along_the_rim_stays() -> None:
    """A flat material steps nowhere else, so a mismatch that nobody sees is large beside its steps."""
    noise = 0.002 * (texture(3, 64, 64, blur=0.5) - 0.5)
    tensor = np.where(np.arange(64)[:, None] >= 20, np.float32(0.8), np.float32(0.2)) + noise
    hole = box(64, 64, 20, 18, 22, 25) > 0  # the step lies between the hole and what is above it
    beside = tensor + 0.02
    change = np.abs(eased(np.where(hole, beside, tensor), hole, source=beside) - np.where(hole, beside, tensor))
    assert change[:, 20, 18:43].max() < 0.02
