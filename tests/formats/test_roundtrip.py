"""Whatever is in a file stays in it, but for the samples that were meant to change."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from svbrdf_core import formats
from svbrdf_core.formats import png


def bits_of(samples: np.ndarray) -> bytes:
    return np.ascontiguousarray(samples).tobytes()


def edited(samples: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Replace masked pixels by others of the same picture, so that every value exists in the format."""
    result = samples.copy()
    height, width = mask.shape
    source = samples[rng.integers(0, height, mask.shape), rng.integers(0, width, mask.shape)]
    result[mask] = source[mask]
    return result


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_any_file_any_mask_keeps_the_rest(makers: dict[str, Any], data: st.DataObject, seed: int) -> None:
    make = makers[data.draw(st.sampled_from(sorted(makers)))]
    height, width = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 40))
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = formats.read(make(folder, height, width, rng))
        mask = rng.random(source.samples.shape[:2]) < data.draw(st.sampled_from([0.0, 0.1, 0.9, 1.0]))
        wanted = edited(source.samples, mask, rng)
        target = folder / f"out{source.info.path.suffix}"
        formats.encode(source.info, wanted, target)
        result = formats.read(target)
    assert bits_of(result.samples) == bits_of(wanted)
    for field in ("format", "height", "width", "channels", "dtype", "bits"):
        assert getattr(result.info, field) == getattr(source.info, field)


def test_unedited_samples_survive(maker: Any, tmp_path: Path) -> None:
    source = formats.read(maker(tmp_path, 33, 17, np.random.default_rng(1)))
    target = tmp_path / f"out{source.info.path.suffix}"
    formats.encode(source.info, source.samples, target)
    assert bits_of(formats.read(target).samples) == bits_of(source.samples)


def test_lossy_sources_become_lossless_and_say_so(lossy: Any, tmp_path: Path) -> None:
    make, suffix = lossy
    source = formats.read(make(tmp_path, 32, 24, np.random.default_rng(2)))
    assert source.info.suffix == suffix
    assert source.info.notes
    target = tmp_path / f"out{suffix}"
    formats.encode(source.info, source.samples, target)
    result = formats.read(target)
    assert bits_of(result.samples) == bits_of(source.samples)
    assert not result.info.notes


def chunks(path: Path) -> list[tuple[bytes, bytes]]:
    return [c for c in png.chunks_of(path, path.read_bytes()) if c[0] != b"IDAT"]


@pytest.mark.parametrize("name", ["png8x3", "png16x4", "png-grey2", "png-palette4", "png-palette-alpha"])
def test_png_chunks_stay_byte_for_byte(makers: dict[str, Any], name: str, tmp_path: Path) -> None:
    source = formats.read(makers[name](tmp_path, 20, 20, np.random.default_rng(3)))
    formats.encode(source.info, np.roll(source.samples, 3, axis=0), tmp_path / "out.png")
    assert chunks(tmp_path / "out.png") == chunks(source.info.path)


def test_a_repeated_palette_colour_keeps_its_indices(makers: dict[str, Any], tmp_path: Path) -> None:
    source = formats.read(makers["png-palette2"](tmp_path, 16, 16, np.random.default_rng(4)))
    formats.encode(source.info, source.samples, tmp_path / "out.png")
    stored = [png._decode_samples(i) for i in (source.info, formats.probe(tmp_path / "out.png"))]
    assert bits_of(stored[0]) == bits_of(stored[1])


def test_new_colours_take_the_nearest_palette_entry(makers: dict[str, Any], tmp_path: Path) -> None:
    source = formats.read(makers["png-palette4"](tmp_path, 16, 16, np.random.default_rng(5)))
    wanted = source.samples.copy()
    wanted[4, 4] = np.clip(wanted[4, 4].astype(int) + 1, 0, 255)
    formats.encode(source.info, wanted, tmp_path / "out.png")
    result = formats.read(tmp_path / "out.png").samples
    gaps = np.square(source.info.detail.palette.astype(int) - wanted[4, 4].astype(int)).sum(axis=1)
    assert np.square(result[4, 4].astype(int) - wanted[4, 4].astype(int)).sum() == gaps.min()


