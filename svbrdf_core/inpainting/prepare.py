"""A request made ready to be done: its material, hole, method and settings, and every refusal before any work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from svbrdf_core import masks
from svbrdf_core.codec.plain import Json
from svbrdf_core.device import resolve
from svbrdf_core.errors import InputError, MaskError
from svbrdf_core.inpainting.call import find_suitable_method, usable
from svbrdf_core.inpainting.canvas import RequestedCanvas, lay_canvas
from svbrdf_core.inpainting.former import Former
from svbrdf_core.inpainting.guides import Guides
from svbrdf_core.inpainting.outputs import check_apart, check_folder, check_picture
from svbrdf_core.inpainting.read_guides import read_guides
from svbrdf_core.inpainting.tiled import TiledCanvas, describe_tiles, tiled_canvas, touched_tiles
from svbrdf_core.masks import Mask
from svbrdf_core.material import Material, TileGrid, forbidden_mask, hole_mask, load_material, tiles
from svbrdf_core.methods import Method, settings_of
from svbrdf_core.request import ExtendSpec, GrowSpec, GuideSpec, HoleSpec, InpaintRequest, InputFile, TileMask
from svbrdf_core.run import Run
from svbrdf_core.sentences import Remedy, Sentence

MOST = 0.75
"""Share of the material from which on the hole of a mask picture looks inverted."""
TILES = Remedy("tileable", "say so if it tiles")


@dataclass(frozen=True)
class Prepared:
    """A request that can be done.

    Attributes:
        request: what is wanted.
        material: as it was loaded.
        method: how the hole is filled.
        settings: of the method.
        canvas: what is filled: the material, or a canvas made of it, and the hole.
        guides: what the fill follows besides; None if there is nothing.
        grid: of the whole set, of which the material is some tiles; None if it is no set of tiles.
        former: an earlier result that is varied; None if none was given.
    """

    request: InpaintRequest
    material: Material
    method: Method
    settings: Any
    canvas: RequestedCanvas
    guides: Guides | None = None
    grid: TileGrid | None = None
    former: Material | None = None

    @property
    def size(self) -> masks.Size:
        """Height and width of the result; of tiles those of the whole set, side by side."""
        return self.canvas.mask.shape if self.grid is None else self.grid.size

    @property
    def tiles(self) -> tuple[int, ...]:
        """UDIM numbers of the tiles that the hole is on; none if the material has no tiles."""
        return touched_tiles(self.material, self.canvas.mask)

    @property
    def extent(self) -> dict[str, Json]:
        """What a report says of the hole and of the picture it is in; of tiles that is the whole set."""
        origin, (height, width) = self.canvas.origin, self.size
        own = (self.material.width, self.material.height) if self.grid is None else (width, height)
        pixels = int(np.count_nonzero(self.canvas.mask))
        return {
            "hole": {"pixels": pixels, "share": pixels / (height * width)},
            "placed": None if origin is None else [origin[1], origin[0], *own],
            "size": [width, height],
            "tiles": list(self.tiles),
        }

    @property
    def tile_notes(self) -> tuple[str, ...]:
        """What is said of these tiles, as it is among the run's notes."""
        return describe_tiles(self.material, self.canvas.mask)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is wrong with the material, as it is among the run's notes."""
        return _warnings(self.material)


def prepare(request: InpaintRequest, run: Run, *, here: bool = True) -> Prepared:
    """Return a request made ready, after everything that can be refused before any work; its notes are the run's.

    Args:
        request: what is wanted.
        run: takes warnings of the material and notes about the hole.
        here: whether this machine does the work; if not, it need not have what the method and the device ask for.

    Raises:
        InputError: a field out of bounds; a material, method, device, model, setting or output that cannot be used,
            alone or together.
        AmbiguousInput: the material can be read in several ways.
        MaskError: the hole is empty, full, of the wrong shape, or cannot be read.
        OutputError: what would be written is there already.
    """
    InpaintRequest.from_json(request.to_json())  # one that was made by hand may be out of bounds
    tiled = tiled_canvas(request)
    if tiled is None:
        material = load_material(request.source, apart=tuple(request.files().values()))
    else:
        request, material = tiled.request, tiled.material
    request = _placed(request, material)
    method = usable(request.method.name, here=here)
    settings = settings_of(method, request.method.settings)
    _check_outputs(request, material, method, settings)
    _check_variety(request)
    for note in (*_warnings(material), *material.notes):
        run.note(note)
    if tiled is None:
        mask, tileable = _mask(request, material, run)
        forbid, notes = forbidden_mask(request.hole, material, tileable=tileable)
    else:
        mask, tileable = _checked(tiled, run), False
        forbid, notes = tiled.forbid, ()
    for note in notes:
        run.note(note)
    if forbid is not None and not forbid.any():
        run.note("The forbidden region lies nowhere in the picture, so nothing is forbidden.")
    in_blocks = not method.traits(settings).learns_each
    canvas = lay_canvas(request, material, mask, forbid, tileable, run, in_blocks=in_blocks)
    guided = request.guides != GuideSpec()
    varied = request.method.from_step < 1
    find_suitable_method(
        method, settings, forbids=canvas.forbid is not None, guided=guided, copies=bool(canvas.examples),
        varied=varied, here=here,
    )  # fmt: skip
    former = _load_former(request, canvas.material)
    if here:
        method.check_files(settings)
        resolve(request.method.device)
    if not canvas.examples:
        masks.source_mask(canvas.mask, canvas.forbid, material.absent())
    guides, examples = read_guides(request, canvas, run)
    canvas = replace(canvas, examples=examples)
    grid = None if tiled is None else tiled.grid
    return Prepared(request, material, method, settings, canvas, guides, grid, former)


