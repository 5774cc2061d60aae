"""Windows and edits: what is read, what an edit changes, and above all what it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svbrdf_core import formats
from svbrdf_core.errors import InputError
from svbrdf_core.material import Material


def units(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    vectors = rng.normal(0, 0.3, (height, width, 3)) + np.array([0, 0, 1])
    return np.asarray(vectors / np.linalg.norm(vectors, axis=2, keepdims=True))


def arrays(rng: np.random.Generator, height: int, width: int, dtype: Any) -> dict[str, np.ndarray]:
    def field(*shape: int) -> np.ndarray:
        values = rng.random((height, width, *shape))
        return values.astype(dtype) if np.dtype(dtype).kind == "f" else (values * np.iinfo(dtype).max).astype(dtype)

    normal = units(rng, height, width)
    encoded = normal if np.dtype(dtype).kind == "f" else (normal + 1) / 2 * np.iinfo(dtype).max
    return {"diffuse": field(3), "normal": encoded.astype(dtype), "roughness": field(), "height": field()}


@settings(max_examples=80, deadline=None)
@given(
    dtype=st.sampled_from([np.uint8, np.uint16, np.float16, np.float32]),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    seed=st.integers(0, 2**31),
    wrap=st.booleans(),
    soft=st.booleans(),
    data=st.data(),
)
def test_any_edit_leaves_the_rest_bit_for_bit(
    dtype: Any, size: tuple[int, int], seed: int, wrap: bool, soft: bool, data: st.DataObject
) -> None:
    height, width = size
    rng = np.random.default_rng(seed)
    material = Material.from_arrays("m", arrays(rng, height, width, dtype))
    h, w = data.draw(st.integers(1, height)), data.draw(st.integers(1, width))
    top = data.draw(st.integers(-height, height) if wrap else st.integers(0, height - h))
    left = data.draw(st.integers(-width, width) if wrap else st.integers(0, width - w))
    mask = (rng.random((h, w)) < 0.4).astype(np.float32)
    mask *= rng.random((h, w), np.float32) if soft else 1
    before = material.window(top, left, h, w, wrap=wrap)
    fill = np.roll(before, 1, axis=2)
    edited = material.with_window(fill, mask, top, left, wrap=wrap)
    after = edited.window(top, left, h, w, wrap=wrap)
    assert np.array_equal(after[:, mask == 0], before[:, mask == 0])
    tolerance = {np.uint8: 0.009, np.float16: 0.002}.get(dtype, 1e-4)
    expected = before + mask * (fill - before)
    plain = [i for i in range(material.layout.n_channels) if i not in range(3, 6)]
    assert np.abs(after - expected)[plain].max() < tolerance
    assert np.allclose(np.linalg.norm(after[3:6], axis=0), 1, atol=1e-3)
    assert np.array_equal(material.window(top, left, h, w, wrap=wrap), before)


def test_edits_add_up_and_are_seen(folder: Any) -> None:
    material = Material.load(folder(diffuse=(32, 32, 3), roughness=(32, 32)))
    one = material.with_window(np.full((4, 8, 8), 0.2, np.float32), np.ones((8, 8), np.float32), 0, 0)
    two = one.with_window(np.full((4, 8, 8), 0.6, np.float32), np.ones((8, 8), np.float32), 4, 4)
    assert np.allclose(two.window(0, 0, 4, 4), 0.2, atol=0.002)
    assert np.allclose(two.window(4, 4, 8, 8), 0.6, atol=0.002)
    assert np.array_equal(two.window(16, 16, 8, 8), material.window(16, 16, 8, 8))


def test_a_wrapped_window_is_the_torus(folder: Any) -> None:
    material = Material.load(folder(diffuse=(16, 24, 3)))
    whole = material.tensor()
    assert np.array_equal(material.window(-3, -5, 16, 24, wrap=True), np.roll(whole, (3, 5), (1, 2)))
    assert np.array_equal(material.window(0, 0, 40, 50, wrap=True)[:, 16:32, 24:48], whole)
    with pytest.raises(ValueError, match="leaves"):
        material.window(-1, 0, 4, 4)


def test_a_smaller_map_is_enlarged_and_written_back_at_its_size(folder: Any, tmp_path: Path) -> None:
    path = folder(diffuse=(64, 64, 3), roughness=np.full((32, 32), 100, np.uint8))
    material = Material.load(path)
    assert material.window(0, 0, 64, 64)[3].std() < 1e-6
    mask = np.zeros((9, 9), np.float32)
    mask[2:7, 2:7] = 1  # material rows 12..16, so map rows 6..8, of which 8 by half
    edited = material.with_window(np.full((4, 9, 9), 0.8, np.float32), mask, 10, 10)
    edited.save(tmp_path / "out")
    small = formats.read(tmp_path / "out" / "roughness.png").samples[:, :, 0]
    expected = np.full((32, 32), 100, np.uint8)
    expected[6:9, 6:9] = 204
    assert np.array_equal(small, expected)


@settings(max_examples=60, deadline=None)
@given(
    small=st.integers(3, 40), top=st.integers(-64, 64), left=st.integers(-64, 64), size=st.integers(1, 64),
    seed=st.integers(0, 999),
)  # fmt: skip
def test_smaller_maps_change_only_under_the_hole(small: int, top: int, left: int, size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    low = rng.integers(0, 200, (small, small), dtype=np.uint8)
    material = Material.from_arrays("m", {"diffuse": np.zeros((64, 64, 3), np.uint8), "height": low})
    mask = (rng.random((size, size)) < 0.3).astype(np.float32)
    edited = material.with_window(np.ones((4, size, size), np.float32), mask, top, left, wrap=True)
    hole = np.zeros((64, 64), bool)
    rows, columns = np.nonzero(mask)
    hole[(rows + top) % 64, (columns + left) % 64] = True
    touched = np.zeros((small, small), bool)
    for y, x in np.argwhere(hole):
        y0, y1 = int(np.floor(y * small / 64 + 1e-6)), int(np.ceil((y + 1) * small / 64 - 1e-6))
        x0, x1 = int(np.floor(x * small / 64 + 1e-6)), int(np.ceil((x + 1) * small / 64 - 1e-6))
        touched[y0:y1, x0:x1] = True
    binding = edited.maps["height"]
    from svbrdf_core.material.store import apply_patches  # the stored samples themselves, not their enlargement

    stored = apply_patches(edited._store, binding.places[0].file, edited._patches)[:, :, 0]
    assert np.array_equal(stored == 255, touched)
    assert np.array_equal(stored[~touched], low[~touched])


def test_gl_and_dx_are_written_from_one_tensor(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    gl = ((units(rng, 32, 32) + 1) / 2 * 255).round().astype(np.uint8)
    dx = gl.copy()
    dx[:, :, 1] = 255 - dx[:, :, 1]
    (tmp_path / "set").mkdir()
    formats.write_png(tmp_path / "set" / "a_NormalGL.png", gl)
    formats.write_png(tmp_path / "set" / "a_NormalDX.png", dx)
    material = Material.load(tmp_path / "set")
    fill = np.moveaxis(units(rng, 8, 8), 2, 0).astype(np.float32)
    material.with_window(fill, np.ones((8, 8), np.float32), 4, 4).save(tmp_path / "out")
    new_gl, new_dx = (formats.read(tmp_path / "out" / f"a_Normal{k}.png").samples.astype(int) for k in ("GL", "DX"))
    assert np.abs(new_gl[4:12, 4:12, 1] + new_dx[4:12, 4:12, 1] - 255).max() <= 1
    assert np.array_equal(new_gl[:4], gl[:4])
    expected = (np.moveaxis(fill, 0, 2) + 1) / 2 * 255
    assert np.abs(new_gl[4:12, 4:12] - expected).max() <= 0.51


def test_glossiness_is_read_and_written_inverted(folder: Any, tmp_path: Path) -> None:
    material = Material.load(folder(wall_diffuse=(16, 16, 3), wall_gloss=np.full((16, 16), 51, np.uint8)))
    assert np.allclose(material.window(0, 0, 1, 1)[3], 0.8)
    material.with_window(np.full((4, 4, 4), 0.4, np.float32), np.ones((4, 4), np.float32), 0, 0).save(tmp_path / "out")
    assert formats.read(tmp_path / "out" / "wall_gloss.png").samples[0, 0, 0] == 153


def test_channels_of_others_in_a_packed_file_stay(folder: Any, tmp_path: Path) -> None:
    path = folder(a_albedo=(16, 16, 3), a_orm=(16, 16, 3))
    before = formats.read(path / "a_orm.png").samples
    material = Material.load(path, only=["roughness", "basecolor"])
    material.with_window(np.zeros((4, 16, 16), np.float32), np.ones((16, 16), np.float32), 0, 0).save(tmp_path / "out")
    after = formats.read(tmp_path / "out" / "a_orm.png").samples
    assert np.array_equal(after[:, :, [0, 2]], before[:, :, [0, 2]])
    assert not after[:, :, 1].any()


def test_grey_stored_as_rgb_stays_grey(folder: Any, tmp_path: Path) -> None:
    grey = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, axis=2)
    path = folder(diffuse=(16, 16, 3), roughness=grey)
    material = Material.load(path)
    material.with_window(np.full((4, 4, 4), 0.5, np.float32), np.ones((4, 4), np.float32), 0, 0).save(tmp_path / "out")
    assert (formats.read(tmp_path / "out" / "roughness.png").samples[:4, :4] == 128).all()


def test_alpha_of_the_colour_map(folder: Any) -> None:
    path = folder(diffuse=np.dstack([np.zeros((8, 8, 3), np.uint8), np.full((8, 8), 51, np.uint8)]))
    alpha = Material.load(path).alpha()
    assert alpha is not None
    assert np.allclose(alpha, 0.2)
    assert Material.load(folder(a_alb_ht=(8, 8, 4)), set_name="a").alpha() is None


def test_nan_is_found_and_can_be_filled(tmp_path: Path) -> None:
    height = np.random.default_rng(0).random((32, 32)).astype(np.float16)
    height[4:6, 7] = np.nan
    material = Material.from_arrays("m", {"height": height, "diffuse": np.zeros((64, 64, 3), np.uint8)})
    bad = material.nonfinite_mask()
    assert bad is not None
    assert bad.sum() == 8
    assert bad[8:12, 14:16].all()
    mended = material.with_window(np.full((4, 64, 64), 0.5, np.float32), bad.astype(np.float32), 0, 0)
    assert mended.nonfinite_mask() is None
    mended.save(tmp_path / "out")
    assert Material.load(tmp_path / "out").nonfinite_mask() is None


def test_hdr_values_survive(tmp_path: Path) -> None:
    emission = np.full((8, 8, 3), 40.0, np.float32)
    material = Material.from_arrays("m", {"emission": emission})
    material.with_window(np.full((3, 2, 2), 90.0, np.float32), np.ones((2, 2), np.float32), 0, 0).save(tmp_path / "out")
    result = Material.load(tmp_path / "out").tensor()
    assert result[0, 0, 0] == 90
    assert result[0, 7, 7] == 40


def test_what_is_not_finite_is_not_written(folder: Any) -> None:
    material = Material.load(folder(diffuse=(8, 8, 3)))
    with pytest.raises(ValueError, match="finite"):
        material.with_window(np.full((3, 8, 8), np.nan, np.float32), np.ones((8, 8), np.float32), 0, 0)


@pytest.mark.parametrize(
    "given_arrays",
    [{}, {"diffuse": np.zeros((4, 4, 2), np.uint8)}, {"diffuse": np.zeros((4, 4, 3), np.int64)},
     {"diffuse": np.zeros((4, 4, 3), np.uint8), "height": np.zeros((4, 8), np.uint8)},
     {"sheen": np.zeros((4, 4), np.uint8)}],
)  # fmt: skip
def test_arrays_that_make_no_material(given_arrays: dict[str, np.ndarray]) -> None:
    with pytest.raises(InputError):
        Material.from_arrays("m", given_arrays)


def test_two_channel_normals_get_their_z_and_lose_it_again(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    encoded = ((units(rng, 16, 16) + 1) / 2 * 255).round().astype(np.uint8)
    encoded[:, :, 2] = 0
    (tmp_path / "set").mkdir()
    formats.write_png(tmp_path / "set" / "normal.png", encoded)
    material = Material.load(tmp_path / "set", normal="opengl")
    assert np.allclose(np.linalg.norm(material.tensor(), axis=0), 1, atol=1e-5)
    assert material.tensor()[2].min() > 0
    fill = np.roll(material.tensor(), 2, axis=1)
    material.with_window(fill, np.ones((16, 16), np.float32), 0, 0).save(tmp_path / "out")
    result = formats.read(tmp_path / "out" / "normal.png").samples
    assert not result[:, :, 2].any()
    assert np.abs(result.astype(int) - np.roll(encoded, 2, axis=0)).max() <= 1


def test_colours_of_floating_point_files_are_linear_light(tmp_path: Path) -> None:
    grey = np.full((8, 8, 3), 0.5, np.float32)
    Material.from_arrays("a", {"diffuse": grey, "roughness": np.full((8, 8), 128, np.uint8)}).save(tmp_path / "a")
    assert Material.load(tmp_path / "a").linear() == ("diffuse",)


def test_normals_that_are_no_vectors_are_refused(tmp_path: Path) -> None:
    """Floats of 0 to 255, as a careless conversion leaves them: made unit they would be filled with something else."""
    maps = arrays(np.random.default_rng(0), 24, 30, np.float32)
    wrong = (maps["normal"] + 1) / 2 * 255
    with pytest.raises(InputError, match="normal holds normals of about .*divide them"):
        Material.from_arrays("x", {**maps, "normal": wrong})
    np.save(tmp_path / "normal.npy", wrong)
    with pytest.raises(InputError, match="normal.npy holds normals of about"):
        Material.load(tmp_path)
    maps["normal"][3:9, 4:12] = 1e4  # a defect, which is what is to be repaired
    assert Material.from_arrays("x", maps).height == 24


def test_a_convention_that_there_is_not_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "normal.npy", arrays(np.random.default_rng(0), 24, 30, np.float32)["normal"])
    assert Material.load(tmp_path, normal="directx").layout.names == ("normal",)
    with pytest.raises(InputError, match="give one of auto, opengl, directx"):
        Material.load(tmp_path, normal="DX")  # type: ignore[arg-type]


def test_a_name_alone_is_one_name(tmp_path: Path) -> None:
    for name, values in arrays(np.random.default_rng(0), 24, 30, np.float32).items():
        np.save(tmp_path / f"{name}.npy", values)
    np.save(tmp_path / "notes.npy", np.zeros((24, 30), np.float32))
    assert Material.load(tmp_path, only="normal").layout.names == ("normal",)
    assert "extra:notes" in Material.load(tmp_path, also="notes").layout.names
