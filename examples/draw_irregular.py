"""Draw the picture of README.md: holes in four irregular materials, as the least error fills them and as we do.

python -m examples.draw_irregular docs/images/irregular.jpg
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, special

import svbrdf_core as sv
from examples.draw_methods import add_headings, draw_window
from examples.make_pictures import crop_around

Floats = NDArray[np.float32]
SIZE = 512
HOLE = 128
WORDS = ("truth", "hole", "least error", "patch", "G'MIC")


def clouds(seed: int, coarsest: float, stretch: tuple[float, float] = (1, 1), roughness: float = 1.7) -> Floats:
    """Return tileable noise of unit deviation whose power falls with frequency; ``coarsest`` in periods a side."""
    rng = np.random.default_rng(seed)
    fy = np.fft.fftfreq(SIZE)[:, None] * SIZE * stretch[0]
    fx = np.fft.rfftfreq(SIZE)[None] * SIZE * stretch[1]
    radius = np.hypot(fy, fx)
    spectrum = np.fft.rfft2(rng.standard_normal((SIZE, SIZE))) / np.maximum(radius, coarsest) ** roughness
    spectrum[0, 0] = 0
    values = np.fft.irfft2(spectrum, (SIZE, SIZE))
    return np.asarray(values / values.std(), np.float32)


def mix(share: NDArray[np.floating], low: tuple[float, float, float], high: tuple[float, float, float]) -> Floats:
    """Return colours ``(H, W, 3)`` between two."""
    amount = np.clip(share, 0, 1)[..., None]
    return np.asarray((1 - amount) * np.array(low) + amount * np.array(high), np.float32)


def step(values: Floats, at: float, width: float) -> Floats:
    """Return 0 below ``at``, 1 above, and a smooth rise between."""
    return np.asarray(special.expit((values - at) / width), np.float32)


def warp(values: Floats, by: float, seed: int) -> Floats:
    """Return a picture whose pixels are moved by clouds, by so many pixels."""
    ys, xs = np.indices(values.shape)
    moved = [ys + by * clouds(seed, 3, roughness=2.2), xs + by * clouds(seed + 1, 3, roughness=2.2)]
    return np.asarray(ndimage.map_coordinates(values, moved, order=1, mode="grid-wrap"), np.float32)


def assemble(
    name: str,
    colour: NDArray[np.floating],
    height: NDArray[np.floating],
    roughness: NDArray[np.floating],
    metallic: NDArray[np.floating] | None = None,
) -> sv.Material:
    """Return a material; heights are in pixels."""
    dy, dx = (np.roll(height, -1, axis) - np.roll(height, 1, axis) for axis in (0, 1))
    normal = np.stack([-dx / 2, dy / 2, np.ones_like(height)], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    maps: dict[str, NDArray[np.floating]] = {
        "basecolor": np.clip(colour, 0, 1),
        "normal": normal * 0.5 + 0.5,
        "roughness": np.clip(roughness, 0, 1)[..., None],
    }
    if metallic is not None:
        maps["metallic"] = np.clip(metallic, 0, 1)[..., None]
    return sv.Material.from_arrays(name, {key: np.rint(255 * value).astype(np.uint8) for key, value in maps.items()})


def marble() -> sv.Material:
    """Pale stone with bent grey veins of several widths."""
    ground = clouds(1, 4, roughness=1.5)
    thick = np.exp(-np.abs(warp(clouds(2, 3, (1, 0.5), 2.4), 28, 5)) / 0.05)
    thin = np.exp(-np.abs(warp(clouds(3, 5, (1, 0.6), 2.0), 18, 7)) / 0.025) * step(clouds(4, 4), 0.2, 0.3)
    vein = np.clip(thick + 0.7 * thin, 0, 1)
    colour = mix(0.5 + 0.2 * ground, (0.80, 0.79, 0.77), (0.93, 0.92, 0.90)) * (1 - 0.65 * vein[..., None])
    return assemble("marble", colour, -0.6 * vein + 0.05 * ground, 0.18 + 0.2 * vein + 0.03 * ground)


def plate() -> sv.Material:
    """A painted metal plate, worn to rust in ragged patches, with scratches."""
    wear = clouds(11, 6, roughness=1.45) + 0.25 * clouds(12, 30, roughness=1.1)
    rust, rim = step(wear, 0.35, 0.04), np.exp(-((wear - 0.35) ** 2) / 0.02)
    grain = clouds(13, 60, roughness=0.9)
    rng = np.random.default_rng(14)
    scratches = np.zeros((SIZE, SIZE), np.float32)
    for _ in range(60):
        y, x, turn, length = rng.random() * SIZE, rng.random() * SIZE, rng.normal(0.4, 0.5), rng.integers(20, 110)
        along = np.arange(length)
        scratches[(y + along * np.sin(turn)).astype(int) % SIZE, (x + along * np.cos(turn)).astype(int) % SIZE] = 1
    scratches = ndimage.gaussian_filter(scratches, 0.6, mode="wrap") * (1 - rust)
    paint = mix(0.5 + 0.15 * clouds(15, 5), (0.10, 0.22, 0.30), (0.16, 0.33, 0.42))
    brown = mix(0.5 + 0.25 * grain, (0.25, 0.10, 0.04), (0.55, 0.27, 0.10))
    colour = paint * (1 - rust[..., None]) + brown * rust[..., None]
    colour = colour * (1 - 0.4 * rim[..., None]) + 0.5 * scratches[..., None]
    height = -1.5 * rust + 0.5 * rust * grain - 0.8 * scratches
    return assemble("plate", colour, height, 0.3 + 0.5 * rust + 0.06 * rust * grain, 0.8 * scratches)


def planks() -> sv.Material:
    """Boards of several tones and lengths, with grain along them and nails near their ends."""
    rng = np.random.default_rng(21)
    tone, gap, nails = (np.zeros((SIZE, SIZE), np.float32) for _ in range(3))
    for number, top in enumerate(range(0, SIZE, 64)):
        ends = np.sort((np.array([0, 190, 350]) + rng.integers(-50, 50, 3) + 83 * number) % SIZE)
        row = slice(top, top + 64)
        for left, right in zip(ends, np.append(ends[1:], ends[0] + SIZE), strict=True):
            board = np.arange(left, right) % SIZE
            tone[row, board] = rng.normal()
            gap[row, board[:2]] = 1
            for x, y in ((9, 14), (9, 50), (-9, 14), (-9, 50)):
                nails[top + y, board[x]] = 1
        gap[top : top + 2] = 1
    grain = clouds(22, 10, (1, 14), 1.2) + 0.6 * clouds(23, 40, (1, 10), 0.9)
    heads = ndimage.grey_dilation(nails, footprint=np.hypot(*np.indices((7, 7)) - 3.0) <= 3, mode="wrap")
    colour = mix(0.5 + 0.16 * tone + 0.14 * grain, (0.27, 0.16, 0.09), (0.66, 0.47, 0.29))
    colour = np.where(gap[..., None] > 0, 0.05, np.where(heads[..., None] > 0, 0.18, colour))
    height = 0.35 * grain - 3 * ndimage.gaussian_filter(gap, 0.7, mode="wrap") + heads
    return assemble("planks", colour, height, 0.55 + 0.06 * grain + 0.3 * gap - 0.25 * heads, 0.9 * heads)


def bark() -> sv.Material:
    """Bark: ragged plates drawn out upwards, with dark clefts and moss."""
    drawn = warp(clouds(31, 9, (0.35, 1.0), 1.9), 9, 34)
    cleft = np.exp(-np.abs(drawn) / 0.16)
    grain = clouds(32, 40, (0.5, 1), 1.0)
    moss = step(clouds(33, 3, roughness=2.0) + 0.3 * grain, 1.1, 0.1) * (1 - cleft)
    colour = mix(0.5 + 0.2 * drawn + 0.12 * grain, (0.24, 0.17, 0.12), (0.52, 0.41, 0.31)) * (
        1 - 0.75 * cleft[..., None]
    )
    colour = colour * (1 - 0.7 * moss[..., None]) + 0.7 * moss[..., None] * np.array((0.28, 0.33, 0.12))
    return assemble("bark", colour, -4 * cleft + 0.6 * grain, 0.75 + 0.1 * cleft + 0.05 * grain)


MATERIALS: tuple[Callable[[], sv.Material], ...] = (marble, plate, planks, bark)


def row(make: Callable[[], sv.Material]) -> NDArray[np.uint8]:
    """Return the truth, the hole and each fill of one material beside each other."""
    truth = make()
    mask = np.zeros((SIZE, SIZE), np.float32)
    first = (SIZE - HOLE) // 2
    mask[first : first + HOLE, first : first + HOLE] = 1
    window = crop_around(mask > 0)
    least = sv.PatchSettings(richness=0, pieces=0)
    fills = [
        sv.inpaint(truth, mask, settings=least, device="cpu"),
        sv.inpaint(truth, mask, device="cpu"),
        sv.inpaint(truth, mask, method="gmic", device="cpu"),
    ]
    cells = [draw_window(truth, window), draw_window(truth, window, hole=mask[window] > 0)]
    return np.concatenate([*cells, *(draw_window(fill.canvas, window) for fill in fills)], 1)


if __name__ == "__main__":
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "out/irregular.jpg")
    out.parent.mkdir(parents=True, exist_ok=True)
    add_headings(np.concatenate([row(make) for make in MATERIALS]), WORDS).save(out, quality=88)
