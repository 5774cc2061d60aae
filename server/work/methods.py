"""Descriptions of the methods and of this machine, of which a client can draw a form."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import platform

import svbrdf_core as sv
from svbrdf_core.codec import HttpFiles, encode
from svbrdf_core.codec.plain import JsonObject

from ..schema import model_of


def describe() -> JsonObject:
    """Return versions, devices and methods."""
    return {
        "versions": _versions(),
        "devices": [dataclasses.asdict(device) for device in sv.list_devices()],
        "methods": [_method(name) for name in sv.method_names()],
        "maps": sorted(sv.MAPS),
        "endings": sorted(sv.IMAGE_ENDINGS),
    }


def _method(name: str) -> JsonObject:
    method = sv.find_method(name)
    schema: JsonObject = model_of(method.settings).model_json_schema()
    schema.pop("description", None)
    return {
        "name": method.name,
        "title": method.title,
        "missing": method.missing(),
        **dataclasses.asdict(method.traits()),
        "schema": schema,
        "defaults": encode(method.settings(), HttpFiles()),
        "presets": {key: encode(value, HttpFiles()) for key, value in method.presets.items()},
    }


def _versions() -> JsonObject:
    found: JsonObject = {"python": platform.python_version()}
    for name in ("svbrdf-inpaint", "numpy", "numba", "torch"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found
