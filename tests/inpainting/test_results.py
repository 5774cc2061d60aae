"""Results from elsewhere appear as if they were made here: all or none, and over the sources with a backup."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import svbrdf_core as sv
from svbrdf_core.example import write_example

Tree = dict[str, bytes]


def tree(folder: Path) -> Tree:
    """Return the content of every file below a folder by its path."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def put(folder: Path, files: Tree) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    return put(tmp_path / "staged", {"a.png": b"new a", "b.png": b"old b"})


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    return put(tmp_path / "inputs", {"a.png": b"old a", "b.png": b"old b", "note.txt": b"mine"})


def sources(folder: Path) -> dict[str, Path]:
    return {name: folder / name for name in ("a.png", "b.png")}


def test_results_appear_in_a_new_folder_and_stay_where_they_were(staged: Path, inputs: Path, tmp_path: Path) -> None:
    before = tree(staged)
    files, backup = sv.publish_results(staged, tmp_path / "new" / "out", sources=sources(inputs))
    assert backup is None and [path.name for path in files] == ["a.png", "b.png"]
    assert tree(tmp_path / "new" / "out") == before == tree(staged)


def test_variations_appear_together_or_not_at_all(staged: Path, inputs: Path, tmp_path: Path) -> None:
    put(staged, {"v1/a.png": b"one", "v2/a.png": b"two"})
    out = put(tmp_path / "out", {"v2/a.png": b"mine"})
    with pytest.raises(sv.OutputError, match="exists already"):
        sv.publish_results(staged, out, sources=sources(inputs))
    assert tree(out) == {"v2/a.png": b"mine"}
    files, _ = sv.publish_results(staged, out, sources=sources(inputs), overwrite=True)
    assert tree(out) == tree(staged) and set(files) == {out / name for name in tree(staged)}


def test_in_place_replaces_what_differs_and_keeps_the_originals(staged: Path, inputs: Path) -> None:
    files, backup = sv.publish_results(staged, inputs, sources=sources(inputs), in_place=True)
    assert files == (inputs / "a.png",)
    assert backup is not None and backup.parent == inputs and backup.name.startswith("backup-")
    assert tree(backup) == {"a.png": b"old a"}
    assert {name: data for name, data in tree(inputs).items() if "/" not in name} == {
        "a.png": b"new a", "b.png": b"old b", "note.txt": b"mine"
    }  # fmt: skip


def test_nothing_is_written_where_nothing_differs(staged: Path, inputs: Path) -> None:
    before = tree(put(staged, {"a.png": b"old a"})), tree(inputs)
    assert sv.publish_results(staged, inputs, sources=sources(inputs), in_place=True) == ((), None)
    assert (tree(staged), tree(inputs)) == before


def test_a_result_of_another_name_keeps_its_source_and_what_it_replaces(inputs: Path, tmp_path: Path) -> None:
    staged = put(tmp_path / "results", {"c.png": b"new c", "d.png": b"new d"})
    put(inputs, {"c.jpg": b"old c", "c.png": b"another c"})
    files, backup = sv.publish_results(staged, inputs, sources={"c.png": inputs / "c.jpg"}, in_place=True)
    assert backup is not None and tree(backup) == {"c.jpg": b"old c", "c.png": b"another c"}
    assert files == (inputs / "c.png", inputs / "d.png") and (inputs / "c.jpg").read_bytes() == b"old c"


def test_it_does_what_saving_does(tmp_path: Path) -> None:
    write_example(tmp_path / "made", "bricks", 64)
    here, there = (Path(shutil.copytree(tmp_path / "made" / "damaged", tmp_path / name)) for name in ("here", "there"))
    for folder in (here, there):
        material = sv.Material.load(folder, only=["diffuse", "height"])
        window = material.window(5, 5, 9, 9) * 0
        edited = material.with_window(window, window[0] + 1, 5, 5)
        if folder == here:
            saved = edited.save(here, in_place=True)
        else:
            edited.save(tmp_path / "results")
    names = {path.name: path for path in there.iterdir()}
    files, backup = sv.publish_results(tmp_path / "results", there, sources=names, in_place=True)
    assert saved.backup is not None and backup is not None and tree(saved.backup) == tree(backup)
    assert {path.name for path in saved.files} == {path.name for path in files} == {"diffuse.png", "height.png"}
    shutil.rmtree(saved.backup)
    shutil.rmtree(backup)
    assert tree(here) == tree(there)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs permissions that bind this user")
def test_a_folder_that_cannot_be_written_is_told(staged: Path, inputs: Path) -> None:
    before = tree(inputs)
    inputs.chmod(0o500)
    try:
        with pytest.raises(sv.OutputError):
            sv.publish_results(staged, inputs, sources=sources(inputs), in_place=True)
    finally:
        inputs.chmod(0o700)
    assert tree(inputs) == before


def test_a_failure_leaves_all_as_it_was(staged: Path, inputs: Path) -> None:
    (inputs / "c.png").mkdir()  # a folder where a file should go
    put(staged, {"c.png": b"new c"})
    before, names = tree(inputs), sorted(inputs.iterdir())
    with pytest.raises(sv.OutputError, match="cannot be written"):
        sv.publish_results(staged, inputs, sources=sources(inputs), in_place=True)
    assert tree(inputs) == before and sorted(inputs.iterdir()) == names


def test_the_input_folder_is_refused_without_a_word(staged: Path, inputs: Path) -> None:
    before = tree(inputs)
    with pytest.raises(sv.InputError, match="input folder"):
        sv.publish_results(staged, inputs, sources=sources(inputs), overwrite=True)
    put(staged, {"v1/a.png": b"one"})
    with pytest.raises(sv.InputError, match="variations"):
        sv.publish_results(staged, inputs, sources=sources(inputs), in_place=True)
    assert tree(inputs) == before


def test_what_is_no_result_is_refused(staged: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(sv.InputError, match="no results"):
        sv.publish_results(tmp_path / "empty", tmp_path / "out", sources={})
    put(staged, {"v1/deep/a.png": b"deep"})
    with pytest.raises(sv.InputError, match="no result file"):
        sv.publish_results(staged, tmp_path / "out", sources={})
    shutil.rmtree(staged / "v1")
    try:
        (staged / "link.png").symlink_to(tmp_path / "secret")
    except OSError:
        pytest.skip("no links on this system")
    put(tmp_path, {"secret": b"secret"})
    with pytest.raises(sv.InputError, match="no result file"):
        sv.publish_results(staged, tmp_path / "out", sources={})
    assert not (tmp_path / "out").exists()
