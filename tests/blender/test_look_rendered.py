"""What is believed of a node is what Cycles draws: straight lines exactly, directions, and where an image lies."""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path
from typing import Any

import addon_utils
import bpy
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.blender.helper import NAME
from tests.blender.trees import Build, look, socket

STEPS = 33
reading = importlib.import_module(NAME + ".graph.reading")
place = importlib.import_module(NAME + ".graph.place")
maps = importlib.import_module(NAME + ".material.maps")
importlib.import_module(NAME + ".graph.trace")


@pytest.fixture(autouse=True)
def cycles() -> None:
    addon_utils.enable("cycles")


def gradient(build: Build, size: tuple[int, int], pixels: NDArray[np.float32]) -> Any:
    """Add an Image Texture node of a float image of these values, bottom row first."""
    image = bpy.data.images.new("wall", *size, float_buffer=True, is_data=True)
    image.pixels.foreach_set(pixels.astype(np.float32).ravel())
    image.pack()
    return build.node("TexImage", "tex", image=image, interpolation="Closest")


def render(build: Build, source: Any, output: str, size: tuple[int, int]) -> NDArray[np.float32]:
    """Draw an output of a node on a plane of UV 0 to 1 that fills the picture; bottom row first."""
    glow, target = build.node("Emission"), build.node("OutputMaterial")
    build.link(source, output, glow, "Color")
    build.link(glow, "Emission", target, "Surface")
    bpy.ops.mesh.primitive_plane_add(size=2)
    bpy.context.object.data.materials.append(build.material)
    scene = bpy.context.scene
    scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.collection.objects.link(scene.camera)
    scene.camera.data.type, scene.camera.location = "ORTHO", (0, 0, 5)
    scene.camera.data.ortho_scale = 2
    bpy.context.object.scale = (1, size[1] / size[0], 1)
    render = scene.render
    render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 1, False
    render.resolution_x, render.resolution_y, render.resolution_percentage, render.filter_size = *size, 100, 0.01
    render.image_settings.file_format, render.image_settings.color_depth = "OPEN_EXR", "32"
    with tempfile.TemporaryDirectory() as folder:
        render.filepath = str(Path(folder) / "drawn.exr")
        bpy.ops.render.render(write_still=True)
        image = bpy.data.images.load(render.filepath)
        flat = np.empty(size[0] * size[1] * 4, np.float32)
        image.pixels.foreach_get(flat)
    return flat.reshape(size[1], size[0], 4)[:, :, :3]


def read_signal(build: Build, node: Any, output: str) -> Any:
    """Return the signal that an output is taken for."""
    whole = place.Place(maps.copy_tree(build.material))
    return reading.Reader().output(place.Plug(whole, whole.tree.nodes[node.name], output))


def math(
    operation: str, second: float, into: str = "Value", third: float = 0.3
) -> tuple[str, dict[str, Any], str, str]:
    other = "Value_001" if into == "Value" else "Value"
    return "Math", {"operation": operation, f"_{other}": second, "_Value_002": third}, into, "Value"


def mix(blend: str, factor: float, into: str, value: float) -> tuple[str, dict[str, Any], str, str]:
    other = "B_Color" if into == "A_Color" else "A_Color"
    colour = (value, value, value, 1.0)
    settings = {"data_type": "RGBA", "blend_type": blend, "_Factor_Float": factor, f"_{other}": colour}
    return "Mix", settings, into, "Result_Color"


