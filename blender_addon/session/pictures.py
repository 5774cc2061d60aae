"""The pictures of a material before and after a fill and of their difference, drawn in the background."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as _

from ..client import UserError
from ..graph import IDENTITY
from ..material.placing import plain_knobs
from ..preview.process import Pictures as Drawn
from ..preview.process import PreviewProcess, load_images
from ..preview.request import PreviewRequest, current_view, start_preview
from .context import reference_to
from .selection import select
from .state import DatablockRef


@dataclass
class Pictures:
    """The pictures of one material, the newest.

    Attributes:
        running: the Blender that draws; None when it does not.
        drawn: the three pictures.
        of: which material and which result they show.
        words: what went wrong or should be known.
        began: when the newest were begun, on the monotonic clock.
        folder: where they lie.
    """

    running: PreviewProcess | None = None
    drawn: Drawn | None = None
    of: tuple[DatablockRef, str, int] | None = None
    words: str = ""
    began: float = 0.0
    folder: Path | None = None

    @property
    def busy(self) -> bool:
        """Whether they are being drawn."""
        return self.running is not None

    @property
    def fraction(self) -> float:
        """How far they are, 0 to 1."""
        return self.running.fraction if self.running is not None else 1.0

    @property
    def elapsed(self) -> float:
        """Seconds since they were begun."""
        return time.monotonic() - self.began

    def begin(self, context: Any, material: Any, thing: Any) -> None:
        """Draw them anew; pictures that are being drawn are given up."""
        self.stop()
        self.began = time.monotonic()
        ours = material.svbrdf
        self.of, self.words = (reference_to(material), ours.job, ours.variation), ""
        try:
            self.folder = self.folder or Path(tempfile.mkdtemp(prefix="inpaint-", dir=bpy.app.tempdir))
            self.running = start_preview(context, _preview_request(context, material, thing), self.folder)
        except UserError as error:
            self.words = error.sentence
        except OSError as error:
            sentence = _("The temporary folder cannot be written ({reason}); see the preferences.")
            self.words = sentence.format(reason=error.strerror)

    def poll(self) -> bool:
        """Take the pictures when they are drawn."""
        got = self.running.poll() if self.running is not None else None
        if got is None:
            return False
        self.running = None
        if isinstance(got, str):
            self.words = got
            return True
        self.drawn, self.words = got, " ".join(got.words)
        load_images(got)
        return True

    def stop(self) -> None:
        """Stop drawing."""
        running, self.running = self.running, None
        if running is not None:
            running.stop()

    def clear(self) -> None:
        """Forget all."""
        self.stop()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.drawn = self.of = self.folder = None


def _preview_request(context: Any, material: Any, thing: Any) -> PreviewRequest:
    """Return what the settings of a material ask for."""
    ours = material.svbrdf
    newest = max((one.step for one in material.svbrdf_changes), default=0)
    last = [one for one in material.svbrdf_changes if one.step == newest]
    before = {one.new.name: one.old.name for one in last if one.new and one.old}
    knobs = plain_knobs(one.placing for one in last if one.placing)
    base = select(material).base
    matrix = base.use.matrix if base is not None else IDENTITY
    if ours.view == "OBJECT" and thing is not None:
        view = current_view(context)
        return PreviewRequest(material.name, before, thing.name, view, ours.engine, matrix=matrix, knobs=knobs)
    return PreviewRequest(material.name, before, view="SLANTED", engine=ours.engine, matrix=matrix, knobs=knobs)


pictures = Pictures()
"""Those of this Blender."""
