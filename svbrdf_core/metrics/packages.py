"""The name of a package comes in; an error that says how to install it goes out, where it is missing."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

from svbrdf_core.errors import InputError


def require(what: str, modules: Iterable[str], extra: str) -> None:
    """Refuse to go on without packages.

    Args:
        what: the beginning of the sentence, as "The group 'render'".
        modules: that must be there.
        extra: of this package, that brings them.

    Raises:
        InputError: one is missing; the sentence says what to install.
    """
    for module in modules:
        if find_spec(module) is None:
            package = module.replace("_", "-")
            raise InputError(f"{what} needs {package}; install it with: pip install 'svbrdf-inpaint[{extra}]'.")
