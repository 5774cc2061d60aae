"""What a preview shall show comes in; the pictures that it is, out: plain data for both ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..graph import IDENTITY, Matrix


@dataclass(frozen=True)
class View:
    """How a 3D view looks at the scene, as plain numbers.

    Attributes:
        matrix: where the eye stands, 4 x 4 from eye to world, row by row.
        lens: the view's focal length in millimetres.
        distance: from the eye to the point that the view turns around.
        perspective: false for an orthographic view.
        aspect: width over height of the region.
        clip: the nearest and the farthest distance that is shown.
    """

    matrix: tuple[float, ...]
    lens: float
    distance: float
    perspective: bool
    aspect: float
    clip: tuple[float, float]


@dataclass(frozen=True)
class Wish:
    """A preview to draw: the same view and light twice, with the new images and with the old ones.

    Attributes:
        material: the name of the material, which uses the new images now.
        before: for each new image, the name of the old one that it stands for.
        object: the name of the object to look at in its scene; None draws the preview plane.
        view: for an object "CAMERA" or a 3D view; for the plane "STRAIGHT" or "SLANTED".
        engine: "SCENE", "EEVEE" or "CYCLES".
        samples: samples of each pixel.
        size: the longer side of the pictures in pixels.
        denoise: whether Cycles smooths the noise away; None does so for objects only, since denoising also blurs the
            edge of the difference.
        seed: the noise is the same for the same seed.
        matrix: from UV to image space, 2 x 3 row by row, of the image that the plane shows once and whole.
    """

    material: str
    before: Mapping[str, str] = field(default_factory=dict)
    object: str | None = None
    view: View | str = "CAMERA"
    engine: str = "SCENE"
    samples: int = 16
    size: int = 512
    denoise: bool | None = None
    seed: int = 0
    matrix: Matrix = IDENTITY


@dataclass(frozen=True)
class Pictures:
    """The pictures of a preview: PNG files of one size, and what there is to say about them.

    Attributes:
        before: with the old images.
        after: with the new images.
        difference: twice the largest difference of the three colours: black where nothing changed.
        changed: the share of the pixels that changed at all, 0 to 1.
        words: sentences for the user, such as that another engine was used.
    """

    before: Path
    after: Path
    difference: Path
    changed: float
    words: tuple[str, ...] = ()
