"""Inpainting request in the form of the service's HTTP API, with the pixels of its images and masks.

The add-on has a licence and a process of its own, so this is a copy of the core's ``InpaintRequest``: the same names,
nested in the same way. `InpaintRequest.material_json` and `InpaintRequest.job_json` are the bodies of
``POST /v1/materials`` and ``POST /v1/jobs``. Both name files by their digests and send nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..client import Source
from .input_files import InputFile, check_readable, encode_files, find_files, make_sources

Json = dict[str, Any]
MAX_NAME_BYTES = 60
"""Bytes of a material's name at the service."""


@dataclass(frozen=True)
class LoadOptions:
    """How the files of a material are read.

    Attributes:
        path: name of the one file that is the material; empty where several are.
        set_name: which set, where the files are of several.
        overrides: map to ``FILE`` or ``FILE:CHANNELS``, as in ``{"roughness": "2.png:G"}``.
        only: fill these maps alone; None fills all.
        also: names of further images to fill along.
        normal: convention of the normal map: ``opengl``, ``directx`` or ``auto``.
    """

    path: str = ""
    set_name: str | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] | None = None
    also: tuple[str, ...] = ()
    normal: str = "auto"

    def to_json(self) -> Json:
        """Return the ``source`` of a material."""
        return {
            "path": self.path,
            "set_name": self.set_name,
            "overrides": dict(self.overrides),
            "only": None if self.only is None else list(self.only),
            "also": list(self.also),
            "normal": self.normal,
        }


@dataclass(frozen=True)
class MaskShape:
    """A part of a mask in words, such as ``rect:10,20,64,64``."""

    shape: str


Mask = MaskShape | NDArray[np.uint8]
"""A shape, or samples ``(H, W)``, top row first, more than 0 where the mask is."""


@dataclass(frozen=True)
class HoleSpec:
    """What is to be filled.

    Attributes:
        masks: together they are the hole; none where a canvas brings one of its own.
        forbid: masks of where nothing may be copied from.
        invert: whether 0 is the hole.
        grow: pixels to grow the hole by.
        feather: pixels of a soft rim outside the hole.
        tileable: whether the edges meet around; None finds out.
    """

    masks: tuple[Mask, ...] = field(repr=False)
    forbid: tuple[Mask, ...] = field(default=(), repr=False)
    invert: bool = False
    grow: float = 0.0
    feather: float = 0.0
    tileable: bool | None = None

    def files(self) -> tuple[Source, ...]:
        """Return the masks that are pixels, as they are sent: 255 where the mask is, else 0."""
        return (*_mask_sources("mask", self.masks), *_mask_sources("forbid", self.forbid))

    def to_json(self, digests: Mapping[str, str]) -> Json:
        """Return the ``hole`` of a job; ``digests`` are those of `files`, by name."""
        return {
            "masks": _masks_json("mask", self.masks, digests),
            "forbid": _masks_json("forbid", self.forbid, digests),
            "invert": self.invert,
            "grow": float(self.grow),
            "feather": float(self.feather),
            "tileable": self.tileable,
        }


@dataclass(frozen=True)
class MethodChoice:
    """How the hole is filled.

    Attributes:
        name: as the service calls the method.
        settings: of the method, in JSON but for its files, each an `InputFile`.
        seed: of the first variation.
        variations: how many.
        from_step: how much the others vary the first, up to 1 for all of it.
        device: ``auto``, ``cpu``, ``mps`` or ``cuda``.
    """

    name: str = "patch"
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    variations: int = 1
    from_step: float = 1.0
    device: str = "auto"

    def input_files(self) -> dict[str, InputFile]:
        """Return the files among the settings, by the path of the field."""
        return find_files(self.settings, "method.settings")

    def check_files(self) -> None:
        """Find out whether the files among the settings can be read.

        Raises:
            UserError: one cannot.
        """
        check_readable(self.input_files())

    def to_json(self, digests: Mapping[str, str]) -> Json:
        """Return the ``method`` of a job; ``digests`` are those of `input_files`, by field."""
        return {
            "name": self.name,
            "settings": encode_files(self.settings, "method.settings", digests),
            "seed": self.seed,
            "variations": self.variations,
            "from_step": float(self.from_step),
            "device": self.device,
        }


@dataclass(frozen=True)
class OutputSpec:
    """What is made besides the maps.

    Attributes:
        keep_jpeg: whether what was a JPEG is one again; else it becomes a PNG.
        preview: whether to draw a sheet of before, after and difference.
        source_map: whether to draw where pixels were copied from.
    """

    keep_jpeg: bool = False
    preview: bool = False
    source_map: bool = False

    def to_json(self) -> Json:
        """Return the ``output`` of a job."""
        return {"keep_jpeg": self.keep_jpeg, "preview": self.preview, "source_map": self.source_map}


@dataclass(frozen=True)
class ExtendSpec:
    """A larger picture, whose new sides are filled so that the material goes on.

    Attributes:
        left, right, top, bottom: pixels that are added on each side.
    """

    left: int = 0
    right: int = 0
    top: int = 0
    bottom: int = 0

    def to_json(self) -> Json:
        """Return the ``canvas`` of a job."""
        return {"left": self.left, "right": self.right, "top": self.top, "bottom": self.bottom}


@dataclass(frozen=True)
class TileSpec:
    """A picture whose edges are to meet: bands along them are filled anew.

    Attributes:
        axis: which edges are to meet: the left and right ones (``x``), the upper and lower ones (``y``), or ``both``.
        band: the widest band, in % of the picture.
        flatten: whether light that changes slowly over the picture is taken out first.
    """

    axis: str = "both"
    band: float = 15.0
    flatten: bool = False

    def to_json(self) -> Json:
        """Return the ``canvas`` of a job."""
        return {"axis": self.axis, "band": float(self.band), "flatten": self.flatten}


