"""The Blender in the background that draws a preview, and the pictures that it gives."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import bpy

NAMES = ("before.png", "after.png", "difference.png")
PRIORITY = 10
TITLES = {"before": "Inpaint before", "after": "Inpaint after", "difference": "Inpaint difference"}
OURS = "svbrdf_preview"


@dataclass(frozen=True)
class Pictures:
    """The pictures of a preview: PNG files of one size, and what there is to say about them.

    Attributes:
        before: with the old images.
        after: with the new images.
        difference: twice the largest difference of the three colours: black where nothing changed.
        changed: the share of the pixels that changed at all, 0 to 1.
        words: sentences for the user, such as that another engine was used.
    """

    before: Path
    after: Path
    difference: Path
    changed: float
    words: tuple[str, ...] = ()


class PreviewProcess:
    """One preview being drawn. Belongs to the main thread; nothing in it waits.

    Args:
        command: what starts the child, without the request's path.
        folder: the child's own folder, which holds ``request.json``; it goes when ``stop`` is called.
        again: changes the request to one that may work when the child crashed and returns why it was changed, or
            returns None.
    """

    def __init__(self, command: list[str], folder: Path, again: Callable[[Path], str | None] = lambda _: None) -> None:
        self._command, self._folder, self._again = command, folder, again
        self._process: subprocess.Popen[bytes] | None = None
        self._outcome: Pictures | str | None = None
        self._words: tuple[str, ...] = ()
        self._launch()

    @property
    def fraction(self) -> float:
        """How far it is, 0 to 1."""
        if self._outcome is not None:
            return 1.0
        return (1 + (self._folder / "after.png").exists() + (self._folder / "before.png").exists()) / 4

    def poll(self) -> Pictures | str | None:
        """Return the pictures, or a sentence that says why there are none, or None while it draws."""
        if self._outcome is None and self._process is not None:
            code = self._process.poll()
            if code is not None:
                self._close()
                self._outcome = self._end(code)
        return self._outcome

    def stop(self) -> None:
        """End the child if it still draws and remove its folder with the pictures; more calls do no harm."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._close()
        if self._outcome is None:
            self._outcome = "The preview was stopped."
        shutil.rmtree(self._folder, ignore_errors=True)

    def _launch(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BLENDER_USER_")}
        environment["BLENDER_USER_RESOURCES"] = str(self._folder / "user")  # neither add-ons nor start-up of the user
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.BELOW_NORMAL_PRIORITY_CLASS | subprocess.CREATE_NO_WINDOW
        try:
            with (self._folder / "log.txt").open("ab") as log:
                self._process = subprocess.Popen(
                    [*self._command, str(self._folder / "request.json")],
                    stdin=subprocess.PIPE,  # held open: the child ends when this end is gone
                    stdout=log,
                    stderr=log,
                    env=environment,
                    creationflags=flags,
                )
        except OSError as error:
            self._outcome = f"A Blender in the background could not be started: {error.strerror or error}."
            return
        if hasattr(os, "setpriority"):
            try:
                os.setpriority(os.PRIO_PROCESS, self._process.pid, PRIORITY)
            except OSError:  # it ended already: poll will say so
                return

    def _close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None

    def _end(self, code: int) -> Pictures | str | None:
        try:
            answer = json.loads((self._folder / "answer.json").read_text("utf-8"))
        except (OSError, ValueError):
            answer = None
        if answer is None:
            word = self._again(self._folder)
            if word is not None:
                self._words += (word,)
                self._launch()
                return self._outcome
            return self._crash(code)
        self._tidy()
        if "sentence" in answer:
            return str(answer["sentence"])
        before, after, difference = (self._folder / name for name in NAMES)
        return Pictures(before, after, difference, float(answer["changed"]), self._words + tuple(answer["words"]))

    def _crash(self, code: int) -> str:
        try:
            lines = (self._folder / "log.txt").read_text("utf-8", "replace").split("\n")
        except OSError:
            lines = []
        last = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
        self._tidy()
        if code < 0 or "memory" in last.lower() or "MemoryError" in last:
            return (
                f"The Blender in the background was ended ({code}), perhaps for want of memory: "
                "choose a smaller preview, or the preview plane."
            )
        return f"The Blender in the background failed ({code}): {last}"

    def _tidy(self) -> None:
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name not in NAMES:
                path.unlink(missing_ok=True)


def load_images(pictures: Pictures) -> dict[str, bpy.types.Image]:
    """Load the pictures, packed, under their titles; editors that show an earlier preview show this one.

    Returns:
        The images by "before", "after" and "difference". They have no user of their own, so that they do not stay in a
        saved file.
    """
    return {kind: load_image(getattr(pictures, kind), title) for kind, title in TITLES.items()}


def load_image(path: object, title: str) -> bpy.types.Image:
    """Load one picture in the place of the earlier one."""
    new = bpy.data.images.load(str(path))
    new.pack()
    new.filepath_raw = ""
    new[OURS] = True
    for old in [image for image in bpy.data.images if image.get(OURS) and image != new]:
        if old.name.startswith(title):
            old.user_remap(new)
            bpy.data.images.remove(old)
    new.name = title
    return new
