"""Source maps: replayed, they are the fill as it was before its joins were levelled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import svbrdf_core as sv
from svbrdf_core.example import make_example, write_example
from svbrdf_core.patch import PatchSettings

COPIES = PatchSettings(blend=False, pieces=1, drafts=0)
HOLE = (slice(30, 54), slice(38, 60))


def mask(size: int = 96) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    out = np.zeros((size, size), np.float32)
    out[HOLE] = 1
    return out


@pytest.mark.parametrize(("turned", "tileable"), [(False, False), (True, False), (False, True)])
def test_replayed_it_is_the_fill_without_levelling_in_every_channel(turned: bool, tileable: bool) -> None:
    material = sv.Material.from_arrays("bricks", make_example("bricks", 96).clean)
    settings = replace(COPIES, rotations=turned, mirrors=turned)
    hole = np.roll(mask(), 50, 1) if tileable else mask()
    fill = sv.inpaint(material, hole, settings=settings, tileable=tileable, device="cpu")
    found = fill.sources
    assert found is not None and len(found.rows) == np.count_nonzero(hole)
    copied = found.copy(material.tensor(), material.layout)
    filled = fill.canvas.tensor()[:, found.rows, found.cols]
    at = material.layout.slice_of("normal")
    same = np.ones(len(copied), np.bool_)
    same[at] = False
    assert (copied[same] == filled[same]).all()
    # A normal of 8 bits is nearly of length 1; a filled one is, and is stored in 8 bits again.
    assert np.abs(copied[at] / np.linalg.norm(copied[at], axis=0) - filled[at]).max() <= 0.5 * 2 / 255 + 1e-6
    assert (hole[found.source_rows, found.source_cols] == 0).all()
    assert (len(np.unique(found.orientation)) > 1) == turned


def test_stored_samples_are_those_at_the_sources(tmp_path: Path) -> None:
    write_example(tmp_path, "gravel", 96)
    material = sv.Material.load(tmp_path / "damaged")
    hole = sv.read_image(tmp_path / "mask.png").samples[:, :, 0] > 0
    fill = sv.inpaint(material, hole, settings=COPIES, device="cpu")
    fill.canvas.save(tmp_path / "out")
    found = fill.sources
    assert found is not None
    names = sorted(path.name for path in (tmp_path / "damaged").iterdir())
    assert len(names) > 3
    for name in names:
        before, after = (sv.read_image(tmp_path / folder / name).samples for folder in ("damaged", "out"))
        filled, copied = after[found.rows, found.cols], before[found.source_rows, found.source_cols]
        assert np.abs(filled.astype(int) - copied).max() <= (name == "normal.png"), name  # as unit vectors


def test_levelling_is_all_that_a_fill_is_besides() -> None:
    """The same field is found with and without it, and what is levelled is smooth: pieces keep their detail."""
    material = sv.Material.from_arrays("gravel", make_example("gravel", 96).clean)
    plain = sv.inpaint(material, mask(), settings=COPIES, device="cpu")
    levelled = sv.inpaint(material, mask(), settings=replace(COPIES, blend=True), device="cpu")
    one, two = plain.sources, levelled.sources
    assert one is not None and two is not None
    assert (one.source_rows == two.source_rows).all() and (one.source_cols == two.source_cols).all()
    changed = levelled.canvas.tensor() - plain.canvas.tensor()
    at = material.layout.slice_of("roughness")
    assert 0 < np.abs(changed[at][:, mask() > 0]).mean() < np.abs(np.diff(plain.canvas.tensor()[at], axis=2)).mean()
