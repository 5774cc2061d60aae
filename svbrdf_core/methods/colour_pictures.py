"""Maps of a material as the pictures that networks of photographs know, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from svbrdf_core.methods.interface import Floats, InpaintProblem
from svbrdf_core.methods.values import Scale, make_valid, without_hole
from svbrdf_core.tensors.maps import spec_of

GreyMaps = Literal["together", "alone"]
"""Whether three maps of one channel are the red, green and blue of one picture, or each is a grey one."""
Channels = tuple[int, ...]


@dataclass(frozen=True)
class ColourPictures:
    """Which channels of a material are which pictures, and their scales.

    Colours are 0 to 1 as they are stored, normals -1 to 1, and data (roughness, height, …) as far as the known region
    goes, so that a network sees all that they have of contrast. What is constant there is no picture.

    Attributes:
        parts: the channels of each picture: three, or one.
        low, high: float32 ``(C, 1, 1)``, what is black and white in each channel.
    """

    parts: tuple[Channels, ...]
    low: Floats
    high: Floats

    @classmethod
    def of(cls, problem: InpaintProblem, grey: GreyMaps, channels: int = 3) -> ColourPictures:
        """Return the pictures of a problem for networks of so many channels."""
        known = problem.tensor[:, ~problem.hole]
        low, high = known.min(1), known.max(1)
        varies = high > low
        whole: list[Channels] = []
        single: list[int] = []
        for name in problem.layout.names:
            at = problem.layout.slice_of(name)
            if spec_of(name).encoding != "linear":
                scale = Scale.of(name, known[at])
                low[at], high[at] = scale.low, scale.high
            if at.stop - at.start == 3 == channels:
                whole += [tuple(range(at.start, at.stop))] if varies[at].any() else []
            else:
                single += [channel for channel in range(at.start, at.stop) if varies[channel]]
        while grey == "together" and channels == 3 and len(single) >= 3:
            whole.append(tuple(single[:3]))
            del single[:3]
        return cls((*whole, *((channel,) for channel in single)), low[:, None, None], high[:, None, None])

    @property
    def channels(self) -> list[int]:
        """All channels that are part of a picture, in their order in the tensor."""
        return sorted(channel for part in self.parts for channel in part)

    def to_unit(self, problem: InpaintProblem) -> Floats:
        """Return the problem's channels, all ``(C, H, W)``, from 0 to 1; the mean in the hole."""
        span = np.where(self.high > self.low, self.high - self.low, 1)
        return np.asarray((without_hole(problem.tensor, problem.hole) - self.low) / span, np.float32)

    def restore(self, unit: Floats, problem: InpaintProblem) -> Floats:
        """Return channels from 0 to 1, all ``(C, H, W)``, as a fill of the problem; see `make_valid`."""
        filled = without_hole(problem.tensor, problem.hole)
        used = self.channels
        filled[used] = (unit * (self.high - self.low) + self.low)[used]
        return make_valid(filled, problem)
