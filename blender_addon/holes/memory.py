"""What painting changes comes in; it is remembered in the scene, where it outlives undo, saving and loading."""

import json
from typing import Any

import bpy


class SVBRDF_PG_painting(bpy.types.PropertyGroup):
    """A hole is being painted: what was there before."""

    active: bpy.props.BoolProperty()
    material: bpy.props.PointerProperty(type=bpy.types.Material)
    image: bpy.props.PointerProperty(type=bpy.types.Image)
    thing: bpy.props.PointerProperty(type=bpy.types.Object)
    canvas: bpy.props.PointerProperty(type=bpy.types.Image)
    brush: bpy.props.PointerProperty(type=bpy.types.Brush)
    values: bpy.props.StringProperty()

    def write(self, values: dict[str, Any]) -> None:
        """Keep plain values."""
        self.values = json.dumps(values)

    def read(self) -> dict[str, Any]:
        """Return the plain values that were kept."""
        values = json.loads(self.values or "{}")
        return values if isinstance(values, dict) else {}

    def forget(self) -> None:
        """Note that nothing is being painted any more."""
        for each in self.bl_rna.properties:
            if not each.is_readonly and each.identifier != "name":
                self.property_unset(each.identifier)


def register() -> None:
    """Declare the properties."""
    bpy.utils.register_class(SVBRDF_PG_painting)
    bpy.types.Scene.svbrdf_painting = bpy.props.PointerProperty(type=SVBRDF_PG_painting)
    bpy.types.Material.svbrdf_hole = bpy.props.PointerProperty(
        type=bpy.types.Image,
        name="Hole",
        description="White where this material shall be repaired; painted, or made from faces or a box",
    )


def unregister() -> None:
    """Remove them again."""
    del bpy.types.Material.svbrdf_hole
    del bpy.types.Scene.svbrdf_painting
    bpy.utils.unregister_class(SVBRDF_PG_painting)
