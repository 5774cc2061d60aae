"""A result appears whole or not at all; the source is never touched without being asked."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile, get_sampling

from svbrdf_core import formats
from svbrdf_core.errors import InputError, OutputError
from svbrdf_core.material import Material


def tree(path: Path) -> dict[str, bytes]:
    return {str(p.relative_to(path)): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}


def edited(path: Path, **options: Any) -> Material:
    material = Material.load(path, **options)
    fill = np.full((material.layout.n_channels, 4, 4), 0.5, np.float32)
    return material.with_window(fill, np.ones((4, 4), np.float32), 2, 2)


def test_a_new_folder_holds_the_set_and_nothing_else(folder: Any, tmp_path: Path) -> None:
    source = folder(diffuse=(16, 16, 3), roughness=(16, 16), unknown=(16, 16))
    (source / "notes.txt").write_text("mine")
    before = tree(source)
    report = edited(source).save(tmp_path / "new" / "out")
    assert sorted(p.name for p in (tmp_path / "new" / "out").iterdir()) == ["diffuse.png", "roughness.png"]
    assert sorted(report.files) == sorted((tmp_path / "new" / "out").iterdir())
    assert tree(source) == before
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["out"]


def test_files_left_out_with_only_are_copied(folder: Any, tmp_path: Path) -> None:
    source = folder(diffuse=(16, 16, 3), roughness=(16, 16))
    edited(source, only=["diffuse"]).save(tmp_path / "out")
    assert (tmp_path / "out" / "roughness.png").read_bytes() == (source / "roughness.png").read_bytes()


def test_jpeg_gives_a_png_and_a_word(tmp_path: Path) -> None:
    source = tmp_path / "set"
    source.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    Image.fromarray(noise).save(source / "diffuse.jpg")
    before = formats.read(source / "diffuse.jpg").samples
    report = edited(source).save(tmp_path / "out")
    assert [p.name for p in report.files] == ["diffuse.png"]
    assert "diffuse.png" in report.notes[0]
    after = formats.read(tmp_path / "out" / "diffuse.png").samples
    assert np.array_equal(after[6:], before[6:])


def test_jpeg_in_place_leaves_the_jpeg_and_loads_the_png(tmp_path: Path) -> None:
    source = tmp_path / "set"
    source.mkdir()
    Image.fromarray(np.zeros((16, 16, 3), np.uint8)).save(source / "diffuse.jpg")
    report = edited(source).save(source, in_place=True)
    assert report.files == (source / "diffuse.png",)
    again = Material.load(source)
    assert again.maps["diffuse"].places[0].file.path.name == "diffuse.png"
    assert "left alone" in again.warnings[0]


def test_in_place_needs_asking_and_keeps_a_backup(folder: Any) -> None:
    source = folder(diffuse=(16, 16, 3), roughness=(16, 16))
    (source / "notes.txt").write_text("mine")
    before = tree(source)
    with pytest.raises(InputError, match="keeps a backup"):
        edited(source).save(source)
    assert tree(source) == before
    report = edited(source).save(source, in_place=True)
    assert report.backup is not None
    assert tree(report.backup) == {k: v for k, v in before.items() if k.endswith(".png")}
    assert (source / "diffuse.png").read_bytes() != before["diffuse.png"]
    assert Material.load(source).layout.names == ("diffuse", "roughness")
    second = edited(source).save(source, in_place=True)
    assert second.backup != report.backup


def test_existing_results_need_overwrite(folder: Any, tmp_path: Path) -> None:
    source = folder(diffuse=(16, 16, 3))
    edited(source).save(tmp_path / "out")
    (tmp_path / "out" / "other.txt").write_text("stays")
    with pytest.raises(OutputError, match="exists already"):
        edited(source).save(tmp_path / "out")
    edited(source).save(tmp_path / "out", overwrite=True)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["diffuse.png", "other.txt"]


def test_a_source_that_changed_is_refused(folder: Any, tmp_path: Path) -> None:
    source = folder(diffuse=(16, 16, 3), roughness=(16, 16))
    material = edited(source)
    formats.write_png(source / "roughness.png", np.zeros((16, 16), np.uint8))
    with pytest.raises(InputError, match="changed"):
        material.save(tmp_path / "deep" / "out")
    assert not (tmp_path / "deep").exists()


def test_a_failure_half_way_restores_what_was_there(folder: Any, tmp_path: Path) -> None:
    source = folder(diffuse=(16, 16, 3), roughness=(16, 16))
    edited(source).save(tmp_path / "out")
    # A folder where the second file should go makes the very last rename fail.
    (tmp_path / "out" / "roughness.png").unlink()
    before = tree(tmp_path / "out")

    def fail(target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        formats.write_files(tmp_path / "out", {"diffuse.png": lambda p: p.touch(), "x.png": fail}, overwrite=True)
    assert tree(tmp_path / "out") == before
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["diffuse.png"]


def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    def stop(target: Path) -> None:
        target.write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        formats.write_files(tmp_path / "a" / "b", {"x.png": lambda p: p.touch(), "y.png": stop})
    assert list(tmp_path.iterdir()) == []


def test_a_lying_ending_is_kept(folder: Any, tmp_path: Path) -> None:
    source = folder(diffuse=(16, 16, 3))
    (source / "diffuse.png").rename(source / "diffuse.jpg")
    report = edited(source).save(tmp_path / "out")
    assert [p.name for p in report.files] == ["diffuse.jpg"]
    assert formats.probe(report.files[0]).format == "png"


def test_a_stale_jpeg_is_not_carried_along(folder: Any, tmp_path: Path) -> None:
    source = folder(diffuse=(16, 16, 3), roughness=(16, 16))
    Image.fromarray(np.zeros((16, 16, 3), np.uint8)).save(source / "diffuse.jpg")
    report = edited(source).save(tmp_path / "out")
    assert sorted(p.name for p in report.files) == ["diffuse.png", "roughness.png"]


def test_output_that_is_a_file(folder: Any, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="is a file"):
        edited(folder(diffuse=(16, 16, 3))).save(tmp_path / "out")


SAVE = """
    import os, resource, signal, sys
    import numpy as np
    from svbrdf_core.errors import OutputError
    from svbrdf_core.material import Material

    material = Material.load(sys.argv[1])
    fill = np.full((material.layout.n_channels, 4, 4), 0.5, np.float32)
    material = material.with_window(fill, np.ones((4, 4), np.float32), 2, 2)
    {limit}
    try:
        material.save(sys.argv[2], **{options})
    except OutputError as error:
        print(error)
    else:
        print("SAVED")
