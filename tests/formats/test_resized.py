"""Files of every kind written at another size: all that is not the size stays, and other programs read them."""

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
from svbrdf_core.errors import InputError
from svbrdf_core.formats import metadata, png, tiff
from svbrdf_core.formats.raster import RasterInfo
from tests.formats.conftest import LOSSY, MAKERS, READ_ONLY, Maker, _exr, _pillow, _tiff, chunk

Array = np.ndarray[Any, Any]
SIZE = (20, 17)
SIZES = ((33, 29), (11, 7), (20, 30))
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x tiff:ImageWidth="17" tiff:ImageLength="20"><exif:PixelXDimension>17</exif:PixelXDimension></x>'


def window(low: tuple[int, int], high: tuple[int, int]) -> tuple[Array, Array]:
    return np.array(low, np.int32), np.array(high, np.int32)


TILES = {"type": OpenEXR.tiledimage, "tiles": OpenEXR.TileDescription()}
MORE: dict[str, Maker] = {
    "exr": _exr(np.float16, type=OpenEXR.scanlineimage),
    "exr-tiles": _exr(np.float32, **TILES),
    "exr-lossy": _exr(np.float16, OpenEXR.DWAA_COMPRESSION, comments="none"),
    "exr-window": _exr(np.float16, dataWindow=window((3, -2), (19, 17)), displayWindow=window((0, 0), (29, 39))),
    "tiff-strips": _tiff("uint8", 3, rowsperstrip=3, compression="deflate"),
    "tiff-tiles-planes": _tiff("uint16", 3, planarconfig="separate", tile=(16, 16), compression="lzw"),
    "tiff-big": _tiff("uint16", 1, bigtiff=True),
    "tga-rle-palette": _pillow("a.tga", "P", compression="tga_rle"),
    "tga-rle-grey": _pillow("a.tga", "L", compression="tga_rle"),
    **{name: make for name, (make, _) in LOSSY.items() if not name.startswith("exr")},
    **READ_ONLY,
}
ALL = {name: make for name, make in {**MAKERS, **MORE}.items() if name not in ("exr-half", "exr-float")}


def drawn(samples: Array, size: tuple[int, int]) -> Array:
    """Return samples of another size, each one of the picture's own: valid in any format."""
    rng = np.random.default_rng(1)
    height, width = samples.shape[:2]
    return np.ascontiguousarray(samples[rng.integers(0, height, size), rng.integers(0, width, size)])


def written(path: Path, size: tuple[int, int]) -> tuple[Path, Array, RasterInfo]:
    """Write a file at another size; return the new one, its samples and the description it was written by."""
    source = formats.read(path)
    info = formats.resized(source.info, *size)
    samples = drawn(source.samples, size)
    target = path.with_name(f"out{info.suffix}")
    formats.encode(info, samples, target)
    return target, samples, info


def seen(path: Path, info: RasterInfo) -> Array:
    """Return the samples ``(H, W, C)`` that another program reads."""
    kind = path.suffix
    if kind == ".npy":
        stored = np.load(path)
        return np.asarray(stored.reshape(*stored.shape[:2], -1))
    if kind == ".hdr":
        return np.asarray(imagecodecs.rgbe_decode(path.read_bytes()))
    if kind == ".exr":
        parts = OpenEXR.File(str(path), separate_channels=True).parts
        many = len(parts) > 1
        found = {f"{p.name()}.{n}" if many else n: c.pixels for p in parts for n, c in p.channels.items()}
        return np.dstack([found[name] for name in info.channels])
    if kind == ".tif":
        return np.asarray(tiff._to_plain(_tiff_pixels(path), info.detail))
    if info.bits == 16:
        return np.asarray(imagecodecs.png_decode(path.read_bytes())).reshape(info.height, info.width, -1)
    with Image.open(path) as picture:
        mode = "L" if picture.mode == "1" else "".join(info.channels).removesuffix("X")
        pixels = np.asarray(picture.convert(mode)).reshape(info.height, info.width, -1)
    return pixels // np.uint8(255 // (2**info.bits - 1))