def _placed(request: InpaintRequest, material: Material) -> InpaintRequest:
    """Return a request whose output is the maps' own folder where the folder that was given has them in another."""
    output, own = request.output, material.files()[0].parent
    source = request.source.path
    if not (source.is_dir() and output.folder.is_dir() and output.folder.samefile(source)) or own.samefile(source):
        return request
    return replace(request, output=replace(output, folder=own))


def _warnings(material: Material) -> tuple[str, ...]:
    return tuple(Sentence.of(text).after("Warning: ") for text in material.warnings)


def _check_outputs(request: InpaintRequest, material: Material, method: Method, settings: Any) -> None:
    output, variations = request.output, request.method.variations
    if variations > 1 and not method.traits(settings).is_random:
        fact = f"The method {method.name} gives the same fill for every seed"
        raise InputError(fact, Remedy("variations", "ask for one fill"))
    if output.source_map is not None and (request.examples or isinstance(request.canvas, ExtendSpec | GrowSpec)):
        raise InputError("A source map shows places in the picture itself", Remedy("source_map", "leave it out"))
    if output.source_map is not None and not method.traits(settings).has_sources:
        fact = f"The method {method.name} cannot say where pixels come from"
        raise InputError(fact, Remedy("source_map", "leave the source map out"))
    check_folder(output.folder, material, in_place=output.in_place, overwrite=output.overwrite, variations=variations)
    inputs = list(_inputs(request, material))
    for drawn in (output.preview, output.source_map):
        if drawn is not None:
            check_picture(drawn.path, inputs, overwrite=output.overwrite)
            check_apart(drawn.path, output.folder, material)


def _check_variety(request: InpaintRequest) -> None:
    """See that there is a fill to vary if one is to be varied, and none if none is."""
    choice = request.method
    if choice.from_step == 1 and request.former is not None:
        raise InputError("An earlier result is varied from a step on", Remedy("from_step", "say from which, below 1"))
    if choice.from_step < 1 and request.former is None and choice.variations == 1:
        raise InputError(
            "There is one fill alone, and none that it could vary",
            Remedy("from_step", "ask for several, or vary nothing"),
        )
    if choice.from_step < 1 and isinstance(request.canvas, GrowSpec):
        fact = "Each new sheet begins with another piece of the material, so none can be varied"
        raise InputError(fact, Remedy("from_step", "vary nothing"))


def _load_former(request: InpaintRequest, canvas: Material) -> Material | None:
    """Return the earlier result that is varied.

    Raises:
        InputError: it cannot be read, or is none of what is filled.
    """
    if request.former is None:
        return None
    tiles = None if canvas.tiles is None else tuple(canvas.tiles.cells)
    former = load_material(request.former, apart=tuple(request.files().values()), tiles=tiles)
    Former(former, request.method.from_step).check(canvas)
    return former


def _inputs(request: InpaintRequest, material: Material) -> Iterator[Path]:
    """Return the files that are read, which no picture may replace."""
    yield from (place.file.path for binding in material.maps.values() for place in binding.places)
    yield from request.files().values()


def _mask(request: InpaintRequest, material: Material, run: Run) -> tuple[Mask, bool]:
    """Return the mask ``(H, W)`` and whether the material is taken to tile."""
    hole, size = request.hole, (material.height, material.width)
    if not hole.masks:  # the canvas brings a hole of its own
        return np.zeros(size, np.float32), False
    found, notes = hole_mask(hole, material, tileable=bool(hole.tileable))
    if request.examples and found.all():
        raise MaskError(
            "The mask covers the whole picture, so there is nothing that a copy of another material could fit into; "
            "paint less, or grow a new sheet of that material."
        )
    mask, more = masks.check(found, size)
    for note in (*notes, *more, *_look_inverted(hole, mask)):
        run.note(note)
    if hole.tileable is not None or request.canvas is not None:  # a canvas says itself which edges meet
        return mask, bool(hole.tileable)
    rows, columns = tiles(material, mask)
    if rows and columns:
        around, _ = hole_mask(hole, material, tileable=True)
        run.note("The material tiles; the fill goes on across its edges.")
        return masks.check(around, size)[0], True
    if rows or columns:
        way = "top to bottom" if rows else "left to right"
        run.note(Sentence(f"The material goes on {way} only, and its edges are kept as edges", TILES))
        return mask, False
    run.note(Sentence("The material does not tile, and its edges are kept as edges", TILES))
    return mask, False


def _checked(canvas: TiledCanvas, run: Run) -> Mask:
    """Return the mask ``(H, W)`` of tiles, checked as that of any material is."""
    mask, notes = masks.check(canvas.mask, (canvas.material.height, canvas.material.width))
    hole = canvas.request.hole
    for note in (*canvas.notes, *notes, *_look_inverted(hole, mask), *describe_tiles(canvas.material, mask)):
        run.note(note)
    return mask


def _look_inverted(hole: HoleSpec, mask: Mask) -> Iterator[str]:
    """Yield a remark if a mask picture makes nearly everything the hole."""
    share = float((mask > 0).mean())
    pictures = any(isinstance(part.mask if isinstance(part, TileMask) else part, InputFile) for part in hole.masks)
    if share > MOST and pictures:
        colour = "white" if hole.invert else "black"
        invert = Remedy("invert", f"turn it round if {colour} is the hole in the mask", {"now": str(hole.invert)})
        yield Sentence(f"The hole covers {share:.0%} of the material", invert)
