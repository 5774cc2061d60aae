"""The result of a trace, as plain data: the maps of a material, and what is left alone."""

from __future__ import annotations

from dataclasses import dataclass

Matrix = tuple[float, float, float, float, float, float]
"""Rows (a, b, c, d, e, f): a point (u, v) lies at (a u + b v + c, d u + e v + f) of the image, y up, 0 to 1."""

IDENTITY: Matrix = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


@dataclass(frozen=True)
class Use:
    """One map, and where it is stored.

    Attributes:
        role: basecolor, normal, roughness, specular, metallic, height, ao, opacity, emission or ``extra:<what>``.
        image: key of the image, its ``name_full``.
        channels: ``RGB``, one of ``R G B A``, or for a normal map of two channels both letters.
        inverted: the image holds one minus the map (glossiness).
        directx: a normal map whose green points down.
        texture: names of the nodes from the material's tree down through groups to the Image Texture node.
        uv: UV map, empty for the one that is active for rendering.
        matrix: from UV to the image.
        space: ``uv``; else what places the image (``generated``, ``object``, ``box`` ...), and ``matrix`` says nothing.
        spare: channels that the material does not use, of an image of which it uses others.
        optional: filled only if the user asks for it: what images are mixed by.
    """

    role: str
    image: str
    channels: str
    inverted: bool = False
    directx: bool = False
    texture: tuple[str, ...] = ()
    uv: str = ""
    matrix: Matrix = IDENTITY
    space: str = "uv"
    optional: bool = False
    spare: bool = False


@dataclass(frozen=True)
class Left:
    """Something that is left alone, or worth saying.

    Attributes:
        role: the map it would have been, or nothing.
        node: the node it is about, or nothing.
        reason: a sentence.
        images: keys of the images concerned.
        lead: key of the image that could be filled instead of those laid out otherwise, or nothing.
    """

    role: str
    node: str
    reason: str
    images: tuple[str, ...] = ()
    lead: str = ""


@dataclass(frozen=True)
class TraceResult:
    """The maps of a material, what is left alone, and what is worth saying of the maps."""

    uses: tuple[Use, ...] = ()
    left: tuple[Left, ...] = ()
    notes: tuple[Left, ...] = ()
