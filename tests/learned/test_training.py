"""Trainings of fillers: each learns one crop by heart, can be repeated, and goes on where it stopped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from svbrdf_core.errors import Cancelled, FillError, InputError
from svbrdf_core.learned.card import SeenMaterial
from svbrdf_core.learned.few_steps import FewStepsTask
from svbrdf_core.learned.library import Examples
from svbrdf_core.learned.model_file import FillerModel, probe
from svbrdf_core.learned.one_pass import OnePassTask
from svbrdf_core.learned.settings import FillerSettings
from svbrdf_core.learned.training import FillerModules
from svbrdf_core.learning.training import TrainingPlan, train
from svbrdf_core.run import Run
from tests.learned.made import exemplar, settings, spec_of, task_of

TASKS = ("autoencoder", "glcic", "attention", "diffusion-gan", "wavelet-diffusion")


def trained(wanted: FillerSettings, steps: int, **more: object) -> bytes:
    task = task_of(wanted)
    plan = TrainingPlan(steps, wanted.batch_size)
    return task.export(train(task, spec_of(wanted), plan, Run(), **more))  # type: ignore[arg-type]


def error_in_holes(task: OnePassTask | FewStepsTask, modules: FillerModules, examples: Examples) -> float:
    painted = task.complete(modules, examples)
    return float(((painted - examples.x0).abs() * examples.inside).sum() / examples.inside.sum())


@pytest.mark.parametrize("task", TASKS)
def test_a_network_learns_one_crop_by_heart(task: str) -> None:
    """The critics are asked too, so that what they say is seen not to stand in the way."""
    few = task in ("diffusion-gan", "wavelet-diffusion")
    more = {"critics": "none"} if few else {}
    wanted = settings(task, width=8, learning_rate=3e-3, batch_size=2, map_dropout=0.0, coherence=0.0, **more)
    work = task_of(wanted, exemplar())
    modules = work.init(spec_of(wanted), "cpu")
    examples = work.draw(modules, 2)
    first = error_in_holes(work, modules, examples)
    for step in range(60):
        work.step(modules, examples, step / 60)
    assert error_in_holes(work, modules, examples) < 0.5 * first


@pytest.mark.parametrize("task", ["attention", "wavelet-diffusion"])
def test_the_same_training_gives_the_same_bytes_and_one_that_was_stopped_too(task: str) -> None:
    wanted = settings(task)
    whole = trained(wanted, 6)
    assert trained(wanted, 6) == whole
    kept: list[bytes] = []

    class Stop(Exception):
        pass

    def stop(state: object) -> None:
        kept.append(state())  # type: ignore[operator]
        if len(kept) == 3:
            raise Stop

    with pytest.raises(Stop):
        trained(wanted, 6, on_checkpoint=stop)
    assert trained(wanted, 6, checkpoint=kept[-1]) == whole


def test_a_checkpoint_of_another_training_is_refused() -> None:
    kept: list[bytes] = []
    trained(settings("glcic"), 1, on_checkpoint=lambda state: kept.append(state()))
    with pytest.raises(InputError, match="of another training"):
        trained(settings("glcic", learning_rate=1e-2), 1, checkpoint=kept[0])


@pytest.mark.parametrize("task", ["glcic", "diffusion-gan"])
def test_critics_learn_to_tell_fills_from_the_truth(task: str) -> None:
    wanted = settings(task, critics="both", critic_steps=1, learning_rate=1e-3, map_dropout=0.0)
    work = task_of(wanted, exemplar())
    modules = work.init(spec_of(wanted), "cpu")
    network = {name: value.clone() for name, value in modules.network.state_dict().items()}
    examples = work.draw(modules, 4)
    losses = [float(work._step_critics(modules, examples)) for _ in range(20)]
    assert np.mean(losses[-5:]) < np.mean(losses[:5])
    assert all((value == network[name]).all() for name, value in modules.network.state_dict().items())


def test_the_critics_move_the_network() -> None:
    """The ablation that can be repeated: what critics see changes what is learnt."""
    found = [trained(settings("diffusion-gan", critics=name), 3) for name in ("none", "picture", "wavelet", "both")]
    assert len(set(found)) == 4


def test_a_file_says_what_it_is(tmp_path: Path) -> None:
    wanted = settings("attention")
    work = OnePassTask([exemplar()], ((0, 1, 2), (3,), (4,)), wanted, (SeenMaterial("waves0", "CC0"),))
    modules = train(work, spec_of(wanted), TrainingPlan(4, 2), Run())
    path = tmp_path / "model.safetensors"
    path.write_bytes(work.export(modules))
    spec, card = probe(path)
    assert (spec.task, spec.architecture, spec.parametrization["task"]) == ("filling", "coarse-to-fine", "attention")
    assert [(one.name, one.licence) for one in card.materials] == [("waves0", "CC0")]
    assert card.steps == 4
    assert [step for step, _ in card.history] == [1, 2, 3, 4]
    assert set(card.history[0][1]) == {"error", "critics"}
    again = FillerModel.from_bytes(path.read_bytes())
    assert again.to_bytes() == path.read_bytes()


@pytest.mark.parametrize("cut", [10, 200, -1])
def test_a_file_that_is_not_whole_is_refused(cut: int) -> None:
    data = trained(settings("autoencoder"), 1)
    with pytest.raises(InputError, match="not a model of this program"):
        FillerModel.from_bytes(data[:cut])


def test_a_model_that_denoises_is_refused() -> None:
    from svbrdf_core.diffusion.denoising import train_denoiser
    from tests.diffusion.made import TINY, picture, spec

    data = train_denoiser([picture()], spec(), TINY, Run()).to_bytes()
    with pytest.raises(InputError, match="no network that fills holes"):
        FillerModel.from_bytes(data)


def test_a_tiny_material_and_a_stop() -> None:
    wanted = settings("glcic")
    with pytest.raises(FillError, match="too few to learn"):
        task_of(wanted, exemplar(side=14)).init(spec_of(wanted), "cpu")
    with pytest.raises(Cancelled):
        train(task_of(wanted), spec_of(wanted), TrainingPlan(3, 2), Run(should_stop=lambda: True))
