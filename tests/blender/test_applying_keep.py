"""Kept results become files beside the old ones or in their place, whole or not at all, and nothing is lost by it."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.helper import part
from tests.blender.pictures import (
    ENDINGS,
    ending,
    material_of,
    node_images,
    paint_over,
    punch_hole,
    read_pixels,
    samples,
    save_and_open,
    write,
)


def make_filled(folder: Path, kind: str = "png8", *, mode: str, name: str = "wood", said: str = "") -> Any:
    """Return a material whose image, of a file, was repaired."""
    path = write(folder / f"{name}{ending(kind)}", kind, samples())
    image = bpy.data.images.load(str(path))
    image.name = name
    if said:
        image.filepath = said
    material = material_of(image)
    fill(material, folder, kind, mode=mode)
    return material


def fill(material: Any, folder: Path, kind: str = "png8", *, mode: str) -> None:
    image = node_images(material)[0]
    source = part("images.reading").make_source(image, "0", ENDINGS)
    data: Any
    if source.name.endswith("npy"):
        data, its = punch_hole(source.data), ".npy"
    elif kind == "jpg":
        data, its = (
            part("client.arrays").encode_png(punch_hole(part("images.reading").read_array(image))[..., :3]),
            ".png",
        )
    else:
        path = write(folder / f"answer{ending(kind)}", kind, punch_hole(samples()))
        data, its = path.read_bytes(), path.suffix
        path.unlink()
    made = {image.name_full: part("images.making").make_image(image, data, its)}
    part("material.changes").apply(material, made, mode=mode)


def keep(material: Any) -> list[str]:
    said: list[str] = part("material.changes").keep(material)
    return said


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".blend"}


@contextmanager
def nobody() -> Iterator[None]:
    """The administrator may write anywhere, so be somebody else."""
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("kind", ["png8", "png16_rgba", "exr_half", "tif", "tga"])
def test_beside_writes_the_answer_to_the_byte(tmp_path: Path, kind: str) -> None:
    """Contract B3."""
    material = make_filled(tmp_path, kind, mode="BESIDE")
    new = node_images(material)[0]
    data, pixels, before = new.packed_file.data, read_pixels(new), files(tmp_path)
    path = tmp_path / f"wood_inpaint{ending(kind)}"
    assert keep(material) == [f"Written: {path}"]
    assert files(tmp_path) == before | {path.name: data}
    assert node_images(material) == [new] and not material.svbrdf_changes
    assert new.packed_file is None and Path(new.filepath) == path and not new.is_dirty
    np.testing.assert_array_equal(read_pixels(new), pixels)
    assert keep(material) == []


def test_beside_never_overwrites(tmp_path: Path) -> None:
    """Contract B3."""
    (tmp_path / "wood_inpaint.png").write_bytes(b"mine")
    (tmp_path / "wood_inpaint_2.png").write_bytes(b"mine too")
    material = make_filled(tmp_path, mode="BESIDE")
    before = files(tmp_path)
    keep(material)
    after = files(tmp_path)
    assert before.items() < after.items()
    assert after.keys() - before.keys() == {"wood_inpaint_3.png"}
    assert node_images(material)[0].filepath.endswith("wood_inpaint_3.png")


@pytest.mark.parametrize("kind", ["png8", "exr_full"])
def test_replace_makes_a_backup_first(tmp_path: Path, kind: str) -> None:
    """Contract B3."""
    material = make_filled(tmp_path, kind, mode="REPLACE")
    path = tmp_path / f"wood{ending(kind)}"
    path.chmod(0o640)
    old, new = path.read_bytes(), node_images(material)[0].packed_file.data
    pixels = read_pixels(bpy.data.images["wood (before)"])
    (said,) = keep(material)
    backup = tmp_path / f"wood.before-inpaint{ending(kind)}"
    assert files(tmp_path) == {path.name: new, backup.name: old}
    assert path.stat().st_mode & 0o777 == 0o640
    assert said == f"Written: {path}; the file that was there is now {backup}"
    before = bpy.data.images["wood (before)"]
    assert Path(before.filepath) == backup and Path(bpy.data.images["wood"].filepath) == path
    before.reload()
    np.testing.assert_array_equal(read_pixels(before), pixels)


def test_replace_twice_keeps_every_backup(tmp_path: Path) -> None:
    """Contract B3."""
    material = make_filled(tmp_path, mode="REPLACE")
    first = (tmp_path / "wood.png").read_bytes()
    keep(material)
    second = (tmp_path / "wood.png").read_bytes()
    paint_over(node_images(material)[0])
    fill(material, tmp_path, mode="REPLACE")
    fill(material, tmp_path, mode="REPLACE")
    third = node_images(material)[0].packed_file.data
    assert len(keep(material)) == 1
    assert files(tmp_path) == {
        "wood.png": third, "wood.before-inpaint.png": first, "wood.before-inpaint_2.png": second,
    }  # fmt: skip
    assert len({image.filepath for image in bpy.data.images}) == 3
    assert not material.svbrdf_changes
    save_and_open(tmp_path / "it.blend")
    kept = {Path(image.filepath).name: image.packed_file is None for image in bpy.data.images}
    assert kept == dict.fromkeys(files(tmp_path), True)  # what was between the two is gone


def test_two_fills_beside_are_kept_as_one(tmp_path: Path) -> None:
    """Contract B3."""
    material = make_filled(tmp_path, mode="BESIDE")
    fill(material, tmp_path, mode="BESIDE")
    data = node_images(material)[0].packed_file.data
    assert len(keep(material)) == 1
    assert files(tmp_path)["wood_inpaint.png"] == data and len(files(tmp_path)) == 2
    save_and_open(tmp_path / "it.blend")
    assert len(bpy.data.images) == 1


@pytest.mark.parametrize("mode", ["BESIDE", "REPLACE"])
def test_jpeg_comes_back_as_png(tmp_path: Path, mode: str) -> None:
    """Contract B3."""
    material = make_filled(tmp_path, "jpg", mode=mode)
    before = files(tmp_path)
    new = node_images(material)[0]
    data, pixels = new.packed_file.data, read_pixels(new)
    keep(material)
    name = "wood.png" if mode == "REPLACE" else "wood_inpaint.png"
    assert files(tmp_path) == before | {name: data}
    np.testing.assert_array_equal(read_pixels(new), pixels)
    assert Path(new.filepath) == tmp_path / name


@pytest.mark.parametrize("mode", ["BESIDE", "REPLACE"])
def test_unwritable_folder_leaves_it_packed(tmp_path: Path, mode: str) -> None:
    """Contract B3."""
    material = make_filled(tmp_path, mode=mode)
    new, before = node_images(material)[0], files(tmp_path)
    pixels = read_pixels(new)
    with nobody():
        said = keep(material)
    sentence = "stays packed in the .blend, its file could not be written (Permission denied); try another folder."
    assert said == [f'"{new.name}" {sentence}']
    assert files(tmp_path) == before
    assert new.packed_file is not None and len(material.svbrdf_changes) == 1
    np.testing.assert_array_equal(read_pixels(new), pixels)
    assert len(keep(material)) == 1
    assert new.packed_file is None and not material.svbrdf_changes


@pytest.mark.parametrize("mode", ["BESIDE", "REPLACE"])
def test_a_folder_that_is_gone_leaves_it_packed(tmp_path: Path, mode: str) -> None:
    """Contract B3."""
    (tmp_path / "maps").mkdir()
    material = make_filled(tmp_path / "maps", mode=mode)
    (tmp_path / "maps" / "wood.png").unlink()
    (tmp_path / "maps").rmdir()
    (said,) = keep(material)
    assert "(No such file or directory)" in said
    assert node_images(material)[0].packed_file is not None


@pytest.mark.parametrize("mode", ["BESIDE", "REPLACE"])
def test_failed_write_leaves_nothing_half_written(tmp_path: Path, mode: str) -> None:
    """Contract B3."""
    material = make_filled(tmp_path, mode=mode)
    before = files(tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, limits[1]))
    try:
        (said,) = keep(material)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "(File too large)" in said
    assert files(tmp_path) == before
    assert all(len(data) > 200 for data in before.values())


@pytest.mark.parametrize("name", ["wood board", "Holz ö 木", "a.b.c"])
@pytest.mark.parametrize("mode", ["BESIDE", "REPLACE"])
def test_names_and_relative_paths_are_kept(tmp_path: Path, mode: str, name: str) -> None:
    """Contract B3."""
    folder = tmp_path / "Bilder é 画像" / "tex tures"
    folder.mkdir(parents=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder.parent / "it.blend"))
    material = make_filled(folder, mode=mode, name=name, said=f"//tex tures/{name}.png")
    new = node_images(material)[0]
    pixels = read_pixels(new)
    keep(material)
    assert new.filepath == f"//tex tures/{name}{'' if mode == 'REPLACE' else '_inpaint'}.png"
    save_and_open(folder.parent / "it.blend")
    new = node_images(bpy.data.materials["wood"])[0]
    assert new.packed_file is None
    np.testing.assert_array_equal(read_pixels(new), pixels)
    assert sorted(files(folder)) == sorted(
        [f"{name}.png", f"{name}.before-inpaint.png" if mode == "REPLACE" else f"{name}_inpaint.png"]
    )


@pytest.mark.parametrize("mode", ["BESIDE", "REPLACE"])
@pytest.mark.parametrize("kind", ["packed", "generated", "painted"])
def test_pixels_of_old_images_outlast_keep(tmp_path: Path, kind: str, mode: str) -> None:
    """Contract B3."""
    image = bpy.data.images.new("wood", 24, 16)
    if kind != "generated":
        image = bpy.data.images.load(str(write(tmp_path / "wood.png", "png8", samples())))
        image.name = "wood"
    if kind == "packed":
        image.pack()
    else:
        paint_over(image)
    pixels = read_pixels(image)
    material = material_of(image)
    fill(material, tmp_path, mode=mode)
    keep(material)
    assert image.use_fake_user
    np.testing.assert_array_equal(read_pixels(image), pixels)
    new = node_images(material)[0]
    assert (new.packed_file is None) == (kind == "painted")
    assert not any(path.suffix == ".part" for path in tmp_path.iterdir())


def test_an_unsaved_blend_and_images_without_a_path_write_no_file(tmp_path: Path) -> None:
    """Contract B3."""
    image = bpy.data.images.new("wood", 24, 16)
    material = material_of(image)
    fill(material, tmp_path, mode="REPLACE")
    assert not bpy.data.filepath
    assert keep(material) == []
    assert files(tmp_path) == {} and node_images(material)[0].packed_file is not None


def test_undo_after_keep_loses_nothing(tmp_path: Path) -> None:
    """Contract B2."""
    make_filled(tmp_path, mode="REPLACE")
    bpy.ops.ed.undo_push(message="filled")
    pixels = read_pixels(bpy.data.images["wood"])
    keep(bpy.data.materials["wood"])
    bpy.ops.ed.undo_push(message="kept")
    bpy.ops.ed.undo()
    material = bpy.data.materials["wood"]
    assert len(material.svbrdf_changes) == 1
    np.testing.assert_array_equal(read_pixels(bpy.data.images["wood"]), pixels)
    assert (tmp_path / "wood.before-inpaint.png").exists()
