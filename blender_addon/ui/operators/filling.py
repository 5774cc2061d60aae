"""Operators that fill: begun, waited for by scripts and cancelled; and which maps are filled with which settings."""

import json
import time
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as _
from bpy.props import BoolProperty, FloatProperty, FloatVectorProperty, IntProperty, StringProperty

from ...client import UserError
from ...holes import painting
from ...holes.mask import put_mask
from ...holes.raster import box_mask
from ...holes.surface import place_box
from ...job import CanvasSpec, ExtendSpec, GrowSpec, TileSpec, decode_files
from ...material.nodes import find_image, make_local
from ...session import filling, finishing, settings, timer
from ...session.context import fills_of, target_of
from ...session.selection import choose_lead, select, toggle_map
from ...session.state import Fill
from .base import OnMaterial, fill_of

PAUSE = 0.02
"""Seconds between two looks of a script that waits."""


class Filling:
    """The part of an operator that begins a fill: what a script says of it, and how a script waits."""

    material: StringProperty(name="Material", description="Its name; empty for the active one")
    method: StringProperty(name="Method", description="Such as patch, diffusion or auto; empty for the material's")
    settings: StringProperty(name="Settings", description="Settings of the method as JSON; empty for the material's")
    seed: IntProperty(name="Seed", default=-1, min=-1, description="-1 for the material's")
    variations: IntProperty(name="Variations", min=0, max=64, description="0 for the material's")
    wait: BoolProperty(
        name="Wait", description="Return when the result is in the material; always so in background mode"
    )
    keep: BoolProperty(name="Keep", description="Then keep the result and write its files; waits")
    folder: StringProperty(
        name="Folder", subtype="DIR_PATH", description="Where keep writes files; empty for beside the old ones"
    )

    def execute(self, context: Any) -> set[str]:
        """Begin, and for scripts wait."""
        try:
            material = self._target(context)
            self._set(material)
            painting.stop(context)
            given = parse_settings(self.settings) if self.settings else None
            fill = filling.begin(material, given, self.canvas(material))
            if fill.warning:
                self.report({"WARNING"}, fill.warning)  # type: ignore[attr-defined]
            if self.wait or self.keep or bpy.app.background:
                wait_for(fill)
            if self.keep:
                for word in finishing.keep(material, self.folder):
                    self.report({"INFO"}, word)  # type: ignore[attr-defined]
        except UserError as error:
            self.report({"ERROR"}, error.sentence)  # type: ignore[attr-defined]
            return {"CANCELLED"}
        return {"FINISHED"}

    def canvas(self, material: Any) -> CanvasSpec | None:
        """Return how the picture itself changes."""
        return None

    def _target(self, context: Any) -> Any:
        material = target_of(context)[0]
        if self.material:
            material = bpy.data.materials.get(self.material)
            if material is None:
                raise UserError("maps", _('There is no material "{name}" in this file.').format(name=self.material))
        if material is None:
            raise UserError("maps", "Select an object that has a material.")
        return material

    def _set(self, material: Any) -> None:
        """Set what was given; what was not stays as it is in the material."""
        ours = material.svbrdf
        if self.method:
            settings.choose_method(ours, self.method)
        if self.settings:
            settings.set_values(ours, parse_settings(self.settings))  # and they are shown from now on
        if self.seed >= 0:
            ours.seed = self.seed
        if self.variations:
            ours.variations = self.variations


class SVBRDF_OT_inpaint(Filling, bpy.types.Operator):
    """Fill the hole in all maps of the material by one joint decision"""

    bl_idname = "svbrdf.inpaint"
    bl_label = "Inpaint Material"
    bl_options = {"REGISTER"}

    hole: StringProperty(name="Hole", description="PAINT, IMAGE or ALPHA; empty for what is given or set")
    hole_image: StringProperty(name="Hole image", description="Name of the image for IMAGE; white is filled")
    box: FloatVectorProperty(
        name="Box",
        size=4,
        description="Left, bottom, right and top of a box to fill, in parts of the image; then no hole",
    )
    tileable: StringProperty(name="Tiles", description="AUTO, YES or NO; empty for what the material is set to")
    mode: StringProperty(name="Result", description="BESIDE or REPLACE; empty for what the material is set to")

    def _set(self, material: Any) -> None:
        """Set what was given; what was not stays as it is in the material."""
        ours = material.svbrdf
        for name in ("hole", "mode", "tileable"):
            set_choice(ours, name, getattr(self, name))
        super()._set(material)
        if self.hole_image:
            ours.hole_image = bpy.data.images.get(self.hole_image)
            ours.hole = self.hole or "IMAGE"
            if ours.hole_image is None:
                raise UserError("hole", _('There is no image "{name}" in this file.').format(name=self.hole_image))
        if any(self.box):
            ours.hole = "PAINT"
            self._put_box(material)

    def _put_box(self, material: Any) -> None:
        """Make the box the hole."""
        selection = select(material, anew=True)
        if not selection.chosen:
            raise UserError("maps", filling.explain_no_maps(selection))
        mask = box_mask(place_box(tuple(self.box), selection.layout), selection.size)
        if not mask.any():
            raise UserError("hole", "The box is empty or lies outside the image; give parts of the image, 0 to 1.")
        put_mask(material, mask)


