"""On real materials: maps that are filled each on its own cohere less than maps that are filled together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import svbrdf_core as sv
from svbrdf_core.metrics import measure

SHARED = Path(__file__).parents[3] / "shared"
MATERIALS = ("painted_bricks002", "ds19_metal_plating_23", "ds19_creature_scales_26", "scifi_floor_panel")
MAPS: Sequence[str] = ("diffuse", "normal", "roughness", "specular")


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "materials").is_dir(), reason="the shared materials are not beside the clone")
def test_coherence_ranks_a_fill_of_each_map_below_a_joint_one() -> None:
    for name in MATERIALS:
        material = sv.Material.load(SHARED / "materials" / name, only=MAPS)
        mask = np.zeros((material.height, material.width), np.float32)
        row, column = material.height // 3, material.width // 3
        mask[row : row + 72, column : column + 72] = 1
        truth, hole = material.tensor(), mask > 0
        found = {}
        for method in ("patch", "patch-per-map"):
            least = sv.PatchSettings(richness=0, pieces=0)  # a regular map is continued alone as well if it is rich
            filled = sv.inpaint(material, mask, method=method, settings=least, device="cpu").canvas.tensor()
            found[method] = measure(filled, truth, material.layout, hole, groups=("structure",))["coherence"]
        untouched = measure(truth, truth, material.layout, hole, groups=("structure",))["coherence"]
        assert found["patch"] > found["patch-per-map"] + 0.3, (name, found)
        assert untouched > found["patch-per-map"] + 0.3, (name, untouched, found)