@pytest.mark.parametrize("name", ["tiff8", "tiff8-alpha", "tiff16", "tiff16-planes", "tiff-float", "tiff16-big-endian"])
def test_tiff_tags_stay(makers: dict[str, Any], name: str, tmp_path: Path) -> None:
    source = formats.read(makers[name](tmp_path, 40, 40, np.random.default_rng(6)))
    formats.encode(source.info, source.samples[::-1].copy(), tmp_path / "out.tif")
    with tifffile.TiffFile(source.info.path) as a, tifffile.TiffFile(tmp_path / "out.tif") as b:
        assert a.byteorder == b.byteorder
        old, new = a.pages.first.tags, b.pages.first.tags
        codes = {tag.code for tag in old if tag.code not in (273, 279, 324, 325)}
        assert {c: new.valueof(c) for c in codes} == {c: old.valueof(c) for c in codes}


def test_further_tiff_pages_stay(tmp_path: Path) -> None:
    pages = np.random.default_rng(7).integers(0, 256, (3, 20, 30), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", pages, photometric="minisblack", metadata=None)
    source = formats.read(tmp_path / "a.tif")
    assert "3 pages" in source.info.warnings[0]
    formats.encode(source.info, source.samples[::-1].copy(), tmp_path / "out.tif")
    result = tifffile.imread(tmp_path / "out.tif")
    assert (result[0] == pages[0, ::-1]).all()
    assert (result[1:] == pages[1:]).all()


def test_exr_attributes_types_and_foreign_channels_stay(makers: dict[str, Any], tmp_path: Path) -> None:
    source = formats.read(makers["exr-half"](tmp_path, 24, 24, np.random.default_rng(8)))
    assert source.info.channels == ("R", "G", "B", "rough.V")
    formats.encode(source.info, source.samples[::-1].copy(), tmp_path / "out.exr")
    old, new = (OpenEXR.File(str(p), separate_channels=True) for p in (source.info.path, tmp_path / "out.exr"))
    assert new.header()["owner"] == "someone"
    assert new.header()["compression"] == old.header()["compression"]
    assert {n: c.pixels.dtype for n, c in new.channels().items()} == {
        n: c.pixels.dtype for n, c in old.channels().items()
    }
    assert (new.channels()["id"].pixels == old.channels()["id"].pixels).all()


def test_exr_parts_keep_names_and_types(makers: dict[str, Any], tmp_path: Path) -> None:
    source = formats.read(makers["exr-parts"](tmp_path, 24, 24, np.random.default_rng(9)))
    assert source.info.channels == ("diffuse.R", "diffuse.G", "diffuse.B", "height.Y")
    formats.encode(source.info, source.samples, tmp_path / "out.exr")
    parts = OpenEXR.File(str(tmp_path / "out.exr"), separate_channels=True).parts
    assert [p.name() for p in parts] == ["diffuse", "height"]
    assert parts[0].channels["R"].pixels.dtype == np.float16
    assert parts[1].channels["Y"].pixels.dtype == np.float32


def test_bmp_and_plain_tga_keep_every_other_byte(makers: dict[str, Any], tmp_path: Path) -> None:
    for name in ("bmp-rgb", "bmp-palette", "tga-rgba-top", "tga-palette"):
        source = formats.read(makers[name](tmp_path, 19, 21, np.random.default_rng(10)))
        target = tmp_path / f"out{source.info.suffix}"
        formats.encode(source.info, source.samples, target)
        assert target.read_bytes() == source.info.path.read_bytes()


def test_half_to_float_png_helpers(tmp_path: Path) -> None:
    formats.write_png(tmp_path / "m.png", np.eye(5, dtype=bool))
    assert formats.read_image(tmp_path / "m.png").samples[0, 0, 0] == 255
    with pytest.raises(ValueError, match="uint8"):
        formats.write_png(tmp_path / "m.png", np.eye(5))


def test_a_single_pixel_with_odd_strides_is_written(tmp_path: Path) -> None:
    samples = np.arange(3, dtype=np.uint8).reshape(3, 1, 1).transpose(1, 2, 0)  # contiguous, says numpy
    assert np.array_equal(formats.read(formats.write_png(tmp_path / "a.png", samples)).samples, samples)
