"""Records of attention: laws that are known, and that what is recorded is what the layers do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from svbrdf_core.diffusion.checkpoints import attention
from svbrdf_core.diffusion.checkpoints.attention import (
    AttendedLayer,
    Recorded,
    find_attention,
    measure_attention,
    record_attention,
)
from svbrdf_core.diffusion.checkpoints.guided import load_guided
from svbrdf_core.diffusion.checkpoints.guided_network import Attention, SelfAttention
from svbrdf_core.diffusion.denoiser import Observed
from tests.diffusion.checkpoints.names import Guided, random_weights

SIDE, STRIDE = 8, 4
LOUD = 40.0
"""A product of a query and a key that drowns all others."""


def hole(*rows: int) -> torch.Tensor:
    """Return a hole of so many rows, from the upper edge or between two."""
    out = torch.zeros(SIDE * STRIDE, SIDE * STRIDE)
    out[slice(*rows)] = 1
    return out


def pointing(at: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return queries and keys by which patch n looks at patch ``at[n]`` alone."""
    key = torch.eye(SIDE * SIDE)[None, None]
    return LOUD * (SIDE * SIDE) ** 0.5 * key[:, :, list(at)], key


def test_uniform_attention_is_the_holes_share_of_the_picture() -> None:
    rng = torch.Generator().manual_seed(0)
    query, key = torch.zeros(2, 3, SIDE * SIDE, 5), torch.randn(2, 3, SIDE * SIDE, 5, generator=rng)
    found = measure_attention("any", query, key, (SIDE, SIDE), hole(10))  # the third row of patches is half hole
    assert found.uniform == pytest.approx(10 / 32)
    assert found.in_hole == pytest.approx(10 / 32, rel=1e-6)
    assert found.in_hole_from_hole == pytest.approx(10 / 32, rel=1e-6)
    assert found.received == pytest.approx(1 / SIDE**2, rel=1e-6)
    assert found.hole[2] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("row", "inside", "distance"), [(1, 1.0, 1.5 * STRIDE), (3, 0.0, 0.5 * STRIDE), (7, 0.0, 18.0)]
)
def test_attention_that_points_at_one_patch_is_there(row: int, inside: float, distance: float) -> None:
    query, key = pointing([row * SIDE + 4] * SIDE**2)
    found = measure_attention("any", query, key, (SIDE, SIDE), hole(3 * STRIDE))
    assert found.in_hole == pytest.approx(inside, abs=1e-6)
    distances = found.distances()
    assert distances is not None
    assert distances[found.most_attended(1 / SIDE**2)].tolist() == [distance]


def test_the_holes_own_attention_is_told_apart() -> None:
    inside = 2 * SIDE  # patches
    query, key = pointing([SIDE**2 - 1] * inside + [0] * (SIDE**2 - inside))
    found = measure_attention("any", query, key, (SIDE, SIDE), hole(2 * STRIDE))
    assert found.in_hole == pytest.approx(0.75, abs=1e-6)  # all but the hole's own look into it
    assert found.in_hole_from_hole == pytest.approx(0, abs=1e-6)


def test_distances_are_those_to_the_rim() -> None:
    layer = measure_attention("any", *pointing(range(SIDE**2)), (SIDE, SIDE), hole(3 * STRIDE, 6 * STRIDE))
    distances = layer.distances()
    assert distances is not None
    assert (distances[:, 0] / STRIDE).tolist() == [2.5, 1.5, 0.5, 0.5, 1.5, 0.5, 0.5, 1.5]
    assert measure_attention("any", *pointing(range(SIDE**2)), (SIDE, SIDE), hole(1)).distances() is None


def test_long_rows_are_measured_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = torch.Generator().manual_seed(1)
    query, key = (torch.randn(1, 2, SIDE * SIDE, 4, generator=rng) for _ in range(2))
    whole = measure_attention("any", query, key, (SIDE, SIDE), hole(9))
    monkeypatch.setattr(attention, "ROWS", 2 * SIDE * SIDE * 5)
    parts = measure_attention("any", query, key, (SIDE, SIDE), hole(9))
    assert parts.received == pytest.approx(whole.received, rel=1e-5)
    assert parts.received_from_hole == pytest.approx(whole.received_from_hole, rel=1e-5)


def test_a_record_is_what_the_layer_of_guided_diffusion_does() -> None:
    torch.manual_seed(0)
    layer = SelfAttention(32, Attention(heads=1))
    nn.init.normal_(layer.qkv.weight, std=0.4)
    _pass_on(layer.proj_out)
    x = torch.randn(1, 32, 6, 10)
    with record_attention(_holding(layer), torch.ones(12, 20)) as found:
        answer = layer(x)
    _, _, value = layer.project(x)
    _check_column_means((answer - x).flatten(2)[0].T, found, value[0, 0])


