"""Fills that vary one: what they have in common with it, and every refusal before any work."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

import svbrdf_core as sv
from svbrdf_core.cli import run
from svbrdf_core.inpainting.former import Former
from svbrdf_core.material import mask_parts
from svbrdf_core.request import GrowSpec
from tests.inpainting.conftest import tree

RECT = "rect:30,24,32,36"
HOLE = (slice(24, 60), slice(30, 62))
SIDE = 96
FEW = {"train_steps": 150, "batch_size": 4, "crop_size": 32, "width": 16, "learning_rate": 3e-3, "sampling_steps": 10}
WHOLE = sv.DiffusionSettings(coarse_hole=0, **FEW)  # type: ignore[arg-type]
GUIDED = replace(WHOLE, coarse_hole=32, train_steps=30)
OPTIONS = [word for name, value in {**FEW, "coarse_hole": 0}.items() for word in ("--option", f"{name}={value}")]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep trained models, so that all tests of a material train one."""
    monkeypatch.setenv("SVBRDF_CACHE", str(cache))


@pytest.fixture(scope="module")
def grain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of maps whose holes the surroundings do not tell; not to be changed."""
    noise = np.random.default_rng(4).standard_normal((2, SIDE, SIDE))
    smooth = ndimage.gaussian_filter(noise, (0, 1.5, 1.5), mode="wrap")
    smooth /= smooth.std((1, 2), keepdims=True)
    colours = np.stack([smooth[0], 0.6 * smooth[0] + 0.8 * smooth[1], smooth[1]], -1)
    maps = {"diffuse": 0.5 + 0.15 * colours, "roughness": 0.5 + 0.15 * smooth[:1].transpose(1, 2, 0)}
    folder = tmp_path_factory.mktemp("grain")
    samples = {name: np.round(255 * np.clip(values, 0, 1)).astype(np.uint8) for name, values in maps.items()}
    sv.Material.from_arrays("grain", samples).save(folder)
    return folder


def fill(folder: Path, seed: int, settings: object = WHOLE, **more: Any) -> sv.Fill[sv.Material]:
    mask = np.zeros((SIDE, SIDE), np.float32)
    mask[HOLE] = 1
    return sv.inpaint(
        sv.Material.load(folder), mask, method="diffusion", settings=settings, seed=seed, device="cpu", **more
    )


def apart(one: sv.Fill[sv.Material], other: sv.Fill[sv.Material]) -> float:
    """Return the root mean squared difference in the hole."""
    away = one.canvas.tensor() - other.canvas.tensor()
    return float(np.sqrt((away[(slice(None), *HOLE)] ** 2).mean()))


@pytest.mark.parametrize("tileable", [False, (True, False)])
def test_a_fill_by_the_network_is_varied_little_from_a_late_step(grain: Path, tileable: Any) -> None:
    first = fill(grain, 0, tileable=tileable)
    late, early, own = (
        fill(grain, 1, tileable=tileable, former=former)
        for former in (Former(first.canvas, 0.1), Former(first.canvas, 0.7), None)
    )
    assert 0 < apart(first, late) < 0.5 * apart(first, early)
    assert apart(first, late) < 0.35 * apart(first, own)
    outside = np.ones((SIDE, SIDE), np.bool_)
    outside[HOLE] = False
    assert (late.canvas.tensor()[:, outside] == sv.Material.load(grain).tensor()[:, outside]).all()


def test_guided_pieces_go_on_from_a_former_fill_too(grain: Path) -> None:
    first = fill(grain, 0, GUIDED)
    varied = fill(grain, 1, GUIDED, former=Former(first.canvas, 0.1))
    assert (varied.canvas.tensor() != fill(grain, 1, GUIDED).canvas.tensor()).any()
    again = fill(grain, 1, GUIDED, former=Former(first.canvas, 0.1))
    assert (varied.canvas.tensor() == again.canvas.tensor()).all()
    assert varied.sources is not None


def test_the_first_of_several_is_a_plain_fill_and_the_others_vary_it(grain: Path, tmp_path: Path) -> None:
    words = ["inpaint", str(grain), "-m", RECT, "--method", "diffusion", *OPTIONS]
    several = ["--variations", "3", "--seed", "5", "--from-step", "0.1", "--json"]
    outs = [tmp_path / name for name in ("several", "again", "plain", "alone")]
    assert run([*words, *several, "-o", str(outs[0])]) == 0
    assert run([*words, *several, "-o", str(outs[1])]) == 0
    assert tree(outs[0]) == tree(outs[1])
    assert run([*words, "--seed", "5", "-o", str(outs[2])]) == 0
    assert run([*words, "--seed", "6", "-o", str(outs[3])]) == 0
    plain = tree(outs[2])
    fills = [tree(outs[0] / f"v{number}") for number in (1, 2, 3)]
    assert fills.count(plain) == 1 and tree(outs[3]) not in fills


def test_an_earlier_result_is_varied(grain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["inpaint", str(grain), "-m", RECT, "--method", "diffusion", *OPTIONS]
    first, varied, own = (tmp_path / name for name in ("first", "varied", "own"))
    assert run([*words, "-o", str(first)]) == 0
    capsys.readouterr()
    assert run([*words, "--seed", "1", "--vary", str(first), "--from-step", "0.1", "-o", str(varied), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["request"]["former"]["path"] == str(first)
    assert run([*words, "--seed", "1", "-o", str(own)]) == 0
    one, near, far = (sv.Material.load(folder).tensor() for folder in (first, varied, own))
    box = (slice(None), *HOLE)
    assert 0 < np.abs(near - one)[box].mean() < 0.4 * np.abs(far - one)[box].mean()


def test_what_cannot_be_varied_is_refused_in_a_sentence(
    grain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = sv.Material.load(grain)
    other = sv.Material.from_arrays("small", {"diffuse": small.tensor()[:3, :32, :32].transpose(1, 2, 0)})
    other.save(tmp_path / "small")
    several = ["--variations", "2", "--from-step", "0.5"]
    cases: dict[str, tuple[list[str], int]] = {
        "There is one fill alone, and none that it could vary": (["--from-step", "0.5"], 3),
        "--from-step must be a number of more than 0 and at most 1, not 0.0": (
            ["--variations", "2", "--from-step", "0"],
            3,
        ),
        "at most 1, not 1.5": (["--variations", "2", "--from-step", "1.5"], 3),
        "The method patch goes through no steps that a variation could begin at": ([*several, "--method", "patch"], 3),
        "The method auto goes through no steps": ([*several, "--method", "auto"], 3),
        "An earlier result is varied from a step on; say from which": (["--vary", str(grain)], 3),
        "nowhere does not exist": (["--vary", "nowhere", "--from-step", "0.5"], 3),
        "The result that is varied is 32 x 32 and this one 96 x 96": (
            ["--vary", str(tmp_path / "small"), "--from-step", "0.5"],
            3,
        ),
    }
    for sentence, (words, code) in cases.items():
        method = [] if "--method" in words else ["--method", "diffusion"]
        found = run(["inpaint", str(grain), "-m", RECT, "-o", str(tmp_path / "out"), *method, *words])
        said = " ".join(capsys.readouterr().err.split())
        assert (found, said.count(". ")) == (code, 0) and sentence in said, said
    assert not (tmp_path / "out").exists()


def test_a_former_fill_is_one_of_the_same_maps_without_holes_of_its_own(grain: Path) -> None:
    with pytest.raises(sv.InputError, match=r"has other maps \(diffuse\) than what is filled"):
        fill(grain, 0, former=Former(sv.Material.load(grain, only=("diffuse",)), 0.5))
    hollow = sv.Material.from_arrays(
        "hollow",
        {
            "diffuse": np.full((SIDE, SIDE, 3), np.nan, np.float32),
            "roughness": np.zeros((SIDE, SIDE, 1), np.float32),
        },
    )
    with pytest.raises(sv.InputError, match="NaN or infinite in the hole"):
        fill(grain, 0, former=Former(hollow, 0.5))


def test_new_sheets_are_not_varied(grain: Path, tmp_path: Path) -> None:
    wanted = sv.InpaintRequest(
        source=sv.LoadOptions(grain),
        hole=sv.HoleSpec(tuple(mask_parts(RECT))),
        method=sv.MethodChoice("diffusion", variations=2, from_step=0.5),
        output=sv.OutputSpec(tmp_path / "out"),
        canvas=GrowSpec((64, 64)),
    )
    with pytest.raises(sv.InputError, match="Each new sheet begins with another piece"):
        sv.repair(wanted)
