"""The first bytes of a file come in, the ending of its true format goes out."""

from __future__ import annotations

from pathlib import PurePath

MAGIC: dict[bytes, str] = {
    b"\x89PNG\r\n\x1a\n": ".png", b"\xff\xd8\xff": ".jpg", b"\x76\x2f\x31\x01": ".exr", b"II*\0": ".tif",
    b"MM\0*": ".tif", b"II+\0": ".tif", b"MM\0+": ".tif", b"BM": ".bmp", b"#?RADIANCE": ".hdr", b"#?RGBE": ".hdr",
}  # fmt: skip
SAME = {".jpeg": ".jpg", ".jpe": ".jpg", ".tiff": ".tif", ".rgbe": ".hdr", ".pic": ".hdr"}
KNOWN = {*MAGIC.values(), ".webp", ".tga"}
HEAD = 16
"""Bytes that tell a format."""


def told(head: bytes, name: str) -> str:
    """Return the ending for a file with these first bytes; a TGA has none that tell, so its name says it."""
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return ".webp"
    for magic, ending in MAGIC.items():
        if head.startswith(magic):
            return ending
    return ".tga" if usual(name) == ".tga" else ""


def usual(name: str) -> str:
    """Return the ending of a file's name, in its usual spelling."""
    ending = PurePath(name.replace("\\", "/")).suffix.lower()
    return SAME.get(ending, ending)