def _tiff_pixels(path: Path) -> Array:
    with tifffile.TiffFile(path) as tif:
        pixels = tif.pages.first.asarray()
        planes = tif.pages.first.planarconfig == tifffile.PLANARCONFIG.SEPARATE
    pixels = pixels.astype(pixels.dtype.newbyteorder("="))
    return np.moveaxis(pixels, 0, 2) if planes else pixels.reshape(*pixels.shape[:2], -1)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", ALL)
def test_every_kind_is_written_at_another_size(name: str, size: tuple[int, int], tmp_path: Path) -> None:
    path = ALL[name](tmp_path, *SIZE, np.random.default_rng(0))
    target, samples, info = written(path, size)
    result = formats.read(target)
    assert result.samples.shape[:2] == size == (info.height, info.width)
    assert result.samples.tobytes() == samples.tobytes()
    shown = samples[:, :, :3] if "X" in info.channels else samples  # what fills up four bytes is nobody else's business
    assert np.array_equal(seen(target, info), shown, equal_nan=samples.dtype.kind == "f")
    for field in ("channels", "dtype", "bits"):
        assert getattr(result.info, field) == getattr(info, field)
    if not formats.is_converted(info):
        assert result.info.format == info.format
    assert not (set(result.info.warnings) - set(info.warnings))


def test_a_resized_description_is_for_writing_alone(tmp_path: Path) -> None:
    path = MAKERS["png8x3"](tmp_path, *SIZE, np.random.default_rng(0))
    info = formats.probe(path)
    larger = formats.resized(info, 30, 40)
    assert formats.resized(larger, *SIZE) == info == formats.resized(info, *SIZE)
    assert formats.resized(larger, 5, 6) == formats.resized(info, 5, 6)
    with pytest.raises(ValueError, match="40 x 30"):
        formats.decode(larger)
    with pytest.raises(ValueError, match="at least one pixel"):
        formats.resized(info, 0, 4)
    with pytest.raises(ValueError, match="samples must be"):
        formats.encode(larger, np.zeros((*SIZE, 3), np.uint8), tmp_path / "out.png")
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(InputError, match="changed by another program"):
        formats.encode(larger, np.zeros((30, 40, 3), np.uint8), tmp_path / "out.png")


def test_samples_without_a_file_are_of_any_size(tmp_path: Path) -> None:
    info = RasterInfo(tmp_path / "a.png", "memory", *SIZE, ("L",), np.dtype(np.uint8), 8, ".png")
    larger = formats.resized(info, 40, 30)
    formats.write_new(tmp_path / "a.png", larger, np.ones((40, 30, 1), np.uint8))
    assert formats.read(tmp_path / "a.png").samples.shape == (larger.height, larger.width, 1)


@pytest.mark.parametrize(
    ("name", "size"),
    [("tga-rle", (9, 65_536)), ("webp", (16_384, 9)), ("jpeg", (65_501, 9)), ("bmp-rgb", (40_000,) * 2)],
)
def test_a_size_that_the_format_does_not_have_is_refused(name: str, size: tuple[int, int], tmp_path: Path) -> None:
    info = formats.probe(ALL[name](tmp_path, *SIZE, np.random.default_rng(0)))
    with pytest.raises(InputError, match=f"{size[1]} x {size[0]}.*; convert it to PNG, TIFF or EXR first") as caught:
        formats.resized(info, *size)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def exif() -> bytes:
    """Two sizes, one of them in the EXIF directory, and the directory of a small copy."""
    first = struct.pack("<HHHIIHHIII", 2, 0x100, 3, 1, 17, 0x8769, 4, 1, 38, 60)
    inner = struct.pack("<HHHII", 1, 0xA003, 3, 1, 20) + bytes(4)
    return b"II*\0" + struct.pack("<I", 8) + first + inner + bytes(4) + struct.pack("<HI", 0, 0)


def sizes_in(data: bytes) -> tuple[int, int, bool]:
    """Return the width and the height that EXIF data tells, and whether it has a small copy."""
    found = Image.Exif()
    found.load(data)
    return found[0x100], found.get_ifd(0x8769)[0xA003], bool(struct.unpack_from("<I", data, data.index(b"II*") + 34)[0])


