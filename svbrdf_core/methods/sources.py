"""Source maps: where filled pixels were copied from, as a picture that people can read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.patch import Orientation
from svbrdf_core.patch.orientation import rotate_normal
from svbrdf_core.tensors.layout import ChannelLayout
from svbrdf_core.tensors.maps import kind_of


@dataclass(frozen=True)
class SourceMap:
    """The source of each filled pixel.

    Attributes:
        rows, cols: int32 ``(N,)``, filled pixels of the material.
        source_rows, source_cols: int32 ``(N,)``, the pixel each was copied from, all maps alike.
        orientation: int8 ``(N,)``, index into ``orientations``: how the source was turned and mirrored.
        orientations: the ways in which sources may have been.
    """

    rows: NDArray[np.int32]
    cols: NDArray[np.int32]
    source_rows: NDArray[np.int32]
    source_cols: NDArray[np.int32]
    orientation: NDArray[np.int8]
    orientations: tuple[Orientation, ...]

    def copy(self, values: NDArray[np.float32], layout: ChannelLayout) -> NDArray[np.float32]:
        """Return what lies at the sources, ``(C, N)``: the fill before its joins were levelled and blended.

        A fill with ``PatchSettings(blend=False)`` is exactly that wherever its mask is 1.

        Args:
            values: ``(C, H, W)`` of the material, with anything in the hole.
            layout: which channels are which map; normals are turned with their texture.
        """
        return self.turn(values[:, self.source_rows, self.source_cols], layout)

    def turn(self, values: NDArray[np.float32], layout: ChannelLayout) -> NDArray[np.float32]:
        """Return values of the sources ``(C, N)`` as they are where they are put: normals turned with the texture."""
        out = values.copy()
        for name in (name for name in layout.names if kind_of(name) == "normal"):
            at = layout.slice_of(name).start
            for number, way in enumerate(self.orientations):
                of = self.orientation == number
                out[at, of], out[at + 1, of] = rotate_normal(out[at, of], out[at + 1, of], way)
        return out

    def draw(self, height: int, width: int) -> NDArray[np.uint8]:
        """Return the map as a picture ``(height, width, 3)``: the colour of a pixel is the place it was copied from.

        Outside the hole the picture is its own key, at half the brightness: red grows to the right, green downwards.
        An area of one smooth gradient was copied in one piece; a line where colours jump is a join.
        """
        ys = np.linspace(0, 255, height)[:, None]
        xs = np.linspace(0, 255, width)[None, :]
        picture = np.empty((height, width, 3), np.uint8)
        picture[..., 0], picture[..., 1], picture[..., 2] = xs / 2, ys / 2, 64
        picture[self.rows, self.cols, 0] = self.source_cols * (255 / max(width - 1, 1))
        picture[self.rows, self.cols, 1] = self.source_rows * (255 / max(height - 1, 1))
        picture[self.rows, self.cols, 2] = 128 + 16 * self.orientation.astype(np.int16)
        return picture


def join_sources(parts: list[SourceMap]) -> SourceMap:
    """Return one map of the pixels of several."""

    def column(name: str) -> NDArray[np.int32]:
        return np.concatenate([getattr(part, name) for part in parts])

    return SourceMap(
        column("rows"),
        column("cols"),
        column("source_rows"),
        column("source_cols"),
        np.concatenate([part.orientation for part in parts]),
        parts[0].orientations,
    )
