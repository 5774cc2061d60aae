"""The example materials keep what they promise: tiles, unit normals that follow the height, one answer per seed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.errors import InputError
from svbrdf_core.example import KINDS, Example, ExampleKind, make_example, write_example
from svbrdf_core.formats import read_image

each_kind = pytest.mark.parametrize("kind", KINDS)


@cache
def example(kind: ExampleKind) -> Example:
    return make_example(kind, size=256, seed=3)


def as_float(samples: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.float64]:
    return samples / np.float64(np.iinfo(samples.dtype).max)


@each_kind
def test_the_tile_continues_across_its_edges(kind: ExampleKind) -> None:
    for name, samples in example(kind).clean.items():
        values = as_float(samples)
        for axis in (0, 1):
            steps = np.abs(values - np.roll(values, 1, axis))
            rows = np.moveaxis(steps, axis, 0).reshape(values.shape[axis], -1).mean(axis=1)
            assert rows[0] <= rows[1:].max(), f"{name} steps at its edge along axis {axis}"


@each_kind
@pytest.mark.parametrize("state", ["clean", "damaged"])
def test_normals_are_unit_vectors_that_point_out(kind: ExampleKind, state: str) -> None:
    normal = getattr(example(kind), state)["normal"] / 255 * 2 - 1
    assert np.linalg.norm(normal, axis=-1) == pytest.approx(1, abs=0.012)  # rounding to 8 bits: sqrt(3)/255 and a bit
    assert normal[..., 2].min() > 0


@each_kind
def test_normals_are_the_slope_of_the_height(kind: ExampleKind) -> None:
    made = example(kind)
    height = as_float(made.clean["height"]) * made.depth * 256
    right = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) / 2
    up = (np.roll(height, 1, 0) - np.roll(height, -1, 0)) / 2
    slope = np.stack([-right, -up, np.ones_like(height)], axis=-1)
    slope /= np.linalg.norm(slope, axis=-1, keepdims=True)
    normal = made.clean["normal"] / 255 * 2 - 1
    assert np.abs(normal - slope).max() < 1.5 / 255 + 1e-3


@each_kind
def test_each_map_follows_the_height(kind: ExampleKind) -> None:
    maps = example(kind).clean
    height = as_float(maps["height"]).ravel()
    below = height < np.quantile(height, 0.05)
    above = height > np.quantile(height, 0.5)
    for name in ("ao", "roughness"):
        values = as_float(maps[name]).ravel()
        assert abs(values[below].mean() - values[above].mean()) > 0.02, name


@each_kind
def test_the_same_arguments_give_the_same_samples(kind: ExampleKind) -> None:
    again = make_example(kind, size=256, seed=3)
    other = make_example(kind, size=256, seed=4)
    assert np.array_equal(again.mask, example(kind).mask)
    for name, samples in example(kind).damaged.items():
        assert np.array_equal(samples, again.damaged[name])
        assert not np.array_equal(samples, other.damaged[name])


@each_kind
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_mask_holds_all_the_damage(kind: ExampleKind, seed: int) -> None:
    made = make_example(kind, size=192, seed=seed)
    assert set(np.unique(made.mask)) == {0.0, 1.0}
    assert 0.01 < made.mask.mean() < 0.25
    known = made.mask == 0
    unchanged = set()
    for name, samples in made.clean.items():
        assert np.array_equal(samples[known], made.damaged[name][known]), name
        if np.array_equal(samples, made.damaged[name]):
            unchanged.add(name)
    assert unchanged <= ({"metallic"} if kind == "planks" else set())  # torn wood is no metal either


@each_kind
def test_the_damage_fades_before_the_mask_ends(kind: ExampleKind) -> None:
    made = example(kind)
    hole = made.mask > 0
    rim = hole & ~ndimage.binary_erosion(hole)
    for name, samples in made.clean.items():
        step = np.abs(as_float(samples) - as_float(made.damaged[name]))[rim]
        assert step.mean() < 1 / 255, name


@each_kind
@pytest.mark.parametrize("size", [32, 100, 257])
def test_any_size_has_native_samples(kind: ExampleKind, size: int) -> None:
    made = make_example(kind, size=size)
    assert made.clean.keys() == made.damaged.keys()
    for name, samples in made.damaged.items():
        assert samples.shape[:2] == made.mask.shape == (size, size)
        assert samples.dtype == (np.uint16 if name == "height" else np.uint8)


def test_what_cannot_be_made_is_refused() -> None:
    with pytest.raises(InputError, match="bricks, planks, hammered"):
        make_example("marble")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="32 to 8192"):
        make_example("bricks", size=8)


def test_written_files_hold_the_same_samples(tmp_path: Path) -> None:
    made = write_example(tmp_path, "planks", size=64, seed=1)
    for part, maps in (("clean", made.clean), ("damaged", made.damaged)):
        assert {path.stem for path in (tmp_path / part).iterdir()} == set(maps)
        for name, samples in maps.items():
            read = read_image(tmp_path / part / f"{name}.png").samples
            assert read.dtype == samples.dtype
            assert np.array_equal(read.reshape(samples.shape), samples)
    assert np.array_equal(read_image(tmp_path / "mask.png").samples[..., 0] > 0, made.mask > 0)
