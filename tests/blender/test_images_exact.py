"""Nothing outside the hole changes in any kind of image, by a single bit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.blender.helper import part
from tests.blender.pictures import (
    ENDINGS,
    FORMATS,
    HOLE,
    ending,
    outside,
    paint_over,
    punch_hole,
    samples,
    save_and_open,
    write,
)

ALPHA = ("STRAIGHT", "PREMUL", "CHANNEL_PACKED", "NONE")
SPACES = ("sRGB", "Non-Color", "Linear Rec.709")


def repair(image: Any, folder: Path, kind: str) -> tuple[Any, str]:
    """Return what the service would give back for an image written here: new in the hole, else the same."""
    source = part("images.reading").make_source(image, "0", ENDINGS)
    if source.name.endswith(".npy"):
        return punch_hole(source.data), ".npy"
    if kind == "jpg":
        whole = punch_hole(part("images.reading").read_array(image))
        return part("client.arrays").encode_png(whole[..., :3]), ".png"
    path = write(folder / f"repaired{ending(kind)}", kind, punch_hole(samples()))
    return path.read_bytes(), ending(kind)


def same_outside(before: NDArray[Any], new: Any) -> None:
    after = part("images.reading").read_array(new)
    assert after.dtype == before.dtype and after.shape == before.shape
    np.testing.assert_array_equal(outside(after), outside(before))
    assert (after[HOLE] != before[HOLE]).any()


def load(path: Path, packed: bool) -> Iterator[tuple[Any, str, str]]:
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
def test_files_of_every_format_keep_their_samples(tmp_path: Path, kind: str, packed: bool) -> None:
    """Contract B3."""
    path = write(tmp_path / f"wood{ending(kind)}", kind, samples())
    for image, space, alpha in load(path, packed):
        before = part("images.reading").read_array(image)
        source = part("images.reading").make_source(image, "0", ENDINGS)
        assert source.name == f"0{ending(kind)}"
        assert source.data == (path.read_bytes() if packed else path)
        data, its = repair(image, tmp_path, kind)
        new = part("images.making").make_image(image, data, its)
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
def test_painted_images_keep_what_memory_holds(tmp_path: Path, kind: str, packed: bool) -> None:
    """Contract B3."""
    path = write(tmp_path / f"wood{ending(kind)}", kind, samples())
    for image, _, _ in load(path, packed):
        paint_over(image)
        before = part("images.reading").read_array(image)
        data, its = repair(image, tmp_path, kind)
        assert its == ".npy"
        new = part("images.making").make_image(image, data, its)
        same_outside(before, new)
        new.reload()
        same_outside(before, new)
        assert new.packed_file is not None and not new.is_dirty
        assert new.is_float == image.is_float
        assert image.is_dirty
        np.testing.assert_array_equal(part("images.reading").read_array(image), before)
        bpy.data.images.remove(new)


def generate(is_float: bool, kind: str, alpha: bool, space: str) -> Any:
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
def test_generated_images(is_float: bool, kind: str, alpha: bool, space: str, touched: bool, tmp_path: Path) -> None:
    """Contract B3."""
    image = generate(is_float, kind, alpha, space)
    if touched:
        paint_over(image)
    before = part("images.reading").read_array(image)
    source = part("images.reading").make_source(image, "0", ENDINGS)
    assert source.name == "0.npy"
    np.testing.assert_array_equal(source.data, before)
    whole = punch_hole(before)
    whole[..., 3] = before[..., 3]
    new = part("images.making").make_image(image, whole, ".npy")
    new.use_fake_user = True
    same_outside(before, new)
    assert new.filepath == "" and new.name == "made_inpaint"
    assert new.is_float == image.is_float
    assert new.depth == image.depth or not is_float
    name = new.name
    save_and_open(tmp_path / "it.blend")
    same_outside(before, bpy.data.images[name])


def test_every_colour_space_is_kept(tmp_path: Path) -> None:
    """Contract B3."""
    path = write(tmp_path / "wood.png", "png16", samples())
    names = bpy.types.Image.bl_rna.properties["colorspace_settings"].fixed_type.properties["name"].enum_items.keys()
    assert len(names) > 15
    image = bpy.data.images.load(str(path))
    data = write(tmp_path / "new.png", "png16", punch_hole(samples())).read_bytes()
    for name in names:
        image.colorspace_settings.name = name
        before = part("images.reading").read_array(image)
        new = part("images.making").make_image(image, data, ".png")
        assert new.colorspace_settings.name == name
        same_outside(before, new)
        image.colorspace_settings.name = name
        painted = image.copy()
        paint_over(painted)
        before = part("images.reading").read_array(painted)
        new = part("images.making").make_image(painted, punch_hole(before), ".npy")
        new.reload()
        same_outside(before, new)
        bpy.data.images.remove(painted)


def test_bytes_that_are_no_such_file_are_refused(tmp_path: Path) -> None:
    image = bpy.data.images.load(str(write(tmp_path / "wood.png", "png8", samples())))
    count = len(bpy.data.images)
    with pytest.raises(part("client.errors").UserError, match="is no .png file; try again"):
        part("images.making").make_image(image, b"<html>", ".png")
    assert len(bpy.data.images) == count


@pytest.mark.parametrize("kind", ["png8_grey", "png8", "png8_rgba", "png16", "png16_rgba", "exr_half", "exr_full"])
def test_painted_images_keep_their_channels(tmp_path: Path, kind: str) -> None:
    """Contract B3."""
    image = bpy.data.images.load(str(write(tmp_path / f"wood{ending(kind)}", kind, samples())))
    paint_over(image)
    whole = part("images.reading").read_array(image)
    colour = punch_hole(whole)[..., :3]
    whole[..., :3] = colour
    new = part("images.making").make_image(image, whole, ".npy")
    assert new.depth == image.depth
    assert new.filepath.endswith(".exr" if image.is_float else ".png")
    np.testing.assert_array_equal(part("images.reading").read_array(new), whole)
    whole[0, 0, 1:3] += 1
    assert part("images.making").make_image(image, whole, ".npy").depth == (24 if kind == "png8_grey" else image.depth)
