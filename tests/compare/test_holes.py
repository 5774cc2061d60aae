"""Named holes have the size that their words say, on any shape of picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import svbrdf_core as sv
from svbrdf_core.cli.compare import Masks
from svbrdf_core.compare.cases import mask_of
from svbrdf_core.compare.holes import NAMED
from svbrdf_core.example import write_example

SHARES = {"square": 1 / 16, "half": 1 / 2, "strips": 1 / 2, "smile": np.pi * 0.25 * 0.12, "expand": 15 / 16}


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("size", [(64, 64), (48, 96), (61, 37)])
def test_a_hole_is_hard_neither_empty_nor_full_and_as_large_as_said(name: str, size: tuple[int, int]) -> None:
    mask = NAMED[name].make(size)
    assert mask.shape == size and mask.dtype == np.float32
    assert set(np.unique(mask)) == {0.0, 1.0}
    if name in SHARES:
        whole = min(size) ** 2 if name == "square" else size[0] * size[1]
        assert mask.sum() == pytest.approx(SHARES[name] * whole, rel=0.06)
    assert (NAMED[name].make(size) == mask).all()


def test_papers_know_half_on_the_right_the_smile_below_and_the_middle_kept() -> None:
    half, smile, expand = (NAMED[name].make((64, 64)) for name in ("half", "smile", "expand"))
    assert half[:, 32:].all() and not half[:, :32].any()
    assert np.argwhere(smile).mean(0) == pytest.approx([0.72 * 64 - 0.5, 31.5], abs=0.3)
    assert not expand[24:40, 24:40].any() and expand.sum() == 64 * 64 - 16 * 16


def test_a_case_takes_each_by_its_name_and_the_help_tells_all(tmp_path: Path) -> None:
    write_example(tmp_path, "gravel", 64)
    material = sv.Material.load(tmp_path / "clean")
    for name, hole in NAMED.items():
        assert (mask_of(name, material) == hole.make((64, 64))).all()
    (option,) = [one for one in Masks.__metadata__ if hasattr(one, "help")]  # type: ignore[attr-defined]
    assert all(f"{name}," in option.help for name in NAMED)
