"""Networks of others on the command line: a file, a folder, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from svbrdf_core.cli.settings import settings_data
from svbrdf_core.codec import InputFile
from svbrdf_core.errors import InputError
from tests.cli.conftest import Svbrdf
from tests.methods.networks import constant, guided, lama

HOLE = ("--mask", "rect:20,20,9,9")


@pytest.mark.parametrize("method", ["repaint", "lama"])
def test_it_needs_a_network_and_says_what_is_wrong_with_one(
    tmp_path: Path, method: str, svbrdf: Svbrdf, bricks: Path
) -> None:
    words = ("inpaint", bricks, *HOLE, "-o", tmp_path / "out", "--method", method)
    ran = svbrdf(*words)
    assert ran.code == 3
    assert "The method needs a network; choose a file of weights (--weights FILE)." in ran.err
    (tmp_path / "text").write_text("no weights")
    ran = svbrdf(*words, "--weights", tmp_path / "text")
    assert ran.code == 3 and "neither safetensors nor a file of torch.save" in ran.err
    assert not (tmp_path / "out").exists()


def test_a_file_or_a_folder_fills(tmp_path: Path, svbrdf: Svbrdf, bricks: Path) -> None:
    few = [word for text in ("sampling_steps=1", "jump_n_sample=1", "window=48") for word in ("--option", text)]
    out = ("-o", tmp_path / "out", "--overwrite", "--quiet")
    for method, weights, more in (
        ("repaint", guided(tmp_path).path, few),
        ("repaint", constant(tmp_path / "folder"), few),
        ("lama", lama(tmp_path).path, []),
    ):
        ran = svbrdf("inpaint", bricks, *HOLE, *out, "--method", method, "--weights", weights, *more)
        assert ran.code == 0, ran.err


def test_a_folder_stands_for_the_files_in_it(tmp_path: Path) -> None:
    names = ("config.json", "scheduler/scheduler_config.json", "unet/diffusion_pytorch_model.safetensors")
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = settings_data("repaint", shortcuts={"--weights": InputFile(tmp_path)})
    assert found == dict(
        zip(("config", "scheduler", "weights"), [InputFile(tmp_path / one) for one in names], strict=True)
    )
    (tmp_path / "config.json").unlink()
    with pytest.raises(InputError, match="holds no config.json or unet/config.json"):
        settings_data("repaint", shortcuts={"--weights": InputFile(tmp_path)})
    with pytest.raises(InputError, match="cannot be used for --weights: lama needs a file"):
        settings_data("lama", shortcuts={"--weights": InputFile(tmp_path)})


def test_methods_without_networks_take_no_weights(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="^The method patch cannot use --weights; leave it out"):
        settings_data("patch", shortcuts={"--weights": InputFile(tmp_path)})


def test_a_method_that_needs_a_network_is_not_compared(tmp_path: Path, svbrdf: Svbrdf, bricks: Path) -> None:
    ran = svbrdf("compare", bricks, "--masks", HOLE[1], "--methods", "poisson,lama", "-o", tmp_path / "report")
    assert ran.code == 3 and "The method lama cannot be compared: it needs a file" in ran.err
