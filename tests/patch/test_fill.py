"""A fill copies known pixels of all channels together, and nothing else happens."""

from __future__ import annotations

import numpy as np
import pytest

from svbrdf_core.errors import Cancelled, FillError, MaskError
from svbrdf_core.patch import PatchFill, PatchSettings, fill
from svbrdf_core.patch.types import Bools, Floats
from svbrdf_core.run import Run
from svbrdf_core.tensors.layout import ChannelLayout
from tests.patch.cases import LAYOUTS, box, texture, weave

EXACT = PatchSettings(iterations=3, blend=False)
"""Copies without the correction of joins, so that a fill can be compared with its sources."""


def check(tensor: Floats, mask: Floats, result: PatchFill, allowed: Bools | None = None) -> None:
    """Assert what holds for every fill whose sources are not turned and not blended."""
    hole = mask > 0
    assert result.tensor.dtype == np.float32 and result.tensor.shape == tensor.shape
    assert (result.tensor[:, ~hole] == tensor[:, ~hole]).all()
    assert (np.argwhere(hole) == np.stack([result.rows, result.cols], 1)).all()
    sources = result.source_rows, result.source_cols
    assert not hole[sources].any(), "a source lies in the hole"
    assert allowed is None or allowed[sources].all(), "a source was forbidden"
    assert (result.tensor[:, hole] == tensor[:, *sources]).all(), "a pixel is not its source's in some channel"
    assert np.isfinite(result.energy) and result.energy >= 0


def two_of(height: int, width: int) -> Floats:
    return np.maximum(box(height, width, 8, 9, 6, 5), box(height, width, height - 16, width - 20, 7, 9))


HOLES = {
    "inside": box(64, 64, 20, 24, 14, 11),
    "at the left border": box(64, 64, 20, 0, 14, 9),
    "in the corner": box(64, 64, 52, 50, 20, 20),
    "one pixel": box(64, 64, 31, 30, 1, 1),
    "one pixel in the corner": box(64, 64, 0, 0, 1, 1),
    "half the picture": box(64, 64, 0, 32, 64, 32),
    "a line across": box(64, 64, 30, 0, 2, 64),
    "two": two_of(64, 64),
    "many": (np.random.default_rng(0).random((64, 64)) < 0.004).astype(np.float32),
    "soft": box(64, 64, 20, 24, 14, 11) * np.float32(0.01),
}


@pytest.mark.parametrize("name", HOLES)
@pytest.mark.parametrize("tileable", [False, True])
def test_holes_of_all_kinds(name: str, tileable: bool) -> None:
    tensor = texture(4, 64, 64)
    check(tensor, HOLES[name], fill(tensor, LAYOUTS[4], HOLES[name], EXACT, tileable=tileable))


@pytest.mark.parametrize("shape", [(7, 40), (9, 9), (33, 65), (71, 50), (100, 37)])
@pytest.mark.parametrize("channels", [1, 16])
def test_sizes_and_channels(channels: int, shape: tuple[int, int]) -> None:
    height, width = shape
    tensor, mask = texture(channels, *shape), box(height, width, height - 2, width - 2, 2, 2)
    for tileable in (False, (True, False), (False, True)):
        check(tensor, mask, fill(tensor, LAYOUTS[channels], mask, EXACT, tileable=tileable))


def test_what_the_hole_held_does_not_matter() -> None:
    tensor, mask = texture(7, 64, 60), HOLES["inside"][:, :60]
    other = np.where(mask > 0, np.float32(np.nan), tensor)
    given = [fill(values, LAYOUTS[7], mask) for values in (tensor, other)]
    assert (given[0].tensor == given[1].tensor).all()


def test_the_input_is_not_written_to() -> None:
    tensor, mask = texture(4, 64, 64), HOLES["two"].copy()
    kept = tensor.copy()
    fill(tensor, LAYOUTS[4], mask)
    assert (tensor == kept).all() and (mask == HOLES["two"]).all()


@pytest.mark.parametrize("tileable", [False, True])
@pytest.mark.parametrize("period", [(6, 8), (16, 12)])
def test_a_periodic_texture_is_continued_exactly(tileable: bool, period: tuple[int, int]) -> None:
    tensor, mask = weave(7, 96, 96, period), two_of(96, 96)
    for weight in (0.0, 0.3):
        settings = PatchSettings(feature_weight=weight, blend=False)
        result = fill(tensor, LAYOUTS[7], mask, settings, tileable=tileable)
        assert (result.tensor == tensor).all()
        assert result.energy < (0.5 if weight else 1e-6)  # the features know less near the hole


