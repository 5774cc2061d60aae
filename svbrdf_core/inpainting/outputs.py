"""Refusals of paths that must not be written, before any work is done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from svbrdf_core.errors import InputError, OutputError
from svbrdf_core.material import Material
from svbrdf_core.sentences import IN_PLACE, OVERWRITE


def check_folder(out: Path, material: Material, *, in_place: bool, overwrite: bool, variations: int) -> None:
    """Refuse an output folder that saving would refuse, before any work is done.

    Raises:
        InputError: it is the input folder without ``in_place``, or named like an image.
        OutputError: it is a file, or holds files of the names to be written without ``overwrite``.
    """
    sources = [p.file.path for binding in material.maps.values() for p in binding.places]
    if out.is_dir() and out.samefile(sources[0].parent):
        if not in_place:
            raise InputError(f"{out} is the input folder; give another output folder", IN_PLACE)
        return
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file, not a folder; give another output folder.")
    if not out.exists() and out.suffix.lower() in (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".exr", ".npy"):
        raise InputError(f"{out} is named like an image, and -o takes a folder; give a name without an ending.")
    names = [out / "v1"] if variations > 1 else [out / path.name for path in sources]
    clash = next((name for name in names if name.exists()), None)
    if clash is not None and not overwrite:
        raise OutputError(f"{clash} exists already; give another folder", OVERWRITE)


def check_apart(path: Path, out: Path, material: Material) -> None:
    """Refuse a picture that would take the place of a map in the output folder, or in one of several there.

    Raises:
        InputError: it would.
    """
    above, names = path.resolve().parent, {file.stem.casefold() for file in material.files()}
    if out.resolve() in (above, above.parent) and path.stem.casefold() in names:
        raise InputError(f"{path} is where a repaired map goes; give another name.")


def check_picture(path: Path | None, inputs: Sequence[Path], *, overwrite: bool) -> None:
    """Refuse a picture that could not or should not be written, before any work is done.

    Raises:
        InputError: it is not named as a PNG, or is one of the inputs.
        OutputError: it exists already, without ``overwrite``.
    """
    if path is None:
        return
    if path.suffix.lower() != ".png":
        raise InputError(f"{path} will be a PNG; give a name that ends in .png.")
    if path.exists() and any(path.samefile(other) for other in inputs if other.exists()):
        raise InputError(f"{path} is one of the inputs; give another name.")
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists already; give another name", OVERWRITE)
