"""Nothing outside the hole changes in any kind of image, by a single bit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.blender.pictures import (
    ENDINGS,
    FORMATS,
    HOLE,
    ending,
    holed,
    ours,
    outside,
    paint,
    samples,
    saved_and_opened,
    write,
)

ALPHA = ("STRAIGHT", "PREMUL", "CHANNEL_PACKED", "NONE")
SPACES = ("sRGB", "Non-Color", "Linear Rec.709")


def repaired(image: Any, folder: Path, kind: str) -> tuple[Any, str]:
    """Return what the service would give back for an image written here: new in the hole, else the same."""
    source = ours("images.reading").source(image, "0", ENDINGS)
    if source.name.endswith(".npy"):
        return holed(source.data), ".npy"
    if kind == "jpg":
        whole = holed(ours("images.reading").array(image))
        return ours("client.arrays").encode_png(whole[..., :3]), ".png"
    path = write(folder / f"repaired{ending(kind)}", kind, holed(samples()))
    return path.read_bytes(), ending(kind)


def same_outside(before: NDArray[Any], new: Any) -> None:
    after = ours("images.reading").array(new)
    assert after.dtype == before.dtype and after.shape == before.shape
    np.testing.assert_array_equal(outside(after), outside(before))
    assert (after[HOLE] != before[HOLE]).any()


def loaded(path: Path, packed: bool) -> Iterator[tuple[Any, str, str]]:
    """Load a file in every colour space and alpha mode, and tell which."""
    for space in SPACES:
        for alpha in ALPHA:
            image = bpy.data.images.load(str(path))
            image.colorspace_settings.name, image.alpha_mode = space, alpha
            if packed:
                image.pack()
            yield image, space, alpha
            bpy.data.images.remove(image)


@pytest.mark.parametrize("packed", [False, True], ids=["on_disk", "packed"])
@pytest.mark.parametrize("kind", FORMATS)
def test_b3_files_of_every_format_keep_their_samples(tmp_path: Path, kind: str, packed: bool) -> None:
    path = write(tmp_path / f"wood{ending(kind)}", kind, samples())
    for image, space, alpha in loaded(path, packed):
        before = ours("images.reading").array(image)
        source = ours("images.reading").source(image, "0", ENDINGS)
        assert source.name == f"0{ending(kind)}"
        assert source.data == (path.read_bytes() if packed else path)
        data, its = repaired(image, tmp_path, kind)
        new = ours("images.making").made(image, data, its)
        same_outside(before, new)
        assert new.packed_file.data == data
        assert (new.colorspace_settings.name, new.alpha_mode) == (space, alpha)
        assert (new.is_float, new.is_dirty) == (image.is_float, False)
        assert new.depth == image.depth or kind in ("jpg", "hdr")
        assert new.name == f"wood_inpaint{ending(kind)}"
        assert Path(new.filepath) == tmp_path / f"wood_inpaint{'.png' if kind == 'jpg' else ending(kind)}"
        bpy.data.images.remove(new)


@pytest.mark.parametrize("packed", [False, True], ids=["on_disk", "packed"])
@pytest.mark.parametrize("kind", FORMATS)
def test_b3_painted_images_keep_what_memory_holds(tmp_path: Path, kind: str, packed: bool) -> None:
    path = write(tmp_path / f"wood{ending(kind)}", kind, samples())
    for image, _, _ in loaded(path, packed):
        paint(image)
        before = ours("images.reading").array(image)
        data, its = repaired(image, tmp_path, kind)
        assert its == ".npy"
        new = ours("images.making").made(image, data, its)
        same_outside(before, new)
        new.reload()
        same_outside(before, new)
        assert new.packed_file is not None and not new.is_dirty
        assert new.is_float == image.is_float
        assert image.is_dirty
        np.testing.assert_array_equal(ours("images.reading").array(image), before)
        bpy.data.images.remove(new)


def generated(is_float: bool, kind: str, alpha: bool, space: str) -> Any:
    image = bpy.data.images.new("made", 24, 16, alpha=alpha, float_buffer=is_float, is_data=space == "Non-Color")
    image.generated_type = kind
    if space != "Non-Color":
        image.colorspace_settings.name = space
    return image


@pytest.mark.parametrize("touched", [False, True], ids=["untouched", "touched"])
@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("alpha", [False, True], ids=["rgb", "rgba"])
@pytest.mark.parametrize("kind", ["BLANK", "UV_GRID", "COLOR_GRID"])
@pytest.mark.parametrize("is_float", [False, True], ids=["byte", "float"])
def test_b3_generated_images(is_float: bool, kind: str, alpha: bool, space: str, touched: bool, tmp_path: Path) -> None:
    image = generated(is_float, kind, alpha, space)
    if touched:
        paint(image)
    before = ours("images.reading").array(image)
    source = ours("images.reading").source(image, "0", ENDINGS)
    assert source.name == "0.npy"
    np.testing.assert_array_equal(source.data, before)
    whole = holed(before)
    whole[..., 3] = before[..., 3]
    new = ours("images.making").made(image, whole, ".npy")
    new.use_fake_user = True
    same_outside(before, new)
    assert new.filepath == "" and new.name == "made_inpaint"
    assert new.is_float == image.is_float
    assert new.depth == image.depth or not is_float
    name = new.name
    saved_and_opened(tmp_path / "it.blend")
    same_outside(before, bpy.data.images[name])


def test_b3_every_colour_space_is_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "wood.png", "png16", samples())
    names = bpy.types.Image.bl_rna.properties["colorspace_settings"].fixed_type.properties["name"].enum_items.keys()
    assert len(names) > 15
    image = bpy.data.images.load(str(path))
    data = write(tmp_path / "new.png", "png16", holed(samples())).read_bytes()
    for name in names:
        image.colorspace_settings.name = name
        before = ours("images.reading").array(image)
        new = ours("images.making").made(image, data, ".png")
        assert new.colorspace_settings.name == name
        same_outside(before, new)
        image.colorspace_settings.name = name
        painted = image.copy()
        paint(painted)
        before = ours("images.reading").array(painted)
        new = ours("images.making").made(painted, holed(before), ".npy")
        new.reload()
        same_outside(before, new)
        bpy.data.images.remove(painted)


def test_bytes_that_are_no_such_file_are_refused(tmp_path: Path) -> None:
    image = bpy.data.images.load(str(write(tmp_path / "wood.png", "png8", samples())))
    count = len(bpy.data.images)
    with pytest.raises(ours("client.errors").UserError, match="is no .png file; try again"):
        ours("images.making").made(image, b"<html>", ".png")
    assert len(bpy.data.images) == count


@pytest.mark.parametrize("kind", ["png8_grey", "png8", "png8_rgba", "png16", "png16_rgba", "exr_half", "exr_full"])
def test_b3_painted_images_keep_their_channels(tmp_path: Path, kind: str) -> None:
    image = bpy.data.images.load(str(write(tmp_path / f"wood{ending(kind)}", kind, samples())))
    paint(image)
    whole = ours("images.reading").array(image)
    colour = holed(whole)[..., :3]
    whole[..., :3] = colour
    new = ours("images.making").made(image, whole, ".npy")
    assert new.depth == image.depth
    assert new.filepath.endswith(".exr" if image.is_float else ".png")
    np.testing.assert_array_equal(ours("images.reading").array(new), whole)
    whole[0, 0, 1:3] += 1
    assert ours("images.making").made(image, whole, ".npy").depth == (24 if kind == "png8_grey" else image.depth)
