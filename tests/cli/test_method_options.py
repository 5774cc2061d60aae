"""`svbrdf inpaint --option NAME=VALUE`: any setting of any method, by the types of its settings class."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

from svbrdf_core.cli.settings import settings_data
from svbrdf_core.codec import InputFile, option
from svbrdf_core.errors import InputError
from svbrdf_core.methods import FillResult, InpaintProblem, Method, Traits, registry
from svbrdf_core.run import Run
from tests.cli.conftest import Svbrdf


@dataclass(frozen=True)
class Tint:
    red: float = option(0.5, "Of all pixels.", ge=0, le=1)
    rotations: bool = option(False, "Nothing.", shortcut="--rotations")


@dataclass(frozen=True)
class PaintSettings:
    tint: Tint = field(default_factory=Tint)
    coats: int = option(1, "Coats.", ge=1)
    recipe: InputFile | None = option(None, "A text file.", shortcut="--model")


def _check(settings: PaintSettings) -> None:
    if settings.recipe is not None and not settings.recipe.path.is_file():
        raise InputError(f"The recipe {settings.recipe.path} cannot be read.")


def _paint(problem: InpaintProblem, settings: PaintSettings, run: Run) -> FillResult:
    tensor = problem.tensor.copy()
    tensor[:, problem.hole] = np.float32(settings.tint.red)
    text = "" if settings.recipe is None else settings.recipe.path.read_text(encoding="utf-8")
    run.note(f"{settings.coats} coats, {text or 'no recipe'}, {settings.tint.rotations}")
    return FillResult(tensor)


PAINT = Method(
    "paint", "paint", _paint, PaintSettings, Traits(wraps=True), check_files=_check,
    presets={"thick": PaintSettings(coats=5, tint=Tint(red=0.25))},
)  # fmt: skip


@pytest.fixture
def paint(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have another package offer the method."""
    entry = EntryPoint("paint", f"{__name__}:PAINT", registry.GROUP)
    monkeypatch.setattr(registry, "_find_offered", lambda: {"paint": entry})
    monkeypatch.setattr(registry, "_load", lambda entry: PAINT)


def test_settings_come_from_presets_shortcuts_and_options_the_last_counts_most(paint: None) -> None:
    assert settings_data("paint") == {}
    found = settings_data(
        "paint",
        preset="thick",
        shortcuts={"--model": InputFile(Path("r.txt")), "--rotations": True},
        options=["coats=7", "tint.red=1"],
    )
    assert found == {"coats": 7, "tint": {"red": 1.0, "rotations": True}, "recipe": InputFile(Path("r.txt"))}


@pytest.mark.usefixtures("paint")
def test_a_method_of_another_package_is_set_from_the_command_line(svbrdf: Svbrdf, bricks: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.txt"
    recipe.write_text("lime", encoding="utf-8")
    words = ("inpaint", bricks, "-m", "rect:50,50,20,16", "--method", "paint", "--json")
    ran = svbrdf(*words, "-o", tmp_path / "a", "--preset", "thick", "--option", "tint.red=0.75", "--rotations")
    assert ran.json["notes"] == ["5 coats, no recipe, True"]
    assert ran.json["request"]["method"]["settings"] == {"coats": 5, "tint": {"red": 0.75, "rotations": True}}
    ran = svbrdf(*words, "-o", tmp_path / "b", "--option", f"recipe={recipe}")
    assert ran.json["notes"] == ["1 coats, lime, False"]
    assert ran.json["request"]["method"]["settings"] == {"recipe": {"file": str(recipe)}}
    ran = svbrdf(*words, "-o", tmp_path / "c", "--model", recipe)
    assert ran.json["notes"] == ["1 coats, lime, False"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--option", "coats"), "not of the form NAME=VALUE"),
        (("--option", "coat=1"), "There is no --option coat; choose from tint, coats, recipe."),
        (("--option", "coats=0"), "--option coats must be a whole number of at least 1, not 0."),
        (("--option", "coats=2000000"), "--option coats must be a number of at most 1000000."),
        (("--option", "tint=red"), "--option tint has settings of its own"),
        (("--option", "tint.red=2"), "--option tint.red must be a number of at least 0 and at most 1, not 2.0."),
        (("--option", "tint.rotations=3"), '--option tint.rotations must be true or false, not "3".'),
        (("--option", "tint.rde=2"), "There is no --option tint.rde; choose from tint.red, tint.rotations."),
        (("--option", "recipe=nowhere.txt"), "The recipe nowhere.txt cannot be read."),
        (("--preset", "thin"), "There is no preset 'thin' of paint; choose from thick."),
        (("--mirrors",), "The method paint cannot use --mirrors; leave it out."),
        (("--budget", "3s"), "trains nothing and cannot use --budget"),
        (("--variations", "2"), "gives the same fill for every seed"),
        (("--source-map", "s.png"), "cannot say where pixels come from"),
    ],
)
@pytest.mark.usefixtures("paint")
def test_a_setting_that_cannot_be_used_is_refused_by_its_name(
    svbrdf: Svbrdf, bricks: Path, tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    out = tmp_path / "out"
    ran = svbrdf("inpaint", bricks, "-m", "rect:50,50,20,16", "--method", "paint", "-o", out, *words)
    assert (ran.code, sentence in ran.err) == (3, True), ran.err
    assert not out.exists()


def test_options_are_those_of_methods_of_ours_too() -> None:
    assert settings_data("auto", shortcuts={"--rotations": True}, options=["diffusion.seconds=9"]) == {
        "patch": {"rotations": True},
        "diffusion": {"seconds": 9.0},
    }
    assert settings_data("auto", preset="paper")["diffusion"] != {}
    with pytest.raises(InputError, match="cannot use --rotations"):
        settings_data("biharmonic", shortcuts={"--rotations": True})
