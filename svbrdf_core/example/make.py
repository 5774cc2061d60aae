"""Generator of example materials: clean maps, damaged maps and the mask of the damage, by kind, size and seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.errors import InputError
from svbrdf_core.example.bricks import bricks
from svbrdf_core.example.damage import corrosion, gouge, rust_stain
from svbrdf_core.example.gravel import gravel
from svbrdf_core.example.hammered import hammered
from svbrdf_core.example.noise import Field
from svbrdf_core.example.planks import planks
from svbrdf_core.example.surface import ExampleSurface, Maps, quantize_maps
from svbrdf_core.formats import write_png

ExampleKind = Literal["bricks", "planks", "hammered", "gravel"]
KINDS: tuple[ExampleKind, ...] = get_args(ExampleKind)
MIN_SIZE, MAX_SIZE = 32, 8192

_BUILD: dict[ExampleKind, Callable[[int, np.random.Generator], ExampleSurface]] = {
    "bricks": bricks,
    "planks": planks,
    "hammered": hammered,
    "gravel": gravel,
}
_DAMAGE: dict[ExampleKind, Callable[[ExampleSurface, np.random.Generator], tuple[ExampleSurface, Field]]] = {
    "bricks": rust_stain,
    "planks": gouge,
    "hammered": corrosion,
    "gravel": rust_stain,
}
_MARGIN = 0.02
"""How far the mask reaches beyond the damage, in tile widths."""


@dataclass(frozen=True)
class Example:
    """A tileable material before and after damage.

    Attributes:
        name: the kind it was made as.
        depth: the height difference between height values 0 and 1, in tile widths.
        clean: maps by name, ``(H, W)`` or ``(H, W, 3)``; ``uint8``, the height ``uint16``. Normals are OpenGL's.
        damaged: the same maps; each sample outside the mask is the clean one.
        mask: ``float32`` ``(H, W)``; 1 where the damage is and a little around it, else 0.
    """

    name: ExampleKind
    depth: float
    clean: Maps
    damaged: Maps
    mask: NDArray[np.float32]


def make_example(kind: ExampleKind, size: int = 512, seed: int = 0) -> Example:
    """Make a material; the same arguments give the same samples.

    Args:
        kind: ``bricks`` or ``gravel`` (diffuse, specular), ``planks`` or ``hammered`` (base colour, metallic).
        size: side in pixels, 32 to 8192.
        seed: another seed lays other bricks and other damage.

    Raises:
        InputError: there is no such kind, or the size is out of range.

    Example:
        >>> make_example("bricks", size=64).clean["height"].dtype
        dtype('uint16')
    """
    if kind not in KINDS:
        raise InputError(f"there is no example material {kind!r}; choose one of {', '.join(KINDS)}")
    if not MIN_SIZE <= size <= MAX_SIZE:
        raise InputError(f"an example of {size} pixels cannot be made; choose a size from {MIN_SIZE} to {MAX_SIZE}")
    build, hurt = np.random.default_rng([seed, KINDS.index(kind)]).spawn(2)
    surface = _BUILD[kind](size, build)
    worse, affected = _DAMAGE[kind](surface, hurt)
    mask = _mask(affected)
    clean, after = quantize_maps(surface), quantize_maps(worse)
    # Occlusion reaches beyond the damage itself; what it changes outside the mask is below notice and left out.
    damaged: Maps = {
        name: np.where(mask if m.ndim == 2 else mask[..., None], after[name], m) for name, m in clean.items()
    }
    return Example(kind, surface.depth, clean, damaged, mask.astype(np.float32))


def _mask(affected: Field) -> NDArray[np.bool_]:
    """Return one piece a little larger than what is affected, without crumbs or holes."""
    size = affected.shape[0]
    # The damage lies in the middle of the tile, so the plain distance will do where the periodic one would be slow.
    near = ndimage.distance_transform_edt(affected <= 0.02) <= max(_MARGIN * size, 2.0)
    return np.asarray(ndimage.binary_fill_holes(near), dtype=np.bool_)


def write_example(folder: Path, kind: ExampleKind, size: int = 512, seed: int = 0) -> Example:
    """Make an example and write it as PNG files, so that it can be used as people's own materials are.

    ``folder/clean`` and ``folder/damaged`` hold one file per map (``roughness.png`` and so on), ``folder/mask.png`` is
    the mask, white where the damage is. Existing files of these names are replaced.

    Raises:
        InputError: as :func:`make_example`.
        OutputError: a file cannot be written.
    """
    example = make_example(kind, size, seed)
    for part, maps in (("clean", example.clean), ("damaged", example.damaged)):
        (folder / part).mkdir(parents=True, exist_ok=True)
        for name, samples in maps.items():
            write_png(folder / part / f"{name}.png", samples)
    write_png(folder / "mask.png", (example.mask * 255).astype(np.uint8))
    return example
