"""Fills on UDIM tiles: a hole across edges is one hole, and nothing but it changes in any file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import svbrdf_core as sv
from svbrdf_core import formats
from svbrdf_core.cli import run
from svbrdf_core.material import mask_parts

Samples = np.ndarray[Any, Any]
SIDE = 80
PLACES = {1011: (0, 0), 1012: (0, 1), 1001: (1, 0), 1002: (1, 1)}
MAPS = ("BaseColor", "Roughness", "Height")


def surface() -> dict[str, Samples]:
    """Return maps ``(2 * SIDE, 2 * SIDE, C)`` of one surface of stones with joints, another colour in each stone."""
    y, x = np.mgrid[0 : 2 * SIDE, 0 : 2 * SIDE]
    row, column = y // 10, (x + y // 10 % 2 * 8) // 16
    shade = np.random.default_rng(3).integers(90, 250, (40, 40))[row, column]
    joint = (y % 10 < 2) | ((x + y // 10 % 2 * 8) % 16 < 2)
    stone = np.where(joint, 30, shade).astype(np.uint8)
    return {
        "BaseColor": np.stack([stone, stone // 2 + 60, 255 - stone], axis=2),
        "Roughness": np.where(joint, 250, 255 - shade // 2).astype(np.uint8)[..., None],
        "Height": np.where(joint, 1000, shade.astype(np.uint16) * 200 + 9000).astype(np.uint16)[..., None],
    }


def box(number: int) -> tuple[slice, slice]:
    row, column = PLACES[number]
    return slice(row * SIDE, (row + 1) * SIDE), slice(column * SIDE, (column + 1) * SIDE)


def hole_at(*rects: tuple[int, int, int, int]) -> Samples:
    """Return ``(2 * SIDE, 2 * SIDE)`` true in rectangles given by left, top, width and height."""
    hole = np.zeros((2 * SIDE, 2 * SIDE), np.bool_)
    for left, top, width, height in rects:
        hole[top : top + height, left : left + width] = True
    return hole


@pytest.fixture
def hero(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes tiles of the surface, damaged in a hole."""

    def make(hole: Samples, tiles: tuple[int, ...] = tuple(PLACES), leave: tuple[str, ...] = ()) -> Path:
        folder = tmp_path / "hero"
        folder.mkdir()
        for name, samples in surface().items():
            damaged = samples.copy()
            damaged[hole] = 0 if name != "BaseColor" else (255, 0, 255)
            for number in tiles:
                if f"{name}.{number}" not in leave:
                    formats.write_png(folder / f"Hero_{name}.{number}.png", damaged[box(number)])
        return folder

    return make


def request(folder: Path, target: Path, *masks: str, **more: Any) -> sv.InpaintRequest:
    parts = tuple(part for text in masks for part in mask_parts(text))
    source = {key: more.pop(key) for key in ("only", "set_name") if key in more}
    choice = {key: more.pop(key) for key in ("name", "variations") if key in more}
    return sv.InpaintRequest(
        source=sv.LoadOptions(folder, **source),
        hole=sv.HoleSpec(
            parts, **{key: more.pop(key) for key in ("tileable", "grow", "feather", "forbid") if key in more}
        ),
        method=sv.MethodChoice(**choice),
        output=sv.OutputSpec(target, **more),
    )


def compare(before: Path, after: Path, hole: Samples, tiles: tuple[int, ...] = tuple(PLACES)) -> None:
    """See that samples beyond the hole are as they were, files without a hole the same bytes, and no damage left."""
    for old in sorted(before.iterdir()):
        number = int(old.name.split(".")[1])
        own = hole[box(number)]
        one, other = formats.read(old).samples, formats.read(after / old.name).samples
        assert one.dtype == other.dtype and np.array_equal(one[~own], other[~own])
        if own.any():
            assert not (other[own] == one[own]).all(axis=1).any()
        else:
            assert old.read_bytes() == (after / old.name).read_bytes()


