"""Choice of the device to compute on."""

from __future__ import annotations

import ctypes
import importlib.util
import re
import sys
from pathlib import Path

from svbrdf_core.errors import InputError

DEVICES: tuple[str, ...] = ("auto", "cpu", "cuda", "mps")
"""What a caller may ask for; ``cuda:1`` and so on name one of several."""


def resolve(device: str) -> str:
    """Return the device to compute on: ``cpu``, or one that torch can use now.

    ``auto`` takes CUDA, else MPS, else the CPU. torch takes seconds to import, so it is imported only when it can make
    a difference: when another device than ``cpu`` is named, or, for ``auto``, when torch is installed and the machine
    has a driver that torch could use. A machine without a graphics card never waits for it.

    Args:
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.

    Raises:
        InputError: there is no such device, or torch is not installed.

    Example:
        >>> resolve("cpu")
        'cpu'
    """
    kind, _, number = device.partition(":")
    if not re.fullmatch("auto|cpu|mps|cuda(:[0-9]+)?", device):
        raise InputError(f"There is no device {device!r}; choose one of {', '.join(DEVICES)}.")
    if kind == "cpu":
        return device
    if kind == "auto":
        return _find_best() if importlib.util.find_spec("torch") and _may_have_graphics() else "cpu"
    if importlib.util.find_spec("torch") is None:
        raise InputError(
            f"The device {device!r} needs torch: pip install 'svbrdf-inpaint[torch]', or choose the device cpu."
        )
    if int(number or 0) >= _count(kind):
        raise InputError(
            f"torch finds no {kind.upper()} device {device!r} here (a driver or a torch with {kind.upper()} may be "
            "missing); choose the device cpu."
        )
    return device


def _find_best() -> str:
    return next((kind for kind in ("cuda", "mps") if _count(kind)), "cpu")


def _count(kind: str) -> int:
    import torch

    return torch.cuda.device_count() if kind == "cuda" else int(torch.backends.mps.is_available())


def _may_have_graphics() -> bool:
    """Say whether there is a driver for CUDA, ROCm (which torch calls ``cuda``) or MPS; takes milliseconds."""
    if sys.platform == "darwin" or Path("/dev/kfd").exists():
        return True
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True
