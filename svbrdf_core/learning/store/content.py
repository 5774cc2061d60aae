"""Digests of the known part of a material, which tell it from others and find it again in another window."""

from __future__ import annotations

import hashlib
import json
import zlib

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.codec.plain import Json

Blocks = dict[tuple[int, int], int]
"""Row and column of a block in the picture's grid of blocks, and the CRC of its values."""
Table = NDArray[np.uint32]
"""The same as rows of three numbers, to be stored and compared."""

BLOCK = 32
"""Side of a block in pixels."""
LEAST_COMMON = 8
"""Blocks that two windows must have in common to be compared at all."""
SAME = 0.98
"""Part of the common blocks that must be equal for two windows to show the same material."""


def hash_bytes(data: bytes) -> str:
    """Return the digest, in hexadecimal digits, by which this layer tells bytes apart."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def make_key(**facts: Json) -> str:
    """Return one word for everything besides the material that a trained model depends on.

    Example:
        >>> make_key(steps=600, device="cpu") == make_key(device="cpu", steps=600)
        True
    """
    return hash_bytes(json.dumps(facts, sort_keys=True, allow_nan=False).encode())


def digest_content(tensor: NDArray[np.float32], known: NDArray[np.bool_]) -> str:
    """Return a digest of exactly what is known; what stands in the hole does not matter.

    Args:
        tensor: values ``(C, H, W)``.
        known: ``(H, W)``, where they count.
    """
    digest = hashlib.blake2b(repr(tensor.shape).encode(), digest_size=16)
    digest.update(np.packbits(known).data)
    for channel in tensor:
        digest.update((channel[known] + np.float32(0)).data)  # -0 is 0
    return digest.hexdigest()


def list_blocks(
    tensor: NDArray[np.float32], known: NDArray[np.bool_], top: int, left: int, size: tuple[int, int]
) -> Blocks:
    """Return the blocks of a window that are wholly known, in the grid that starts at the corner of the picture.

    Windows round different holes of one picture give the same CRC for the same block. Blocks that the window or the
    edge of the picture cuts do not count.

    Args:
        tensor: values ``(C, H, W)`` of the window.
        known: ``(H, W)``, where they count.
        top: the picture's row at the window's corner; the window may go on round the picture's edges.
        left: the picture's column there.
        size: height and width of the picture.
    """
    columns = _starts(left, tensor.shape[2], size[1])
    found: Blocks = {}
    for row, y in _starts(top, tensor.shape[1], size[0]):
        for column, x in columns:
            if known[y : y + BLOCK, x : x + BLOCK].all():
                values = tensor[:, y : y + BLOCK, x : x + BLOCK] + np.float32(0)  # -0 is 0
                found[row, column] = zlib.crc32(np.ascontiguousarray(values).data)
    return found


def _starts(start: int, length: int, total: int) -> list[tuple[int, int]]:
    """Return the whole blocks along one axis: the number in the picture, and the first pixel in the window."""
    places = ((start + at) % total for at in range(length - BLOCK + 1))
    return [(place // BLOCK, at) for at, place in enumerate(places) if not place % BLOCK and place + BLOCK <= total]


def tabulate_blocks(blocks: Blocks) -> Table:
    """Return blocks as an array ``(N, 3)``: row, column, CRC."""
    return np.array([(*place, crc) for place, crc in blocks.items()], np.uint32).reshape(-1, 3)


def count_common_blocks(ours: Table, theirs: Table) -> int:
    """Return how many blocks are equal in two windows of the same material, or 0 if that is not what they show."""
    _, one, other = np.intersect1d(_places(ours), _places(theirs), assume_unique=True, return_indices=True)
    equal = int((ours[one, 2] == theirs[other, 2]).sum())
    return equal if len(one) >= LEAST_COMMON and equal >= SAME * len(one) else 0


def _places(table: Table) -> NDArray[np.uint64]:
    """Return row and column as one number."""
    return table[:, 0].astype(np.uint64) << np.uint64(32) | table[:, 1]
