"""Number format and memory layout in which each device computes convolutions fastest."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn


def autocast(device: str) -> AbstractContextManager[object]:
    """Return a context that computes in bfloat16 where the hardware does, and in float32 elsewhere.

    Weights, losses and samples stay float32. Processors that lack the instructions would emulate them, at a loss.
    """
    kind = device.partition(":")[0]
    fast = torch.cpu._is_avx512_bf16_supported() if kind == "cpu" else kind == "cuda"
    return torch.autocast(kind, torch.bfloat16) if fast else nullcontext()


def place(network: nn.Module, device: str) -> None:
    """Move a network to a device, laid out for it; however it came about, the same kernels then compute it."""
    network.to(device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # torch types this for tensors only
