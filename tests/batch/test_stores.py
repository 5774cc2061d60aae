"""A batch whose library, masks, manifest and results are in an object store does what one in folders does."""

from __future__ import annotations

import importlib.util
import json
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np
import pytest

if importlib.util.find_spec("moto") is None or importlib.util.find_spec("s3fs") is None:
    pytest.skip("moto or s3fs is not installed", allow_module_level=True)

from svbrdf_core.batch import open_output, place
from svbrdf_core.batch.scratch import PREFIX, scratch
from svbrdf_core.errors import OutputError
from tests.batch.library import SETS, write_library, write_mask, write_set
from tests.batch.store import BUCKET, local_s3, objects, put_folder, s3
from tests.batch.test_full_disk import can_mount, with_disks
from tests.cli.conftest import Svbrdf, process, svbrdf, tree

__all__ = ["svbrdf"]
FAST = ("--method", "telea", "--jobs", "1")
STORE = ("batch", f"s3://{BUCKET}/library", "--masks", f"s3://{BUCKET}/masks", "-o", f"s3://{BUCKET}/out", *FAST)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with local_s3(tmp_path_factory.mktemp("s3") / "log") as environment:
        yield environment


@pytest.fixture
def home(tmp_path: Path, server: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A library here and the same in the store, which is empty besides."""
    for name, value in server.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr("tempfile.tempdir", None)
    s3().mkdir(BUCKET)
    for folder in write_library(tmp_path):
        put_folder(folder, f"{BUCKET}/{folder.name}")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    s3().rm(BUCKET, recursive=True)


def records() -> dict[str, dict[str, Any]]:
    """Return what is remembered of each row in the store."""
    found = [json.loads(text) for text in objects(f"{BUCKET}/out/_batch/records").values()]
    return {record["name"]: record for record in found}


def results() -> dict[str, bytes]:
    return {name: content for name, content in objects(f"{BUCKET}/out").items() if not name.startswith("_batch/")}


def test_a_store_gives_the_same_results_as_a_folder_and_nothing_is_done_twice(home: Path, svbrdf: Svbrdf) -> None:
    assert svbrdf("batch", "library", "--masks", "masks", "-o", "out", *FAST, "--quiet").code == 0
    ran = svbrdf(*STORE, "--json")
    assert ran.code == 0, ran.err
    assert ran.json["index"] == f"s3://{BUCKET}/out/_batch/index.html"
    there = {name: content for name, content in tree(home / "out").items() if not name.startswith("_batch")}
    assert results() == there and len(there) == 2 * len(SETS)
    assert {name: record["state"] for name, record in records().items()} == dict.fromkeys(SETS, "done")
    assert records()["walls/brick"]["source"] == f"s3://{BUCKET}/library/walls/brick"
    kept = set(objects(f"{BUCKET}/out/_batch"))
    assert {"index.html", "results.csv", "results.json"} < kept and len([n for n in kept if "thumbs/" in n]) == 6
    assert list((home / "temporary").iterdir()) == []
    # Again: nothing is filled. What has changed is filled anew, and nothing else is.
    first = s3().find(f"{BUCKET}/out/floors", detail=True)
    assert svbrdf(*STORE).out.startswith("3 done.")
    assert s3().find(f"{BUCKET}/out/floors", detail=True) == first
    write_set(home / "library/floors/oak", 99)
    put_folder(home / "library/floors/oak", f"{BUCKET}/library/floors/oak")
    assert svbrdf(*STORE, "--quiet").code == 0
    again = s3().find(f"{BUCKET}/out/floors", detail=True)
    assert {name.split("/")[-2] for name in again if again[name] != first[name]} == {"oak"}


def test_a_manifest_in_a_store_names_files_beside_it_and_elsewhere(home: Path, svbrdf: Svbrdf) -> None:
    write_mask(home / "near.png")
    table = f'source,mask,out\nlibrary/floors/oak,masks/oak_mask.png,new/oak\ns3://{BUCKET}/library/walls/brick,"rect:4,4,8,8",\nfile://{home}/library/floors/tiles,file://{home}/near.png,\nlibrary/nothing,alpha,\nlibrary/floors/tiles,masks/none.png,lost\n'
    s3().pipe_file(f"{BUCKET}/rows.csv", table.encode())
    ran = svbrdf("batch", "--manifest", f"s3://{BUCKET}/rows.csv", "-o", "out", *FAST, "--json")
    told = {row["name"]: (row["state"], row["why"]) for row in ran.json["rows"]}
    assert told == {
        "new/oak": ("done", None),
        "brick": ("done", None),
        "tiles": ("done", None),
        "nothing": ("refused", f"There is no image in s3://{BUCKET}/library/nothing."),
        "lost": ("refused", f"There is no mask s3://{BUCKET}/masks/none.png."),
    }
    assert set(tree(home / "out/new/oak")) == {"basecolor.png", "roughness.png"}


def test_masks_by_a_pattern_and_results_inside_the_library(home: Path, svbrdf: Svbrdf) -> None:
    words = ("batch", f"s3://{BUCKET}", "--masks", f"s3://{BUCKET}/masks/{{name}}_mask.png", *FAST, "--json")
    ran = svbrdf(*words, "-o", f"s3://{BUCKET}/out")
    states = {row["name"]: row["state"] for row in ran.json["rows"]}
    assert states == {**{f"library/{name}": "done" for name in SETS}, "masks": "refused"}
    assert {row["name"] for row in svbrdf(*words, "-o", f"s3://{BUCKET}/out").json["rows"]} == set(states)


def test_files_of_somebody_else_are_not_replaced_and_old_ones_of_a_row_go(home: Path, svbrdf: Svbrdf) -> None:
    s3().pipe_file(f"{BUCKET}/out/floors/oak/notes.txt", b"mine")
    ran = svbrdf(*STORE, "--json")
    assert ran.code == 7 and f"s3://{BUCKET}/out/floors/oak holds files" in ran.json["rows"][0]["why"]
    assert svbrdf(*STORE, "--overwrite", "--quiet").code == 0
    assert {name for name in results() if "oak" in name} == {f"floors/oak/{m}.png" for m in ("basecolor", "roughness")}


def test_what_is_not_there_or_may_not_be_read_is_one_sentence(home: Path, svbrdf: Svbrdf) -> None:
    s3().pipe_file(f"{BUCKET}/words/a.txt", b"no picture")
    masks, out = ("--masks", f"s3://{BUCKET}/masks"), ("-o", f"s3://{BUCKET}/out")
    for words, said in (
        ((f"s3://{BUCKET}/words", *masks, *out), f"There is no image in s3://{BUCKET}/words or below it"),
        ((f"s3://{BUCKET}/nothing", *masks, *out), f"There is no folder s3://{BUCKET}/nothing"),
        (("s3://no-such-bucket/a", *masks, *out), "s3://no-such-bucket/a cannot be read (The specified bucket"),
        ((f"s3://{BUCKET}/library", "--masks", f"s3://{BUCKET}/none", *out), f"no folder s3://{BUCKET}/none"),
        (("library", "--masks", "masks", "-o", "s3://no-such-bucket/a"), "s3://no-such-bucket/a cannot be"),
        (("gs://bucket/a", *masks, *out), "pip install"),
        (("nope://bucket/a", *masks, *out), "in no store that is known"),
        (("s3:///", *masks, *out), "names no bucket"),
        (("--manifest", f"s3://{BUCKET}/none.csv", *out), f"There is no s3://{BUCKET}/none.csv"),
    ):
        ran = svbrdf("batch", *words, *FAST)
        assert ran.code in (3, 6) and said in ran.err and ran.err.count("\n") == 1, ran.err
    hidden = {
        **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), ""),
        "AWS_SHARED_CREDENTIALS_FILE": "none",
    }
    run = process("batch", f"s3://{BUCKET}/library", *masks, *out, *FAST, cwd=home, **hidden)
    _, err = run.communicate(timeout=180)
    assert run.returncode == 3 and f"There are no credentials for s3://{BUCKET}" in err and err.count("\n") == 1, err


def test_no_room_for_what_is_fetched_is_one_sentence_a_row(home: Path, svbrdf: Svbrdf) -> None:
    if not can_mount(home):
        pytest.skip("no file system of its own can be mounted here")
    noise = np.random.default_rng(0).integers(0, 256, (160, 160, 3), np.uint8)
    iio.imwrite(home / "large.png", noise)
    s3().put(str(home / "large.png"), f"{BUCKET}/library/walls/brick/normal.png")
    words = " ".join(STORE)
    ran = with_disks(home, f'mount -t tmpfs -o size=64k none temporary; "{sys.executable}" -m svbrdf_core {words}')
    assert "walls/brick: s3://" in ran.stdout + ran.stderr and "No space left on device" in ran.stdout + ran.stderr, ran
    assert "Traceback" not in ran.stderr and ran.returncode == 7
    assert {name: record["state"] for name, record in records().items()} == dict.fromkeys(SETS[:2], "done")


def test_two_batches_do_not_work_below_one_address(home: Path, svbrdf: Svbrdf) -> None:
    output = open_output(place(f"s3://{BUCKET}/out"))
    with output.hold():
        with pytest.raises(OutputError, match="Another batch is at work"), output.hold():
            raise AssertionError
        assert svbrdf(*STORE).code == 6
    with output.hold():
        assert len(objects(f"{BUCKET}/out/_batch/locks")) == 1
    lock = f"{BUCKET}/out/_batch/locks/000000002.json"
    about = json.loads(s3().cat_file(lock))
    assert about["free"]
    s3().pipe_file(lock, json.dumps({**about, "free": False, "machine": "another"}).encode())
    with pytest.raises(OutputError, match="if its machine was lost"), output.hold():
        raise AssertionError
    s3().pipe_file(
        lock, json.dumps({**about, "free": False, "machine": "another", "when": about["when"] - 999}).encode()
    )
    with output.hold():
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_killed_at_any_moment_it_goes_on_in_a_store(home: Path, svbrdf: Svbrdf) -> None:
    done: dict[str, Any] = {}
    for wanted in (1, 2):
        run = process(*STORE, "--quiet", cwd=home)
        while run.poll() is None and len(_done()) < wanted:
            time.sleep(0.02)
        run.send_signal(signal.SIGKILL)
        run.communicate(timeout=180)
        time.sleep(0.2)  # its workers end with it
        now = _done()
        assert done.items() <= now.items(), "done twice"
        done = now
    assert svbrdf(*STORE, "--quiet").code == 0
    assert done.items() <= _done().items() and set(_done()) == set(SETS)
    assert len(results()) == 2 * len(SETS) and list((home / "temporary").iterdir()) == []


def _done() -> dict[str, Any]:
    """Return when the first map of each row was written that is done."""
    done = [name for name, record in records().items() if record["state"] == "done"]
    stamps = s3().find(f"{BUCKET}/out", detail=True)
    return {name: stamps[f"{BUCKET}/out/{name}/basecolor.png"]["LastModified"] for name in done}


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed")
def test_a_cluster_fetches_where_a_row_runs(home: Path, svbrdf: Svbrdf, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as short:  # for names of sockets may not be long
        monkeypatch.setenv("RAY_TMPDIR", short)
        ran = svbrdf(*STORE, "--ray", "local", "--json")
    assert ran.code == 0, ran.err
    assert len(results()) == 2 * len(SETS) and list((home / "temporary").iterdir()) == []


def test_scratch_of_a_killed_process_goes_and_that_of_a_living_one_stays(home: Path) -> None:
    left = home / "temporary" / f"{PREFIX}left"
    (left / "files").mkdir(parents=True)
    (left / "lock").touch()
    with scratch() as mine, scratch() as other:
        assert mine.is_dir() and other.is_dir() and not left.exists()
    assert list((home / "temporary").iterdir()) == []
