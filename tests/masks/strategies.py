"""Small random masks, hard and soft."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from svbrdf_core.masks import Mask


@st.composite
def masks(draw: st.DrawFn, *, soft: bool = True, smallest: int = 1, largest: int = 24) -> Mask:
    height, width = draw(st.integers(smallest, largest)), draw(st.integers(smallest, largest))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    density = draw(st.sampled_from([0.0, 0.01, 0.05, 0.3, 0.9, 1.0]))
    hole = rng.random((height, width)) < density
    values = rng.integers(1, 256, (height, width)) / 255 if soft and draw(st.booleans()) else 1.0
    return np.where(hole, values, 0).astype(np.float32)


shifts = st.tuples(st.integers(-30, 30), st.integers(-30, 30))