"""


def in_subprocess(source: Path, out: Path, limit: str, options: str = "{}") -> str:
    code = textwrap.dedent(SAVE).format(limit=limit, options=options)
    done = subprocess.run(
        [sys.executable, "-c", code, str(source), str(out)], capture_output=True, text=True, check=True
    )
    return done.stdout


FULL_DISK = "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))"
NOBODY = "os.geteuid() == 0 and os.seteuid(65534)"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
@pytest.mark.parametrize("kind", ["png", "tiff", "exr", "webp", "bmp"])
def test_a_full_disk_leaves_nothing(tmp_path: Path, kind: str) -> None:
    source = tmp_path / "set"
    source.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    if kind == "exr":
        Material.from_arrays("m", {"diffuse": noise / np.float32(255), "roughness": np.ones((4, 4), np.float32)}).save(
            tmp_path / "made"
        )
        source = tmp_path / "made"
    else:
        options: dict[str, Any] = {"lossless": True} if kind == "webp" else {}
        Image.fromarray(noise).save(source / f"diffuse.{kind}", **options)
        formats.write_png(source / "roughness.png", np.zeros((64, 64), np.uint8))
    before = tree(tmp_path)
    message = in_subprocess(source, tmp_path / "new" / "out", FULL_DISK)
    assert "nothing was changed" in message
    message = in_subprocess(source, source, FULL_DISK, "dict(in_place=True)")
    assert "nothing was changed" in message
    assert tree(tmp_path) == before
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="POSIX users")
def test_a_read_only_folder_leaves_nothing(folder: Any, tmp_path: Path) -> None:
    source = folder(diffuse=(16, 16, 3))
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    for parent in tmp_path.parents:
        if parent.owner() == tmp_path.owner() and "pytest" in str(parent):
            parent.chmod(0o755)
    tmp_path.chmod(0o755)
    assert "cannot be written" in in_subprocess(source, closed / "out", NOBODY)
    assert list(closed.iterdir()) == []


def test_a_jpeg_can_stay_one_at_its_own_tables(tmp_path: Path) -> None:
    """A scene beside the maps names the JPEG; how far blocks beyond the hole change is said."""
    folder = tmp_path / "set"
    folder.mkdir()
    smooth = np.add.outer(np.arange(48), np.arange(64))[:, :, None] * np.array([1, 2, 1]) + 20
    Image.fromarray(smooth.astype(np.uint8)).save(folder / "a_diffuse.jpg", quality=77, subsampling=2, comment=b"ours")
    material = Material.load(folder)
    mask = np.ones((16, 16), np.float32)
    edited = material.with_window(np.full((3, 16, 16), 0.5, np.float32), mask, 16, 16)
    report = edited.save(tmp_path / "out", keep_jpeg=True)
    assert [path.name for path in report.files] == ["a_diffuse.jpg"]
    with Image.open(folder / "a_diffuse.jpg") as old, Image.open(report.files[0]) as new:
        assert isinstance(old, JpegImageFile) and isinstance(new, JpegImageFile)
        assert new.quantization == old.quantization and get_sampling(new) == get_sampling(old) == 2
        assert new.info["comment"] == b"ours"
        gap = np.abs(np.asarray(new).astype(int) - np.asarray(old))
        assert np.abs(np.asarray(new).astype(int)[20:28, 20:28] - 128).max() < 12
    gap[16:32, 16:32] = 0
    (note,) = report.notes
    assert f"by {gap.max()} of 255" in note
    assert [path.name for path in edited.save(tmp_path / "png").files] == ["a_diffuse.png"]
