"""Gradients of a batch's loss: on the processor each core takes some of the examples.

torch's own threads share each operation and wait for each other at its end, hundreds of times a step. With the small
networks here that is no faster than one thread, and beside a busy program, which may hold one of them up at any time,
many times slower. Threads that share the batch wait once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import torch

from svbrdf_core.tensors.threads import map_in_threads


def backward(
    loss_of: Callable[[slice], torch.Tensor], count: int, parameters: Sequence[torch.nn.Parameter], device: str
) -> torch.Tensor:
    """Set the gradients of parameters, and return the loss, detached.

    Args:
        loss_of: returns the loss of some of the examples, of which the whole loss is the sum; on the processor it is
            called by several threads at a time.
        count: examples of the batch.
        parameters: all that the loss depends on.
        device: where they are.
    """
    before = torch.get_num_threads()
    threads = min(before, count) if device == "cpu" else 1
    if threads == 1:
        loss = loss_of(slice(0, count))
        torch.autograd.backward(loss, inputs=list(parameters))
        return loss.detach()

    def differentiate(part: slice) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        torch.set_num_threads(1)  # OpenMP counts for each thread that calls it
        loss = loss_of(part)
        return loss.detach(), torch.autograd.grad(loss, parameters)

    ends = np.linspace(0, count, threads + 1).astype(int).tolist()
    try:
        parts = map_in_threads(differentiate, [slice(*bounds) for bounds in pairwise(ends)], threads)
    finally:
        torch.set_num_threads(before)
    with torch.no_grad():
        for parameter, first, *others in zip(parameters, *(gradients for _, gradients in parts), strict=True):
            # Optimisers take both as they lie in memory, so they must lie alike.
            parameter.grad = torch.empty_like(parameter).copy_(first)
            for other in others:
                parameter.grad += other
    return torch.stack([loss for loss, _ in parts]).sum()
