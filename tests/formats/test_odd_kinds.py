"""Kinds of files that people have and libraries trip over: read rightly, kept whole, or refused in plain words."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import OpenEXR
import pytest
import tifffile
from PIL import Image, ImageCms

from svbrdf_core import formats
from svbrdf_core.errors import InputError, SvbrdfError
from svbrdf_core.formats.raster import reason
from svbrdf_core.material import Material
from svbrdf_core.run import Run
from svbrdf_core.sentences import harmless


def rgb(seed: int = 0, size: int = 24) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)


def rewritten(path: Path) -> Path:
    """Write a file anew with its rows turned round, and return the new one."""
    source = formats.read(path)
    target = path.with_name(f"out{source.info.suffix}")
    formats.encode(source.info, source.samples[::-1].copy(), target)
    return target


def test_adam7_is_read_as_another_decoder_does_and_stays(
    makers: dict[str, Any], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = makers["png-adam7"](tmp_path, 21, 13, np.random.default_rng(0))
    target = rewritten(path)
    assert np.array_equal(formats.read(path).samples, np.asarray(Image.open(path)))
    assert np.array_equal(np.asarray(Image.open(target)), np.asarray(Image.open(path))[::-1])
    assert target.read_bytes()[28] == 1
    assert capfd.readouterr().err == ""


def test_signed_and_turned_grey_keeps_its_order(makers: dict[str, Any], tmp_path: Path) -> None:
    path = makers["tiff-int16"](tmp_path, 8, 9, np.random.default_rng(0))
    stored = tifffile.imread(path)
    assert np.array_equal(formats.read(path).samples[:, :, 0], stored.astype(np.int32) + 32768)
    assert np.array_equal(tifffile.imread(rewritten(path)), stored[::-1])
    path = makers["tiff-white-is-zero"](tmp_path, 8, 9, np.random.default_rng(0))
    stored = tifffile.imread(path)
    assert np.array_equal(formats.read(path).samples[:, :, 0], 65535 - stored)
    with tifffile.TiffFile(rewritten(path)) as tif:
        assert tif.pages.first.photometric == tifffile.PHOTOMETRIC.MINISWHITE
        assert np.array_equal(tif.asarray(), stored[::-1])


def test_any_tag_goes_over_as_it_is(tmp_path: Path) -> None:
    """Text that is no ASCII, a date that is none, a rational of nothing, and GeoTIFF's lists."""
    tags: list[Any] = [
        (270, 2, None, "Höhe".encode("latin-1"), True), (306, 2, None, b"yesterday", True),
        (33432, 2, None, "© wir".encode(), True), (65001, 5, 1, (1, 0), True),
        (34735, 3, 4, (1, 1, 0, 0), True), (65002, 12, 2, (0.5, float("nan")), True), (65003, 7, 3, b"\0\xff\0", True),
    ]  # fmt: skip
    tifffile.imwrite(tmp_path / "a.tif", rgb(), photometric="rgb", metadata=None, software=False, extratags=tags)
    path = rewritten(tmp_path / "a.tif")
    with tifffile.TiffFile(tmp_path / "a.tif") as old, tifffile.TiffFile(path) as new:
        for code, *_ in tags:
            assert raw(old, code) == raw(new, code), code


def raw(tif: tifffile.TiffFile, code: int) -> bytes:
    tag = tif.pages.first.tags[code]
    tif.filehandle.seek(tag.valueoffset)
    return tif.filehandle.read(tag.valuebytecount)


def test_luminance_and_chroma_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", rgb(), photometric="ycbcr", compression="lzw", metadata=None)
    with pytest.raises(InputError, match="YCbCr.*convert it to RGB"):
        formats.read(tmp_path / "a.tif")


def test_subsampled_exr_is_refused_before_any_work(tmp_path: Path) -> None:
    """Every second sample, as the header says it: the binding does not write such files."""
    planes = {name: np.zeros((8, 8), np.float16) for name in ("BY", "RY", "Y")}
    OpenEXR.File({"type": OpenEXR.scanlineimage}, planes).write(str(tmp_path / "a.exr"))
    data = (tmp_path / "a.exr").read_bytes()
    one, two = struct.pack("<i4xii", 1, 1, 1), struct.pack("<i4xii", 1, 2, 2)
    (tmp_path / "a.exr").write_bytes(data.replace(b"RY\0" + one, b"RY\0" + two))
    with pytest.raises(InputError, match=r"luminance and chroma"):
        formats.probe(tmp_path / "a.exr")


def test_parts_of_an_exr_that_are_no_samples_are_named(tmp_path: Path) -> None:
    window = {"displayWindow": ((0, 0), (7, 7)), "type": OpenEXR.scanlineimage}
    parts = [
        OpenEXR.Part({"name": "one", **window}, {"R": np.zeros((8, 8), np.float32)}),
        OpenEXR.Part({"name": "two", **window}, {"G": np.zeros((40, 40), np.float32)}),
    ]
    OpenEXR.File(parts).write(str(tmp_path / "a.exr"))
    assert "two.G" in formats.probe(tmp_path / "a.exr").warnings[0]
    with pytest.raises(InputError, match="1664 pixels in its pages or parts"):
        formats.probe(tmp_path / "a.exr", max_pixels=1000)


