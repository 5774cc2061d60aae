"""A result comes in; its files go out, as bytes or arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from numpy.typing import NDArray

from ..wire import Service, Trouble
from ..wire.together import together
from .status import Result

Made = bytes | NDArray[Any]


def fetch(service: Service, result: Result, variation: int, names: Iterable[str]) -> dict[str, Made]:
    """Return the repaired files of sources, by their names; those that are ``.npy`` as arrays.

    Raises:
        Trouble: there is no such variation or file any more, or the service cannot be reached.
    """
    chosen = next((one for one in result.variations if one.number == variation), None)
    if chosen is None:
        raise Trouble("gone", f"There is no variation {variation} of this result.")
    wanted = list(dict.fromkeys(names))
    missing = [name for name in wanted if name not in chosen.files]
    if missing:
        raise Trouble("gone", f"The result holds no {', '.join(missing)}; fill again.")
    work: list[Callable[[], Made]] = [partial(_one, service, result.job, chosen.files[name]) for name in wanted]
    return dict(zip(wanted, together(work), strict=True))


def thumbnail(service: Service, job: str, variation: int = 1, size: int = 256) -> bytes:
    """Return a small drawing of a result, a PNG.

    Raises:
        Trouble: there is no such result any more, or the service cannot be reached.
    """
    return service.picture(job, variation, size)


def _one(service: Service, job: str, path: str) -> Made:
    return service.array(job, path) if path.endswith(".npy") else service.file(job, path)