class SVBRDF_OT_make_tileable(Filling, bpy.types.Operator):
    """Fill bands along the edges in all maps of the material, so that the edges meet; sizes and UVs stay"""

    bl_idname = "svbrdf.make_tileable"
    bl_label = "Make Tileable"
    bl_options = {"REGISTER"}

    axis: StringProperty(name="Edges", description="BOTH, X or Y; empty for what the material is set to")
    band: FloatProperty(
        name="Widest Band", min=0.0, max=50.0, description="In percent of the picture; 0 for the material's"
    )
    flatten: StringProperty(name="Take Out Light", description="YES or NO; empty for what the material is set to")
    mode: StringProperty(name="Result", description="BESIDE or REPLACE; empty for what the material is set to")

    def _set(self, material: Any) -> None:
        ours = material.svbrdf
        set_choice(ours, "tile_axis", self.axis)
        set_choice(ours, "mode", self.mode)
        super()._set(material)
        if self.band:
            ours.tile_band = self.band
        if self.flatten not in ("", "YES", "NO"):
            raise UserError("bad", _('flatten is YES or NO, not "{value}".').format(value=self.flatten))
        if self.flatten:
            ours.tile_flatten = self.flatten == "YES"

    def canvas(self, material: Any) -> CanvasSpec | None:
        """Return bands along the edges that are to meet."""
        ours = material.svbrdf
        return TileSpec(ours.tile_axis.lower(), round(ours.tile_band, 3), ours.tile_flatten)


class SVBRDF_OT_extend(Filling, bpy.types.Operator):
    """Let the material go on beyond its edges, in all maps; a Mapping node keeps what is there where it is"""

    bl_idname = "svbrdf.extend"
    bl_label = "Extend"
    bl_options = {"REGISTER"}

    left: IntProperty(name="Left", default=-1, min=-1, description="Pixels to add; -1 for the material's")
    right: IntProperty(name="Right", default=-1, min=-1, description="Pixels to add; -1 for the material's")
    top: IntProperty(name="Top", default=-1, min=-1, description="Pixels to add; -1 for the material's")
    bottom: IntProperty(name="Bottom", default=-1, min=-1, description="Pixels to add; -1 for the material's")

    def _set(self, material: Any) -> None:
        super()._set(material)
        for side in ("left", "right", "top", "bottom"):
            if getattr(self, side) >= 0:
                setattr(material.svbrdf, f"extend_{side}", getattr(self, side))

    def canvas(self, material: Any) -> CanvasSpec | None:
        """Return the sides that are added."""
        ours = material.svbrdf
        return ExtendSpec(ours.extend_left, ours.extend_right, ours.extend_top, ours.extend_bottom)


class SVBRDF_OT_grow(Filling, bpy.types.Operator):
    """Make a new sheet of any size of the material, in all maps; a Mapping node keeps its scale on the surface"""

    bl_idname = "svbrdf.grow"
    bl_label = "Grow Sheet"
    bl_options = {"REGISTER"}

    width: IntProperty(name="Width", min=0, description="Pixels of the sheet; 0 for the material's setting")
    height: IntProperty(name="Height", min=0, description="Pixels of the sheet; 0 for the material's setting")

    def _set(self, material: Any) -> None:
        super()._set(material)
        for side in ("width", "height"):
            if getattr(self, side):
                setattr(material.svbrdf, f"sheet_{side}", getattr(self, side))

    def canvas(self, material: Any) -> CanvasSpec | None:
        """Return the sheet."""
        return GrowSpec((material.svbrdf.sheet_width, material.svbrdf.sheet_height))


def parse_settings(text: str) -> dict[str, Any]:
    """Return settings that a script wrote as JSON, in which ``{"file": "/path"}`` is a file of this machine.

    Raises:
        UserError: it is no JSON object.
    """
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UserError("bad", 'settings is a JSON object such as {"mirrors": true}.')
    return dict(decode_files(found, bpy.path.abspath))


def set_choice(ours: Any, name: str, value: str) -> None:
    """Set an enumerated property from a script's word, or leave it for an empty one.

    Raises:
        UserError: there is no such value; the sentence names those there are.
    """
    if not value:
        return
    known = [item.identifier for item in ours.bl_rna.properties[name].enum_items]
    if value not in known:
        sentence = _('{name} is one of {known}, not "{value}".')
        raise UserError("bad", sentence.format(name=name, known=", ".join(known), value=value))
    setattr(ours, name, value)


