"""Which images are refused, by what sentence, and how files and paths are found."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.helper import part
from tests.blender.pictures import ENDINGS, FORMATS, ending, paint_over, punch_hole, read_pixels, samples, write


def examine(image: Any) -> str | None:
    said: str | None = part("images.reading").examine(image)
    return said


@pytest.mark.parametrize("kind", FORMATS)
def test_files_of_every_format_are_usable(tmp_path: Path, kind: str) -> None:
    """Contract B3."""
    image = bpy.data.images.load(str(write(tmp_path / f"wood{ending(kind)}", kind, samples())))
    assert examine(image) is None
    image.pack()
    assert examine(image) is None
    paint_over(image)
    assert examine(image) is None


def test_generated_images_are_usable() -> None:
    """Contract B3."""
    for kind in ("BLANK", "UV_GRID", "COLOR_GRID"):
        image = bpy.data.images.new("made", 8, 8)
        image.generated_type = kind
        assert examine(image) is None


def test_a_udim_is_usable_as_it_is_saved(tmp_path: Path) -> None:
    """Contract B3."""
    for tile in (1001, 1002):
        write(tmp_path / f"wood.{tile}.png", "png8", samples())
    image = bpy.data.images.load(str(tmp_path / "wood.1001.png"))
    image.source = "TILED"
    image.name = "wood"
    assert examine(image) is None
    image.pack()
    assert examine(image) is None
    paint_over(image)
    assert "are not saved as they are now" in str(examine(image))
    made = bpy.data.images.new("new", 8, 8, tiled=True)
    assert "the UDIM image" in str(examine(made))


def test_a_udim_without_one_of_its_tiles_is_refused(tmp_path: Path) -> None:
    for tile in (1001, 1002):
        write(tmp_path / f"wood.{tile}.png", "png8", samples())
    image = bpy.data.images.load(str(tmp_path / "wood.1001.png"))
    image.source = "TILED"
    (tmp_path / "wood.1002.png").unlink()
    assert "A tile of the UDIM image" in str(examine(image))


@pytest.mark.parametrize(("source", "words"), [("SEQUENCE", "is a sequence"), ("MOVIE", "is a movie")])
def test_sequences_and_movies_are_refused_with_a_sentence(tmp_path: Path, source: str, words: str) -> None:
    """Contract B3."""
    image = bpy.data.images.load(str(write(tmp_path / "wood.png", "png8", samples())))
    image.source = source
    assert words in str(examine(image))


def test_a_render_result_is_refused_with_a_sentence() -> None:
    """Contract B3."""
    bpy.context.scene.render.resolution_x = bpy.context.scene.render.resolution_y = 8
    bpy.context.scene.render.engine = "BLENDER_WORKBENCH"
    bpy.context.scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    bpy.ops.render.render()
    image = bpy.data.images["Render Result"]
    assert "is a render result or viewer" in str(examine(image))


def test_a_multilayer_exr_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """Contract B3."""
    scene = bpy.context.scene
    scene.render.resolution_x = scene.render.resolution_y = 8
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    if hasattr(scene.render.image_settings, "media_type"):
        scene.render.image_settings.media_type = "MULTI_LAYER_IMAGE"
    scene.render.image_settings.file_format = "OPEN_EXR_MULTILAYER"
    scene.render.filepath = str(tmp_path / "layers.exr")
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(tmp_path / "layers.exr"))
    assert "layers" in str(examine(image)) and "file of its own" in str(examine(image))


def test_a_missing_file_is_read_from_memory_and_named_once_that_is_gone(tmp_path: Path) -> None:
    """Contract B3."""
    path = write(tmp_path / "wood.png", "png8", samples())
    image = bpy.data.images.load(str(path))
    pixels = read_pixels(image)
    path.unlink()
    assert examine(image) is None  # Blender still holds it
    source = part("images.reading").make_source(image, "0", ENDINGS)
    assert source.name == "0.npy" and source.data.shape == (16, 24, 4)
    new = part("images.making").make_image(image, source.data, ".npy")
    np.testing.assert_array_equal(read_pixels(new), pixels)
    image.reload()
    assert examine(image) == (
        f'The file of the image "wood.png" is missing ({path}); find it with File > External Data.'
    )


def test_a_file_that_is_no_image_is_named(tmp_path: Path) -> None:
    """Contract B3."""
    for name, data in (("empty.png", b""), ("words.png", b"hello"), ("cut.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")):
        (tmp_path / name).write_bytes(data)
        image = bpy.data.images.load(str(tmp_path / name))
        assert examine(image) == f'The image "{name}" cannot be read; replace its file by one that Blender can show.'


def test_a_relative_path_in_an_unsaved_blend_leads_nowhere(tmp_path: Path) -> None:
    """Contract B3."""
    image = bpy.data.images.load(str(write(tmp_path / "wood.png", "png8", samples())))
    pixels = read_pixels(image)
    image.filepath_raw = "//wood.png"
    assert part("images.files").file_of(image) is None
    assert part("images.reading").make_source(image, "0", ENDINGS).name == "0.npy"
    new = part("images.making").make_image(image, punch_hole(part("images.reading").read_array(image)), ".npy")
    assert new.filepath == "" and (read_pixels(new) != pixels).any()
    image.reload()
    assert "is missing" in str(examine(image))


@pytest.mark.parametrize("name", ["wood board.png", "Holz ö 木.png", "a.b.c.PNG", "test..png", "wood"])
def test_names_and_relative_paths_are_found(tmp_path: Path, name: str) -> None:
    """Contract B3."""
    folder = tmp_path / "Bilder é 画像"
    folder.mkdir()
    path = write(folder / "x.png", "png8", samples()).rename(folder / name)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "it.blend"))
    image = bpy.data.images.load(str(path))
    image.filepath = bpy.path.relpath(str(path))
    assert image.filepath.startswith("//")
    assert examine(image) is None
    source = part("images.reading").make_source(image, "0", ENDINGS)
    assert source.name == "0.png" and os.path.samefile(source.data, path)  # noqa: PTH121
    new = part("images.making").make_image(image, path.read_bytes(), ".png")
    stem, suffix = os.path.splitext(name)  # noqa: PTH122
    assert new.filepath == f"//Bilder é 画像/{stem}_inpaint{suffix or '.png'}"


def test_a_lying_name_is_not_believed(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jpg", "jpg", samples()).rename(tmp_path / "wood.png")
    image = bpy.data.images.load(str(path))
    for packed in (False, True):
        if packed:
            image.pack()
        assert part("images.reading").make_source(image, "0", ENDINGS).name == "0.jpg"
    answer = part("client.arrays").encode_png(part("images.reading").read_array(image)[..., :3])
    new = part("images.making").make_image(image, answer, ".png")
    np.testing.assert_array_equal(read_pixels(new), read_pixels(image))


def test_formats_the_service_does_not_read_go_as_arrays(tmp_path: Path) -> None:
    image = bpy.data.images.load(str(write(tmp_path / "wood.exr", "exr_full", samples())))
    source = part("images.reading").make_source(image, "0", {".png"})
    assert source.name == "0.npy" and source.data.dtype == np.float32
    image = bpy.data.images.load(str(write(tmp_path / "wood.png", "png8_rgba", samples())))
    assert part("images.reading").make_source(image, "0", set()).data.dtype == np.uint8


def test_arrays_have_the_top_row_first() -> None:
    for is_float in (False, True):
        image = bpy.data.images.new("made", 4, 3, alpha=True, float_buffer=is_float)
        image.pixels[:] = [value / 255 for value in range(48)]
        found = part("images.reading").read_array(image)
        assert found.shape == (3, 4, 4)
        np.testing.assert_allclose(found[2, 0] * (255 if is_float else 1), [0, 1, 2, 3], rtol=1e-6)
        assert found.flags.c_contiguous
