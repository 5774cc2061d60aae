"""The fill of a job: files and a report at its end, progress and previews on the way."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import svbrdf_core as sv
from svbrdf_core.codec.plain import JsonObject
from svbrdf_core.sentences import sentences_json

Say = Callable[..., None]
Box = Sequence[int]
PROGRESS_INTERVAL = 0.1
"""Seconds between two lines of progress."""
TIMES_ITS_COST = 20
"""From one preview to the next, at least."""
SIDE = 512
"""Longest side of a preview."""
AROUND = 0.5
"""Of the hole's size, shown round it in a preview."""


def fill(
    *, request: JsonObject, preview: str | None, every: float, box: Box, say: Say, should_stop: Callable[[], bool]
) -> JsonObject:
    """Fill a hole and write the result; return the report, with files relative to the result's folder.

    Args:
        request: as `svbrdf_core.InpaintRequest.to_json` has it.
        preview: file for previews, None for none.
        every: seconds between two of them.
        box: top, left, height and width of the hole.
        say: sends a line.
        should_stop: whether the job is cancelled.

    Raises:
        SvbrdfError: it cannot be done; nothing was written.
        Cancelled: it was told to stop.
    """
    wanted = sv.InpaintRequest.from_json(request)
    run = sv.Run(should_stop=should_stop)
    reporter = _Reporter(say, None if preview is None else Path(preview), every, box, run.note)
    done = sv.repair(wanted, replace(run, on_progress=reporter.report))
    reporter.draw(lambda: done.material)
    return _relative(done.report, wanted.output.folder.parent)


class _Reporter:
    """Says how far a fill is, not too often, and draws a preview now and then."""

    def __init__(self, say: Say, preview: Path | None, every: float, box: Box, note: Callable[[str], None]) -> None:
        self._say, self._preview, self._every, self._box, self._note = say, preview, every, box, note
        self._said, self._due = 0.0, 0.0

    def report(self, progress: sv.Progress) -> None:
        """Take how far the run is."""
        now = time.monotonic()
        if now - self._said >= PROGRESS_INTERVAL:
            self._said = now
            self._tell(progress)
        if progress.preview is not None and now >= self._due:
            first = not self._due
            self.draw(progress.preview)
            # A preview that takes long must not come often; the first one, which is smooth, must not delay others.
            taken = time.monotonic() - now
            self._due = now + max(self._every, 0 if first else TIMES_ITS_COST * taken)

    def _tell(self, progress: sv.Progress) -> None:
        training = progress.training
        self._say(
            kind="progress",
            variation=progress.variation,
            variations=progress.variations,
            phase=progress.phase,
            fraction=round(progress.fraction, 4),
            seconds_left=progress.seconds_left,
            step=None if training is None else training.step,
            steps=None if training is None else training.steps,
            loss=None if training is None else training.loss,
        )

    def draw(self, preview: Callable[[], sv.Material]) -> None:
        """Draw the surroundings of the hole in the map that shows most; the fill goes on if that fails."""
        if self._preview is None:
            return
        try:
            material = preview()
            shown = sv.crop_picture(material, material.shown_map, _pad_box(material, self._box), SIDE)
            sv.write_png(self._preview, shown)
        except sv.Cancelled:
            raise
        except sv.SvbrdfError as error:
            self._note(f"A preview is missing. {error}")
        except Exception:
            traceback.print_exc()  # in the service's log
        else:
            self._say(kind="preview")


def _pad_box(material: sv.Material, box: Box) -> tuple[int, int, int, int]:
    """Return top, left, height and width of the hole with something round it; all, across an edge or on tiles."""
    top, left, height, width = box
    bottom, right = top + height, left + width
    beyond = bottom > material.height or right > material.width
    if beyond or material.tiles is not None:  # the box lies on a whole set of tiles, of which the material is some
        return 0, 0, material.height, material.width
    rim = int(max(height, width) * AROUND) + 16
    top, left = max(0, top - rim), max(0, left - rim)
    return top, left, min(material.height, bottom + rim) - top, min(material.width, right + rim) - left


def _relative(report: JsonObject, target: Path) -> JsonObject:
    """Return a report with paths as seen from the result's folder, and sentences with what can be done about them."""

    def short(path: str | None) -> str | None:
        return None if path is None else Path(path).relative_to(target).as_posix()

    rows = [
        {**row, "folder": short(row["folder"]), "files": [short(file) for file in row["files"]]}
        for row in report["variations"]
    ]
    return {
        **report,
        "variations": rows,
        "preview": short(report["preview"]),
        "source_map": short(report["source_map"]),
        "warnings": sentences_json(report["warnings"]),
        "notes": sentences_json(report["notes"]),
    }
