"""Arrays are sent as NumPy's own files, and nothing else is taken for one."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as some

from blender_addon.client import Source, UserError, arrays
from blender_addon.client.source import prepare_upload

SIDES = st.integers(1, 9)
IMAGES = some.arrays(
    st.sampled_from([np.uint8, np.uint16, np.float16, np.float32]),
    st.tuples(SIDES, SIDES) | st.tuples(SIDES, SIDES, st.integers(1, 4)),
)


def save_npy(array: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@given(IMAGES)
def test_arrays_go_and_come_as_numpy_writes_them(array: Any) -> None:
    data = arrays.encode_npy(array)
    assert data == save_npy(np.ascontiguousarray(array))
    back = arrays.decode_npy(data)
    assert back.dtype == array.dtype and back.shape == array.shape and back.tobytes() == array.tobytes()


def test_arrays_in_any_order_go_out_in_one() -> None:
    base = np.arange(2 * 3 * 4, dtype=np.uint16).reshape(2, 3, 4)
    for array in (np.asfortranarray(base), base[::-1], base[:, :, ::2], base.astype(">u2"), base.transpose(1, 0, 2)):
        assert (arrays.decode_npy(arrays.encode_npy(array)) == array).all()
    assert (arrays.decode_npy(save_npy(base.astype(">u2"))) == base).all()


def test_nothing_is_copied_where_nothing_need_be() -> None:
    array = np.zeros((512, 512, 4), np.uint8)
    tracemalloc.start()
    try:
        head, samples = arrays.encode_npy_parts(array)
        whole = bytearray(bytes(head) + bytes(samples))
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        head, samples = arrays.encode_npy_parts(array)
        back = arrays.decode_npy(whole)
        assert tracemalloc.get_traced_memory()[1] - before < 2**16
    finally:
        tracemalloc.stop()
    assert back.flags.writeable and np.shares_memory(np.frombuffer(samples, np.uint8), array)


@pytest.mark.parametrize(
    "array",
    [np.zeros((2, 2), object), np.zeros((2, 2), bool), np.zeros((2, 2), np.float64), np.zeros((2, 2), np.int32),
     np.zeros(3, np.uint8), np.zeros((2, 2, 5), np.uint8), np.zeros((0, 2), np.uint8),
     np.zeros((1, 1, 1, 1), np.uint8)],
)  # fmt: skip
def test_what_is_no_image_is_not_sent(array: Any) -> None:
    with pytest.raises(UserError) as caught:
        arrays.encode_npy(array)
    assert caught.value.kind == "bad" and str(array.dtype) in caught.value.sentence


def head(text: str, samples: bytes = b"") -> bytes:
    return arrays.NPY_MAGIC + b"\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + samples


PLAIN = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), }"


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x93NUMPY", b"x" * 200, head(PLAIN, b"xxx"), head(PLAIN, b"xxxxx"),
        head(PLAIN.replace("|u1", "|O"), b"xxxx"), head(PLAIN.replace("|u1", "<f8"), b"x" * 32),
        head(PLAIN.replace("False", "True"), b"xxxx"), head(PLAIN.replace("(2, 2)", "(999999, 999999)"), b"xxxx"),
        head(PLAIN.replace("(2, 2)", "(2, -2)"), b"xxxx"), head(PLAIN.replace("(2, 2)", "(4,)"), b"xxxx"),
        head(PLAIN.replace("2)", "__import__('os'))"), b"xxxx"), arrays.NPY_MAGIC + b"\x01\x00\xff\xff" + b" " * 9,
        arrays.NPY_MAGIC + b"\x09\x00" + b" " * 300, save_npy(np.zeros((2, 2, 2, 2), np.uint8)),
        save_npy(np.array([["a", "b"], ["c", "d"]])),
    ],
)  # fmt: skip
def test_what_is_no_array_of_an_image_is_not_read(data: bytes) -> None:
    with pytest.raises(UserError) as caught:
        arrays.decode_npy(data)
    assert caught.value.kind == "broken"


def test_an_object_array_is_refused_unread() -> None:
    stream = io.BytesIO()
    np.save(stream, np.array([[{}]]))
    with pytest.raises(UserError):
        arrays.decode_npy(stream.getvalue())


def test_a_files_bytes_are_those_it_had(tmp_path: Path) -> None:
    path = tmp_path / "0.png"
    path.write_bytes(b"a" * 3_000_000)
    body = prepare_upload(Source("0.png", path))
    assert b"".join(map(bytes, body.pieces())) == b"a" * 3_000_000 == b"".join(map(bytes, body.pieces()))
    assert body.digest == prepare_upload(Source("0.png", b"a" * 3_000_000)).digest
    path.write_bytes(b"a" * 3_000_001)
    assert sum(piece.nbytes for piece in body.pieces()) == 3_000_000
    path.write_bytes(b"a" * 100)
    with pytest.raises(UserError) as caught:
        list(body.pieces())
    assert caught.value.kind == "file" and "0.png" in caught.value.sentence
    path.unlink()
    with pytest.raises(UserError, match="0.png cannot be read"):
        list(body.pieces())


def test_a_folder_is_no_image(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        prepare_upload(Source("0.png", tmp_path))
