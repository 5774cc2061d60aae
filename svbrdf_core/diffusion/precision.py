"""A device comes in; the number format that it computes convolutions fastest in goes out."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch


def autocast(device: str) -> AbstractContextManager[object]:
    """Return a context that computes in bfloat16 where the hardware does, and in float32 elsewhere.

    Weights, losses and samples stay float32. Processors that lack the instructions would emulate them, at a loss.
    """
    kind = device.partition(":")[0]
    fast = torch.cpu._is_avx512_bf16_supported() if kind == "cpu" else kind == "cuda"
    return torch.autocast(kind, torch.bfloat16) if fast else nullcontext()
