"""`auto`: patches first, diffusion where it may do better, and the better of both kept."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

import svbrdf_core as sv
from svbrdf_core.example import make_example
from svbrdf_core.methods import FillResult, InpaintProblem, auto
from svbrdf_core.methods.auto import AutoSettings
from svbrdf_core.metrics import blemish

SIZE = 128
QUICK = AutoSettings(
    diffusion=sv.DiffusionSettings(train_steps=10, batch_size=2, crop_size=16, width=8, sampling_steps=3, cache=False)
)


def hole(side: int) -> NDArray[np.float32]:
    out = np.zeros((SIZE, SIZE), np.float32)
    out[50 : 50 + side, 40 : 40 + side] = 1
    return out


def fill(side: int, settings: AutoSettings = QUICK) -> sv.Fill[sv.Material]:
    material = sv.Material.from_arrays("bricks", make_example("bricks", SIZE, 0).clean)
    return sv.inpaint(material, hole(side), method="auto", settings=settings, device="cpu")


def told(found: sv.Fill[sv.Material]) -> str:
    return " ".join(found.notes)


def test_a_thin_hole_is_filled_by_patches() -> None:
    found = fill(12)
    assert "by patches alone: the hole is thinner than 32 pixels" in told(found)
    material = sv.Material.from_arrays("bricks", make_example("bricks", SIZE, 0).clean)
    patches = sv.inpaint(material, hole(12), method="patch", device="cpu")
    assert (found.canvas.tensor() == patches.canvas.tensor()).all()


def test_a_faultless_fill_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto, "FAULTLESS", 100.0)
    assert "left nothing to better" in told(fill(40))


@pytest.mark.parametrize("grey", ["diffusion", "patch"])
def test_the_fill_with_fewer_blemishes_is_kept(monkeypatch: pytest.MonkeyPatch, grey: str) -> None:
    """One of the two fills is plain grey, the other is the truth: only the ranking is looked at."""
    truth = sv.Material.from_arrays("bricks", make_example("bricks", SIZE, 0).clean).tensor()

    def stand_in(name: str) -> Callable[[InpaintProblem, object, sv.Run], FillResult]:
        def fill(problem: InpaintProblem, settings: object, run: sv.Run) -> FillResult:
            values = (
                np.where(problem.hole, truth.mean((1, 2), keepdims=True), problem.tensor) if grey == name else truth
            )
            return FillResult(values.astype(np.float32))

        return fill

    monkeypatch.setattr(auto, "FAULTLESS", 0.0)
    monkeypatch.setattr(auto, "DIFFUSION", sv.Method("diffusion", "stand-in", stand_in("diffusion")))
    monkeypatch.setattr(auto, "fill_jointly", stand_in("patch"))
    found = fill(40)
    assert ("by patches alone, the better" in told(found)) == (grey == "diffusion")
    assert ("by diffusion and patches, the better" in told(found)) == (grey == "patch")


def test_a_blemish_is_what_shows() -> None:
    material = sv.Material.from_arrays("bricks", make_example("bricks", SIZE, 0).clean)
    truth, where = material.tensor(), hole(40) > 0
    flat, loud = truth.copy(), truth.copy()
    flat[:, where] = truth[:, where].mean(1, keepdims=True)
    loud[:, where] = truth[:, where][:, np.random.default_rng(0).permutation(where.sum())]
    least = blemish(truth, material.layout, where)
    assert least < 0.5
    assert blemish(flat, material.layout, where) > least + 1
    assert blemish(loud, material.layout, where) > least + 1
