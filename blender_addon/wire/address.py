"""What the user gives as an address comes in; a URL that can be used goes out, or Trouble that says what is wrong."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .errors import Trouble

_URL = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?/?", re.IGNORECASE)


@dataclass(frozen=True)
class Address:
    """Where a service is, and the token that it asks for, which is never shown."""

    url: str
    token: str = field(repr=False)


def checked(url: str) -> str:
    """Return an address as it is used, without a slash at its end.

    Raises:
        Trouble: it is none; the preferences mend it.
    """
    text = url.strip()
    if _URL.fullmatch(text) is None:
        raise Trouble("refused", "That is no address of a service; give one such as http://127.0.0.1:8000.")
    try:
        parts = urlsplit(text)
        port = parts.port
        if "[" in text:
            ipaddress.IPv6Address(parts.hostname or "")
    except ValueError as error:
        said = "That address has no such port or number; give one such as http://127.0.0.1:8000."
        raise Trouble("refused", said) from error
    host = f"[{parts.hostname}]" if "[" in text else parts.hostname
    return f"{parts.scheme.lower()}://{host}" + ("" if port is None else f":{port}")


def is_loopback(url: str) -> bool:
    """Whether an address leads to this machine alone, by what it says: nothing is looked up."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
