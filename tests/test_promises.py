"""The promises of the design, end to end through files: a folder is read, a hole is filled, a folder is written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray

import svbrdf_core as sv
from svbrdf_core.example import make_example
from svbrdf_core.formats import read_image, write_png
from svbrdf_core.inpainting.windows import plan

SIZE = 96
HOLE = (slice(30, 52), slice(40, 66))


@pytest.fixture
def mask() -> NDArray[np.float32]:
    out = np.zeros((SIZE, SIZE), np.float32)
    out[HOLE] = 1
    return out


def damaged(values: NDArray[np.generic]) -> NDArray[np.generic]:
    out = values.copy()
    out[HOLE] = 0
    return out


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return bricks as people have them: 8 and 16 bits, a packed file, a DirectX normal."""
    clean = make_example("bricks", SIZE, 0).clean
    packed = np.dstack([clean["ao"], clean["roughness"], np.zeros_like(clean["ao"])])
    normal = clean["normal"].copy()
    normal[..., 1] = 255 - normal[..., 1]
    out = tmp_path / "wall"
    out.mkdir()
    files = {"wall_diff": clean["diffuse"], "wall_nor_dx": normal, "wall_arm": packed, "wall_disp": clean["height"]}
    for name, values in files.items():
        write_png(out / f"{name}.png", damaged(values))
    return out


def repaired(folder: Path, out: Path, mask: NDArray[np.float32], **options: object) -> sv.Fill[sv.Material]:
    fill = sv.inpaint(sv.Material.load(folder), mask, device="cpu", **options)  # type: ignore[arg-type]
    fill.canvas.save(out)
    return fill


def test_nothing_outside_the_mask_changes(folder: Path, tmp_path: Path, mask: NDArray[np.float32]) -> None:
    """Promise 1."""
    repaired(folder, tmp_path / "out", mask)
    files = sorted(path.name for path in folder.iterdir())
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == files
    for name in files:
        before, after = read_image(folder / name), read_image(tmp_path / "out" / name)
        assert after.samples.dtype == before.samples.dtype
        assert (after.samples[mask == 0] == before.samples[mask == 0]).all(), name
        assert (after.samples[HOLE] != before.samples[HOLE]).any(), name


def test_a_jpeg_is_answered_by_a_png(tmp_path: Path, mask: NDArray[np.float32]) -> None:
    """Promise 1."""
    (tmp_path / "in").mkdir()
    colour = make_example("bricks", SIZE, 0).clean["diffuse"]
    (tmp_path / "in" / "floor_Color.jpg").write_bytes(imagecodecs.jpeg_encode(colour, 95))
    material = sv.Material.load(tmp_path / "in")
    report = sv.inpaint(material, mask, device="cpu").canvas.save(tmp_path / "out")
    assert [path.name for path in report.files] == ["floor_Color.png"]
    assert any("PNG" in note or "png" in note for note in report.notes)
    before = read_image(tmp_path / "in" / "floor_Color.jpg").samples
    assert (read_image(report.files[0]).samples[mask == 0] == before[mask == 0]).all()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float16, np.float32])
def test_values_keep_their_precision(kind: type, tmp_path: Path, mask: NDArray[np.float32]) -> None:
    """Promise 2."""
    high = 4.0 if np.issubdtype(kind, np.floating) else np.iinfo(kind).max
    rows = np.linspace(0.1, 0.9, SIZE)[:, None] * np.ones(SIZE) * high
    height = damaged((rows + np.random.default_rng(0).random((SIZE, SIZE)) * high / 20).astype(kind))
    sv.Material.from_arrays("m", {"height": height}).save(tmp_path / "in")
    repaired(tmp_path / "in", tmp_path / "out", mask)
    (file,) = (tmp_path / "out").iterdir()
    after = read_image(file).samples[..., 0]
    assert after.dtype == kind
    assert (after[mask == 0] == height[mask == 0]).all()
    assert after[HOLE].astype(np.float64).mean() > 0.2 * high
    if kind in (np.float16, np.float32):
        assert after.max() > 1, "values above 1 survive"


