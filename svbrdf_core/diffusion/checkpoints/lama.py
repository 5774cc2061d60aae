"""Weights of LaMa: their size is found from names and shapes, and compared to all of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeVar

import torch

from svbrdf_core.diffusion.checkpoints.lama_network import LamaArchitecture, LamaGenerator
from svbrdf_core.diffusion.checkpoints.weights import read_shapes, read_weights
from svbrdf_core.errors import InputError
from svbrdf_core.learning.archive import Shapes, Tensors

T = TypeVar("T")
PICTURE = 3
MAX_WIDTH = 1024
MAX_LAYERS = 100
FOREIGN = "The weights are not those of a LaMa generator of colour pictures; choose others."


def probe_lama(path: Path) -> LamaArchitecture:
    """Return what such a file holds, from its header alone.

    Raises:
        InputError: it cannot be read, or is of another architecture.
    """
    return find_architecture(_canonical(read_shapes(path)))


def load_lama(path: Path) -> LamaGenerator:
    """Return the network of a file, on the processor.

    Raises:
        InputError: it cannot be read, or is of another architecture.
    """
    with torch.device("meta"):
        network = LamaGenerator(probe_lama(path))
    weights: Tensors = _canonical(read_weights(path))
    counters = {name: torch.zeros(()) for name in network.state_dict() if name.endswith(".num_batches_tracked")}
    network.load_state_dict({**weights, **counters}, assign=True)
    return network.eval().requires_grad_(False)


def find_architecture(shapes: Shapes) -> LamaArchitecture:
    """Return the architecture that tensors of these shapes are the weights of.

    Raises:
        InputError: there is none.
    """
    try:
        size = _infer(shapes)
        with torch.device("meta"):
            network = LamaGenerator(size)
    except (KeyError, IndexError, ValueError, RuntimeError) as error:
        raise InputError(FOREIGN) from error
    expected = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    if _canonical(expected) != shapes or (size.inputs, size.outputs) != (PICTURE + 1, PICTURE):
        raise InputError(FOREIGN)
    return size


def _infer(shapes: Shapes) -> LamaArchitecture:
    """Return the size by the layers' numbers: padding, a first layer, one a level, blocks, joining, and the way up."""
    local = {
        int(found[1]) for name in shapes if (found := re.fullmatch(r"model\.(\d{1,3})\.ffc\.convl2l\.weight", name))
    }
    blocks = {int(found[1]) for name in shapes if (found := re.match(r"model\.(\d{1,3})\.conv1\.ffc\.", name))}
    first, levels = shapes["model.1.ffc.convl2l.weight"], len(local) - 1
    if max(first[0] << max(levels, 0), first[1]) > MAX_WIDTH or not local or len(blocks) > MAX_LAYERS:
        raise ValueError("no layers, or too many")
    last = 3 + len(local) + len(blocks) + 3 * levels  # between them joining, and padding
    return LamaArchitecture(
        inputs=first[1],
        outputs=shapes[f"model.{last}.weight"][0],
        width=first[0],
        levels=levels,
        blocks=len(blocks),
        global_channels=shapes.get(f"model.{levels + 1}.ffc.convl2g.weight", (0,))[0],
    )


def _canonical(tensors: dict[str, T]) -> dict[str, T]:
    """Return the tensors of the generator by our names, without those that count the batches of training."""
    inner = {name: value for name, value in tensors.items() if name.startswith("generator.")} or tensors
    return {
        re.sub(r"^(generator\.|model\.(?=model\.))", "", name): value
        for name, value in inner.items()
        if not name.endswith(".num_batches_tracked")
    }
