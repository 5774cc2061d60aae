"""Manifests: a row a repair, as CSV or JSON Lines."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from svbrdf_core.batch.places import address, in_store, is_address, place
from svbrdf_core.batch.row import BatchTemplate, Row
from svbrdf_core.batch.scratch import scratch
from svbrdf_core.batch.stores import read
from svbrdf_core.batch.view import StoreView
from svbrdf_core.errors import InputError, SvbrdfError
from svbrdf_core.material import mask_parts
from svbrdf_core.material.tile_hole import MaskInput
from svbrdf_core.request import InputFile, MethodChoice, TileMask

COLUMNS = ("source", "mask", "out", "set", "method", "seed", "variations")
"""What a row may say; the first two must be there."""
MAX_BYTES = 2**28


def read_manifest(path: Path, template: BatchTemplate) -> list[Row]:
    """Return the rows of a manifest.

    ``source`` is the folder of a set, ``mask`` a file or a shape; ``out`` is the row's name, by default that of the
    folder. Paths are taken from the manifest's folder; they, and the manifest, may be addresses in object stores.

    Args:
        path: of the file; ``.jsonl`` and ``.ndjson`` are JSON Lines, all else is CSV with a header.
        template: what rows do not say.

    Raises:
        InputError: the file cannot be read, a row is none, or two rows have one output.
    """
    lines: dict[str, int] = {}
    rows = []
    for line, data in _read(path):
        row = _row(path, line, data, template)
        if row.name.casefold() in lines:
            raise InputError(
                f"Lines {lines[row.name.casefold()]} and {line} of {path.name} have the same output {row.name}; "
                "give one another in its column out."
            )
        lines[row.name.casefold()] = line
        rows.append(row)
    if not rows:
        raise InputError(f"{path.name} has no row; give each repair one, with source and mask.")
    with scratch() as home:
        return StoreView(home).real(rows)


def _read(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        text = _content(path).decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"The manifest {path} cannot be read ({error.strerror}); give another.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is no UTF-8 text; save it as CSV in UTF-8.") from error
    if path.suffix.casefold() in (".jsonl", ".ndjson"):
        yield from _read_json(path, text)
    else:
        yield from _read_csv(path, text)


def _content(path: Path) -> bytes:
    if in_store(path):
        found = read([path])
        if not found:
            raise InputError(f"There is no {address(path)}; give another manifest.")
        return found[path]
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path.name} is larger than {MAX_BYTES // 2**20} MiB; split it.")
    return path.read_bytes()


def _read_json(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"Line {number} of {path.name} is no JSON ({error}); mend it.") from error
        if not isinstance(data, dict):
            raise InputError(f'Line {number} of {path.name} is no object; write {{"source": …, "mask": …}}.')
        _check_names(f"Line {number} of {path.name}", list(data))
        yield number, data


def _read_csv(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        reader = csv.DictReader(text.splitlines(), strict=True)
        where, names = f"The header of {path.name}", [name.strip() for name in reader.fieldnames or ()]
        _check_names(where, names)
        for name in ("source", "mask"):
            if names and name not in names:
                raise InputError(f"{where} has no {name}; give source and mask.")
        for data in reader:
            if None in data:
                raise InputError(f"Line {reader.line_num} of {path.name} has more cells than the header; quote commas.")
            yield reader.line_num, {name.strip(): value for name, value in data.items() if value and value.strip()}
    except csv.Error as error:
        raise InputError(f"{path.name} is no CSV ({error}); mend it.") from error


def _check_names(where: str, names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        raise InputError(f"{where} has {unknown[0]}, which is none of {', '.join(COLUMNS)}.")


def _row(path: Path, line: int, data: Mapping[str, Any], template: BatchTemplate) -> Row:
    where = f"Line {line} of {path.name}"
    if not isinstance(data.get("source"), str):
        raise InputError(f"{where} has no source; give source and mask.")
    source = _from(path.parent, data["source"])
    name = _name(str(data.get("out") or source.name), where)
    if not isinstance(data.get("mask"), str):
        return Row(name, None, f"{where} has no mask; give one.")
    try:
        method = _method(data, template.method, where)
        masks = _masks(data["mask"], path.parent)
    except SvbrdfError as error:
        return Row(name, None, str(error))
    set_name = None if data.get("set") is None else str(data["set"])
    return Row(name, template.request(name, source, set_name, masks, method))


def _name(text: str, where: str) -> str:
    """Return the name of a row, which lies below the output."""
    parts = Path(text.replace("\\", "/")).parts
    if not parts or Path(text).is_absolute() or ".." in parts or ":" in text:
        raise InputError(f"{where} has the output {text}; give a name or a path below the output folder.")
    return "/".join(parts)


def _from(home: Path, text: str) -> Path:
    return place(text) if is_address(text) else home / text


def _masks(text: str, home: Path) -> tuple[MaskInput, ...]:
    """Return the parts of a hole, whose files are named from the manifest's folder."""
    if is_address(text):
        return (InputFile(place(text)),)
    there = not in_store(home) and (home / text).is_file()
    return tuple(_absolute(part, home) for part in mask_parts(str(home / text) if there else text))


def _absolute(part: MaskInput, home: Path) -> MaskInput:
    if isinstance(part, TileMask):
        return replace(part, mask=InputFile(home / part.mask.path)) if isinstance(part.mask, InputFile) else part
    return InputFile(home / part.path) if isinstance(part, InputFile) else part


def _method(data: Mapping[str, Any], given: MethodChoice, where: str) -> MethodChoice:
    found = given
    if "method" in data and data["method"] != given.name:
        found = replace(given, name=str(data["method"]), settings={})
    seed = _number(data, "seed", given.seed, 0, where)
    return replace(found, seed=seed, variations=_number(data, "variations", given.variations, 1, where))


def _number(data: Mapping[str, Any], name: str, default: int, least: int, where: str) -> int:
    try:
        number = int(data.get(name, default))
    except (TypeError, ValueError):
        number = -1
    if number < least:
        raise InputError(f"{where} has {name} {data[name]}; give a whole number from {least} on.")
    return number
