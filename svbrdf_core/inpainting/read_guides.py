"""The guides that a request names, read at the size of its canvas and of what it copies from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from svbrdf_core.errors import InputError, MaskError
from svbrdf_core.formats import read_image
from svbrdf_core.inpainting.canvas import RequestedCanvas
from svbrdf_core.inpainting.examples import Example
from svbrdf_core.inpainting.guides import Bytes, Floats, Guides
from svbrdf_core.material.hole import sources_of, union_mask
from svbrdf_core.request import ExtendSpec, GuideSpec, InpaintRequest, InputFile
from svbrdf_core.run import Run


def read_guides(
    request: InpaintRequest, canvas: RequestedCanvas, run: Run
) -> tuple[Guides | None, tuple[Example, ...]]:
    """Return what a fill follows, None if there is nothing, and the examples with their colours.

    Args:
        request: what is wanted.
        canvas: what is filled.
        run: takes notes about the structure.

    Raises:
        InputError: a picture cannot be read, has another size, or is missing for what is copied from.
        MaskError: a part of the structure cannot be used.
    """
    spec, material = request.guides, canvas.material
    if spec == GuideSpec():
        return None, canvas.examples
    _check_source_colours(request, canvas)
    size = material.height, material.width
    labels = np.empty((*size, 0), np.uint8)
    if spec.colours is not None:
        labels = _read_colours(spec.colours.path, size, "the guide")
    if spec.protect:
        structure, notes = union_mask(list(spec.protect), size, sources_of(material))
        for note in notes:
            run.note(note)
        if structure.any():
            labels = np.concatenate([labels, np.where(structure[..., None] > 0, 255, 0).astype(np.uint8)], axis=2)
        else:
            run.note("The structure that is to go on lies nowhere in the picture, so none is followed.")
    angles = None
    if isinstance(spec.grain, InputFile):
        angles = _read_angles(spec.grain.path, size)
    if not labels.shape[2] and spec.grain is None:
        return None, canvas.examples
    guides = Guides(labels, angles, spec.grain is not None)
    return guides, tuple(_with_colours(request, canvas, example, labels) for example in canvas.examples)


def _check_source_colours(request: InpaintRequest, canvas: RequestedCanvas) -> None:
    """See that the colours of what is copied from are of any use.

    Raises:
        InputError: there are none to follow with them, or nothing else is copied from.
    """
    spec = request.guides
    if spec.source_colours is None:
        return
    if spec.colours is None:
        raise InputError("There is a guide of what is copied from and none of what is filled; give both, or neither.")
    if not canvas.examples or (isinstance(request.canvas, ExtendSpec) and not request.examples):
        raise InputError(
            "The guide of what is copied from is of another picture, and there is none but this; leave it out."
        )


def _with_colours(request: InpaintRequest, canvas: RequestedCanvas, example: Example, labels: Bytes) -> Example:
    """Return an example with its colours.

    Raises:
        InputError: there are none for it, or they have another size.
    """
    count, size = labels.shape[2], example.allowed.shape
    spec = request.guides
    if isinstance(request.canvas, ExtendSpec) and not request.examples and canvas.origin is not None:
        rows, columns = canvas.origin
        own = labels[rows : rows + size[0], columns : columns + size[1]]
        return replace(example, labels=own)
    if not count:
        return example
    if spec.source_colours is None:
        raise InputError("The guide has no colours for what is copied from; give a picture of these too.")
    if len(canvas.examples) > 1:
        raise InputError(
            "The guide of what is copied from is of one material, and there are several; copy from one alone."
        )
    if spec.protect:
        raise MaskError(
            "Structure is painted in the picture that is filled, and what is copied from is another one; say with "
            "colours in both what is structure."
        )
    found = _read_colours(spec.source_colours.path, None, "the guide of what is copied from")
    rows, columns = (np.arange(length) * of // length for length, of in zip(size, found.shape, strict=False))
    return replace(example, labels=found[np.ix_(rows, columns)])


def _read_angles(path: Path, size: tuple[int, int]) -> Floats:
    """Return the angles ``(H, W)`` that the greys of a picture stand for, in radians; NaN where it is transparent.

    Raises:
        InputError: it cannot be read, or has another size.
    """
    values = _read_picture(path, size, "the picture of the grain")
    colours = values[:, :, :3] if values.shape[2] >= 3 else values[:, :, :1]
    angles = colours.mean(axis=2) * np.float32(np.pi)
    if values.shape[2] in (2, 4):
        angles[values[:, :, -1] < 0.5] = np.nan
    return np.asarray(angles, np.float32)


def _read_colours(path: Path, size: tuple[int, int] | None, name: str) -> Bytes:
    """Return a picture ``(H, W, 3)`` of 8 bits.

    Raises:
        InputError: it cannot be read, or has another size.
    """
    values = _read_picture(path, size, name)
    colours = values[:, :, :3] if values.shape[2] >= 3 else np.repeat(values[:, :, :1], 3, axis=2)
    return np.asarray(colours * 255 + 0.5, np.uint8)


def _read_picture(path: Path, size: tuple[int, int] | None, name: str) -> Floats:
    """Return the samples ``(H, W, C)`` of a picture, 0..1.

    Raises:
        InputError: it cannot be read, or has another size.
    """
    raster = read_image(path)
    found = raster.info.height, raster.info.width
    if size is not None and found != size:
        raise InputError(
            f"{name[:1].upper() + name[1:]} {path.name} is {found[1]} x {found[0]}, and the result {size[1]} x "
            f"{size[0]}; make it of that size."
        )
    values = np.nan_to_num(raster.samples.astype(np.float32) / np.float32(raster.info.full_scale))
    return np.asarray(np.clip(values, 0, 1), np.float32)
