"""The preview of an object: as a normal render of its scene shows it."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from tests.blender.helper import part
from tests.blender.preview_helper import draw_preview, furnish_scene, images, maps, material, read_picture, request

UserError = part("client").UserError


def render_scene(path: Path) -> np.ndarray:
    """What Blender's own Render Image gives."""
    scene = bpy.context.scene
    scene.render.filepath = str(path)
    scene.render.image_settings.file_format = "PNG"
    bpy.ops.render.render(write_still=True)
    return read_picture(path)


def test_through_the_camera_it_equals_a_normal_render(tmp_path: Path) -> None:
    furnish_scene(material("Wall", images(maps())))
    normal = render_scene(tmp_path / "normal.png")
    pictures = draw_preview(tmp_path, material="Wall", object="Wall", engine="SCENE", denoise=False)
    np.testing.assert_array_equal(read_picture(pictures.after), normal)
    np.testing.assert_array_equal(read_picture(pictures.before), normal)
    assert pictures.changed == 0.0
    assert np.ptp(normal) > 50


def test_before_shows_the_old_images_on_every_user_of_them(tmp_path: Path) -> None:
    old, new = images(maps()), images(maps(3), "_inpaint")
    wall = material("Wall", old)
    furnish_scene(wall)
    normal = render_scene(tmp_path / "normal.png")
    for node in wall.node_tree.nodes:
        if node.type == "TEX_IMAGE":
            node.image = bpy.data.images[node.image.name + "_inpaint"]
    before = {new[kind].name: old[kind].name for kind in old}
    pictures = draw_preview(tmp_path, material="Wall", object="Wall", before=before, denoise=False)
    np.testing.assert_array_equal(read_picture(pictures.before), normal)
    np.testing.assert_array_equal(read_picture(pictures.after), render_scene(tmp_path / "now.png"))
    assert pictures.changed > 0.1


@pytest.mark.parametrize("kind", ["PERSP", "ORTHO"])
def test_a_3d_view_that_stands_at_the_camera_sees_the_same(tmp_path: Path, kind: str) -> None:
    furnish_scene(material("Wall", images(maps())))
    holder = bpy.context.scene.camera
    holder.data.type, holder.data.ortho_scale, holder.data.lens = kind, 3.0, 45.0
    bpy.context.view_layer.update()
    where = holder.matrix_world.copy()
    if kind == "ORTHO":  # whose eye is at the point that it turns around, or anywhere
        where = where @ Matrix.Translation((0.0, 0.0, -6.0))
    view = request.View(
        matrix=tuple(value for row in where for value in row),
        lens=90.0,  # a 3D view looks through a film twice as wide as a camera's
        distance=3.0 * 90.0 / 72.0,
        perspective=kind == "PERSP",
        aspect=96 / 72,
        clip=(0.01, 1000.0),
    )
    normal = render_scene(tmp_path / "normal.png").astype(int)
    pictures = draw_preview(tmp_path, material="Wall", object="Wall", view=view, denoise=False)
    assert np.abs(read_picture(pictures.after) - normal).mean() < 1.0


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    furnish_scene(material("Wall", images(maps())))
    for fields, word in (
        ({"object": "Door"}, "Door"),
        ({"material": "Gone"}, "Gone"),
        ({"before": {"a": "b"}}, 'image "a"'),
    ):
        with pytest.raises(UserError, match=word):
            request.start_preview(
                bpy.context, request.PreviewRequest(**({"material": "Wall", "object": "Wall"} | fields)), tmp_path
            )
    bpy.context.scene.camera = None
    with pytest.raises(UserError, match="no camera"):
        request.start_preview(bpy.context, request.PreviewRequest("Wall", object="Wall"), tmp_path)
    with pytest.raises(UserError, match="folder"):
        request.start_preview(bpy.context, request.PreviewRequest("Wall"), tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_the_users_file_is_not_touched(tmp_path: Path) -> None:
    wall = material("Wall", images(maps()))
    furnish_scene(wall)
    scene = bpy.context.scene

    def state() -> dict[str, object]:
        blocks = {(type(block).__name__, block.name, block.users) for block in bpy.data.user_map()}
        render = scene.render
        return {"blocks": blocks, "render": (render.engine, render.filepath, render.resolution_x, scene.camera.name)}

    earlier = state()
    view = request.View((1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 0, 0, 0, 1), 50.0, 3.0, True, 1.0, (0.01, 100.0))
    draw_preview(tmp_path, material="Wall", object="Wall", view=view)
    assert state() == earlier
    assert not bpy.data.filepath
