"""Fills by trained networks: what stays, what is missing, and what a network has seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import svbrdf_core as sv
from svbrdf_core.codec import InputFile
from svbrdf_core.errors import InputError
from svbrdf_core.example import write_example
from svbrdf_core.inpainting.training import train_filler
from svbrdf_core.learned.filling import AttentionMap, FillerJob, blend
from svbrdf_core.learned.model_file import FillerModel
from svbrdf_core.learning.crops import MaskedPicture
from svbrdf_core.learning.training import TrainingPlan, train
from svbrdf_core.material import Material
from svbrdf_core.methods import InpaintProblem, find
from svbrdf_core.run import Run
from tests.learned.made import exemplar, hole, settings, spec_of, task_of

TASKS = ("autoencoder", "glcic", "attention", "diffusion-gan", "wavelet-diffusion")


def model(task: str, **more: object) -> FillerModel:
    wanted = settings(task, **more)
    work = task_of(wanted)
    return FillerModel.from_bytes(work.export(train(work, spec_of(wanted), TrainingPlan(2, 2), Run())))


def job(of: FillerModel, wrap: bool = False, lacks: tuple[int, ...] = ()) -> FillerJob:
    one = exemplar(lacks=lacks)
    picture = MaskedPicture(np.where(hole(), 0, one.picture.values).astype(np.float32), ~hole(), (wrap, wrap))
    return FillerJob(of, picture, one.present)


@pytest.mark.parametrize("task", TASKS)
def test_only_the_hole_changes_and_all_of_it(task: str) -> None:
    work = job(model(task), lacks=(4,))
    found = work.fill(Run())
    assert (found[:, ~hole()] == work.picture.values[:, ~hole()]).all()
    assert np.isfinite(found).all()
    assert (found[:4][:, hole()] != 0).all()
    assert (found[4] == 0).all(), "a map that the material lacks stays as it is"


@pytest.mark.parametrize("task", ["glcic", "wavelet-diffusion"])
def test_fills_depend_on_the_seed_only_where_there_is_noise(task: str) -> None:
    work = job(model(task))
    one, again, other = (work.fill(Run(generator=np.random.default_rng(seed))) for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one == other).all() == (task == "glcic")


@pytest.mark.parametrize("task", ["attention", "diffusion-gan"])
def test_a_torus_has_no_edges(task: str) -> None:
    """The whole of a small torus is looked at, so that moving the picture moves the fill."""
    work = job(model(task), wrap=True)
    moved = MaskedPicture(np.roll(work.picture.values, 32, 2), np.roll(work.picture.known, 32, 1), (True, True))
    one = work.fill(Run(generator=np.random.default_rng(0)))
    other = replace(work, picture=moved).fill(Run(generator=np.random.default_rng(0)))
    if task == "attention":  # the other draws its noise by pixels
        np.testing.assert_allclose(np.roll(other, -32, 2), one, atol=2e-2)
    assert np.isfinite(other).all()


@pytest.mark.parametrize("start", ["mosaic", "membrane"])
def test_other_starts(start: str) -> None:
    work = job(model("glcic", start=start))
    draft = np.zeros_like(work.picture.values)
    for level in (0.0, 2.0):
        found = replace(work, draft=draft + np.float32(level)).fill(Run())
        assert np.isfinite(found).all()
    plain = work.fill(Run())
    assert (found == plain).all() == (start == "membrane"), "only a mosaic takes the draft"


def test_the_attention_map_names_known_places_of_the_window() -> None:
    shown: list[AttentionMap] = []
    work = job(model("attention"))
    watched = work.fill(Run(on_state=shown.append))
    assert (watched == work.fill(Run())).all()
    (found,) = shown
    assert found.most.shape == (2, *found.hole.shape)
    assert found.picture.shape[1:] == tuple(8 * side for side in found.hole.shape)
    rows, columns = found.most
    assert found.hole.any()
    assert not found.hole[rows, columns].any()
    assert ((0 < found.share) & (found.share <= 1)).all()
    job(model("glcic")).fill(Run(on_state=shown.append))
    assert len(shown) == 1


def test_blending_leaves_no_step_and_keeps_detail() -> None:
    values = np.zeros((2, 40, 40), np.float32)
    inside = np.zeros((40, 40), np.bool_)
    inside[10:30, 10:30] = True
    painted = np.full_like(values, 0.5)
    painted[:, 20, 20] += 3
    found = blend(painted, MaskedPicture(values, ~inside), np.array([True, False]))
    assert np.abs(found[0, 11:13]).max() < 1e-5
    assert found[0, 20, 20] == pytest.approx(3, abs=1e-4)
    assert (found[1] == 0).all()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two made materials, and a network that learnt from the first for a moment."""
    home = tmp_path_factory.mktemp("library")
    for seed in (1, 2):
        write_example(home / f"made{seed}", "bricks", 128, seed)
    first = Material.load(home / "made1" / "clean")
    data, _ = train_filler([first], settings("attention", train_steps=2), thickness=32, device="cpu", licence="CC0")
    (home / "model.safetensors").write_bytes(data)
    return home


