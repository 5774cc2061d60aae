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
from svbrdf_core.formats.files import CODECS
from tests.formats.conftest import LOSSY, MAKERS, READ_ONLY

ALL = MAKERS | {name: maker for name, (maker, _) in LOSSY.items()} | READ_ONLY
HEAD = 600
"""Bytes at the beginning that are changed."""
FEW = 2**20
"""Bytes of samples that are decoded."""
INTERESTING = (0, 1, 2, 3, 4, 8, 16, 0x7F, 0x80, 0xFF)
values = st.one_of(st.sampled_from(INTERESTING), st.integers(0, 255))
changes = st.lists(st.tuples(st.integers(0, HEAD - 1), values, st.integers(1, 4)), min_size=1, max_size=6)


@pytest.fixture(params=sorted(ALL))
def whole(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a small picture of a format."""
    return ALL[request.param](tmp_path, 9, 12, np.random.default_rng(0))


def test_every_format_is_among_them(tmp_path: Path) -> None:
    made = (maker(tmp_path, 9, 12, np.random.default_rng(0)) for maker in ALL.values())
    assert {formats.probe(path).format for path in made} == set(CODECS)


@given(changes=changes, cut=st.one_of(st.none(), st.integers(0, HEAD)))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_changed_header(whole: Path, changes: list[tuple[int, int, int]], cut: int | None) -> None:
    try_changed(whole, changes, cut)


@pytest.mark.parametrize(("at", "value"), [(162, 1), (174, 1)])
def test_a_tile_that_claims_far_more_than_the_picture_is_refused(tmp_path: Path, at: int, value: int) -> None:
    """Its decoder would make room for gigabytes: width, then height, of the tile of a TIFF of 12 x 9."""
    whole = MAKERS["tiff16"](tmp_path, 9, 12, np.random.default_rng(0))
    try_changed(whole, [(at, value, 4)], None)
    with pytest.raises(InputError, match="strips or tiles claim another size"):
        formats.decode(formats.probe(whole.with_name("changed.tif")))


@pytest.mark.stress
@given(changes=changes, cut=st.one_of(st.none(), st.integers(0, HEAD)))
@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
def test_many_changed_headers(whole: Path, changes: list[tuple[int, int, int]], cut: int | None) -> None:
    """About a minute for each kind of file."""
    try_changed(whole, changes, cut)


def try_changed(whole: Path, changes: list[tuple[int, int, int]], cut: int | None) -> None:
    """Read a file with changes in its header, and its pixels if they are not too many."""
    data = bytearray(whole.read_bytes())
    for at, value, count in changes:
        data[at % len(data) : at % len(data) + count] = bytes([value]) * count
    target = whole.with_name(f"changed{whole.suffix}")
    target.write_bytes(data[:cut])
    tracemalloc.start()
    start = time.process_time()
    try:
        info = formats.probe(target)
        assert 0 < info.height * info.width <= formats.MAX_PIXELS
        if info.nbytes <= FEW:
            formats.decode(info)
    except InputError as error:
        assert target.name in str(error) and "Traceback" not in str(error)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 64 * 2**20 and time.process_time() - start < 5
