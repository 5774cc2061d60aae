"""The language of holes: text to data and back, and data to masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svbrdf_core import masks
from svbrdf_core.errors import MaskError
from svbrdf_core.formats import write_png
from svbrdf_core.masks import _spec as spec
from svbrdf_core.masks._spec import Length
from tests.masks.strategies import shifts

numbers = st.one_of(st.integers(-9999, 9999).map(float), st.floats(-1e6, 1e6))
lengths = st.builds(Length, numbers, st.booleans())
positive = st.builds(Length, numbers.filter(lambda v: v != 0).map(abs), st.booleans())
byte = st.integers(0, 255)
specs = st.one_of(
    st.builds(spec.Rect, lengths, lengths, positive, positive),
    st.builds(spec.Circle, lengths, lengths, positive),
    st.builds(spec.Polygon, st.lists(st.tuples(lengths, lengths), min_size=3, max_size=9).map(tuple)),
    st.builds(spec.Key, st.tuples(byte, byte, byte), st.one_of(byte.map(float), st.floats(0, 255))),
    st.builds(spec.Brush, st.integers(0, 2**64)),
    st.just(spec.Alpha()),
    st.just(spec.NonFinite()),
    st.builds(spec.MaskPicture, st.text(min_size=1).filter(lambda text: "\0" not in text)),
)


@given(specs)
def test_text_of_a_description_gives_it_back(hole: masks.MaskSpec) -> None:
    assert masks.parse(str(hole)) == hole


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rect:10,20,64,64", spec.Rect(Length(10), Length(20), Length(64), Length(64))),
        ("rect: 10%, 20%, 25%, 25%", spec.Rect(*(Length(v, True) for v in (10, 20, 25, 25)))),
        ("circle:5.5,6,7", spec.Circle(Length(5.5), Length(6), Length(7))),
        ("polygon:1,2,3,4,5,6", spec.Polygon(((Length(1), Length(2)), (Length(3), Length(4)), (Length(5), Length(6))))),
        ("polygon:1,2;3,4;5,6", spec.Polygon(((Length(1), Length(2)), (Length(3), Length(4)), (Length(5), Length(6))))),
        ("key:#ff00ff~8", spec.Key((255, 0, 255), 8)),
        ("key:#F0f", spec.Key((255, 0, 255))),
        ("key:255,0,255", spec.Key((255, 0, 255))),
        ("ALPHA", spec.Alpha()),
        ("nan", spec.NonFinite()),
        ("brush:7", spec.Brush(7)),
        ("file:a mask", spec.MaskPicture("a mask")),
        ("masks/spot.png", spec.MaskPicture("masks/spot.png")),
        (r"C:\masks\spot.png", spec.MaskPicture(r"C:\masks\spot.png")),
    ],
)
def test_forms(text: str, expected: masks.MaskSpec) -> None:
    assert masks.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rect:1,2,3", "rect:LEFT,TOP"),
        ("rect:1,2,0,5", "rect:LEFT,TOP"),
        ("rect:1,2,three,5", "rect:LEFT,TOP"),
        ("circle:1,2,-3", "circle:X,Y"),
        ("circle:nan,2,3", "circle:X,Y"),
        ("circle:inf,2,3", "circle:X,Y"),
        ("circle:1e300,2,3", "circle:X,Y"),
        ("polygon:1,2,3,4", "polygon:X,Y"),
        ("polygon:1,2,3,4,5,6,7", "polygon:X,Y"),
        ("key:#ff00f", "key:#RRGGBB"),
        ("key:red", "key:#RRGGBB"),
        ("key:256,0,0", "key:#RRGGBB"),
        ("key:#ff00ff~many", "key:#RRGGBB"),
        ("key:#ff00ff~-1", "key:#RRGGBB"),
        ("key:#ff00ff~nan", "key:#RRGGBB"),
        ("alpha:5", "alpha"),
        ("nan:5", "nan"),
        ("brush:x", "brush:SEED"),
        ("brush:-1", "brush:SEED"),
        ("file:", "file:PATH"),
        ("rct:1,2,3,4", "rect:LEFT,TOP,WIDTH,HEIGHT, circle"),
        ("spot", "neither a mask file"),
        ("", "neither a mask file"),
    ],
)
def test_bad_text_is_answered_with_the_right_form(text: str, shown: str) -> None:
    with pytest.raises(MaskError) as caught:
        masks.parse(text)
    assert shown in str(caught.value)


def test_existing_files_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("alpha").touch()
    assert masks.parse("alpha") == spec.MaskPicture("alpha")


def made(*texts: str, size: tuple[int, int] = (8, 12), tileable: bool = False) -> masks.Mask:
    return masks.build([masks.parse(text) for text in texts], size, tileable=tileable)[0]


def box(top: int, left: int, height: int, width: int) -> masks.Mask:
    mask = np.zeros((8, 12), np.float32)
    mask[top : top + height, left : left + width] = 1
    return mask


def test_rectangles_in_pixels_and_percent() -> None:
    np.testing.assert_array_equal(made("rect:3,2,4,5"), box(2, 3, 5, 4))
    np.testing.assert_array_equal(made("rect:25%,25%,50%,50%"), box(2, 3, 4, 6))


def test_a_pixel_counts_by_its_centre() -> None:
    np.testing.assert_array_equal(made("rect:3.5,2.6,4,5"), box(3, 3, 5, 4))
    assert not made("rect:3.6,3.6,0.8,0.8").any()


def test_shapes_are_cut_at_the_border_or_wrapped() -> None:
    np.testing.assert_array_equal(made("rect:-2,-1,4,3"), box(0, 0, 2, 2))
    expected = np.roll(box(0, 0, 3, 4), (-1, -2), (0, 1))
    np.testing.assert_array_equal(made("rect:-2,-1,4,3", tileable=True), expected)
    assert not made("rect:50,50,4,3").any()
    np.testing.assert_array_equal(made("rect:50,50,4,3", tileable=True), np.roll(box(0, 0, 3, 4), (50, 50), (0, 1)))


def test_circle_is_the_pixels_within_its_radius() -> None:
    y, x = np.mgrid[:8, :12] + 0.5
    np.testing.assert_array_equal(made("circle:6,4,3"), (x - 6) ** 2 + (y - 4) ** 2 <= 9)
    np.testing.assert_array_equal(made("circle:50%,50%,37.5%"), made("circle:6,4,3"))


def test_polygon_of_a_rectangle_is_the_rectangle() -> None:
    np.testing.assert_array_equal(made("polygon:3,2,7,2,7,7,3,7"), box(2, 3, 5, 4))


def test_polygon_that_overlaps_itself_is_even_odd() -> None:
    twice = "0,0,10,0,10,8,0,8,0,0,2,2,8,2,8,6,2,6,2,2"
    np.testing.assert_array_equal(made(f"polygon:{twice}"), box(0, 0, 8, 10) - box(2, 2, 4, 6))


def test_triangle_by_half_planes() -> None:
    y, x = np.mgrid[:8, :12] + 0.5
    inside = (y > 1) & (x * 6 - y * 4 > 2 - 1e-9) & (x * 6 + y * 5 < 65 + 1e-9)
    np.testing.assert_array_equal(made("polygon:1,1,10,1,5,7"), inside)


@given(shifts, st.sampled_from(["rect:{x},{y},9,3", "circle:{x},{y},3.3", "polygon:{x},{y},{u},{y},{u},{v}"]))
def test_shapes_move_with_the_torus(shift: tuple[int, int], form: str) -> None:
    def at(y: float, x: float) -> masks.Mask:
        return made(form.format(x=x, y=y, u=x + 7, v=y + 6), tileable=True)

    np.testing.assert_array_equal(at(0.3 + shift[0], 0.4 + shift[1]), np.roll(at(0.3, 0.4), shift, (0, 1)))


def test_a_shape_far_larger_than_the_torus_is_refused() -> None:
    with pytest.raises(MaskError, match="make it smaller"):
        made("circle:0,0,1e9", tileable=True)
    assert made("circle:0,0,1e9").all()


def test_holes_are_united() -> None:
    both = made("rect:0,0,2,2", "rect:6,4,3,3", "rect:1,1,2,2")
    np.testing.assert_array_equal(both, np.maximum(np.maximum(box(0, 0, 2, 2), box(4, 6, 3, 3)), box(1, 1, 2, 2)))


def test_holes_read_off_a_material() -> None:
    colour = np.zeros((3, 8, 12), np.float32)
    colour[0, 2, 3] = 1
    alpha = np.ones((8, 12), np.float32)
    alpha[5, 5] = 0
    bad = box(7, 0, 1, 1) > 0
    sources = masks.Sources(lambda top, height: colour[:, top : top + height], lambda: alpha, lambda: bad)
    built, notes = masks.build([masks.parse(text) for text in ("key:#f00", "alpha", "nan")], (8, 12), sources)
    np.testing.assert_array_equal(built, box(2, 3, 1, 1) + box(5, 5, 1, 1) + box(7, 0, 1, 1))
    assert notes == ()


def test_colour_is_read_in_bands() -> None:
    asked: list[tuple[int, int]] = []

    def colour(top: int, height: int) -> np.ndarray:
        asked.append((top, height))
        return np.full((1, height, 4), 1, np.uint8)

    built, _ = masks.build([masks.parse("key:1,1,1")], (1100, 4), masks.Sources(colour=colour))
    assert built.all()
    assert asked == [(0, 512), (512, 512), (1024, 76)]


@pytest.mark.parametrize(
    ("text", "message"), [("key:#f00", "needs a colour map"), ("alpha", "no alpha"), ("nan", "No map")]
)
def test_a_material_without_what_is_asked(text: str, message: str) -> None:
    for sources in (masks.Sources(), masks.Sources(alpha=lambda: None, nonfinite=lambda: None)):
        with pytest.raises(MaskError, match=message):
            masks.build([masks.parse(text)], (8, 12), sources)


def test_a_file_of_the_same_aspect_is_scaled_and_noted(tmp_path: Path) -> None:
    path = write_png(tmp_path / "spot.png", box(2, 3, 2, 3) > 0)
    built, notes = masks.build([masks.parse(str(path))], (16, 24))
    np.testing.assert_array_equal(built, np.kron(box(2, 3, 2, 3), np.ones((2, 2))))
    assert len(notes) == 1
    with pytest.raises(MaskError, match=r"spot\.png is 12 x 8 .* another shape"):
        masks.build([masks.parse(str(path))], (24, 24))
