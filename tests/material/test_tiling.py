"""Whether a material tiles is told from its pixels: examples do, their crops do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from svbrdf_core.example import ExampleKind, make_example
from svbrdf_core.material import Material
from svbrdf_core.material.tiling import single, tiles

SHARED = Path(__file__).resolve().parents[3] / "shared" / "materials"


@pytest.mark.parametrize("kind", ["bricks", "planks", "hammered", "gravel"])
def test_examples_tile_and_crops_of_them_do_not(kind: ExampleKind) -> None:
    example = make_example(kind, 192)
    assert tiles(Material.from_arrays(kind, example.clean)) == (True, True)
    crop = {name: samples[20:-17, 15:-24] for name, samples in example.clean.items()}
    assert tiles(Material.from_arrays(kind, crop)) == (False, False)
    narrow = {name: samples[:, 15:-24] for name, samples in example.clean.items()}
    assert tiles(Material.from_arrays(kind, narrow)) == (True, False)


@pytest.mark.parametrize(
    ("name", "tiling"),
    [("bark014", True), ("rock058", True), ("scifi_floor_panel", True), ("terrazzo018", True),
     ("ds19_burnt_wood_07", False), ("ds19_metal_plating_23", False), ("ds18_leather_x_metal_17", False)],
)  # fmt: skip
def test_scanned_materials(name: str, tiling: bool) -> None:
    if not SHARED.is_dir():
        pytest.skip("../shared/materials is not at hand")
    assert tiles(Material.load(SHARED / name)) == (tiling, tiling)


def test_a_hole_on_the_seam_does_not_count() -> None:
    clean = make_example("hammered", 192).clean
    damaged = {name: samples.copy() for name, samples in clean.items()}
    mask = np.zeros((192, 192), np.float32)
    mask[30:130, :8] = 1
    for samples in damaged.values():
        samples[30:130, :8] = 0
    assert tiles(Material.from_arrays("m", damaged)) == (True, False)
    assert tiles(Material.from_arrays("m", damaged), mask) == (True, True)


def test_what_says_nothing_is_answered_without_a_warning() -> None:
    assert tiles(Material.from_arrays("flat", {"roughness": np.full((64, 64), 7, np.uint8)})) == (True, True)
    assert tiles(Material.from_arrays("tiny", {"roughness": np.eye(4, dtype=np.uint8)})) == (False, False)
    unknown = np.full((64, 64), np.nan, np.float32)
    assert tiles(Material.from_arrays("nan", {"height": unknown})) == (False, False)


def test_a_single_map_reads_as_in_the_set() -> None:
    material = Material.from_arrays("m", make_example("planks", 64).clean)
    whole = material.tensor()
    for name in material.maps:
        assert (single(material, name).tensor() == whole[material.layout.slice_of(name)]).all()
