"""Networks of guided-diffusion: found by names and shapes, and what the published code computes by them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from svbrdf_core.diffusion.checkpoints.guided import find_architecture, load_guided, probe_guided
from svbrdf_core.diffusion.checkpoints.guided_network import Attention
from svbrdf_core.errors import InputError
from tests.diffusion.checkpoints.names import Guided, Shapes, count, lama_shapes, random_weights

SMALL = Guided(64, (1, 2, 2), 1, (2, 4))
OTHER = replace(SMALL, num_classes=5, resblock_updown=False, use_scale_shift_norm=False, learn_sigma=False)
PUBLISHED = {
    "256x256_diffusion_uncond": (Guided(256, (1, 1, 2, 2, 4, 4), 2, (8, 16, 32)), 552_814_086, 256, Attention()),
    "256x256_diffusion": (Guided(256, (1, 1, 2, 2, 4, 4), 2, (8, 16, 32), 1000), 553_838_086, 256, Attention()),
    "512x512_diffusion": (Guided(256, (0.5, 1, 1, 2, 2, 4, 4), 2, (16, 32, 64), 1000), 558_997_638, 512, Attention()),
    "128x128_diffusion": (Guided(256, (1, 1, 2, 3, 4), 2, (4, 8, 16), 1000), 421_529_606, 128, Attention(heads=4)),
    "64x64_diffusion": (Guided(192, (1, 2, 3, 4), 3, (2, 4, 8), 1000), 295_904_454, 64, Attention(split_first=True)),
}
"""As their program's page says they were made, with the numbers of parameters that its own code then has."""


def save(path: Path, size: Guided, seed: int = 0) -> Path:
    torch.save(random_weights(size.shapes(), seed), path)
    return path


def noisy() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(9).standard_normal((1, 3, 16, 24)).astype(np.float32))


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_networks_are_known_by_their_shapes(name: str) -> None:
    size, parameters, side, attention = PUBLISHED[name]
    shapes = size.shapes()
    found = find_architecture(shapes)
    assert count(shapes) == parameters
    assert found.channels == tuple(int(multiple * size.model_channels) for multiple in size.channel_mult)
    assert (found.blocks, found.labels, found.attention) == (size.num_res_blocks, size.num_classes, attention)
    assert [2**level for level, one in enumerate(found.attended) if one] == list(size.attention_ds)
    assert 8 * 2 ** (len(found.channels) - 1) == side


@pytest.mark.parametrize(
    ("size", "label", "expected"),
    [
        (SMALL, None, [0.12711, 0.06867, -0.29587, 0.15053, 0.60059, 0.34496]),
        (OTHER, 3, [0.02665, -0.34605, 1.0412, 1.4057, 0.85371, 0.4274]),
    ],
)
def test_it_computes_what_the_published_code_computes(
    tmp_path: Path, size: Guided, label: int | None, expected: list[float]
) -> None:
    """The numbers are those of guided-diffusion's own U-Net with these weights at timestep 437 (of 0 to 999)."""
    network = load_guided(save(tmp_path / "w.pt", size))
    labels = None if label is None else torch.tensor([label])
    eps = network.predict(noisy(), torch.tensor([437.0]), labels)
    assert eps.shape == (1, 3, 16, 24)
    assert eps[0, :, 5, [2, 17]].flatten().tolist() == pytest.approx(expected, abs=2e-5)
    # The denoiser of the same: timestep 437 of theirs is the 438th noise level, and x is x_t without its scale.
    beta = torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)
    product = (1 - beta[:438]).prod()
    sigma = ((1 - product) / product).sqrt()
    x = noisy().double() / product.sqrt()
    found = network.denoiser(label)(x, sigma.view(1))
    assert (found - (x - sigma * eps)).abs().max() < 1e-4
    assert found.dtype == torch.float32


def test_a_gradient_flows_through_it(tmp_path: Path) -> None:
    network = load_guided(save(tmp_path / "w.pt", SMALL))
    x = noisy().requires_grad_()
    network.denoiser()(x, torch.tensor([0.5])).sum().backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None and x.grad.abs().min() > 0


def test_safetensors_and_pickles_are_the_same_network(tmp_path: Path) -> None:
    tensors = random_weights(SMALL.shapes())
    save_file(tensors, tmp_path / "w.safetensors")
    torch.save({"state_dict": {f"module.{name}": value for name, value in tensors.items()}}, tmp_path / "w.pt")
    one, two = (load_guided(tmp_path / name) for name in ("w.safetensors", "w.pt"))
    t = torch.tensor([3.0])
    assert torch.equal(one.predict(noisy(), t, None), two.predict(noisy(), t, None))
    assert one.size == two.size == probe_guided(tmp_path / "w.pt")
    assert (one.size.channels, one.size.labels, one.size.stride) == (3, 0, 4)


def test_other_architectures_are_refused_in_one_sentence(tmp_path: Path) -> None:
    shapes = SMALL.shapes()
    less = dict(list(shapes.items())[:-1])
    other = {**shapes, "out.2.weight": (6, 32, 3, 3)}
    many = {**shapes, "output_blocks.9999.0.in_layers.2.weight": (1,)}
    classifier = {name: shape for name, shape in shapes.items() if not name.startswith("output_blocks")}
    narrow = replace(SMALL, model_channels=48).shapes()  # no groups of 32
    alien: Shapes = {"conv.weight": (3, 3)}
    for wrong in (less, other, many, classifier, narrow, lama_shapes(8, 2, 2), alien):
        with pytest.raises(InputError, match="^The weights are of an architecture that is not known here"):
            find_architecture(wrong)


def test_a_network_for_larger_pictures_is_refused(tmp_path: Path) -> None:
    """Those have the picture to enlarge among their channels."""
    torch.save(random_weights(replace(SMALL, in_channels=6, learn_sigma=False).shapes()), tmp_path / "w")
    with pytest.raises(InputError, match="guided-diffusion for one or three channels"):
        probe_guided(tmp_path / "w")
