"""Levelling does the same to a turned picture, to one rolled round the torus, and to one with more picture round it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.patch import blend
from svbrdf_core.patch.blend import Space, level_copies
from svbrdf_core.patch.copies import Copies
from svbrdf_core.patch.orientation import orient, orient_tensor
from svbrdf_core.patch.types import Bools, Floats, Ints, Orientation
from svbrdf_core.tensors.layout import ChannelLayout
from svbrdf_core.tensors.multigrid import Graph, solve_graph
from svbrdf_core.tensors.standardize import Standardizer

LAYOUT = ChannelLayout(("diffuse", "normal", "roughness"), (3, 3, 1))
TURN = Orientation(1)


@dataclass(frozen=True)
class Filled:
    """A picture with a hole of patches copied from here and there, some turned."""

    tensor: Floats
    known: Bools
    ys: Ints
    xs: Ints
    copies: Copies

    def level(self) -> Floats:
        """Return the levelled picture."""
        out = self.tensor.copy()
        out[:, self.ys, self.xs] = self.copies.values()
        space = Space.choose(out, LAYOUT, self.known, Standardizer.measure(self.tensor, LAYOUT, self.known))
        out[:, self.ys, self.xs] = level_copies(out, LAYOUT, space, self.known, self.ys, self.xs, self.copies)
        return out


def picture(height: int, width: int) -> Floats:
    """Make grain under uneven light that wraps."""
    rng = np.random.default_rng(5)
    noise = rng.standard_normal((6, height, width))
    light = ndimage.gaussian_filter(rng.standard_normal((height, width)), 12, mode="wrap")
    grain = ndimage.gaussian_filter(noise, (0, 1, 1), mode="wrap")
    colour = 0.4 + 0.1 * light / light.std() + 0.08 * grain[:3]
    tilt = 0.4 * grain[3:5]
    normal = np.stack([*tilt, np.sqrt(1 - (tilt**2).sum(0))])
    return np.concatenate([colour, normal, 0.5 + 0.2 * grain[5:] + 0.05 * light / light.std()]).astype(np.float32)


def fill_by_hand(wrap: tuple[bool, bool] = (False, False)) -> Filled:
    """Fill a hole by blocks of 9 x 11, each from elsewhere, every third one turned."""
    height, width = 120, 132
    tensor = picture(height, width)
    known = np.ones((height, width), np.bool_)
    known[40:76, 44:88] = False
    known[60:90, 70:80] = False
    ys, xs = (at.astype(np.int32) for at in np.nonzero(~known))
    rng = np.random.default_rng(1)
    block = (ys - 40) // 9 * 7 + (xs - 44) // 11
    orientation = (block % 3 == 0).astype(np.int8)
    corners = rng.integers(8, (22, 120), (64, 2))[block]
    if wrap[0]:
        corners[orientation == 0, 0] -= 12
    rows = (corners[:, 0] + (ys - 40) % 9).astype(np.int32)
    cols = (corners[:, 1] % 100 + (xs - 44) % 11).astype(np.int32)
    rows[(orientation == 0) & wrap[0]] %= height
    planes = (tensor, orient_tensor(tensor, LAYOUT, TURN))
    return Filled(tensor, known, ys, xs, Copies(planes, rows, cols, orientation, rows, cols, wrap))


def turned(filled: Filled) -> Filled:
    """Turn the picture, the hole, and all planes with the sources in them."""
    copies = filled.copies
    planes = tuple(orient_tensor(plane, LAYOUT, TURN) for plane in copies.planes)
    known = np.ascontiguousarray(orient(filled.known, TURN))
    ys, xs = filled.known.shape[1] - 1 - filled.xs, filled.ys
    order = np.lexsort((xs, ys))
    widths = np.array([plane.shape[2] for plane in copies.planes])[copies.orientation]
    rows, cols = (widths - 1 - copies.cols).astype(np.int32)[order], copies.rows[order]
    moved = Copies(planes, rows, cols, copies.orientation[order], rows, cols, (copies.wrap[1], copies.wrap[0]))
    return Filled(planes[0], known, ys[order], xs[order], moved)


def rolled(filled: Filled, by: int) -> Filled:
    """Roll the picture and the hole down round the torus; turned copies stay what they are."""
    copies = filled.copies
    height = filled.known.shape[0]
    tensor = np.roll(filled.tensor, by, 1)
    plain = copies.orientation == 0
    rows = np.where(plain, (copies.rows + by) % height, copies.rows).astype(np.int32)
    ys = (filled.ys + by) % height
    order = np.lexsort((filled.xs, ys))
    moved = replace(
        copies,
        planes=(tensor, *copies.planes[1:]),
        rows=rows[order],
        cols=copies.cols[order],
        orientation=copies.orientation[order],
        centre_rows=rows[order],
        centre_cols=copies.cols[order],
    )
    return Filled(tensor, np.roll(filled.known, by, 0), ys[order], filled.xs[order], moved)


def test_a_turned_picture_gives_the_turned_result() -> None:
    filled = fill_by_hand()
    levelled = filled.level()
    assert np.abs(levelled - filled.tensor)[:, ~filled.known].max() > 0.1  # there was something to do
    wanted = orient_tensor(levelled, LAYOUT, TURN)
    assert np.abs(turned(filled).level() - wanted).max() < 0.5 / 255


@pytest.mark.parametrize("by", [30, 57, 75])
def test_the_torus_has_no_seam(by: int) -> None:
    filled = fill_by_hand((True, False))
    assert np.abs(rolled(filled, by).level() - np.roll(filled.level(), by, 1)).max() < 1e-4


def count_work(filled: Filled, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Return how many unknowns levelling solves for, and how many source pixels it looks at."""
    unknowns: list[int] = []
    looks: list[int] = []
    values = Copies.values

    def solve(graph: Graph, right: Floats) -> tuple[Floats, int]:
        unknowns.append(len(graph.held))
        return solve_graph(graph, right)

    def look(self: Copies, dy: int = 0, dx: int = 0, which: NDArray[np.intp] | None = None) -> Floats:
        found = values(self, dy, dx, which)
        looks.append(found.shape[1])
        return found

    with monkeypatch.context() as patched:
        patched.setattr(blend, "solve_graph", solve)
        patched.setattr(Copies, "values", look)
        filled.level()
    return sum(unknowns), sum(looks)


def test_the_work_is_that_of_the_hole_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    filled = fill_by_hand()
    tensor = np.tile(filled.tensor, (1, 3, 3))
    known = np.pad(filled.known, [(0, 2 * size) for size in filled.known.shape], constant_values=True)
    copies = replace(filled.copies, planes=(tensor, orient_tensor(tensor, LAYOUT, TURN)))
    large = Filled(tensor, known, filled.ys, filled.xs, copies)
    work = count_work(filled, monkeypatch)
    assert count_work(large, monkeypatch) == work
    assert work[0] == len(filled.ys)
