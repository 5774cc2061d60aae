"""The repair of .blend files, in the Blender in the background: opened, filled, saved, and told of line by line."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as _

from ..client import UserError
from ..library.blends import BACKUP, check_version, images_folder, is_compressed, name_below, result_path
from ..library.choice import LibraryChoice
from ..library.masks import MaskFolder
from ..library.report import Row
from ..material.nodes import image_nodes
from . import filling, finishing
from .context import preferences
from .selection import select
from .state import state

KEPT = ("hole", "hole_image", "mode", "method", "seed", "variations")
"""Settings of a material that are as before in the repaired file."""
PATIENCE, PAUSE = 8.0, 0.05
"""Seconds that cancelling a job, or saving a file, may take, and between two looks."""


@dataclass
class _Ending:
    """Whether this is to end, and whether the main thread does nothing more."""

    asked: bool = False
    halted: bool = False


_ending = _Ending()


class Words:
    """What is told to the Blender that waits: a line of JSON at a time, at the end of a file."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def say(self, kind: str, **more: Any) -> None:
        """Tell something; when this is to end, go no further."""
        while _ending.asked:
            _ending.halted = True
            time.sleep(PAUSE)
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"kind": kind, **more}) + "\n")


def repair_files(request: dict[str, Any]) -> None:
    """Repair the files of a request, each by itself, and tell what came of them."""
    words, choice = Words(request["words"]), LibraryChoice.from_json(request["choice"])
    ours = preferences()
    for name, value in request["preferences"].items():
        setattr(ours, name, value)
    bpy.context.preferences.filepaths.save_version = 0  # what is changed in place has a copy of ours
    masks = MaskFolder(choice.masks) if choice.hole == "MASKS" and choice.masks is not None else None
    for number, path in enumerate(map(Path, request["files"])):
        words.say("file", number=number)
        for row in _repair_file(path, choice, masks, words):
            words.say("row", row=asdict(row))
    words.say("end")


def give_up() -> None:
    """Have the job that runs cancelled, from a thread; returns when nothing goes on any more, or soon."""
    _ending.asked = True
    for fill in list(state.fills):
        filling.cancel(fill)
    end = time.monotonic() + PATIENCE
    while not _ending.halted and time.monotonic() < end:
        time.sleep(PAUSE)
    _forget_fills()


def _forget_fills() -> None:
    """Forget all fills, with their samples, and what was written down for a Blender that would pick them up."""
    for fill in state.fills:
        finishing.forget_record(fill.job)
    state.fills.clear()


def _repair_file(path: Path, choice: LibraryChoice, masks: MaskFolder | None, words: Words) -> list[Row]:
    """Repair a file; what could be repaired is saved even if a material of it failed."""
    name = name_below(path, choice)
    try:
        bpy.ops.wm.open_mainfile(filepath=str(path), load_ui=False, use_scripts=False)
        check_version(tuple(bpy.data.version), (bpy.app.version[0], bpy.app.version[1]))
        wanted = _wanted_materials(choice)
        rows = [*_missing_libraries(name), *_linked(name, choice)]
        if not wanted:
            which = "No material is marked as an asset" if choice.assets else "No material"
            return [*rows, Row(name, "", "left", f"{which} and has images and a hole.")]
        words.say("materials", total=len(wanted))
        for number, material in enumerate(wanted):
            words.say("material", name=material, number=number)
            mask = _Mask(masks, name.removesuffix(".blend"), alone=len(wanted) == 1)
            rows.append(_repair_material(name, material, choice, mask, images_folder(path, choice)))
        words.say("material", name="", number=len(wanted))
        return _save(path, choice, rows) if any(row.state == "done" for row in rows) else rows
    except UserError as error:
        return [Row(name, "", "failed", error.sentence)]
    except (OSError, RuntimeError) as error:
        return [Row(name, "", "failed", _sentence(error))]


def _wanted_materials(choice: LibraryChoice) -> list[str]:
    """Return the names of the open file's own materials that have images and may have a hole."""
    return [
        material.name
        for material in bpy.data.materials
        if material.library is None
        and (material.asset_data is not None or not choice.assets)
        and _has_images(material)
        and (choice.hole != "OWN" or material.svbrdf_hole is not None or material.svbrdf.hole != "PAINT")
    ]


