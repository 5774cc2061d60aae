"""A level's copy on a torch device, with its patches and what sources cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from svbrdf_core.patch.cpu_backend.kernels import FAR, PATCH, R
from svbrdf_core.patch.level import Level

PIXELS = PATCH * PATCH


@dataclass(frozen=True)
class Picture:
    """A padded image on the device, one row per pixel, so that a patch is 49 rows at fixed distances.

    Attributes:
        pixels: float32 ``((H + 2 R) (W + 2 R), C)``.
        pitch: pixels from a row of the image to the next.
        window: int64 ``(49,)``, where a patch's pixels lie from its first.
    """

    pixels: Tensor
    pitch: int
    window: Tensor

    def patches(self, ys: Tensor, xs: Tensor) -> Tensor:
        """Return the patches centred on unpadded pixels ``(...)`` as float32 ``(..., 49, C)``."""
        at = (ys * self.pitch + xs).unsqueeze(-1) + self.window
        return self.pixels.index_select(0, at.reshape(-1)).view(*at.shape, -1)

    def view(self) -> Tensor:
        """Return the padded image ``(H + 2 R, W + 2 R, C)``, which shares its memory."""
        return self.pixels.view(-1, self.pitch, self.pixels.shape[1])


@dataclass(frozen=True)
class DeviceBias:
    """`objective.Bias` on the device: float32 of the shape of the level's ``valid``."""

    weight: Tensor
    price: Tensor


@dataclass(frozen=True)
class DeviceLevel:
    """A level's arrays on the device; `Level` says what they are. Numbers of pixels are int64 here."""

    target: Picture
    source: Picture
    shape: tuple[int, int]
    wrap: tuple[bool, bool]
    ys: Tensor
    xs: Tensor
    is_target: Tensor
    valid: Tensor
    source_ys: Tensor
    source_xs: Tensor

    @property
    def patch_bytes(self) -> int:
        """What one gathered patch takes, with the numbers of its pixels."""
        return PIXELS * (4 * self.target.pixels.shape[1] + 24)

    def within(self, ys: Tensor, xs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Wrap pixels where the level wraps; return them, the outer ones moved inside, and whether they were inside."""
        if self.wrap[0]:
            ys = ys % self.shape[0]
        if self.wrap[1]:
            xs = xs % self.shape[1]
        return _inside(ys, xs, self.shape)

    def is_valid(self, rows: Tensor, cols: Tensor) -> Tensor:
        """Say of each pixel whether a source patch may be centred there; it may lie outside the source."""
        rows, cols, inside = _inside(rows, cols, self.valid.shape)
        return inside & self.valid[rows, cols]

    def distances(self, patches: Tensor, weight: Tensor | None, rows: Tensor, cols: Tensor, ok: Tensor) -> Tensor:
        """Return the squared distances ``(n, k)`` of n patches to k sources each; `FAR` where not ``ok``.

        Args:
            patches: float32 ``(n, 49, C)``.
            weight: float32 ``(n, 49)``, 1 at the patches' pixels that count; all if None.
            rows: int64 ``(n, k)``, rows of the sources' centres.
            cols: int64 ``(n, k)``, their columns.
            ok: bool ``(n, k)``; the others may lie anywhere.
        """
        zero = rows.new_zeros(())
        sources = self.source.patches(torch.where(ok, rows, zero), torch.where(ok, cols, zero))
        pixels = sources.sub_(patches.unsqueeze(1)).square_().sum(-1)
        if weight is not None:
            pixels *= weight.unsqueeze(1)
        return torch.where(ok, pixels.sum(-1), float(FAR))


def on_device(level: Level, device: torch.device) -> DeviceLevel:
    """Copy a level to a device; raises torch's own error where memory is short."""
    return DeviceLevel(
        _picture(np.ascontiguousarray(level.given).reshape(level.target.shape), level.channels, device),
        _picture(level.source, level.channels, device),
        level.shape,
        level.wrap,
        moved(level.ys, device),
        moved(level.xs, device),
        moved(level.is_target, device),
        moved(level.valid, device),
        moved(level.source_ys, device),
        moved(level.source_xs, device),
    )


def moved(array: np.ndarray, device: torch.device) -> Tensor:
    """Copy a numpy array to the device, integers as int64."""
    tensor = torch.tensor(array)  # a copy, so that torch's CPU device does not write into the caller's array
    return tensor.to(device, torch.int64 if tensor.dtype == torch.int32 else tensor.dtype)


def weights(known: np.ndarray, level: DeviceLevel) -> Picture:
    """Lay the pixels known so far out like the target, 1 and 0, padding unknown but where the level wraps."""
    padded = np.pad(known.astype(np.float32), ((R, R), (0, 0)), mode="wrap" if level.wrap[0] else "constant")
    padded = np.pad(padded, ((0, 0), (R, R)), mode="wrap" if level.wrap[1] else "constant")
    return _picture(padded, 1, level.target.pixels.device)


def _picture(image: np.ndarray, channels: int, device: torch.device) -> Picture:
    pitch = image.shape[1] // channels
    window = (np.arange(PATCH)[:, None] * pitch + np.arange(PATCH)).ravel()
    return Picture(moved(image.reshape(-1, channels), device), pitch, moved(window, device))


def _inside(ys: Tensor, xs: Tensor, shape: tuple[int, ...]) -> tuple[Tensor, Tensor, Tensor]:
    inside_y, inside_x = ys.clamp(0, shape[0] - 1), xs.clamp(0, shape[1] - 1)
    return inside_y, inside_x, (inside_y == ys) & (inside_x == xs)
