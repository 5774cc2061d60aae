"""Cases of a comparison: materials and masks from folders and words, each checked before any work."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from svbrdf_core import masks
from svbrdf_core.compare.holes import NAMED
from svbrdf_core.errors import SvbrdfError
from svbrdf_core.masks import Mask, Region
from svbrdf_core.material import Material, folders_of, hole_mask, mask_parts
from svbrdf_core.material.tile_files import has_token
from svbrdf_core.request import HoleSpec
from svbrdf_core.tensors.maps import MAPS

PLACE = "{material}"
"""Stands for the material's name in the path of a mask."""
MARGIN = 64
"""Least context round the hole, in pixels, that is measured against and shown."""


@dataclass(frozen=True)
class Case:
    """One material with one hole.

    Attributes:
        id: name of its folder and page; letters, digits, dots, dashes and underscores.
        path: the folder of maps, or the image; absolute, so that it is the same in a process elsewhere.
        material: the material's name.
        mask: what the hole is called, the same for all materials.
        mask_text: what it is, for `mask_of`.
        only: the maps that are compared; None for all.
        height, width: of the material, in pixels.
        hole_pixels: of the hole.
        window: what is measured against and shown: the hole with its surroundings.
        maps: names of the maps.
        truth: whether what lies in the hole is what should be there, and not an object or damage to be removed.
        digest: changes when the files or the hole do.
    """

    id: str
    path: Path
    material: str
    mask: str
    mask_text: str
    only: tuple[str, ...] | None
    height: int
    width: int
    hole_pixels: int
    window: Region
    maps: tuple[str, ...]
    truth: bool
    digest: str

    def load(self) -> Material:
        """Return the material."""
        return Material.load(self.path, only=self.only)


def find_cases(
    paths: Sequence[Path], mask_texts: Sequence[str], only: Collection[str] | None = None, *, truth: bool = True
) -> list[Case]:
    """Return a case for each material and mask.

    Args:
        paths: folders of maps, folders of such folders, or single images (plain textures).
        mask_texts: a name of `svbrdf_core.compare.holes.NAMED`, a description as `masks.parse` takes it, or a file
            whose path may hold ``{material}``.
        only: the maps to compare, of those that a material has; all if None. Materials of both workflows can be
            compared so.
        truth: whether what the masks cover is what should be there; if not, it is to be removed.

    Raises:
        InputError: a folder that holds no material or none of the maps, no name of a map, or a path that leads nowhere.
        MaskError: a mask that cannot be made on a material.
    """
    cases: list[Case] = []
    taken: set[str] = set()
    for path in folders_of(paths):
        try:
            material, chosen = _chosen(path, only)
            for text in mask_texts:
                case = _case(path, material, text, chosen, truth, taken)
                taken.add(case.id)
                cases.append(case)
        except SvbrdfError as error:
            raise error if str(path) in str(error) else type(error)(f"{path}: {error}") from error
    return cases


def _chosen(path: Path, only: Collection[str] | None) -> tuple[Material, tuple[str, ...] | None]:
    """Return a material with those of the maps that it has, and their names if any were asked for."""
    if not only:
        return Material.load(path), None
    there = Material.load(path).maps
    unknown = [name for name in only if name not in there and name not in MAPS]
    # None at all, or one that nobody can have: the material says so.
    chosen = tuple(name for name in only if name in there or name in unknown) or tuple(only)
    return Material.load(path, only=chosen), chosen


def _case(
    path: Path, material: Material, text: str, only: tuple[str, ...] | None, truth: bool, taken: set[str]
) -> Case:
    at = text.replace(PLACE, material.name)
    name = _mask_name(text, material.name)
    mask = mask_of(at, material)
    digest = hashlib.sha256(mask.tobytes())
    for binding in material.maps.values():
        for place in binding.places:
            about = place.file.path.stat()
            digest.update(f"{place.file.path.name} {about.st_size} {about.st_mtime_ns};".encode())
    return Case(
        id=_free(re.sub(r"[^A-Za-z0-9._-]+", "_", f"{material.name}-{name}").strip("._") or "case", taken),
        path=path.absolute(),
        material=material.name,
        mask=name,
        mask_text=_absolute(at),
        only=only,
        height=material.height,
        width=material.width,
        hole_pixels=int(np.count_nonzero(mask)),
        window=window_of(mask),
        maps=tuple(material.layout.names),
        truth=truth,
        digest=digest.hexdigest()[:16],
    )


def _absolute(text: str) -> str:
    """Return the text of a mask with an absolute path, if it names a file."""
    if text in NAMED or not (has_token(text) or _exists(text)):
        return text
    return str(Path(text).absolute())


def _exists(text: str) -> bool:
    try:
        return Path(text).exists()
    except (OSError, ValueError):  # longer than a name may be, or no name at all
        return False


def _mask_name(text: str, material: str) -> str:
    if text in NAMED or ":" in text or not Path(text).suffix:
        return text
    stem = Path(text).stem.replace(PLACE, "").replace(material, "")
    return stem.strip(" _-.") or Path(text).stem


def _free(name: str, taken: Collection[str]) -> str:
    return next(n for n in (name, *(f"{name}-{number}" for number in range(2, 10_000))) if n not in taken)


def mask_of(text: str, material: Material) -> Mask:
    """Return the hole ``(H, W)``, 0 or 1: no soft rim, through which a fill would be given its own answer.

    Raises:
        MaskError: it cannot be read or made, is empty, or covers everything.
    """
    size = (material.height, material.width)
    if text in NAMED:
        found = NAMED[text].make(size)
    else:
        found, _ = hole_mask(HoleSpec(mask_parts(text)), material)
    checked, _ = masks.check(found, size)
    return (checked > 0).astype(np.float32)


def window_of(mask: Mask) -> Region:
    """Return the hole's bounding box with half its longer side around it, at least `MARGIN`."""
    ys, xs = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    margin = max(MARGIN, max(int(ys[-1] - ys[0]), int(xs[-1] - xs[0])) // 2)
    top, left = max(0, int(ys[0]) - margin), max(0, int(xs[0]) - margin)
    bottom, right = min(mask.shape[0], int(ys[-1]) + 1 + margin), min(mask.shape[1], int(xs[-1]) + 1 + margin)
    return Region(top, left, bottom - top, right - left)
