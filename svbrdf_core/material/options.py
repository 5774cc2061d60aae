"""The material that load options describe."""

from __future__ import annotations

from svbrdf_core.formats import MAX_PIXELS
from svbrdf_core.material.material import Material
from svbrdf_core.request import LoadOptions


def load_material(options: LoadOptions) -> Material:
    """Return the material that load options describe; only headers are read.

    Raises:
        InputError: no map, an unreadable file, or sizes of different aspect.
        AmbiguousInput: several readings; the message names the option that settles it.
    """
    return Material.load(
        options.path,
        set_name=options.set_name,
        overrides=options.overrides,
        only=options.only,
        also=options.also,
        normal=options.normal,
        max_pixels=MAX_PIXELS if options.max_pixels is None else options.max_pixels,
    )
