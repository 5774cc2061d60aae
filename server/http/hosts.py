"""Host and Origin headers that name this service.

Only a literal name with the service's own port passes. All else that resolvers and browsers would also lead to this
machine is refused: ``localhost.``, ``0x7f000001``, ``2130706433``, ``127.1``, ``[::ffff:127.0.0.1]``, ``x@127.0.0.1``.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def is_loopback(host: str) -> bool:
    """Whether an address to listen on can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def allowed_hosts(host: str, port: int, names: Iterable[str]) -> frozenset[str]:
    """Return the values of a Host header that are let in, in small letters."""
    own = [f"[{host}]" if ":" in host else host]
    everyone = host in ("0.0.0.0", "::")
    found = {*(LOOPBACK if is_loopback(host) or everyone else ()), *(() if everyone else own), *names}
    hosts = {f"{name.lower()}:{port}" for name in found}
    return frozenset(hosts | ({name.lower() for name in found} if port == 80 else set()))


def origin_allowed(origin: str, hosts: frozenset[str]) -> bool:
    """Whether a page of an origin may call; only the service's own page may."""
    scheme, _, rest = origin.lower().partition("://")
    return scheme == "http" and rest in hosts
