"""Gradients of a loss that several threads share are those of the whole batch, and lie as optimisers take them."""

from __future__ import annotations

import pytest
import torch

from svbrdf_core.learning.gradients import backward
from svbrdf_core.learning.precision import place


@pytest.mark.parametrize("count", [1, 2, 7])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_parts_add_up(count: int, threads: int) -> None:
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.SiLU(), torch.nn.Conv2d(4, 2, 3))
    place(network, "cpu")
    examples = torch.randn(count, 3, 9, 9)
    weights = list(network.parameters())
    whole = network(examples).square().mean()
    wanted = torch.autograd.grad(whole, weights)

    def loss_of(part: slice) -> torch.Tensor:
        found: torch.Tensor = network(examples[part]).square().sum() / (count * 2 * 25)
        return found

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        loss = backward(loss_of, count, weights, "cpu")
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert loss.item() == pytest.approx(whole.item(), rel=1e-5) and not loss.requires_grad
    for weight, want in zip(weights, wanted, strict=True):
        assert weight.grad is not None and weight.grad.stride() == weight.stride()
        assert torch.allclose(weight.grad, want, rtol=1e-4, atol=1e-6)


def test_an_error_in_a_thread_reaches_the_caller() -> None:
    def loss_of(part: slice) -> torch.Tensor:
        raise torch.OutOfMemoryError("scarce")

    before = torch.get_num_threads()
    with pytest.raises(torch.OutOfMemoryError):
        backward(loss_of, 4, [torch.nn.Parameter(torch.zeros(1))], "cpu")
    assert torch.get_num_threads() == before