def _has_images(material: Any) -> bool:
    return any(place.node.image is not None for place in image_nodes(material))


def _missing_libraries(name: str) -> Iterator[Row]:
    for library in bpy.data.libraries:
        if not Path(bpy.path.abspath(library.filepath)).is_file():
            words = f"The file {library.filepath} that it links is missing; what comes from there stays as it is."
            yield Row(name, "", "left", words)


def _linked(name: str, choice: LibraryChoice) -> Iterator[Row]:
    """Yield a row for each material of another file, which is repaired there."""
    for material in bpy.data.materials:
        if material.library is not None and not choice.assets and _has_images(material):
            words = f"It is linked from {material.library.filepath}; repair it in that file."
            yield Row(name, material.name, "left", words)


class _Mask:
    """The mask of a file's material, loaded as long as it is needed."""

    def __init__(self, masks: MaskFolder | None, blend: str, *, alone: bool) -> None:
        self._masks, self._blend, self._alone = masks, blend, alone

    @contextmanager
    def loaded(self, material: str) -> Iterator[dict[str, str]]:
        """Give what the operator is told of the hole.

        Raises:
            UserError: there is no mask of its name.
        """
        if self._masks is None:
            yield {}
            return
        image = bpy.data.images.load(str(self._masks.find(material, self._blend, alone=self._alone)))
        try:
            yield {"hole": "IMAGE", "hole_image": image.name}
        finally:
            bpy.data.images.remove(image)


def _repair_material(name: str, material: str, choice: LibraryChoice, mask: _Mask, folder: Path) -> Row:
    """Fill a material's hole and keep the result, its files in a folder."""
    began, block = time.monotonic(), bpy.data.materials[material]
    before = {key: getattr(block.svbrdf, key) for key in KEPT}
    try:
        maps = len(select(block, anew=True).chosen)
        with mask.loaded(material) as hole:
            hole = {"hole": "ALPHA"} if choice.hole == "ALPHA" else hole
            bpy.ops.svbrdf.inpaint(
                material=material, method=choice.method, settings=choice.settings,
                seed=choice.seed, variations=1, mode=choice.mode, **hole,
            )  # fmt: skip
            remarks = state.fills[0].remarks if state.fills else ()
            written = _("Written: {path}").partition("{")[0]
            told = [words for words in finishing.keep(block, str(folder)) if not words.startswith(written)]
        said = " ".join([f"{maps} {'map' if maps == 1 else 'maps'} filled.", *remarks, *told])
        return Row(name, material, "done", said, time.monotonic() - began)
    except UserError as error:
        missing = error.kind == "hole" and error.sentence.startswith("No mask in")
        return Row(name, material, "left" if missing else "failed", error.sentence, time.monotonic() - began)
    except (OSError, RuntimeError) as error:
        return Row(name, material, "failed", _sentence(error), time.monotonic() - began)
    finally:
        _forget_fills()
        for key, value in before.items():
            setattr(block.svbrdf, key, value)


def _save(path: Path, choice: LibraryChoice, rows: list[Row]) -> list[Row]:
    """Save the open file, and return the rows with what became of it."""
    target, compress = result_path(path, choice), is_compressed(path)
    try:
        if choice.result == "IN_PLACE":
            shutil.copy2(path, _free(path.with_stem(path.stem + BACKUP)))
            bpy.ops.wm.save_mainfile(filepath=str(path), compress=compress)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            bpy.ops.wm.save_as_mainfile(
                filepath=str(target.resolve()), copy=True, relative_remap=True, compress=compress
            )
    except (OSError, RuntimeError) as error:
        why = f"It was repaired, but {target} cannot be saved ({_sentence(error)})."
        return [replace(row, state="failed", words=why) if row.state == "done" else row for row in rows]
    return [replace(row, result=str(target)) if row.state == "done" else row for row in rows]


def _free(path: Path) -> Path:
    """Return a path that nothing has: this one, or with a number."""
    names = (path, *(path.with_stem(f"{path.stem}-{number}") for number in range(2, 1000)))
    return next(one for one in names if not one.exists())


def _sentence(error: Exception) -> str:
    """Return what an operator said in its error, in one line."""
    return " ".join(str(error).removeprefix("Error: ").split())