@pytest.mark.parametrize(
    ("hole", "masks"),
    [
        (hole_at((70, 100, 20, 24)), ["rect:70,100,20,24"]),  # across 1001 | 1002
        (hole_at((30, 68, 24, 22)), ["rect:30,68,24,22"]),  # across 1001 and 1011 above it
        (hole_at((68, 69, 22, 21)), ["1001:rect:68,0,12,10", "1002:rect:0,0,10,10", "1011:rect:68,69,12,11",
                                     "1012:rect:0,69,10,11"]),  # round the corner of four
    ],
    ids=["right", "up", "corner"],
)  # fmt: skip
def test_a_hole_across_edges_is_filled_as_in_one_picture(
    hero: Callable[..., Path], tmp_path: Path, hole: Samples, masks: list[str]
) -> None:
    folder = hero(hole)
    done = sv.repair(request(folder, tmp_path / "out", *masks))
    compare(folder, tmp_path / "out", hole)
    truth = surface()
    damaged = {name: samples.copy() for name, samples in truth.items()}
    whole = sv.Material.from_arrays("one", {"basecolor": damaged["BaseColor"], "roughness": damaged["Roughness"],
                                            "height": damaged["Height"]})  # fmt: skip
    alone = sv.inpaint(whole, hole.astype(np.float32)).canvas
    for name, key in (("BaseColor", "basecolor"), ("Roughness", "roughness"), ("Height", "height")):
        for number in PLACES:
            mine = formats.read(tmp_path / "out" / f"Hero_{name}.{number}.png").samples
            assert np.array_equal(mine, alone.read_stored(key)[box(number)])
    touched = [number for number in sorted(PLACES) if hole[box(number)].any()]
    assert done.report["tiles"] == touched
    assert any("filled" in str(note) and str(touched[-1]) in str(note) for note in done.report["notes"])  # type: ignore[union-attr]


def test_a_faint_mask_of_a_tile_is_told(hero: Callable[..., Path], tmp_path: Path) -> None:
    hole = hole_at((20, 100, 20, 24))
    number = next(number for number in PLACES if hole[box(number)].any())
    formats.write_png(tmp_path / "mask.png", (hole[box(number)] * 3).astype(np.uint8))
    wanted = request(hero(hole), tmp_path / "out", f"{number}:file:{tmp_path / 'mask.png'}")
    checked = sv.check(wanted).notes
    done: Any = sv.repair(wanted).report
    for told in (checked, [*done["notes"], *done["warnings"]]):
        assert sum("nowhere whiter than 1.2%" in str(note) for note in told) == 1


def test_only_tiles_that_a_hole_touches_or_nears_are_read(hero: Callable[..., Path], tmp_path: Path) -> None:
    folder = hero(hole_at())
    far = sv.prepare(request(folder, tmp_path / "out", "1001:rect:0,76,4,4"), sv.Run())
    assert far.material.tiles is not None and sorted(far.material.tiles.cells) == [1001]
    assert sv.check(far.request).share == pytest.approx(16 / (2 * SIDE) ** 2), "of the whole set"
    report = sv.repair(far.request).report
    assert report["size"] == [2 * SIDE, 2 * SIDE] and report["placed"] == [0, 0, 2 * SIDE, 2 * SIDE]
    assert report["hole"] == {"pixels": 16, "share": 16 / (2 * SIDE) ** 2}
    near = sv.prepare(request(folder, tmp_path / "near", "1001:rect:0,60,4,4"), sv.Run())
    assert near.material.tiles is not None and sorted(near.material.tiles.cells) == [1001, 1011]


def test_a_neighbour_that_is_not_there_is_neither_filled_nor_copied(hero: Callable[..., Path], tmp_path: Path) -> None:
    hole = hole_at((66, 66, 14, 30), (66, 80, 30, 16))  # round the corner that is missing
    tiles = (1001, 1002, 1011)
    folder = hero(hole, tiles)
    done = sv.repair(request(folder, tmp_path / "out", "1011:rect:66,66,14,14", "1001:rect:66,0,14,16",
                             "1002:rect:0,0,16,16", source_map=sv.OutputFile(tmp_path / "from.png")))  # fmt: skip
    compare(folder, tmp_path / "out", hole, tiles)
    assert done.report["tiles"] == [1001, 1002, 1011]
    fill = sv.inpaint(sv.Material.load(folder), hole.astype(np.float32))
    assert fill.sources is not None
    absent = np.zeros(hole.shape, np.bool_)
    absent[box(1012)] = True
    assert not absent[fill.sources.rows, fill.sources.cols].any()
    assert not absent[fill.sources.source_rows, fill.sources.source_cols].any()


