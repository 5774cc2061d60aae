"""Denoisers of all channels of a material, by a network of pictures that knows one or three at a time."""

from __future__ import annotations

from collections.abc import Sequence

from svbrdf_core.diffusion.checkpoints.pretrained import Pretrained
from svbrdf_core.diffusion.checkpoints.wrappers import GreyAsColour, Padded
from svbrdf_core.diffusion.denoiser import Denoiser
from svbrdf_core.diffusion.samplers import Noise
from svbrdf_core.diffusion.tiled import Tiled
from svbrdf_core.diffusion.watching import Wrap, leave
from svbrdf_core.diffusion.window import SampledWindow
from svbrdf_core.diffusion.wrappers import Clipped, PerMap
from svbrdf_core.run import Run

OVERLAP = 8
"""A tile has as many pixels around it as this is of the side of what the network is shown."""


def ask_in_tiles(
    network: Pretrained, label: int | None, window: SampledWindow, side: int, run: Run, wrap: Wrap = leave
) -> Denoiser:
    """Return a network as a denoiser of a window of any size.

    Args:
        network: on the device.
        label: the class that is asked for, of a network that knows classes.
        window: what is sampled; where it wraps, tiles see the other side.
        side: of the largest picture that the network is shown, in pixels.
        run: is told if memory makes tiles smaller than that.
        wrap: returns what stands for the network.
    """
    whole = Padded(Clipped(wrap(network.denoiser(label), network.network), (-1.0,), (1.0,)), network.size.stride)
    margin = side // OVERLAP
    fits = not any(window.wrap) and max(len(window.rows), len(window.columns)) <= side
    return Tiled(whole, run, wrap=window.wrap, tile=None if fits else side - 2 * margin, margin=margin)


def ask_by_parts(
    picture: Denoiser, channels: tuple[str, ...], parts: Sequence[tuple[int, ...]], noise: Noise
) -> Denoiser:
    """Return a denoiser of many channels.

    Args:
        picture: of as many channels as the network has.
        channels: names of all.
        parts: the numbers of the channels of each picture: as many as the network has, or one.
        noise: for grey pictures, see `GreyAsColour`.
    """
    count = len(picture.channels)
    grey = picture if count == 1 else GreyAsColour(picture, noise)
    return PerMap(channels, [(part, picture if len(part) == count else grey) for part in parts])
