"""Mapping of colours to palette indices: untouched pixels keep theirs, changed ones take the nearest entry."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def to_indices(
    colours: NDArray[np.uint8], indices: NDArray[np.uint8] | None, palette: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Return indices ``(H, W)`` for ``colours`` ``(H, W, 3 or 4)``, given the file's own ``indices``.

    They are None where the colours are of another size than the file.

    A pixel whose colour is what its old index says keeps that index, even where the palette repeats a colour.
    """
    result = np.zeros(colours.shape[:2], np.uint8) if indices is None else indices.copy()
    changed = (palette[result] != colours).any(axis=2)
    if changed.any():
        from scipy.spatial import cKDTree  # a fifth of a second, for files that few have

        tree = cKDTree(palette.astype(np.float32))
        new = colours[changed]
        keys = new.astype(np.uint32) @ (1 << 8 * np.arange(new.shape[1], dtype=np.uint32))
        _, first, places = np.unique(keys, return_index=True, return_inverse=True)  # each colour is looked for once
        nearest = np.asarray(tree.query(new[first].astype(np.float32))[1])
        result[changed] = nearest[places]
    return result