def test_a_map_that_the_neighbour_has_not_is_copied_from_where_it_is(hero: Callable[..., Path], tmp_path: Path) -> None:
    hole = hole_at((70, 100, 20, 16))
    folder = hero(hole, leave=("Height.1002",))
    done = sv.repair(request(folder, tmp_path / "out", "rect:70,100,20,16"))
    compare(folder, tmp_path / "out", hole)
    assert any("height is not in tile 1002" in str(note) for note in done.report["notes"])  # type: ignore[union-attr]
    assert not (tmp_path / "out" / "Hero_Height.1002.png").exists()
    again = sv.inpaint(sv.Material.load(tmp_path / "out"), hole_at((84, 100, 10, 16)).astype(np.float32))
    assert again.sources is not None and (again.sources.source_cols >= SIDE).any()


def test_tiles_with_nothing_in_common_are_refused(hero: Callable[..., Path], tmp_path: Path) -> None:
    hole = hole_at((70, 100, 20, 16))
    lone = ("Height.1002", "Height.1012", "Roughness.1001", "Roughness.1011", "Roughness.1012")
    folder = hero(hole, leave=lone)
    with pytest.raises(sv.FillError, match=r"tiles with different maps.*leave out what"):
        sv.repair(request(folder, tmp_path / "out", "rect:70,100,20,16"))
    sv.repair(request(folder, tmp_path / "out", "rect:70,100,20,16", only=("basecolor",)))


@pytest.mark.parametrize(
    ("masks", "more", "error", "words"),
    [
        (["rect:70,100,20,16"], {"tileable": True}, sv.InputError, "do not meet around"),
        (["1003:rect:0,0,9,9"], {}, sv.MaskError, "Hero has no tile 1003; it has 1001, 1002, 1011, 1012"),
        (["rect:0,0,0.1,0.1"], {}, sv.MaskError, "empty"),
        (["1001:rect:0,0,100%,100%"], {"set_name": "Hero_1001"}, sv.MaskError, "whole picture"),
    ],
)
def test_refusals(
    hero: Callable[..., Path], tmp_path: Path, masks: list[str], more: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        sv.prepare(request(hero(hole_at()), tmp_path / "out", *masks, **more), sv.Run())


def test_the_command_fills_all_tiles_of_a_folder_of_masks_in_place(
    hero: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hole = hole_at((4, 90, 9, 9), (130, 20, 9, 9))
    folder = hero(hole)
    before = {path.name: formats.read(path).samples for path in folder.iterdir()}
    for number in PLACES:
        formats.write_png(folder / f"mask.{number}.png", (hole[box(number)] * 255).astype(np.uint8))
    words = ["inpaint", str(folder), "--in-place", "-m", str(folder / "mask.<UDIM>.png"), "--json"]
    assert run(words) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["tiles"] == [1001, 1012] and report["hole"]["pixels"] == 162
    written = {Path(file).name for file in report["variations"][0]["files"]}
    assert written == {f"Hero_{name}.{number}.png" for name in MAPS for number in (1001, 1012)}
    for name, old in before.items():
        own = hole[box(int(name.split(".")[1]))]
        assert np.array_equal(formats.read(folder / name).samples[~own], old[~own])


def test_info_shows_the_tiles(hero: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    folder = hero(hole_at())
    assert run(["info", str(folder), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["tiles"] == [1001, 1002, 1011, 1012] and {row["udim"] for row in report["maps"]} == set(PLACES)
    assert run(["info", str(folder)]) == 0
    assert "Hero: 3 maps, 4 tiles of 80 x 80 (1001, 1002, 1011, 1012)" in capsys.readouterr().out
