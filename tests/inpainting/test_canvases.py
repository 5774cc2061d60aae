"""Materials extended, made to tile and grown, from files to files."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from svbrdf_core import formats
from svbrdf_core.errors import InputError, MaskError
from svbrdf_core.inpainting.check import check
from svbrdf_core.inpainting.repair import repair
from svbrdf_core.material import Material
from svbrdf_core.request import (
    CanvasSpec,
    ExtendSpec,
    GrowSpec,
    GuideSpec,
    HoleSpec,
    InpaintRequest,
    InputFile,
    LoadOptions,
    MaskShape,
    MethodChoice,
    OutputSpec,
    TileSpec,
)
from svbrdf_core.run import Run
from tests.inpainting.conftest import tree

SIDE = 96
Samples = np.ndarray[Any, Any]


def stones(seed: int, side: int = SIDE) -> dict[str, Samples]:
    """Return maps of stones of many colours that do not go on across the edges; the roughness has half the size."""
    y, x = np.mgrid[:side, :side]
    row, column = y // 11, (x + y // 11 % 2 * 9) // 19
    shade = np.random.default_rng(seed).integers(90, 250, (40, 40))[row, column]
    joint = (y % 11 < 2) | ((x + y // 11 % 2 * 9) % 19 < 2)
    stone = np.where(joint, 30, shade).astype(np.uint8)
    return {
        "basecolor": np.stack([stone, stone // 2 + 60, 255 - stone], axis=2),
        "roughness": np.where(joint, 250, 255 - shade // 2).astype(np.uint8)[::2, ::2, None],
        "height": np.where(joint, 1000, shade.astype(np.uint16) * 200 + 9000).astype(np.uint16)[..., None],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of stones: colours as TIFF, roughness and height as PNG."""
    home = tmp_path / "stones"
    home.mkdir()
    import tifffile

    for name, samples in stones(1).items():
        if name == "basecolor":
            tifffile.imwrite(home / f"{name}.tif", samples, photometric="rgb")
        else:
            formats.write_png(home / f"{name}.png", samples)
    return home


def do(folder: Path, canvas: CanvasSpec | None, run: Run | None = None, **more: Any) -> Any:
    """Do a request, with the result beside the folder, and return the report."""
    output = OutputSpec(folder.parent / "out")
    return repair(InpaintRequest(source=LoadOptions(folder), output=output, canvas=canvas, **more), run).report


def read(folder: Path, name: str) -> Samples:
    (path,) = folder.glob(f"{name}.*")
    samples: Samples = formats.read(path).samples
    return samples


def test_a_material_is_extended_in_its_own_formats_and_stays_what_it_was(folder: Path) -> None:
    before = {name: read(folder, name) for name in ("basecolor", "roughness", "height")}
    report = do(folder, ExtendSpec(left=15, bottom=20))
    out = folder.parent / "out"
    assert sorted(path.name for path in out.iterdir()) == ["basecolor.tif", "height.png", "roughness.png"]
    assert report["size"] == [SIDE + 16, SIDE + 20], "a multiple of two, which the roughness has whole pixels of"
    assert any("multiples of 2" in note for note in report["notes"])
    for name, old in before.items():
        new = read(out, name)
        scale = old.shape[0] / SIDE
        assert new.shape == (round((SIDE + 20) * scale), round((SIDE + 16) * scale), old.shape[2])
        assert new.dtype == old.dtype
        assert np.array_equal(new[: old.shape[0], round(16 * scale) :], old)
    colour, height = read(out, "basecolor").astype(int), read(out, "height")[..., 0].astype(int)
    new = np.ones(height.shape, np.bool_)
    new[:SIDE, 16:] = False
    joints = height[new] < 5000
    assert 0.1 < joints.mean() < 0.5, "the stones go on"
    assert np.abs(colour[new][~joints][:, 0] - (height[new][~joints] - 9000) / 200).mean() < 25, "in all maps at once"


