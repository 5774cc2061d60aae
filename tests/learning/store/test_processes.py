"""Several processes use one folder, and some are killed: what is found is whole all the same."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from svbrdf_core.learning.store import ModelStore
from tests.learning.store.cases import KEY, known, met, model, picture

ROOT = Path(__file__).parents[3]
START = """
import sys
from pathlib import Path
from svbrdf_core.learning.store import ModelStore
from tests.learning.store.cases import KEY, known, met, model, picture
folder, limit, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
cache = ModelStore(folder, limit)
"""
PUT_MANY = """
for round in range(60):
    what = met(picture(round % 6), known())
    told = cache.put(KEY, what.content, what.blocks, model(seed), f"{seed} {round}")
    assert told is None, told
"""
PUT_LARGE = """
what = met(picture(), known())
data = model(seed, 20_000_000)
print("ready", flush=True)
cache.put(KEY, what.content, what.blocks, data, "large")
"""
PUT_PAST_THE_LIMIT_OF_THE_SYSTEM = """
import resource
what = met(picture(), known())
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
print(cache.put(KEY, what.content, what.blocks, model(), "bricks"))
"""


def start(code: str, folder: Path, limit: int, seed: int) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", START + code, str(folder), str(limit), str(seed)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def test_processes_that_put_and_find_at_once_do_not_break_each_other(tmp_path: Path) -> None:
    limit = 4 * (len(model()) + 2000)
    cache = ModelStore(tmp_path, limit)
    wanted = [met(picture(number), known()) for number in range(6)]
    whole = {model(1), model(2)}
    told: list[str] = []
    hits = 0
    writers = [start(PUT_MANY, tmp_path, limit, seed) for seed in (1, 2)]
    while any(writer.poll() is None for writer in writers):
        for what in wanted:
            found = cache.find(KEY, what.content, what.blocks, told.append)
            assert found is None or (found.exact and found.data in whole)
            hits += found is not None
        cache.entries()
    for writer in writers:
        writer.communicate()
    assert [writer.returncode for writer in writers] == [0, 0]
    assert hits and not told
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= limit
    assert all(path.suffix == ".model" for path in tmp_path.iterdir())


def test_a_process_that_is_killed_while_it_writes_leaves_no_model(tmp_path: Path) -> None:
    cache = ModelStore(tmp_path)
    what = met(picture(), known())
    interrupted = 0
    for _ in range(4):
        with start(PUT_LARGE, tmp_path, 2**30, 0) as writer:
            assert writer.stdout and writer.stdout.readline() == "ready\n"
            while writer.poll() is None and not list(tmp_path.glob("*.part")):
                time.sleep(0.001)
            writer.kill()
        left = list(tmp_path.glob("*.part"))
        interrupted += bool(left)
        told: list[str] = []
        found = cache.find(KEY, what.content, what.blocks, told.append)
        assert not told and bool(found) != bool(left), "either it is there whole, or only a temporary file is"
        cache.clear()
        for path in left:
            path.unlink()
    assert interrupted


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
def test_a_write_that_fails_half_way_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    with start(PUT_PAST_THE_LIMIT_OF_THE_SYSTEM, tmp_path, 2**30, 0) as writer:
        out, _ = writer.communicate()
    assert "is not kept" in out and "File too large" in out
    assert list(tmp_path.iterdir()) == []
