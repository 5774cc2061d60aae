"""Devices to compute on: which there are, and the choice of one."""

from __future__ import annotations

import ctypes
import importlib.util
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from svbrdf_core.errors import InputError

DEVICES: tuple[str, ...] = ("auto", "cpu", "cuda", "mps")
"""What a caller may ask for; ``cuda:1`` and so on name one of several."""


@dataclass(frozen=True)
class Device:
    """A device of this machine.

    Attributes:
        name: by which it is asked for.
        title: its maker's name for it.
        memory: bytes it has, None if it does not tell.
        free: bytes of them that nothing uses, None if it does not tell.
    """

    name: str
    title: str
    memory: int | None = None
    free: int | None = None


def list_devices() -> list[Device]:
    """Return the devices that can be used now, the best first; as `resolve`, without torch where it finds none."""
    found = [Device("cpu", platform.processor() or platform.machine())]
    if not _may_have_more():
        return found
    import torch

    if torch.backends.mps.is_available():
        found.insert(0, Device("mps", "Apple"))
    for number in reversed(range(torch.cuda.device_count())):
        free, total = torch.cuda.mem_get_info(number)
        found.insert(0, Device(f"cuda:{number}", torch.cuda.get_device_name(number), total, free))
    return found


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
        return _find_best() if _may_have_more() else "cpu"
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


def _may_have_more() -> bool:
    """Say whether torch could find another device than the CPU; takes milliseconds."""
    return importlib.util.find_spec("torch") is not None and _may_have_graphics()


def _may_have_graphics() -> bool:
    """Say whether there is a driver for CUDA, ROCm (which torch calls ``cuda``) or MPS."""
    if sys.platform == "darwin" or Path("/dev/kfd").exists():
        return True
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True
