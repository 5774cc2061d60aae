"""Export of one map alone to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from svbrdf_core.errors import InputError
from svbrdf_core.formats import write_exr, write_file, write_png
from svbrdf_core.material.material import Material

Form = Literal["npy", "png", "exr"]


def write_map(material: Material, name: str, target: Path | str, form: Form) -> None:
    """Write a map as its file stores it, without the other channels of that file.

    Args:
        material: the material.
        name: of the map.
        target: the file to write, complete or not at all.
        form: ``npy`` holds ``(h, w, C)`` samples in their own type, ``png`` the same of integers, and ``exr`` floats:
            integers are divided by their largest value.

    Raises:
        InputError: there is no such map, or the form cannot hold it.
        OutputError: it cannot be written.
    """
    if name not in material.maps:
        raise InputError(f"There is no map {name!r}; {material.name} has {', '.join(material.maps)}.")
    samples = material.read_stored(name)
    if form == "npy":
        write_file(Path(target), lambda path: _write_npy(path, samples))
    elif form == "exr":
        file = material.maps[name].places[0].file
        write_exr(target, samples if file.is_float else (samples / file.full_scale).astype(np.float32))
    elif samples.dtype in (np.uint8, np.uint16):
        write_png(target, samples)
    else:
        raise InputError(f"The map {name} holds {samples.dtype}, which a PNG cannot; ask for .npy or EXR.")


def _write_npy(path: Path, samples: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> None:
    with path.open("wb") as stream:  # save() adds an ending to a name
        np.save(stream, samples, allow_pickle=False)
