"""The benchmark of public scenes, on three that are made here: what is filled, left with a reason, and not opened."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import addon_utils
import bpy
import pytest

from benchmarks.scenes import describe, try_scenes
from tests.blender.trees import Build
from tests.blender.walls import make_wall

pytestmark = pytest.mark.ends


def test_each_material_ends_with_a_word(tmp_path: Path) -> None:
    make_wall(tmp_path / "maps")
    addon_utils.enable("io_scene_gltf2")
    bpy.ops.export_scene.gltf(filepath=str(tmp_path / "wall.gltf"), export_format="GLTF_SEPARATE")
    build = Build()
    build.link(build.image("straight"), "Color", build.node("OutputMaterial"), "Surface")
    bpy.context.object.data.materials.append(build.material)
    bpy.context.object.data.materials.append(bpy.data.materials.new("Plain"))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "wall.blend"))
    (tmp_path / "broken.glb").write_bytes(b"glTF\x02\x00\x00\x00")
    scenes = [tmp_path / name for name in ("wall.blend", "wall.gltf", "broken.glb")]
    rows = list(try_scenes(scenes, Path(sys.executable)))
    found = {(row["file"], row["material"]): row["outcome"] for row in rows}
    assert found == {
        ("wall.blend", "Wall"): "filled", ("wall.blend", build.material.name): "left",
        ("wall.blend", "Plain"): "no images", ("wall.gltf", "Wall"): "filled", ("broken.glb", ""): "not opened",
    }, rows  # fmt: skip
    assert all(row["said"] for row in rows if row["outcome"] != "no images")
    assert describe(Counter(found.values())).splitlines()[0].split() == ["2", "filled"]
