"""What of a material is recognised: the known pixels, by place and by value, and nothing else."""

from __future__ import annotations

import time
from typing import TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

from svbrdf_core.learning.store import digest_content, list_blocks, make_key
from svbrdf_core.learning.store.content import count_common_blocks, tabulate_blocks
from tests.learning.store.cases import SIZE, known, met, picture

Scalar = TypeVar("Scalar", bound=np.generic)


def window(tensor: NDArray[Scalar], top: int, left: int, height: int, width: int) -> NDArray[Scalar]:
    """Return a part of a picture that may go on round its edges."""
    rows, columns = (np.arange(height) + top) % tensor.shape[-2], (np.arange(width) + left) % tensor.shape[-1]
    return tensor[..., rows[:, None], columns]


def test_a_whole_picture_gives_every_known_block() -> None:
    blocks = list_blocks(picture(), known(100, 100, 40), 0, 0, (SIZE, SIZE))
    assert set(blocks) == {(y, x) for y in range(8) for x in range(8)} - {(3, 3), (3, 4), (4, 3), (4, 4)}


@pytest.mark.parametrize("top", [0, 1, 31, 32, 200, 255])
@pytest.mark.parametrize("left", [0, 17, 224])
@pytest.mark.parametrize("size", [(256, 256), (250, 199)])
def test_a_window_gives_the_blocks_of_the_picture_that_lie_whole_in_it(
    top: int, left: int, size: tuple[int, int]
) -> None:
    whole = picture()[:, : size[0], : size[1]]
    where = np.ones(size, bool)
    top, left = top % size[0], left % size[1]
    expected = list_blocks(whole, where, 0, 0, size)
    found = list_blocks(window(whole, top, left, 130, 150), window(where, top, left, 130, 150), top, left, size)

    def inside(block: int, start: int, length: int, total: int) -> bool:
        return (block * 32 - start) % total + 32 <= length

    assert found == {
        (y, x): crc
        for (y, x), crc in expected.items()
        if inside(y, top, 130, size[0]) and inside(x, left, 150, size[1])
    }
    assert found


def test_a_picture_smaller_than_a_block_has_none() -> None:
    assert list_blocks(picture()[:, :20, :40], np.ones((20, 40), bool), 0, 0, (20, 40)) == {}


def test_one_pixel_changes_one_block() -> None:
    other = picture()
    other[1, 70, 40] += 1
    a, b = met(picture(), known()), met(other, known())
    assert {place for place in a.blocks if a.blocks[place] != b.blocks[place]} == {(2, 1)}
    assert a.content != b.content


def test_what_is_in_the_hole_does_not_matter_but_where_it_is_does() -> None:
    other = picture()
    other[:, ~known()] = np.nan
    assert met(other, known()) == met(picture(), known())
    assert met(picture(), known(left=101)).content != met(picture(), known()).content
    assert digest_content(picture()[:, :128], known()[:128]) != digest_content(picture(), known())


def test_a_flat_material_is_told_by_its_shape_and_its_hole() -> None:
    flat = np.zeros((2, 64, 128), np.float32)
    shapes = (flat, flat.reshape(2, 128, 64), flat.reshape(1, 128, 128), flat[:, :, :127])
    told = {digest_content(tensor, np.ones(tensor.shape[1:], bool)) for tensor in shapes}
    told |= {digest_content(flat, known(top, 0, 8)[:64, :128]) for top in (0, 8)}
    assert len(told) == 6


def test_minus_zero_and_the_order_in_memory_do_not_matter() -> None:
    a = np.round(picture() - 0.5)
    b = np.where(a == 0, np.float32(0), a)
    assert np.signbit(a[a == 0]).any() and not np.signbit(b[b == 0]).any()
    turned = np.moveaxis(np.ascontiguousarray(np.moveaxis(b, 0, -1)), -1, 0)
    assert met(a, known()) == met(b, known()) == met(turned, known())


def test_materials_are_the_same_from_98_in_100_blocks_on() -> None:
    ours = tabulate_blocks({(0, x): x for x in range(100)})
    for changed, expected in ((0, 100), (2, 98), (3, 0)):
        theirs = tabulate_blocks({(0, x): x + (x < changed) for x in range(100)})
        assert count_common_blocks(ours, theirs) == count_common_blocks(theirs, ours) == expected


def test_materials_with_few_common_blocks_are_not_compared() -> None:
    ours = tabulate_blocks({(y, 0): 2**32 - 1 for y in range(20)})
    assert count_common_blocks(ours, tabulate_blocks({(y, 0): 2**32 - 1 for y in range(12, 40)})) == 8
    assert count_common_blocks(ours, tabulate_blocks({(y, 0): 2**32 - 1 for y in range(13, 40)})) == 0
    assert count_common_blocks(ours, tabulate_blocks({(0, y): 2**32 - 1 for y in range(20)})) == 0
    assert (
        count_common_blocks(ours, tabulate_blocks({}))
        == count_common_blocks(tabulate_blocks({}), tabulate_blocks({}))
        == 0
    )


def test_a_key_is_one_for_the_same_facts() -> None:
    assert make_key(a=1, b=["x", None]) == make_key(b=["x", None], a=1)
    assert len({make_key(a=1), make_key(a="1"), make_key(a=True), make_key(a=1.5), make_key(b=1), make_key(a=[1])}) == 6
    with pytest.raises(ValueError, match="JSON"):
        make_key(a=float("nan"))


def test_large_windows_are_recognised_at_once() -> None:
    tensor, where = np.zeros((10, 1024, 1024), np.float32), np.ones((1024, 1024), bool)
    start = time.process_time()
    assert len(list_blocks(tensor, where, 0, 0, (2048, 2048))) == 1024
    assert time.process_time() - start < 4, "not a measurement: a guard against a loop over pixels"
