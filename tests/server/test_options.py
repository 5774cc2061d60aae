"""What a service is told at its start, and where that leads nowhere: cases P1, P3 and P7 of the contract."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.server.conftest import Sample
from tests.server.running import PATIENCE, Running, service


def refused(home: Path, *tried: tuple[str, ...]) -> list[str]:
    """Return what services said that did not start, each with other options; two at a time."""
    running = [Running(home / str(number), options) for number, options in enumerate(tried)]
    for number in range(0, len(running), 2):
        pair = running[number : number + 2]
        for one in pair:
            one.launch()
        for one in pair:
            assert one.process is not None
            try:
                assert one.process.wait(PATIENCE) not in (0, 1), one.options  # 1 is what a crash ends with
            finally:
                one.kill()
            assert "Traceback" not in one.log and len(one.log) < 12_000, one.log
            assert not one.runtime_file.exists() and not one.data.exists()
    return [one.log for one in running]


def test_options_that_lead_nowhere_are_refused(home: Path, sample: Sample, tmp_path: Path) -> None:
    """Contract P1, P3."""
    long, folder, file, fifo = "/" + "a" * 5000, str(sample.folder), str(sample.mask), tmp_path / "fifo"
    os.mkfifo(fifo)
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe" * 20)
    binary.chmod(0o600)
    for said in refused(home, *(("--root", f"x={bad}") for bad in (long, file, "~/nothing"))):
        assert "There is no folder" in said
    for said in refused(home / "names", *(("--root", f"{bad}={folder}") for bad in ("../x", "x\n", "CON"))):
        assert "is no name for a folder" in said
    for said in refused(home / "tokens", *(("--token-file", bad) for bad in (long, folder, str(binary)))):
        assert "cannot be read as a token" in said
    for said in refused(home / "data", *(("--data", bad) for bad in (long, file, f"{file}/x", str(fifo)))):
        assert "cannot be used" in said
    assert fifo.is_fifo() and sample.mask.read_bytes().startswith(b"\x89PNG")


def test_a_folder_of_somebody_else_is_not_taken_for_data(home: Path, sample: Sample) -> None:
    """Contract P7."""
    for name in ("materials", "files", "jobs", "unfinished"):
        kept = home / "theirs" / name / "a" / "b"
        kept.parent.mkdir(parents=True)
        kept.write_text("mine")
    (said,) = refused(home / "own", ("--data", str(home / "theirs")))
    assert "holds other things already" in said
    assert len(list((home / "theirs").rglob("b"))) == 4
    with service(home):
        pass
    (home / "data" / "jobs.sqlite").rename(home / "moved")  # as its own message says, where it is damaged
    with service(home) as running:
        assert running.request("GET", "/v1/jobs").json()["jobs"] == []


def test_nothing_is_taken_from_the_folder_it_is_started_in(home: Path, sample: Sample, tmp_path: Path) -> None:
    """Contract P2."""
    for name in ("alpha", "nan"):
        shutil.copy(sample.mask, tmp_path / name)
    for name in ("numpy", "zlib", "queue", "PIL", "numba"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'run')!r}, 'w').write('was here')")
    running = Running(home)
    command = [sys.executable, "-P", "-m", "svbrdf_core", "serve", "--data", str(running.data)]
    variables = running.variables()
    variables.pop("PYTHONSAFEPATH", None)
    with (tmp_path / "log").open("wb") as log:
        running.process = subprocess.Popen(command, cwd=tmp_path, env=variables, stdout=log, stderr=log)
    try:
        running.find()
        assert running.request("GET", "/v1/info").json()["versions"]["numpy"]
        assert running.workers()
        with running.client() as client:
            material = client.material(sample.files())["id"]
        for shape, said in (("alpha", "no alpha channel"), ("nan", "No map of this material holds NaN")):
            answer = running.post("/v1/jobs", {"material": material, "hole": {"masks": [{"shape": shape}]}})
            assert answer.status == 422 and said in answer.json()["detail"], answer
    finally:
        running.stop()
    assert not (tmp_path / "run").exists()
