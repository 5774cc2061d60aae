"""`svbrdf info`, `svbrdf mask`, `svbrdf demo`, and what holds for all commands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from svbrdf_core.formats import read_image, write_png
from svbrdf_core.material import Material
from tests.cli.conftest import SIZE, Svbrdf, process, tree


def test_info_says_what_is_recognised(svbrdf: Svbrdf, bricks: Path) -> None:
    shutil.move(bricks / "roughness.png", bricks / "gloss.png")
    write_png(bricks / "holiday photo.png", np.zeros((8, 8, 3), np.uint8))
    before = tree(bricks)
    said = svbrdf("info", bricks, "--normal", "directx", "--json").json
    assert (said["width"], said["height"], said["channels"]) == (SIZE, SIZE, 10)
    rows = {row["map"]: row for row in said["maps"]}
    assert rows["height"]["bits"] == 16 and rows["roughness"]["inverted"]
    assert rows["normal"]["convention"] == "directx" and rows["diffuse"]["convention"] is None
    assert said["unrecognised"] == ["holiday photo.png"]
    text = svbrdf("info", bricks).out
    assert "16 bit" in text and "glossiness" in text and '--also "holiday photo"' in text
    assert tree(bricks) == before


def test_info_tells_packing_tiles_and_what_is_wrong(svbrdf: Svbrdf, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    write_png(tmp_path / "wall_orm.png", rng.integers(0, 256, (32, 32, 3), dtype=np.uint8))
    write_png(tmp_path / "wall_diffuse.png", rng.integers(0, 256, (32, 32, 3), dtype=np.uint8))
    write_png(tmp_path / "wall_normal.png", rng.integers(0, 256, (32, 32, 3), dtype=np.uint8))
    said = svbrdf("info", tmp_path, "--json").json
    assert all(row["packed"] for row in said["maps"] if row["file"] == "wall_orm.png")
    assert any("unit length" in finding["text"] for finding in said["findings"])


def test_info_keeps_standard_output_clean_of_what_libraries_print(tmp_path: Path) -> None:
    """OpenEXR writes to descriptor 1 from C++; a reader of the JSON must not see it."""
    Material.from_arrays("m", {"height": np.random.default_rng(0).random((16, 16)).astype(np.float32)}).save(
        tmp_path / "set"
    )
    path = tmp_path / "set" / "height.exr"
    path.write_bytes(path.read_bytes()[:-40])
    out, _ = process("info", tmp_path / "set", "--json", cwd=tmp_path).communicate(timeout=180)
    assert out.startswith("{") and out.count("\n") == 1


def test_masks_are_made_changed_and_shown(svbrdf: Svbrdf, bricks: Path, tmp_path: Path) -> None:
    mask, soft, shown = tmp_path / "m.png", tmp_path / "soft.png", tmp_path / "shown.png"
    ran = svbrdf("mask", "make", "rect:10%,10%,16,8", "--size", f"{SIZE}x{SIZE}", "-o", mask, "--json")
    assert ran.json["hole"]["pixels"] == 128
    made = read_image(mask)
    assert made.info.dtype == np.uint8 and made.samples.shape == (SIZE, SIZE, 1)
    ran = svbrdf("mask", "grow", mask, "--by", "2", "--feather", "4", "-o", soft)
    assert ran.code == 0 and read_image(soft).info.dtype == np.uint16
    assert svbrdf("mask", "grow", mask, "--invert", "-o", mask, "--overwrite").code == 0
    assert (read_image(mask).samples == 255 - made.samples).all()
    ran = svbrdf("mask", "view", bricks, soft, "--map", "height", "-o", shown)
    assert ran.code == 0 and read_image(shown).samples.shape == (SIZE, SIZE, 3)


def test_a_brush_mask_follows_its_seed(svbrdf: Svbrdf, bricks: Path, tmp_path: Path) -> None:
    for name, seed in (("a", "3"), ("b", "3"), ("c", "4")):
        words = ("mask", "make", "brush", "--seed", seed, "--like", bricks, "-o", tmp_path / f"{name}.png")
        assert svbrdf(*words).code == 0
    a, b, c = ((tmp_path / f"{name}.png").read_bytes() for name in "abc")
    assert a == b != c


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("make", "rect:1,1,2,2", "-o", "x.png"), 2),
        (("make", "rect:1,1,2,2", "--size", "8by8", "-o", "x.png"), 2),
        (("make", "rect:1,1,2", "--size", "8x8", "-o", "x.png"), 4),
        (("make", "rect:1,1,2,2", "--size", "8x8", "-o", "x.gif"), 3),
        (("make", "rect:1,1,2,2", "--size", "8x8", "-o", "ao.png"), 6),
        (("grow", "missing.png", "-o", "x.png"), 4),
        (("view", ".", "rect:1,1,2,2", "--map", "emission", "-o", "x.png"), 3),
        (("view", ".", "rect:1,1,2,2", "-o", "ao.png", "--overwrite"), 3),
    ],
)
def test_masks_that_cannot_be_made(
    svbrdf: Svbrdf, bricks: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int
) -> None:
    monkeypatch.chdir(bricks)
    before = tree(bricks)
    ran = svbrdf("mask", *words)
    assert ran.code == code and ran.out == "" and "Traceback" not in ran.err
    assert tree(bricks) == before


@pytest.mark.parametrize("kind", ["bricks", "planks", "hammered", "gravel"])
def test_the_demo_repairs_what_it_made(svbrdf: Svbrdf, tmp_path: Path, kind: str) -> None:
    words = ("demo", "-o", tmp_path / "demo", "--kind", kind, "--size", str(SIZE), "--seed", "1")
    said = svbrdf(*words, "--json").json
    assert all(Path(path).exists() for path in said["paths"].values()) and said["seconds"]["fill"] > 0
    assert sorted(p.name for p in (tmp_path / "demo").iterdir()) == sorted(Path(p).name for p in said["paths"].values())
    clean, damaged, repaired = (
        Material.load(tmp_path / "demo" / part).tensor() for part in ("clean", "damaged", "repaired")
    )
    hole = read_image(tmp_path / "demo" / "mask.png").samples[..., 0] > 0
    assert (repaired[:, ~hole] == damaged[:, ~hole]).all()
    apart = [
        np.abs(tensor[:, hole].mean(axis=1) - clean[:, hole].mean(axis=1)).mean() for tensor in (damaged, repaired)
    ]
    assert apart[1] < apart[0], "on average the repair is nearer to the clean surface than the damage"
    ran = svbrdf(*words)
    assert ran.code == 0 and "preview.png" in ran.out, "a second run replaces the first"


def test_the_program_starts_fast_and_explains_itself(tmp_path: Path) -> None:
    before = os.times().children_user
    out, _ = process("--help", cwd=tmp_path).communicate(timeout=180)
    assert os.times().children_user - before < 5, "not a measurement: a guard against importing everything"
    assert "inpaint" in out and "130  stopped by Ctrl-C" in out
    # A bare package stands in for the front, as in test_layers: this is about what the command line itself loads.
    code = (
        "import sys, types; front = types.ModuleType('svbrdf_core'); front.__path__ = ['svbrdf_core'];"
        "sys.modules['svbrdf_core'] = front; import svbrdf_core.cli;"
        "print(sorted({'numba', 'scipy', 'torch', 'PIL', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]", "the command line loads what it does not need yet"


def test_kernels_can_be_compiled_beforehand(svbrdf: Svbrdf) -> None:
    svbrdf("warm")
    ran = svbrdf("warm")
    assert (ran.code, ran.out) == (0, "The kernels were compiled before.\n")
    assert svbrdf("warm", "--json").json["compiled"] is False and svbrdf("warm", "-q").out == ""


def test_the_version_is_told(svbrdf: Svbrdf) -> None:
    ran = svbrdf("--version")
    assert ran.code == 0 and ran.out.startswith("svbrdf-inpaint")


def test_shells_can_complete_commands(tmp_path: Path) -> None:
    run = process(cwd=tmp_path, _SVBRDF_COMPLETE="complete_bash", COMP_WORDS="svbrdf in", COMP_CWORD="1")
    out, err = run.communicate(timeout=180)
    assert out.split() == ["inpaint", "info"], err
