"""The example that repairs a library of .blend files, run as its user runs it, with the real service."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np
import pytest

from tests.blender.walls import SIDE, Running, make_wall, run_service, shown_images, store_image

pytestmark = pytest.mark.ends

SCRIPT = Path(__file__).parents[2] / "examples" / "repair_blend_library.py"
HOLE = (slice(24, 36), slice(20, 32))
"""In pixels, top row first."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One service for all of these."""
    with run_service(tmp_path_factory.mktemp("service")) as one:
        yield one


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run it in a Blender of its own."""
    command = [sys.executable, str(SCRIPT), "--", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)


def mask(folder: Path) -> Path:
    values = np.zeros((SIDE, SIDE, 3), np.float32)
    values[HOLE] = 1.0
    bpy.data.images.remove(store_image(folder, "stain", values[::-1]))
    return folder / "stain.png"


def samples(path: Path) -> np.ndarray[tuple[int, int, int], np.dtype[np.float32]]:
    """A picture's stored values, top row first."""
    image = bpy.data.images.load(str(path))
    flat = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(flat)
    return flat.reshape(image.size[1], image.size[0], -1)[::-1]


def library(folder: Path, **walls: tuple[str, ...]) -> Path:
    """A folder of .blend files with these materials."""
    place = folder / "library"
    for name, materials in walls.items():
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        for one in materials:
            make_wall(place / name, one)
        bpy.ops.wm.save_as_mainfile(filepath=str(place / f"{name}.blend"))
    return place


def test_a_library_is_repaired_beside_and_its_files_stay(running: Running, tmp_path: Path) -> None:
    place = library(tmp_path, one=("Wall", "Floor"), two=("Door",))
    (place / "notes.txt").write_text("no .blend")
    kept = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    done = run(place, "--mask", mask(tmp_path), "--out", tmp_path / "out", "--seed", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "filled: 3, failed: 0, files: 2" in done.stdout
    for words in (("one.blend", "Wall"), ("one.blend", "Floor"), ("two.blend", "Door")):
        (line,) = (one for one in done.stdout.splitlines() if all(word in one.split() for word in words))
        assert line.endswith("filled")
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == kept
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "out" / "one.blend"))
    names = shown_images(bpy.data.materials["Wall"])
    assert all("_inpaint" in name for name in names.values())
    assert not [image.name for image in bpy.data.images if "stain" in image.name]
    path = Path(bpy.path.abspath(bpy.data.images[names["basecolor"]].filepath))
    new, old = samples(path), samples(place / "one" / "wall_basecolor.png")
    assert path.is_file() and path.parent == tmp_path / "out" / "one"
    assert np.abs(new - old)[HOLE].max() > 0
    new[HOLE] = old[HOLE]
    np.testing.assert_array_equal(new, old)


def test_a_failure_is_loud_and_the_rest_is_saved(running: Running, tmp_path: Path) -> None:
    place = library(tmp_path, one=("Wall", "Gap"), broken=("Door",))
    bpy.ops.wm.open_mainfile(filepath=str(place / "one.blend"))
    for path in (place / "one").glob("gap_*.png"):
        path.unlink()
    (place / "broken.blend").write_bytes(b"no blend file")
    done = run(place, "--mask", mask(tmp_path), "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "filled: 1, failed: 2, files: 2" in done.stdout, done.stdout
    lines = [line for line in done.stdout.splitlines() if "FAILED: " in line]
    assert len(lines) == 2 and any("Gap" in line for line in lines)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["one", "one.blend"]
    again = run(place / "one.blend", "--mask", mask(tmp_path), "--out", tmp_path / "out")
    assert again.returncode == 1 and "exists" in again.stdout


def test_without_a_mask_only_materials_with_a_hole_are_filled(running: Running, tmp_path: Path) -> None:
    place = library(tmp_path, one=("Wall", "Floor"))
    bpy.ops.wm.open_mainfile(filepath=str(place / "one.blend"))
    nothing = run(place, "--out", tmp_path / "out")
    assert nothing.returncode == 1 and "nothing to fill" in nothing.stdout
    floor = bpy.data.materials["Floor"]
    floor.svbrdf.hole = "IMAGE"
    values = np.zeros((SIDE, SIDE, 3), np.float32)
    values[20:30, 20:30] = 1.0
    floor.svbrdf.hole_image = store_image(place, "own", values)
    bpy.ops.wm.save_mainfile()
    done = run(place, "--out", tmp_path / "out", "--replace")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "filled: 1, failed: 0" in done.stdout and "Wall" not in done.stdout
    assert not list(place.rglob("*before-inpaint*"))
    assert (tmp_path / "out" / "one" / "floor_basecolor.png").is_file()


def test_a_mask_that_is_missing_is_said(tmp_path: Path) -> None:
    done = run(tmp_path, "--mask", tmp_path / "none.png", "--out", tmp_path / "out")
    assert done.returncode == 1 and "There is no mask" in done.stderr