def test_chunks_of_a_png_stay_but_those_of_the_size(tmp_path: Path) -> None:
    path = MAKERS["png8x3"](tmp_path, *SIZE, np.random.default_rng(0))
    data = path.read_bytes()
    told = [
        png.icc_chunk(PROFILE), (b"eXIf", exif()), (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
        (b"vpAg", struct.pack(">IIB", 17, 20, 0)), (b"iDOT", bytes(28)), (b"prvT", b"private"),
    ]  # fmt: skip
    path.write_bytes(data[:33] + b"".join(chunk(*c) for c in told) + data[33:])
    target, _, _ = written(path, (31, 41))
    old, new = ([c for c in png.chunks_of(p, p.read_bytes()) if c[0] != b"IDAT"] for p in (path, target))
    assert [kind for kind, _ in new] == [kind for kind, _ in old if kind not in (b"vpAg", b"iDOT")]
    assert {kind for (kind, body) in new if (kind, body) not in old} == {b"IHDR", b"eXIf", b"iTXt"}
    assert sizes_in(dict(new)[b"eXIf"]) == (41, 31, False)
    assert b'tiff:ImageWidth="41" tiff:ImageLength="31"><exif:PixelXDimension>41<' in target.read_bytes()


def test_a_broken_exif_stays(tmp_path: Path) -> None:
    whole = exif()
    for data in (b"", b"II", whole[:12], whole[:40], b"XX" + whole):
        assert len(metadata.exif_at_size(data, 5, 6)) == len(data)


def test_webp_keeps_its_metadata(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), dtype=np.uint8)
    data = b"Exif\0\0" + exif()
    Image.fromarray(pixels).save(tmp_path / "a.webp", lossless=True, icc_profile=PROFILE, exif=data, xmp=XMP)
    with Image.open(written(tmp_path / "a.webp", (31, 41))[0]) as picture:
        assert picture.info["icc_profile"] == PROFILE and sizes_in(picture.info["exif"]) == (41, 31, False)
        assert picture.info["xmp"] == XMP.replace(b"17", b"41").replace(b"20", b"31")


def test_a_jpeg_again_has_the_tables_and_the_metadata_it_had(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), dtype=np.uint8)
    data = b"Exif\0\0" + exif()
    Image.fromarray(pixels).save(
        tmp_path / "a.jpg", quality=63, subsampling=2, dpi=(72, 72), icc_profile=PROFILE, exif=data
    )
    source = formats.read(tmp_path / "a.jpg")
    again = formats.encode_jpeg_again(
        formats.resized(source.info, 31, 41), drawn(source.samples, (31, 41)), tmp_path / "out.jpg"
    )
    assert np.array_equal(formats.read(tmp_path / "out.jpg").samples, again) and again.shape == (31, 41, 3)
    with Image.open(tmp_path / "a.jpg") as old, Image.open(tmp_path / "out.jpg") as new:
        assert new.quantization == old.quantization and new.layer == old.layer  # type: ignore[attr-defined]
        assert new.info["icc_profile"] == PROFILE and new.info["dpi"] == (72, 72)
        assert sizes_in(new.info["exif"]) == (41, 31, False)


@pytest.mark.parametrize(
    "name",
    [
        "tiff8",
        "tiff8-alpha",
        "tiff16",
        "tiff16-planes",
        "tiff16-big-endian",
        "tiff-strips",
        "tiff-tiles-planes",
        "tiff-big",
    ],
)
def test_tags_of_a_tiff_stay_but_those_of_the_size(name: str, tmp_path: Path) -> None:
    path = ALL[name](tmp_path, *SIZE, np.random.default_rng(0))
    with tifffile.TiffFile(path) as old, tifffile.TiffFile(written(path, (31, 41))[0]) as new:
        assert (new.byteorder, new.is_bigtiff, new.pages.first.is_tiled) == (
            old.byteorder, old.is_bigtiff, old.pages.first.is_tiled,
        )  # fmt: skip
        tags = [{tag.code: tag.value for tag in tif.pages.first.tags} for tif in (old, new)]
        whole = tags[0].get(278) == SIZE[0]
        for code in (273, 279, 324, 325):
            assert (code in tags[0]) == (code in tags[1])
        changed = {code for code in tags[0] if tags[0][code] != tags[1].get(code)}
        assert changed - {273, 279, 324, 325} == {256, 257} | ({278} if whole else set())


