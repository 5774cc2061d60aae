"""Crops of a case on disk: what the network sees of a fill, of the truth and of the known region."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.compare.cases import Case
from svbrdf_core.errors import InputError
from svbrdf_core.formats import write_files
from svbrdf_core.material import Material
from svbrdf_core.metrics.crops import Crops, describe_crops
from svbrdf_core.metrics.renders import Placement
from svbrdf_core.metrics.scene import Bools, Floats


def usable_crops(groups: Collection[str]) -> bool:
    """Tell whether crops are taken: sets are asked for, and what the network needs is there."""
    return {"sets", "perceptual"} <= set(groups)


def save_crops(path: Path, values: Floats, masks: Mapping[str, Bools], material: Material, case: Case) -> None:
    """Write the crops of a case's window that lie in each mask.

    Args:
        path: a file of the kind ``npz``.
        values: ``(C, h, w)``, the window.
        masks: ``(h, w)`` by name.
        material: whose window it is.
        case: which window.

    Raises:
        OutputError: it cannot be written.
    """
    place = Placement(material.layout, case.window.top, case.window.left, case.height, case.width, material.linear())
    found = {name: describe_crops(values, mask, place) for name, mask in masks.items()}
    arrays = {f"{name}_{kind}": features for name, crops in found.items() for kind, features in crops._asdict().items()}

    def save(at: Path) -> None:
        with at.open("wb") as file:
            np.savez(file, **{name: features.astype(np.float32) for name, features in arrays.items()})

    write_files(path.parent, {path.name: save}, overwrite=True)


def read_crops(path: Path, mask: str) -> Crops:
    """Return the crops in one mask.

    Raises:
        InputError: the file is missing or damaged.
    """
    try:
        with np.load(path) as arrays:
            found: list[NDArray[np.float64]] = [arrays[f"{mask}_{kind}"].astype(np.float64) for kind in Crops._fields]
            return Crops(*found)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path} cannot be read ({error}); delete it and run the comparison again.") from error
