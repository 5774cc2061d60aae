"""Every method fills a known hole, keeps to the contract, and says what it lacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import svbrdf_core as sv
from svbrdf_core import methods
from svbrdf_core.methods.auto import AutoSettings
from svbrdf_core.methods.inpainters import InpainterSettings
from svbrdf_core.methods.learned import LearnedSettings
from svbrdf_core.methods.registry import OURS
from tests.methods.networks import filler, guided, lama, quick

QUICK = sv.DiffusionSettings(train_steps=20, batch_size=2, crop_size=16, width=8, sampling_steps=4, cache=False)
SETTINGS: dict[str, object] = {"diffusion": QUICK, "auto": AutoSettings(diffusion=QUICK)}
"""Those that train for less than the defaults ask for."""
NETWORKS: dict[str, Callable[[Path], object]] = {
    "repaint": lambda folder: replace(quick(guided(folder)), window=SIZE),
    "lama": lambda folder: InpainterSettings(lama(folder)),
    "learned": lambda folder: LearnedSettings(filler(folder), finish="network"),
}
"""Those that cannot fill without a file."""
SIZE = 96
HOLE = (slice(36, 60), slice(30, 58))


# That of MAT takes two minutes: tests/diffusion/checkpoints/test_mat.py has it.
@pytest.fixture(scope="module", params=[name for name in OURS if name != "mat"])
def method(request: pytest.FixtureRequest) -> methods.Method:
    found = methods.find(request.param)
    missing = found.missing()
    if missing is not None:
        pytest.skip(f"{found.name}: {missing} (`make test` installs the Python ones)")
    return found


def ramp() -> dict[str, NDArray[np.float32]]:
    """Maps that a membrane continues exactly: linear in x and y; a height above 1; a constant normal, tilted."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32) / SIZE
    normal = np.broadcast_to(np.array([0.3, -0.2, np.sqrt(1 - 0.13)], np.float32), (SIZE, SIZE, 3))
    return {
        "diffuse": np.stack([0.2 + 0.5 * x, 0.7 - 0.4 * y, 0.3 + 0.2 * x * 1.0], -1).astype(np.float32),
        "normal": (normal / 2 + 0.5).astype(np.float32),
        "roughness": (0.4 + 0.3 * y).astype(np.float32),
        "height": (2 + 3 * x).astype(np.float32),
    }


def mask() -> NDArray[np.float32]:
    out = np.zeros((SIZE, SIZE), np.float32)
    out[HOLE] = 1
    return out


def test_a_method_keeps_to_the_contract(method: methods.Method, tmp_path: Path) -> None:
    settings = NETWORKS[method.name](tmp_path) if method.name in NETWORKS else SETTINGS.get(method.name)
    maps = ramp()
    for values in maps.values():
        values[HOLE] = values.max() * 0.9 + 0.1 * values.min()  # a fill must not see this
    maps["diffuse"][40, 40] = np.nan
    material = sv.Material.from_arrays("ramp", maps)
    fill = sv.inpaint(material, mask(), method=method.name, seed=3, device="cpu", settings=settings)
    before, after = material.tensor(), fill.canvas.tensor()
    hole = mask() > 0
    assert (after[:, ~hole] == before[:, ~hole]).all()
    assert np.isfinite(after).all()
    normal = after[material.layout.slice_of("normal")]
    assert np.linalg.norm(normal, axis=0)[hole] == pytest.approx(1, abs=1e-4)
    assert after[material.layout.slice_of("diffuse")][:, hole].min() >= 0
    assert after[material.layout.slice_of("height")][:, hole].max() <= 5.01
    assert (fill.sources is not None) == method.traits(settings).has_sources
    again = sv.inpaint(material, mask(), method=method.name, seed=3, device="cpu", settings=settings)
    if not method.name.startswith(("gmic", "resynth", "pypatch")):  # these draw their own random numbers
        assert (again.canvas.tensor() == after).all()


@pytest.mark.parametrize(
    ("name", "tolerance"), [("poisson", 1e-4), ("biharmonic", 1e-3), ("telea", 0.06), ("ns", 0.06)]
)
def test_a_smooth_method_continues_a_ramp(name: str, tolerance: float) -> None:
    material = sv.Material.from_arrays("ramp", ramp())
    truth = material.tensor()
    filled = sv.inpaint(material, mask(), method=name, device="cpu").canvas.tensor()
    at = material.layout.slice_of("roughness")
    assert np.abs(filled - truth)[at].max() < tolerance
    assert np.abs(filled - truth)[material.layout.slice_of("normal")].max() < 1e-3


