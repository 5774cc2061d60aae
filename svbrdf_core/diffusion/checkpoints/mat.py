"""Weights of MAT, whose network is that of spandrel-extra-arches: its licence is not ours, so nothing of it is here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from svbrdf_core.diffusion.checkpoints.weights import read_shapes, read_weights
from svbrdf_core.diffusion.denoiser import crop
from svbrdf_core.errors import InputError
from svbrdf_core.learning.archive import Shapes
from svbrdf_core.tensors.torus import list_positions

SIDE = 512
"""Pixels along a side of the pictures that it was trained on; sides must be equal, and multiples."""
STYLE = 512
"""Numbers that a fill is drawn by."""
MARK = "synthesis.first_stage.conv_first.conv.resample_filter"
FOREIGN = "The weights are not those of a MAT generator of 512 pixels; choose others."


def probe_mat(path: Path) -> None:
    """See that a file holds such weights, from its header alone.

    Raises:
        InputError: it cannot be read, is of another architecture, or spandrel cannot be loaded.
    """
    _check(read_shapes(path))
    _load_architecture()


def load_mat(path: Path) -> MatInpainter:
    """Return the network of a file, on the processor.

    Raises:
        InputError: it cannot be read, is of another architecture, or spandrel cannot be loaded.
    """
    _check(read_shapes(path))
    try:
        return MatInpainter(_load_architecture().load(read_weights(path)).model)
    except RuntimeError as error:  # names or shapes
        raise InputError(FOREIGN) from error


def _check(shapes: Shapes) -> None:
    names = {name.removeprefix("model.") for name in shapes}
    if MARK not in names or not all(name.startswith(("synthesis.", "mapping.")) for name in names):
        raise InputError(FOREIGN)


def _load_architecture() -> Any:
    try:
        from spandrel_extra_arches.architectures.MAT import MATArch
    except (ImportError, RuntimeError, OSError) as error:
        raise InputError(
            f"spandrel-extra-arches cannot be loaded ({type(error).__name__}: {error}); install it, and a torchvision "
            "of the same build as torch."
        ) from error
    return MATArch()


class MatInpainter(nn.Module):
    """From a picture ``(1, 3, H, W)`` in [0, 1] and its hole ``(1, 1, H, W)``, 1 in it, the picture repaired."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network.eval().requires_grad_(False)

    def repair(self, picture: torch.Tensor, hole: torch.Tensor, style: torch.Tensor, seed: int) -> torch.Tensor:
        """Return the repaired picture; other sides than its own go on in mirror image.

        Args:
            picture: float32 on the device.
            hole: the same.
            style: ``(512,)`` numbers of unit variance; others give another fill.
            seed: of what the network drops of the picture; it does so when it is used, too.
        """
        height, width = picture.shape[2:]
        side = -(-max(height, width) // SIDE) * SIDE
        rows, columns = (torch.from_numpy(list_positions((0, side), length)) for length in (height, width))
        self.network.z, self.network.label = style.to(picture)[None], torch.zeros(1, 0, device=picture.device)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            found: torch.Tensor = self.network(crop(picture, rows, columns), crop(hole, rows, columns))
        return torch.where(hole > 0, found[:, :, :height, :width].clamp(0, 1), picture)
