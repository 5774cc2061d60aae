"""Folders of diffusers, written by that library: what is read of them is what its own scheduler makes of a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from svbrdf_core.diffusion.checkpoints.files import PretrainedFiles
from svbrdf_core.errors import InputError

diffusers = pytest.importorskip("diffusers")

SMALL: dict[str, Any] = {
    "sample_size": 16,
    "block_out_channels": (8, 16),
    "norm_num_groups": 4,
    "layers_per_block": 1,
    "down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
    "up_block_types": ("AttnUpBlock2D", "UpBlock2D"),
    "attention_head_dim": 4,
}


def save(folder: Path, network: dict[str, Any] | None = None, **scheduler: Any) -> PretrainedFiles:
    """Write a random network and a scheduler as the library does."""
    torch.manual_seed(3)
    diffusers.UNet2DModel(**SMALL | (network or {})).save_pretrained(folder / "unet")
    diffusers.DDPMScheduler(**{"clip_sample": False, **scheduler}).save_pretrained(folder / "scheduler")
    return files(folder)


def files(folder: Path) -> PretrainedFiles:
    unet = folder / "unet"
    return PretrainedFiles(
        unet / "diffusion_pytorch_model.safetensors",
        unet / "config.json",
        folder / "scheduler" / "scheduler_config.json",
    )


def noisy(channels: int = 3) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(9).standard_normal((1, channels, 16, 24)).astype(np.float32))


@pytest.mark.parametrize(
    "scheduler",
    [
        {"prediction_type": "epsilon"},
        {"prediction_type": "sample", "beta_schedule": "scaled_linear", "beta_start": 0.001},
        {"prediction_type": "v_prediction", "beta_schedule": "squaredcos_cap_v2"},
        {"beta_schedule": "sigmoid", "num_train_timesteps": 400, "beta_end": 0.03},
        {"trained_betas": [0.01, 0.02, 0.05, 0.1, 0.2], "num_train_timesteps": 5},
    ],
    ids=["epsilon", "sample", "v", "sigmoid", "trained"],
)
def test_its_estimates_are_those_of_the_library(tmp_path: Path, scheduler: dict[str, Any]) -> None:
    found = save(tmp_path, **scheduler)
    network = found.load()
    model = diffusers.UNet2DModel.from_pretrained(tmp_path / "unet").eval()
    theirs = diffusers.DDPMScheduler.from_pretrained(tmp_path / "scheduler")
    denoise = network.denoiser()
    last = theirs.config.num_train_timesteps - 1
    for t in {0, min(3, last), last // 2, last * 9 // 10}:
        product = theirs.alphas_cumprod[t].double()
        with torch.no_grad():
            predicted = model(noisy(), t).sample
            expected = theirs.step(predicted, t, noisy()).pred_original_sample
        sigma = ((1 - product) / product).sqrt().view(1)
        x0 = denoise(noisy().double() / product.sqrt(), sigma)
        assert (x0 - expected).abs().max() < 1e-4 * (1 + sigma.item()), t
    assert found.probe() == network.size
    assert (network.size.channels, network.size.window, network.size.stride) == (3, 16, 2)


def test_a_network_that_predicts_no_velocity_is_the_denoiser_of_white_noise(tmp_path: Path) -> None:
    """Of x_0 ~ N(0, 1) the velocity's mean is 0, and E[x_0 | x] = x / (1 + sigma^2)."""
    save(tmp_path, prediction_type="v_prediction")
    zero(tmp_path)
    denoise = files(tmp_path).load().denoiser()
    for sigma in (0.05, 1.0, 30.0):
        found = denoise(noisy(), torch.tensor([sigma]))
        assert (found - noisy() / (1 + sigma**2)).abs().max() < 1e-6


def zero(folder: Path) -> None:
    """Make the last layer of a network answer 0."""
    path = folder / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(path)
    save_file({n: torch.zeros_like(t) if n.startswith("conv_out") else t for n, t in tensors.items()}, path)


