"""`svbrdf render`: pictures and films of a material, as files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import OpenEXR
import pytest
from PIL import Image

from svbrdf_core.formats import read_image, write_png
from tests.cli.conftest import SIZE, Svbrdf, tree


def surroundings(path: Path, width: int = 64, height: int = 32) -> Path:
    pixels = np.full((height, width, 3), 0.2, np.float32)
    pixels[:10, :16] = 30.0
    with OpenEXR.File({"compression": OpenEXR.ZIP_COMPRESSION}, {"RGB": pixels}) as file:
        file.write(str(path))
    return path


def test_a_plane_under_the_flash(svbrdf: Svbrdf, bricks: Path, tmp_path: Path) -> None:
    before = tree(bricks)
    ran = svbrdf("render", bricks, "-o", tmp_path / "flash.png", "--json")
    assert ran.json["files"] == [str(tmp_path / "flash.png")]
    shown = read_image(tmp_path / "flash.png")
    assert shown.samples.shape == (SIZE, SIZE, 3) and shown.info.dtype == np.uint8
    assert 15 < shown.samples.mean() < 200
    assert tree(bricks) == before


@pytest.mark.parametrize("light", ["studio", "sun", "sky", "hdr"])
def test_a_ball_under_other_lights(svbrdf: Svbrdf, bricks: Path, tmp_path: Path, light: str) -> None:
    source = surroundings(tmp_path / "room.exr") if light == "hdr" else light
    words = ("render", bricks, "-o", tmp_path / "ball.png", "--shape", "sphere", "--size", "64", "--light", source)
    ran = svbrdf(*words)
    assert ran.code == 0, ran.err
    assert "64 x 64" in ran.out
    shown = read_image(tmp_path / "ball.png").samples.astype(int)
    assert shown.shape == (64, 64, 3)
    assert np.ptp(shown[0, 0]) == 0  # nothing but paper beside the ball
    assert shown[20:44, 20:44].mean() > shown[0, 0].mean()


def test_film_relief_and_tiles(svbrdf: Svbrdf, bricks: Path, tmp_path: Path) -> None:
    words = ("--shape", "tiled", "--size", "64", "--film", "--relief", "0.05")
    assert svbrdf("render", bricks, "-o", tmp_path / "a.png", *words).code == 0
    assert read_image(tmp_path / "a.png").samples.shape == (64, 64, 3)


@pytest.mark.parametrize("ending", ["gif", "webp", "mp4"])
def test_turntables(svbrdf: Svbrdf, bricks: Path, tmp_path: Path, ending: str) -> None:
    path, still = tmp_path / f"turn.{ending}", tmp_path / "still.png"
    words = ("--shape", "sphere", "--size", "48", "--frames", "6", "--light", "sun")
    ran = svbrdf("render", bricks, "--turntable", path, "-o", still, *words)
    assert ran.code == 0, ran.err
    assert "6 frames" in ran.out
    frames = film(path)
    first = read_image(still).samples.astype(int)
    assert len(frames) == 6 and frames[0].shape == (48, 48, 3)
    assert abs(frames[0] - first).mean() < 8  # the film begins with the picture, as far as its colours go
    steps = [abs(a - b).mean() for a, b in zip(frames, [*frames[1:], frames[0]], strict=True)]
    assert min(steps) > 0.5 and max(steps) < 2.5 * min(steps)  # the last one leads to the first as any to its next
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([bricks.name, "still.png", path.name])


def film(path: Path) -> list[np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
    if path.suffix != ".mp4":
        with Image.open(path) as shown:
            assert shown.info["loop"] == 0
            frames = []
            for number in range(getattr(shown, "n_frames", 1)):
                shown.seek(number)
                frames.append(np.asarray(shown.convert("RGB")).astype(np.int64))
            return frames
    program = imageio_ffmpeg.get_ffmpeg_exe()
    command = [program, "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    stream = subprocess.run(command, capture_output=True, check=True).stdout
    return list(np.frombuffer(stream, np.uint8).reshape(-1, 48, 48, 3).astype(np.int64))


def test_before_after_and_difference(svbrdf: Svbrdf, bricks: Path, made: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.png"
    assert svbrdf("render", bricks, "--against", made / "clean", "-o", page).code == 0
    shown = read_image(page).samples
    assert shown.shape[1] >= 3 * SIZE and SIZE < shown.shape[0] < 2 * SIZE
    assert svbrdf("render", bricks, "--against", bricks, "-o", page, "--overwrite").code == 0
    last = read_image(page).samples[-SIZE - 8 : -8, -(SIZE + 8) : -8]
    assert last[20:100, 40:100].max() < 30  # the same material twice: the difference is black


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "--turntable"),
        (("-o", "x.jpg"), 3, ".png"),
        (("-o", "x.png", "--light", "moon"), 3, "no light 'moon'"),
        (("-o", "x.png", "--light", "square.png"), 3, "twice as wide as high"),
        (("-o", "x.png", "--against", "long"), 3, "different proportions"),
        (("--against", "long", "--turntable", "x.gif"), 2, "--against draws a picture"),
        (("--turntable", "x.avi"), 3, "no film"),
        (("-o", "there.png"), 6, "--overwrite"),
        (("--turntable", "there.gif"), 6, "--overwrite"),
        (("-o", "there.png/x.png"), 6, "is a file, not a folder"),
        (("-o", "x.png", "--turntable", "there.png/x.gif", "--frames", "2"), 6, "is a file, not a folder"),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_nothing(
    svbrdf: Svbrdf,
    bricks: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "long").mkdir()
    write_png(tmp_path / "long" / "diffuse.png", np.zeros((16, 48, 3), np.uint8))
    write_png(tmp_path / "square.png", np.zeros((16, 16, 3), np.uint8))
    (tmp_path / "there.png").write_bytes(b"mine")
    (tmp_path / "there.gif").write_bytes(b"mine")
    before = tree(tmp_path)
    ran = svbrdf("render", bricks, *words)
    assert said in " ".join(ran.err.replace("│", " ").split()), ran.err
    assert ran.code == code, ran.err
    assert tree(tmp_path) == before
    assert not list(tmp_path.glob(".svbrdf*"))


def test_overwrite(svbrdf: Svbrdf, bricks: Path, tmp_path: Path) -> None:
    for path, option in ((tmp_path / "a.png", "-o"), (tmp_path / "a.gif", "--turntable")):
        path.write_bytes(b"mine")
        assert svbrdf("render", bricks, option, path, "--frames", "2", "--size", "32", "--overwrite").code == 0
        assert path.read_bytes() != b"mine"
