"""Whether a first fill will have to compile kernels."""

from __future__ import annotations

from pathlib import Path

from svbrdf_core.patch.cpu_backend import kernels

SLOWEST = (kernels.sweep, kernels.look_up, kernels.search_ring)


def is_compiled(device: str) -> bool:
    """Say whether the device's kernels are compiled already, in this process or in numba's cache on disk."""
    if device != "cpu":
        return True
    return all(_loaded(kernel) or _cached(kernel) for kernel in SLOWEST)


def _loaded(kernel: object) -> bool:
    return bool(getattr(kernel, "signatures", ()))


def _cached(kernel: object) -> bool:
    folder = getattr(getattr(kernel, "stats", None), "cache_path", None)
    name = getattr(kernel, "__name__", "")
    return folder is not None and any(Path(folder).glob(f"kernels.{name}-*.nbc"))