@dataclass(frozen=True)
class GrowSpec:
    """A new sheet made of the material, which is the example for it.

    Attributes:
        size: width and height of the sheet.
    """

    size: tuple[int, int]

    def to_json(self) -> Json:
        """Return the ``canvas`` of a job."""
        return {"size": list(self.size)}


CanvasSpec = ExtendSpec | TileSpec | GrowSpec
"""How the picture itself changes."""


@dataclass(frozen=True)
class GuideSpec:
    """What a fill follows besides its surroundings; pictures have the size of the result, the top row first.

    Attributes:
        colours: ``(H, W, 3)`` of all that is filled and around it: what has one colour becomes alike.
        source_colours: the same of what is copied from, where that is another picture: of a sheet the material itself.
        protect: masks of structure that goes on from structure alone.
        grain: ``(H, W)``, how the grain runs in the hole: 0 to 255 for 0 to 180 degrees, counter-clockwise from left to
            right; ``auto`` lets it go on as it runs around the hole.
    """

    colours: NDArray[np.uint8] | None = field(default=None, repr=False)
    source_colours: NDArray[np.uint8] | None = field(default=None, repr=False)
    protect: tuple[Mask, ...] = field(default=(), repr=False)
    grain: NDArray[np.uint8] | Literal["auto"] | None = field(default=None, repr=False)

    @property
    def _pictures(self) -> dict[str, NDArray[np.uint8]]:
        named = {"colours": self.colours, "source_colours": self.source_colours, "grain": self.grain}
        return {name: value for name, value in named.items() if isinstance(value, np.ndarray)}

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._pictures or self.protect or self.grain is not None)

    def files(self) -> tuple[Source, ...]:
        """Return the pictures and masks, as they are sent."""
        pictures = (Source(f"{name}.npy", samples) for name, samples in self._pictures.items())
        return (*pictures, *_mask_sources("protect", self.protect))

    def to_json(self, digests: Mapping[str, str]) -> Json:
        """Return the ``guides`` of a job; ``digests`` are those of `files`, by name."""
        pictures = {name: {"file": digests[f"{name}.npy"], "name": f"{name}.npy"} for name in self._pictures}
        return {
            "colours": pictures.get("colours"),
            "source_colours": pictures.get("source_colours"),
            "protect": _masks_json("protect", self.protect, digests),
            "grain": pictures.get("grain", self.grain),
        }


@dataclass(frozen=True)
class InpaintRequest:
    """What is to be filled, and how.

    Attributes:
        title: what the material is called.
        images: its files.
        source: how they are read.
        hole: what is filled.
        method: how it is filled.
        output: what is made besides the maps.
        canvas: how the picture itself changes, with which there may be no hole; None if only a hole is filled.
        guides: what the fill follows besides its surroundings.
        previews: whether pictures are drawn while the job runs.
    """

    title: str
    images: tuple[Source, ...]
    source: LoadOptions
    hole: HoleSpec
    method: MethodChoice = field(default_factory=MethodChoice)
    output: OutputSpec = field(default_factory=OutputSpec)
    canvas: CanvasSpec | None = None
    guides: GuideSpec = field(default_factory=GuideSpec)
    previews: bool = True

    @property
    def name(self) -> str:
        """The title as the service takes it."""
        kept = "".join(c if c.isprintable() and c not in '/\\:*?"<>|%' else "_" for c in self.title)
        short = kept.encode("utf-8", "replace")[:MAX_NAME_BYTES].decode("utf-8", "ignore").strip(". ~")
        plain = not re.fullmatch(r"(con|prn|aux|nul|com.|lpt.|conin\$|conout\$)(\..*)?", short, re.IGNORECASE)
        return short if short and plain else "material"

    def files(self) -> tuple[Source, ...]:
        """Return all that must be sent: images, masks, guides and the files of settings."""
        return (*self.images, *self.hole.files(), *self.guides.files(), *make_sources(self.method.input_files()))

    def material_json(self, digests: Mapping[str, str]) -> Json:
        """Return the body of ``POST /v1/materials``.

        Args:
            digests: SHA-256 of each of `files`, by name.
        """
        files = [{"name": image.name, "file": digests[image.name]} for image in self.images]
        return {"files": files, "name": self.name, "source": self.source.to_json()}

    def job_json(self, material: str, digests: Mapping[str, str]) -> Json:
        """Return the body of ``POST /v1/jobs``.

        Args:
            material: the id that the service gave the material.
            digests: SHA-256 of each of `files`, by name.
        """
        return {
            "material": material,
            "hole": self.hole.to_json(digests),
            "method": self.method.to_json(digests),
            "output": self.output.to_json(),
            "canvas": None if self.canvas is None else self.canvas.to_json(),
            "guides": self.guides.to_json(digests),
            "previews": self.previews,
        }


def _name_mask(group: str, number: int) -> str:
    return f"{group}-{number}.npy"


def _mask_sources(group: str, masks: tuple[Mask, ...]) -> tuple[Source, ...]:
    """Return the masks that are pixels, as they are sent: 255 where the mask is, else 0."""
    return tuple(
        Source(_name_mask(group, number), np.where(mask > 0, 255, 0).astype(np.uint8))
        for number, mask in enumerate(masks, 1)
        if not isinstance(mask, MaskShape)
    )


def _masks_json(group: str, masks: tuple[Mask, ...], digests: Mapping[str, str]) -> list[Json]:
    names = [_name_mask(group, number) for number in range(1, len(masks) + 1)]
    return [
        {"shape": mask.shape} if isinstance(mask, MaskShape) else {"file": digests[name], "name": name}
        for name, mask in zip(names, masks, strict=True)
    ]