def test_grey_networks_classes_and_learnt_variance(tmp_path: Path) -> None:
    found = save(tmp_path, {"in_channels": 1, "out_channels": 2, "num_class_embeds": 4})
    network = found.load()
    assert (network.size.channels, network.size.labels) == (1, 4)
    one, two = (network.denoiser(label)(noisy(1), torch.tensor([1.0])) for label in (0, 3))
    assert one.shape == (1, 1, 16, 24) and (one - two).abs().max() > 1e-3


def test_weights_with_the_names_of_older_versions_are_read(tmp_path: Path) -> None:
    found = save(tmp_path)
    now = found.load()
    tensors = load_file(found.weights)
    old = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    renamed = {}
    for name, tensor in tensors.items():
        for new, before in old.items():
            name = name.replace(f".{new}.", f".{before}.")
        renamed[name] = tensor
    assert set(renamed) != set(tensors)
    save_file(renamed, found.weights)
    t = torch.tensor([5.0])
    assert torch.equal(found.load().predict(noisy(), t, None), now.predict(noisy(), t, None))


def rewrite(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize(
    "changes",
    [
        {"_class_name": "UNet2DConditionModel"},
        {"in_channels": 4},
        {"out_channels": 5},
        {"block_out_channels": [10**9, 16]},
        {"block_out_channels": 16},
        {"layers_per_block": 10**9},
        {"layers_per_block": True},
        {"time_embedding_type": "fourier"},
        {"down_block_types": ["Nonsense2D", "DownBlock2D"]},
        {"unheard_of": 3},
        {"norm_num_groups": 7},
        {"sample_size": "large"},
        {"num_class_embeds": -1},
        {"act_fn": "__import__"},
        {"norm_eps": "small"},
        {"downsample_padding": 7},
        {"freq_shift": [1]},
    ],
    ids=str,
)
def test_a_config_of_another_network_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    found = save(tmp_path)
    assert found.config is not None
    rewrite(found.config, **changes)
    with pytest.raises(InputError, match="^The config does not describe a UNet2DModel"):
        found.probe()


@pytest.mark.parametrize(
    "changes",
    [
        {"beta_schedule": "laplace"},
        {"prediction_type": "flow_prediction"},
        {"rescale_betas_zero_snr": True},
        {"num_train_timesteps": 10**9},
        {"num_train_timesteps": 0},
        {"beta_end": "much"},
        {"beta_end": 3},
        {"trained_betas": [0.1, [0.2]]},
        {"trained_betas": [0.1, -0.2]},
        {"trained_betas": []},
    ],
    ids=str,
)
def test_a_schedule_that_is_not_known_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    found = save(tmp_path)
    assert found.scheduler is not None
    rewrite(found.scheduler, **changes)
    with pytest.raises(InputError, match="^The scheduler's config describes no noise that is known here"):
        found.probe()


def test_files_that_do_not_fit_each_other_are_refused(tmp_path: Path) -> None:
    one = save(tmp_path / "one")
    two = save(tmp_path / "two", {"block_out_channels": (8, 24)})
    for config, words in (
        (two.config, "^The weights are not those of the network that the config describes"),
        (one.weights, "^The config of the network is not the JSON that diffusers writes"),
        (tmp_path / "nowhere.json", "^The config of the network .*nowhere.json cannot be read"),
        (None, "needs its config.json and its scheduler_config.json, both"),
    ):
        with pytest.raises(InputError, match=words):
            PretrainedFiles(one.weights, config, one.scheduler).probe()
    with pytest.raises(InputError, match="^The weights are of an architecture that is not known here"):
        PretrainedFiles(one.weights).probe()


def test_a_config_may_be_deep_long_or_no_object(tmp_path: Path) -> None:
    found = save(tmp_path)
    assert found.config is not None
    for text in ("[" * 100_000, "[1]", "{" + " " * 2**21 + "}", "\x00", '{"a": NaN'):
        found.config.write_text(text)
        with pytest.raises(InputError, match="^The config of the network is not the JSON"):
            found.probe()
