"""Tiles in names: told by several names of a folder, in the forms of programs that write them."""

from __future__ import annotations

import pytest

from svbrdf_core.formats.names import match_names
from svbrdf_core.formats.tile_names import cell_of, tile_in, without_tile

SETS = [
    ("UDIM, as Substance and Mari write it", ["Hero_BaseColor.1001", "Hero_BaseColor.1002", "Hero_Normal.1001"],
     "hero", [1001, 1002, 1001]),
    ("behind an underscore, before the map", ["Hero_1001_BaseColor", "Hero_1011_BaseColor"], "hero", [1001, 1011]),
    ("from above the first row on", ["a.1013.diffuse", "a.1012.diffuse"], "a", [1013, 1012]),
    ("beside a size", ["Rock_2048_Color.1001", "Rock_2048_Color.1024", "Rock_2048_Color.1023"], "rock",
     [1001, 1024, 1023]),
    ("Mudbox", ["Hero_BaseColor_u1_v1", "Hero_BaseColor_u2_v1", "Hero_Rough_U1_V2"], "hero", [1001, 1002, 1011]),
    ("in one word", ["Hero_BaseColor.u1v1", "Hero_BaseColor.u2v1"], "hero", [1001, 1002]),
    ("ZBrush, from 0", ["Hero_BaseColor_u0_v0", "Hero_BaseColor_u1_v0", "Hero_BaseColor_u1_v1"], "hero",
     [1001, 1002, 1012]),
    ("no name but numbers", ["1001_BaseColor", "1002_BaseColor"], "", [1001, 1002]),
]  # fmt: skip


@pytest.mark.parametrize(("names", "key", "tiles"), [row[1:] for row in SETS], ids=[row[0] for row in SETS])
def test_tiles_are_one_set(names: list[str], key: str, tiles: list[int]) -> None:
    found = match_names((name, 3) for name in names)
    assert [match.tile for match in found] == tiles
    assert {match.key for match in found} == {key} and all(match.uses for match in found)


@pytest.mark.parametrize(
    "names",
    [
        ["wood.1001.BaseColor", "wood.1001.Normal"],
        ["Wood_1024_BaseColor", "Wood_2048_BaseColor"],
        ["Wood_1001_BaseColor", "Wood_1024_BaseColor"],
        ["wood_u1_v1_BaseColor", "wood_u1_v1_Normal"],
        ["IMG_1342_color", "IMG_1343_color"],
        ["Brick_1001_BaseColor", "Stone_1002_BaseColor"],
        ["Brick1001_BaseColor", "Brick1002_BaseColor"],
        ["Brick_2001_BaseColor", "Brick_2002_BaseColor"],
    ],
)
def test_a_number_alone_or_of_something_else_is_no_tile(names: list[str]) -> None:
    found = match_names((name, 3) for name in names)
    assert [match.tile for match in found] == [None] * len(names)
    assert found == match_names((name, 3) for name in names)


def test_rows_go_upward() -> None:
    assert [cell_of(number) for number in (1001, 1002, 1010, 1011, 1022)] == [(0, 0), (0, 1), (0, 9), (1, 0), (2, 1)]


def test_the_parts_of_a_name() -> None:
    word = tile_in("mask_1002.1011")
    assert word is not None and word.number() == 1011
    assert tile_in("mask1001") is None and tile_in("Rock_2048") is None
    assert without_tile("Hero_BaseColor.1001", 1001) == "Hero_BaseColor"
    assert without_tile("Hero_1001_BaseColor", 1001) == "Hero_BaseColor"
    assert without_tile("Hero_BaseColor_u1_v1", 1001) == "Hero_BaseColor"
    assert without_tile("Hero_BaseColor.1001", 1002) == "Hero_BaseColor.1001"
