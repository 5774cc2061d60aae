"""A library of .blend files that is repaired in the background: begun, looked at, cancelled, and the report of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as _

from ..client import UserError
from ..job.threads import unexpected_error
from ..library import blends
from ..library.choice import LibraryChoice
from ..library.masks import MaskFolder
from ..library.process import LibraryProcess, Progress, child_command
from ..library.report import Row, as_text, count_rows, write_report
from . import connection
from .context import PACKAGE, preferences
from .state import state

REPORT = "Inpaint library report"
"""Name of the text with the report."""
STANDARD = {"user_default", "blender_org", "system"}
"""Repositories of extensions that every Blender has."""


@dataclass
class Library:
    """The repair of a library, the newest.

    Attributes:
        busy: whether it goes on.
        cancelled: whether the user wants no more of it.
        files: what is opened.
        rows: what came of it so far.
        words: what went wrong with it as a whole, or should be known.
        page: the report; None if there is none yet.
    """

    busy: bool = False
    cancelled: bool = False
    files: list[Path] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    words: str = ""
    page: Path | None = None
    _choice: LibraryChoice | None = None
    _refused: list[Row] = field(default_factory=list)
    _process: LibraryProcess | None = None

    @property
    def progress(self) -> Progress:
        """How far the Blender in the background is."""
        return self._process.progress if self._process is not None else Progress()

    @property
    def failed(self) -> int:
        """How many lines of the report tell of a failure."""
        return sum(row.state == "failed" for row in self.rows)

    def begin(self, choice: LibraryChoice) -> None:
        """Look for files and the service in the background, then begin.

        Raises:
            UserError: one is being repaired, or there is no such folder or mask.
        """
        if self.busy:
            raise UserError("bad", "A library is being repaired already; wait for it, or cancel it.")
        if choice.hole == "MASKS":
            if choice.masks is None:
                raise UserError("hole", "Choose the folder of masks, or another kind of hole.")
            MaskFolder(choice.masks)
        self.busy, self.cancelled, self.words, self.page = True, False, "", None
        self.files, self.rows, self._choice, self._process = [], [], choice, None
        version = (bpy.app.version[0], bpy.app.version[1])
        opened = Path(bpy.data.filepath) if bpy.data.filepath else None
        state.background.run(lambda: blends.look(choice, version, opened), self._take_files)

    def _take_files(self, found: tuple[list[Path], list[Row]] | UserError) -> None:
        if isinstance(found, UserError):
            self._give_up(found.sentence)
            return
        self.files, self._refused = found
        self.rows = list(self._refused)
        with self._guarded():
            if self.files:
                connection.find_service(start=True, then=self._launch)
            else:
                self._finish()

    def _launch(self, error: UserError | None) -> None:
        if error is not None:
            self._give_up(error.sentence)
            return
        with self._guarded():
            self._start()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Let nobody wait for what a fault of ours has ended."""
        try:
            yield
        except Exception as error:
            self._give_up(unexpected_error(error).sentence)
            raise

    def _start(self) -> None:
        if self.cancelled or self._choice is None:
            self._finish()
            return
        names = [blends.name_below(path, self._choice) for path in self.files]
        command = child_command(bpy.app.binary_path, online=bool(bpy.app.online_access))
        request = {"choice": self._choice.to_json(), "package": PACKAGE, **_surroundings()}
        try:
            self._process = LibraryProcess(command, request, [str(path) for path in self.files], names)
        except OSError as failure:
            sentence = _("The temporary folder cannot be written ({reason}); see the preferences.")
            self._give_up(sentence.format(reason=failure.strerror))

    def poll(self) -> bool:
        """Take what the Blender in the background has said."""
        if self._process is None or not self.busy:
            return False
        changed = self._process.poll()
        self.rows = [*self._refused, *self._process.progress.rows]
        if self._process.ended:
            self._finish()
            return True
        return changed

    def cancel(self) -> None:
        """End it soon; what is repaired stays."""
        self.cancelled = True
        if self._process is not None:
            self._process.cancel()

    def stop(self) -> None:
        """End it now, with Blender."""
        if self._process is not None and not self._process.ended:
            self._process.stop()
        self.busy = False

    def _give_up(self, sentence: str) -> None:
        self.busy, self.words = False, sentence

    def _finish(self) -> None:
        """Write the report, as a text of the file that is open now, and as files."""
        self.busy = False
        choice = self._choice
        assert choice is not None
        self.rows.sort(key=lambda row: row.file)
        title = self.title
        text = bpy.data.texts.get(REPORT) or bpy.data.texts.new(REPORT)
        text.clear()
        text.write(as_text(title, self.rows))
        try:
            self.page = write_report(choice.out or choice.folder, title, self.rows)
        except OSError as error:
            sentence = _("The report cannot be written as a file ({reason}); it is a text in the Text Editor.")
            self.words = sentence.format(reason=error.strerror)

    @property
    def title(self) -> str:
        """What the report is on."""
        assert self._choice is not None
        return f"Repair of {self._choice.folder}" + (", cancelled before its end" if self.cancelled else "")

    def describe(self) -> str:
        """Return in a line what came of it."""
        return ("Cancelled: " if self.cancelled else "") + count_rows(self.rows)


def _surroundings() -> dict[str, Any]:
    """Return what another Blender must know to have the same add-on and the same service."""
    ours = preferences()
    wanted = {name: getattr(ours, name) for name in ("where", "program", "url", "token", "idle")}
    wanted["program"] = bpy.path.abspath(ours.program)
    module = PACKAGE.split(".")[1] if PACKAGE.startswith("bl_ext.") else ""
    repository = None
    if module and module not in STANDARD:
        found = next((one for one in bpy.context.preferences.extensions.repos if one.module == module), None)
        repository = None if found is None else {"module": module, "folder": found.directory}
    return {"preferences": wanted, "repository": repository}


library = Library()
"""That of this Blender."""
