"""The work of ``svbrdf render``: from materials and what is wanted to pictures."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.cli.session import Session
from svbrdf_core.cli.turntable import check_turntable, draw_turn, write_turntable
from svbrdf_core.codec.plain import Json
from svbrdf_core.errors import InputError
from svbrdf_core.inpainting.outputs import check_picture
from svbrdf_core.inpainting.staging import pictures
from svbrdf_core.material import Material
from svbrdf_core.pictures import Look, ReducedMaterial, Rgb, check_drawable
from svbrdf_core.sentences import Sentence

NO_TILE = "{} is a set of tiles that do not fill a rectangle; where there is none one colour is drawn."


@dataclass(frozen=True)
class RenderRequest:
    """What ``svbrdf render`` was asked for: see the options of the same names."""

    out: Path | None
    turntable: Path | None
    frames: int
    overwrite: bool
    look: Look


def run(materials: Sequence[Material], request: RenderRequest, session: Session, *, quiet: bool = False) -> Outcome:
    """Draw one material, or two and their difference, and write what was asked for.

    Raises:
        SvbrdfError: anything that the user can put right; nothing was written.
    """
    start = time.perf_counter()
    _check(materials, request)
    session.tell((Sentence.of(text).after("Warning: ") for m in materials for text in m.warnings), quiet=quiet)
    session.tell((NO_TILE.format(m.name) for m in materials if m.absent() is not None), quiet=quiet)
    shown = [ReducedMaterial(material, request.look) for material in materials]
    wanted = {} if request.out is None else {request.out: _page(shown)}
    with pictures(wanted, overwrite=request.overwrite):
        if request.turntable is not None:
            frames = draw_turn(shown[0].frame, request.frames, session)
            write_turntable(request.turntable, frames, overwrite=request.overwrite)
    files = [path for path in (request.out, request.turntable) if path is not None]
    sizes = {path: picture.shape for path, picture in wanted.items()}
    text = [f"{p}: {sizes[p][1]} x {sizes[p][0]}" if p in sizes else f"{p}: {request.frames} frames" for p in files]
    data: dict[str, Json] = {
        "files": [str(path) for path in files],
        "light": request.look.light,
        "shape": request.look.shape,
        "seconds": round(time.perf_counter() - start, 3),
    }
    return Outcome(data, () if quiet else tuple(text))


def _check(materials: Sequence[Material], request: RenderRequest) -> None:
    check_drawable()
    inputs = [p.file.path for m in materials for binding in m.maps.values() for p in binding.places]
    check_picture(request.out, inputs, overwrite=request.overwrite)
    check_turntable(request.turntable, overwrite=request.overwrite)
    if len(materials) > 1 and materials[0].height * materials[1].width != materials[1].height * materials[0].width:
        first, second = (f"{m.name} ({m.width} x {m.height})" for m in materials)
        raise InputError(f"{first} and {second} have different proportions and cannot be laid over each other.")


def _page(shown: Sequence[ReducedMaterial]) -> Rgb:
    """Return the picture of one material, or of two and their difference, side by side with words."""
    from svbrdf_core.cli.sidebyside import difference, side_by_side

    drawn = [one.frame() for one in shown]
    if len(drawn) == 1:
        return drawn[0]
    gain, apart = difference(drawn[0], drawn[1])
    words = ("before", "after", f"difference x {gain}")
    return side_by_side(list(zip(words, (*drawn, apart), strict=True)))
