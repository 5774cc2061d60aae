"""Plain data of one repair: the material to load, the hole, the method and the output.

The one request of the command line, the HTTP body, the line to a worker, batches and reports: `InpaintRequest.to_json`
and `from_json` are its only codec (`svbrdf_core.codec`), and the fields' descriptions its only documentation. Standard
library only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from svbrdf_core.codec import LOCAL, Files, InputFile, OutputFile, decode, encode, input_files, option
from svbrdf_core.codec.plain import Json

__all__ = [
    "ExtendSpec",
    "GrowSpec",
    "GuideSpec",
    "HoleSpec",
    "InpaintRequest",
    "InputFile",
    "LoadOptions",
    "MaskShape",
    "MethodChoice",
    "NormalConvention",
    "OutputFile",
    "OutputSpec",
    "TileMask",
    "TileSpec",
]

NormalConvention = Literal["auto", "opengl", "directx"]
SHAPE = r"^(rect|circle|polygon|key|brush):[^/\\]+$|^(alpha|nan)$"
DEVICE = "^(auto|cpu|mps|cuda(:[0-9]{1,3})?)$"
READING, HOLE, FILLING, WRITING = "How the files are read", "The hole", "The fill", "What is written"
CANVAS, GUIDES = "The canvas", "Guides"
LONGEST = 65_536
"""Pixels of a side at the most."""


@dataclass(frozen=True)
class LoadOptions:
    """How the files of a material are read.

    Attributes:
        path: the folder of the maps, or one image file.
        overrides: map name to ``FILE`` or ``FILE:CHANNELS``, for files whose names do not tell.
        only: the maps to repair; all if None.
        also: images to take along that are not recognised.
        set_name: which set, where the folder holds several.
        normal: convention of the normal map.
        max_pixels: files that claim more are refused; None for `svbrdf_core.MAX_PIXELS`.
    """

    path: Path = option(description="A folder of maps, or one image file.", metavar="FOLDER")
    overrides: Mapping[str, str] = option(
        factory=dict, description="Say which file is a map.", max_length=64, flags=("--map",),
        metavar="NAME=FILE[:CHANNEL]",
    )  # fmt: skip
    only: tuple[str, ...] | None = option(
        None, "Leave all other maps as they are.", min_length=1, max_length=64, metavar="MAP,…"
    )
    also: tuple[str, ...] = option((), "Take along images that are not recognised.", max_length=64, metavar="NAME,…")
    set_name: str | None = option(
        None, "Which set, where a folder holds several.", max_length=200, flags=("--set",), metavar="NAME"
    )
    normal: NormalConvention = option("auto", "Convention of the normal map.")
    max_pixels: int | None = option(None, "Refuse images that claim more pixels.", ge=1, metavar="N", local=True)


@dataclass(frozen=True)
class MaskShape:
    """A part of a hole in words.

    Attributes:
        shape: ``rect:X,Y,W,H``, ``circle:X,Y,R``, ``polygon:X,Y,…``, ``key:#RRGGBB~TOLERANCE``, ``alpha``, ``nan``,
            ``brush:SEED``; numbers are pixels or %.
    """

    shape: str = option(description="e.g. rect:10,20,64,64 or circle:50%,50%,20", pattern=SHAPE, max_length=100_000)


@dataclass(frozen=True)
class TileMask:
    """A part of a hole in one tile of a set of UDIM tiles.

    Attributes:
        tile: UDIM number.
        mask: the part, a picture of the tile or a shape in its pixels.
    """

    tile: int = option(description="UDIM number of the tile, e.g. 1001", ge=1001, le=2000)
    mask: MaskShape | InputFile = option(description="The part, in the pixels of the tile.")


@dataclass(frozen=True)
class HoleSpec:
    """Where a material is repaired; what is done to the masks is done in this order: invert, grow, feather.

    Attributes:
        masks: parts of the hole, which add up; none where a canvas makes a hole of its own.
        forbid: parts of where nothing may be copied from.
        invert: black is the hole.
        grow: pixels to grow the hole by; negative shrinks.
        feather: pixels of a soft rim outside the hole.
        tileable: whether the edges of the material meet; None to find out.
    """

    masks: tuple[MaskShape | InputFile | TileMask, ...] = option(
        (), "A mask image (white = hole), or rect:X,Y,W,H, circle:X,Y,R, polygon:X,Y,…, "
        "key:#RRGGBB~TOLERANCE, alpha, nan, brush:SEED; numbers are pixels or %. Several make one hole together. "
        "Of UDIM tiles mask.<UDIM>.png, a folder of such images, or one tile's as 1002:HOLE.",
        max_length=256, flags=("--mask", "-m"), metavar="HOLE",
    )  # fmt: skip
    forbid: tuple[MaskShape | InputFile | TileMask, ...] = option(
        (), "Where nothing may be copied from.", max_length=256, metavar="HOLE"
    )
    invert: bool = option(False, "Black is the hole, not white; done before it grows.")
    grow: float = option(0.0, "Grow the hole; negative shrinks.", ge=-10_000, le=10_000, metavar="PX")
    feather: float = option(0.0, "Soft rim outside the hole.", ge=0, le=10_000, metavar="PX")
    tileable: bool | None = option(
        False, "Whether the edges meet around (default: no).", flags=("--tileable/--no-tileable",), panel=FILLING,
        none_flag="--auto", none_description="Find out from the material whether it tiles.",
    )  # fmt: skip


@dataclass(frozen=True)
class GuideSpec:
    """What a fill follows besides its surroundings; pictures are of the size of the result.

    Attributes:
        colours: picture of all that is filled and around it: what has one colour becomes alike.
        source_colours: the same of what is copied from, where that is another picture: of a sheet the material itself,
            else the material that is copied from.
        protect: parts of the picture, in the hole and around it, that are structure, such as bricks or vines: they are
            copied from structure alone, and all else from the rest.
        grain: how the grain runs in the hole, as a grey picture: black to white are 0 to 180 degrees, counter-clockwise
            from left to right, and where it is transparent the grain goes on as it runs around; turned copies are taken
            then, as it may run where the material's does not. ``auto`` lets it go on in the whole hole.
    """

    colours: InputFile | None = option(
        None, "A picture of colours: what has one colour becomes alike.", flags=("--guide",), metavar="FILE"
    )
    source_colours: InputFile | None = option(
        None, "The colours of what is copied from, where that is another picture.", flags=("--guide-of-source",),
        metavar="FILE",
    )  # fmt: skip
    protect: tuple[MaskShape | InputFile, ...] = option(
        (), "Structure, in the hole and around it, that goes on from where it is.", max_length=256, metavar="HOLE"
    )
    grain: InputFile | Literal["auto"] | None = option(
        None, "How the grain runs in the hole: a grey picture, black to white for 0 to 180 degrees, or auto.",
        metavar="FILE|auto",
    )  # fmt: skip


@dataclass(frozen=True)
class ExtendSpec:
    """A larger canvas, whose new sides are filled so that the material goes on.

    Attributes:
        left, right, top, bottom: pixels that are added on each side.
        to: width and height of the canvas; what the sides leave of it is added half on either side.
    """

    left: int = option(0, "Pixels to add on the left.", ge=0, le=LONGEST, metavar="PX")
    right: int = option(0, "Pixels to add on the right.", ge=0, le=LONGEST, metavar="PX")
    top: int = option(0, "Pixels to add above.", ge=0, le=LONGEST, metavar="PX")
    bottom: int = option(0, "Pixels to add below.", ge=0, le=LONGEST, metavar="PX")
    to: tuple[int, int] | None = option(None, "Width and height that the maps are to have.")


@dataclass(frozen=True)
class TileSpec:
    """A material whose edges are to meet: bands along them are filled anew.

    Attributes:
        axis: which edges are to meet: the left and right ones (``x``), the upper and lower ones (``y``), or all.
        band: the widest band, both of its sides together, in % of the picture; the narrowest that does it is used.
        flatten: whether light that changes slowly over the picture is taken out first, of colours and heights.
    """

    axis: Literal["x", "y", "both"] = option(
        "both", "Which edges are to meet: left and right (x), top and bottom (y), or both."
    )
    band: float = option(
        15.0, "The widest band to fill, in % of the picture; the narrowest that does it is used.", gt=0, le=50,
        metavar="%",
    )  # fmt: skip
    flatten: bool = option(False, "Take out light that changes slowly over the picture first.")


@dataclass(frozen=True)
class GrowSpec:
    """A new sheet made of the material, which is the example for it.

    Attributes:
        size: width and height of the sheet.
    """

    size: tuple[int, int] = option(description="Width and height of the sheet.")


CanvasSpec = ExtendSpec | TileSpec | GrowSpec
"""How the picture itself changes."""


@dataclass(frozen=True)
class MethodChoice:
    """How a hole is filled.

    Attributes:
        name: of the method, one of ``svbrdf_core.method_names()``.
        settings: of the method, by name: only what differs from its defaults. Nested settings are mappings, files
            `InputFile`; what there is and which values it takes is for the method's settings class to say.
        seed: of the first fill; each further one takes the next.
        variations: how many fills, of which the best comes first.
        from_step: share of the steps of the diffusion that variations of a fill go through anew, above 0 to 1: near 0
            they differ in detail alone, at 1 they are fills of their own. What is varied is the former result that the
            request names, else the first of the fills.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N``, ``mps``.
    """

    name: str = option(
        "patch", "How to fill: patch, diffusion, auto (the better), or another that docs/methods.md lists.",
        min_length=1, max_length=200, flags=("--method",),
    )  # fmt: skip
    settings: Mapping[str, object] = option(
        factory=dict, description="A setting of the method, as levels=5 or patch.mirrors=true.",
        max_length=64, flags=("--option",), metavar="NAME=VALUE",
    )  # fmt: skip
    seed: int = option(0, "Another seed, another fill.", ge=0, le=2**53)
    variations: int = option(
        1, "Fill N times (seeds SEED, SEED+1, …) to OUT/v1…, best first.", ge=1, le=10_000, metavar="N"
    )
    from_step: float = option(
        1.0, "How much variations of a fill differ: the share of the diffusion's steps, above 0 to 1, that they go "
        "through anew.", gt=0, le=1, metavar="SHARE",
    )  # fmt: skip
    device: str = option("auto", "What to compute on.", pattern=DEVICE, choices=("auto", "cpu", "cuda", "mps"))


@dataclass(frozen=True)
class OutputSpec:
    """Where a result goes.

    Attributes:
        folder: to write to; several variations go to ``v1``, ``v2``, … in it.
        in_place: whether the folder is the material's own; the originals go to a backup folder in it.
        overwrite: whether files that exist are replaced.
        keep_jpeg: whether what was a JPEG is one again, at the same quantisation tables; else it becomes a PNG.
        preview: PNG to draw before, after and difference of each map to.
        source_map: PNG to draw to where each filled pixel was copied from.
    """

    folder: Path = option(
        description="The folder for the repaired maps.", local=True, flags=("--out", "-o"), metavar="OUT"
    )
    in_place: bool = option(False, "Write to FOLDER itself; the originals go to a backup folder in it.", local=True)
    overwrite: bool = option(False, "Replace files that exist.", local=True)
    keep_jpeg: bool = option(
        False, "Write JPEG for JPEG, as strongly compressed as it was; pixels beyond the hole change a little."
    )
    preview: OutputFile | None = option(None, "Draw before, after and difference of each map.", metavar="FILE.png")
    source_map: OutputFile | None = option(None, "Draw where each filled pixel was copied from.", metavar="FILE.png")


@dataclass(frozen=True, kw_only=True)
class InpaintRequest:
    """Everything about one repair, as plain data that can be pickled, compared and sent.

    Attributes:
        source: the material.
        hole: where it is repaired.
        method: how.
        output: where the result goes.
        canvas: how the picture itself changes; None if only a hole in it is filled.
        guides: what the fill follows besides its surroundings.
        examples: materials to copy from in place of the material itself; of a sheet, besides it.
        former: an earlier result, with the same hole filled, that the fills vary; None to vary none, or the first.
    """

    source: LoadOptions = option(description=READING, local=True)
    hole: HoleSpec = option(factory=HoleSpec, description=HOLE)
    method: MethodChoice = option(factory=MethodChoice, description=FILLING)
    output: OutputSpec = option(description=WRITING)
    canvas: CanvasSpec | None = option(None, CANVAS)
    guides: GuideSpec = option(factory=GuideSpec, description=GUIDES)
    examples: tuple[LoadOptions, ...] = option((), "Materials to copy from.", max_length=16, local=True)
    former: LoadOptions | None = option(None, "An earlier result to vary.", local=True)

    def __post_init__(self) -> None:
        if self.canvas is None and not self.hole.masks:
            raise ValueError("hole.masks is empty, and there is no canvas; give a mask of what to repair")

    def to_json(self, files: Files = LOCAL) -> Json:
        """Return the request as JSON; see `svbrdf_core.codec.encode`."""
        return encode(self, files)

    @classmethod
    def from_json(
        cls, data: object, files: Files = LOCAL, *, supplied: Mapping[str, Any] | None = None
    ) -> InpaintRequest:
        """Return the request that JSON stands for.

        Args:
            data: what ``json.loads`` returned.
            files: how files are named.
            supplied: values by field path (``source``, ``output.folder``) that the data must not have.

        Raises:
            InputError: the data are no request; the sentence names the field.
        """
        return decode(cls, data, "", files, supplied=supplied or {})

    def files(self) -> Mapping[str, Path]:
        """Return the files that are read besides the material's, by field path: ``hole.masks[0]``."""
        return input_files(self)
