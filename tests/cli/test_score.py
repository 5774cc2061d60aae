"""``svbrdf score`` on real folders: its figures, its tables, and bad input."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from svbrdf_core import masks
from svbrdf_core.formats import read_image, write_png
from svbrdf_core.material import Material
from svbrdf_core.metrics import measure
from svbrdf_core.metrics.groups import usable_groups
from tests.cli.conftest import SIZE, Svbrdf, tree

QUICK = ("--groups", "maps,structure,statistics")
HOLE = "rect:50,40,30,30"


@pytest.fixture
def clean(made: Path) -> Path:
    """Return the folder of the material without the damage; not to be changed."""
    return made / "clean"


def test_figures_are_those_of_the_whole_material(svbrdf: Svbrdf, clean: Path, bricks: Path, mask: Path) -> None:
    before = tree(bricks)
    ran = svbrdf("score", clean, bricks, "--mask", mask, *QUICK, "--json")
    assert (ran.code, ran.err) == (0, "")
    said = ran.json
    one, other = Material.load(clean), Material.load(bricks)
    hole = masks.read(mask) > 0
    expected = measure(other.tensor(), one.tensor(), one.layout, hole)
    assert {m["name"]: m["value"] for m in said["metrics"]} == pytest.approx(expected)
    assert said["maps"] == list(one.layout.names)
    assert said["hole"]["pixels"] == int(hole.sum())
    assert said["changed_outside"] == {} and said["groups"] == ["maps", "structure", "statistics"]
    assert tree(bricks) == before, "nothing is written"


def test_where_a_set_has_no_tile_nothing_is_judged(svbrdf: Svbrdf, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    files = {
        f"{name}.{number}": rng.integers(0, 256, (64, 64, channels), np.uint8)
        for number in (1001, 1002, 1011)
        for name, channels in (("Hero_BaseColor", 3), ("Hero_Roughness", 1))
    }
    for name, values in files.items():
        (tmp_path / "hero").mkdir(exist_ok=True)
        write_png(tmp_path / "hero" / f"{name}.png", values)
    hole = "1002:rect:2,2,12,12"
    filled = svbrdf("inpaint", tmp_path / "hero", "-m", hole, "-o", tmp_path / "out", "--method", "telea", "-q")
    assert filled.code == 0, filled.err
    ran = svbrdf("score", tmp_path / "hero", tmp_path / "out", "-m", hole, "--json", *QUICK)
    assert ran.code == 0 and "Warning" not in ran.err and ran.json["changed_outside"] == {}
    drawn = svbrdf("render", tmp_path / "hero", "-o", tmp_path / "hero.png")
    assert drawn.code == 0 and "where there is none one colour is drawn" in drawn.err
    before, after = (Material.load(tmp_path / name) for name in ("hero", "out"))
    inside, absent = np.zeros((128, 128), bool), before.absent()
    inside[66:78, 66:78] = True
    assert absent is not None
    expected = measure(after.tensor(), before.tensor(), before.layout, inside, known=~absent)
    assert {m["name"]: m["value"] for m in ran.json["metrics"]} == pytest.approx(expected)
    (tmp_path / "out" / "Hero_BaseColor.1011.png").rename(tmp_path / "out" / "Hero_BaseColor.1012.png")
    (tmp_path / "out" / "Hero_Roughness.1011.png").rename(tmp_path / "out" / "Hero_Roughness.1012.png")
    ran = svbrdf("score", tmp_path / "hero", tmp_path / "out", "-m", hole, *QUICK)
    assert ran.code == 3 and f"{tmp_path / 'out'} has no tile 1011, which {tmp_path / 'hero'} has" in ran.err


def test_only_what_is_near_a_small_hole_is_read(svbrdf: Svbrdf, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    base = rng.random((400, 400, 3), dtype=np.float32)
    other = base.copy()
    other[300:310, 20:30] = 0.5
    for name, values in (("a", base), ("b", other)):
        Material.from_arrays(name, {"diffuse": values, "roughness": values[..., :1]}).save(tmp_path / name)
    ran = svbrdf("score", tmp_path / "a", tmp_path / "b", "-m", "rect:20,300,10,10", "--json", *QUICK)
    figures = {m["name"]: m["value"] for m in ran.json["metrics"]}
    one, two = (Material.load(tmp_path / name) for name in ("a", "b"))
    hole = np.zeros((400, 400), bool)
    hole[300:310, 20:30] = True
    assert figures == pytest.approx(measure(two.tensor(), one.tensor(), one.layout, hole))
    wrapped = svbrdf("score", tmp_path / "a", tmp_path / "b", "-m", "rect:20,300,10,10", "--tileable", "--json", *QUICK)
    assert wrapped.code == 0 and wrapped.json["metrics"]


def test_tables_are_laid_out_by_map(svbrdf: Svbrdf, clean: Path, bricks: Path, mask: Path) -> None:
    ran = svbrdf("score", clean, bricks, "--mask", mask, *QUICK, "--only", "diffuse,normal,roughness")
    lines = ran.out.splitlines()
    assert lines[0].endswith(f"{SIZE} x {SIZE}")
    assert lines[1].split() == ["per", "map", "best", "diffuse", "normal", "roughness"]
    assert lines[2].split()[:2] == ["MSE", "lower"] and len(lines[2].split()) == 5
    assert any(line.startswith("Angle (°)") and len(line.split()) == 4 for line in lines)
    assert any(line.startswith("whole material") for line in lines)
    assert any(line.split()[:2] == ["Coherence", "1"] for line in lines)
    assert svbrdf("score", clean, bricks, "--mask", mask, *QUICK, "-q").out == ""


def test_all_groups_that_can_be_measured_are(svbrdf: Svbrdf, clean: Path, bricks: Path, mask: Path) -> None:
    usable, notes = usable_groups(None)
    ran = svbrdf("score", clean, bricks, "--mask", mask, "--json")
    assert ran.json["groups"] == list(usable)
    assert all(note in ran.err for note in notes)
    assert {"maps", "structure", "statistics"} <= set(usable)
    measured = {m["name"] for m in ran.json["metrics"]}
    assert ("LPIPS is left out" in ran.err) == ("perceptual" in usable and "lpips/render" not in measured)


def test_what_changed_outside_the_hole_is_told(svbrdf: Svbrdf, clean: Path, bricks: Path, mask: Path) -> None:
    ran = svbrdf("score", clean, bricks, "--mask", HOLE, *QUICK, "--json")
    hole = np.zeros((SIZE, SIZE), bool)
    hole[40:70, 50:80] = True
    one, other = (Material.load(folder, only=["diffuse"]).tensor() for folder in (clean, bricks))
    expected = int(((one != other).any(0) & ~hole).sum())
    assert expected and ran.json["changed_outside"]["diffuse"] == expected
    assert f"diffuse {expected} (" in ran.err and ran.err.startswith("Warning: pixels outside the hole changed")
    whole = svbrdf("score", clean, bricks, "--mask", mask, "--grow", "2", *QUICK)
    assert whole.err == ""


def test_maps_that_only_one_has_are_named(svbrdf: Svbrdf, clean: Path, bricks: Path) -> None:
    (bricks / "roughness.png").unlink()
    for pair in ((clean, bricks), (bricks, clean)):
        ran = svbrdf("score", *pair, "--mask", HOLE, *QUICK)
        assert ran.code == 3 and ran.out == ""
        assert f"{bricks} has no roughness, which {clean} has;" in ran.err
        assert "--only diffuse,normal,specular" in ran.err and "roughness;" not in ran.err.split("--only")[1]
    ran = svbrdf("score", clean, bricks, "--mask", HOLE, *QUICK, "--only", "diffuse,normal", "--json")
    assert ran.code == 0 and ran.json["maps"] == ["diffuse", "normal"]


def test_sizes_and_channels_must_agree(svbrdf: Svbrdf, clean: Path, tmp_path: Path) -> None:
    small = Material.from_arrays("small", {"diffuse": np.full((64, 64, 3), 0.5, np.float32)})
    small.save(tmp_path / "small")
    ran = svbrdf("score", clean, tmp_path / "small", "--mask", HOLE, *QUICK, "--only", "diffuse")
    assert ran.code == 3
    assert f"{SIZE} x {SIZE}" in ran.err and "64 x 64" in ran.err and "one size" in ran.err
    grey = read_image(clean / "diffuse.png").samples[..., 0]
    (tmp_path / "grey").mkdir()
    write_png(tmp_path / "grey" / "diffuse.png", grey)
    ran = svbrdf("score", clean, tmp_path / "grey", "--mask", HOLE, *QUICK, "--only", "diffuse")
    assert ran.code == 3 and "3 channels" in ran.err and "both in colour" in ran.err


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("--mask", "rect:1,1,0.1,0.1", "--grow", "-9"), 4, "The mask is empty"),
        (("--mask", f"rect:0,0,{SIZE},{SIZE}"), 4, "The mask covers everything"),
        (("--mask", "no such file.png"), 4, "no such file.png"),
        (("--mask", HOLE, "--groups", "pixels"), 3, "choose from: maps, structure, statistics, sets, render"),
        ((), 2, "--mask"),
    ],
)
def test_bad_input_gets_one_sentence(
    svbrdf: Svbrdf, clean: Path, bricks: Path, words: tuple[str, ...], code: int, text: str
) -> None:
    ran = svbrdf("score", clean, bricks, *words)
    assert (ran.code, ran.out) == (code, "") and text in ran.err
    if code != 2:
        assert ran.err.count("\n") == 1
        said = svbrdf("score", clean, bricks, *words, "--json")
        assert json.loads(said.out)["error"]["exit_code"] == code


def test_maps_of_lower_resolution_do_not_warn_near_the_hole(svbrdf: Svbrdf, tmp_path: Path, clean: Path) -> None:
    """A fill changes a sample of a small map wherever the hole touches it, and so pixels beside the hole."""
    low = tmp_path / "low"
    shutil.copytree(clean, low)
    rough = read_image(low / "roughness.png").samples[::4, ::4]
    write_png(low / "roughness.png", np.ascontiguousarray(rough))
    out = tmp_path / "out"
    assert svbrdf("inpaint", low, "--mask", "rect:50,41,31,29", "-o", out, "-q").code == 0
    ran = svbrdf("score", low, out, "--mask", "rect:50,41,31,29", *QUICK, "--json")
    assert ran.code == 0 and ran.json["changed_outside"] == {}
