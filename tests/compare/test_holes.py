"""The holes of the literature, on any size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from svbrdf_core.compare.cases import find_cases
from svbrdf_core.compare.holes import HOLES
from svbrdf_core.example import write_example

SHARES = {"square": 1 / 16, "half": 1 / 2, "strips": 1 / 2, "smile": 0.09, "expand": 15 / 16}


@pytest.mark.parametrize("size", [(128, 128), (96, 96), (512, 512)])
@pytest.mark.parametrize("name", HOLES)
def test_a_hole_covers_as_much_of_a_square_picture_as_it_should(name: str, size: tuple[int, int]) -> None:
    assert HOLES[name](*size).mean() == pytest.approx(SHARES[name], rel=0.15)


@pytest.mark.parametrize("size", [(40, 200), (200, 40), (33, 57)])
@pytest.mark.parametrize("name", HOLES)
def test_a_hole_of_any_picture_leaves_something_and_takes_something(name: str, size: tuple[int, int]) -> None:
    hole = HOLES[name](*size)
    assert hole.shape == size
    assert 0.005 < hole.mean() < 0.995


def test_a_smile_is_the_same_from_both_sides_and_smiles() -> None:
    smile = HOLES["smile"](128, 128)
    assert (smile == smile[:, ::-1]).all()
    rows, columns = np.nonzero(smile[64:])
    assert rows[columns == 64].mean() > rows[columns < 40].mean()  # corners of the mouth are up


def test_strips_are_eight() -> None:
    changes = np.diff(HOLES["strips"](128, 16)[:, 0].astype(int))
    assert (changes == 1).sum() == 8


def test_cases_take_them_by_name(tmp_path: Path) -> None:
    write_example(tmp_path / "made", "bricks", 64)
    cases = find_cases([tmp_path / "made" / "clean"], list(HOLES))
    assert [case.mask for case in cases] == list(HOLES)
    assert [case.hole_pixels for case in cases] == [int(HOLES[name](64, 64).sum()) for name in HOLES]
