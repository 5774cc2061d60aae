"""Image files as native samples: read, described, and written back with new samples."""

from svbrdf_core.formats.atomic import write_file, write_files, write_texts
from svbrdf_core.formats.backup import replace_files
from svbrdf_core.formats.files import (
    SUFFIXES,
    check_unchanged,
    decode,
    encode,
    is_converted,
    probe,
    read,
    read_image,
    resized,
    write_exr,
    write_new,
    write_png,
)
from svbrdf_core.formats.jpeg import encode_again as encode_jpeg_again
from svbrdf_core.formats.raster import MAX_PIXELS, Raster, RasterInfo, Samples

__all__ = [
    "MAX_PIXELS",
    "SUFFIXES",
    "Raster",
    "RasterInfo",
    "Samples",
    "check_unchanged",
    "decode",
    "encode",
    "encode_jpeg_again",
    "is_converted",
    "probe",
    "read",
    "read_image",
    "replace_files",
    "resized",
    "write_exr",
    "write_file",
    "write_files",
    "write_new",
    "write_png",
    "write_texts",
]