def test_the_membrane_solves_laplace_and_knows_the_torus() -> None:
    rng = np.random.default_rng(0)
    material = sv.Material.from_arrays("noise", {"roughness": rng.random((40, 40)).astype(np.float32)})
    hole = np.zeros((40, 40), np.float32)
    hole[:8, 10:20] = hole[-4:, 10:20] = 1  # across the edge
    filled = sv.inpaint(material, hole, method="poisson", tileable=True, device="cpu").canvas.tensor()[0]
    mean = sum(np.roll(filled, shift, axis) for shift in (1, -1) for axis in (0, 1)) / 4
    assert np.abs(filled - mean)[hole > 0].max() < 1e-5


def test_a_method_without_a_torus_gets_it_unrolled() -> None:
    x = np.sin(np.arange(64) / 64 * 2 * np.pi).astype(np.float32) / 4 + 0.5
    wave = np.tile(x, (64, 1))
    hole = np.zeros((64, 64), np.float32)
    hole[:, :4] = hole[:, -4:] = 1
    material = sv.Material.from_arrays("wave", {"roughness": wave})

    def error(tileable: bool) -> float:
        filled = sv.inpaint(material, hole, method="biharmonic", tileable=tileable, device="cpu")
        return float(np.abs(filled.canvas.tensor()[0] - wave).max())

    assert error(True) < 0.01 < error(False)


def test_patch_per_map_decides_each_map_alone() -> None:
    from svbrdf_core.example import make_example

    clean = make_example("bricks", SIZE, 0).clean
    material = sv.Material.from_arrays("m", clean)
    together = sv.inpaint(material, mask(), method="patch-per-map", device="cpu").canvas.tensor()
    one = sv.Material.from_arrays("m", {"roughness": clean["roughness"]})
    alone = sv.inpaint(one, mask(), method="patch-per-map", device="cpu").canvas.tensor()
    joint = sv.inpaint(one, mask(), method="patch", device="cpu").canvas.tensor()
    assert (alone == joint).all()
    at = material.layout.slice_of(material.layout.names[0])
    first = sv.Material.from_arrays("m", {material.layout.names[0]: clean[material.layout.names[0]]})
    assert (sv.inpaint(first, mask(), device="cpu").canvas.tensor() == together[at]).all()


def test_an_unknown_method_is_named_with_the_choices() -> None:
    material = sv.Material.from_arrays("ramp", ramp())
    with pytest.raises(sv.InputError, match="no method 'tela'.*telea"):
        sv.inpaint(material, mask(), method="tela")


def test_a_method_that_cannot_forbid_says_so() -> None:
    material = sv.Material.from_arrays("ramp", ramp())
    with pytest.raises(sv.InputError, match="poisson cannot keep to a forbidden region"):
        sv.inpaint(material, mask(), method="poisson", forbid=mask())


def test_settings_of_another_method_are_refused() -> None:
    material = sv.Material.from_arrays("ramp", ramp())
    with pytest.raises(TypeError, match="poisson takes NoSettings, not PatchSettings"):
        sv.inpaint(material, mask(), method="poisson", settings=sv.PatchSettings())


def test_a_tool_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(sv.InputError, match="gmic cannot be used here. It needs the program gmic"):
        sv.inpaint(sv.Material.from_arrays("ramp", ramp()), mask(), method="gmic")


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (lambda problem: np.full_like(problem.tensor, np.nan), "left NaN"),
        (lambda problem: problem.tensor[:1], "returned the shape"),
        (lambda problem: 1 / 0, "bad failed .ZeroDivisionError"),
    ],
)
def test_a_bad_method_is_caught(result: object, message: str) -> None:
    assert callable(result)
    bad = methods.Method("bad", "bad", lambda problem, settings, run: methods.FillResult(result(problem)))
    with pytest.raises(sv.FillError, match=message):
        sv.inpaint(sv.Material.from_arrays("ramp", ramp()), mask(), method=bad)
