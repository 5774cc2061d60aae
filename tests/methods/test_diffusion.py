"""Fills by diffusion, alone and with patches: what they promise, remember, and do when they cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import svbrdf_core as sv
from svbrdf_core import patch as sv_patch
from svbrdf_core.codec import InputFile
from svbrdf_core.example import make_example
from svbrdf_core.methods import diffusion, patches

SIZE = 128
HOLE = (slice(48, 84), slice(40, 80))
QUICK = sv.DiffusionSettings(train_steps=25, batch_size=2, crop_size=16, width=8, sampling_steps=4)
WHOLE = replace(QUICK, recipe="published", crop_size=64, coarse_hole=0, learning_rate=1e-3)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("SVBRDF_CACHE", str(tmp_path / "cache"))
    yield tmp_path / "cache"


def material(**changes: Any) -> sv.Material:
    return sv.Material.from_arrays("bricks", {**make_example("bricks", SIZE, 0).clean, **changes})


def mask(hole: tuple[slice, slice] = HOLE) -> NDArray[np.float32]:
    out = np.zeros((SIZE, SIZE), np.float32)
    out[hole] = 1
    return out


def fill(
    settings: sv.DiffusionSettings = QUICK, what: sv.Material | None = None, **options: Any
) -> sv.Fill[sv.Material]:
    options = {"mask": mask(), **options}
    told = {name: options.pop(name) for name in ("on_progress", "should_stop") if name in options}
    options["run"] = sv.Run(**told)
    return sv.inpaint(what or material(), method="diffusion", settings=settings, device="cpu", **options)


def used_again(found: sv.Fill[sv.Material]) -> bool:
    return any("trained on this material before is used" in note for note in found.notes)


@pytest.mark.parametrize("settings", [QUICK, WHOLE])
def test_a_fill_keeps_the_promises(settings: sv.DiffusionSettings) -> None:
    before = material()
    found = fill(settings)
    after, layout = found.canvas.tensor(), before.layout
    hole = mask() > 0
    assert (after[:, ~hole] == before.tensor()[:, ~hole]).all()
    assert (after[:, hole] != before.tensor()[:, hole]).any()
    assert np.linalg.norm(after[layout.slice_of("normal")], axis=0)[hole] == pytest.approx(1, abs=1e-4)
    for name in ("diffuse", "roughness"):
        values = after[layout.slice_of(name)]
        assert 0 <= values.min()
        assert values.max() <= 1
    assert (found.sources is None) == (not settings.coarse_hole)


@pytest.mark.parametrize("settings", [QUICK, WHOLE])
def test_the_same_seed_gives_the_same_fill_trained_or_remembered(settings: sv.DiffusionSettings) -> None:
    first = fill(settings, seed=5)
    again = fill(settings, seed=5)
    alone = fill(replace(settings, cache=False), seed=5)
    other = fill(settings, seed=6)
    assert (used_again(first), used_again(again), used_again(alone), used_again(other)) == (False, True, False, True)
    assert (again.canvas.tensor() == first.canvas.tensor()).all()
    assert (alone.canvas.tensor() == first.canvas.tensor()).all()
    if not settings.coarse_hole:
        assert (other.canvas.tensor() != first.canvas.tensor()).any()


def test_different_samples_guide_the_patches(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[NDArray[np.float32], NDArray[np.bool_], Any]] = []
    honest = patches.fill_by_patches

    def spy(*given: Any, guidance: sv_patch.Guidance, **more: Any) -> Any:
        def make(values: Any, known: Any, allowed: Any, run: sv.Run) -> Any:
            drawn.append((values, known, guidance.make(values, known, allowed, run)))
            return drawn[-1][-1]

        return honest(*given, guidance=replace(guidance, make=make), **more)

    monkeypatch.setattr(diffusion, "fill_by_patches", spy)
    first, second = (fill(seed=seed) for seed in (1, 2))
    assert (first.canvas.tensor() != second.canvas.tensor()).any()
    samples = [sample for _, _, found in drawn for sample in found]
    assert [len(found) for *_, found in drawn] == [3, 3]
    for values, known, found in drawn:
        assert all((sample[known] == values[known]).all() for sample in found)
    hole = ~drawn[0][1]
    assert all((one[hole] != other[hole]).any() for one, other in combinations(samples, 2))


def test_what_is_in_the_hole_matters_nowhere() -> None:
    maps = {name: values.copy() for name, values in make_example("bricks", SIZE, 0).clean.items()}
    for values in maps.values():
        values[HOLE] = values[HOLE][::-1] * 0.5
    maps["roughness"][50, 50] = 0
    found = fill(what=sv.Material.from_arrays("bricks", maps))
    assert (found.canvas.tensor()[:, mask() > 0] == fill().canvas.tensor()[:, mask() > 0]).all()


def test_another_hole_in_the_same_material_is_trained_a_little_more() -> None:
    steps: list[int] = []

    def record(progress: sv.Progress) -> None:
        if progress.phase == "training" and progress.training is not None:
            steps.append(progress.training.step)

    fill(on_progress=record)
    assert max(steps) == 25
    steps.clear()
    found = fill(mask=mask((slice(70, 106), slice(20, 60))), on_progress=record)
    assert max(steps) == 5
    assert any("trained for another hole is trained a little more" in note for note in found.notes)
    steps.clear()
    other = sv.Material.from_arrays("others", make_example("bricks", SIZE, 1).clean)
    fill(what=other, on_progress=record)
    assert max(steps) == 25


@pytest.mark.parametrize("damage", [lambda data: data[:-10], lambda data: b"something else", lambda data: b""])
def test_a_damaged_model_is_trained_again(cache: Path, damage: Callable[[bytes], bytes]) -> None:
    first = fill()
    (kept,) = list(cache.iterdir())
    kept.write_bytes(damage(kept.read_bytes()))
    again = fill()
    assert not used_again(again)
    assert any("removed and not used" in note for note in again.notes)
    assert (again.canvas.tensor() == first.canvas.tensor()).all()
    assert used_again(fill())


def test_a_stop_in_any_phase_leaves_nothing(cache: Path) -> None:
    phases = ["preparing", "training", "sampling", "matching"]
    for phase in phases:
        seen: list[str] = []

        def stop(seen: list[str] = seen, phase: str = phase) -> bool:
            return phase in seen

        with pytest.raises(sv.Cancelled):
            fill(on_progress=lambda progress, seen=seen: seen.append(progress.phase), should_stop=stop)
        if phase in ("preparing", "training"):
            assert not cache.exists() or not list(cache.iterdir())
        else:
            assert all(path.suffix == ".model" for path in cache.iterdir())  # a whole model, no half of one
    assert not used_again(fill(replace(QUICK, train_steps=26)))


def test_progress_tells_steps_loss_time_and_a_preview() -> None:
    told: list[sv.Progress] = []
    previews: list[sv.Material] = []

    def record(progress: sv.Progress) -> None:
        told.append(progress)
        if progress.training and progress.training.step == 20 and progress.preview is not None:
            previews.append(progress.preview())

    plain = fill(replace(QUICK, cache=False))
    found = fill(replace(QUICK, cache=False), on_progress=record)
    learning = [progress for progress in told if progress.phase == "training"]
    trainings = [progress.training for progress in learning if progress.training is not None]
    assert [training.step for training in trainings] == list(range(1, 26))
    assert all(training.steps == 25 and training.loss > 0 for training in trainings)
    assert all(progress.seconds_left is None or progress.seconds_left >= 0 for progress in learning)
    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    (preview,) = previews
    hole, before = mask() > 0, material().tensor()
    assert (preview.tensor()[:, ~hole] == before[:, ~hole]).all()
    assert np.isfinite(preview.tensor()).all()
    assert (preview.tensor()[:, hole] != before[:, hole]).any()
    assert (found.canvas.tensor() == plain.canvas.tensor()).all()  # looking changes nothing


def test_a_time_limit_is_kept() -> None:
    fill()  # kernels are compiled
    settings = replace(QUICK, train_steps=100_000, seconds=6.0, cache=False)
    found = fill(settings)
    assert 2 < found.seconds < 100  # all steps would take an hour


def test_a_forbidden_region_is_neither_learnt_nor_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    from svbrdf_core.diffusion import denoising

    forbidden = np.zeros((SIZE, SIZE), np.float32)
    forbidden[:, 100:] = 1
    learnt: list[NDArray[np.bool_]] = []
    honest = denoising.train_denoiser

    def spy(pictures: Any, *others: Any, **more: Any) -> Any:
        learnt.append(pictures[0].known)
        return honest(pictures, *others, **more)

    monkeypatch.setattr(denoising, "train_denoiser", spy)
    found = fill(forbid=forbidden)
    assert found.sources is not None
    assert found.sources.source_cols.max() < 100
    (known,) = learnt
    scale = SIZE // known.shape[1]
    assert not known[:, -(-100 // scale) :].any()
    assert known[:, : 36 // scale].all()


def test_constant_maps_stay_constant() -> None:
    flat = np.full((SIZE, SIZE), 0.25, np.float32)
    for settings in (QUICK, WHOLE):
        found = fill(settings, material(roughness=flat))
        after = found.canvas.tensor()[found.canvas.layout.slice_of("roughness")]
        assert after == pytest.approx(0.25, abs=1e-6)
    everything = sv.Material.from_arrays("flat", {"roughness": flat})
    for settings in (QUICK, WHOLE):
        assert fill(settings, everything).canvas.tensor() == pytest.approx(0.25, abs=1e-6)


def test_too_little_to_learn_from_is_filled_by_patches_alone() -> None:
    small = {name: values[:24, :24] for name, values in make_example("bricks", SIZE, 0).clean.items()}
    hole = np.zeros((24, 24), np.float32)
    hole[8:14, 8:14] = 1
    found = fill(what=sv.Material.from_arrays("small", small), mask=hole)
    assert any("too little of the material to train on" in note for note in found.notes)
    with pytest.raises(sv.FillError, match="too few to learn from"):
        fill(
            WHOLE,
            sv.Material.from_arrays("small", {name: values[:14] for name, values in small.items()}),
            mask=hole[:14],
        )


def test_a_tile_is_filled_across_its_edges() -> None:
    hole = np.zeros((SIZE, SIZE), np.float32)
    hole[40:70, :16] = hole[40:70, -16:] = 1
    for settings in (QUICK, WHOLE):
        found = fill(settings, mask=hole, tileable=True)
        assert np.isfinite(found.canvas.tensor()).all()


def test_a_model_of_other_maps_is_refused(tmp_path: Path) -> None:
    data, _ = sv.train(
        [sv.Material.from_arrays("a", {"roughness": make_example("bricks", SIZE, 0).clean["roughness"]})], QUICK
    )
    path = tmp_path / "model.safetensors"
    path.write_bytes(data)
    with pytest.raises(sv.InputError, match="cannot fill diffuse, normal, .* for it knows roughness; train one"):
        fill(replace(QUICK, model=InputFile(path)))
    with pytest.raises(sv.InputError, match="cannot be read"):
        fill(replace(QUICK, model=InputFile(tmp_path / "none")))
    path.write_bytes(data[:100])
    with pytest.raises(sv.InputError, match="not a model of this program"):
        fill(replace(QUICK, model=InputFile(path)))


def test_a_model_of_a_few_materials_fills_another(tmp_path: Path) -> None:
    several = [sv.Material.from_arrays(f"b{n}", make_example("bricks", SIZE, n).clean) for n in (1, 2)]
    for settings in (QUICK, WHOLE):
        data, _ = sv.train(several, settings, thickness=36)
        path = tmp_path / "model.safetensors"
        path.write_bytes(data)
        found = fill(replace(settings, model=InputFile(path)))
        assert (found.canvas.tensor()[:, mask() > 0] != material().tensor()[:, mask() > 0]).any()
        assert not any("was trained at" in note for note in found.notes)


def test_plain_pictures_go_through_the_same_door() -> None:
    drawing = sv.Material.from_arrays("drawing", {"diffuse": make_example("bricks", SIZE, 0).clean["diffuse"]})
    for settings in (QUICK, WHOLE):
        assert np.isfinite(fill(settings, drawing).canvas.tensor()).all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"train_steps": 0},
        {"crop_size": 20},
        {"learning_rate": 0.0},
        {"seconds": 0.0},
        {"coarse_hole": -1},
        {"sampling_steps": 0},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        replace(QUICK, **wrong)
