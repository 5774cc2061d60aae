"""The gate that every request and every socket passes before anything else sees it.

Host and Origin keep out web pages that were led here by a name of theirs (DNS rebinding) or that call across origins;
the token keeps out everyone who cannot read the user's files.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..config import Limits
from ..page import KINDS
from .body import limit_body
from .hosts import origin_allowed
from .problems import Problem

OPEN = frozenset({"/", "/v1/health", *(f"/page/{name}" for name in KINDS)})
"""Answered without a token: the page that asks for one, and whether the service lives. Neither says anything."""
SECRET = re.compile(r"token|secret|password|api_?key|authorization", re.IGNORECASE)
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
LONGEST = 2048
"""Characters of a path with its query."""


class Guard:
    """ASGI middleware: lets pass what comes from the right place with the right token, and bounds its body."""

    def __init__(self, app: ASGIApp, *, hosts: frozenset[str], token: str, limits: Limits) -> None:
        self._app, self._hosts, self._limits = app, hosts, limits
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # there are no sockets here; closing before accepting is an HTTP 403
            await send({"type": "websocket.close", "code": 1008})
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            self._check(scope)
            receive = limit_body(scope, receive, self._limits)
        except Problem as problem:
            await problem.response()(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)

    def _check(self, scope: Scope) -> None:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        self._check_place(headers)
        if len(scope["raw_path"] or b"") + len(scope["query_string"]) > LONGEST:
            raise Problem(414, "too-long", f"The address is longer than {LONGEST} characters.")
        if _names_secret(scope["query_string"]):
            raise _unauthorised_problem()  # addresses end up in histories and logs
        if scope["path"] not in OPEN and not self._knows(_all(headers, b"authorization")):
            raise _unauthorised_problem()
        _check_kind(scope["method"], headers)

    def _check_place(self, headers: list[tuple[bytes, bytes]]) -> None:
        hosts = _all(headers, b"host")
        if len(hosts) != 1 or not hosts[0].strip():
            raise Problem(400, "host", "A request names its host, once.")
        if hosts[0].decode("latin-1").lower() not in self._hosts:
            raise Problem(403, "host", "This service does not go by that host name; whoever starts it can allow it.")
        for origin in _all(headers, b"origin"):
            if not origin_allowed(origin.decode("latin-1"), self._hosts):
                raise Problem(403, "origin", "Pages of other origins may not call this service.")
        for site in _all(headers, b"sec-fetch-site"):
            if site not in (b"same-origin", b"none"):
                raise Problem(403, "origin", "Pages of other sites may not call this service.")

    def _knows(self, given: list[bytes]) -> bool:
        if len(given) != 1:
            return False
        scheme, _, token = given[0].partition(b" ")
        return hmac.compare_digest(token, self._token) and scheme.lower() == b"bearer"


def _all(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    return [value for key, value in headers if key.lower() == name]


def _unauthorised_problem() -> Problem:
    detail = "Send the service's token in an Authorization header (Bearer); whoever started it was told it."
    return Problem(401, "token", detail, headers={"www-authenticate": "Bearer"})


def _names_secret(query: bytes) -> bool:
    return any(SECRET.search(name) for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True))


def _check_kind(method: str, headers: list[tuple[bytes, bytes]]) -> None:
    """Raise Problem for a body that is not of the kind its method takes: JSON to POST, bytes to PUT."""
    kinds = [value.split(b";")[0].strip().lower() for value in _all(headers, b"content-type")]
    length = _all(headers, b"content-length")
    has_body = bool(_all(headers, b"transfer-encoding")) or (bool(length) and length != [b"0"])
    wanted = {"POST": b"application/json", "PUT": b"application/octet-stream"}.get(method)
    if wanted is None:
        if has_body and method in ("GET", "HEAD", "DELETE", "OPTIONS"):
            raise Problem(400, "body", f"A {method} request has no body.")
        return
    if (kinds or has_body) and kinds != [wanted]:
        raise Problem(415, "media-type", f"Send this as {wanted.decode()}.")
