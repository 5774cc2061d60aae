"""The options that say how the files of a material are read come in; a reading goes out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from svbrdf_core.cli.options import Normal, names, pairs
from svbrdf_core.formats import MAX_PIXELS
from svbrdf_core.material.reading import Reading


def reading_of(
    path: Path,
    *,
    maps: Sequence[str] | None = None,
    only: Sequence[str] | None = None,
    also: Sequence[str] | None = None,
    set_name: str | None = None,
    normal: Normal = Normal.auto,
    max_pixels: int | None = None,
) -> Reading:
    """Return how a material is to be read, as the options of a command say.

    Raises:
        BadParameter: a ``--map`` that is not of the form NAME=FILE.
    """
    return Reading(
        path,
        set_name,
        pairs(maps),
        only=names(only) or None,
        also=names(also),
        normal=normal.value,
        max_pixels=max_pixels or MAX_PIXELS,
    )
