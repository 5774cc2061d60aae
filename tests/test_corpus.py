"""The runner that tries collections of files tells what happens to each."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

import svbrdf_core as sv
from benchmarks import corpus
from svbrdf_core.formats import read_image


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Return a PNG."""
    samples = np.random.default_rng(0).integers(0, 256, (48, 40, 3), np.uint8)
    return sv.write_png(tmp_path / "a_diffuse.png", samples)


def test_what_becomes_of_files(picture: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.png").write_bytes(picture.read_bytes()[:200])
    (tmp_path / "letter.txt").write_text("no image", encoding="utf-8")
    assert corpus.try_file(picture) == ("filled", "")
    outcome, said = corpus.try_file(tmp_path / "cut.png")
    assert outcome == "refused" and "cut.png" in said
    assert corpus.try_file(tmp_path / "letter.txt") == ("no image", "")


def test_other_decoders_see_the_same_picture(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).integers(0, 256, (48, 40, 3), np.uint8)
    for name in ("a.jpg", "a.bmp", "a.tga", "a.webp"):
        Image.fromarray(samples).save(tmp_path / name)
    tifffile.imwrite(tmp_path / "a.tif", samples.transpose(2, 0, 1), photometric="rgb", planarconfig="separate")
    rows = list(corpus.try_files([tmp_path]))
    assert [Path(row["file"]).suffix for row in rows] == [".bmp", ".jpg", ".tga", ".tif", ".webp"]
    assert {row["outcome"] for row in rows} == {"filled"}, rows


def test_no_file_is_begun_when_the_time_is_over(tmp_path: Path) -> None:
    for letter in "abcdefgh":
        (tmp_path / f"{letter}.txt").write_text("no image", encoding="utf-8")
    plain, mixed = ([row["file"] for row in corpus.try_files([tmp_path], most)] for most in (None, 60))
    assert sorted(plain) == plain != mixed and sorted(mixed) == plain
    assert [row["file"] for row in corpus.try_files([tmp_path], 60)] == mixed
    assert not list(corpus.try_files([tmp_path], 0))


def test_a_file_that_takes_too_long_is_one_that_hangs(picture: Path) -> None:
    assert corpus.try_file(picture, seconds=0.0)[0] == "hang"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not bound the memory of a process")
def test_a_file_that_needs_too_much_is_told(picture: Path) -> None:
    assert corpus.try_file(picture, megabytes=64)[0] in ("memory", "crash")


def test_a_change_outside_the_hole_is_seen_and_one_inside_is_not(picture: Path, tmp_path: Path) -> None:
    samples = read_image(picture).samples.copy()
    samples[24, 20] ^= 255
    assert corpus.compare(picture, sv.write_png(tmp_path / "inside.png", samples)) == ("filled", "")
    samples[2, 3, 1] ^= 1
    assert corpus.compare(picture, sv.write_png(tmp_path / "outside.png", samples)) == ("changed", "1 bytes differ")
