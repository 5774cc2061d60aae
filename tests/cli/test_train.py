"""`svbrdf train`, and `svbrdf inpaint` by what it trained."""

from __future__ import annotations

import io
import signal
import time
from pathlib import Path

import psutil
import pytest

from svbrdf_core.example import write_example
from tests.cli.conftest import SIZE, Svbrdf, process, tree


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVBRDF_CACHE", "off")


@pytest.fixture(scope="module")
def kind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of two materials of one kind."""
    folder = tmp_path_factory.mktemp("kind")
    for seed in (1, 2):
        write_example(folder / f"made{seed}", "bricks", SIZE, seed=seed)
        (folder / f"made{seed}" / "clean").rename(folder / f"bricks{seed}")
        for path in (folder / f"made{seed}").rglob("*"):
            if path.is_file():
                path.unlink()
    return folder


def test_a_model_of_two_materials_fills_a_third(svbrdf: Svbrdf, kind: Path, bricks: Path, tmp_path: Path) -> None:
    model = tmp_path / "models" / "bricks.safetensors"
    folders = [kind / "bricks1", kind / "bricks2"]
    ran = svbrdf("train", *folders, "-o", model, "--budget", "3s", "--hole", "20", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["materials"] == ["bricks1", "bricks2"]
    assert ran.json["bytes"] == model.stat().st_size
    out = tmp_path / "out"
    hole = ("--mask", "rect:50,50,20,16", "--method", "diffusion")
    ran = svbrdf("inpaint", bricks, *hole, "--model", model, "-o", out, "--json")
    assert ran.code == 0, ran.err
    assert ran.json["method"] == "diffusion"
    assert ran.json["variations"][0]["seconds"] < 120  # nothing is trained
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in bricks.iterdir())
    again = svbrdf("train", *folders, "-o", model, "--budget", "1s")
    assert (again.code, "exists already" in again.err) == (3, True)


def test_a_prior_of_two_materials_fills_a_third_by_the_solvers_that_take_one(
    svbrdf: Svbrdf, kind: Path, bricks: Path, tmp_path: Path
) -> None:
    model = tmp_path / "prior.safetensors"
    folders = [kind / "bricks1", kind / "bricks2"]
    ran = svbrdf("train", *folders, "-o", model, "--budget", "2s", "--hole", "20", "--prior", "--json")
    assert ran.code == 0, ran.err
    hole = ("--mask", "rect:50,50,20,16", "--method", "diffusion", "--model", model, "--json", "-o", tmp_path / "out")
    ran = svbrdf("inpaint", bricks, *hole, "--solver", "repaint", "--option", "sampler.jump_n_sample=2")
    assert ran.code == 0, ran.err
    assert ran.json["request"]["method"]["settings"]["sampler"] == {"solver": "repaint", "jump_n_sample": 2}
    refused = svbrdf("inpaint", bricks, *hole, "--overwrite")
    assert refused.code == 3
    assert "the solver ancestral needs one that fills holes" in refused.err
    assert "(--solver NAME)" in refused.err
    unknown = svbrdf("inpaint", bricks, *hole, "--overwrite", "--solver", "magic")
    assert (unknown.code, "--solver must be one of" in unknown.err) == (3, True)
    foreign = svbrdf("inpaint", bricks, "--mask", "rect:50,50,20,16", "-o", tmp_path / "no", "--solver", "ddnm")
    assert (foreign.code, "cannot use --solver" in foreign.err) == (3, True)


def test_a_filler_of_two_materials_fills_a_third_that_lacks_a_map(
    svbrdf: Svbrdf, kind: Path, bricks: Path, tmp_path: Path
) -> None:
    model = tmp_path / "filler.safetensors"
    (kind / "bricks2" / "height.png").unlink(missing_ok=True)
    words = ("train", kind / "bricks1", kind / "bricks2", "-o", model, "--task", "attention", "--licence", "CC0-1.0")
    small = [f"--option={text}" for text in ("width=4", "crop_size=32", "batch_size=2", "train_steps=3")]
    ran = svbrdf(*words, *small, "--hole", "16", "--json")
    assert ran.code == 0, ran.err
    assert (ran.json["task"], ran.json["card"]) == ("attention", str(tmp_path / "filler.md"))
    card = (tmp_path / "filler.md").read_text()
    assert "- bricks1 (CC0-1.0)" in card
    assert "| width | 4 |" in card
    assert "| step | error | critics |" in card
    (bricks / "roughness.png").unlink()
    hole = ("--mask", "rect:50,50,20,16", "--method", "learned")
    ran = svbrdf("inpaint", bricks, *hole, "--model", model, "-o", tmp_path / "out", "--option", "finish=network")
    assert ran.code == 0, ran.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(path.name for path in bricks.iterdir())
    ran = svbrdf("inpaint", bricks, *hole, "-o", tmp_path / "no")
    assert (ran.code, "choose a file of a model (--model FILE)" in ran.err) == (3, True), ran.err
    ran = svbrdf("inpaint", bricks, *hole[:3], "diffusion", "--model", model, "-o", tmp_path / "no")
    assert (ran.code, "a network of another kind, no denoiser" in ran.err) == (3, True), ran.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--task", "glcic", "--preset", "fast"), "--preset is for the task denoising"),
        (("--task", "glcic", "--prior"), "--prior is for the task denoising"),
        (("--task", "glcic", "-m", "rect:0,0,9,9"), "--mask is for the task denoising"),
        (("--option", "width=8"), "has presets, not options"),
        (("--task", "glcic", "--option", "depth=8"), "There is no --option depth; choose from task, train_steps"),
        (("--task", "glcic", "--option", "crop_size=40"), "multiple of 16"),
        (("--task", "glcic", "--option", "task=attention"), "leave the option out"),
    ],
)
def test_options_of_another_task_are_named(
    svbrdf: Svbrdf, kind: Path, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    ran = svbrdf("train", kind / "bricks1", "-o", tmp_path / "m.safetensors", *words)
    assert (ran.code, message in ran.err) == (3, True), ran.err
    assert not list(tmp_path.iterdir())


def test_a_stopped_training_goes_on(kind: Path, tmp_path: Path, svbrdf: Svbrdf) -> None:
    """Ctrl-C leaves the checkpoint and no model; the same command goes on from it and removes it."""
    model, checkpoint = tmp_path / "model.safetensors", tmp_path / "checkpoint"
    words = ("train", kind / "bricks1", "-o", model, "--checkpoint", checkpoint, "--quiet")
    running = process(*words, cwd=tmp_path, SVBRDF_CACHE="off")
    busy = psutil.Process(running.pid)
    while running.poll() is None and busy.cpu_times().user < 15:  # more than its start takes, however busy the machine
        time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=180)
    assert running.returncode == 130, said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint"]
    ran = svbrdf(*words, "--budget", "2s")
    assert ran.code == 0, ran.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.safetensors"]


def test_a_foreign_checkpoint_is_refused_and_kept(svbrdf: Svbrdf, kind: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    ran = svbrdf("train", kind / "bricks1", "-o", tmp_path / "m.safetensors", "--checkpoint", tmp_path / "notes.txt")
    assert ran.code == 3
    assert "not a model of this program" in ran.err
    assert tree(tmp_path) == {"notes.txt": b"mine"}


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--budget", "soon"), 2, "not a time such as 60s"),
        (("--budget", "0s"), 2, "not a time such as 60s"),
        (("--only", "opacity"), 3, "has no map opacity"),
        (("--mask", "rect:0,0,100%,100%"), 5, "Nothing of"),
        (("--hole", "100000"), 5, "too few to learn from"),
    ],
)
def test_bad_wishes_are_named(
    svbrdf: Svbrdf, kind: Path, tmp_path: Path, words: tuple[str, ...], code: int, message: str
) -> None:
    ran = svbrdf("train", kind / "bricks1", "-o", tmp_path / "m.safetensors", *words)
    assert (ran.code, message in ran.err) == (code, True), ran.err
    assert not list(tmp_path.iterdir())


def test_a_checkpoint_cannot_be_the_model(svbrdf: Svbrdf, kind: Path, tmp_path: Path) -> None:
    ran = svbrdf(
        "train", kind / "bricks1", "-o", tmp_path / "m.safetensors", "--checkpoint", tmp_path / "m.safetensors"
    )
    assert (ran.code, "cannot be the model" in ran.err) == (3, True)


def test_a_model_has_the_ending_of_models(svbrdf: Svbrdf, kind: Path, tmp_path: Path) -> None:
    ran = svbrdf("train", kind / "bricks1", "-o", tmp_path / "model.txt")
    assert (ran.code, f"give -o {tmp_path / 'model.safetensors'}." in ran.err) == (3, True), ran.err
    assert not list(tmp_path.iterdir())


def test_a_mask_belongs_to_one_material(svbrdf: Svbrdf, kind: Path, tmp_path: Path) -> None:
    ran = svbrdf("train", kind / "bricks1", kind / "bricks2", "-o", tmp_path / "m.safetensors", "-m", "rect:0,0,9,9")
    assert (ran.code, "belongs to one material" in ran.err) == (4, True)


@pytest.mark.parametrize("method", ["diffusion", "auto"])
def test_a_network_that_paints_has_no_map_of_sources(svbrdf: Svbrdf, bricks: Path, tmp_path: Path, method: str) -> None:
    words = ("--method", method, "--preset", "paper", "--source-map", tmp_path / "s.png", "-o", tmp_path / "out")
    ran = svbrdf("inpaint", bricks, "--mask", "rect:50,50,20,16", *words)
    assert (ran.code, "cannot say where pixels come from" in ran.err) == (3, True)


def test_materials_of_other_maps_are_refused(svbrdf: Svbrdf, kind: Path, bricks: Path, tmp_path: Path) -> None:
    (bricks / "roughness.png").unlink()
    ran = svbrdf("train", kind / "bricks1", bricks, "-o", tmp_path / "m.safetensors")
    assert ran.code == 3
    assert "choose maps that all have" in ran.err


@pytest.mark.parametrize("words", [("--preset", "paper"), ("--budget", "5s"), ("--model", "m.safetensors")])
def test_what_only_diffusion_takes_is_refused_elsewhere(
    svbrdf: Svbrdf, bricks: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    ran = svbrdf("inpaint", bricks, "--mask", "rect:50,50,20,16", "-o", tmp_path / "out", "--method", "patch", *words)
    assert (ran.code, "trains nothing" in ran.err) == (3, True)


def test_diffusion_takes_no_turns(svbrdf: Svbrdf, bricks: Path, tmp_path: Path) -> None:
    words = ("--method", "diffusion", "--rotations")
    ran = svbrdf("inpaint", bricks, "--mask", "rect:50,50,20,16", "-o", tmp_path / "out", *words)
    assert (ran.code, "cannot use --rotations" in ran.err) == (3, True)


def test_long_work_is_told_where_there_is_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console

    from svbrdf_core.cli import bar
    from svbrdf_core.cli.session import Session
    from svbrdf_core.run import Progress, TrainingProgress

    said = io.StringIO()
    session = Session(console=Console(file=said, width=200))
    monkeypatch.setattr(bar, "EVERY", 0.0)
    with bar.visible_run(session) as run:
        run.on_progress(
            Progress("training", 0.25, 90.4, TrainingProgress(300, 1200, 0.0512), variation=2, variations=2)
        )
    assert said.getvalue() == "2/2 training, step 300 of 1200, loss 0.051: 25%, about 90 s left\n"
    with bar.visible_run(session, quiet=True) as run:
        run.on_progress(Progress("training", 0.5))
    assert said.getvalue().count("\n") == 1


def test_notes_of_a_run_are_printed_when_they_are_known_and_once() -> None:
    from rich.console import Console

    from svbrdf_core.cli.bar import visible_run
    from svbrdf_core.cli.session import Session

    said = io.StringIO()
    session = Session(console=Console(file=said, width=200))
    with pytest.raises(KeyError), visible_run(session) as run:
        run.note("One.")
        assert not said.getvalue()
        run.report("matching", 0.5)
        assert said.getvalue() == "One.\n"
        run.note("One.")
        run.note("Two.")
        raise KeyError
    assert said.getvalue() == "One.\nTwo.\n"
    with visible_run(session, quiet=True) as run:
        run.note("Three.")
    assert "Three" not in said.getvalue()
