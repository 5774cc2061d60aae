"""Guidance: what samples agree on decides where structure goes, on both backends; what they do not does not."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field

import numpy as np
import pytest

from svbrdf_core.patch import Guidance, PatchFill, PatchSettings, PublishedObjective, fill
from svbrdf_core.patch.guidance import GuidedObjective, make_guide
from svbrdf_core.patch.guide import Guide, low_pass
from svbrdf_core.patch.level import Level, build_level
from svbrdf_core.patch.types import Bools, Floats
from svbrdf_core.run import Run
from svbrdf_core.tensors.layout import ChannelLayout
from svbrdf_core.tensors.pyramid import Plane, halve
from tests.patch.cases import box, texture

NEEDS_TORCH = [
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:torch"),
]
on_both = pytest.mark.parametrize("device", ["cpu", pytest.param("cpu:0", marks=NEEDS_TORCH)])  # cpu:0 is torch's
LAYOUT = ChannelLayout(("height", "roughness"), (1, 1))
HOLE = box(128, 240, 28, 40, 64, 48)
SPOT = 18
"""Diameter of the spots that the right half holds."""
AT = [(30, 150), (20, 200), (80, 160), (60, 215), (100, 205), (66, 185)]


def paint(image: Floats, top: int, left: int, side: int, values: Floats) -> None:
    """Paint a disc on an image ``(H, W, C)``."""
    ys, xs = np.indices(image.shape[:2])
    image[np.hypot(ys - top - side / 2, xs - left - side / 2) < side / 2] = values


def spotted() -> Floats:
    """Make a texture ``(2, 128, 240)`` with spots in its right half alone; nothing at the hole's rim asks for one."""
    image = np.ascontiguousarray(0.3 * texture(2, 128, 240, seed=5).transpose(1, 2, 0))
    for top, left in AT:
        paint(image, top, left, SPOT, np.ones(2, np.float32))
    return np.ascontiguousarray(image.transpose(2, 0, 1))


@dataclass
class Wishing:
    """Samples with a spot at a row of the whole picture, and what was asked for."""

    top: int
    asked: list[Bools] = field(default_factory=list)

    def make(self, values: Floats, known: Bools, allowed: Bools, run: Run) -> list[Floats]:
        self.asked.append(known)
        scale = 128 // known.shape[0]
        low, high = (np.quantile(values[known], share, axis=0) for share in (0.3, 0.97))
        sample = np.full(values.shape, low, np.float32)
        paint(sample, self.top // scale, 56 // scale, SPOT // scale, high)
        return [np.where(known[..., None], values, sample)] * 3


def filled(guidance: Guidance | None, device: str = "cpu", seed: int = 0) -> PatchFill:
    run = Run(device, np.random.default_rng(seed))
    return fill(spotted(), LAYOUT, HOLE, PatchSettings(blend=False, richness=0), guidance=guidance, run=run)


@on_both
@pytest.mark.parametrize("top", [36, 64])
def test_structure_goes_where_the_samples_say(device: str, top: int) -> None:
    wishing = Wishing(top)
    bright = (filled(Guidance(wishing.make, 32), device).tensor.min(0) > 0.8) & (HOLE > 0)
    spot = bright[top - 4 : top + SPOT + 4, 52 : 56 + SPOT + 4]
    assert spot.sum() > 0.7 * np.pi / 4 * SPOT**2
    assert spot.sum() > 0.9 * bright.sum()
    (known,) = wishing.asked
    assert known.shape == (64, 120)  # the hole is 48 pixels thick: 24 at half the size


def test_without_samples_nothing_changes() -> None:
    plain, empty = filled(None), filled(Guidance(lambda *_: [], 32))
    assert (plain.tensor == empty.tensor).all()
    assert not (plain.tensor.min(0)[HOLE > 0] > 0.8).any()


def test_seeds_differ() -> None:
    guidance = Guidance(Wishing(40).make, 32)
    assert (filled(guidance, seed=1).tensor != filled(guidance, seed=2).tensor).any()


def halved(plane: Plane, times: int) -> list[Level]:
    levels = []
    for _ in range(times):
        levels.append(build_level(plane, [plane], (False, False)))
        plane = halve(plane)
    return levels


def plane() -> Plane:
    image = np.ascontiguousarray(spotted().transpose(1, 2, 0))
    return Plane(image, HOLE == 0, np.ones_like(HOLE, np.bool_))


def test_samples_of_a_hole_too_thick_for_pieces_are_halved() -> None:
    levels = halved(plane(), 3)
    wide = [build_level(p, [p], (False, False)) for p in (_doubled(plane()),)] + levels
    guide = make_guide(_doubled(plane()), 2, np.eye(2, dtype=np.float32), wide, Guidance(Wishing(40).make, 48), Run())
    assert guide is not None
    assert (guide.depth, guide.hole.shape) == (2, (64, 120))


def _doubled(of: Plane) -> Plane:
    known, allowed = (np.repeat(np.repeat(part, 2, 0), 2, 1) for part in (of.known, of.allowed))
    return Plane(np.repeat(np.repeat(of.image, 2, 0), 2, 1), known, allowed)


def test_samples_that_differ_are_trusted_less() -> None:
    level = halved(plane(), 1)[0]
    low, high = np.zeros((*level.shape, 2), np.float32), np.ones((*level.shape, 2), np.float32)
    split = low.copy()
    split[60:] = 1
    guide = Guide.of(level, 1, [low, split, low])
    assert guide.confidence[35:50, 50:78].min() > 0.99
    assert guide.confidence[68:85, 50:78].max() < 0.5
    assert Guide.of(level, 1, [high]).confidence.min() == 1


def test_the_distance_of_a_finer_picture_is_that_of_its_halved_one() -> None:
    level = halved(plane(), 2)[1]
    wish = np.zeros((*level.shape, 2), np.float32)
    guide = Guide.of(level, 1, [wish])
    right = np.where(level.known[..., None], halve(plane()).image, wish)
    assert guide.distance(right, 1) == pytest.approx(0, abs=1e-5)
    finer = np.repeat(np.repeat(right, 2, 0), 2, 1)
    assert guide.distance(finer, 0) == pytest.approx(0, abs=1e-5)
    assert guide.distance(np.where(level.known[..., None], right, 1), 1) > 0.5


def test_a_low_pass_sees_only_what_is_seen() -> None:
    image = texture(2, 40, 50).transpose(1, 2, 0)
    seen = np.ones((40, 50), np.bool_)
    seen[10:20, 10:30] = False
    spoilt = np.where(seen[..., None], image, 1e6)
    assert low_pass(spoilt, (False, False), seen)[seen].max() < 2
    rolled = np.roll(image, 7, 0)
    assert low_pass(rolled, (True, False)) == pytest.approx(np.roll(low_pass(image, (True, False)), 7, 0), abs=1e-5)


def test_guides_are_no_measure_of_coarser_levels() -> None:
    level = halved(plane(), 1)[0]
    guide = Guide.of(level, 1, [np.zeros((*level.shape, 2), np.float32)])
    seen: list[float] = []

    class Spying(PublishedObjective):
        def energy(self, state):  # type: ignore[no-untyped-def]
            seen.append(2.0)
            return 2.0

    @dataclass
    class State:
        depth: int
        picture: Floats

    objective = GuidedObjective(Spying(), guide)
    picture = np.ones((*level.shape, 2), np.float32)
    near, coarser = (objective.energy(State(depth, picture)) for depth in (1, 2))  # type: ignore[arg-type]
    assert coarser == 2.0
    assert near == pytest.approx(2.0 * guide.distance(picture, 1))
