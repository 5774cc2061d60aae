"""Pictures of a material and of its maps: the same as the command draws, and what each map is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import svbrdf_core as sv
from svbrdf_core.cli import run
from svbrdf_core.example import write_example
from svbrdf_core.pictures.drawing import check_memory
from svbrdf_core.pictures.look import Look, Shape


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of maps of 96 x 96 pixels, not to be changed."""
    home = tmp_path_factory.mktemp("shown")
    write_example(home, "bricks", 96)
    return home / "clean"


@pytest.fixture(scope="module")
def material(folder: Path) -> sv.Material:
    return sv.Material.load(folder)


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ((), {}),
        (
            ("--light", "studio", "--shape", "sphere", "--size", "64"),
            {"light": "studio", "shape": "sphere", "size": 64},
        ),
        (("--shape", "tiled", "--film", "--size", "64"), {"shape": "tiled", "film": True, "size": 64}),
        (("--light", "sun", "--relief", "0.05"), {"light": "sun", "relief": 0.05}),
    ],
)
def test_a_picture_is_what_the_command_draws(
    folder: Path, material: sv.Material, tmp_path: Path, words: tuple[str, ...], options: dict[str, Any]
) -> None:
    assert run(["render", str(folder), "-o", str(tmp_path / "a.png"), "--quiet", *words]) == 0
    drawn = sv.picture(material, **options)
    assert drawn.dtype == np.uint8 and (drawn == sv.read_image(tmp_path / "a.png").samples).all()


def test_a_turn_changes_the_picture(material: sv.Material) -> None:
    still, turned = (sv.picture(material, size=32, turn=turn) for turn in (0.0, 0.25))
    assert still.shape == turned.shape == (32, 32, 3) and (still != turned).any()


@pytest.mark.parametrize(
    "options", [{"light": "moon"}, {"shape": "cube"}, {"size": 15}, {"size": 4097}, {"relief": 1.5}, {"relief": -1.0}]
)
def test_what_cannot_be_drawn_is_refused(material: sv.Material, options: dict[str, Any]) -> None:
    with pytest.raises(sv.InputError) as caught:
        sv.picture(material, **options)
    assert str(caught.value).endswith(".")


def test_a_map_is_shown_as_it_is_stored(folder: Path, material: sv.Material) -> None:
    colour = sv.read_image(folder / "diffuse.png").samples
    assert (sv.map_picture(material, "diffuse", 96) == colour).all()
    assert (sv.map_picture(material, "diffuse", 1000) == colour).all(), "enlarged"
    rough = sv.read_image(folder / "roughness.png").samples
    shown = sv.map_picture(material, "roughness", 96)
    assert shown.shape == (96, 96, 1)
    scale = 255 if rough.dtype == np.uint8 else 65535
    assert np.abs(shown - np.rint(rough / scale * 255)).max() <= 1


@pytest.mark.parametrize(("size", "side"), [(95, 48), (48, 48), (33, 32), (10, 9), (1, 1)])
def test_a_map_is_reduced_to_a_size(material: sv.Material, size: int, side: int) -> None:
    assert sv.map_picture(material, "normal", size).shape == (side, side, 3)


def test_heights_use_the_whole_range_and_linear_colours_are_encoded() -> None:
    ramp = np.linspace(0.4, 0.5, 64 * 64, dtype=np.float32).reshape(64, 64)
    light = np.full((64, 64, 3), 0.214, np.float32)
    material = sv.Material.from_arrays("m", {"height": ramp, "diffuse": light})
    assert np.ptp(sv.map_picture(material, "height", 64)) == 255
    assert (sv.map_picture(material, "diffuse", 64) == 127).all()


def test_a_crop_is_a_part_of_the_map_and_goes_round_its_edges(material: sv.Material) -> None:
    whole = sv.map_picture(material, "diffuse", 96)
    assert (sv.crop_picture(material, "diffuse", (10, 20, 30, 40), 40) == whole[10:40, 20:60]).all()
    assert sv.crop_picture(material, "diffuse", (10, 20, 30, 40), 20).shape == (15, 20, 3)
    around = sv.crop_picture(material, "diffuse", (90, -6, 12, 12), 12)
    assert (around == np.roll(whole, (6, 6), (0, 1))[:12, :12]).all()


@pytest.mark.parametrize("box", [(0, 0, 0, 5), (0, 0, 97, 5), (0, 0, 5, -1), (0, 0, 5, 97)])
def test_a_crop_of_nothing_or_too_much_is_refused(material: sv.Material, box: tuple[int, int, int, int]) -> None:
    with pytest.raises(sv.InputError, match="region"):
        sv.crop_picture(material, "diffuse", box, 10)


@pytest.mark.parametrize(("shape", "gigabytes"), [("plane", 0.5), ("tiled", 0.5), ("sphere", 1.5)])
def test_a_picture_that_the_memory_does_not_hold_is_refused(
    material: sv.Material, shape: Shape, gigabytes: float
) -> None:
    look = Look(shape=shape, size=4096)
    check_memory(material, look, int(gigabytes * 2**30))
    with pytest.raises(sv.InputError, match=r"A picture of 4096 pixels of this material needs about .* smaller one"):
        check_memory(material, look, int((gigabytes - 0.1) * 2**30))


def test_maps_that_are_not_there_and_sizes_that_are_none_are_refused(material: sv.Material) -> None:
    with pytest.raises(sv.InputError, match="no map opacity; it has diffuse"):
        sv.map_picture(material, "opacity", 10)
    with pytest.raises(sv.InputError, match="1 or more"):
        sv.crop_picture(material, "diffuse", (0, 0, 5, 5), 0)
