"""Records survive, and background work comes back to the thread that asks."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from blender_addon.client import Stopped, UserError
from blender_addon.job import Background, Record, Records

ONE = Record("0" * 32, "http://127.0.0.1:1", "/ü/b.blend", "Wand", {"0.png": "Wand Farbe"}, 5.0)


def test_records_are_kept_newest_first(tmp_path: Path) -> None:
    records = Records(tmp_path / "new" / "folder")
    assert records.all() == []
    two = replace(ONE, job="1" * 32, created=9.0)
    records.add(ONE)
    records.add(two)
    assert Records(tmp_path / "new" / "folder").all() == [two, ONE]
    records.add(replace(ONE, material="Boden"))
    assert [one.material for one in records.all()] == ["Wand", "Boden"]
    records.remove(two.job)
    records.remove(two.job)
    assert len(records.all()) == 1
    assert len(list((tmp_path / "new" / "folder").iterdir())) == 1


def test_damaged_records_count_as_none(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.add(ONE)
    good = (tmp_path / f"{ONE.job}.json").read_bytes()
    for name, data in {
        "1": b"", "2": b"[]", "3": b'{"job": 3}', "4": good[:40], "5": b"\xff", "6": b"[" * 99999, "7": good,
    }.items():  # fmt: skip
        (tmp_path / f"{name * 32}.json").write_bytes(data)
    (tmp_path / f"{'8' * 32}.json").mkdir()
    assert records.all() == [ONE]


def test_the_oldest_records_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blender_addon.job.records.MAX_RECORDS", 3)
    for number in range(5):
        Records(tmp_path).add(replace(ONE, job=f"{number:032x}", created=float(number)))
    assert [one.created for one in Records(tmp_path).all()] == [4.0, 3.0, 2.0]


def test_a_record_is_of_a_job_and_nothing_else(tmp_path: Path) -> None:
    for job in ("", "../x", "0" * 31, "G" * 32, "0" * 32 + "\n"):
        with pytest.raises(UserError):
            Records(tmp_path).add(replace(ONE, job=job))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folders = [tmp_path / "file" / "below"]
    if os.geteuid() != 0:  # root may write everywhere
        (tmp_path / "closed").mkdir(mode=0o500)
        folders.append(tmp_path / "closed")
    if Path("/proc/self").is_dir():
        folders.append(Path("/proc/self/records"))
    for folder in folders:
        with pytest.raises(UserError) as caught:
            Records(folder).add(ONE)
        assert caught.value.kind == "file" and str(folder) in caught.value.sentence
        assert Records(folder).all() == []
        Records(folder).remove(ONE.job)


def test_what_comes_of_background_work_comes_on_the_thread_that_asks() -> None:
    background = Background()
    came: list[Any] = []
    go_on = threading.Event()

    def work() -> int:
        go_on.wait(60)
        return threading.get_ident()

    background.run(work, lambda found: came.append((found, threading.get_ident())))
    assert [background.busy, background.poll(), came] == [True, False, []]
    go_on.set()
    _until(background.poll)
    ((worker, taker),) = came
    assert taker == threading.get_ident() != worker
    assert [background.busy, background.poll()] == [False, False]


def test_errors_and_faults_come_back_as_user_errors(caplog: pytest.LogCaptureFixture) -> None:
    background = Background()
    came: list[object] = []
    faults = [UserError("busy", "Wait."), Stopped(), ZeroDivisionError("a secret")]
    for fault in faults:

        def work(fault: Exception = fault) -> None:
            raise fault

        background.run(work, came.append)
        _until(background.poll)
    kinds = [found.kind if isinstance(found, UserError) else None for found in came]
    assert kinds == ["busy", "lost", "broken"] and came[0] is faults[0]
    assert "ZeroDivisionError" in str(came[2]) and "a secret" not in str(came[2])


def test_one_taker_that_fails_does_not_keep_the_others_from_theirs(caplog: pytest.LogCaptureFixture) -> None:
    background = Background()
    came: list[Any] = []

    def bad(found: object) -> None:
        raise RuntimeError("deleted")

    for then in (bad, came.append, bad, came.append):
        background.run(lambda: 1, then)
    _until(lambda: [background.poll(), len(came)][1] == 2)
    assert caplog.text.count("RuntimeError: deleted") == 2


def test_after_the_end_nothing_is_handed_over_and_nothing_waited_for() -> None:
    background = Background()
    came: list[Any] = []
    go_on = threading.Event()
    background.run(lambda: 1, came.append)
    background.run(lambda: go_on.wait(60), came.append)
    time.sleep(0.05)
    began = time.monotonic()
    background.close(timeout=0.2)
    assert time.monotonic() - began < 30
    assert not background.poll() and came == []
    background.run(lambda: 1, came.append)
    go_on.set()
    time.sleep(0.05)
    assert not background.poll() and came == []


def _until(happened: object) -> None:
    end = time.monotonic() + 60
    while not happened():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.005)
