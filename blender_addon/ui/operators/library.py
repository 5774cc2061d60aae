"""Operators on a library of .blend files: repaired in the background, cancelled, and its report."""

import sys
import time
from pathlib import Path
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as _
from bpy.props import BoolProperty, IntProperty, StringProperty

from ...client import UserError
from ...library.choice import LibraryChoice
from ...library.report import as_text
from ...session import timer
from ...session.library import library
from .filling import PAUSE, parse_settings, set_choice

GIVEN = ("hole", "which", "result", "mode", "method")
"""Arguments that are choices of the panel too."""


class SVBRDF_OT_repair_library(bpy.types.Operator):
    """Fill the holes of materials in all .blend files of a library, in the background; each is saved as a copy"""

    bl_idname = "svbrdf.repair_library"
    bl_label = "Repair Library"
    bl_options = {"REGISTER"}

    folder: StringProperty(name="Folder", subtype="DIR_PATH", description="Of the .blend files; empty for the panel's")
    masks: StringProperty(
        name="Masks",
        subtype="FILE_PATH",
        description="A folder with a mask for each material, by its name, or one picture for all; then no hole",
    )
    hole: StringProperty(name="Hole", description="OWN, MASKS or ALPHA; empty for the panel's")
    which: StringProperty(name="Materials", description="ALL or ASSETS; empty for the panel's")
    result: StringProperty(name="Save", description="COPY or IN_PLACE; empty for the panel's")
    out: StringProperty(name="Copies", subtype="DIR_PATH", description="Folder of copies; empty for the panel's")
    mode: StringProperty(name="Result", description="BESIDE or REPLACE; empty for the panel's")
    method: StringProperty(name="Method", description="Such as patch, diffusion or auto; empty for the panel's")
    settings: StringProperty(name="Settings", description="Settings of the method as JSON")
    seed: IntProperty(name="Seed", default=-1, min=-1, description="-1 for the panel's")
    wait: BoolProperty(name="Wait", description="Return when all is done; always so in background mode")

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether none is being repaired."""
        if library.busy:
            cls.poll_message_set("A library is being repaired already")
        return not library.busy

    def execute(self, context: Any) -> set[str]:
        """Begin, and for scripts wait."""
        try:
            library.begin(self._choice(context.window_manager.svbrdf_library))
            if self.wait or bpy.app.background:
                self._wait()
        except UserError as error:
            self.report({"ERROR"}, error.sentence)
            return {"CANCELLED"}
        return {"FINISHED"}

    def _choice(self, ours: Any) -> LibraryChoice:
        """Take what was given into the panel, and return all as plain data."""
        for name, path in (("folder", self.folder), ("masks", self.masks), ("out", self.out)):
            if path:
                setattr(ours, name, path)
        if self.folder:
            ours.library = "FOLDER"
        if self.masks:
            ours.hole = "MASKS"
        for name in GIVEN:
            if name != "method":
                set_choice(ours, name, getattr(self, name))
        if self.settings:
            parse_settings(self.settings)  # or it says what is wrong now
        folder = ours.path
        if folder is None:
            raise UserError("file", "Choose an asset library, or the folder of the .blend files.")
        return LibraryChoice(
            folder=folder,
            hole=ours.hole,
            masks=_path(ours.masks) if ours.hole == "MASKS" else None,
            assets=ours.which == "ASSETS",
            result=ours.result,
            out=_path(ours.out) if ours.result == "COPY" else None,
            mode=ours.mode,
            method=self.method or ours.method,
            settings=self.settings,
            seed=ours.seed if self.seed < 0 else self.seed,
        )

    def _wait(self) -> None:
        """Return when all is done, and tell of it on the terminal of a Blender without a window.

        Raises:
            UserError: it could not begin, or something failed.
        """
        while library.busy:
            timer.poll()
            time.sleep(PAUSE)
        if not library.rows:
            raise UserError("file", library.words or "Nothing was repaired.")
        if bpy.app.background:
            sys.stdout.write(as_text(library.title, library.rows))
        if library.failed:
            sentence = _("{said}; the report says why: {page}")
            raise UserError("job", sentence.format(said=library.describe(), page=library.page or library.words))


class SVBRDF_OT_cancel_library(bpy.types.Operator):
    """End the repair of the library; files that are saved stay, and the next repair goes on with the others"""

    bl_idname = "svbrdf.cancel_library"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether one is being repaired."""
        return library.busy and not library.cancelled

    def execute(self, context: Any) -> set[str]:
        """End it."""
        library.cancel()
        return {"FINISHED"}


class SVBRDF_OT_library_report(bpy.types.Operator):
    """Show the report of the repaired library in the browser"""

    bl_idname = "svbrdf.library_report"
    bl_label = "Show Report"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether there is one."""
        return library.page is not None

    def execute(self, context: Any) -> set[str]:
        """Show it."""
        if library.page is not None:
            bpy.ops.wm.url_open(url=library.page.as_uri())
        return {"FINISHED"}


def _path(text: str) -> Path | None:
    return Path(bpy.path.abspath(text)).resolve() if text else None


CLASSES = (SVBRDF_OT_repair_library, SVBRDF_OT_cancel_library, SVBRDF_OT_library_report)
