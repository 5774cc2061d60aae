"""`svbrdf inpaint` on files: each option, and what it leaves on disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from svbrdf_core.formats import read_image, write_png
from svbrdf_core.material import Material
from tests.cli.conftest import SIZE, Svbrdf, tree

HOLE = "rect:50,50,20,16"
INSIDE = np.zeros((SIZE, SIZE), np.bool_)
INSIDE[50:66, 50:70] = True


def same_outside(a: Path, b: Path, hole: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> bool:
    one, two = read_image(a), read_image(b)
    return one.info.dtype == two.info.dtype and bool((one.samples[~hole] == two.samples[~hole]).all())


def test_every_map_is_filled_and_nothing_else_is_changed(
    svbrdf: Svbrdf, bricks: Path, mask: Path, tmp_path: Path
) -> None:
    before = tree(bricks)
    ran = svbrdf("inpaint", bricks, "--mask", mask, "-o", tmp_path / "out")
    assert ran.code == 0, ran.err
    assert "out" in ran.out and "6 maps" in ran.out
    assert tree(bricks) == before
    hole = read_image(mask).samples[..., 0] > 0
    names = sorted(path.name for path in bricks.iterdir())
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    for name in names:
        assert same_outside(bricks / name, tmp_path / "out" / name, hole), name
        old, new = read_image(bricks / name).samples, read_image(tmp_path / "out" / name).samples
        assert (old[hole] != new[hole]).any(), name


def test_the_json_says_what_was_done(svbrdf: Svbrdf, bricks: Path, tmp_path: Path) -> None:
    said = svbrdf("inpaint", bricks, "--mask", HOLE, "-o", tmp_path / "out", "--json").json
    assert said["maps"] == ["diffuse", "normal", "roughness", "specular", "height", "ao"]
    assert said["hole"] == {"pixels": 320, "share": 320 / SIZE**2}
    assert said["method"] == "patch" and said["tileable"] is False
    (fill,) = said["variations"]
    assert fill["seed"] == 0 and fill["energy"] >= 0 and fill["seconds"] > 0 and fill["backup"] is None
    assert sorted(map(Path, fill["files"])) == sorted((tmp_path / "out").iterdir())


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_fill(
    svbrdf: Svbrdf, bricks: Path, mask: Path, tmp_path: Path
) -> None:
    for out, seed in (("a", 5), ("b", 5), ("c", 6)):
        assert svbrdf("inpaint", bricks, "--mask", mask, "-o", tmp_path / out, "--seed", str(seed)).code == 0
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    assert tree(tmp_path / "a") != tree(tmp_path / "c")


def test_variations_differ_and_are_told_best_first(svbrdf: Svbrdf, bricks: Path, mask: Path, tmp_path: Path) -> None:
    out, preview = tmp_path / "out", tmp_path / "sheet.png"
    ran = svbrdf(
        "inpaint", bricks, "-m", mask, "-o", out, "--variations", "3", "--seed", "7", "--preview", preview, "--json"
    )
    fills = ran.json["variations"]
    assert [Path(f["folder"]) for f in fills] == [out / "v1", out / "v2", out / "v3"]
    assert sorted(f["seed"] for f in fills) == [7, 8, 9]
    assert [f["blemish"] for f in fills] == sorted(f["blemish"] for f in fills)
    trees = [tree(out / f"v{number}") for number in (1, 2, 3)]
    assert trees[0] != trees[1] != trees[2] != trees[0]
    assert preview.is_file()
    # The best of several is the fill that its seed gives alone.
    svbrdf("inpaint", bricks, "-m", mask, "-o", tmp_path / "alone", "--seed", str(fills[0]["seed"]))
    assert tree(tmp_path / "alone") == trees[0]


def test_variations_appear_together_or_not_at_all(svbrdf: Svbrdf, bricks: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "v2").mkdir(parents=True)
    (out / "v2" / "ao.png").write_bytes(b"mine")
    ran = svbrdf("inpaint", bricks, "-m", HOLE, "-o", out, "--variations", "2")
    assert ran.code == 6 and "exists already" in ran.err
    assert tree(out) == {str(Path("v2/ao.png")): b"mine"}
    assert svbrdf("inpaint", bricks, "-m", HOLE, "-o", out, "--variations", "2", "--overwrite").code == 0
    assert sorted(path.name for path in out.iterdir()) == ["v1", "v2"]


def test_in_place_keeps_the_originals(svbrdf: Svbrdf, bricks: Path, tmp_path: Path) -> None:
    before = tree(bricks)
    ran = svbrdf("inpaint", bricks, "--mask", HOLE, "--in-place", "--json")
    assert ran.code == 0, ran.err
    backup = Path(ran.json["variations"][0]["backup"])
    assert backup.parent == bricks and tree(backup) == before
    assert any("originals" in note for note in ran.json["notes"])
    assert (bricks / "diffuse.png").read_bytes() != before["diffuse.png"]


def test_masks_add_up_grow_and_fade(svbrdf: Svbrdf, bricks: Path, mask: Path, tmp_path: Path) -> None:
    options = ("--mask", HOLE, "--mask", "circle:100,100,5", "--grow", "2", "--feather", "3", "-o", tmp_path / "out")
    pixels = svbrdf("inpaint", bricks, *options, "--json").json["hole"]["pixels"]
    assert 320 + 78 < pixels < 2 * (320 + 78) + 300
    hole = np.zeros((SIZE, SIZE), np.bool_)
    hole[40:76, 40:80] = True
    hole[88:113, 88:113] = True
    assert same_outside(bricks / "height.png", tmp_path / "out" / "height.png", hole)


def test_a_mask_painted_the_other_way(svbrdf: Svbrdf, bricks: Path, tmp_path: Path) -> None:
    write_png(tmp_path / "inverse.png", ~INSIDE)
    ran = svbrdf("inpaint", bricks, "-m", tmp_path / "inverse.png", "--invert", "-o", tmp_path / "out", "--json")
    assert ran.json["hole"]["pixels"] == 320


def test_the_hole_is_read_off_the_material(svbrdf: Svbrdf, bricks: Path, tmp_path: Path) -> None:
    colour = read_image(bricks / "diffuse.png").samples.copy()
    colour[INSIDE] = (255, 0, 255)
    write_png(bricks / "diffuse.png", colour)
    ran = svbrdf("inpaint", bricks, "--mask", "key:#ff00ff", "-o", tmp_path / "key", "--json")
    assert ran.json["hole"]["pixels"] == 320
    alpha = np.where(INSIDE, 0, 255).astype(np.uint8)
    write_png(bricks / "diffuse.png", np.dstack([colour, alpha]))
    ran = svbrdf("inpaint", bricks, "--mask", "alpha", "-o", tmp_path / "alpha", "--json")
    assert ran.json["hole"]["pixels"] == 320


def test_a_hole_of_nan(svbrdf: Svbrdf, tmp_path: Path) -> None:
    height = np.random.default_rng(0).random((64, 64)).astype(np.float32)
    height[20:30, 20:30] = np.nan
    Material.from_arrays("m", {"height": height, "roughness": np.full((64, 64), 9, np.uint8)}).save(tmp_path / "set")
    ran = svbrdf("inpaint", tmp_path / "set", "--mask", "nan", "-o", tmp_path / "out", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["hole"]["pixels"] == 100
    assert np.isfinite(read_image(tmp_path / "out" / "height.exr").samples).all()


def test_nothing_is_copied_from_what_is_forbidden(svbrdf: Svbrdf, tmp_path: Path) -> None:
    picture = np.random.default_rng(1).integers(0, 100, (64, 64, 3), dtype=np.uint8)
    picture[:, 32:] += 100
    write_png(tmp_path / "wall.png", picture)
    words = ("inpaint", tmp_path / "wall.png", "-m", "rect:28,20,8,8", "--forbid", "rect:32,0,32,64")
    ran = svbrdf(*words, "-o", tmp_path / "out")
    assert ran.code == 0, ran.err
    assert read_image(tmp_path / "out" / "wall.png").samples[20:28, 28:36].mean() < 90  # a copy of the right: 150


def test_maps_can_be_chosen_named_and_taken_along(svbrdf: Svbrdf, bricks: Path, tmp_path: Path) -> None:
    shutil.move(bricks / "roughness.png", bricks / "seltsam.png")
    write_png(bricks / "wear.png", np.arange(SIZE * SIZE, dtype=np.uint16).reshape(SIZE, SIZE))
    words = ("inpaint", bricks, "-m", HOLE, "-o", tmp_path / "out", "--map", "roughness=seltsam.png", "--also", "wear")
    ran = svbrdf(*words, "--only", "diffuse,roughness", "--only", "extra:wear", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["maps"] == ["diffuse", "roughness", "extra:wear"]
    assert (tmp_path / "out" / "ao.png").read_bytes() == (bricks / "ao.png").read_bytes()
    for name in ("seltsam.png", "wear.png"):
        assert (tmp_path / "out" / name).read_bytes() != (bricks / name).read_bytes()


def test_a_set_is_chosen(svbrdf: Svbrdf, bricks: Path, tmp_path: Path) -> None:
    both = tmp_path / "both"
    both.mkdir()
    for name in ("eins", "zwei"):
        for kind in ("diffuse", "roughness"):
            shutil.copy(bricks / f"{kind}.png", both / f"{name}_{kind}.png")
    ran = svbrdf("inpaint", both, "-m", HOLE, "-o", tmp_path / "out")
    assert ran.code == 3 and "--set" in ran.err
    assert svbrdf("inpaint", both, "-m", HOLE, "-o", tmp_path / "out", "--set", "zwei").code == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["zwei_diffuse.png", "zwei_roughness.png"]


def test_packed_channels_that_are_not_maps_are_kept(svbrdf: Svbrdf, bricks: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    packed = rng.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    for name in ("roughness", "ao"):
        (bricks / f"{name}.png").unlink()
    write_png(bricks / "wall_ORM.png", packed)
    for name in ("diffuse", "normal", "height", "specular"):
        shutil.move(bricks / f"{name}.png", bricks / f"wall_{name}.png")
    options = ("-m", HOLE, "-o", tmp_path / "out", "--only", "diffuse,roughness", "--normal", "directx", "--json")
    ran = svbrdf("inpaint", bricks, *options)
    assert ran.code == 0, ran.err
    after = read_image(tmp_path / "out" / "wall_ORM.png").samples
    assert (after[..., [0, 2]] == packed[..., [0, 2]]).all()
    assert (after[~INSIDE] == packed[~INSIDE]).all() and (after[INSIDE][:, 1] != packed[INSIDE][:, 1]).any()


def test_a_jpeg_is_answered_by_a_png_and_a_word(svbrdf: Svbrdf, bricks: Path, tmp_path: Path) -> None:
    Image.open(bricks / "diffuse.png").save(bricks / "diffuse.jpg", quality=95)
    (bricks / "diffuse.png").unlink()
    ran = svbrdf("inpaint", bricks, "-m", HOLE, "-o", tmp_path / "out", "--json")
    assert ran.code == 0, ran.err
    assert any("JPEG" in note for note in ran.json["notes"]) and "result is diffuse.png" in ran.err
    assert (tmp_path / "out" / "diffuse.png").is_file() and not (tmp_path / "out" / "diffuse.jpg").exists()


def test_one_image_is_a_material_too(svbrdf: Svbrdf, bricks: Path, tmp_path: Path) -> None:
    ran = svbrdf("inpaint", bricks / "diffuse.png", "-m", HOLE, "-o", tmp_path / "out", "--json")
    assert ran.code == 0, ran.err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["diffuse.png"]


@pytest.mark.parametrize("flag", ["--rotations", "--mirrors", "--tileable", "--no-tileable", "--device=cpu"])
def test_ways_to_fill(svbrdf: Svbrdf, bricks: Path, tmp_path: Path, flag: str) -> None:
    words = ("inpaint", bricks, "-m", "rect:118,50,20,16", "-o", tmp_path / "out", flag, "--method", "patch", "--json")
    ran = svbrdf(*words)
    assert ran.code == 0, ran.err
    # A shape that leaves the picture comes in on the other side of a torus only.
    assert ran.json["hole"]["pixels"] == (320 if flag == "--tileable" else 160)


def test_auto_finds_out_whether_the_material_tiles(svbrdf: Svbrdf, bricks: Path, tmp_path: Path) -> None:
    words = ("-m", "rect:118,50,20,16", "--auto", "--json")
    ran = svbrdf("inpaint", bricks, *words, "-o", tmp_path / "whole")
    assert ran.json["tileable"] is True and ran.json["hole"]["pixels"] == 320
    for path in bricks.iterdir():
        write_png(path, read_image(path).samples[7:-30, 9:-25])
    ran = svbrdf("inpaint", bricks, "-m", "rect:40,50,20,16", "--auto", "--json", "-o", tmp_path / "cut")
    assert ran.json["tileable"] is False and "edges are kept as edges" in ran.err


def test_the_preview_and_the_source_map_are_pictures(svbrdf: Svbrdf, bricks: Path, mask: Path, tmp_path: Path) -> None:
    sheet, sources = tmp_path / "new" / "sheet.png", tmp_path / "out" / "sources.png"
    words = ("inpaint", bricks, "-m", mask, "-o", tmp_path / "out", "--preview", sheet, "--source-map", sources)
    ran = svbrdf(*words)
    assert ran.code == 0, ran.err
    assert str(sheet) in ran.out
    drawn = read_image(sheet).samples
    assert drawn.shape[2] == 3 and drawn.shape[0] > 7 * SIZE and drawn.std() > 10
    assert read_image(sources).samples.shape == (SIZE, SIZE, 3)
    ran = svbrdf("inpaint", bricks, "-m", mask, "-o", tmp_path / "out2", "--preview", sheet)
    assert ran.code == 6 and not (tmp_path / "out2").exists()


def test_quiet_says_nothing(svbrdf: Svbrdf, bricks: Path, tmp_path: Path) -> None:
    write_png(tmp_path / "half.png", INSIDE[::2, ::2])
    ran = svbrdf("inpaint", bricks, "-m", tmp_path / "half.png", "-o", tmp_path / "out", "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    ran = svbrdf("inpaint", bricks, "-m", tmp_path / "half.png", "-o", tmp_path / "out2")
    assert "64 x 64 and was scaled to 128 x 128" in ran.err
