"""Settings of a method from the data of a request, checked by the method's own settings class."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from svbrdf_core.codec import decode
from svbrdf_core.codec.files import at
from svbrdf_core.errors import FieldError
from svbrdf_core.methods.interface import Method

LARGEST = 1_000_000
"""No number among settings may be larger: nobody waits for so many steps."""
WHERE = "method.settings"


def settings_of(method: Method, given: Mapping[str, object], where: str = WHERE) -> Any:
    """Return the settings of a method, an instance of its settings class.

    Args:
        method: the method.
        given: what differs from the defaults, by name; nested settings are mappings, files `InputFile`.
        where: the path of the field that holds them, for errors.

    Raises:
        FieldError: a setting is unknown, of another type, out of bounds, or contradicts another; the sentence names it.
    """
    found: Any = decode(method.settings, given, where)
    _check_numbers(found, where)
    return found


def _check_numbers(value: object, where: str) -> None:
    if isinstance(value, int | float) and abs(value) > LARGEST:
        raise FieldError(f"{{}} must be a number of at most {LARGEST}.", where)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            _check_numbers(getattr(value, field.name), at(where, field.name))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            _check_numbers(item, at(where, str(name)))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for number, item in enumerate(value):
            _check_numbers(item, f"{where}[{number}]")