def repaired(home: Path, out: Path, name: str, finish: str) -> str:
    settings: dict[str, object] = {"model": InputFile(home / "model.safetensors"), "finish": finish}
    request = sv.InpaintRequest(
        source=sv.LoadOptions(home / name / "damaged"),
        hole=sv.HoleSpec((sv.InputFile(home / name / "mask.png"),)),
        method=sv.MethodChoice("learned", settings=settings, device="cpu"),
        output=sv.OutputSpec(out),
    )
    return str(sv.repair(request).report["notes"])


@pytest.mark.parametrize("finish", ["patches", "network"])
def test_a_material_that_was_learnt_from_is_known_again(library: Path, tmp_path: Path, finish: str) -> None:
    """The damaged one has the same known pixels as the clean one that the network saw."""
    assert "was trained on this very material" in repaired(library, tmp_path / "one", "made1", finish)
    assert "very material" not in repaired(library, tmp_path / "two", "made2", finish)


def test_a_network_that_starts_with_a_mosaic_gets_one_of_a_draft(tmp_path: Path) -> None:
    write_example(tmp_path / "made", "bricks", 96, 1)
    first = Material.load(tmp_path / "made" / "clean")
    wanted = settings("glcic", train_steps=2, start="mosaic")
    data, _ = train_filler([first], wanted, thickness=16, device="cpu")
    (tmp_path / "model.safetensors").write_bytes(data)
    repaired(tmp_path, tmp_path / "out", "made", "network")
    assert len(list((tmp_path / "out").iterdir())) == len(list((tmp_path / "made" / "damaged").iterdir()))
    with pytest.raises(InputError, match="choose the finish network"):
        repaired(tmp_path, tmp_path / "other", "made", "patches")


@pytest.mark.parametrize(("kind", "finish"), [("scratch", "patches"), ("scratch", "network"), ("speckles", "network")])
def test_holes_of_a_pixel_are_filled_at_a_coarse_scale(library: Path, kind: str, finish: str) -> None:
    """The network was trained at a quarter of the size or less, where a hole of a pixel is less than half of one."""
    material = Material.load(library / "made1" / "clean")
    mask = np.zeros((128, 128), np.float32)
    if kind == "scratch":
        mask[40:80, 61] = 1
    else:
        mask[1::4, 2::4] = 1
    model = FillerModel.from_bytes((library / "model.safetensors").read_bytes())
    assert model.spec.scale > 1
    method = find("learned")
    given = method.settings(InputFile(library / "model.safetensors"), finish=finish)
    found = sv.inpaint(material, mask, method="learned", settings=given, device="cpu")
    before, after = material.tensor(), found.canvas.tensor()
    assert (after[:, mask == 0] == before[:, mask == 0]).all()
    assert np.isfinite(after).all()
    assert (after != before)[:, mask > 0].any(0).mean() > 0.9


def test_maps_that_the_network_does_not_know_are_named(library: Path) -> None:
    height, width = 32, 32
    rng = np.random.default_rng(0)
    problem = InpaintProblem(
        rng.random((1, height, width), np.float32),
        sv.ChannelLayout(("opacity",), (1,)),
        np.pad(np.ones((8, 8), np.bool_), 12),
        np.ones((height, width), np.bool_),
    )
    method = find("learned")
    with pytest.raises(InputError, match=r"cannot fill opacity, for it knows .*normal.*; train one .*, or choose"):
        method.fill(problem, method.settings(InputFile(library / "model.safetensors")), Run())


def test_a_method_without_its_file(tmp_path: Path) -> None:
    method = find("learned")
    with pytest.raises(InputError, match="needs a network that materials taught"):
        method.check_files(method.settings())
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(InputError, match="not a model of this program"):
        method.check_files(method.settings(InputFile(tmp_path / "notes")))
