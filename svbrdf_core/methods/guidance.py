"""What the guidance of a sampler's settings means for one problem: which maps, which photograph."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from svbrdf_core.diffusion.settings import SamplerSettings
from svbrdf_core.errors import InputError
from svbrdf_core.formats import read_image
from svbrdf_core.methods.interface import Bools, Floats, InpaintProblem
from svbrdf_core.sentences import Remedy
from svbrdf_core.tensors.color import from_srgb
from svbrdf_core.tensors.standardize import Standardizer

if TYPE_CHECKING:
    import torch

    from svbrdf_core.diffusion.denoiser import Observed
    from svbrdf_core.diffusion.filling import Guide
    from svbrdf_core.diffusion.posterior.guidance import LogProbability
    from svbrdf_core.diffusion.window import SampledWindow


@dataclass(frozen=True)
class MapGuide:
    """Makes functions of a network's pictures that say how far the maps in them are what the settings want.

    Attributes:
        problem: the hole.
        sampler: the settings.
        standardizer: of the maps.
    """

    problem: InpaintProblem
    sampler: SamplerSettings
    standardizer: Standardizer

    def make(self, mine: list[int], known: Bools) -> Guide | None:
        """Return what makes the function for a window of a picture, None if the settings want none.

        Args:
            mine: which of a network's channels the standardised ones are.
            known: of the picture ``(h, w)``, the problem's or a coarser one.

        Raises:
            InputError: the maps, or the photograph, are not what the guidance needs.
        """
        name = self.sampler.guidance
        if name == "none":
            return None
        self._check(name)
        photograph = self._photograph(known.shape) if name == "photograph" else None

        def guide(window: SampledWindow, observed: Observed) -> LogProbability:
            from svbrdf_core.diffusion.posterior import objectives

            if name == "total-variation":
                return objectives.total_variation(observed)
            if name == "coherence":
                groups = [[mine[number] for number in range(at.start, at.stop)] for at in self.standardizer.groups]
                return objectives.coherent(observed, groups)
            restorer = self._restorer(mine, observed.hole.device)
            if name == "normals":
                return objectives.unit_normals(restorer, self.problem.layout, observed.hole)
            assert photograph is not None
            return self._like_photograph(photograph, known, window, restorer, observed.hole.device)

        return guide

    def _check(self, name: str) -> None:
        change = Remedy("solver", "choose another guidance")
        if name == "normals" and "normal" not in self.problem.layout.names:
            raise InputError("The guidance normals is about a normal map, and there is none", change)
        if name == "coherence" and len(self.standardizer.groups) < 2:
            raise InputError("The guidance coherence is between maps, and only one varies", change)

    def _restorer(self, mine: list[int], device: torch.device) -> _Restorer:
        import torch

        known = self.problem.tensor[:, ~self.problem.hole].mean(1, dtype=np.float64)
        standardizer = self.standardizer

        def broadcast(values: Floats) -> torch.Tensor:
            return torch.from_numpy(values).to(device)[:, None, None]

        return _Restorer(
            torch.tensor(mine, device=device),
            torch.from_numpy(standardizer.channels).to(device),
            broadcast(standardizer.mean),
            broadcast(standardizer.scale),
            broadcast(known.astype(np.float32))[None],
        )

    def _like_photograph(
        self, photograph: Floats, known: Bools, window: SampledWindow, restorer: _Restorer, device: torch.device
    ) -> LogProbability:
        import torch

        from svbrdf_core.diffusion.posterior.objectives import like_photograph
        from svbrdf_core.render import Part, flash

        height, width = known.shape
        rows, columns = (torch.from_numpy(np.asarray(side)).to(device) for side in (window.rows, window.columns))

        def place(x0: torch.Tensor) -> torch.Tensor:
            """Return the maps of the picture, of which the window is a part, so that each pixel is lit where it is."""
            maps = restorer(x0)
            whole = restorer.usual.expand(len(x0), -1, height, width).clone()
            whole[:, :, rows[:, None], columns] = maps
            return whole

        shrunk = self.problem.hole.shape[0] / height
        size = self.problem.size or self.problem.hole.shape
        part = Part(*(round(number / shrunk) for number in (*self.problem.corner, *size)))
        wanted = torch.from_numpy(photograph)[None].to(device)
        hole = torch.from_numpy((~known).astype(np.float32))[None, None].to(device)
        return like_photograph(place, self.problem.layout, flash(), part, wanted, hole)

    def _photograph(self, shape: tuple[int, ...]) -> Floats:
        """Return the problem's part of the photograph in linear light ``(3, h, w)``."""
        assert self.sampler.photograph is not None
        light = read_photograph(self.sampler.photograph.path)
        size = self.problem.size or self.problem.hole.shape
        if light.shape[1:] != size:
            raise InputError(
                f"The photograph is {light.shape[2]} x {light.shape[1]} and the material {size[1]} x {size[0]}; make "
                "it of that size."
            )
        window = self.problem.hole.shape
        corners = zip(self.problem.corner, window, size, strict=True)
        rows, columns = ((start + np.arange(count)) % length for start, count, length in corners)
        part = light[:, rows[:, None], columns]
        factor = max(1, round(window[0] / shape[0]))
        beyond = [(0, n * factor - length) for n, length in zip(shape, window, strict=True)]
        part = np.pad(part, ((0, 0), *beyond), mode="edge")
        return np.asarray(part.reshape(3, shape[0], factor, shape[1], factor).mean((2, 4)), np.float32)


@dataclass(frozen=True)
class _Restorer:
    """Maps in their own units from pictures of a network; channels that are constant are as they are known."""

    mine: torch.Tensor
    channels: torch.Tensor
    mean: torch.Tensor
    scale: torch.Tensor
    usual: torch.Tensor

    def __call__(self, x0: torch.Tensor) -> torch.Tensor:
        """Return the maps ``(B, C, H, W)``."""
        maps = self.usual.expand(len(x0), -1, *x0.shape[2:])
        return maps.index_copy(1, self.channels, x0[:, self.mine] * self.scale + self.mean)


def read_photograph(path: Path) -> Floats:
    """Return a photograph as linear light ``(3, H, W)``, 8 bits or more as sRGB.

    Raises:
        InputError: it cannot be read.
    """
    raster = read_image(path)
    samples = raster.samples[:, :, :3] if raster.samples.shape[2] >= 3 else raster.samples[:, :, :1]
    values = np.nan_to_num(samples.astype(np.float32) / np.float32(raster.info.full_scale)).clip(0)
    linear = values if np.issubdtype(raster.samples.dtype, np.floating) else from_srgb(values)
    return np.ascontiguousarray(np.broadcast_to(linear, (*linear.shape[:2], 3)).transpose(2, 0, 1))
