"""The material: a set of maps of one surface, read by windows, edited by windows, written back file by file."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.errors import InputError
from svbrdf_core.formats import MAX_PIXELS, RasterInfo, Samples, check_unchanged
from svbrdf_core.material.binding import MapBinding
from svbrdf_core.material.grid import TileGrid
from svbrdf_core.material.loading import Loaded, from_arrays, load
from svbrdf_core.material.mosaic import edit_mosaic, read_mosaic, stored_mosaic
from svbrdf_core.material.resizing import CanvasBox, find_units, lay_on_canvas
from svbrdf_core.material.saving import SaveReport, save
from svbrdf_core.material.store import Patch, Store, gather
from svbrdf_core.material.values import Values
from svbrdf_core.material.windows import Frame, alpha_of, edit_place, nonfinite, read_map
from svbrdf_core.request import NormalConvention
from svbrdf_core.tensors.layout import ChannelLayout
from svbrdf_core.tensors.threads import map_in_threads

AT_A_TIME = 2
"""Files that are read at a time: each takes several times the memory of its samples meanwhile."""


@dataclasses.dataclass(frozen=True)
class Material:
    """A set of aligned maps and how each is stored. Immutable: an edit gives a new material.

    Attributes:
        name: of the set, from its files.
        layout: which channels of the tensor are which map.
        height, width: pixels of the largest map; the tensor has this size.
        maps: every map with every place it is stored, in tensor order.
        warnings: sentences for the user about how the files were understood, and what of them is not.
        notes: sentences about what is filled along, or left as it is because options say so.
        unrecognised: images of the folder that are not of the set by their names; they are not filled, nor saved.
        tiles: where the UDIM tiles lie, of a set of several; they are one canvas.
    """

    name: str
    layout: ChannelLayout
    height: int
    width: int
    maps: Mapping[str, MapBinding]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    unrecognised: tuple[Path, ...]
    tiles: TileGrid | None = None
    _store: Store = dataclasses.field(default_factory=Store, repr=False, compare=False)
    _folder: Path | None = dataclasses.field(default=None, repr=False, compare=False)
    _passengers: tuple[RasterInfo, ...] = dataclasses.field(default=(), repr=False, compare=False)
    _beside: tuple[RasterInfo, ...] = dataclasses.field(default=(), repr=False, compare=False)
    _patches: tuple[Patch, ...] = dataclasses.field(default=(), repr=False, compare=False)

    @classmethod
    def load(
        cls,
        path: Path | str,
        *,
        set_name: str | None = None,
        overrides: Mapping[str, str] | None = None,
        only: Collection[str] | None = None,
        also: Collection[str] | None = None,
        normal: NormalConvention = "auto",
        max_pixels: int = MAX_PIXELS,
        apart: Collection[Path] = (),
        tiles: Collection[int] | None = None,
    ) -> Material:
        """Recognise the maps of a folder (or of one image file) from names, headers and, where needed, content.

        Channels of these files that no name speaks of are maps too, ``extra:<stem>.<channel>``, where they vary.

        Args:
            path: the folder, or one file: a Deschaintre strip, or a texture alone.
            set_name: which set, where the folder holds several.
            overrides: map name to ``FILE`` or ``FILE:CHANNELS`` (``G``, ``RGB``, an EXR channel or layer).
            only: keep these maps alone; the set's other files are written unchanged.
            also: images of the folder to fill along, as ``extra:<stem>``.
            normal: convention of the normal map, ``auto`` to take it from name and content.
            max_pixels: refuse files that claim more.
            apart: files that are none of the material's though they may lie beside its maps, as a mask does.
            tiles: UDIM numbers of the tiles to have on the canvas, of a set of tiles; the others are written unchanged.
                All if None.

        Raises:
            InputError: no map, an unreadable file, or sizes of different aspect.
            AmbiguousInput: several readings; the message names the option that settles it.
        """
        found = load(
            Path(path),
            set_name=set_name,
            overrides=overrides or {},
            only=only,
            also=also or (),
            normal=normal,
            max_pixels=max_pixels,
            apart=apart,
            tiles=tiles,
        )
        return cls._of(found)

    @classmethod
    def from_arrays(cls, name: str, arrays: Mapping[str, NDArray[Any]]) -> Material:
        """Make a material in memory from ``(H, W)`` or ``(H, W, C)`` arrays of uint8, uint16 or floats by map name.

        Normals are OpenGL: integers and floats of 0..1 are encoded vectors, floats with negative values are signed.

        Raises:
            InputError: an unknown map, a wrong shape or type, or sizes of different aspect.
        """
        return cls._of(from_arrays(name, arrays))

    @classmethod
    def _of(cls, found: Loaded) -> Material:
        maps = found.maps
        largest = max(maps.values(), key=lambda b: b.height * b.width)
        height, width = (largest.height, largest.width) if found.tiles is None else found.tiles.size
        layout = ChannelLayout(tuple(maps), tuple(b.n_channels for b in maps.values()))
        return cls(
            found.name, layout, height, width, MappingProxyType(maps), found.warnings, found.notes, found.unrecognised,
            found.tiles, _store=found.store, _folder=found.folder, _passengers=found.passengers, _beside=found.beside,
        )  # fmt: skip

    def tile(self, number: int) -> Material:
        """Return one tile of a set of tiles as a material, with the maps that it has.

        Raises:
            InputError: there is no such tile.
        """
        if self.tiles is None or number not in self.tiles.cells:
            raise InputError(f"{self.name} has no tile {number}.")
        places = {name: tuple(p for p in b.places if p.tile == number) for name, b in self.maps.items()}
        maps = {name: MapBinding(name, own) for name, own in places.items() if own}
        layout = ChannelLayout(tuple(maps), tuple(b.n_channels for b in maps.values()))
        grid = TileGrid.of((number,), self.tiles.height, self.tiles.width)
        height, width = grid.size
        return dataclasses.replace(self, layout=layout, height=height, width=width, maps=maps, tiles=grid)

    def absent(self) -> NDArray[np.bool_] | None:
        """Return ``(H, W)`` true where the canvas of a set of tiles has none; None if it has one everywhere."""
        return None if self.tiles is None else self.tiles.absent()

    def holding(self, top: int, left: int, height: int, width: int) -> NDArray[np.bool_] | None:
        """Return ``(maps, height, width)`` true where a region has a map; None if it has all of them everywhere."""
        if self.tiles is None:
            return None
        have = [{place.tile for place in binding.places} for binding in self.maps.values()]
        found = np.zeros((len(have), height, width), np.bool_)
        for part in self.tiles.cross(top, left, height, width):
            found[:, part.rows, part.columns] = np.array([part.tile in tiles for tiles in have])[:, None, None]
        return None if found.all() else found

    def files(self) -> tuple[Path, ...]:
        """Return the files of the set: those of the maps, then those that are written along unchanged."""
        return tuple(dict.fromkeys(info.path for info in self._infos()))

    def files_beside(self) -> tuple[Path, ...]:
        """Return those of `files` that are of tiles beyond the canvas, and are written unchanged."""
        return tuple(info.path for info in self._beside)

    def check_unchanged(self) -> None:
        """See that the files are those that were loaded.

        Raises:
            InputError: one changed, or is gone.
        """
        for info in self._infos():
            check_unchanged(info)

    def window(self, top: int, left: int, height: int, width: int, *, wrap: bool = False) -> Values:
        """Return float32 ``(C, height, width)`` of a region, edits included.

        Maps smaller than the material are enlarged bilinearly. With ``wrap`` indices go round the torus and may
        be negative.

        Raises:
            ValueError: the region leaves the material and ``wrap`` is off.
        """
        frame = self._frame(top, left, height, width, wrap)
        result = np.empty((self.layout.n_channels, height, width), np.float32)

        def read(names: Sequence[str]) -> None:
            for name in names:
                values = self._read(self.maps[name], frame)
                result[self.layout.slice_of(name)] = np.moveaxis(values, 2, 0)

        of_files: dict[Path, list[str]] = {}
        for name, binding in self.maps.items():
            of_files.setdefault(binding.places[0].file.path, []).append(name)
        map_in_threads(read, list(of_files.values()), AT_A_TIME)
        return result

    def _read(self, binding: MapBinding, frame: Frame) -> Values:
        """Return ``(h, w, c)`` of a map over a region."""
        if self.tiles is not None:
            return read_mosaic(self._store, self._patches, binding, self.tiles, frame)
        return read_map(self._store, self._patches, binding.places[0], binding.name, frame)

    def read_stored(self, name: str) -> Samples:
        """Return a map as its file stores it, edits included: ``(h, w, C)`` at the map's own size and in its own type.

        Nothing is converted: a two-channel normal has two, glossiness is not turned into roughness.

        Raises:
            InputError: the tiles of a set differ in size or type.
        """
        if self.tiles is not None and len(self.tiles.cells) > 1:
            places = {p.tile for p in self.maps[name].places}
            stored = {n: self.tile(n).read_stored(name) for n in self.tiles.cells if n in places}
            return stored_mosaic(stored, self.tiles, name)
        place = self.maps[name].places[0]
        rect = place.rect
        rows, columns = np.arange(rect.height) + rect.top, np.arange(rect.width) + rect.left
        samples = gather(self._store, place.file, self._patches, rows, columns)
        return np.ascontiguousarray(samples[:, :, [group[0] for group in place.channels]])

    def tensor(self) -> Values:
        """Return the whole material as float32 ``(C, H, W)``; for sets that fit in memory four times over."""
        return self.window(0, 0, self.height, self.width)

    def with_window(self, window: Values, mask: Values, top: int, left: int, *, wrap: bool = False) -> Material:
        """Return the material with ``window`` ``(C, h, w)`` put in where ``mask`` ``(h, w)`` 0..1 is above 0.

        Soft mask values blend with what is stored. Samples where the mask is 0 keep their bits. In maps smaller
        than the material a sample changes if any of the hole overlaps it, to the mean of the overlapping part.

        Raises:
            ValueError: shapes disagree, the region leaves the material, or a value under the mask is not finite.
        """
        height, width = mask.shape
        if window.shape != (self.layout.n_channels, height, width):
            raise ValueError(f"window must be {(self.layout.n_channels, height, width)}, not {window.shape}")
        if height > self.height or width > self.width:
            raise ValueError("an edit cannot be larger than the material")
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if not len(rows):
            return self
        # Cost follows the hole: only its bounding box is looked at.
        box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        weights = mask[box].astype(np.float32)
        frame = self._frame(top + int(rows[0]), left + int(columns[0]), weights.shape[0], weights.shape[1], wrap)
        patches = list(self._patches)
        for name, binding in self.maps.items():
            values = np.moveaxis(window[self.layout.slice_of(name)][(slice(None), *box)], 0, 2)
            if self.tiles is not None:
                patches += edit_mosaic(self._store, patches, binding, self.tiles, frame, values, weights)
                continue
            for place in binding.places:
                patches += edit_place(self._store, patches, place, name, frame, values, weights)
        return dataclasses.replace(self, _patches=tuple(patches))

    @property
    def magnification(self) -> float:
        """How many pixels of the material one pixel of its smallest map spans along a side, 1 or more."""
        height, width = (self.height, self.width) if self.tiles is None else (self.tiles.height, self.tiles.width)
        places = [place.rect for binding in self.maps.values() for place in binding.read]
        return max(max(height / rect.height, width / rect.width) for rect in places)

    @property
    def shown_map(self) -> str:
        """The map that shows most: the colours, or the first if there are none."""
        return next((name for name in ("basecolor", "diffuse") if name in self.maps), next(iter(self.maps)))

    @property
    def units(self) -> tuple[int, int]:
        """Pixels, down and across, of which sizes and offsets of a canvas (`on_canvas`) must be multiples."""
        return find_units(self.maps, self.height, self.width)

    def on_canvas(self, top: int, left: int, height: int, width: int) -> Material:
        """Return the material on a canvas of another size, each file in its own format.

        Where the material is not, the canvas holds it over and over, to be replaced by a fill.

        Args:
            top: where the material's first row lies on the canvas; negative if rows are cut off.
            left: the same of its first column.
            height: of the canvas; all four are multiples of `units`.
            width: of the canvas.

        Raises:
            InputError: it is a set of tiles, files of it are left out, or a file cannot have another size.
        """
        if self.tiles is not None:
            raise InputError(f"{self.name} is a set of UDIM tiles, whose size is fixed; give one tile's files alone.")
        if self._passengers:
            names = ", ".join(file.path.name for file in self._passengers[:4])
            raise InputError(f"{names} would keep the old size beside files of a new one; take all maps.")
        box = CanvasBox(top, left, height, width, self.height, self.width)
        maps, store = lay_on_canvas(self.maps, self._store, self._patches, box)
        return dataclasses.replace(
            self, height=height, width=width, maps=MappingProxyType(maps), _store=store, _patches=()
        )

    def linear(self) -> tuple[str, ...]:
        """Return the maps of floating-point files: colours in them are linear light, not encoded for display."""
        return tuple(name for name, binding in self.maps.items() if all(p.file.is_float for p in binding.places))

    def nonfinite_mask(self) -> NDArray[np.bool_] | None:
        """Return ``(H, W)`` true where any map holds NaN or infinity, None where no map does."""
        if self.tiles is not None and len(self.tiles.cells) > 1:
            bad = {number: self.tile(number).nonfinite_mask() for number in self.tiles.cells}
            found: NDArray[np.bool_] | None = self._laid_out(bad, beyond=False)
            return found
        return nonfinite(self._store, self._patches, self.maps.values(), self.height, self.width)

    def alpha(self) -> Values | None:
        """Return the alpha ``(H, W)`` 0..1 of the colour map's file, None if it has none that means opacity."""
        if self.tiles is not None and len(self.tiles.cells) > 1:
            alphas = {number: self.tile(number).alpha() for number in self.tiles.cells}
            found: Values | None = self._laid_out(alphas, beyond=np.float32(1))
            return found
        return alpha_of(self._store, self.maps, self._frame(0, 0, self.height, self.width, False))

    def _laid_out(self, pictures: Mapping[int, NDArray[Any] | None], *, beyond: Any) -> Any:
        """Return pictures of tiles side by side, and a value where there is none; None if there is none at all."""
        if self.tiles is None or all(picture is None for picture in pictures.values()):
            return None
        found = np.full((self.height, self.width), beyond)
        for number, picture in pictures.items():
            if picture is not None:
                found[self.tiles.box(number)] = picture
        return found

    def save(
        self, out: Path | str, *, in_place: bool = False, overwrite: bool = False, keep_jpeg: bool = False
    ) -> SaveReport:
        """Write every file of the set into a folder, all or none; only edited samples differ from the source.

        Args:
            out: the folder; made if it is new.
            in_place: allow ``out`` to be the folder the material came from; originals go to a backup folder in it.
            overwrite: allow files of the same names in ``out`` to be replaced.
            keep_jpeg: write edited JPEG files as such, with their quantisation tables; samples beyond the edit change
                a little, and a note says how far. Otherwise they become PNG.

        Raises:
            InputError: a source file changed since it was loaded, or ``out`` is the source without ``in_place``.
            OutputError: something cannot be written; nothing was.
        """
        return save(
            Path(out), self.maps, self._store, self._patches, self._folder, (*self._passengers, *self._beside),
            in_place=in_place, overwrite=overwrite, keep_jpeg=keep_jpeg,
        )  # fmt: skip

    def _infos(self) -> tuple[RasterInfo, ...]:
        own = (place.file for binding in self.maps.values() for place in binding.places)
        return (*own, *self._passengers, *self._beside)

    def _frame(self, top: int, left: int, height: int, width: int, wrap: bool) -> Frame:
        inside = top >= 0 and left >= 0 and top + height <= self.height and left + width <= self.width
        if height < 1 or width < 1 or not (inside or wrap):
            raise ValueError(
                f"the region {height} x {width} at ({top}, {left}) leaves the material of {self.height} x {self.width}"
            )
        return Frame(top, left, height, width, self.height, self.width, wrap)
