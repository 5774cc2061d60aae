"""Binding of a map to where it is stored: file, channels, region, and how numbers are to be read."""

from __future__ import annotations

from dataclasses import dataclass

from svbrdf_core.formats import RasterInfo
from svbrdf_core.tensors.maps import kind_of


@dataclass(frozen=True)
class PixelRect:
    """A region of a file, in its pixels."""

    top: int
    left: int
    height: int
    width: int


@dataclass(frozen=True)
class Place:
    """One place a map is stored.

    Attributes:
        file: the file.
        channels: for each stored channel of the map, the file channels that hold it; the first is read, all are
            written (a grey map kept as RGB).
        rect: the part of the file that is this map (a tile of a strip; else the whole file).
        inverted: the file holds one minus the map (glossiness).
        directx: a normal map whose green points down.
        signed: a normal map of floats in [-1, 1]; otherwise 0..1.
        tile: UDIM number of the tile that it is a map of; None if the material has no tiles.
    """

    file: RasterInfo
    channels: tuple[tuple[int, ...], ...]
    rect: PixelRect
    inverted: bool = False
    directx: bool = False
    signed: bool = False
    tile: int | None = None

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Names of the file channels read, in tensor order."""
        return tuple(self.file.channels[group[0]] for group in self.channels)


@dataclass(frozen=True)
class MapBinding:
    """A map of a material and every place it is stored; the first, of each tile, is read, all are written."""

    name: str
    places: tuple[Place, ...]

    @property
    def read(self) -> tuple[Place, ...]:
        """The places that are read, one for each tile that has the map."""
        first: dict[int | None, Place] = {}
        for place in self.places:
            first.setdefault(place.tile, place)
        return tuple(first.values())

    @property
    def n_channels(self) -> int:
        """Channels of the map in the tensor; a two-channel normal has three."""
        return 3 if kind_of(self.name) == "normal" else len(self.places[0].channels)

    @property
    def height(self) -> int:
        """Rows of the place that is read; of tiles the first."""
        return self.places[0].rect.height

    @property
    def width(self) -> int:
        """Columns of the place that is read; of tiles the first."""
        return self.places[0].rect.width


def whole_rect(file: RasterInfo) -> PixelRect:
    """Return the rect of a whole file."""
    return PixelRect(0, 0, file.height, file.width)
