"""Headers of every format with bytes changed: each is read, or refused in a sentence, soon and in little memory."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from svbrdf_core import formats
from svbrdf_core.errors import InputError
from tests.formats.conftest import LOSSY, MAKERS

ALL = MAKERS | {name: maker for name, (maker, _) in LOSSY.items()}
HEAD = 600
"""Bytes at the beginning that are changed."""
INTERESTING = (0, 1, 2, 3, 4, 8, 16, 0x7F, 0x80, 0xFF)
values = st.one_of(st.sampled_from(INTERESTING), st.integers(0, 255))
changes = st.lists(st.tuples(st.integers(0, HEAD - 1), values, st.integers(1, 4)), min_size=1, max_size=6)


@pytest.fixture(params=sorted(ALL))
def whole(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a small picture of a format."""
    return ALL[request.param](tmp_path, 9, 12, np.random.default_rng(0))


@given(changes=changes, cut=st.one_of(st.none(), st.integers(0, HEAD)))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_changed_header(whole: Path, changes: list[tuple[int, int, int]], cut: int | None) -> None:
    data = bytearray(whole.read_bytes())
    for at, value, count in changes:
        data[at % len(data) : at % len(data) + count] = bytes([value]) * count
    target = whole.with_name(f"changed{whole.suffix}")
    target.write_bytes(data[:cut])
    tracemalloc.start()
    start = time.perf_counter()
    try:
        info = formats.probe(target)
    except InputError as error:
        assert target.name in str(error) and "Traceback" not in str(error)
    else:
        assert 0 < info.height * info.width <= formats.MAX_PIXELS
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 64 * 2**20 and time.perf_counter() - start < 2
