"""The guides that a request names, read at the size of its canvas and of what it copies from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from svbrdf_core.errors import InputError, MaskError
from svbrdf_core.formats import read_image
from svbrdf_core.inpainting.canvas import RequestedCanvas
from svbrdf_core.inpainting.examples import Example
from svbrdf_core.inpainting.guides import Bytes, Guides
from svbrdf_core.material.hole import sources_of, union_mask
from svbrdf_core.request import ExtendSpec, GuideSpec, InpaintRequest, InputFile


def read_guides(request: InpaintRequest, canvas: RequestedCanvas) -> tuple[Guides | None, tuple[Example, ...]]:
    """Return what a fill follows, None if there is nothing, and the examples with their colours.

    Raises:
        InputError: a picture cannot be read, has another size, or is missing for what is copied from.
        MaskError: a part of the structure cannot be used.
    """
    spec, material = request.guides, canvas.material
    if spec == GuideSpec():
        return None, canvas.examples
    size = material.height, material.width
    labels = np.empty((*size, 0), np.uint8)
    if spec.colours is not None:
        labels = _read_colours(spec.colours.path, size, "the guide")
    if spec.protect:
        structure, _ = union_mask(list(spec.protect), size, sources_of(material))
        labels = np.concatenate([labels, np.where(structure[..., None] > 0, 255, 0).astype(np.uint8)], axis=2)
    angles = None
    if isinstance(spec.grain, InputFile):
        angles = _read_colours(spec.grain.path, size, "the picture of the grain").mean(axis=2).astype(np.uint8)
    guides = Guides(labels, angles, spec.grain is not None)
    return guides, tuple(_with_colours(request, canvas, example, labels) for example in canvas.examples)


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
    if spec.protect:
        raise MaskError(
            "Structure is painted in the picture that is filled, and what is copied from is another one; say with "
            "colours in both what is structure."
        )
    found = _read_colours(spec.source_colours.path, None, "the guide of what is copied from")
    rows, columns = (np.arange(length) * of // length for length, of in zip(size, found.shape, strict=False))
    return replace(example, labels=found[np.ix_(rows, columns)])


def _read_colours(path: Path, size: tuple[int, int] | None, name: str) -> Bytes:
    """Return a picture ``(H, W, 3)`` of 8 bits.

    Raises:
        InputError: it cannot be read, or has another size.
    """
    raster = read_image(path)
    samples, found = raster.samples, (raster.info.height, raster.info.width)
    if size is not None and found != size:
        raise InputError(
            f"{name[:1].upper() + name[1:]} {path.name} is {found[1]} x {found[0]}, and the result {size[1]} x "
            f"{size[0]}; make it of that size."
        )
    colours = samples[:, :, :3] if samples.shape[2] >= 3 else np.repeat(samples[:, :, :1], 3, axis=2)
    values = np.nan_to_num(colours.astype(np.float32) / np.float32(raster.info.full_scale))
    return np.asarray(np.clip(values * 255 + 0.5, 0, 255), np.uint8)