def test_a_canvas_size_is_met_from_the_middle_and_a_scan_with_ragged_edges_becomes_a_rectangle(tmp_path: Path) -> None:
    maps = stones(2)
    home = tmp_path / "scan"
    home.mkdir()
    y, x = np.mgrid[:SIDE, :SIDE]
    there = np.hypot(y - 48, x - 48) < 44 + 3 * np.sin(x / 3)
    colour = np.where(there[..., None], maps["basecolor"], 0)
    formats.write_png(home / "basecolor.png", np.dstack([colour, there * np.uint8(255)]).astype(np.uint8))
    formats.write_png(home / "height.png", np.where(there[..., None], maps["height"], 0).astype(np.uint16))
    report = do(home, ExtendSpec(to=(SIDE + 10, SIDE)), hole=HoleSpec((MaskShape("alpha"),)))
    result = read(tmp_path / "out", "basecolor")
    assert result.shape == (SIDE, SIDE + 10, 4) and report["size"] == [SIDE + 10, SIDE]
    assert (result[..., 3] == 255).all(), "it is opaque now"
    assert np.array_equal(result[:, 5:-5][there], np.dstack([colour, there * np.uint8(255)])[there])
    assert (result[:8, :8, :3].astype(int).sum(2) > 0).all()


def test_edges_are_made_to_meet_and_nothing_else_changes(folder: Path) -> None:
    before = {name: read(folder, name) for name in ("basecolor", "height")}
    run = Run()
    report = do(folder, TileSpec(band=40), run)
    tiling = report["tiling"]
    rows, columns = tiling["band"]
    assert 16 <= rows <= 0.4 * SIDE + 2 and rows % 4 == 0, "whole pixels of the roughness on both sides"
    # Nine stones of 11 rows do not fit into 96, so that one row of them is lower than the others.
    assert tiling["edge_rows"] < 0.5 * tiling["edge_rows_before"]
    assert tiling["edge_columns"] < min(1.05, 0.7 * tiling["edge_columns_before"])
    assert any("Bands of" in note for note in run.notes) and any("repetition" in note for note in run.notes)
    for name, old in before.items():
        new = read(folder.parent / "out", name)
        inside = np.s_[rows // 2 : SIDE - rows // 2, columns // 2 : SIDE - columns // 2]
        assert np.array_equal(new[inside], old[inside])
        assert not np.array_equal(new, old)


def test_what_tiles_already_is_left_alone(tmp_path: Path) -> None:
    home = tmp_path / "waves"
    home.mkdir()
    waves = ndimage.gaussian_filter(np.random.default_rng(0).normal(0, 200, (64, 64)), 2, mode="wrap")
    formats.write_png(home / "height.png", np.clip(128 + waves, 0, 255).astype(np.uint8))
    report = do(home, TileSpec())
    assert tree(tmp_path / "out") == tree(home)
    assert report["tiling"]["band"] == [0, 0]
    assert any("meet already" in note for note in report["notes"])


@pytest.mark.parametrize("axis", ["x", "y"])
def test_one_axis_alone_is_made_to_tile(folder: Path, axis: Any) -> None:
    old = read(folder, "height")
    report = do(folder, TileSpec(axis=axis, band=34))
    band = report["tiling"]["band"]
    new = read(folder.parent / "out", "height")
    changed = (new != old).any(2)
    across = 1 if axis == "x" else 0
    assert band[1 - across] == 0 and band[across] > 0
    lines = np.flatnonzero(changed.any(1 - across))
    assert (
        lines.min() < 4 and lines.max() > SIDE - 5 and ((lines < band[across]) | (lines >= SIDE - band[across])).all()
    )


def test_a_sheet_is_grown_of_two_materials(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name, samples in stones(5).items():
        formats.write_png(other / f"{name}.png", samples)
    exact = MethodChoice(settings={"blend": False})
    report = do(folder, GrowSpec((120, 70)), examples=(LoadOptions(other),), method=exact)
    assert report["size"] == [120, 70]
    height = read(tmp_path / "out", "height")
    assert height.shape == (70, 120, 1) and read(tmp_path / "out", "roughness").shape == (35, 60, 1)
    assert set(np.unique(height // 200)) <= {n for seed in (1, 5) for n in np.unique(stones(seed)["height"] // 200)} | {
        5
    }


def test_a_hole_is_filled_from_another_folder(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "clean"
    other.mkdir()
    for name, samples in stones(7, 128).items():
        formats.write_png(other / f"{name}.png", samples)
    before = read(folder, "height")
    hole = HoleSpec((MaskShape("rect:30,30,30,24"),))
    do(folder, None, hole=hole, examples=(LoadOptions(other),))
    after = read(tmp_path / "out", "height")
    changed = np.argwhere((after != before).any(2))
    assert changed.min(0).tolist() >= [30, 30] and changed.max(0).tolist() <= [53, 59] and len(changed) > 300


def test_a_sheet_follows_colours(folder: Path, tmp_path: Path) -> None:
    """The left half of the example is light and the right one dark; the guide wants dark above and light below."""
    y, x = np.mgrid[:SIDE, :SIDE]
    rng = np.random.default_rng(0)
    formats.write_png(folder / "basecolor.png", np.where(x < 48, 200, 50)[..., None].astype(np.uint8).repeat(3, 2))
    (folder / "basecolor.tif").unlink()
    (folder / "roughness.png").unlink()
    formats.write_png(
        folder / "height.png", (np.where(x < 48, 200, 50) + rng.integers(0, 20, x.shape)).astype(np.uint8)
    )
    kinds = {"of": np.where(x < 48, 0, 255), "to": np.where(y < 48, 255, 0)}
    for name, kind in kinds.items():
        formats.write_png(tmp_path / f"{name}.png", kind.astype(np.uint8))
    guides = GuideSpec(InputFile(tmp_path / "to.png"), InputFile(tmp_path / "of.png"))
    do(folder, GrowSpec((SIDE, SIDE)), guides=guides)
    height = read(tmp_path / "out", "height")[..., 0]
    assert (height[:44] < 100).mean() > 0.95 and (height[52:] > 150).mean() > 0.95


def test_structure_goes_on_from_structure(tmp_path: Path) -> None:
    home = tmp_path / "vine"
    home.mkdir()
    y, x = np.mgrid[:SIDE, :SIDE]
    vine = np.abs(x - 48 - 6 * np.sin(y / 7)) < 5
    height = np.where(vine, 230, 60) + np.random.default_rng(1).integers(0, 20, x.shape)
    formats.write_png(home / "height.png", height.astype(np.uint8))
    wanted = vine.copy()
    wanted[36:60] = np.abs(x[36:60] - 30) < 5  # in the hole it takes another way
    formats.write_png(tmp_path / "vine.png", wanted.astype(np.uint8) * 255)
    guides = GuideSpec(protect=(InputFile(tmp_path / "vine.png"),))
    do(home, None, hole=HoleSpec((MaskShape("rect:12,36,72,24"),)), guides=guides)
    after = read(tmp_path / "out", "height")[..., 0] > 150
    inner = np.s_[40:56, 14:80]
    assert (after[inner] == wanted[inner]).mean() > 0.93


def test_what_is_painted_nowhere_is_told_and_changes_nothing(folder: Path) -> None:
    hole = HoleSpec((MaskShape("rect:20,20,20,20"),))
    nowhere = (MaskShape("rect:900,900,5,5"),)
    plain = do(folder, None, hole=hole)
    before = tree(folder.parent / "out")
    shutil.rmtree(folder.parent / "out")
    told = do(folder, None, hole=replace(hole, forbid=nowhere), guides=GuideSpec(protect=nowhere))
    assert tree(folder.parent / "out") == before
    assert set(told["notes"]) - set(plain["notes"]) == {
        "The forbidden region lies nowhere in the picture, so nothing is forbidden.",
        "The structure that is to go on lies nowhere in the picture, so none is followed.",
    }


def test_grain_runs_as_it_is_painted_and_goes_on_where_nothing_is(tmp_path: Path) -> None:
    """There are level stripes alone, which only turned are the upright ones that are painted."""
    home = tmp_path / "stripes"
    home.mkdir()
    y, x = np.mgrid[:SIDE, :SIDE]
    height = np.where(y % 8 < 4, 210, 40) + np.random.default_rng(1).integers(0, 10, x.shape)
    formats.write_png(home / "height.png", height.astype(np.uint8))
    grain = np.zeros((SIDE, SIDE, 4), np.uint8)
    grain[24:72, 48:72] = 128, 128, 128, 255
    formats.write_png(tmp_path / "grain.png", grain)
    guides = GuideSpec(grain=InputFile(tmp_path / "grain.png"))
    do(home, None, hole=HoleSpec((MaskShape("rect:24,24,48,48"),)), guides=guides)
    after = read(tmp_path / "out", "height")[..., 0].astype(int)
    across, down = np.abs(np.diff(after, axis=1)), np.abs(np.diff(after, axis=0))
    assert across[32:64, 54:68].mean() > 3 * down[32:64, 54:68].mean()
    assert down[32:64, 28:42].mean() > 3 * across[32:64, 28:42].mean()


BAD: dict[str, tuple[CanvasSpec | None, dict[str, Any]]] = {
    "nothing to extend": (ExtendSpec(), {}),
    "smaller than the material": (ExtendSpec(to=(50, 200)), {}),
    "more than the limit": (ExtendSpec(right=60_000, bottom=60_000), {}),
    "is too small": (GrowSpec((4, 100)), {}),
    "cannot follow guides": (
        GrowSpec((64, 64)),
        {"guides": GuideSpec(grain="auto"), "method": MethodChoice("poisson")},
    ),
    "no colours for what is copied from": (GrowSpec((SIDE, SIDE)), {"guides": GuideSpec(InputFile(Path("g.png")))}),
    "is 96 x 96, and the result 106 x 96": (ExtendSpec(left=10), {"guides": GuideSpec(InputFile(Path("g.png")))}),
    "A source map": (ExtendSpec(left=10), {"source_map": True}),
    "would keep the old size": (ExtendSpec(left=10), {"only": ("height",)}),
}


@pytest.mark.parametrize("said", BAD)
def test_a_canvas_that_cannot_be_is_refused_before_anything_is_written(said: str, folder: Path, tmp_path: Path) -> None:
    canvas, more = BAD[said]
    formats.write_png(tmp_path / "g.png", np.zeros((SIDE, SIDE), np.uint8))
    request = InpaintRequest(source=LoadOptions(folder), output=OutputSpec(tmp_path / "out"), canvas=canvas)
    if "guides" in more and more["guides"].colours is not None:
        more = {**more, "guides": GuideSpec(InputFile(tmp_path / "g.png"))}
    if "source_map" in more:
        from svbrdf_core.request import OutputFile

        request = replace(request, output=replace(request.output, source_map=OutputFile(tmp_path / "s.png")))
    if "only" in more:
        request = replace(request, source=replace(request.source, only=more["only"]))
    request = replace(request, **{name: value for name, value in more.items() if name in ("guides", "method")})
    for act in (check, repair):
        with pytest.raises(InputError, match=said):
            act(request)
    assert not (tmp_path / "out").exists()


def test_the_colours_of_one_example_are_not_those_of_another(folder: Path, tmp_path: Path) -> None:
    formats.write_png(tmp_path / "g.png", np.zeros((SIDE, SIDE), np.uint8))
    guide = InputFile(tmp_path / "g.png")
    with pytest.raises(InputError, match="is of one material, and there are several"):
        do(folder, GrowSpec((SIDE, SIDE)), guides=GuideSpec(guide, guide), examples=(LoadOptions(folder),))


def test_a_band_wider_than_half_of_the_picture_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "small"
    home.mkdir()
    formats.write_png(home / "height.png", np.random.default_rng(0).integers(0, 255, (24, 24)).astype(np.uint8))
    with pytest.raises(InputError, match="more than half of the picture"):
        do(home, TileSpec())
    with pytest.raises(MaskError, match="leave nothing to copy from"):
        formats.write_png(home / "height.png", np.random.default_rng(0).integers(0, 255, (64, 64)).astype(np.uint8))
        do(home, TileSpec(band=50), hole=HoleSpec((MaskShape("rect:8,8,48,48"),)))


def test_a_set_of_tiles_has_a_fixed_canvas(tmp_path: Path) -> None:
    for number in (1001, 1002):
        formats.write_png(tmp_path / f"a_height.{number}.png", np.zeros((32, 32), np.uint8))
    with pytest.raises(InputError, match="whose canvas is fixed"):
        repair(InpaintRequest(source=LoadOptions(tmp_path), output=OutputSpec(tmp_path / "out"), canvas=TileSpec()))


def test_a_check_tells_what_a_canvas_comes_to(folder: Path) -> None:
    request = InpaintRequest(
        source=LoadOptions(folder), output=OutputSpec(folder.parent / "out"), canvas=ExtendSpec(right=SIDE)
    )
    small = check(request)
    assert small.pixels == SIDE * SIDE and small.box == (0, SIDE, SIDE, SIDE)
    large = check(replace(request, canvas=ExtendSpec(right=40 * SIDE)))
    assert large.seconds - 1 > 10 * (small.seconds - 1) > 0, "a second, and what the pixels take"
    assert small.memory < large.memory < small.memory + 60 * SIDE * SIDE * 40, "windows do not grow with the canvas"


def test_a_strip_of_maps_is_extended_map_by_map(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    normal = np.full((64, 64, 3), (128, 128, 255), np.uint8)
    grey = rng.integers(0, 255, (64, 64, 1)).astype(np.uint8).repeat(3, 2)
    parts = [normal, rng.integers(0, 255, (64, 64, 3)).astype(np.uint8), grey, grey]
    path = tmp_path / "strip.png"
    formats.write_png(path, np.concatenate(parts, axis=1))
    output = OutputSpec(tmp_path / "out")
    repair(InpaintRequest(source=LoadOptions(path), output=output, canvas=ExtendSpec(right=16, bottom=16)))
    new = formats.read(tmp_path / "out" / "strip.png").samples
    assert new.shape == (80, 4 * 80, 3)
    for number, part in enumerate(parts[1:], 1):
        own = new[:64, number * 80 : number * 80 + 64]
        assert np.array_equal(own, part)
    assert Material.load(tmp_path / "out" / "strip.png").width == 80


@pytest.mark.parametrize("canvas", [ExtendSpec(right=24), GrowSpec((112, 80))], ids=["extend", "grow"])
def test_a_method_that_trains_sees_a_canvas_as_a_whole(folder: Path, canvas: CanvasSpec) -> None:
    """Else it would learn for each block anew."""
    few = MethodChoice("diffusion", {"train_steps": 3, "sampling_steps": 2, "cache": False, "width": 8})
    phases: list[tuple[str, float]] = []
    run = Run(on_progress=lambda progress: phases.append((progress.phase, progress.fraction)))
    report = do(folder, canvas, run, method=few)
    assert report["size"][0] in (112, SIDE + 24)
    training = [fraction for phase, fraction in phases if phase.startswith("training")]
    assert training and training == sorted(training)
    later = [fraction for phase, fraction in phases if phase.startswith("matching")]
    assert min(later[1:]) >= max(training), "it is trained once"