CASES = {
    "invert": ("Invert", {"_Fac": 1.0}, "Color", "Color"),
    "invert a third": ("Invert", {"_Fac": 0.3}, "Color", "Color"),
    "add": math("ADD", 0.25),
    "subtract": math("SUBTRACT", 0.25),
    "subtract from": math("SUBTRACT", 1.0, "Value_001"),
    "multiply": math("MULTIPLY", 0.4, "Value_001"),
    "multiply by less than nothing": math("MULTIPLY", -0.4),
    "divide": math("DIVIDE", 4.0),
    "divide by": math("DIVIDE", 0.4, "Value_001"),
    "multiply and add": math("MULTIPLY_ADD", -0.5, third=0.9),
    "power": math("POWER", 2.0),
    "a power of": math("POWER", 0.5, "Value_001"),
    "less": math("LESS_THAN", 0.5),
    "greater": math("GREATER_THAN", 0.5),
    "less than it": math("LESS_THAN", 0.5, "Value_001"),
    "minimum": math("MINIMUM", 0.5),
    "gamma": ("Gamma", {"_Gamma": 2.0}, "Color", "Color"),
    "contrast": ("BrightContrast", {"_Contrast": 0.4}, "Color", "Color"),
    "map range": ("MapRange", {"_From Max": 0.9, "_To Min": 0.8, "_To Max": 0.3, "clamp": False}, "Value", "Result"),
    "clamp": ("Clamp", {"_Min": 0.2, "_Max": 0.7}, "Value", "Result"),
    "ramp": ("ValToRGB", {}, "Fac", "Color"),
    "mix": mix("MIX", 0.3, "A_Color", 0.8),
    "mix in": mix("MIX", 0.3, "B_Color", 0.8),
    "multiply onto": mix("MULTIPLY", 0.6, "A_Color", 0.5),
    "multiply by it": mix("MULTIPLY", 0.6, "B_Color", 0.5),
    "mix add": mix("ADD", 0.5, "A_Color", 0.2),
    "mix add it": mix("ADD", 0.5, "B_Color", 0.2),
    "mix subtract": mix("SUBTRACT", 0.5, "A_Color", 0.2),
    "mix subtract it": mix("SUBTRACT", 0.5, "B_Color", 0.9),
    "difference with white": mix("DIFFERENCE", 1.0, "A_Color", 1.0),
    "difference with black": mix("DIFFERENCE", 1.0, "B_Color", 0.0),
    "mix by it": ("Mix", {"data_type": "FLOAT", "_A_Float": 0.9, "_B_Float": 0.2}, "Factor_Float", "Result_Float"),
    "screen": mix("SCREEN", 0.7, "A_Color", 0.4),
    "overlay": mix("OVERLAY", 0.7, "B_Color", 0.4),
    "lighten": mix("LIGHTEN", 1.0, "A_Color", 0.4),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_values_change_as_believed(case: str) -> None:
    kind, settings, into, output = CASES[case]
    build = Build()
    given = np.linspace(0.02, 0.98, STEPS, dtype=np.float32)
    pixels = np.ones((1, STEPS, 4), np.float32)
    pixels[:, :, :3] = given[:, None]
    node = build.node(kind, **settings)
    build.link(gradient(build, (STEPS, 1), pixels), "Color", node, into)
    shown = render(build, node, output, (STEPS, 4))[1, :, 0]
    channel = read_signal(build, node, output).parts[0]
    steps = np.diff(shown)
    assert np.all(steps * channel.scale >= -1e-5) and np.any(steps * channel.scale > 1e-5)
    if not channel.bent:
        assert shown == pytest.approx(channel.scale * given + channel.offset, abs=1e-4)


MOVE: dict[str, Any] = {"_Location": (0.3, -0.2, 0.0), "_Rotation": (0, 0, 0.5), "_Scale": (1.5, 0.8, 1)}
LAYOUTS: dict[str, dict[str, Any]] = {
    "point": {"vector_type": "POINT", **MOVE},
    "texture": {"vector_type": "TEXTURE", **MOVE},
    "vector": {"vector_type": "VECTOR", **MOVE},
    "tilted": {"_Rotation": (0.4, 0.2, 0.5), "_Scale": (2, 1, 1)},
    "own": {},
}


@pytest.mark.parametrize("case", LAYOUTS)
def test_images_lie_where_believed(case: str) -> None:
    build, size = Build(), 64
    row, column = np.mgrid[0:size, 0:size].astype(np.float32)
    pixels = np.dstack([column / size, row / size, np.zeros_like(row), np.ones_like(row)])
    image = gradient(build, (size, size), pixels)
    if case == "own":
        image.texture_mapping.translation, image.texture_mapping.scale = (0.2, 0.4, 0), (2, 3, 1)
        image.texture_mapping.rotation = (0, 0, 0.3)
    else:
        mapping = build.node("Mapping", **LAYOUTS[case])
        build.link(build.node("TexCoord"), "UV", mapping, "Vector")
        build.link(mapping, "Vector", image, "Vector")
    shown = render(build, image, "Color", (16, 16))
    a, b, c, d, e, f = look(build.material).uses[0].matrix
    v, u = (np.mgrid[0:16, 0:16] + 0.5) / 16
    wanted = np.dstack([a * u + b * v + c, d * u + e * v + f])
    away = (shown[:, :, :2] - wanted + 0.5) % 1.0 - 0.5
    assert np.quantile(np.abs(away), 0.97) < 1.5 / size


def test_sockets_of_the_cases_are_those_of_this_blender() -> None:
    build = Build()
    for kind, settings, into, output in CASES.values():
        node = build.node(kind, **settings)
        assert socket(node.inputs, into).enabled and socket(node.outputs, output).enabled
