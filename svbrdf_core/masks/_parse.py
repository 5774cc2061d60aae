"""Parser of the descriptions of holes that ``_spec`` defines."""

from __future__ import annotations

import re
from collections.abc import Callable

from svbrdf_core.errors import MaskError
from svbrdf_core.masks._image import is_file
from svbrdf_core.masks._spec import (
    FORMS,
    Alpha,
    Brush,
    Circle,
    Key,
    Length,
    MaskPicture,
    MaskSpec,
    NonFinite,
    Polygon,
    Rect,
)

HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
LARGEST = 1e9
"""No pixel or percentage of a picture is larger; squares of it stay exact enough."""
LONGEST = 80
"""Characters of a description that a sentence repeats."""


def parse(text: str) -> MaskSpec:
    """Read one description of a hole, in one of the forms of ``FORMS``.

    Text that is the path of an existing file means that file, whatever else it might mean; ``file:`` forces it. The
    text of a description gives the same description again: ``parse(str(spec)) == spec``.

    Raises:
        MaskError: the text is none of the forms; the message shows the right one.
    """
    if is_file(text):
        return MaskPicture(text)
    return parse_shape(text)


def parse_shape(text: str) -> MaskSpec:
    """Read one description of a hole as `parse` does, but of text that is none of a file's: no file is looked for.

    Raises:
        MaskError: the text is none of the forms; the message shows the right one.
    """
    kind, _, rest = text.partition(":")
    reader = _READERS.get(kind.strip().lower())
    if reader is None:
        return _parse_unprefixed(text)
    try:
        return reader(rest)
    except ValueError as cause:
        raise MaskError(f'"{_cut(text)}" does not describe a hole; write {FORMS[kind.strip().lower()]}.') from cause


def _parse_unprefixed(text: str) -> MaskSpec:
    """A name with a folder or an ending is a file that is not there (yet); anything else is a slip."""
    if re.search(r"[/\\]|\.\w{1,5}$", text):
        return MaskPicture(text)
    kinds = ", ".join(form.split(" ")[0].rstrip(",") for form in FORMS.values())
    raise MaskError(
        f'"{_cut(text)}" is neither a mask file nor a description of a hole; write a path, or one of {kinds}.'
    )


def _cut(text: str) -> str:
    """Return a text short enough for a sentence."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _length(text: str) -> Length:
    text = text.strip()
    value = float(text.removesuffix("%"))
    if not abs(value) <= LARGEST:
        raise ValueError(text)
    return Length(value, text.endswith("%"))


def _positive(text: str) -> Length:
    length = _length(text)
    if length.value <= 0:
        raise ValueError(text)
    return length


def _rect(rest: str) -> Rect:
    x, y, width, height = rest.split(",")
    return Rect(_length(x), _length(y), _positive(width), _positive(height))


def _circle(rest: str) -> Circle:
    x, y, radius = rest.split(",")
    return Circle(_length(x), _length(y), _positive(radius))


def _polygon(rest: str) -> Polygon:
    numbers = [_length(part) for part in re.split("[,;]", rest)]
    if len(numbers) < 6 or len(numbers) % 2:
        raise ValueError(rest)
    return Polygon(tuple(zip(numbers[::2], numbers[1::2], strict=True)))


def _key(rest: str) -> Key:
    colour, tilde, steps = rest.partition("~")
    tolerance = float(steps) if tilde else 0.0
    if not 0 <= tolerance <= 255:
        raise ValueError(steps)
    red, green, blue = _hex(colour.strip()) if "#" in colour else map(int, colour.split(","))
    if not all(0 <= value <= 255 for value in (red, green, blue)):
        raise ValueError(colour)
    return Key((red, green, blue), tolerance)


def _hex(colour: str) -> tuple[int, int, int]:
    if not HEX.fullmatch(colour):
        raise ValueError(colour)
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def _alpha(rest: str) -> Alpha:
    if rest.strip():
        raise ValueError(rest)
    return Alpha()


def _nan(rest: str) -> NonFinite:
    if rest.strip():
        raise ValueError(rest)
    return NonFinite()


def _brush(rest: str) -> Brush:
    seed = int(rest)
    if seed < 0:
        raise ValueError(rest)
    return Brush(seed)


def _file(rest: str) -> MaskPicture:
    if not rest:
        raise ValueError(rest)
    return MaskPicture(rest)


_READERS: dict[str, Callable[[str], MaskSpec]] = {
    "rect": _rect,
    "circle": _circle,
    "polygon": _polygon,
    "key": _key,
    "alpha": _alpha,
    "nan": _nan,
    "brush": _brush,
    "file": _file,
}