def test_blending_a_periodic_texture_changes_nothing() -> None:
    tensor, mask = weave(4, 64, 64), HOLES["inside"]
    np.testing.assert_allclose(fill(tensor, LAYOUTS[4], mask).tensor, tensor, atol=1e-5)


def test_a_periodic_texture_is_continued_over_the_border_of_a_tile() -> None:
    tensor = weave(4, 66, 64, (6, 8))
    mask = np.roll(box(66, 64, 20, 20, 13, 13), (-26, -26), (0, 1))
    assert (fill(tensor, LAYOUTS[4], mask, PatchSettings(blend=False), tileable=True).tensor == tensor).all()


def error(tensor: Floats, result: PatchFill) -> float:
    return float(np.abs(result.tensor - tensor)[:, result.rows, result.cols].mean())


def test_a_tile_may_be_rolled_first() -> None:
    """Where the tile is cut makes no difference to how good fills are, nor does the hole's lying on the cut."""
    tensor, mask = texture(4, 64, 64, blur=2.0), box(64, 64, 22, 20, 16, 18)

    def look(shift: tuple[int, int]) -> tuple[float, float]:
        rolled, hole = np.roll(tensor, shift, (1, 2)), np.roll(mask, shift, (0, 1))
        runs = [Run(generator=np.random.default_rng(seed)) for seed in range(6)]
        fills = [fill(rolled, LAYOUTS[4], hole, tileable=True, run=run) for run in runs]
        return float(np.mean([of.energy for of in fills])), float(np.mean([error(rolled, of) for of in fills]))

    energy, away = look((0, 0))
    for shift in ((32, 32), (-30, 5), (0, 34)):
        found = look(shift)
        assert found[0] == pytest.approx(energy, rel=0.2)
        assert found[1] == pytest.approx(away, rel=0.3)  # from seed to seed it varies by a sixth


def test_a_tile_has_no_seam() -> None:
    """Across the cut, the filled tile steps no more than the texture itself does."""
    tensor, mask = texture(4, 64, 64, blur=2.5), np.roll(box(64, 64, 24, 24, 16, 16), (32, 32), (0, 1))
    filled = fill(tensor, LAYOUTS[4], mask, tileable=True).tensor
    for axis, hole in ((1, mask[0] > 0), (2, mask[:, 0] > 0)):
        first, last = np.take(filled, 0, axis)[:, hole], np.take(filled, -1, axis)[:, hole]
        usual = np.abs(np.diff(tensor, axis=axis)).mean()
        assert np.abs(first - last).mean() < 2 * usual


def test_forbidden_sources_are_not_used() -> None:
    tensor, mask = texture(4, 72, 64), box(72, 64, 30, 28, 10, 9)
    allowed = np.zeros((72, 64), np.bool_)
    allowed[:20, :40] = True
    for tileable in (False, True):
        check(tensor, mask, fill(tensor, LAYOUTS[4], mask, EXACT, source_mask=allowed, tileable=tileable), allowed)


def test_forbidden_sources_are_not_used_in_turned_copies() -> None:
    tensor, mask = texture(7, 72, 64), box(72, 64, 30, 28, 10, 9)
    allowed = np.zeros((72, 64), np.bool_)
    allowed[50:, :22] = True
    settings = PatchSettings(iterations=2, rotations=True, mirrors=True, blend=False)
    result = fill(tensor, LAYOUTS[7], mask, settings, source_mask=allowed)
    assert allowed[result.source_rows, result.source_cols].all()
    assert len(set(result.orientation.tolist())) > 1
    taken = tensor[:, result.source_rows, result.source_cols]
    given = result.tensor[:, result.rows, result.cols]
    assert (given[[0, 1, 2, 5, 6]] == taken[[0, 1, 2, 5, 6]]).all()
    np.testing.assert_allclose(np.hypot(given[3], given[4]), np.hypot(taken[3], taken[4]), rtol=1e-5)


def test_turned_sources_find_a_turned_texture() -> None:
    """The hole lies in a part that is the rest turned by 90 degrees: without turns it cannot be matched."""
    tile = weave(1, 96, 48, (5, 11))
    tensor = np.concatenate([tile, np.rot90(weave(1, 48, 96, (5, 11)), axes=(1, 2))], 2)
    mask = box(96, 96, 40, 66, 10, 10)
    allowed = np.zeros((96, 96), np.bool_)
    allowed[:, :48] = True
    with_turns, without = (
        fill(tensor, LAYOUTS[1], mask, PatchSettings(rotations=turns, blend=False), source_mask=allowed)
        for turns in (True, False)
    )
    assert error(tensor, with_turns) < 0.25 * error(tensor, without)
    assert with_turns.energy < 0.25 * without.energy


