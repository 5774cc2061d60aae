"""Array types of masks."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.float32]
"""``(H, W)`` in 0..1; every pixel above 0 is in the hole, values below 1 blend the fill with what was there."""

Hole = NDArray[np.bool_]
"""``(H, W)``, true inside the hole."""

Size = tuple[int, int]
"""Height and width in pixels."""

Sample = TypeVar("Sample", bound=np.generic)
"""Any sample type a window can be cut from."""
