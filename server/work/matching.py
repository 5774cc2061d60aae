"""The masks of the sets of a library, matched by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

import svbrdf_core as sv
from svbrdf_core.codec.plain import JsonObject


def match_masks(*, sets: Sequence[Sequence[str]], masks: Sequence[str], where: str) -> JsonObject:
    """Return the mask of each set, or a sentence about it.

    Args:
        sets: name and path below the library of each.
        masks: paths in the folder of masks.
        where: the folder of masks, as it is told.
    """
    names = sv.MaskNames([PurePosixPath(mask) for mask in masks], where)
    return {"matched": [_match(names, name, path) for name, path in sets]}


def _match(names: sv.MaskNames, name: str, path: str) -> JsonObject:
    try:
        return {"mask": str(names.choose(name, path or name)), "why": ""}
    except sv.MaskError as error:
        return {"mask": None, "why": str(error)}