def test_normals_stay_unit_and_in_their_convention(folder: Path, tmp_path: Path, mask: NDArray[np.float32]) -> None:
    """Promise 3."""
    repaired(folder, tmp_path / "out", mask)
    stored = read_image(tmp_path / "out" / "wall_nor_dx.png").samples[HOLE].astype(np.float64) / 127.5 - 1
    assert np.abs(np.linalg.norm(stored, axis=-1) - 1).max() < 0.02
    clean = make_example("bricks", SIZE, 0).clean["normal"][HOLE].astype(np.float64) / 127.5 - 1
    clean[..., 1] *= -1
    upper = stored[..., 1] > 0.3  # edges that face down in DirectX; a flip would turn them up
    assert upper.sum() > 0
    assert abs(upper.mean() - (clean[..., 1] > 0.3).mean()) < 0.12


def test_a_tileable_material_stays_tileable(mask: NDArray[np.float32]) -> None:
    """Promise 4."""
    clean = make_example("hammered", SIZE, 0).clean
    across = np.roll(mask, (-40, -53), (0, 1))  # over the corner
    assert across[0].any() and across[-1].any()
    material = sv.Material.from_arrays("m", clean)
    tensor = sv.inpaint(material, across, tileable=True, device="cpu").canvas.tensor()
    hole = across > 0
    seam = np.abs(tensor[:, 0] - tensor[:, -1])[:, hole[0] & hole[-1]].mean()
    inside = np.abs(np.diff(tensor, axis=1))[:, hole[1:] & hole[:-1]].mean()
    assert seam < 2 * inside


def test_the_same_seed_gives_the_same_files(folder: Path, tmp_path: Path, mask: NDArray[np.float32]) -> None:
    """Promise 5."""
    for out, seed in (("a", 3), ("b", 3), ("c", 4)):
        repaired(folder, tmp_path / out, mask, seed=seed)

    def content(out: str) -> list[bytes]:
        return [path.read_bytes() for path in sorted((tmp_path / out).iterdir())]

    assert content("a") == content("b")
    assert content("a") != content("c")


@pytest.mark.parametrize("tileable", [False, True])
def test_cost_follows_the_hole(tileable: bool) -> None:
    """Promise 6."""
    contexts = set()
    for side in (1024, 4096):
        hole = np.zeros((side, side), np.float32)
        hole[500:540, 480:520] = 1
        (window,) = plan(hole, tileable)
        contexts.add((window.context.height, window.context.width))
    assert contexts == {(40 + 2 * 256, 40 + 2 * 256)}


def test_all_files_or_none(
    folder: Path, tmp_path: Path, mask: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise 7."""
    fill = sv.inpaint(sv.Material.load(folder), mask, device="cpu")
    (folder / "wall_disp.png").unlink()  # a source that is gone when the result is written
    with pytest.raises(sv.SvbrdfError):
        fill.canvas.save(tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["wall"]


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda folder: shutil.rmtree(folder), sv.InputError),
        (lambda folder: (folder / "wall_diff.png").write_bytes(b"\x89PNG\r\n\x1a\n broken"), sv.InputError),
        (lambda folder: write_png(folder / "wall_rough.png", np.zeros((9, 96), np.uint8)), sv.InputError),
    ],
)
def test_bad_input_is_one_sentence(
    spoil: Callable[[Path], object], error: type[Exception], folder: Path, tmp_path: Path, mask: NDArray[np.float32]
) -> None:
    """Promise 8."""
    spoil(folder)
    with pytest.raises(error) as caught:
        repaired(folder, tmp_path / "out", mask)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) > 20
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("value", "error"), [(0.0, sv.MaskError), (1.0, sv.MaskError)])
def test_an_empty_or_full_mask_is_refused(value: float, error: type[Exception], folder: Path) -> None:
    """Promise 8."""
    with pytest.raises(error):
        sv.inpaint(sv.Material.load(folder), np.full((SIZE, SIZE), value, np.float32), device="cpu")
