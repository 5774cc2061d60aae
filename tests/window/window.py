"""Blender's real window on a screen that nobody sees, worked by mouse and keyboard."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy import ndimage

ROOT = Path(__file__).parents[2]
SIZE = (1600, 1200)
PATIENCE = 180.0
"""Seconds for anything that is only slow because the machine draws in software."""
MARK = (255, 0, 255)


@dataclass(frozen=True)
class Button:
    """Where a button is on the screen, in pixels from the top left."""

    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> tuple[int, int]:
        """Where to click."""
        return self.x + self.width // 2, self.y + self.height // 2


@dataclass
class Window:
    """One Blender.

    Attributes:
        root: folder with a Debian that has Blender.
        stage: folder that both sides see.
        display: the screen, such as ``:77``.
        runtime: folder where the service says how it is reached.
    """

    root: Path
    stage: Path
    display: str
    runtime: Path
    shots: Path
    process: subprocess.Popen[bytes] | None = None
    asked: int = field(default=0)

    def start(self) -> Window:
        """Open the window and wait until it answers."""
        extensions = self.stage / "user" / "extensions" / "user_default"
        extensions.mkdir(parents=True, exist_ok=True)
        if not (extensions / "svbrdf_inpaint").is_symlink():
            (extensions / "svbrdf_inpaint").symlink_to("/mnt/project/blender_addon")
        with (self.stage / "log").open("ab") as log:
            # The name space of its own takes its mounts along when Blender ends.
            self.process = subprocess.Popen(
                ["unshare", "--mount", "--propagation", "private", "bash", "-euc", self._script()],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.until(lambda: self.ask("redraw") is None, "Blender did not open its window")
        return self

    def _script(self) -> str:
        root, inner = str(self.root), "/mnt/stage"
        mounts = {
            "/dev": "/dev", "/tmp/.X11-unix": "/tmp/.X11-unix", str(self.stage): inner, str(ROOT): "/mnt/project",
            str(self.runtime): "/mnt/runtime",
        }  # fmt: skip
        lines = [f"mount -t proc proc '{root}/proc'"]
        lines += [f"mkdir -p '{root}{to}'; mount --bind '{what}' '{root}{to}'" for what, to in mounts.items()]
        wanted = {
            "DISPLAY": self.display, "HOME": "/root", "LIBGL_ALWAYS_SOFTWARE": "1", "SVBRDF_STAGE": inner,
            "BLENDER_USER_RESOURCES": f"{inner}/user", "XDG_RUNTIME_DIR": "/mnt/runtime", "LC_ALL": "C.UTF-8",
        }  # fmt: skip
        variables = " ".join(f"{name}='{value}'" for name, value in wanted.items())
        geometry = f"--window-geometry 0 0 {SIZE[0]} {SIZE[1]}"
        script = "/mnt/project/tests/window/inside.py"
        lines.append(
            f"exec chroot '{root}' env -i PATH=/usr/bin:/bin {variables} "
            f"blender --factory-startup {geometry} --python-exit-code 3 --python {script}"
        )
        return "\n".join(lines)

    @property
    def log(self) -> str:
        """What Blender has said."""
        return (self.stage / "log").read_text(encoding="utf-8", errors="replace")[-4000:]

    def ask(self, do: str, **arguments: Any) -> Any:
        """Have a command of inside.py done, and return its answer."""
        self.asked += 1
        path = self.stage / f"{self.asked:05d}.ask"
        part = path.with_suffix(".new")
        part.write_text(json.dumps({"do": do, "with": arguments}), encoding="utf-8")
        part.replace(path)
        answer = path.with_suffix(".answer")
        self.until(answer.exists, f"no answer to {do}")
        got = json.loads(answer.read_text(encoding="utf-8"))
        answer.unlink()
        assert "error" not in got, got["error"]
        return got["answer"]

    def show(self, kind: str, image: str = "") -> None:
        """Show an editor with our tab."""
        self.ask("editor", kind=kind, image=image)
        time.sleep(1.5)
        self.ask("tab")
        time.sleep(1.0)

    def state(self) -> dict[str, Any]:
        """Return how things stand inside."""
        found: dict[str, Any] = self.ask("state")
        return found

    def until(self, happened: Callable[[], bool], otherwise: str) -> None:
        """Wait for something to be true."""
        end = time.monotonic() + PATIENCE
        while not happened():
            assert self.process is not None and self.process.poll() is None, f"Blender ended: {self.log}"
            assert time.monotonic() < end, f"{otherwise}: {self.log}"
            time.sleep(0.1)

    def until_state(self, holds: Callable[[dict[str, Any]], bool], otherwise: str) -> dict[str, Any]:
        """Wait until how things stand inside is so, and return it."""
        found: list[dict[str, Any]] = []

        def look() -> bool:
            found.append(self.state())
            return holds(found[-1])

        self.until(look, otherwise)
        return found[-1]

    def shot(self, name: str) -> Path:
        """Take a picture of the whole screen."""
        path = self.shots / f"{name}.png"
        time.sleep(1.0)  # what was asked for last is drawn by then
        subprocess.run(["import", "-display", self.display, "-window", "root", str(path)], check=True, timeout=60)
        return path

    def buttons(self) -> list[Button]:
        """Return the buttons of operators that are on the screen, from the top."""
        self.ask("mark", on=True)
        pixels = np.asarray(Image.open(self.shot("buttons")).convert("RGB")).astype(int)
        self.ask("mark", on=False)
        marked = np.abs(pixels - MARK).max(2) < 24
        found = []
        for rows, columns in ndimage.find_objects(ndimage.label(marked)[0]):
            button = Button(columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)
            if button.width > 12 and button.height > 12:
                found.append(button)
        return sorted(found, key=lambda one: (one.y, one.x))

    def panel(self) -> list[list[Button]]:
        """Return the buttons of our panel by rows, from the top, and from the left, once it is drawn."""
        rows: list[list[Button]] = []

        def look() -> bool:
            rows[:] = self._rows()
            return len(rows) > 1

        self.until(look, "the panel was not drawn")
        return rows

    def _rows(self) -> list[list[Button]]:
        left, bottom, width, height = self.state()["side"]
        found: list[list[Button]] = []
        for one in self.buttons():
            if not (left <= one.x < left + width and SIZE[1] - bottom - height <= one.y < SIZE[1] - bottom):
                continue
            if found and abs(found[-1][0].y - one.y) < 4:
                found[-1].append(one)
            else:
                found.append([one])
        return [sorted(row, key=lambda one: one.x) for row in found]

    def click(self, where: tuple[int, int]) -> None:
        """Click with the mouse."""
        x, y = map(str, where)
        self.xdotool("mousemove", x, y)
        time.sleep(0.3)
        self.xdotool("mousedown", "1")
        time.sleep(0.1)
        self.xdotool("mouseup", "1")
        time.sleep(0.3)

    def drag(self, points: list[tuple[int, int]]) -> None:
        """Press the mouse at the first point, pass all others and let it go."""
        for number, (x, y) in enumerate(points):
            self.xdotool("mousemove", str(x), str(y))
            time.sleep(0.15)
            if number == 0:
                self.xdotool("mousedown", "1")
                time.sleep(0.15)
        self.xdotool("mouseup", "1")
        time.sleep(0.3)

    def key(self, keys: str, at: tuple[int, int]) -> None:
        """Press keys with the mouse at a place."""
        self.xdotool("mousemove", str(at[0]), str(at[1]))
        time.sleep(0.3)
        self.xdotool("key", keys)
        time.sleep(0.5)

    def xdotool(self, *words: str) -> None:
        """Move mouse and keys."""
        subprocess.run(["xdotool", *words], env={**os.environ, "DISPLAY": self.display}, check=True, timeout=30)

    def close(self) -> None:
        """End Blender, whatever it does."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, 9)
            self.process.wait(30)
