"""Drafts: coarse fills of the least error say what pieces should come near to, on both backends."""

from __future__ import annotations

import importlib.util
import itertools

import numpy as np
import pytest
from scipy import ndimage

from svbrdf_core.patch import PatchSettings, fill
from svbrdf_core.patch.cpu_backend.backend import CpuBackend
from svbrdf_core.patch.cpu_backend.kernels import R
from svbrdf_core.patch.drafts import draft_guide, measure_detail
from svbrdf_core.patch.level import Level, build_level
from svbrdf_core.patch.pieces import lay_pieces
from svbrdf_core.patch.types import Floats, Ints
from svbrdf_core.run import Run
from svbrdf_core.tensors.layout import ChannelLayout
from svbrdf_core.tensors.pyramid import Plane, halve
from tests.patch.cases import box, texture

TORCH = pytest.param(
    "cpu:0",
    marks=[
        pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed"),
        pytest.mark.filterwarnings("ignore::DeprecationWarning:torch"),
    ],
)
LAYOUT = ChannelLayout(("height", "roughness"), (1, 1))
HOLE = box(128, 160, 40, 56, 48, 48)


def clouded(seed: int) -> Floats:
    """Make a texture ``(2, 128, 160)`` of grain on wide clouds, of which the rim says something, but not all."""
    return np.asarray(0.4 * texture(2, 128, 160, seed, blur=1.5) + texture(2, 128, 160, seed + 99, blur=9), np.float32)


def levels_of(tensor: Floats) -> list[Level]:
    plane = Plane(np.ascontiguousarray(tensor.transpose(1, 2, 0)), ~(HOLE > 0), np.ones(HOLE.shape, np.bool_))
    levels = []
    for _ in range(3):
        levels.append(build_level(plane, [plane], (False, False)))
        plane = halve(plane)
    return levels


def look(level: Level, laying: tuple[Ints, Ints]) -> Floats:
    """Return a level's picture ``(H, W, C)`` with the hole copied from where a laying says."""
    height, width = level.shape
    image = level.source.reshape(level.source.shape[0], -1, level.channels)[R : R + height, R : R + width]
    return np.where(level.known[..., None], image, image[laying])


def test_pieces_come_nearer_to_what_the_drafts_expect() -> None:
    away: dict[bool, list[float]] = {False: [], True: []}
    for seed, guided in itertools.product(range(4), away):
        levels = levels_of(clouded(seed))
        guide = draft_guide(levels, CpuBackend(), PatchSettings(), Run())
        assert guide is not None
        laying = lay_pieces(levels[1], np.random.default_rng(seed), guide=guide if guided else None)
        away[guided].append(guide.distance(look(levels[1], laying), 1))
    assert np.mean(away[True]) < 0.8 * np.mean(away[False])


@pytest.mark.parametrize("device", ["cpu", TORCH])
def test_a_fill_uses_them(device: str) -> None:
    truth = clouded(0)
    with_, without = (
        fill(truth, LAYOUT, HOLE, PatchSettings(drafts=drafts, blend=False), run=Run(device)) for drafts in (2, 0)
    )
    assert not np.array_equal(with_.source_rows, without.source_rows)


def test_drafts_leave_the_levels_as_they_are() -> None:
    levels = levels_of(clouded(3))
    before = [level.target.copy() for level in levels]
    guide = draft_guide(levels, CpuBackend(), PatchSettings(drafts=2), Run())
    assert guide is not None and guide.depth == 1
    assert all(np.array_equal(level.target, image) for level, image in zip(levels, before, strict=True))


def test_where_drafts_disagree_nothing_is_expected() -> None:
    levels = levels_of(texture(2, 128, 160, seed=1, blur=1.5))
    guide = draft_guide(levels, CpuBackend(), PatchSettings(drafts=3), Run())
    assert guide is not None
    deep = ndimage.binary_erosion(guide.hole, iterations=6)
    rim = guide.hole & ~ndimage.binary_erosion(guide.hole, iterations=2)
    assert guide.confidence[deep].mean() < guide.confidence[rim].mean()


def test_drafts_that_are_a_smear_say_little() -> None:
    levels = levels_of(clouded(3))
    lively = [np.asarray(look(levels[1], lay_pieces(levels[1], np.random.default_rng(seed)))) for seed in (0, 1)]
    smeared = [np.where(levels[1].known[..., None], draft, draft.mean((0, 1))) for draft in lively]
    assert measure_detail(levels[1], lively) > 0.7
    assert measure_detail(levels[1], smeared) < 0.2


@pytest.mark.parametrize("settings", [PatchSettings(drafts=0), PatchSettings(pieces=0)])
def test_there_is_no_guide_without_drafts_or_pieces(settings: PatchSettings) -> None:
    assert draft_guide(levels_of(clouded(3)), CpuBackend(), settings, Run()) is None
