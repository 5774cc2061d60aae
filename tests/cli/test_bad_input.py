"""Everything that can be wrong is answered by one sentence and an exit code, and nothing is written."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from svbrdf_core.formats import read_image, write_png
from svbrdf_core.material import Material
from tests.cli.conftest import SIZE, Svbrdf, process, tree

HOLE = "rect:50,50,20,16"


def nothing_recognised(bricks: Path) -> None:
    for path in bricks.iterdir():
        path.unlink()
    for name in ("holiday", "family"):
        write_png(bricks / f"{name}.png", np.zeros((8, 8, 3), np.uint8))


def truncated(bricks: Path) -> None:
    data = (bricks / "normal.png").read_bytes()
    (bricks / "normal.png").write_bytes(data[: len(data) // 2])


def garbage(bricks: Path) -> None:
    (bricks / "roughness.png").write_bytes(b"not an image" * 9)


def another_aspect(bricks: Path) -> None:
    write_png(bricks / "ao.png", np.zeros((SIZE, 2 * SIZE), np.uint8))


def a_huge_claim(bricks: Path) -> None:
    head = struct.pack(">IIBBBBB", 40000, 40000, 8, 6, 0, 0, 0)
    signature = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + head + bytes(4)
    (bricks / "ao.png").write_bytes(signature + struct.pack(">I", 10) + b"IDAT" + bytes(2**20))


def nothing(bricks: Path) -> None:
    for path in bricks.iterdir():
        path.unlink()


BAD_FOLDERS: dict[str, Callable[[Path], None]] = {
    "No map is recognised": nothing_recognised,
    "normal.png is damaged or incomplete": truncated,
    "roughness.png is not an image": garbage,
    "another aspect": another_aspect,
    "40000 x 40000": a_huge_claim,
    "has no image": nothing,
}


@pytest.mark.parametrize("message", BAD_FOLDERS)
def test_a_folder_that_cannot_be_used(svbrdf: Svbrdf, bricks: Path, tmp_path: Path, message: str) -> None:
    BAD_FOLDERS[message](bricks)
    before = tree(tmp_path)
    ran = svbrdf("inpaint", bricks, "--mask", HOLE, "-o", tmp_path / "out")
    assert ran.code == 3
    assert message in ran.err and "Traceback" not in ran.err and ran.err.count("\n") == 1
    assert ran.out == "" and tree(tmp_path) == before and not (tmp_path / "out").exists()


WORDS: dict[str, tuple[int, tuple[str, ...]]] = {
    "There is no mask file": (4, ("-m", "missing.png")),
    "neither a mask file nor": (4, ("-m", "middle")),
    "does not describe a hole": (4, ("-m", "rect:1,2,3")),
    "is empty": (4, ("-m", "rect:900,900,5,5")),
    "covers the whole picture": (4, ("-m", "rect:0,0,100%,100%")),
    "is 64 x 128 but": (4, ("-m", "narrow.png")),
    "nothing to copy from": (4, ("-m", HOLE, "--forbid", "rect:0,0,100%,100%")),
    "has no map metallic": (3, ("-m", HOLE, "--only", "metallic")),
    "no map called": (3, ("-m", HOLE, "--map", "shiny=ao.png")),
    "seltsam.png does not exist": (3, ("-m", HOLE, "--map", "ao=seltsam.png")),
    "more than the limit of 100": (3, ("-m", HOLE, "--max-pixels", "100")),
    "no alpha channel": (4, ("-m", "alpha")),
    "holds NaN": (4, ("-m", "nan")),
    "will be a PNG": (3, ("-m", HOLE, "--preview", "sheet.jpg")),
    "is the input folder": (3, ("-m", HOLE, "-o", ".")),
    "is a file, not a folder": (6, ("-m", HOLE, "-o", "ao.png")),
    "is named like an image": (3, ("-m", HOLE, "-o", "new.png")),
    "one of the inputs": (3, ("-m", HOLE, "--preview", "ao.png", "--overwrite")),
    "cannot be written": (6, ("-m", HOLE, "-o", "ao.png/below")),
    "smoke": (3, ("-m", HOLE, "--method", "smoke")),
    "Give --mask HOLE": (2, ()),
    "No such option": (2, ("-m", HOLE, "--fuzzy")),
    "not of the form NAME=FILE": (2, ("-m", HOLE, "--map", "ao")),
    "give one of the three": (2, ("-m", HOLE, "--auto", "--tileable")),
    "--in-place takes one fill": (2, ("-m", HOLE, "--in-place", "--variations", "2")),
    "two places for the repaired maps": (2, ("-m", HOLE, "--in-place")),
    "arguments is empty": (2, ("-m", HOLE, "--only", "")),
    "of a variable that is not set": (2, ("-m", HOLE, "--only=")),
    "is where a repaired map goes": (3, ("-m", HOLE, "--preview", "../out/AO.png")),
    "none of what is filled; give both": (3, ("-m", HOLE, "--guide-of-source", "diffuse.png")),
    "there is none but this": (3, ("-m", HOLE, "--guide", "diffuse.png", "--guide-of-source", "diffuse.png")),
    "could fit into": (4, ("-m", "rect:0,0,100%,100%", "--source", ".")),
    "cannot copy from another picture": (3, ("-m", HOLE, "--source", ".", "--method", "telea")),
    "alpha, nan, brush:SEED, file:PATH.": (4, ("-m", "around")),
}


@pytest.mark.parametrize("message", WORDS)
def test_words_that_cannot_be_used(svbrdf: Svbrdf, bricks: Path, monkeypatch: pytest.MonkeyPatch, message: str) -> None:
    write_png(bricks / "narrow.png", np.eye(SIZE, SIZE // 2, dtype=np.bool_))
    monkeypatch.chdir(bricks)
    before = tree(bricks.parent)
    code, words = WORDS[message]
    ran = svbrdf("inpaint", ".", "-o", "../out", *words)
    assert ran.code == code, ran.err
    assert message in " ".join(ran.err.split()) and "Traceback" not in ran.err and ran.out == ""
    assert tree(bricks.parent) == before
    ran = svbrdf("inpaint", ".", "-o", "../out", *words, "--json")
    assert ran.code == code == ran.json["error"]["exit_code"]
    assert message in ran.json["error"]["message"]


def test_an_output_folder_must_be_named(svbrdf: Svbrdf, bricks: Path) -> None:
    assert svbrdf("inpaint", bricks, "-m", HOLE).code == 2


def test_a_hole_that_leaves_no_patch_is_refused_with_help(svbrdf: Svbrdf, bricks: Path, tmp_path: Path) -> None:
    ran = svbrdf("inpaint", bricks, "-m", f"rect:1,1,{SIZE - 2},{SIZE - 2}", "-o", tmp_path / "out")
    assert ran.code == 5 and ran.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_nan_outside_the_hole_is_refused_with_help(svbrdf: Svbrdf, tmp_path: Path) -> None:
    height = np.random.default_rng(0).random((64, 64)).astype(np.float32)
    height[40:44, 40:44] = np.nan
    Material.from_arrays("m", {"height": height}).save(tmp_path / "set")
    ran = svbrdf("inpaint", tmp_path / "set", "-m", "rect:10,10,9,9", "-o", tmp_path / "out")
    assert ran.code in (3, 4, 5) and "NaN" in ran.err and ran.err.count("\n") == 1
    assert not (tmp_path / "out").exists()
    assert svbrdf("inpaint", tmp_path / "set", "-m", "rect:10,10,9,9", "-m", "nan", "-o", tmp_path / "out").code == 0


def test_a_lying_ending_is_told_and_the_file_is_used(svbrdf: Svbrdf, bricks: Path, tmp_path: Path) -> None:
    import imageio.v3 as iio

    iio.imwrite(bricks / "ao.tiff", read_image(bricks / "ao.png").samples[..., 0])
    (bricks / "ao.tiff").replace(bricks / "ao.png")
    ran = svbrdf("inpaint", bricks, "-m", HOLE, "-o", tmp_path / "out")
    assert ran.code == 0 and "really a TIFF" in ran.err


def test_existing_results_are_not_replaced_unasked(svbrdf: Svbrdf, bricks: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "ao.png").write_bytes(b"mine")
    words = ("inpaint", bricks, "-m", HOLE, "-o", tmp_path / "out")
    ran = svbrdf(*words)
    assert ran.code == 6 and "--overwrite" in ran.err
    assert tree(tmp_path / "out") == {"ao.png": b"mine"}
    assert svbrdf(*words, "--overwrite").code == 0
    assert len(tree(tmp_path / "out")) == 6


LIMITED = """
    import resource, signal, sys
    from svbrdf_core.cli import run
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
@pytest.mark.parametrize("more", [(), ("--variations", "2"), ("--preview", "sheet.png")])
def test_a_full_disk_leaves_nothing(bricks: Path, tmp_path: Path, more: tuple[str, ...]) -> None:
    before = tree(tmp_path)
    words = ["inpaint", str(bricks), "-m", HOLE, "-o", str(tmp_path / "new" / "out"), "--json", *more]
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(LIMITED), *words], cwd=tmp_path, capture_output=True, text=True,
        check=False, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert done.returncode == 6, done.stderr
    assert json.loads(done.stdout)["error"]["type"] == "OutputError"
    assert "svbrdf-" not in done.stderr, "the sentence names a hidden folder"
    assert tree(tmp_path) == before and [p.name for p in tmp_path.iterdir()] == [bricks.name]


BROKEN = """
    import sys

    class Broken:
        def find_spec(self, name, *_):
            if name == "rich.progress":
                raise RuntimeError("boom")

    sys.meta_path.insert(0, Broken())
"""


def test_our_own_failures_say_how_to_report_them(bricks: Path, tmp_path: Path) -> None:
    """A broken installation stands for any bug: a module that cannot be imported."""
    (tmp_path / "sitecustomize.py").write_text(textwrap.dedent(BROKEN))
    words = ("inpaint", bricks, "-m", HOLE, "-o", tmp_path / "out")
    path = os.pathsep.join((str(tmp_path), str(Path(__file__).parents[2])))
    run = process(*words, cwd=tmp_path, PYTHONPATH=path)
    out, err = run.communicate(timeout=180)
    assert run.returncode == 1 and out == ""
    assert "boom" in err and "--debug" in err and "Traceback" not in err
    for debug in (process("--debug", *words, cwd=tmp_path, PYTHONPATH=path),
                  process(*words, cwd=tmp_path, PYTHONPATH=path, SVBRDF_DEBUG="1")):  # fmt: skip
        assert "Traceback" in debug.communicate(timeout=180)[1]