def test_the_limit_holds_for_every_page(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(np.zeros((8, 8), np.uint8))
        writer.write(np.zeros((300, 300), np.uint8), compression="deflate")
    assert formats.probe(tmp_path / "a.tif").most_pixels == 90_000
    with pytest.raises(InputError, match="limit"):
        formats.probe(tmp_path / "a.tif", max_pixels=10_000)


def test_a_jpeg_with_a_stump_of_a_profile_is_read(tmp_path: Path) -> None:
    stream = io.BytesIO()
    Image.fromarray(rgb()).save(stream, "JPEG")
    data = stream.getvalue()
    (tmp_path / "a.jpg").write_bytes(data[:2] + b"\xff\xe2" + struct.pack(">H", 14) + b"ICC_PROFILE\0" + data[2:])
    assert formats.read(tmp_path / "a.jpg").samples.shape == (24, 24, 3)


def test_the_first_picture_of_a_webp_counts(tmp_path: Path) -> None:
    parts = []
    for size, lossless in ((24, False), (16, True)):
        stream = io.BytesIO()
        Image.fromarray(rgb(size=size)).save(stream, "WEBP", lossless=lossless)
        parts.append(stream.getvalue()[12:])
    body = b"WEBP" + b"".join(parts)
    (tmp_path / "a.webp").write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    assert formats.read(tmp_path / "a.webp").samples.shape == (24, 24, 3)


@pytest.mark.parametrize("size", [b"-Y         24 +X         24\n", b"-Y 24 +X 24\r\n"])
def test_hdr_headers_may_be_padded_or_of_windows(makers: dict[str, Any], tmp_path: Path, size: bytes) -> None:
    path = makers["hdr"](tmp_path, 24, 24, np.random.default_rng(0))
    before, after = path.read_bytes(), formats.read(path).samples
    newline = b"\r\n" if b"\r" in size else b"\n"
    head, _, body = before.partition(b"\n\n-Y 24 +X 24\n")
    path.write_bytes(head.replace(b"\n", newline) + newline * 2 + size + body)
    assert np.array_equal(formats.read(path).samples, after)
    assert path.read_bytes().startswith(rewritten(path).read_bytes()[: len(head)])


def test_a_colour_map_that_no_pixel_uses_is_stepped_over(tmp_path: Path) -> None:
    pixels = rgb()
    head = struct.pack("<BBBHHBHHHHBB", 4, 1, 2, 0, 3, 15, 0, 0, 24, 24, 24, 0x20)
    (tmp_path / "a.tga").write_bytes(head + b"name" + bytes(3 * 2) + pixels[:, :, ::-1].tobytes())
    assert np.array_equal(formats.read(tmp_path / "a.tga").samples, pixels)
    assert np.array_equal(formats.read(rewritten(tmp_path / "a.tga")).samples, pixels[::-1])


def test_run_length_tga_keeps_its_extension_area(tmp_path: Path) -> None:
    """The area says that alpha is undefined, and where the developer's own bytes are."""
    stream = io.BytesIO()
    Image.fromarray(np.dstack([rgb(), rgb(1)[:, :, :1]])).save(stream, "TGA", compression="tga_rle")
    data = stream.getvalue()[:-26]
    area = bytearray(495)
    struct.pack_into("<H", area, 0, 495)
    area[494] = 1
    stamp = len(data) + len(area)
    struct.pack_into("<I", area, 486, stamp)
    developer = struct.pack("<HHII", 1, 7, stamp + 12, 5) + b"hello"
    footer = struct.pack("<II", len(data), stamp) + b"TRUEVISION-XFILE.\0"
    (tmp_path / "a.tga").write_bytes(data + area + developer + footer)
    result = rewritten(tmp_path / "a.tga").read_bytes()
    extension, directory = struct.unpack_from("<II", result, len(result) - 26)
    assert struct.unpack_from("<H", result, extension) == (495,) and result[extension + 494] == 1
    assert struct.unpack_from("<I", result, extension + 486) == (0,)  # the stamp was a copy of the old picture
    _, tag, offset, size = struct.unpack_from("<HHII", result, directory)
    assert (tag, result[offset : offset + size]) == (7, b"hello")


def test_names_do_nothing_to_a_terminal(tmp_path: Path) -> None:
    bad = "wall\x1b[31m\x9b\u202e_diffuse"
    formats.write_png(tmp_path / f"{bad}.png", rgb())
    formats.write_png(tmp_path / "odd\x1b]0;title\x07.png", rgb())
    (tmp_path / "wall\x1b[31m\x9b\u202e_normal.png").write_bytes(b"no picture")
    with pytest.raises(SvbrdfError) as caught:
        Material.load(tmp_path)
    assert "\\x1b[31m\\x9b\\u202e_normal" in str(caught.value)
    material = Material.load(tmp_path, only=["diffuse"])
    run = Run()
    for sentence in (*material.warnings, *material.notes):
        run.note(sentence)
    assert len(run.notes) == 2 and all(note.isprintable() for note in run.notes)
    assert harmless("a\ud800\n é 木 \\") == "a\\ud800\\x0a é 木 \\"


@pytest.mark.parametrize(
    "error", [TypeError("'<' not supported"), KeyError(3), struct.error("unpack"), ValueError("x")]
)
def test_what_python_says_is_not_told(error: Exception) -> None:
    assert reason(error) == "its content contradicts itself"


def test_profiles_stay(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    tifffile.imwrite(tmp_path / "a.tif", rgb(), photometric="rgb", metadata=None, iccprofile=profile)
    with tifffile.TiffFile(rewritten(tmp_path / "a.tif")) as new:
        assert new.pages.first.iccprofile == profile


def converted(path: Path, mode: str) -> np.ndarray[Any, Any]:
    """Write a picture of a mode by Pillow, and return its samples."""
    channels = {"L": 1, "RGB": 3, "RGBA": 4}[mode]
    samples = np.random.default_rng(0).integers(0, 256, (24, 16, channels), dtype=np.uint8)
    Image.fromarray(samples[:, :, 0] if channels == 1 else samples).save(path)
    return samples


@pytest.mark.parametrize(("name", "mode"), [("a.dds", "RGB"), ("a.dds", "RGBA"), ("a.gif", "L")])
def test_files_that_are_only_read_become_png(tmp_path: Path, name: str, mode: str) -> None:
    samples = converted(tmp_path / name, mode)
    source = formats.read(tmp_path / name)
    assert (
        np.array_equal(source.samples[:, :, : samples.shape[2]], samples)
        and "the result is a.png" in source.info.notes[0]
    )
    assert formats.is_converted(source.info)
    result = formats.read(rewritten(tmp_path / name))
    assert result.info.format == "png" and np.array_equal(result.samples, source.samples[::-1])


@pytest.mark.parametrize(("bits", "channels"), [(8, 3), (16, 1), (12, 3)])
def test_jpeg_2000_keeps_its_depth(tmp_path: Path, bits: int, channels: int) -> None:
    dtype = np.uint8 if bits == 8 else np.uint16
    samples = np.random.default_rng(0).integers(0, 2**bits, (24, 16, channels)).astype(dtype)
    shaped = samples[:, :, 0] if channels == 1 else samples
    data = imagecodecs.jpeg2k_encode(shaped, level=0, bitspersample=bits, reversible=True)
    (tmp_path / "a.jp2").write_bytes(data)
    source = formats.read(tmp_path / "a.jp2")
    assert source.info.bits == bits and source.info.dtype == np.dtype(dtype)
    assert np.array_equal(source.samples, samples)
    step = 16 if bits == 12 else 1
    assert np.array_equal(formats.read(rewritten(tmp_path / "a.jp2")).samples, samples[::-1] * step)


def test_the_flat_picture_of_a_psd_is_read(tmp_path: Path) -> None:
    samples = rgb()
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 24, 24, 8, 3) + struct.pack(">III", 0, 0, 0)
    (tmp_path / "a.psd").write_bytes(head + struct.pack(">H", 0) + samples.transpose(2, 0, 1).tobytes())
    source = formats.read(tmp_path / "a.psd")
    assert np.array_equal(source.samples, samples) and "layers" in source.info.notes[0]


@pytest.mark.parametrize("name", ["a.dds", "a.gif"])
def test_broken_files_that_are_only_read_are_refused(tmp_path: Path, name: str) -> None:
    converted(tmp_path / name, "L" if name == "a.gif" else "RGB")
    data = (tmp_path / name).read_bytes()
    for part in (5, 40, len(data) // 2):
        (tmp_path / name).write_bytes(data[:part])
        with pytest.raises(InputError, match="damaged or incomplete"):
            formats.read(tmp_path / name)


def test_a_dds_beside_its_png_is_left_alone_with_a_word_and_others_are_named(tmp_path: Path) -> None:
    converted(tmp_path / "w_diffuse.dds", "RGB")
    assert Material.load(tmp_path).layout.names == ("diffuse",)
    formats.write_png(tmp_path / "w_diffuse.png", rgb())
    (tmp_path / "w_normal.ktx2").write_bytes(b"KTX")
    material = Material.load(tmp_path)
    assert material.maps["diffuse"].places[0].file.format == "png"
    said = " ".join(material.warnings)
    assert "w_diffuse.dds is left alone" in said and "w_normal.ktx2 is left alone: KTX2 files are not read" in said