def test_descriptions_of_a_tiff_do_not_tell_the_old_size(tmp_path: Path) -> None:
    """Those by which tifffile finds how many pixels there are, which it would believe."""
    pixels = np.random.default_rng(0).integers(0, 256, SIZE, dtype=np.uint8)
    for words, told in (({}, None), ({"a": 1}, '{"a": 1}'), ({"axes": "YX"}, '{"axes": "YX"}')):
        tifffile.imwrite(
            tmp_path / "a.tif",
            pixels,
            photometric="minisblack",
            metadata=words,
            extratags=[(700, 1, len(XMP), XMP, True)],
        )
        target, samples, _ = written(tmp_path / "a.tif", (31, 41))
        assert np.array_equal(tifffile.imread(target), samples[:, :, 0])
        with tifffile.TiffFile(target) as tif:
            assert tif.pages.first.tags.valueof(270) == told
            assert b'tiff:ImageWidth="41" tiff:ImageLength="31"' in tif.pages.first.tags.valueof(700)
    tifffile.imwrite(tmp_path / "a.ome.tif", pixels, photometric="minisblack", ome=True)
    target, samples, _ = written(tmp_path / "a.ome.tif", (31, 41))
    assert np.array_equal(tifffile.imread(target), samples[:, :, 0])
    with tifffile.TiffFile(target) as tif:
        assert tif.is_ome and tif.series[0].shape == (31, 41)
        assert all(told in str(tif.ome_metadata) for told in ('SizeX="41"', 'SizeY="31"'))


def test_pages_of_the_old_size_go_and_others_stay(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    first, same, small, other = (rng.integers(0, 256, size, dtype=np.uint8) for size in (SIZE, SIZE, (10, 8), (9, 9)))
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for pixels, kind in ((first, 0), (same, 0), (small, 1), (other, 0)):
            writer.write(pixels, photometric="minisblack", metadata=None, subfiletype=kind)
    info = formats.probe(tmp_path / "a.tif")
    assert "4 pages" in info.warnings[0] and not info.notes
    target, samples, larger = written(tmp_path / "a.tif", (31, 41))
    assert "2 of its further pages" in larger.notes[0] and "not written" in larger.notes[0] and not larger.warnings
    with tifffile.TiffFile(target) as tif:
        assert [page.shape for page in tif.pages] == [(31, 41), (9, 9)]
        assert np.array_equal(tif.pages[0].asarray(), samples[:, :, 0]) and np.array_equal(
            tif.pages[1].asarray(), other
        )


@pytest.mark.parametrize("options", [{"imagej": True}, {"ome": True}, {}])
def test_a_stack_becomes_one_page_that_is_read(options: dict[str, Any], tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, *SIZE), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="minisblack", **options)
    target, samples, _ = written(tmp_path / "a.tif", (31, 41))
    assert np.array_equal(tifffile.imread(target), samples[:, :, 0])


def test_a_tiff_that_grows_too_large_becomes_a_big_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = MAKERS["tiff16"](tmp_path, *SIZE, np.random.default_rng(0))
    monkeypatch.setattr(tiff, "_CLASSIC", 20_000)
    target, _, info = written(path, (60, 60))
    assert "BigTIFF" in info.notes[-1]
    with tifffile.TiffFile(target) as tif:
        assert tif.is_bigtiff
    assert not formats.resized(info, 10, 10).notes


