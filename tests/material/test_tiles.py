"""Sets of UDIM tiles: one canvas, read and written tile by tile; what is undecided in one tile is as in the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from svbrdf_core import formats
from svbrdf_core.errors import AmbiguousInput, InputError, MaskError
from svbrdf_core.inpainting.gaps import context_of, tight
from svbrdf_core.inpainting.windows import plan
from svbrdf_core.masks import Region
from svbrdf_core.material import Material, TileGrid, hole_mask, mask_parts, tiles, tiles_near
from svbrdf_core.request import HoleSpec

Samples = np.ndarray[Any, Any]
SIDE = 32


def noise(*shape: int, seed: int = 0) -> Samples:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def hero(folder: Any) -> Path:
    """Return a folder with tiles 1001, 1002 and, above the first, 1011."""
    files = {f"Hero_BaseColor.{n}": noise(SIDE, SIDE, 3, seed=n) for n in (1001, 1002, 1011)}
    made: Path = folder(
        **files, **{f"Hero_Roughness.{n}": noise(SIDE, SIDE, 1, seed=n + 50) for n in (1001, 1002, 1011)}
    )
    return made


def test_tiles_lie_as_their_numbers_say(hero: Path) -> None:
    material = Material.load(hero)
    assert material.name == "Hero" and material.layout.names == ("basecolor", "roughness")
    assert (material.height, material.width) == (2 * SIDE, 2 * SIDE)
    whole = material.tensor()
    for number, top, left in ((1011, 0, 0), (1001, SIDE, 0), (1002, SIDE, SIDE)):
        file = formats.read(hero / f"Hero_BaseColor.{number}.png").samples
        assert np.array_equal(
            whole[:3, top : top + SIDE, left : left + SIDE], np.moveaxis(file / np.float32(255), 2, 0)
        )
    absent = material.absent()
    assert absent is not None and absent[:SIDE, SIDE:].all() and absent.sum() == SIDE * SIDE
    window = material.window(SIDE - 4, SIDE - 5, 8, 9)
    assert np.array_equal(window[:, 4:, :5], whole[:, SIDE : SIDE + 4, SIDE - 5 : SIDE])
    assert tiles(material) == (False, False)


def test_an_edit_across_edges_goes_to_the_tiles_and_leaves_all_else(hero: Path, tmp_path: Path) -> None:
    material = Material.load(hero)
    mask = np.zeros((2 * SIDE, 2 * SIDE), np.float32)
    mask[SIDE - 6 : SIDE + 4, SIDE - 8 : SIDE] = 1
    mask[SIDE : SIDE + 4, SIDE : SIDE + 8] = 1
    new = np.zeros((4, *mask.shape), np.float32)
    edited = material.with_window(new[:, 10:60, 10:60], mask[10:60, 10:60], 10, 10)
    edited.save(tmp_path / "out")
    for number, top, left in ((1011, 0, 0), (1001, SIDE, 0), (1002, SIDE, SIDE)):
        own = mask[top : top + SIDE, left : left + SIDE] > 0
        for name in ("Hero_BaseColor", "Hero_Roughness"):
            before, after = (formats.read(f / f"{name}.{number}.png").samples for f in (hero, tmp_path / "out"))
            assert (after[own] == 0).all() and np.array_equal(after[~own], before[~own])


def test_some_tiles_are_loaded_and_the_others_go_along(hero: Path, tmp_path: Path) -> None:
    material = Material.load(hero, tiles=(1002,))
    assert (material.height, material.width) == (SIDE, SIDE) and len(material.files()) == 6
    assert {path.name.split(".")[1] for path in material.files_beside()} == {"1001", "1011"}
    material.save(tmp_path / "out")
    assert all((tmp_path / "out" / p.name).read_bytes() == p.read_bytes() for p in hero.iterdir())
    with pytest.raises(InputError, match="Hero has no tile 1003; it has 1001, 1002, 1011"):
        Material.load(hero, tiles=(1003,))


def test_one_tile_can_be_had_alone(hero: Path) -> None:
    material = Material.load(hero, set_name="Hero_1002")
    assert material.tiles is None and material.height == SIDE and len(material.files()) == 2


def test_a_tile_alone_is_as_it_was(folder: Any) -> None:
    material = Material.load(folder(**{"Hero_BaseColor.1001": (8, 8, 3), "Hero_Normal.1001": (8, 8, 3)}))
    assert material.tiles is None and material.name == "Hero_1001"
    mask, _ = hole_mask(HoleSpec(mask_parts("1001:rect:1,1,2,2")), material)
    assert mask.sum() == 4
    with pytest.raises(MaskError, match="no tile 1002"):
        hole_mask(HoleSpec(mask_parts("1002:rect:1,1,2,2")), material)


def test_two_sets_of_tiles_have_to_be_told_apart(folder: Any) -> None:
    path = folder(**{f"{name}_Color.{n}": (8, 8, 3) for name in ("Ann", "Bob") for n in (1001, 1002)})
    with pytest.raises(AmbiguousInput, match=r"2 sets \(Ann, Bob\)"):
        Material.load(path)
    assert sorted(Material.load(path, set_name="Bob").tiles.cells) == [1001, 1002]  # type: ignore[union-attr]


def test_tiles_may_differ_in_size_but_not_in_shape(folder: Any) -> None:
    path = folder(**{"a_Color.1001": (16, 16, 3), "a_Color.1002": (8, 8, 3)})
    material = Material.load(path)
    assert (material.height, material.width, material.magnification) == (16, 32, 2)
    path = folder(**{"a_Color.1001": (16, 16, 3), "a_Color.1002": (8, 16, 3)})
    with pytest.raises(InputError, match=r"a_Color.1002.png is 16 x 8 but the largest tile is 16 x 16"):
        Material.load(path)


def test_a_map_that_one_tile_has_is_told(folder: Any) -> None:
    path = folder(**{"a_Color.1001": (8, 8, 3), "a_Color.1002": (8, 8, 3), "a_Height.1002": (8, 8)})
    material = Material.load(path)
    assert any("height is not in tile 1001" in note for note in material.notes)
    held = material.holding(0, 4, 8, 8)
    assert held is not None and held[0].all() and not held[1, :, :4].any() and held[1, :, 4:].all()


def test_a_channel_that_varies_in_one_tile_is_filled_along_in_all(folder: Any) -> None:
    flat = np.dstack([noise(8, 8, 3), np.full((8, 8, 1), 255, np.uint8)])
    material = Material.load(folder(**{"a_Color.1001": flat, "a_Color.1002": (8, 8, 4)}))
    assert material.layout.names == ("diffuse", "extra:a_Color.A")
    assert [place.tile for place in material.maps["extra:a_Color.A"].places] == [1001, 1002]


def test_a_convention_that_one_tile_tells_is_that_of_all(folder: Any) -> None:
    y, x = np.mgrid[0:256, 0:256]
    slope = np.stack([np.sin(x / 9 + y / 13), -np.cos(y / 7 - x / 11), np.full(x.shape, 2.0)], axis=-1)
    height = np.random.default_rng(0).normal(size=(64, 64)).repeat(4, 0).repeat(4, 1)
    for _ in range(8):
        height = (height + np.roll(height, 1, 0) + np.roll(height, 1, 1)) / 3
    slope[..., 0], slope[..., 1] = -np.gradient(height, axis=1), -np.gradient(height, axis=0)
    slope[..., 2] = 0.05
    directx = np.round((slope / np.linalg.norm(slope, axis=2, keepdims=True) + 1) * 127.5).astype(np.uint8)
    flat = np.full((256, 256, 3), (128, 128, 255), np.uint8)
    material = Material.load(folder(**{"a_Normal.1001": flat, "a_Normal.1002": directx}))
    assert [place.directx for place in material.maps["normal"].places] == [True, True]
    assert not any("taken as OpenGL" in text for text in material.warnings)


def test_an_override_stands_for_all_tiles(folder: Any) -> None:
    files = {f"{name}.{n}": (8, 8, 3) for name in ("a_Color", "a_What") for n in (1001, 1002)}
    path = folder(**files)
    for text in ("a_What.<UDIM>.png:G", "a_What.1002.png:G"):
        material = Material.load(path, overrides={"height": text})
        assert [place.tile for place in material.maps["height"].places] == [1001, 1002]
    other = folder(**files, plain=(8, 8))
    with pytest.raises(InputError, match=r"plain.png names no tile, and height is a map of tiles"):
        Material.load(other, overrides={"height": "plain.png"})


def test_a_damaged_file_of_a_tile_beyond_the_canvas_is_no_matter(hero: Path) -> None:
    (hero / "Hero_Roughness.1011.png").write_bytes(b"no picture")
    assert Material.load(hero, tiles=(1002,)).layout.names == ("basecolor", "roughness")
    with pytest.raises(InputError, match="Hero_Roughness.1011"):
        Material.load(hero)


def test_masks_of_tiles(hero: Path, tmp_path: Path) -> None:
    material, masks = Material.load(hero), tmp_path / "masks"
    masks.mkdir()
    dot = np.zeros((SIDE, SIDE), np.uint8)
    dot[3:5, 7:9] = 255
    for number in (1001, 1002):
        formats.write_png(masks / f"m.{number}.png", dot)
    expected = np.zeros((2 * SIDE, 2 * SIDE), np.float32)
    expected[SIDE + 3 : SIDE + 5, 7:9] = 1
    alone = expected.copy()
    expected[SIDE + 3 : SIDE + 5, SIDE + 7 : SIDE + 9] = 1
    for text, wanted in (
        (str(masks), expected),
        (str(masks / "m.<UDIM>.png"), expected),
        (str(masks / "m.1001.png"), alone),
        (f"1001:{masks / 'm.1002.png'}", alone),
        ("1001:rect:7,3,2,2", alone),
        (f"rect:7,{SIDE + 3},2,2", alone),
    ):
        assert np.array_equal(hole_mask(HoleSpec(mask_parts(text)), material)[0], wanted), text
    across, _ = hole_mask(HoleSpec(mask_parts("circle:50%,75%,6")), material)
    assert across[SIDE:, :SIDE].sum() == across[SIDE:, SIDE:].sum() > 0
    formats.write_png(tmp_path / "all.png", (across * 255).astype(np.uint8))
    assert np.array_equal(hole_mask(HoleSpec(mask_parts(str(tmp_path / "all.png"))), material)[0], across)
    grown, _ = hole_mask(HoleSpec(mask_parts(f"1001:rect:{SIDE - 4},10,3,3"), grow=3), material)
    assert grown[SIDE:, SIDE : SIDE + 2].any()
    inside_out, _ = hole_mask(HoleSpec(mask_parts("1002:rect:0,0,4,4"), invert=True), material)
    assert inside_out[SIDE:, SIDE:].sum() == SIDE * SIDE - 16 and not inside_out[:, :SIDE].any()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1003:alpha", "Hero has no tile 1003; it has 1001, 1002, 1011"),
        ("brush:3", "say which, as 1001:brush:3"),
        ("alpha", "no alpha channel"),
        ("{}/m.<UDIM>.png", "No file is named as"),
        ("{}", "No image in .* is named as a tile"),
        ("{}/odd.png", r"names no tile of Hero, and is 9 x 4, .*\(2 by 2\); name it as odd.1001.png, or give 1001:"),
    ],
)
def test_masks_that_cannot_be_used(hero: Path, tmp_path: Path, text: str, words: str) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    formats.write_png(empty / "odd.png", np.zeros((4, 9), np.uint8))
    with pytest.raises(MaskError, match=words):
        hole_mask(HoleSpec(mask_parts(text.format(empty))), Material.load(hero))


def test_only_neighbours_that_a_hole_comes_near_are_looked_at() -> None:
    grid = TileGrid.of([1001 + u + 10 * v for u in range(10) for v in range(10)], 512, 512)
    mask = np.zeros((512, 512), np.float32)
    mask[200:220, 200:220] = 1
    assert tiles_near([(1023, mask)], grid, 0) == {1023}
    mask[:] = 0
    mask[500:510, 200:220] = 1  # at the lower edge
    assert tiles_near([(1023, mask)], grid, 0) == {1023, 1013}
    mask[500:510, 500:510] = 1
    assert tiles_near([(1023, mask)], grid, 0) == {1023, 1013, 1024, 1014}
    assert tiles_near([(1001, mask)], grid, 0) == {1001, 1002}


def test_a_compact_grid_keeps_neighbours_and_gaps() -> None:
    grid = TileGrid.of([1001, 1002, 1096, 1097], 8, 8, compact=True)
    assert grid.cells == {1001: (2, 0), 1002: (2, 1), 1096: (0, 3), 1097: (0, 4)} and grid.size == (24, 40)


def test_windows_end_where_there_is_no_tile() -> None:
    absent = np.zeros((1000, 1000), np.bool_)
    absent[:500, 500:] = True
    mask = np.zeros((1000, 1000), np.float32)
    mask[600:640, 480:520] = 1  # across an edge, below the gap
    (window,) = plan(mask, tileable=False, absent=absent)
    context = window.context
    assert context.top == 500 and context.left == 480 - 256 and context.left + context.width == 520 + 256
    assert not context.take(absent).any()
    mask[:] = 0
    mask[480:520, 480:500] = 1
    mask[500:520, 480:520] = 1  # round the corner: the gap is in the window
    (window,) = plan(mask, tileable=False, absent=absent)
    assert window.context.take(absent).any() and window.context.height > 256
    near_corner = tight(Region(470, 470, 60, 29), np.pad(np.ones((20, 20), np.float32), ((480, 500), (475, 505))))
    assert context_of(near_corner, 256, absent).height > 300


def test_overrides_alone_may_tell_of_tiles(folder: Any, tmp_path: Path) -> None:
    path = folder(**{f"{at}.{n}": (8, 8, 3) for at in (0, 1) for n in (1001, 1002)})
    overrides = {"basecolor": "0.1001.png", "roughness": "1.1001.png:G"}
    material = Material.load(path, overrides=overrides, only=["basecolor", "roughness"])
    assert (material.height, material.width) == (8, 16) and not material.unrecognised
    one = Material.load(path, overrides=overrides, tiles=(1002,))
    assert one.width == 8 and {p.name for p in one.files_beside()} == {"0.1001.png", "1.1001.png"}
    one.save(tmp_path / "out")
    assert len(list((tmp_path / "out").iterdir())) == 4
