"""Packer of the add-on: checks its manifest by Blender's rules and writes the zip that Blender installs.

Standard library alone. Blender's own tool, which comes with a Blender, says the same of the zip; the tests ask it.
"""

from __future__ import annotations

import fnmatch
import re
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ADDON = Path(__file__).resolve().parents[1] / "blender_addon"
MANIFEST = "blender_manifest.toml"
STAMP = (1980, 1, 1, 0, 0, 0)
"""The date of every file, so that the same sources make the same zip."""
MOST_LETTERS = 64
REQUIRED = (
    "schema_version", "id", "version", "name", "tagline", "maintainer", "type", "blender_version_min", "license",
)  # fmt: skip
VERSION = r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?"
TAGS = {
    "3D View", "Add Curve", "Add Mesh", "Animation", "Bake", "Camera", "Compositing", "Development",
    "Game Engine", "Geometry Nodes", "Grease Pencil", "Import-Export", "Lighting", "Material", "Mesh", "Modeling",
    "Node", "Object", "Paint", "Physics", "Pipeline", "Render", "Rigging", "Scene", "Sculpt", "Sequencer", "System",
    "Text Editor", "Tracking", "User Interface", "UV",
}  # fmt: skip
PERMISSIONS = {"files", "network", "clipboard", "camera", "microphone"}


def find_faults(manifest: dict[str, Any]) -> Iterator[str]:
    """Yield what Blender, or its extensions platform, would not take in a manifest."""
    for name in REQUIRED:
        if not manifest.get(name):
            yield f"{name} is missing"
    for name in ("schema_version", "version"):
        if not re.fullmatch(VERSION, str(manifest.get(name, ""))):
            yield f"{name} is not of the form 1.2.3"
    if not re.fullmatch(r"\d+\.\d+\.\d+", str(manifest.get("blender_version_min", ""))):
        yield "blender_version_min is not of the form 4.2.0"
    identifier = str(manifest.get("id", ""))
    if not identifier.isidentifier() or "__" in identifier or identifier.strip("_") != identifier:
        yield "id is not a plain identifier"
    if manifest.get("type") not in ("add-on", "theme"):
        yield "type is neither add-on nor theme"
    permissions = manifest.get("permissions", {})
    yield from (f"there is no permission {name}" for name in permissions if name not in PERMISSIONS)
    for name, text in {"tagline": manifest.get("tagline", ""), **permissions}.items():
        if not is_terse(str(text)):
            yield f"{name}: more than {MOST_LETTERS} letters, or punctuation at the end"
    yield from (f"there is no tag {tag}" for tag in manifest.get("tags", ()) if tag not in TAGS)
    if not all(str(one).startswith("SPDX:") for one in manifest.get("license", ())):
        yield "license does not begin with SPDX:"


def is_terse(text: str) -> bool:
    """Whether a text is one that Blender takes for a tagline or a reason."""
    plain = text == text.strip() and text.isprintable() and 0 < len(text) <= MOST_LETTERS
    return plain and (text[-1].isalnum() or text[-1] in ")]}")


def find_files(folder: Path, excluded: list[str]) -> list[Path]:
    """Return the files that belong into the zip, by paths in the folder."""
    found = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return [path for path in found if not is_excluded(path, excluded)]


def is_excluded(path: Path, patterns: list[str]) -> bool:
    """Whether a pattern excludes a file: one that ends with / means folders, one that begins with / the top alone."""
    for pattern in patterns:
        plain = pattern.strip("/")
        parts = path.parts[:-1] if pattern.endswith("/") else path.parts
        parts = parts[:1] if pattern.startswith("/") else parts
        if any(fnmatch.fnmatchcase(part, plain) for part in parts):
            return True
    return False


def pack(folder: Path, target: Path) -> Path:
    """Write the zip of an add-on into a folder, and return its path.

    Raises:
        ValueError: its manifest has faults; the sentence names them.
    """
    manifest = tomllib.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    faults = list(find_faults(manifest))
    if faults:
        raise ValueError(f"{folder / MANIFEST}: {'; '.join(faults)}.")
    target.mkdir(parents=True, exist_ok=True)
    archive = target / f"{manifest['id']}-{manifest['version']}.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for path in find_files(folder, manifest.get("build", {}).get("paths_exclude_pattern", [])):
            entry = zipfile.ZipInfo(path.as_posix(), STAMP)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
            opened.writestr(entry, (folder / path).read_bytes())
    return archive


def main(words: list[str]) -> int:
    """Pack the add-on into the folder that is named; return the exit code."""
    try:
        archive = pack(ADDON, Path(words[0] if words else "build"))
    except (ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{archive}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
