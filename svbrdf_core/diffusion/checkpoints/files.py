"""The files of a published network, whichever program they are of."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from svbrdf_core.errors import InputError

if TYPE_CHECKING:
    from svbrdf_core.diffusion.checkpoints.pretrained import Pretrained, PretrainedSize

LIBRARY = "A network of diffusers needs that library; install it with: pip install 'svbrdf-inpaint[networks]'."
INCOMPLETE = (
    "A network of diffusers needs its config.json and its scheduler_config.json, both; give the folder that holds them."
)


@dataclass(frozen=True)
class PretrainedFiles:
    """Files of one network.

    Attributes:
        weights: of guided-diffusion if alone, of diffusers if with the others.
        config: ``config.json`` of a UNet2DModel.
        scheduler: ``scheduler_config.json``.
    """

    weights: Path
    config: Path | None = None
    scheduler: Path | None = None

    def probe(self) -> PretrainedSize:
        """Return what the files hold, without reading the weights.

        Raises:
            InputError: they hold no network that is known here.
        """
        if self.config is None and self.scheduler is None:
            from svbrdf_core.diffusion.checkpoints.guided import probe_guided

            return probe_guided(self.weights)
        from svbrdf_core.diffusion.checkpoints.diffusers_unet import probe_diffusers

        return probe_diffusers(self.weights, *self._descriptions())

    def load(self) -> Pretrained:
        """Return the network, on the processor.

        Raises:
            InputError: the files hold no network that is known here.
        """
        if self.config is None and self.scheduler is None:
            from svbrdf_core.diffusion.checkpoints.guided import load_guided

            return load_guided(self.weights)
        from svbrdf_core.diffusion.checkpoints.diffusers_unet import load_diffusers

        return load_diffusers(self.weights, *self._descriptions())

    def _descriptions(self) -> tuple[Path, Path]:
        if self.config is None or self.scheduler is None:
            raise InputError(INCOMPLETE)
        if importlib.util.find_spec("diffusers") is None:
            raise InputError(LIBRARY)
        return self.config, self.scheduler
