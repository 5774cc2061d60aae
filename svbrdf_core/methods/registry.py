"""Registry of methods: ours by name, and those of other packages by entry point.

Ours are looked up in a table, and imported when they are asked for. Others come through the entry point group
``svbrdf_core.methods``, whose entries each name one `Method`.
"""

from __future__ import annotations

import importlib
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from svbrdf_core.errors import InputError
from svbrdf_core.methods.interface import Method

GROUP = "svbrdf_core.methods"
OURS = {
    "patch": "patches:JOINT",
    "auto": "auto:AUTO",
    "patch-per-map": "patches:PER_MAP",
    "diffusion": "diffusion:DIFFUSION",
    "repaint": "repaint:REPAINT",
    "learned": "learned:LEARNED",
    "lama": "inpainters:LAMA",
    "mat": "inpainters:MAT",
    "poisson": "membrane:POISSON",
    "biharmonic": "biharmonic:BIHARMONIC",
    "telea": "opencv:TELEA",
    "ns": "opencv:NAVIER_STOKES",
    "shiftmap": "shiftmap:SHIFT_MAP",
    "gmic": "gmic:JOINT",
    "gmic-per-map": "gmic:PER_MAP",
    "resynthesizer": "resynthesizer:RESYNTHESIZER",
    "pypatchmatch": "pypatchmatch:PYPATCHMATCH",
}


def names() -> tuple[str, ...]:
    """Return the names `find` takes, ours first; whether a method's tool is installed is not looked at."""
    return (*OURS, *sorted(set(_find_offered()) - set(OURS)))


def is_ours(method: Method) -> bool:
    """Say whether a method is in this package, and its failures our own."""
    return method.name in OURS and find(method.name) is method


def find(name: str) -> Method:
    """Return the method of a name.

    Raises:
        InputError: there is none, or another package's entry is not a `Method`.
    """
    if name in OURS:
        module, attribute = OURS[name].split(":")
        method: Method = getattr(importlib.import_module(f"svbrdf_core.methods.{module}"), attribute)
        return method
    entry = _find_offered().get(name)
    if entry is None:
        raise InputError(f"There is no method {name!r}; choose one of: {', '.join(names())}.")
    return _load(entry)


@cache
def _find_offered() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _load(entry: EntryPoint) -> Method:
    home = entry.dist.name if entry.dist is not None else entry.value
    try:
        method = entry.load()
    except Exception as error:
        raise InputError(
            f"The method {entry.name!r} of {home} cannot be loaded ({type(error).__name__}: {error}); "
            "repair or uninstall that package."
        ) from error
    if not isinstance(method, Method) or method.name != entry.name:
        raise InputError(
            f"{entry.value} of {home} is not a svbrdf_core.methods.Method called {entry.name!r}; tell its author."
        )
    return method
