"""Control maps: a fill takes its sources from where labels and directions are the same."""

from __future__ import annotations

import numpy as np
import pytest

from svbrdf_core.patch import Control, Guidance, PatchSettings, fill, filling
from svbrdf_core.patch.torch_backend.backend import TorchBackend
from svbrdf_core.tensors.layout import ChannelLayout

SIDE = 96
LAYOUT = ChannelLayout(("height",), (1,))
Y, X = np.mgrid[:SIDE, :SIDE]
STRIPES = np.where(X < SIDE // 2, Y % 8 < 4, X % 8 < 4).astype(np.float32)[None]
"""Horizontal ones on the left, vertical ones on the right."""
HOLE = np.zeros((SIDE, SIDE), np.float32)
HOLE[24:72, 24:72] = 1
UPPER, LOWER = np.s_[30:42, 30:66], np.s_[54:66, 30:66]


def run_across(picture: np.ndarray, place: tuple[slice, slice]) -> float:
    """Return how much a part changes from left to right, over how much from top to bottom."""
    part = picture[place]
    return float(np.abs(np.diff(part, axis=1)).mean() / max(np.abs(np.diff(part, axis=0)).mean(), 1e-6))


def no_channel() -> np.ndarray:
    return np.empty((0, SIDE, SIDE), np.float32)


@pytest.mark.parametrize("device", ["cpu", "torch"])
def test_a_hole_becomes_what_its_labels_say(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = (X >= SIDE // 2).astype(np.float32)[None]
    labels[0, 24:48, 24:72], labels[0, 48:72, 24:72] = 1, 0
    if device == "torch":
        monkeypatch.setattr(filling, "backend_for", lambda _: TorchBackend("cpu"))
    filled = fill(STRIPES, LAYOUT, HOLE, control=Control(labels, no_channel())).tensor[0]
    assert run_across(filled, UPPER) > 5 and run_across(filled, LOWER) < 0.2


def test_a_hole_runs_as_its_directions_say() -> None:
    angle = np.where(X < SIDE // 2, 0.0, np.pi / 2)
    angle[24:48, 24:72], angle[48:72, 24:72] = np.pi / 2, 0
    directions = np.stack([np.cos(2 * angle), np.sin(2 * angle)]).astype(np.float32)
    filled = fill(STRIPES, LAYOUT, HOLE, control=Control(no_channel(), directions)).tensor[0]
    assert run_across(filled, UPPER) > 5 and run_across(filled, LOWER) < 0.2


def test_directions_turn_with_turned_sources() -> None:
    """There are horizontal stripes alone, which only turned become the vertical ones that are wanted."""
    stripes = (Y % 8 < 4).astype(np.float32)[None]
    angle = np.zeros((SIDE, SIDE))
    angle[24:72, 24:72] = np.pi / 2
    directions = np.stack([np.cos(2 * angle), np.sin(2 * angle)]).astype(np.float32)
    settings = PatchSettings(rotations=True)
    filled = fill(stripes, LAYOUT, HOLE, settings, control=Control(no_channel(), directions)).tensor[0]
    assert run_across(filled, np.s_[36:60, 36:60]) > 5


def test_control_maps_change_nothing_where_all_is_alike() -> None:
    plain = fill(STRIPES, LAYOUT, HOLE).tensor
    alike = Control(np.ones((1, SIDE, SIDE), np.float32), no_channel())
    assert np.abs(fill(STRIPES, LAYOUT, HOLE, control=alike).tensor - plain).mean() < 0.05


def test_samples_and_control_maps_are_not_followed_together() -> None:
    with pytest.raises(ValueError, match="not both"):
        fill(STRIPES, LAYOUT, HOLE, control=Control(no_channel(), no_channel()), guidance=Guidance(lambda *_: (), 8))
