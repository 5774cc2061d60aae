"""Compiling of the kernels before a first fill, by several processes at once.

numba compiles in one thread at a time, and keeps what it made on disk. So other processes compile a share of the
kernels each, and this one takes theirs from the disk.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from numba.core import sigutils

import svbrdf_core
from svbrdf_core.cores import count_cores
from svbrdf_core.run import Run
from svbrdf_core.tensors.jit import compiled_of

KERNELS, CUTS = "svbrdf_core.patch.cpu_backend.kernels", "svbrdf_core.patch.cpu_backend.cuts"
JOINS, MULTIGRID = "svbrdf_core.patch.joins", "svbrdf_core.tensors.multigrid"
MOST = 4
"""Processes, this one counted: more have little to do for the second that they take to start."""
START = 3.0
"""What a further process takes besides its kernels, in the seconds of `Compiled`."""
LOOK = 0.05
"""Seconds between two looks whether the user wants to stop, while others compile."""

PLANE, LIST, MASK, NUMBERS = "f4[:,::1]", "i4[::1]", "b1[:,::1]", "i4[:,::1]"
PAIR, PLACES, FIELD = f"{PLANE}, {PLANE}, f4[:,:,:]", f"{LIST}, {LIST}", f"{NUMBERS}, {NUMBERS}, {PLANE}"
INDEX = f"{PLANE}, {PLANE}, {LIST}, {PLANE}, {PLACES}"
COPY = "UniTuple(i8, 2), Tuple((i8, i8, b1, b1))"
GRAPH = f"{NUMBERS}, {PLANE}, f4[::1]"


@dataclass(frozen=True)
class Compiled:
    """A kernel with the only types that fills call it with.

    Attributes:
        module: where it is.
        name: its own.
        types: of its arguments, as numba writes them.
        seconds: that compiling it takes, about.
    """

    module: str
    name: str
    types: str
    seconds: float

    @property
    def function(self) -> Any:
        """What numba made of it."""
        return compiled_of(getattr(import_module(self.module), self.name))

    def compile(self) -> None:
        """Compile it, or load it from the disk.

        numba keeps it under what it was asked by: by the text of the types, a call would not find it again.
        """
        types, _ = cast(Any, sigutils).normalize_signature(f"({self.types},)")
        self.function.compile(types)

    @property
    def is_ready(self) -> bool:
        """Whether it is compiled, in this process or on disk."""
        return bool(self.function.signatures) or self._is_kept()

    def _is_kept(self) -> bool:
        folder = self.function.stats.cache_path
        if folder is None:
            return False
        source = Path(str(import_module(self.module).__file__))
        version = "".join(map(str, sys.version_info[:2]))
        kept = Path(folder).glob(f"{source.stem}.{self.name}-*.py{version}*.nbi")
        return any(file.stat().st_mtime >= source.stat().st_mtime for file in kept)


ALL = (
    Compiled(KERNELS, "look_up", f"{PAIR}, i8, {PLACES}, {INDEX}, {FIELD}, i8, i8", 3.5),
    Compiled(KERNELS, "assign", f"{PLANE}, {PLANE}", 0.4),
    Compiled(KERNELS, "sweep", f"{PAIR}, i8, {PLACES}, {MASK}, {MASK}, {FIELD}, {FIELD}, i8, i8, i8, b1, b1", 1.7),
    Compiled(
        KERNELS,
        "choose_cheapest",
        f"{PAIR}, {PLANE}, i8, {PLACES}, {PLACES}, {PLANE}, f4[::1], f4[::1], f4, f4[::1], f4[::1], {FIELD}",
        1.3,
    ),
    Compiled(KERNELS, "measure", f"{PAIR}, i8, {PLACES}, {FIELD}", 0.6),
    Compiled(
        KERNELS,
        "search_ring",
        f"{PAIR}, {PLANE}, i8, {PLACES}, {MASK}, {MASK}, {PLACES}, {FIELD}, {FIELD}, i8, i8, b1, b1",
        1.9,
    ),
    Compiled(KERNELS, "project", f"{PLANE}, i8, {PLACES}, {PLANE}, f4[::1]", 1.4),
    Compiled(KERNELS, "vote", f"{PLANE}, i8, {PLACES}, {MASK}, {FIELD}, f8, b1, b1, {PLANE}", 1.2),
    Compiled(CUTS, "weigh_cut", f"f4[:,:,::1], i1[:,::1], {', '.join([NUMBERS] * 4)}, {PLANE}", 1.6),
    Compiled(CUTS, "place_piece", f"{', '.join([MASK] * 4)}, b1, {COPY}", 0.8),
    Compiled(CUTS, "cut_grid", "i8[::1], i8[:,::1], i8, i8", 1.2),
    Compiled(CUTS, "measure_seams", f"f4[:,:,::1], i1[:,::1], {NUMBERS}, {NUMBERS}", 0.7),
    Compiled(JOINS, "_sum_along", f"{PLANE}, f4[::1], i8[::1], f8", 0.6),
    Compiled(MULTIGRID, "_multiply", f"{GRAPH}, {PLANE}, {PLANE}", 0.5),
    Compiled(MULTIGRID, "_relax", f"{GRAPH}, {PLANE}, {PLANE}, i8, i8, i8", 0.3),
    Compiled(MULTIGRID, "_restrict", f"{GRAPH}, {PLANE}, {PLANE}, {LIST}, {PLANE}", 0.3),
    Compiled(MULTIGRID, "_advance", f"{', '.join([PLANE] * 4)}, f4[::1]", 0.3),
    Compiled(MULTIGRID, "_dots", f"{PLANE}, {PLANE}", 0.2),
    Compiled(MULTIGRID, "_turn", f"{PLANE}, {PLANE}, f4[::1]", 0.2),
    Compiled(MULTIGRID, "_prolong", f"{PLANE}, {LIST}, {PLANE}", 0.2),
)
"""All kernels that are called from Python; those that call the same functions stand together."""


def is_compiled(device: str) -> bool:
    """Say whether the device's kernels are compiled already, in this process or in numba's cache on disk."""
    return device != "cpu" or all(one.is_ready for one in ALL)


def compile_kernels(run: Run) -> None:
    """Compile what is not compiled yet, in as many processes as there are cores, up to `MOST`.

    Args:
        run: asked whether to stop.

    Raises:
        Cancelled: the run was stopped.
    """
    _finish(_background, run)
    ours, *theirs = _split(_list_missing(), _count_processes())
    with _compiling(theirs) as others:
        for one in ours:
            run.check()
            one.compile()
        _finish(others, run)
    for one in (one for share in theirs for one in share):
        run.check()
        one.compile()  # from the disk, if the other process did it


def compile_in_background() -> None:
    """Begin to compile what is not compiled yet, in other processes; `compile_kernels` waits for them."""
    if ALL[0].function.stats.cache_path is not None:
        _background.extend(_start(share) for share in _split(_list_missing(), _count_processes()) if share)


_background: list[subprocess.Popen[bytes]] = []


def compile_named(names: Sequence[str]) -> None:
    """Compile the kernels of these names: what the other processes do."""
    for one in ALL:
        if one.name in names:
            one.compile()


def _list_missing() -> list[Compiled]:
    return [one for one in ALL if not one.is_ready]


def _count_processes() -> int:
    """Return how many processes compile: this one alone where nothing can be kept on disk."""
    return min(count_cores(), MOST) if ALL[0].function.stats.cache_path is not None else 1


def _split(kernels: Sequence[Compiled], count: int) -> list[list[Compiled]]:
    """Return shares of neighbours that take about the same time, the first that of this process, which has begun."""
    total = sum(one.seconds for one in kernels)
    each = (total + START * (count - 1)) / count
    ends = [each + number * max(each - START, 0.0) for number in range(count)]
    shares: list[list[Compiled]] = [[] for _ in range(count)]
    at = 0.0
    for kernel in kernels:
        middle, at = at + kernel.seconds / 2, at + kernel.seconds
        shares[next((number for number, end in enumerate(ends) if middle < end), count - 1)].append(kernel)
    return shares


@contextlib.contextmanager
def _compiling(shares: Sequence[Sequence[Compiled]]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Have other processes compile; they end with the body."""
    children = [_start(share) for share in shares if share]
    try:
        yield children
    finally:
        for child in children:
            child.kill()
            child.wait()


def _start(kernels: Sequence[Compiled]) -> subprocess.Popen[bytes]:
    home = str(Path(str(svbrdf_core.__file__)).parents[1])
    names = [one.name for one in kernels]
    code = (
        f"import sys; sys.path.insert(0, {home!r}); from svbrdf_core.runs.processes import end_with_parent; "
        f"end_with_parent(); from {__name__} import compile_named; compile_named({names})"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _finish(children: list[subprocess.Popen[bytes]], run: Run) -> None:
    """Wait for processes, and forget them."""
    while children:
        run.check()
        with contextlib.suppress(subprocess.TimeoutExpired):
            children[-1].wait(LOOK)
            children.pop()
