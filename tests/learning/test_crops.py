"""What a network is shown of a picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from svbrdf_core.errors import FillError
from svbrdf_core.learning.crops import Crops, CropSettings, MaskedPicture
from svbrdf_core.learning.holes import HoleDistribution, draw_brush_holes, draw_similar_holes
from tests.diffusion.made import known, waves

OURS = CropSettings(16, draw_similar_holes)
PUBLISHED = CropSettings(16, draw_brush_holes, avoid_hole=True)


def crops(picture: MaskedPicture, settings: CropSettings, side: int = 16) -> Crops:
    return Crops([picture], replace(settings, size=side), np.random.default_rng(0), "cpu")


def test_crops_are_pieces_of_the_picture_without_the_hole() -> None:
    picture = MaskedPicture(waves(), known())
    x0, inside, hole = crops(picture, OURS).draw(64, np.random.default_rng(1))
    assert x0.shape == (64, 2, 16, 16)
    assert set(inside.flatten().tolist()) == {0.0, 1.0}
    assert (x0[inside.expand_as(x0) == 0] == 0).all()
    assert hole.sum((1, 2, 3)).min() > 0
    windows = np.lib.stride_tricks.sliding_window_view(np.where(picture.known, picture.values, 0), (16, 16), (1, 2))
    every = windows.transpose(1, 2, 0, 3, 4).reshape(-1, 2 * 16 * 16)
    for crop in x0.numpy().reshape(64, -1)[:8]:
        assert (np.abs(every - crop).max(1) == 0).any()


def test_crops_avoid_the_hole_where_there_is_room() -> None:
    picture = MaskedPicture(waves(64, 64), known(64, 64))
    _, inside, _ = crops(picture, PUBLISHED).draw(200, np.random.default_rng(1))
    assert (inside == 1).all()
    tight = MaskedPicture(waves(40, 40), known(40, 40))  # the second regime: every crop of 32 meets the hole
    _, inside, _ = crops(tight, PUBLISHED, 32).draw(50, np.random.default_rng(1))
    assert (inside == 0).any()


def test_crops_of_a_torus_go_on_at_the_other_side() -> None:
    values, everywhere = waves(32, 32), np.ones((32, 32), np.bool_)
    x0, _, _ = crops(MaskedPicture(values, everywhere, (True, True)), OURS, 24).draw(100, np.random.default_rng(2))
    tiled = np.tile(values, (1, 2, 2))
    windows = np.lib.stride_tricks.sliding_window_view(tiled, (24, 24), (1, 2)).transpose(1, 2, 0, 3, 4)
    flat = windows[:32, :32].reshape(32 * 32, -1)
    places = [int(np.abs(flat - crop).max(1).argmin()) for crop in x0.numpy().reshape(100, -1)]
    assert max(place // 32 for place in places) > 8
    assert max(place % 32 for place in places) > 8


def test_a_small_picture_has_smaller_crops_and_a_tiny_one_none() -> None:
    assert crops(MaskedPicture(waves(28, 40), np.ones((28, 40), np.bool_)), OURS, 64).side == 24
    with pytest.raises(FillError, match="only 12 pixels across"):
        crops(MaskedPicture(waves(12, 40), np.ones((12, 40), np.bool_)), OURS)


def test_a_picture_that_is_nearly_all_hole_is_refused() -> None:
    almost = np.zeros((48, 40), np.bool_)
    almost[:2] = True
    with pytest.raises(FillError, match="too little of the material"):
        crops(MaskedPicture(waves(), almost), OURS)


@pytest.mark.parametrize("draw", [draw_similar_holes, draw_brush_holes])
def test_training_holes_are_neither_empty_nor_everything(draw: HoleDistribution) -> None:
    hole = np.asarray(~known(64, 64))
    made = draw(hole, 64, 60, np.random.default_rng(0))
    shares = made.mean((1, 2))
    assert made.shape == (60, 64, 64)
    assert 0 < shares.min()
    assert shares.max() < 0.8
    assert torch.from_numpy(shares).std() > 0.01
