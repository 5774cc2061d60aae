"""Files that are not what they should be: one sentence each, and no decoding of what a header only claims."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile

from svbrdf_core import formats
from svbrdf_core.errors import InputError


def one_sentence(error: Exception) -> None:
    text = str(error)
    assert text.endswith(".")
    assert "\n" not in text
    assert len(text) < 400


def test_truncated_at_any_length(maker: Any, tmp_path: Path) -> None:
    path = maker(tmp_path, 40, 40, np.random.default_rng(0))
    data = path.read_bytes()
    for part in (0, 3, 20, len(data) // 3, len(data) * 2 // 3):
        path.write_bytes(data[:part])
        with pytest.raises(InputError) as caught:
            formats.read(path)
        one_sentence(caught.value)


def test_truncated_jpeg(lossy: Any, tmp_path: Path) -> None:
    path = lossy[0](tmp_path, 64, 64, np.random.default_rng(0))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(InputError):
        formats.read(path)


def test_flipped_bytes_give_our_error_or_an_image(maker: Any, tmp_path: Path) -> None:
    path = maker(tmp_path, 24, 24, np.random.default_rng(0))
    data = path.read_bytes()
    rng = np.random.default_rng(1)
    for _ in range(12):
        broken = bytearray(data)
        broken[int(rng.integers(4, len(data)))] ^= int(rng.integers(1, 256))
        path.write_bytes(broken)
        try:
            formats.read(path, max_pixels=10**6)
        except InputError as error:
            one_sentence(error)


def huge_png() -> bytes:
    head = struct.pack(">IIBBBBB", 40000, 40000, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + b"IHDR"
        + head
        + bytes(4)
        + struct.pack(">I", 10)
        + b"IDAT"
        + bytes(14)
    )


def huge_tga() -> bytes:
    return struct.pack("<BBBHHBHHHHBB", 0, 0, 2, 0, 0, 0, 0, 0, 40000, 40000, 24, 0) + bytes(64)


def huge_bmp() -> bytes:
    return b"BM" + struct.pack("<IIIIiiHHIIIIII", 0, 0, 54, 40, 40000, 40000, 1, 24, 0, 0, 0, 0, 0, 0)


def huge_hdr() -> bytes:
    return b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 40000 +X 40000\n" + bytes(99)


HUGE = {"a.png": huge_png, "a.tga": huge_tga, "a.bmp": huge_bmp, "a.hdr": huge_hdr}


@pytest.mark.parametrize("name", HUGE)
def test_a_huge_claim_is_refused_before_decoding(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(HUGE[name]())
    start = time.process_time()
    with pytest.raises(InputError, match="40000 x 40000") as caught:
        formats.probe(tmp_path / name)
    one_sentence(caught.value)
    assert time.process_time() - start < 3
    assert formats.probe(tmp_path / name, max_pixels=2 * 10**9).width == 40000


def test_a_lying_ending_is_told(tmp_path: Path, png_bytes: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(png_bytes)
    info = formats.probe(tmp_path / "a.jpg")
    assert info.format == "png"
    assert "really a PNG" in info.warnings[0]


@pytest.mark.parametrize("content", [b"hello, I am no image at all", b"\0" * 100, b"FLIF" + bytes(50)])
def test_what_is_no_image_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(InputError, match="not an image") as caught:
        formats.probe(tmp_path / "a.png")
    one_sentence(caught.value)


def test_missing_empty_and_directory(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "folder.png").mkdir()
    for name in ("none.png", "empty.png", "folder.png"):
        with pytest.raises(InputError) as caught:
            formats.probe(tmp_path / name)
        one_sentence(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFO on this system")
def test_a_fifo_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(InputError, match="not a regular file"):
        formats.probe(tmp_path / "a.png")


@pytest.mark.skipif(sys.platform == "win32", reason="no such permissions on Windows")
def test_permission_denied(tmp_path: Path, png_bytes: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png_bytes)
    path.chmod(0)
    code = (
        "import os, sys\n"
        "from svbrdf_core import formats\n"
        "from svbrdf_core.errors import InputError\n"
        "if os.geteuid() == 0: os.seteuid(65534)\n"
        "try: formats.probe(sys.argv[1])\n"
        "except InputError as error: print(error)\n"
    )
    for parent in [tmp_path, *tmp_path.parents[:3]]:
        if str(parent).startswith("/tmp/pytest-of"):
            parent.chmod(0o755)
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert "cannot be read" in done.stdout


def test_a_file_that_changed_is_not_mixed_with_its_old_description(tmp_path: Path, png_bytes: bytes) -> None:
    (tmp_path / "a.png").write_bytes(png_bytes)
    info = formats.probe(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes(png_bytes + b"\0")
    with pytest.raises(InputError, match="changed"):
        formats.decode(info)


def exr_with_channels(count: int) -> bytes:
    """Return the header of an EXR of 64 x 64; it has no pixels."""
    names = b"".join(b"%06x\0" % number + struct.pack("<iIii", 1, 0, 1, 1) for number in range(count)) + b"\0"
    box = struct.pack("<iiii", 0, 0, 63, 63)
    attributes = {
        b"channels\0chlist": names,
        b"compression\0compression": b"\0",
        b"dataWindow\0box2i": box,
        b"displayWindow\0box2i": box,
    }
    head = b"".join(name + b"\0" + struct.pack("<I", len(data)) + data for name, data in attributes.items())
    return b"\x76\x2f\x31\x01\2\0\0\0" + head + b"\0"


def test_thousands_of_channels_are_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.exr").write_bytes(exr_with_channels(700_000))
    (tmp_path / "b.exr").write_bytes(exr_with_channels(4096))
    start = time.process_time()
    with pytest.raises(InputError, match="more than 4096 channels") as caught:
        formats.probe(tmp_path / "a.exr")
    one_sentence(caught.value)
    assert time.process_time() - start < 3
    assert len(formats.probe(tmp_path / "b.exr").channels) == 4096


def tiff(*changed: tuple[int, int, int, int]) -> bytes:
    """Return a grey TIFF of 8 x 8 with tags (code, type, count, value) in place of its own, or besides."""
    own = [
        (256, 3, 1, 8),
        (257, 3, 1, 8),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
        (279, 4, 1, 64),
    ]
    tags = sorted({tag[0]: tag for tag in [*own, *changed]}.values())
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + struct.pack("<I", 72) + bytes(64) + struct.pack("<H", len(tags)) + entries + bytes(4)


NONSENSE = {
    "no page.tif": b"II*\0" + bytes(200),
    "no width.tif": tiff((256, 3, 1, 0)),
    "no height.tif": tiff((257, 3, 1, 0)),
    "two widths.tif": tiff((256, 3, 2, 8)),
    "four billion widths.tif": tiff((256, 4, 0xFFFFFFFF, 8)),
    "unknown packing.tif": tiff((259, 3, 1, 4711)),
    "no pixels.hdr": b"#?RADIANCE\n\n-Y 0 +X 0\n" + bytes(99),
    "endless.hdr": b"#?RADIANCE\n\n-Y " + b"9" * 5000 + b" +X 1\n",
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_in_a_header(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(NONSENSE[name])
    with pytest.raises(InputError) as caught:
        formats.read(tmp_path / name)
    one_sentence(caught.value)


PACKED: dict[int, Callable[[np.ndarray[Any, Any]], bytes]] = {
    7: lambda samples: bytes(imagecodecs.jpeg_encode(samples)),
    50001: lambda samples: bytes(imagecodecs.webp_encode(np.repeat(samples[:, :, None], 3, axis=2), lossless=True)),
    34712: lambda samples: bytes(imagecodecs.jpeg2k_encode(samples, level=0)),
    34933: lambda samples: bytes(imagecodecs.png_encode(samples)),
}
"""Packings of TIFF that are images with a size of their own."""


def packed(code: int, data: bytes) -> bytes:
    """Return a grey TIFF of 8 x 8 whose one strip is such an image; of three channels where WebP has no other."""
    channels = 3 if code == 50001 else 1
    tags = [(259, 3, 1, code), (273, 4, 1, 200 + 64), (278, 3, 1, 8), (279, 4, 1, len(data)), (277, 3, 1, channels)]
    tags += [(262, 3, 1, 2)] if channels == 3 else []
    tags += [(258, 3, 3, 200 + 56)] if channels == 3 else []
    head = tiff(*tags)
    bits = struct.pack("<4H", 8, 8, 8, 0)
    assert len(head) <= 256
    return head.ljust(256, b"\0") + bits + data


@pytest.mark.parametrize("code", PACKED)
def test_a_strip_that_claims_more_than_its_file_is_not_decoded(code: int, tmp_path: Path) -> None:
    """A strip of a few kilobytes may claim gigabytes, whatever the size that was checked."""
    samples = np.random.default_rng(0).integers(0, 256, (8, 8), np.uint8)
    (tmp_path / "a.tif").write_bytes(packed(code, PACKED[code](samples)))
    assert formats.read(tmp_path / "a.tif").samples.shape[:2] == (8, 8)
    (tmp_path / "b.tif").write_bytes(packed(code, PACKED[code](np.zeros((128, 64), np.uint8))))
    with pytest.raises(InputError, match="claim another size"):
        formats.read(tmp_path / "b.tif")


def test_packings_whose_size_is_not_known_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(packed(50002, bytes(imagecodecs.jpegxl_encode(np.zeros((8, 8), np.uint8)))))
    with pytest.raises(InputError, match="packed as JPEGXL, which is not read here"):
        formats.probe(tmp_path / "a.tif")


def test_the_size_of_a_jpeg_2000_is_not_what_looks_like_one_before_it(tmp_path: Path) -> None:
    data = bytes(imagecodecs.jpeg2k_encode(np.zeros((96, 64), np.uint8), level=0, codecformat="jp2"))
    (tmp_path / "a.jp2").write_bytes(data)
    small = b"\xff\x4f\xff\x51" + struct.pack(">HH8IH3B", 41, 0, 8, 8, 0, 0, 8, 8, 0, 0, 1, 7, 1, 1)
    box = struct.pack(">I", 8 + len(small)) + b"free" + small
    (tmp_path / "b.jp2").write_bytes(data[:12] + box + data[12:])
    for name in ("a.jp2", "b.jp2"):
        info = formats.probe(tmp_path / name)
        assert (info.height, info.width) == (96, 64), name


@pytest.mark.parametrize("packing", [None, "zlib"])
@pytest.mark.parametrize("change", ["planes", "too few"])
def test_pixels_that_a_file_does_not_hold_are_not_made_of_other_memory(
    packing: str | None, change: str, tmp_path: Path
) -> None:
    samples = np.random.default_rng(0).integers(0, 256, (64, 48, 3), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="rgb", compression=packing, tile=(16, 16))
    data = bytearray((tmp_path / "a.tif").read_bytes())
    (at,) = struct.unpack_from("<I", data, 4)
    for entry in range(at + 2, at + 2 + 12 * struct.unpack_from("<H", data, at)[0], 12):
        code, kind, count = struct.unpack_from("<HHI", data, entry)
        if change == "planes" and code == 284:  # its 1, as a byte, is not that of the interleaved
            kind = 1
        elif change == "too few" and code in (324, 325):
            count = 5
        struct.pack_into("<HHI", data, entry, code, kind, count)
    (tmp_path / "b.tif").write_bytes(data)
    assert np.array_equal(formats.read(tmp_path / "a.tif").samples, samples)
    with pytest.raises(InputError, match="b.tif is damaged or incomplete"):
        formats.read(tmp_path / "b.tif")


def test_the_same_file_without_nonsense(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(tiff())
    assert formats.read(tmp_path / "a.tif").samples.shape == (8, 8, 1)
