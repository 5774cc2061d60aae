"""PNG pictures of a window's maps and render."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.formats import write_png
from svbrdf_core.tensors.layout import ChannelLayout

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Shades:
    """What is drawn black and white, a map: 0 and 1, but more where the truth holds more (heights, light)."""

    limits: dict[str, tuple[float, float]]

    @classmethod
    def of(cls, truth: Floats, layout: ChannelLayout) -> Shades:
        """Return the shades for pictures of a material and of its fills."""
        limits = {}
        for name in layout.names:
            values = np.nan_to_num(truth[layout.slice_of(name)])
            limits[name] = (
                (-1.0, 1.0) if name == "normal" else (min(0.0, float(values.min())), max(1.0, float(values.max())))
            )
        return cls(limits)

    def draw(self, values: Floats, name: str) -> NDArray[np.uint8]:
        """Return a map ``(c, H, W)`` as uint8 ``(H, W)`` or ``(H, W, 3)``; a normal as (n + 1) / 2."""
        low, high = self.limits[name]
        shown = (np.nan_to_num(values) - low) * (255 / (high - low))
        pixels = np.clip(np.rint(shown), 0, 255).astype(np.uint8).transpose(1, 2, 0)
        return np.ascontiguousarray(pixels) if pixels.shape[2] == 3 else np.ascontiguousarray(pixels[..., 0])


def save_pictures(
    tensor: Floats, layout: ChannelLayout, shades: Shades, report: Path, folder: Path, *, linear: Collection[str] | None
) -> dict[str, str]:
    """Write a PNG of each map and of the lit material; return their paths within the report.

    Args:
        tensor: float32 ``(C, H, W)``.
        layout: which channels are which map.
        shades: how values become grey levels.
        report: the report's folder.
        folder: where to write, within it.
        linear: colour maps that are stored as linear light; None leaves the lit material out.

    Raises:
        OutputError: they cannot be written.
    """
    pictures = {name: shades.draw(tensor[layout.slice_of(name)], name) for name in layout.names}
    if linear is not None:
        from svbrdf_core.render import preview

        # A flash leaves most of a metal black; in a studio all of the window is lit, and from the side.
        pictures["render"] = preview(tensor, layout, light="studio", linear=linear)
    paths = {name: folder / f"{name.replace(':', '-')}.png" for name in pictures}
    (report / folder).mkdir(parents=True, exist_ok=True)
    for name, path in paths.items():
        write_png(report / path, pictures[name])
    return {name: path.as_posix() for name, path in paths.items()}
