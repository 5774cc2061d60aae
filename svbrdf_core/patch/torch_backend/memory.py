"""Work in chunks that fit a device's memory."""

from __future__ import annotations

from collections.abc import Callable

import torch

from svbrdf_core.errors import FillError
from svbrdf_core.sentences import Remedy

CHUNK = {"cuda": 256 << 20, "mps": 128 << 20}
"""Bytes of gathered patches at a time; larger chunks are not faster once they keep the device busy."""
CHUNK_ELSEWHERE = 16 << 20
"""The same on torch's own CPU device, where a chunk should stay in the cache."""


class Memory:
    """Chunks of work for one device; `budget` is the bytes a chunk may take, halved whenever they were too many."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.budget = CHUNK.get(device.type, CHUNK_ELSEWHERE)
        if device.type == "cuda":
            self.budget = min(self.budget, max(1, torch.cuda.mem_get_info(device)[0] // 4))

    def in_chunks(self, count: int, each: int, work: Callable[[slice], None]) -> None:
        """Call ``work`` on slices that cover ``range(count)``, again with smaller ones where memory runs out.

        Args:
            count: how many items there are.
            each: bytes that ``work`` allocates for an item.
            work: must come to the same when it is called again after it failed midway.

        Raises:
            FillError: there is not even memory for one item.
        """
        done = 0
        while done < count:
            part = slice(done, min(count, done + max(1, self.budget // each)))
            if self.fits(lambda part=part: work(part)):  # type: ignore[misc]
                done = part.stop
            elif part.stop - part.start == 1:
                raise self.too_small()
            else:
                self.budget = max(1, min(self.budget, (part.stop - part.start) * each) // 2)

    def fits(self, work: Callable[[], None]) -> bool:
        """Call ``work`` and say whether memory sufficed; where it did not, what torch keeps for later is given back."""
        try:
            work()
        except RuntimeError as error:  # torch.OutOfMemoryError is one; MPS and cuBLAS raise the plain kind
            if not _is_out_of_memory(error):
                raise
        else:
            return True
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        return False

    def too_small(self) -> FillError:
        """Return the error for a device that cannot hold the work at all."""
        return FillError(
            f"The memory of the device {self.device} is too small or taken by other programs; close those",
            Remedy("device", "use the processor", {"device": "cpu"}),
        )


def _is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or any(
        sign in str(error) for sign in ("out of memory", "CUBLAS_STATUS_ALLOC_FAILED")
    )
