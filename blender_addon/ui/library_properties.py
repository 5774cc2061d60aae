"""What is repaired in a library and how, as the panel has it: kept while Blender runs, in no file."""

from functools import cache
from pathlib import Path
from typing import Any

import bpy
from bpy.props import EnumProperty, IntProperty, PointerProperty, StringProperty

from .properties import MODES, RELATIVE, method_items

FOLDER = "FOLDER"
HOLES = [
    ("OWN", "Of each material", "What was painted or chosen in a material; others are left alone"),
    ("MASKS", "Masks", "A mask for each material, by its name, in a folder: Oak.png, Oak_mask.png, wood/Oak.png"),
    ("ALPHA", "Alpha", "What is transparent in the base colour"),
]
WHICH = [
    ("ALL", "All", "All materials with images"),
    ("ASSETS", "Assets", "Only materials that are marked as assets"),
]
RESULTS = [
    ("COPY", "Copies", "Each file is saved as another one; the library stays as it is"),
    ("IN_PLACE", "In place", "Each file is changed, after a copy of it was saved as NAME.before-inpaint.blend"),
]


def _library_items(ours: Any, context: Any) -> tuple[tuple[str, str, str], ...]:
    libraries = bpy.context.preferences.filepaths.asset_libraries
    return _make_items(tuple((one.name, one.path) for one in libraries))


@cache
def _make_items(libraries: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str, str], ...]:
    """Return items of an enumeration, which are kept for good: Blender does not hold on to their texts."""
    return (
        (FOLDER, "A folder", "A folder of .blend files, and those in it"),
        *((f"LIBRARY {path}", name, path) for name, path in libraries),
    )


class SVBRDF_PG_library(bpy.types.PropertyGroup):
    """A repair of a library, as it is set in the panel."""

    library: EnumProperty(name="Library", items=_library_items, description="An asset library of the preferences")
    folder: StringProperty(name="Folder", subtype="DIR_PATH", options=RELATIVE, description="Of the .blend files")
    which: EnumProperty(name="Materials", items=WHICH, description="Which materials are repaired")
    hole: EnumProperty(name="Hole", items=HOLES, description="What is filled")
    masks: StringProperty(name="Masks", subtype="DIR_PATH", options=RELATIVE, description="The folder of the masks")
    result: EnumProperty(name="Save", items=RESULTS, description="Where repaired files go")
    out: StringProperty(
        name="Into",
        subtype="DIR_PATH",
        options=RELATIVE,
        description="Folder of the copies; empty for beside each file, as NAME_inpaint",
    )
    mode: EnumProperty(name="Result", items=MODES, description="Where the repaired maps go")
    method: EnumProperty(name="Method", items=lambda ours, context: method_items(None, context))
    seed: IntProperty(name="Seed", min=0, description="Another seed, another fill")

    @property
    def path(self) -> Path | None:
        """The folder that is meant; None if none was chosen."""
        text = self.folder if self.library == FOLDER else self.library.removeprefix("LIBRARY ")
        return Path(bpy.path.abspath(text)).resolve() if text else None


def register() -> None:
    """Give this Blender its settings."""
    bpy.utils.register_class(SVBRDF_PG_library)
    bpy.types.WindowManager.svbrdf_library = PointerProperty(type=SVBRDF_PG_library)


def unregister() -> None:
    """Take them away again."""
    del bpy.types.WindowManager.svbrdf_library
    bpy.utils.unregister_class(SVBRDF_PG_library)