def wait_for(fill: Fill) -> None:
    """Return when a fill's result is in the material.

    Raises:
        UserError: it failed; the sentence says why.
    """
    while fill.active or not fill.resolved:
        timer.poll()
        time.sleep(PAUSE)
    if fill.failure is not None:
        raise fill.failure
    if fill.result is None:
        raise UserError("cancelled", "The fill was cancelled; nothing was changed.")
    if not fill.applied:
        raise UserError("gone", fill.note or "The result was not put in; choose it in the panel.")


class SVBRDF_OT_cancel(OnMaterial, bpy.types.Operator):
    """End this fill; results that are in the material stay"""

    bl_idname = "svbrdf.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Cancel what runs on the material."""
        for fill in fills_of(material):
            if fill.active:
                filling.cancel(fill)


class SVBRDF_OT_again(OnMaterial, bpy.types.Operator):
    """Fill the same hole once more with another seed, or vary this result; nothing is sent anew"""

    bl_idname = "svbrdf.again"
    bl_label = "Another Seed"
    bl_options = {"INTERNAL"}

    job: StringProperty()

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Begin."""
        ours = material.svbrdf
        filling.fill_again(fill_of(self.job), ours.different, ours.variation if ours.job == self.job else 1)


class SVBRDF_OT_toggle_map(OnMaterial, bpy.types.Operator):
    """Whether this map is filled with the others or left alone"""

    bl_idname = "svbrdf.toggle_map"
    bl_label = "Fill This Map"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    role: StringProperty()

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Turn it round."""
        toggle_map(material, self.role)


class SVBRDF_OT_lead(OnMaterial, bpy.types.Operator):
    """Fill what lies on the surface in the way of this image, and leave alone what lies otherwise"""

    bl_idname = "svbrdf.lead"
    bl_label = "Fill This Instead"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    image: StringProperty()

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Let it lead."""
        choose_lead(material, self.image)


class SVBRDF_OT_make_local(OnMaterial, bpy.types.Operator):
    """Make this linked material your own, so that its images can be exchanged"""

    bl_idname = "svbrdf.make_local"
    bl_label = "Make Local"
    bl_options = {"REGISTER", "UNDO"}

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Make it local where the object uses it."""
        make_local(material, thing)


class SVBRDF_OT_find_image(OnMaterial, bpy.types.Operator):
    """Say where the file of this image lies now"""

    bl_idname = "svbrdf.find_image"
    bl_label = "Find the File"
    bl_options = {"REGISTER", "UNDO"}

    image: StringProperty(options={"HIDDEN"})
    filepath: StringProperty(subtype="FILE_PATH")
    filter_image: BoolProperty(default=True, options={"HIDDEN"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context: Any, event: Any) -> set[str]:
        """Let the user choose a file."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Take the file."""
        image = find_image(self.image)
        if image is None:
            raise UserError("gone", "That image is gone.")
        image.filepath = self.filepath
        image.reload()


class SVBRDF_OT_preset(OnMaterial, bpy.types.Operator):
    """Set what the service calls by this name"""

    bl_idname = "svbrdf.preset"
    bl_label = "Preset"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    preset: StringProperty()

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Set it."""
        ours = material.svbrdf
        method = settings.describe_method(ours.method)
        if method is None:
            raise UserError("absent", "Start the service first: it says what its presets are.")
        settings.sync_settings(ours)
        settings.set_values(ours, method["presets"].get(self.preset, {}))


class SVBRDF_OT_choose_model(OnMaterial, bpy.types.Operator):
    """Take a model that the service has, in place of a file of this computer"""

    bl_idname = "svbrdf.choose_model"
    bl_label = "Choose a Model"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    setting: StringProperty(description="Path of the setting, such as model")
    file: StringProperty(description="Digest of the model; empty for none")
    name: StringProperty(description="What it is called")

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Take it."""
        one = material.svbrdf.settings.get(self.setting)
        if one is None or one.kind != "path":
            raise UserError("bad", f'The method has no setting "{self.setting}" that takes a model.')
        settings.choose_offered(one, self.file, self.name)


CLASSES = (
    SVBRDF_OT_inpaint,
    SVBRDF_OT_make_tileable,
    SVBRDF_OT_extend,
    SVBRDF_OT_grow,
    SVBRDF_OT_cancel,
    SVBRDF_OT_again,
    SVBRDF_OT_preset,
    SVBRDF_OT_choose_model,
    SVBRDF_OT_toggle_map,
    SVBRDF_OT_lead,
    SVBRDF_OT_make_local,
    SVBRDF_OT_find_image,
)
