"""Nothing of a set stays damaged in silence: what a hole lies in is filled, or constant, or named with a reason.

A set that one fill changes all over, whatever it holds, shows what is written: every channel of every image of the
folder must have changed in the hole, be constant, or stand in a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from svbrdf_core import formats
from svbrdf_core.errors import InputError
from svbrdf_core.material import Material
from tests.material.conftest import SHARED

Samples = np.ndarray[Any, Any]
SIZE = 48
LEFT = ("left as it is", "left alone", "stays as it is")
"""Words of sentences that say that a whole file is not filled."""


def silent_pixels(folder: Path, out: Path, **options: Any) -> list[str] | None:
    """Fill a part of a set, and return the channels of its folder that kept their damage without a word.

    None if the set is refused, which is not silent either.
    """
    try:
        material = Material.load(folder, **options)
    except InputError:
        return None
    height, width = material.height // 6, material.width // 6
    window = material.window(material.height // 3, material.width // 3, height, width)
    edit = np.nan_to_num(window[:, ::-1, ::-1])
    material.with_window(edit, np.ones((height, width), np.float32), material.height // 3, material.width // 3).save(
        out
    )
    said = (*material.warnings, *material.notes)
    return [text for path in sorted(folder.iterdir()) for text in _silent(path, out, said)]


def _silent(path: Path, out: Path, said: tuple[str, ...]) -> Iterator[str]:
    if path.suffix.lower() not in formats.SUFFIXES:
        return
    mine = [sentence for sentence in said if path.name in sentence]
    whole = [s for s in mine if ": channel" not in s and any(word in s for word in LEFT)]
    before = formats.read(path)
    results = [p for p in (out / path.name, out / f"{path.stem}.png") if p.exists()]
    after = formats.read(results[0]).samples if results else before.samples
    height, width = before.samples.shape[:2]
    box = np.s_[height // 3 + 1 : height // 3 + height // 6 - 1, width // 3 + 1 : width // 3 + width // 6 - 1]
    for at, name in enumerate(before.info.channels):
        old, new = before.samples[:, :, at], after[:, :, at]
        kept = (old[box] != old[box].flat[0]).any() and np.array_equal(old[box], new[box])
        told = whole or any(f"channel {name}" in s or f"channels {name}" in s or f", {name}" in s for s in mine)
        if kept and not told:
            yield f"{path.name}: {name}"


def test_shared_raw_folders_have_no_silent_pixel(raw: Path, tmp_path: Path) -> None:
    for folder in sorted(p for p in raw.iterdir() if p.is_dir() and p.name != "deschaintre_strips"):
        assert silent_pixels(folder, tmp_path / folder.name) == [], folder.name  # and none is refused


def test_reported_folders_have_no_silent_pixel(tmp_path: Path) -> None:
    inputs = SHARED / "reports" / "inputs"
    if not inputs.is_dir():
        pytest.skip("../shared/reports/inputs is not at hand")
    for folder in sorted(inputs.iterdir()):
        assert not silent_pixels(folder, tmp_path / folder.name), folder.name


KINDS = (
    ("BaseColor", "albedo", "diff", "COL_VAR1", "AlbedoTransparency"),
    ("Normal", "nor_gl", "nrm", "ddna", "Normal_Height"),
    ("Roughness", "gloss", "ORM", "MaskMap", "MRAO", "mas", "Metallic_Roughness"), ("Metallic", "specular"),
    ("height", "bump"), ("ao", "cavity"), ("opacity", "emissive"), ("scribble", "notes", "packed", "COL_VAR2"),
)  # fmt: skip


def layout(rng: np.random.Generator) -> dict[str, Samples]:
    """Return a set as nobody would make it on purpose: images of random words, depths, constant and equal channels."""
    name = str(rng.choice(["wall", "Paint_Metallic", "Wood_Rough", "T_Normal_Rock", "rusty"]))
    words = [str(rng.choice(kind)) for kind in KINDS if rng.random() < 0.6]
    ending = str(rng.choice(["", "_2K", "_METALNESS"]))
    files: dict[str, Samples] = {}
    for word in words:
        depth = int(rng.choice([3, 4] if word in KINDS[1] else [1, 3, 4]))
        grey = word not in (*KINDS[0], *KINDS[1]) and rng.random() < 0.8
        samples = rng.integers(0, 256, (SIZE, SIZE, depth)).astype(rng.choice(np.array([np.uint8, np.uint16])))
        for channel in range(depth):
            kind = rng.random()
            if channel < 3 and grey:
                samples[:, :, channel] = samples[:, :, 0]
            elif kind < 0.2:
                samples[:, :, channel] = rng.integers(0, 256)
        files[f"{name}_{word}{ending}"] = samples
    return files


def written(folder: Path, seed: int) -> Path:
    folder.mkdir()
    for name, samples in layout(np.random.default_rng(seed)).items():
        formats.write_png(folder / f"{name}.png", samples)
    return folder


def test_no_layout_keeps_a_silent_pixel(tmp_path: Path) -> None:
    found = {
        seed: silent_pixels(written(tmp_path / f"set{seed}", seed), tmp_path / f"out{seed}") for seed in range(150)
    }
    assert not any(found.values()), {seed: text for seed, text in found.items() if text}
    assert sum(text is not None for text in found.values()) > 75  # the others are refused


def test_what_only_leaves_is_told(tmp_path: Path) -> None:
    for seed in range(20):
        folder = written(tmp_path / f"set{seed}", seed)
        try:
            maps = list(Material.load(folder).maps)
        except InputError:
            continue
        for name in maps:
            assert silent_pixels(folder, tmp_path / f"{seed}{name.replace(':', '_')}", only=[name]) == [], (seed, name)
