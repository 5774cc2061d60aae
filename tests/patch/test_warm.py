"""Kernels are compiled before the first fill, each once, with the types that fills call them with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from svbrdf_core.errors import Cancelled
from svbrdf_core.patch.cpu_backend import warm
from svbrdf_core.run import Run

ROOT = Path(__file__).parents[2]
FILLS = """
import numpy as np
from svbrdf_core.patch import PatchSettings, fill
from svbrdf_core.patch.cpu_backend import warm
from tests.patch.cases import LAYOUTS, box, level, texture
for side, hole, more in ((72, 20, {}), (128, 40, {"rotations": True}), (72, 20, {"richness": 0.0})):
    for tileable in (False, True):
        mask = box(side, side, 10, 10, hole, hole)
        fill(texture(7, side, side), LAYOUTS[7], mask, PatchSettings(iterations=2, **more), tileable=tileable)
for one in warm.ALL:
    found = list(one.function.signatures)
    one.compile()
    print(one.name, len(found), len(one.function.signatures), sep=",")
"""
CALLS = """
import numpy as np
from svbrdf_core.patch.cpu_backend import warm
from svbrdf_core.tensors import multigrid
print(warm.ALL[-1].is_ready)
plane = np.ones((4, 4), np.float32)
multigrid._dots(plane, plane)
known = multigrid._dots.stats
print(sum(known.cache_hits.values()), sum(known.cache_misses.values()))
"""
UNLISTED = """
import sys
from numba.core.dispatcher import Dispatcher
from svbrdf_core.tensors.jit import compiled_of
listed = {id(one.function) for one in warm.ALL}
for module in [module for name, module in sys.modules.items() if name.startswith("svbrdf_core")]:
    for name, value in vars(module).items():
        kernel = compiled_of(value)
        if isinstance(kernel, Dispatcher) and kernel.signatures and id(kernel) not in listed:
            print(f"{module.__name__}.{name}")
"""


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """Return what the fills print after all listed kernels were compiled."""
    warm.compile_kernels(Run())
    command = [sys.executable, "-c", FILLS + UNLISTED]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout.split()


def test_each_kernel_is_compiled_once_and_with_the_types_that_fills_use(lines: list[str]) -> None:
    rows = [line.split(",") for line in lines[: len(warm.ALL)]]
    assert [name for name, *_ in rows] == [one.name for one in warm.ALL]
    wrong = [name for name, _, after in rows if int(after) != 1]
    assert not wrong, f"fills call {wrong} with other types than svbrdf_core/patch/cpu_backend/warm.py says"


def test_no_kernel_is_missing(lines: list[str]) -> None:
    """What a fill still compiles is not listed."""
    assert lines[len(warm.ALL) :] == []


def test_shares_are_whole_and_take_as_long() -> None:
    for count in (1, 2, 3, 4):
        shares = warm._split(warm.ALL, count)
        assert [one.name for share in shares for one in share] == [one.name for one in warm.ALL]
        seconds = [sum(one.seconds for one in share) + warm.START * (at > 0) for at, share in enumerate(shares)]
        assert max(seconds) < 1.4 * min(seconds)
    assert warm._split([], 2) == [[], []]
    assert [len(share) for share in warm._split(warm.ALL[-2:], 2)] == [2, 0]


def test_a_fresh_cache_is_filled_by_several_processes(tmp_path: Path) -> None:
    code = (
        "from svbrdf_core.patch.cpu_backend import warm; warm.count_cores = lambda: 2\n"
        "from svbrdf_core.run import Run\n"
        "warm.ALL = tuple(one for one in warm.ALL if one.name in ('_prolong', '_dots', 'measure'))\n"
        "assert not warm.is_compiled('cpu') and warm.is_compiled('cuda')\n"
        "warm.compile_kernels(Run())\n"
        "assert warm.is_compiled('cpu')\n"
        "print(*(len(one.function.signatures) for one in warm.ALL))\n"
    )
    where = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=where, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout.split()) == (0, ["1", "1", "1"]), run.stderr
    again = [sys.executable, "-c", CALLS]
    found = subprocess.run(again, cwd=ROOT, env=where, capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["True", "1", "0"]


def test_compiling_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm.Compiled, "is_ready", property(lambda _: False))
    with pytest.raises(Cancelled):
        warm.compile_kernels(Run(should_stop=lambda: True))
