"""What a worker draws of a fill on its way: something at once, then not too often."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import svbrdf_core as sv
from svbrdf_server.work.filling import _Reporter, fill
from tests.server.conftest import Sample

BOX = (40, 40, 40, 40)


def wish(sample: Sample, home: Path) -> sv.InpaintRequest:
    return sv.InpaintRequest(
        source=sv.LoadOptions(sample.folder),
        hole=sv.HoleSpec((sv.MaskShape("rect:40,40,40,40"),)),
        method=sv.MethodChoice(device="cpu"),
        output=sv.OutputSpec(home / "result" / "maps"),
    )


def lines(sample: Sample, home: Path, every: float) -> list[dict[str, Any]]:
    """Return what a worker says of a fill; with each preview the mean colour of the hole's middle."""
    told: list[dict[str, Any]] = []
    preview = home / "preview.png"

    def say(**line: Any) -> None:
        if line["kind"] == "preview":
            with Image.open(preview) as picture:
                line["picture"] = np.asarray(picture.convert("RGB"), np.float32)
        told.append(line)

    fill(
        request=wish(sample, home).to_json(), preview=str(preview), every=every, box=BOX, say=say,
        should_stop=lambda: False,
    )  # fmt: skip
    return told


def test_the_first_preview_is_there_before_anything_is_matched(sample: Sample, compiled: None, tmp_path: Path) -> None:
    told = lines(sample, tmp_path, 60)
    kinds = [line["kind"] for line in told]
    first = kinds.index("preview")
    assert not any(line["fraction"] for line in told[:first] if line["kind"] == "progress")
    assert kinds.count("preview") == 2 and kinds[-1] == "preview"  # and one of the result
    smooth, result = (line["picture"] for line in told if line["kind"] == "preview")
    inside = np.s_[45:75, 45:75]
    detail = [float(np.abs(np.diff(picture[inside], axis=1)).mean()) for picture in (smooth, result)]
    assert detail[0] < 0.3 * detail[1]


def test_others_follow_as_levels_are_done(sample: Sample, compiled: None, tmp_path: Path) -> None:
    assert sum(line["kind"] == "preview" for line in lines(sample, tmp_path, 0)) > 2


def test_a_fill_is_done_without_previews_that_cannot_be_written(sample: Sample, compiled: None, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    kinds: list[str] = []
    report: Any = fill(
        request=wish(sample, tmp_path).to_json(), preview=str(tmp_path / "file" / "preview.png"), every=0, box=BOX,
        say=lambda **line: kinds.append(line["kind"]), should_stop=lambda: False,
    )  # fmt: skip
    assert set(kinds) == {"progress"}
    assert [note for note in report["notes"] if "preview" in note["text"]]
    assert all((tmp_path / "result" / file).is_file() for row in report["variations"] for file in row["files"])


@pytest.mark.parametrize("error", [sv.FillError("The method other cannot show how far it is."), KeyError("x")])
def test_what_a_preview_raises_is_noted_or_in_the_log(
    error: Exception, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def preview() -> None:
        raise error

    notes: list[str] = []
    reporter = _Reporter(lambda **line: None, tmp_path / "preview.png", 0, BOX, notes.append)
    reporter.report(sv.Progress("filling", 0.5, preview=preview))
    ours = isinstance(error, KeyError)
    assert ("KeyError" in capfd.readouterr().err) == ours
    assert notes == ([] if ours else [f"A preview is missing. {error}"])
    with pytest.raises(sv.Cancelled):
        error = sv.Cancelled()
        reporter.report(sv.Progress("filling", 0.6, preview=preview))
