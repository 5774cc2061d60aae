"""The packer of the add-on, which needs no Blender."""

from __future__ import annotations

import runpy
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
packer: dict[str, Any] = runpy.run_path(str(ROOT / ".ci" / "pack_addon.py"))


def test_the_zip_is_the_same_every_time_and_holds_sources_alone(tmp_path: Path) -> None:
    one, two = (packer["pack"](ROOT / "blender_addon", tmp_path / name) for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    with zipfile.ZipFile(one) as opened:
        names = opened.namelist()
    assert {"__init__.py", "LICENSE", "blender_manifest.toml", "ui/panels.py"} <= set(names)
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".md"))]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('version = "0.1.0"', 'version = "0.1"', "version is not of the form"),
        ('id = "svbrdf_inpaint"', 'id = "svbrdf-inpaint"', "id is not a plain identifier"),
        ("one joint decision", "one joint decision.", "punctuation at the end"),
        ('"Paint", "Node"', '"Paint", "Spells"', "there is no tag Spells"),
        ("SPDX:GPL", "GPL", "license does not begin with SPDX:"),
        ('maintainer = "The svbrdf-inpaint authors"', "", "maintainer is missing"),
        ("network =", "internet =", "there is no permission internet"),
    ],
)
def test_a_manifest_that_blender_would_not_take_is_not_packed(tmp_path: Path, old: str, new: str, fault: str) -> None:
    shutil.copytree(ROOT / "blender_addon", tmp_path / "addon", ignore=shutil.ignore_patterns("__pycache__"))
    manifest = tmp_path / "addon" / "blender_manifest.toml"
    text = manifest.read_text(encoding="utf-8")
    assert old in text
    manifest.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=fault):
        packer["pack"](tmp_path / "addon", tmp_path / "build")
    assert not (tmp_path / "build").exists()