def test_a_record_is_what_the_layer_of_diffusers_does() -> None:
    processor = pytest.importorskip("diffusers.models.attention_processor")
    torch.manual_seed(0)
    layer = processor.Attention(
        32,
        heads=1,
        dim_head=32,
        norm_num_groups=8,
        residual_connection=True,
        bias=True,
        _from_deprecated_attn_block=True,
    )
    for part in (layer.to_q, layer.to_k):
        nn.init.normal_(part.weight, std=0.4)
    _pass_on(layer.to_out[0])
    x = torch.randn(1, 32, 6, 10)
    with record_attention(_holding(layer), torch.ones(12, 20)) as found:
        answer = layer(x)
    value = layer.to_v(layer.group_norm(x.flatten(2)).mT)
    _check_column_means((answer - x).flatten(2)[0].T, found, value[0])


def _holding(layer: nn.Module) -> nn.Module:
    return nn.ModuleList([layer])


def _pass_on(last: Any) -> None:
    """Let what was attended to leave the layer as it is."""
    with torch.no_grad():
        last.weight.copy_(torch.eye(32).view_as(last.weight))
        last.bias.zero_()


def _check_column_means(seen: torch.Tensor, found: list[AttendedLayer], value: torch.Tensor) -> None:
    """See that the mean answer of all patches is that of the values by the attention that they are said to get."""
    (layer,) = found
    assert layer.received.shape == (6, 10) and layer.stride == 2
    assert np.ptp(layer.received) > 0.01
    expected = torch.from_numpy(layer.received.ravel()).float() @ value
    assert (seen.mean(0) - expected).abs().max() < 1e-5


@pytest.mark.parametrize("kind", ["guided", "diffusers"])
def test_all_layers_of_a_network_are_recorded_and_nothing_stays_behind(tmp_path: Path, kind: str) -> None:
    if kind == "guided":
        torch.save(random_weights(Guided(64, (1, 2, 2), 1, (2, 4)).shapes()), tmp_path / "w.pt")
        found = load_guided(tmp_path / "w.pt")
        network, denoise = found.network, found.denoiser()
        sizes = [(8, 8), (4, 4), (4, 4), (4, 4), (4, 4), (8, 8), (8, 8)]
    else:
        network, denoise = _diffusers(tmp_path)
        sizes = [(8, 8), (8, 8), (8, 8), (8, 8)]
    x, sigma = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(0)), torch.tensor([0.7])
    inside = torch.zeros(1, 1, 16, 16)
    inside[..., :4, :] = 1
    seen = Observed(torch.zeros_like(x), inside)
    kept: list[list[AttendedLayer]] = []
    with torch.no_grad():
        before = denoise(x, sigma, seen)
        watched = Recorded(denoise, network, kept.append)(x, sigma, seen)
        Recorded(denoise, network, kept.append)(x, sigma, Observed(seen.values, torch.zeros_like(inside)))
    assert torch.equal(before, watched)
    (layers,) = kept  # a pass that sees no hole tells nothing
    assert [layer.hole.shape for layer in layers] == sizes
    assert {layer.name for layer in layers} == {name for name, _, _ in find_attention(network)}
    for layer in layers:
        assert layer.received.sum() == pytest.approx(1) and layer.uniform == 0.25
        assert 0 < layer.in_hole < 1
    assert not any(module._forward_pre_hooks for module in network.modules())


def _diffusers(folder: Path) -> tuple[nn.Module, Any]:
    diffusers = pytest.importorskip("diffusers")
    from svbrdf_core.diffusion.checkpoints.diffusers_unet import load_diffusers

    torch.manual_seed(0)
    blocks = {"down_block_types": ("DownBlock2D", "AttnDownBlock2D"), "up_block_types": ("AttnUpBlock2D", "UpBlock2D")}
    size = {"block_out_channels": (8, 16), "norm_num_groups": 4, "layers_per_block": 1, "attention_head_dim": 8}
    diffusers.UNet2DModel(sample_size=16, **size, **blocks).save_pretrained(folder)
    diffusers.DDPMScheduler().save_pretrained(folder)
    names = ("diffusion_pytorch_model.safetensors", "config.json", "scheduler_config.json")
    found = load_diffusers(*(folder / name for name in names))
    return found.network, found.denoiser()
