"""`svbrdf cache`: what is kept is listed, and removed when that is asked for."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import pytest

from svbrdf_core.learning.store import LIMIT, ModelStore
from tests.cli.conftest import Svbrdf, process, tree
from tests.learning.store.cases import KEY, known, met, model, picture

TITLES = ("bricks [bold]: 5 maps, 256 x 256, 600 steps", "planks: 3 maps")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a cache of two models, with a file that is not ours."""
    folder = tmp_path / "kept"
    monkeypatch.setenv("SVBRDF_CACHE", str(folder))
    for seed, title in enumerate(TITLES):
        what = met(picture(seed), known())
        assert ModelStore(folder).put(KEY, what.content, what.blocks, model(seed, 500_000), title) is None
        time.sleep(0.01)  # the order of use follows the clock of the file system
    (folder / "notes.txt").write_text("mine")
    return folder


def test_what_is_kept_is_listed_the_last_used_first(svbrdf: Svbrdf, folder: Path) -> None:
    before = tree(folder)
    ran = svbrdf("cache", "ls")
    lines = ran.out.splitlines()
    assert ran.code == 0 and ran.err == ""
    assert lines[0].split() == ["model", "size", "last", "used"]
    assert [line.split("  ")[0] for line in lines[1:3]] == list(reversed(TITLES))
    assert "1.9 MiB" in lines[1] and str(datetime.now().year) in lines[1]
    assert lines[3] == f"2 models, 3.8 MiB of at most 512.0 MiB, in {folder}"
    assert tree(folder) == before


def test_the_list_as_json(svbrdf: Svbrdf, folder: Path) -> None:
    said = svbrdf("cache", "ls", "--json").json
    models = {path.name: path.stat().st_size for path in folder.glob("*.model")}
    assert said["folder"] == str(folder) and said["limit"] == LIMIT and said["bytes"] == sum(models.values())
    assert [row["title"] for row in said["models"]] == list(reversed(TITLES))
    assert {row["file"]: row["bytes"] for row in said["models"]} == models
    assert abs(datetime.fromisoformat(said["models"][0]["last_used"]).timestamp() - time.time()) < 60


def test_clear_removes_the_models_and_nothing_else(svbrdf: Svbrdf, folder: Path) -> None:
    total = svbrdf("cache", "ls", "--json").json["bytes"]
    assert svbrdf("cache", "clear", "--json").json == {"folder": str(folder), "freed": total}
    assert tree(folder) == {"notes.txt": b"mine"}
    ran = svbrdf("cache", "clear")
    assert ran.code == 0 and ran.out == f"0.0 MiB freed in {folder}\n"
    assert svbrdf("cache", "ls").out == f"0 models, 0.0 MiB of at most 512.0 MiB, in {folder}\n"


def test_a_damaged_model_is_listed_and_removed(svbrdf: Svbrdf, folder: Path) -> None:
    next(folder.glob("*.model")).write_bytes(b"damaged")
    assert "(damaged)" in svbrdf("cache", "ls").out
    assert svbrdf("cache", "clear").code == 0 and not list(folder.glob("*.model"))


def test_quiet_says_nothing(svbrdf: Svbrdf, folder: Path) -> None:
    for words in (("ls", "-q"), ("clear", "--quiet")):
        ran = svbrdf("cache", *words)
        assert (ran.code, ran.out, ran.err) == (0, "", "")


@pytest.mark.parametrize("what", ["ls", "clear"])
def test_a_cache_that_is_off_says_so(svbrdf: Svbrdf, folder: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    before = tree(folder)
    monkeypatch.setenv("SVBRDF_CACHE", "off")
    ran = svbrdf("cache", what)
    assert ran.code == 0 and "SVBRDF_CACHE is off" in ran.out and ran.out.count("\n") == 1
    assert svbrdf("cache", what, "--json").json["folder"] is None
    assert svbrdf("cache", what, "-q").out == "" and tree(folder) == before


def test_models_that_cannot_be_removed_are_an_error(
    svbrdf: Svbrdf, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)  # the rights of a folder do not stop an administrator
    ran = svbrdf("cache", "clear")
    assert ran.code == 6 and "2 models" in ran.err and str(folder) in ran.err


def test_a_folder_of_its_own_process(tmp_path: Path) -> None:
    run = process("cache", "ls", "--json", cwd=tmp_path, SVBRDF_CACHE="here")
    out, err = run.communicate(timeout=180)
    assert run.returncode == 0 and '"folder": "here"' in out and err == ""
    assert not list(tmp_path.iterdir()), "looking makes nothing"
