"""Solvers and guidance as settings of the method diffusion, on whole materials."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from numpy.typing import NDArray

import svbrdf_core as sv
from svbrdf_core.codec import InputFile
from svbrdf_core.diffusion.effort import estimate_memory, estimate_sampling, estimate_training
from svbrdf_core.diffusion.settings import SolverName
from svbrdf_core.example import make_example
from svbrdf_core.methods import find, settings_of

SIZE = 96
HOLE = (slice(36, 60), slice(30, 60))
QUICK = sv.DiffusionSettings(train_steps=12, batch_size=2, crop_size=16, width=8, sampling_steps=4, coarse_hole=0)


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SVBRDF_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def material(only: tuple[str, ...] = ("diffuse", "normal", "roughness")) -> sv.Material:
    clean = make_example("bricks", SIZE, 0).clean
    return sv.Material.from_arrays("bricks", {name: clean[name] for name in only})


def mask() -> NDArray[np.float32]:
    out = np.zeros((SIZE, SIZE), np.float32)
    out[HOLE] = 1
    return out


def fill(what: sv.Material | None = None, base: sv.DiffusionSettings = QUICK, **sampler: Any) -> sv.Fill[sv.Material]:
    settings = replace(base, sampler=sv.SamplerSettings(**{"jump_length": 2, **sampler}))
    return sv.inpaint(what or material(), mask(), method="diffusion", settings=settings, device="cpu")


@pytest.mark.parametrize("solver", get_args(SolverName))
def test_every_solver_keeps_the_promises(solver: SolverName) -> None:
    before, after = material().tensor(), fill(solver=solver).canvas.tensor()
    hole = mask() > 0
    assert (after[:, ~hole] == before[:, ~hole]).all()
    assert (after[:, hole] != before[:, hole]).any()
    assert np.linalg.norm(after[3:6], axis=0)[hole] == pytest.approx(1, abs=1e-4)
    assert 0 <= after[[0, 1, 2, 6]].min()
    assert after[[0, 1, 2, 6]].max() <= 1


def test_solvers_of_a_prior_share_its_training_and_the_others_have_their_own() -> None:
    fill(solver="repaint")
    assert any("used" in note for note in fill(solver="ddnm").notes)
    assert any("used" in note for note in fill(solver="repaint", jump_n_sample=2).notes)
    other = replace(QUICK, learning_rate=1e-3)
    assert not any("used" in note for note in fill(base=other, solver="ddnm").notes)
    assert not any("used" in note for note in fill(base=other, solver="ancestral").notes)


@pytest.mark.parametrize("solver", ["ancestral", "ddnm"])
@pytest.mark.parametrize("windows", ["tiles", "shift"])
def test_a_hole_that_is_filled_coarsely_first_has_two_networks_and_keeps_to_the_coarse_fill(
    solver: SolverName, windows: str
) -> None:
    given: dict[str, Any] = {"solver": solver, "windows": windows, "window": 32, "hierarchy": True}
    done = fill(**given)
    before, after, hole = material().tensor(), done.canvas.tensor(), mask() > 0
    assert (after[:, ~hole] == before[:, ~hole]).all()
    plain = fill(**{**given, "hierarchy": False}).canvas.tensor()
    assert (after != plain)[:, hole].any()
    assert (after == fill(**given).canvas.tensor()).all()


@pytest.mark.parametrize("windows", ["tiles", "shift"])
def test_windows_as_large_as_the_material_change_nothing(windows: str) -> None:
    usual = fill(solver="ancestral").canvas.tensor()
    assert (fill(solver="ancestral", windows=windows, window=256).canvas.tensor() == usual).all()


def test_windows_take_less_memory_and_more_time_to_be_told() -> None:
    def settings(**sampler: Any) -> sv.DiffusionSettings:
        return replace(QUICK, sampler=sv.SamplerSettings(**sampler))

    whole, shifted = settings(), settings(windows="shift", window=64)
    assert estimate_memory(shifted, 4096**2) == estimate_memory(shifted, 2048**2)
    assert estimate_memory(shifted, 2048**2) < estimate_memory(whole, 2048**2) / 4
    assert estimate_sampling(shifted, 2048**2, "cpu") == pytest.approx(4 * estimate_sampling(whole, 2048**2, "cpu"))
    assert estimate_training(settings(hierarchy=True), "cpu") == 2 * estimate_training(whole, "cpu")


@pytest.mark.parametrize("guidance", ["total-variation", "normals", "coherence"])
@pytest.mark.parametrize("solver", ["ancestral", "pigdm"])
def test_guidance_changes_the_fill_of_either_network(solver: SolverName, guidance: str) -> None:
    plain, guided = fill(solver=solver), fill(solver=solver, guidance=guidance, guidance_weight=1000.0)
    if guidance != "coherence":  # which asks for nothing where edges coincide more than where they are known
        assert (plain.canvas.tensor() != guided.canvas.tensor()).any()
    assert (plain.canvas.tensor() == guided.canvas.tensor())[:, mask() == 0].all()


@pytest.mark.parametrize("coarse_hole", [0, 12])
def test_a_photograph_draws_the_fill_to_its_brightness(tmp_path: Path, coarse_hole: int) -> None:
    base = replace(QUICK, coarse_hole=coarse_hole, sampling_steps=10)
    found = []
    for grey in (0, 255):
        file = tmp_path / f"{grey}.png"
        sv.write_png(file, np.full((SIZE, SIZE, 3), grey, np.uint8))
        picture: dict[str, Any] = {"guidance": "photograph", "guidance_weight": 1000.0, "photograph": InputFile(file)}
        found.append(fill(base=base, solver="ddnm", **picture).canvas.tensor()[:3, *HOLE].mean())
    if not coarse_hole:
        assert found[1] > found[0] + 0.02


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "jumps": ({"sampler": {"solver": "repaint", "jump_length": 25}}, "cannot go up 25 of 25 steps; give a shorter"),
    "solver": ({"sampler": {"solver": "magic"}}, "method.settings.sampler.solver must be"),
    "no photograph": ({"sampler": {"guidance": "photograph"}}, "the guidance photograph needs a photograph"),
    "eta": ({"sampler": {"eta": 2}}, "method.settings.sampler.eta must be"),
    "no jump": ({"sampler": {"jump_length": 0}}, "method.settings.sampler.jump_length must be"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_bad_settings_are_refused_in_a_sentence(name: str) -> None:
    given, sentence = REFUSALS[name]
    with pytest.raises(sv.InputError, match=sentence):
        settings_of(find("diffusion"), given)


def test_guidance_that_the_maps_do_not_allow_is_refused(tmp_path: Path) -> None:
    with pytest.raises(sv.InputError, match="about a normal map, and there is none; choose another guidance"):
        fill(material(("diffuse",)), guidance="normals")
    with pytest.raises(sv.InputError, match="between maps, and only one varies; choose another guidance"):
        fill(material(("diffuse",)), guidance="coherence")
    file = tmp_path / "small.png"
    sv.write_png(file, np.zeros((8, 9, 3), np.uint8))
    with pytest.raises(sv.InputError, match=f"photograph is 9 x 8 and the material {SIZE} x {SIZE}; make it of that"):
        fill(guidance="photograph", photograph=InputFile(file))
    (tmp_path / "text.png").write_text("no picture")
    wrong = sv.SamplerSettings(guidance="photograph", photograph=InputFile(tmp_path / "text.png"))
    with pytest.raises(sv.InputError):
        find("diffusion").check_files(replace(QUICK, sampler=wrong))


@pytest.mark.parametrize(
    ("trained", "wanted", "sentence"),
    [("repaint", "ancestral", "is a prior of whole pictures"), ("ancestral", "pigdm", "was trained to fill holes")],
)
def test_a_model_of_the_other_kind_is_refused_before_any_work(
    tmp_path: Path, trained: SolverName, wanted: SolverName, sentence: str
) -> None:
    settings = replace(QUICK, sampler=sv.SamplerSettings(trained, jump_length=2))
    data, _ = sv.train([material()], settings, device="cpu")
    file = tmp_path / "model.safetensors"
    file.write_bytes(data)
    with pytest.raises(sv.InputError, match=sentence) as caught:
        find("diffusion").check_files(replace(settings, model=InputFile(file), sampler=sv.SamplerSettings(wanted)))
    assert [remedy.kind for remedy in caught.value.sentence.remedies][-1] == "solver"


def test_a_prior_of_other_materials_fills_an_unseen_one(tmp_path: Path) -> None:
    settings = replace(QUICK, sampler=sv.SamplerSettings("repaint", jump_length=2))
    others = [
        sv.Material.from_arrays(
            f"bricks{seed}", {n: make_example("bricks", SIZE, seed).clean[n] for n in ("diffuse", "normal")}
        )
        for seed in (1, 2)
    ]
    data, _ = sv.train(others, settings, device="cpu")
    file = tmp_path / "library.safetensors"
    file.write_bytes(data)
    found = fill(material(("diffuse", "normal")), replace(QUICK, model=InputFile(file)), solver="ddnm")
    assert np.isfinite(found.canvas.tensor()).all()


def test_passes_and_gradients_are_counted_as_time() -> None:
    def seconds(**sampler: Any) -> float:
        return estimate_sampling(sv.DiffusionSettings(sampler=sv.SamplerSettings(**sampler)), 1000, "cpu")

    plain = seconds()
    assert seconds(solver="ddnm") == plain
    assert seconds(solver="repaint") == pytest.approx(plain * 105 / 25)
    assert seconds(solver="dps") == seconds(guidance="normals") == 3 * plain
