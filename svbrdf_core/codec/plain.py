"""Plain JSON: its types, and values without numbers that JSON does not know."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
JsonObject = dict[str, Any]  # one that was read, or is being made


def plain(value: Json) -> Json:
    """Return a value with numbers that JSON does not know (NaN, infinity) as null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(item) for item in value]
    return value
