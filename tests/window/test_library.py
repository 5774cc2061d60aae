"""A library repaired by the button in Blender's own window, which stays usable, by a Blender in the background."""

from __future__ import annotations

import shutil

import pytest

from tests.window.window import Window

pytestmark = pytest.mark.window


def test_a_library_is_repaired_while_the_window_is_used(window: Window) -> None:
    place = window.stage / "library"
    (place / "walls").mkdir(parents=True)
    for name in ("brick", "walls/other"):
        blend = place / f"{name}.blend"
        shutil.copy(window.stage / "wall.blend", blend)
        shutil.copytree(window.stage / "wall", blend.parent / "wall")  # its images, by a relative path
    (place / "broken.blend").write_bytes(b"BLENDER-v402RENDHof nothing")
    (window.stage / "masks").mkdir()
    shutil.copy(window.stage / "wall" / "mask.png", window.stage / "masks" / "Wall.png")
    window.ask("unfold", names=["library"])
    window.ask("library_setting", folder="//library", masks="//masks", hole="MASKS")
    window.show("IMAGE_EDITOR", image="diffuse.png")
    window.shot("library")
    button = window.panel()[-1][0]  # Repair Library, below all else
    window.click(button.middle)
    window.xdotool("mousemove", "10", "600")
    window.until(lambda: bool(window.ask("library")["busy"]), "the button did nothing")
    window.until(lambda: bool(window.ask("library")["material"]), "no material is filled")
    window.shot("library-running")
    window.until(lambda: not window.ask("library")["busy"], "the library was not done")
    found = window.ask("library")
    window.shot("library-done")
    assert found["said"] == "2 repaired, 1 failed", found
    assert "Missing DNA block" in found["text"] or "broken.blend" in found["text"]
    assert (place / "brick_inpaint.blend").is_file() and (place / "walls" / "other_inpaint.blend").is_file()
    assert len(list((place / "brick_inpaint").glob("*_inpaint.png"))) == 6
    assert "2 repaired" in (place / "inpaint_report.html").read_text(encoding="utf-8")
