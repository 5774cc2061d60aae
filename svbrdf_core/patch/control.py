"""Control maps: what is known of every pixel, in the hole too, and should be the same at its source.

Labels say which region becomes like which ("texture by numbers", Hertzmann et al., "Image analogies", SIGGRAPH 2001),
directions how the grain runs. They are compared as further channels of each patch, which no vote changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.patch.orientation import orient
from svbrdf_core.patch.types import Bools, Control, Floats, Orientation

WEIGHT = 12.0
"""Cost of another label, per pixel, in variances of all that is compared of a pixel."""
ACROSS = 2.0
"""The same of a grain across. Directions are estimates: if they weigh as labels do, a hole is filled with whatever was
estimated alike, and is mush."""
COLOURS = 16
"""Labels up to here are told apart as such, however near their colours are; more are values that go over into each
other."""


@dataclass(frozen=True)
class ControlChannels:
    """Control maps in the unit in which patches are compared.

    Attributes:
        labels: float32 ``(H, W, L)``.
        directions: float32 ``(H, W, 2)``, or with no channel.
    """

    labels: Floats
    directions: Floats

    @classmethod
    def of(cls, control: Control, image: Floats, known: Bools) -> ControlChannels:
        """Scale control maps by what is known of an image ``(H, W, C)``."""
        usual = float(image[known].var(0, dtype=np.float64).sum()) if known.any() else 1.0
        unit = np.sqrt(max(usual, 1e-6))
        labels = np.moveaxis(control.labels, 0, 2)
        directions = np.moveaxis(control.directions, 0, 2)
        # Opposite directions of doubled angles are 2 apart.
        return cls(
            np.asarray(labels * (np.sqrt(WEIGHT) * unit / _least_distance(labels)), np.float32),
            np.asarray(directions * (np.sqrt(ACROSS) * unit / 2), np.float32),
        )

    def oriented(self, way: Orientation) -> Floats:
        """Return the channels ``(h, w, L + 2)`` of a turned copy."""
        directions = np.array(orient(self.directions, way))
        if directions.shape[2]:
            if way.mirrored:
                directions[..., 1] *= -1
            if way.quarters % 2:
                directions *= -1
        return np.concatenate([orient(self.labels, way), directions], axis=2)


def list_kinds(control: Control) -> NDArray[np.int64]:
    """Return a number ``(H, W)`` for each pixel, the same where the labels are, up to seven channels of them."""
    kinds = np.zeros(control.labels.shape[1:], np.int64)
    for channel in control.labels[:7]:
        kinds = kinds * 256 + np.rint(channel * 255).astype(np.int64)
    return kinds


def _least_distance(labels: Floats) -> float:
    """Return the distance of the two labels ``(H, W, L)`` that are nearest to each other."""
    if not labels.shape[2]:
        return 1.0
    colours = np.unique(labels.reshape(-1, labels.shape[2]).round(2), axis=0)
    if len(colours) > COLOURS:
        return float(max(2 * labels.reshape(-1, labels.shape[2]).std(0, dtype=np.float64).max(), 1e-3))
    if len(colours) < 2:
        return 1.0
    apart = np.linalg.norm(colours[:, None] - colours[None], axis=2)
    return float(apart[apart > 0].min())