def targa(pixels: Array, flags: int, palette: Array | None, packed: bool) -> bytes:
    """Return a Targa with a name, and behind its pixels an area that has a stamp and a table of rows."""
    depth = pixels.shape[2]
    kind = (1 if palette is not None else 2 if depth > 1 else 3) + 8 * packed
    colours = b"" if palette is None else palette[:, ::-1].tobytes()
    count = 0 if palette is None else len(palette)
    fields = (4, int(count > 0), kind, 0, count, 24 if count else 0, 0, 0, pixels.shape[1], pixels.shape[0])
    head = struct.pack("<BBBHHBHHHHBB", *fields, 8 * depth, flags) + b"name" + colours
    rows = pixels if flags & 0x20 else pixels[::-1]
    rows = rows[:, ::-1] if flags & 0x10 else rows
    flat = np.ascontiguousarray(rows).reshape(-1, depth)
    body = b"".join(b"\0" + pixel.tobytes() for pixel in flat) if packed else flat.tobytes()
    area = bytearray(495)
    struct.pack_into("<H", area, 0, 495)
    start = len(head) + len(body)
    struct.pack_into("<II", area, 486, start + 495, start + 495)
    area[494] = 3
    developer = struct.pack("<HHII", 1, 7, start + 507, 5) + b"hello"
    return head + body + area + developer + struct.pack("<II", start, start + 495) + b"TRUEVISION-XFILE.\0"


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", ["grey", "palette", "rgb", "rgba"])
@pytest.mark.parametrize("flags", [0, 0x10, 0x20, 0x30])
def test_a_targa_keeps_its_order_and_its_areas(flags: int, kind: str, packed: bool, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    depth = {"rgb": 3, "rgba": 4}.get(kind, 1)
    palette = rng.integers(0, 256, (200, 3), dtype=np.uint8) if kind == "palette" else None
    pixels = rng.integers(0, 200, (*SIZE, depth), dtype=np.uint8)
    (tmp_path / "a.tga").write_bytes(targa(pixels, flags, palette, packed))
    for size in ((31, 41), (9, 8)):
        target, samples, info = written(tmp_path / "a.tga", size)
        assert np.array_equal(formats.read(target).samples, samples)
        if not flags & 0x10:  # Pillow knows no right to left
            assert np.array_equal(seen(target, info), samples)
        old, new = (tmp_path / "a.tga").read_bytes(), target.read_bytes()
        ahead = 22 + (600 if palette is not None else 0)
        assert new[:12] + new[16:ahead] == old[:12] + old[16:ahead]
        extension, directory = struct.unpack_from("<II", new, len(new) - 26)
        assert struct.unpack_from("<H", new, extension) == (495,) and new[extension + 494] == 3
        assert struct.unpack_from("<II", new, extension + 486) == (0, 0)
        _, tag, offset, count = struct.unpack_from("<HHII", new, directory)
        assert (tag, new[offset : offset + count]) == (7, b"hello")


@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize("depth", [3, 4])
def test_a_bmp_keeps_its_row_order_and_its_profile(up: bool, depth: int, tmp_path: Path) -> None:
    """A header of the fifth version, a gap ahead of the pixels, and the profile behind them."""
    height, width = SIZE
    rows = np.random.default_rng(0).integers(0, 256, (height, width, depth), dtype=np.uint8)
    stride = -(-width * depth // 4) * 4
    body = b"".join(row.tobytes().ljust(stride, b"\0") for row in (rows[::-1] if up else rows))
    start = 14 + 124 + 6
    fields = (124, width, height if up else -height, 1, 8 * depth, 0, len(body), 2835, 2835, 0, 0)
    head = struct.pack("<IiiHHIIiiII", *fields) + struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"DEBM"
    head += bytes(48) + struct.pack("<4I", 4, start + len(body) - 14, len(PROFILE), 0)
    whole = b"BM" + struct.pack("<IHHI", start + len(body) + len(PROFILE), 0, 0, start) + head + b"in gap" + body
    (tmp_path / "a.bmp").write_bytes(whole + PROFILE)
    for size in ((31, 41), (9, 7)):
        target, samples, _ = written(tmp_path / "a.bmp", size)
        new = target.read_bytes()
        assert struct.unpack_from("<I", new, 2) == (len(new),) and new[138:144] == b"in gap"
        assert struct.unpack_from("<ii", new, 18) == (size[1], size[0] if up else -size[0])
        at, count = struct.unpack_from("<II", new, 126)
        assert new[14 + at : 14 + at + count] == PROFILE
        assert np.array_equal(formats.read(target).samples, samples)
        with Image.open(target) as picture:
            assert np.array_equal(np.asarray(picture.convert("RGB")), samples[:, :, :3]) and picture.size == size[::-1]


def test_windows_of_an_exr_keep_their_origins_and_the_margin(tmp_path: Path) -> None:
    path = ALL["exr-window"](tmp_path, *SIZE, np.random.default_rng(0))
    file = OpenEXR.File(str(path), separate_channels=True)
    file.parts[0].header["preview"] = OpenEXR.PreviewImage(4, 4)
    file.write(str(path))
    header = OpenEXR.File(str(written(path, (31, 41))[0])).header()
    assert [list(corner) for corner in header["dataWindow"]] == [[3, -2], [43, 28]]
    assert [list(corner) for corner in header["displayWindow"]] == [[0, 0], [53, 50]]
    assert header["owner"] == "someone"
    assert "preview" in OpenEXR.File(str(path)).header() and "preview" not in header
    same = ALL["exr-tiles"](tmp_path, *SIZE, np.random.default_rng(0))
    header = OpenEXR.File(str(written(same, (31, 41))[0])).header()
    assert list(header["displayWindow"][1]) == list(header["dataWindow"][1]) == [40, 30]
    assert (header["type"], header["tiles"].xSize) == (OpenEXR.tiledimage, 32)


def test_parts_of_an_exr_grow_together(tmp_path: Path) -> None:
    path = MAKERS["exr-parts"](tmp_path, *SIZE, np.random.default_rng(0))
    parts = OpenEXR.File(str(written(path, (31, 41))[0]), separate_channels=True).parts
    assert [(p.name(), p.height(), p.width()) for p in parts] == [("diffuse", 31, 41), ("height", 31, 41)]
    assert parts[0].channels["R"].pixels.dtype == np.float16 and parts[1].channels["Y"].pixels.dtype == np.float32


def test_an_exr_with_what_cannot_grow_is_refused(tmp_path: Path) -> None:
    info = formats.probe(MAKERS["exr-half"](tmp_path, *SIZE, np.random.default_rng(0)))
    with pytest.raises(InputError, match="its channels id keep theirs"):
        formats.resized(info, 40, 40)
    shape = {"displayWindow": window((0, 0), (7, 7)), "type": OpenEXR.scanlineimage}
    one = OpenEXR.Part({"name": "one", **shape}, {"R": np.zeros((8, 8), np.float32)})
    two = OpenEXR.Part({"name": "two", **shape}, {"G": np.zeros((4, 4), np.float32)})
    OpenEXR.File([one, two]).write(str(tmp_path / "b.exr"))
    with pytest.raises(InputError, match=r"two\.G keep theirs.*without them first\.$"):
        formats.resized(formats.probe(tmp_path / "b.exr"), 40, 40)


@pytest.mark.parametrize("size", [b"-Y         20 +X         17\r\n", b"-Y 20 +X 17\n"])
def test_a_header_of_a_radiance_file_stays_but_for_the_numbers(size: bytes, tmp_path: Path) -> None:
    path = MAKERS["hdr"](tmp_path, *SIZE, np.random.default_rng(0))
    path.write_bytes(path.read_bytes().replace(b"-Y 20 +X 17\n", size))
    target = written(path, (31, 6))[0]  # too narrow for runs
    head = path.read_bytes().partition(size)[0]
    assert target.read_bytes().startswith(head + size.replace(b"20", b"31").replace(b"17", b"6"))
    assert formats.read(target).samples.shape == (31, 6, 3)


@pytest.mark.parametrize("name", [name for name in MAKERS if name.startswith("npy")])
def test_an_array_keeps_its_version_type_and_dimensions(name: str, tmp_path: Path) -> None:
    path = MAKERS[name](tmp_path, *SIZE, np.random.default_rng(0))
    target, _, info = written(path, (1031, 41))
    old, new = np.load(path), np.load(target)
    assert (new.dtype, new.ndim, new.shape[:2]) == (old.dtype, old.ndim, (1031, 41))
    assert target.read_bytes()[:8] == path.read_bytes()[:8] and (target.stat().st_size - new.nbytes) % 64 == 0
    assert info.nbytes == new.nbytes


def test_one_picture_of_a_moving_one_is_written(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full(SIZE, value, np.uint8)) for value in (10, 200)]
    stream = io.BytesIO()
    frames[0].save(stream, "PNG", save_all=True, append_images=frames[1:])
    (tmp_path / "a.png").write_bytes(stream.getvalue())
    target, samples, _ = written(tmp_path / "a.png", (31, 41))
    with Image.open(target) as picture:
        assert getattr(picture, "n_frames", 1) == 1
        assert np.array_equal(np.asarray(picture), samples[:, :, 0])
