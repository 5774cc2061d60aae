"""Turntables: pictures one after the other, as a film."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.cli.session import Session
from svbrdf_core.errors import Cancelled, InputError, OutputError
from svbrdf_core.inpainting.staging import publish, staging

Rgb = NDArray[np.uint8]

ENDINGS = (".gif", ".webp", ".mp4")
PER_SECOND = 20
"""Pictures a second; GIF counts in hundredths of a second, so that this is exact there too."""


def check_turntable(path: Path | None, *, overwrite: bool) -> None:
    """Refuse a film that could not or should not be written, before any work is done.

    Raises:
        InputError: its ending is none of ours, or writing it needs a package that is missing.
        OutputError: it exists already, without ``overwrite``.
    """
    if path is None:
        return
    if path.suffix.lower() not in ENDINGS:
        raise InputError(f"{path} is no film; give a name that ends in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}.")
    if path.suffix.lower() == ".mp4" and importlib.util.find_spec("imageio_ffmpeg") is None:
        raise InputError(
            "An .mp4 needs imageio-ffmpeg; install it with: pip install 'svbrdf-inpaint[video]', "
            "or choose a .gif or .webp."
        )
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists already; give another name or --overwrite.")


def draw_turn(frame: Callable[[float], Rgb], count: int, session: Session) -> Iterator[Rgb]:
    """Draw ``count`` pictures of one turn.

    Raises:
        Cancelled: Ctrl-C was pressed.
    """
    for number in range(count):
        if session.should_stop():
            raise Cancelled
        yield frame(number / count)


def write_turntable(path: Path, frames: Iterator[Rgb], *, overwrite: bool) -> None:
    """Write an endless film of pictures of one size, complete or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    with staging(path.parent) as staged:
        if path.suffix.lower() == ".mp4":
            _video(staged / path.name, frames)
        else:
            _animation(staged / path.name, list(frames))
        publish(staged, path.parent, overwrite=overwrite)


def _animation(path: Path, frames: Sequence[Rgb]) -> None:
    from PIL import Image

    first, *rest = (Image.fromarray(frame) for frame in frames)
    first.save(path, save_all=True, append_images=rest, duration=1000 // PER_SECOND, loop=0)


def _video(path: Path, frames: Iterator[Rgb]) -> None:
    import imageio_ffmpeg

    first = next(frames)
    # The common players want an even number of rows and columns.
    height, width = (length - length % 2 for length in first.shape[:2])
    writer = imageio_ffmpeg.write_frames(str(path), (width, height), fps=PER_SECOND, quality=8, macro_block_size=2)
    writer.send(None)
    try:
        for frame in chain((first,), frames):
            writer.send(np.ascontiguousarray(frame[:height, :width]))
    finally:
        writer.close()