@pytest.mark.parametrize("names", [("height",), ("basecolor", "height"), ("basecolor", "normal", "height")])
def test_constant_maps(names: tuple[str, ...]) -> None:
    """The last map varies, the others do not; and then none does."""
    layout = ChannelLayout(names, tuple(1 if name == "height" else 3 for name in names))
    tensor = np.full((layout.n_channels, 48, 48), 0.25, np.float32)
    tensor[-1] = texture(1, 48, 48)[0]
    for _ in range(2):
        mask = box(48, 48, 16, 18, 8, 9)
        check(tensor, mask, fill(tensor, layout, mask, EXACT))
        assert np.isfinite(fill(tensor, layout, mask).tensor).all()
        tensor[-1] = 0.5


def test_the_same_seed_gives_the_same_fill() -> None:
    tensor, mask = texture(4, 128, 120, blur=0.5), box(128, 120, 40, 40, 30, 30)
    results = [fill(tensor, LAYOUTS[4], mask, run=Run(generator=np.random.default_rng(seed))) for seed in (1, 1, 2)]
    assert (results[0].tensor == results[1].tensor).all() and results[0].energy == results[1].energy
    assert (results[0].source_rows == results[1].source_rows).all()
    assert not (results[0].tensor == results[2].tensor).all()


def test_progress_rises_from_0_to_1() -> None:
    seen: list[tuple[str, float]] = []
    tensor, mask = texture(4, 128, 120), box(128, 120, 40, 40, 30, 30)
    fill(tensor, LAYOUTS[4], mask, run=Run(on_progress=lambda now: seen.append((now.phase, now.fraction))))
    fractions = [fraction for _, fraction in seen]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0 and fractions[-1] == 1
    assert len(set(fractions)) >= 3


def test_cancelling_takes_effect_at_the_next_step() -> None:
    """Stopped after any number of questions, the fill raises, and asks no further."""
    tensor, mask = texture(4, 72, 72), box(72, 72, 24, 24, 16, 16)
    total = questions(tensor, mask, stop_at=None)
    assert total > 10
    for stop_at in (1, 2, total // 2, total):
        with pytest.raises(Cancelled):
            questions(tensor, mask, stop_at)


def questions(tensor: Floats, mask: Floats, stop_at: int | None) -> int:
    """Fill, saying stop at the given question, and return how often was asked; asking on after it is an error."""
    asked = 0

    def should_stop() -> bool:
        nonlocal asked
        asked += 1
        assert stop_at is None or asked <= stop_at
        return asked == stop_at

    fill(tensor, LAYOUTS[4], mask, EXACT, run=Run(should_stop=should_stop))
    return asked


def test_no_source_is_left() -> None:
    tensor = texture(1, 40, 40)
    grid = np.zeros((40, 40), np.float32)
    grid[::6, ::6] = 1
    with pytest.raises(FillError, match="paint a smaller hole"):
        fill(tensor, LAYOUTS[1], grid)
    with pytest.raises(FillError, match="paint a smaller hole"):
        fill(tensor, LAYOUTS[1], box(40, 40, 9, 9, 4, 4), source_mask=np.zeros((40, 40), np.bool_))


def test_the_hole_is_everything() -> None:
    with pytest.raises(FillError, match="covers everything"):
        fill(texture(1, 40, 40), LAYOUTS[1], np.ones((40, 40), np.float32))


def test_the_picture_is_too_small() -> None:
    with pytest.raises(FillError, match="smaller than a patch"):
        fill(texture(1, 6, 40), LAYOUTS[1], box(6, 40, 2, 2, 1, 1))


def test_one_source_is_enough() -> None:
    tensor, mask = texture(4, 40, 40), np.ones((40, 40), np.float32)
    mask[10:17, 20:27] = 0
    check(tensor, mask, fill(tensor, LAYOUTS[4], mask, EXACT))


def test_an_empty_hole_is_refused() -> None:
    with pytest.raises(MaskError, match="empty"):
        fill(texture(4, 40, 40), LAYOUTS[4], np.zeros((40, 40), np.float32))
