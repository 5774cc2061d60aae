"""Properties: what is set for a material, kept with it in the .blend file, and the add-on's preferences."""

import math
from functools import cache
from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..client.launch import IDLE_MINUTES, INSTALL
from ..holes.painting import set_colour
from ..session import settings
from ..session.context import PACKAGE
from ..session.guides import grey_of

HOLES = [
    ("PAINT", "Painted", "What was painted, or taken from faces or a box, is filled"),
    ("IMAGE", "Image", "What is white in an image is filled"),
    ("ALPHA", "Alpha", "What is transparent in the base colour is filled"),
]
METHODS = {
    "patch": ("Patches", "Copy fitting pieces from elsewhere in the material; seconds"),
    "diffusion": (
        "Diffusion",
        "Train a small network on this material and draw from it; minutes without a graphics card",
    ),
    "auto": ("Auto", "Try both and take the one with fewer blemishes"),
}
"""What these methods are called here, and all that are offered while there is no service."""
MODES = [
    ("BESIDE", "New images", "Results go into new images beside the old ones, in this material alone"),
    ("REPLACE", "Same images", "Results take the place of the old images everywhere; a backup of each is kept"),
]
TILES = [
    ("AUTO", "Find out", "Look whether the left edge continues the right one"),
    ("YES", "Yes", "The edges meet: what is filled meets around them too"),
    ("NO", "No", "The edges do not meet"),
]
AXES = [
    ("BOTH", "All edges", "Left meets right, and top meets bottom"),
    ("X", "Left and right", "The left edge meets the right one"),
    ("Y", "Top and bottom", "The upper edge meets the lower one"),
]
GRAINS = [
    ("NONE", "Any", "How the grain runs does not matter"),
    ("AUTO", "As around", "The grain goes on as it runs around the hole"),
    ("IMAGE", "Painted", "An image says how the grain runs: black to white for 0 to 180 degrees"),
]
ENGINES = [
    ("SCENE", "Scene", "The render engine of the scene"),
    ("EEVEE", "EEVEE", "Quick"),
    ("CYCLES", "Cycles", "True light, few samples"),
]


