"""Descriptions of holes as data, and as the text of a command line, e.g. ``rect:10%,20%,64,64``."""

from __future__ import annotations

from dataclasses import dataclass

FORMS: dict[str, str] = {
    "rect": "rect:LEFT,TOP,WIDTH,HEIGHT (pixels or %), e.g. rect:10,20,64,64 or rect:10%,20%,25%,25%",
    "circle": "circle:X,Y,RADIUS (pixels or %), e.g. circle:128,128,40",
    "polygon": "polygon:X,Y,X,Y,X,Y,… with at least three corners (pixels or %), e.g. polygon:10,10,90,10,50,80",
    "key": "key:#RRGGBB or key:R,G,B with ~TOLERANCE in steps of 1/255 if wanted, e.g. key:#ff00ff~8",
    "alpha": "alpha (where the colour map is transparent)",
    "nan": "nan (where any map holds NaN or infinity)",
    "brush": "brush:SEED, e.g. brush:7",
    "file": "file:PATH, e.g. file:mask.png (white = hole)",
}
"""How each kind of hole is written, for messages and help."""


@dataclass(frozen=True)
class Length:
    """A number of pixels, or a percentage of the picture's width, height or (radii) shorter side."""

    value: float
    percent: bool = False

    def __str__(self) -> str:
        return f"{self.value!r}".removesuffix(".0") + "%" * self.percent

    def pixels(self, total: int) -> float:
        """Return the length in pixels, ``total`` being what 100 % is."""
        return self.value * total / 100 if self.percent else self.value


@dataclass(frozen=True)
class Rect:
    """A rectangle by its left, top, width and height."""

    x: Length
    y: Length
    width: Length
    height: Length

    def __str__(self) -> str:
        return f"rect:{self.x},{self.y},{self.width},{self.height}"


@dataclass(frozen=True)
class Circle:
    """A disk by its centre and radius."""

    x: Length
    y: Length
    radius: Length

    def __str__(self) -> str:
        return f"circle:{self.x},{self.y},{self.radius}"


@dataclass(frozen=True)
class Polygon:
    """A polygon by its corners, x before y."""

    points: tuple[tuple[Length, Length], ...]

    def __str__(self) -> str:
        return "polygon:" + ";".join(f"{x},{y}" for x, y in self.points)


@dataclass(frozen=True)
class Key:
    """Where the colour map has one colour, 0..255 per channel, within a tolerance in the same steps."""

    colour: tuple[int, int, int]
    tolerance: float = 0.0

    def __str__(self) -> str:
        red, green, blue = self.colour
        return f"key:#{red:02x}{green:02x}{blue:02x}" + (f"~{Length(self.tolerance)}" if self.tolerance else "")


@dataclass(frozen=True)
class Alpha:
    """Where the colour map is transparent."""

    def __str__(self) -> str:
        return "alpha"


@dataclass(frozen=True)
class NonFinite:
    """Where any map holds NaN or infinity."""

    def __str__(self) -> str:
        return "nan"


@dataclass(frozen=True)
class Brush:
    """Random strokes, the same for the same seed and size."""

    seed: int

    def __str__(self) -> str:
        return f"brush:{self.seed}"


@dataclass(frozen=True)
class MaskPicture:
    """A mask picture."""

    path: str

    def __str__(self) -> str:
        return f"file:{self.path}"


def shift(spec: MaskSpec, size: tuple[int, int], corner: tuple[int, int]) -> MaskSpec:
    """Return a rectangle, circle or polygon of a picture as a part of it sees it, in pixels; others are as they were.

    Args:
        spec: the shape.
        size: height and width of the picture.
        corner: row and column of the part's first pixel.
    """
    (height, width), (top, left) = size, corner

    def across(x: Length) -> Length:
        return Length(x.pixels(width) - left)

    def down(y: Length) -> Length:
        return Length(y.pixels(height) - top)

    match spec:
        case Rect(x, y, w, h):
            return Rect(across(x), down(y), Length(w.pixels(width)), Length(h.pixels(height)))
        case Circle(x, y, radius):
            return Circle(across(x), down(y), Length(radius.pixels(min(height, width))))
        case Polygon(points):
            return Polygon(tuple((across(x), down(y)) for x, y in points))
    return spec


MaskSpec = Rect | Circle | Polygon | Key | Alpha | NonFinite | Brush | MaskPicture
