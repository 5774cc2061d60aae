"""The sRGB transfer function, on numpy arrays and torch tensors alike.

IEC 61966-2-1. Values above 1 follow the same curve, negative ones its linear part; nothing is clipped. In torch both
directions are differentiable everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

Values = TypeVar("Values", NDArray[np.float32], "torch.Tensor")


def from_srgb(stored: Values) -> Values:
    """Decode sRGB to linear light, any shape."""
    curve = ((stored.clip(0.04045) + 0.055) * (1 / 1.055)) ** 2.4
    chosen: Values = _choose(stored <= 0.04045, stored * (1 / 12.92), curve)
    return chosen


def to_srgb(light: Values) -> Values:
    """Encode linear light as sRGB, any shape; the inverse of `from_srgb`."""
    curve = 1.055 * light.clip(0.0031308) ** (1 / 2.4) - 0.055
    chosen: Values = _choose(light <= 0.0031308, light * 12.92, curve)
    return chosen


def _choose(is_line: Any, line: Any, curve: Any) -> Any:
    if isinstance(line, np.ndarray):
        return np.where(is_line, line, curve)
    import torch

    return torch.where(is_line, line, curve)