LEAST_SIDE, MOST_SIDE = 16, 65_536
"""Pixels of a sheet's sides, and the most that a side can be extended by, that any service takes."""
RELATIVE = {"ANIMATABLE"} | ({"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set())
"""Options of a path that may begin with ``//``, the folder of the .blend."""


def _on_method(ours: Any, context: Any) -> None:
    settings.sync_settings(ours)


def method_items(ours: Any, context: Any) -> tuple[tuple[str, str, str], ...]:
    """Return the methods to choose from: the service's, and the one that a material has chosen in any case."""
    offered = dict(settings.usable_methods()) or {name: title for name, (title, _) in METHODS.items()}
    if ours is not None:
        offered.setdefault(ours.method, ours.method)
    return _make_items(tuple(offered.items()))


@cache
def _make_items(offered: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str, str], ...]:
    """Return items of an enumeration, which are kept for good: Blender does not hold on to their texts."""
    return tuple((name, *METHODS.get(name, (title[:1].upper() + title[1:], ""))) for name, title in offered)


def _get_method(ours: Any) -> int:
    return [name for name, *_ in method_items(ours, None)].index(ours.method)


def _set_method(ours: Any, number: int) -> None:
    ours.method = method_items(ours, None)[number][0]


class SVBRDF_PG_choice(bpy.types.PropertyGroup):
    """One of the values that a setting may have."""


def _on_path(own: Any, context: Any) -> None:
    """A file of this computer takes the place of one of the service."""
    if own.path:
        own.offered = own.offered_name = ""


class SVBRDF_PG_setting(bpy.types.PropertyGroup):
    """One setting of a method, as the service describes it."""

    group: StringProperty(description="Path of the method within the method that it belongs to")
    title: StringProperty()
    description: StringProperty()
    kind: StringProperty()
    flag: BoolProperty(name="", description="See the manual of the service")
    integer: IntProperty(name="")
    number: FloatProperty(name="", precision=4)
    text: StringProperty(name="")
    path: StringProperty(
        name="",
        subtype="FILE_PATH",
        options=RELATIVE,
        update=_on_path,
        description="A file of this computer; it is sent to the service",
    )
    models: StringProperty(description="Kinds of the service's models that it takes")
    offered: StringProperty(description="Digest of the service's model that is chosen")
    offered_name: StringProperty(description="What that one is called")
    choices: CollectionProperty(type=SVBRDF_PG_choice)


def _on_angle(own: Any, context: Any) -> None:
    """Let the brush paint the direction that was chosen, where it paints directions."""
    guide = f"{own.path_from_id().rpartition('.')[2]}.grain_image"
    set_colour(context, guide, own.id_data, (grey_of(own.angle),) * 3)


class SVBRDF_PG_guides(bpy.types.PropertyGroup):
    """What a fill follows besides its surroundings, each an image of the size of the result."""

    protect: PointerProperty(
        name="Protect",
        type=bpy.types.Image,
        description="White where there is structure, in the hole and around it, such as bricks or vines: it is copied "
        "from structure alone, and all else from the rest",
    )
    colours: PointerProperty(
        name="Colors",
        type=bpy.types.Image,
        description="Colors of all that is filled and around it: what has one color becomes alike",
    )
    source_colours: PointerProperty(
        name="Colors of the Material",
        type=bpy.types.Image,
        description="The same colors on the material as it is now, which the sheet is made of",
    )
    grain: EnumProperty(name="Grain", items=GRAINS, description="How the grain is to run in the hole")
    grain_image: PointerProperty(
        name="Grain",
        type=bpy.types.Image,
        description="How the grain runs in the hole: black to white for 0 to 180 degrees, counterclockwise from left "
        "to right",
    )
    angle: FloatProperty(
        name="Direction",
        subtype="ANGLE",
        min=0.0,
        max=math.pi,
        update=_on_angle,
        description="The direction that is painted, counterclockwise from left to right",
    )


class SVBRDF_PG_material(bpy.types.PropertyGroup):
    """What is to be filled in a material, and how."""

    turned: StringProperty(description="Maps whose tick is not as at first, one a line")
    lead: StringProperty(description="The image whose way of lying on the surface counts; empty for the base colour")
    hole: EnumProperty(name="Hole", items=HOLES, description="What is filled")
    hole_image: PointerProperty(name="Image", type=bpy.types.Image, description="White is filled, black is left alone")
    threshold: FloatProperty(
        name="Below", min=0.0, max=1.0, default=0.5, subtype="FACTOR", description="Alpha below this is filled"
    )
    forbid: PointerProperty(
        name="Not from", type=bpy.types.Image, description="Nothing is copied from where this image is white"
    )
    grow: FloatProperty(
        name="Grow", soft_min=-64, soft_max=64, min=-1000, max=1000, description="Pixels by which the hole is grown"
    )
    feather: FloatProperty(
        name="Feather", soft_max=64, min=0, max=1000, description="Pixels of a soft rim; it lies outside the hole"
    )
    method: StringProperty(
        name="Method", default="patch", update=_on_method, description="What the service calls the method"
    )
    method_item: EnumProperty(
        name="Method",
        items=method_items,
        get=_get_method,
        set=_set_method,
        description="How the hole is filled; the service tells which methods there are",
    )
    settings: CollectionProperty(type=SVBRDF_PG_setting)
    settings_of: StringProperty()
    seed: IntProperty(name="Seed", min=0, description="Another seed, another fill")
    variations: IntProperty(
        name="Variations", min=1, max=64, soft_max=8, default=1, description="Fills of different seeds to choose from"
    )
    tileable: EnumProperty(name="Tiles", items=TILES, description="Whether the texture meets itself around the edges")
    mode: EnumProperty(name="Result", items=MODES, description="Where the repaired maps go")
    tile_axis: EnumProperty(name="Edges", items=AXES, description="Which edges are made to meet")
    tile_band: FloatProperty(
        name="Widest Band",
        default=15.0,
        min=0.5,
        max=50.0,
        subtype="PERCENTAGE",
        description="At most so much of the picture is filled along edges that are to meet; less where less will do",
    )
    tile_flatten: BoolProperty(
        name="Take Out Light", description="First take out light that changes slowly over the picture"
    )
    extend_left: IntProperty(name="Left", min=0, max=MOST_SIDE, subtype="PIXEL", description="Pixels to add")
    extend_right: IntProperty(name="Right", min=0, max=MOST_SIDE, subtype="PIXEL", description="Pixels to add")
    extend_top: IntProperty(name="Top", min=0, max=MOST_SIDE, subtype="PIXEL", description="Pixels to add")
    extend_bottom: IntProperty(name="Bottom", min=0, max=MOST_SIDE, subtype="PIXEL", description="Pixels to add")
    sheet_width: IntProperty(
        name="Width", default=2048, min=LEAST_SIDE, max=MOST_SIDE, subtype="PIXEL", description="Of the new sheet"
    )
    sheet_height: IntProperty(
        name="Height", default=2048, min=LEAST_SIDE, max=MOST_SIDE, subtype="PIXEL", description="Of the new sheet"
    )
    guides: PointerProperty(type=SVBRDF_PG_guides, description="Of the picture as it is")
    extend_guides: PointerProperty(type=SVBRDF_PG_guides, description="Of the extended picture")
    sheet_guides: PointerProperty(type=SVBRDF_PG_guides, description="Of the sheet")
    engine: EnumProperty(name="Engine", items=ENGINES, description="What draws the pictures of before and after")
    view: EnumProperty(
        name="View",
        items=[
            ("PLANE", "Plane", "The material on a flat piece under a low light"),
            ("OBJECT", "Object", "The object in its scene, as you see it now"),
        ],
        description="What the pictures of before and after show",
    )
    picture: EnumProperty(
        name="Picture",
        items=[
            ("BEFORE", "Before", "The material as it was"),
            ("AFTER", "After", "The material with the result"),
            ("DIFFERENCE", "Difference", "What changed, made twice as bright"),
        ],
        default="AFTER",
        description="Which of the pictures is shown; the view and the light are the same in all",
    )
    different: FloatProperty(
        name="How Different",
        default=1.0,
        min=0.05,
        max=1.0,
        subtype="FACTOR",
        description="How far another fill is from this one: on the left in details alone, on the right in all",
    )
    filled: BoolProperty(description="The hole was filled, and has not been changed since")
    job: StringProperty(description="The job whose result is in the material")
    variation: IntProperty(description="Which of its variations")


class SVBRDF_AP_preferences(bpy.types.AddonPreferences):
    """Where the service is and how it is started."""

    bl_idname = PACKAGE

    where: EnumProperty(
        name="Service",
        items=[
            ("LOCAL", "This computer", "The service of this computer, found or started by itself"),
            ("REMOTE", "Another address", "A service on another computer, with a larger graphics card say"),
        ],
    )
    program: StringProperty(
        name="Program",
        subtype="FILE_PATH",
        description="svbrdf, or the Python it is installed in; left empty it is looked for",
    )
    idle: IntProperty(
        name="Idle Minutes",
        default=IDLE_MINUTES,
        min=1,
        soft_max=600,
        description="A service started here ends after so long without use, and gives all its memory back",
    )
    url: StringProperty(name="Address", description="Such as http://127.0.0.1:8000")
    token: StringProperty(name="Token", subtype="PASSWORD", description="What the service asks for")
    pictures: BoolProperty(
        name="Draw before and after when a result is chosen",
        default=True,
        description="In a Blender in the background; the window never waits for it",
    )

    def draw(self, context: Any) -> None:
        """Draw what belongs to the chosen kind of service."""
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "where")
        if self.where == "LOCAL":
            layout.prop(self, "program")
            layout.prop(self, "idle")
            row = layout.row()
            row.label(text=INSTALL, translate=False)
            row.operator("svbrdf.copy_install", text="", icon="COPYDOWN")
        else:
            layout.prop(self, "url")
            layout.prop(self, "token")
        layout.prop(self, "pictures")


PREFERENCES = (SVBRDF_AP_preferences,)
CLASSES = (SVBRDF_PG_choice, SVBRDF_PG_setting, SVBRDF_PG_guides, SVBRDF_PG_material)


def register() -> None:
    """Give every material its settings."""
    for one in CLASSES:
        bpy.utils.register_class(one)
    bpy.types.Material.svbrdf = PointerProperty(type=SVBRDF_PG_material)


def unregister() -> None:
    """Take them away again; their values stay in the file."""
    del bpy.types.Material.svbrdf
    for one in reversed(CLASSES):
        bpy.utils.unregister_class(one)
