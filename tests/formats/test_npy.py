"""Arrays as files: what is written around the samples stays, and nothing in a header is believed or run."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svbrdf_core import formats
from svbrdf_core.errors import InputError
from svbrdf_core.formats import npy
from svbrdf_core.masks import read


def written(path: Path, header: str | bytes, body: bytes = bytes(12), version: bytes = b"\1\0") -> Path:
    """Write a file with any header; its pixels are 12 bytes unless told."""
    text = header.encode() if isinstance(header, str) else header
    path.write_bytes(npy.MAGIC + version + len(text).to_bytes(2 if version[0] == 1 else 4, "little") + text + body)
    return path


def said(descr: str = "'|u1'", order: str = "False", shape: str = "(2, 2, 3)") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        formats.read(path)
    text = str(caught.value)
    assert text.endswith(".") and "\n" not in text and len(text) < 400
    return text


@pytest.mark.parametrize("name", ["npy8x0", "npy8x1", "npy16-big-endian", "npy-half", "npy-float-big-endian"])
def test_all_but_the_edited_samples_is_kept(makers: dict[str, Any], name: str, tmp_path: Path) -> None:
    source = formats.read(makers[name](tmp_path, 9, 7, np.random.default_rng(0)))
    old = np.load(source.info.path)
    samples = source.samples.copy()
    samples[2, 3] = 5
    formats.encode(source.info, samples, tmp_path / "out.npy")
    new = np.load(tmp_path / "out.npy")
    assert (new.dtype, new.shape) == (old.dtype, old.shape) and (new[2, 3] == 5).all()
    new[2, 3] = old[2, 3]
    assert new.tobytes() == old.tobytes()
    before, after = source.info.path.read_bytes(), (tmp_path / "out.npy").read_bytes()
    assert len(before) == len(after) and before[: -old.nbytes] == after[: -old.nbytes]
    assert source.samples.dtype.isnative


def test_a_header_in_another_hand_is_read(tmp_path: Path) -> None:
    text = b'{"shape":(2,\t2 , 3),"fortran_order" :False , "descr":"|u1"}'
    assert formats.read(written(tmp_path / "a.npy", text, bytes(range(12)))).samples[1, 1, 2] == 11


@pytest.mark.parametrize(
    "descr", ["'<f8'", "'|b1'", "'<i4'", "'<c8'", "'<U3'", "'u2'", "'=f4'", "'|O'", "''", "'|u1,|u1'"]
)
def test_other_types_are_refused(tmp_path: Path, descr: str) -> None:
    refused(written(tmp_path / "a.npy", said(descr)))


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "sprung",)

    written(tmp_path / "a.npy", said("'|O'"), pickle.dumps(Trap()))
    written(tmp_path / "b.npy", said("[('a', '|O')]"), pickle.dumps(Trap()))
    np.save(tmp_path / "c.npy", np.array([[Trap()]], object))
    for name in "abc":
        assert "uint8" in refused(tmp_path / f"{name}.npy")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("shape", ["()", "(12,)", "(2, 6, 0)", "(0, 4)", "(1, 2, 6)", "(2, 2, 3, 1)", "(1, 2, 2, 3)"])
def test_other_shapes_are_refused(tmp_path: Path, shape: str) -> None:
    assert "(H, W)" in refused(written(tmp_path / "a.npy", said(shape=shape)))


def test_columns_first_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.asfortranarray(np.zeros((4, 5), np.uint8)))
    assert "ascontiguousarray" in refused(tmp_path / "a.npy")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "{}",
        "__import__('os').getcwd()",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 3), 'more': True}",
        "{'descr': '|u1', 'descr': '|u1', 'shape': (2, 2, 3)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 3)} or 1",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2 * 1, 3)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2, -2, 3)}",
        "{'descr': (2, 3), 'fortran_order': '|u1', 'shape': False}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': '(2, 2, 3)'}",
        "(" * 9000,
        "{" + " " * 9000 + "'descr'" + " " * 900,
        b"\xff\xfe" * 40,
    ],
)
def test_a_header_of_another_form_is_refused(tmp_path: Path, header: str | bytes) -> None:
    refused(written(tmp_path / "a.npy", header))


@pytest.mark.parametrize("version", [b"\0\0", b"\1\1", b"\4\0", b"\xff\xff"])
def test_unknown_versions_are_refused(tmp_path: Path, version: bytes) -> None:
    refused(written(tmp_path / "a.npy", said(), version=version))


def test_a_huge_header_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(npy.MAGIC + b"\2\0" + (2**32 - 1).to_bytes(4, "little") + bytes(20_000))
    assert "too long" in refused(path)
    assert "too long" in refused(written(path, said().ljust(npy.LONGEST + 1)))


@pytest.mark.parametrize("shape", ["(2, 2, 2)", "(2, 2, 4)", "(40000, 40000, 4)", "(999999999, 999999999)"])
def test_a_size_that_the_header_lies_about_is_damage(tmp_path: Path, shape: str) -> None:
    assert "damaged" in refused(written(tmp_path / "a.npy", said(shape=shape)))


def test_something_behind_the_array_is_damage(tmp_path: Path, png_bytes: bytes) -> None:
    path = written(tmp_path / "a.npy", said(), bytes(12) + png_bytes)
    assert "damaged" in refused(path)


def test_the_limit_of_pixels_holds(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="limit"):
        formats.probe(written(tmp_path / "a.npy", said()), max_pixels=3)


def test_an_array_is_a_mask(tmp_path: Path) -> None:
    np.save(tmp_path / "m.npy", np.array([[0, 1], [0.5, 0]], np.float32))
    assert (read(tmp_path / "m.npy") == [[0, 1], [0.5, 0]]).all()
    np.save(tmp_path / "m.npy", np.array([[0, 255], [0, 0]], np.uint8))
    assert (read(tmp_path / "m.npy") == [[0, 1], [0, 0]]).all()


@settings(max_examples=200, deadline=None)
@given(header=st.text(alphabet="{}()'\",: descrfotan_hpTuals<|1234\t\n", max_size=120))
def test_any_header_gives_our_error_or_an_array(tmp_path_factory: pytest.TempPathFactory, header: str) -> None:
    path = written(tmp_path_factory.getbasetemp() / "any.npy", header)
    try:
        assert formats.read(path).samples.nbytes == 12
    except InputError as error:
        assert str(error).endswith(".")
