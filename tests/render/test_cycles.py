"""Our pictures against Blender Cycles' Principled shader, fed with the maps that an add-on would plug into it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from svbrdf_core.render import Light, View, from_srgb, render
from svbrdf_core.tensors.layout import ChannelLayout
from tests.render.conftest import noise

pytestmark = pytest.mark.blender

LAYOUT = ChannelLayout(("basecolor", "normal", "roughness", "specular", "metallic"), (3, 3, 1, 1, 1))
SIDE, HEIGHT, STRENGTH = 48, 3.0, 4.0
LIGHT = (0.6, 0.8, 1.5)
SCRIPT = Path(__file__).with_name("cycles_plane.py")


def cycles(folder: Path, tensor: torch.Tensor) -> NDArray[np.float64]:
    """Return Cycles' picture ``(3, SIDE, SIDE)`` of a material ``(1, 9, SIDE, SIDE)``."""
    python = os.environ.get("SVBRDF_BPY_PYTHON")
    assert python, "SVBRDF_BPY_PYTHON must name a Python interpreter with bpy; `make blender` sets it"
    pixels = tensor[0].permute(1, 2, 0).numpy()
    base, normal = from_srgb(tensor[0, :3]).permute(1, 2, 0).numpy(), pixels[..., 3:6] * 0.5 + 0.5
    values = (base, normal, pixels[..., 6:7], pixels[..., 7:8], pixels[..., 8:9])
    for name, samples in zip(("basecolor", "normal", "roughness", "level", "metallic"), values, strict=True):
        np.save(folder / f"{name}.npy", samples)
    wish = {"light": LIGHT, "strength": STRENGTH, "height": HEIGHT, "side": SIDE}
    (folder / "scene.json").write_text(json.dumps(wish), encoding="utf-8")
    ran = subprocess.run([python, str(SCRIPT), str(folder)], capture_output=True, text=True, check=False, timeout=900)
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-4000:]
    return np.load(folder / "picture.npy").astype(np.float64).transpose(2, 0, 1)  # type: ignore[no-any-return]


def apart(seen: NDArray[np.float64], other: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the mean difference and that of the means, both over the mean, and the correlation."""
    mean = other.mean()
    linked = np.corrcoef(seen.ravel(), other.ravel())[0, 1]
    return float(abs(seen - other).mean() / mean), float(seen.mean() / mean - 1), float(linked)


@pytest.mark.parametrize(
    ("metallic", "rough", "limits"),
    [
        (1.0, (0.3, 0.5), (0.08, 0.08, 0.99)),
        (0.0, (0.3, 0.9), (0.15, 0.15, 0.98)),
        (None, (0.3, 0.9), (0.15, 0.15, 0.98)),
    ],
)
def test_principled(
    tmp_path: Path, metallic: float | None, rough: tuple[float, float], limits: tuple[float, float, float]
) -> None:
    tensor = noise(LAYOUT, 1, SIDE, SIDE, seed=7)
    tensor[:, 6] = tensor[:, 6].clamp(*rough)
    if metallic is not None:
        tensor[:, 8] = metallic
    # Normals that lean less: Cycles bends those whose reflection would go below the plane, which we do not.
    tensor[:, 3:5] *= 0.4
    tensor[:, 3:6] = torch.nn.functional.normalize(tensor[:, 3:6], dim=1)
    view = View(Light(LIGHT, colour=(STRENGTH, STRENGTH, STRENGTH)), (0.0, 0.0, HEIGHT))
    seen = render(tensor, LAYOUT, view)[0].double().numpy()
    found = apart(seen, cycles(tmp_path, tensor))
    assert found[0] < limits[0] and abs(found[1]) < limits[1] and found[2] > limits[2], found
