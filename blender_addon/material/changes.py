"""What was changed in a material comes in, and is kept in the .blend with it until the change is kept or taken back."""

import bpy


class SVBRDF_PG_change(bpy.types.PropertyGroup):
    """One image of a material that was replaced by a repaired one; `name` is the old image's."""

    old: bpy.props.PointerProperty(type=bpy.types.Image)
    new: bpy.props.PointerProperty(type=bpy.types.Image)
    mode: bpy.props.StringProperty(description="BESIDE or REPLACE")
    nodes: bpy.props.StringProperty(description="JSON: for each node its name, after those of the groups it is in")
    job: bpy.props.StringProperty(description="The job that made the new image")
    variation: bpy.props.IntProperty(description="Which of its variations that is")
    step: bpy.props.IntProperty(description="Changes of one step were made, and are taken back, together")
    on_disk: bpy.props.BoolProperty(description="The old image was one of a file")
    fake_user: bpy.props.BoolProperty(description="The old image was kept by a fake user before")


def register() -> None:
    """Give every material its list of changes."""
    bpy.utils.register_class(SVBRDF_PG_change)
    bpy.types.Material.svbrdf_changes = bpy.props.CollectionProperty(type=SVBRDF_PG_change)


def unregister() -> None:
    """Forget the lists; the images stay as they are."""
    del bpy.types.Material.svbrdf_changes
    bpy.utils.unregister_class(SVBRDF_PG_change)
