"""Everything that a service answers to, taken from its own list of routes, and a connection that says anything."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterable, Sequence
from types import TracebackType

from svbrdf_server.app import ROUTERS
from tests.server.running import PATIENCE, Answer, Running

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
BESIDES = ("/v1/openapi.json", "/v1/nothing", "/nothing", "/docs", "/page/", "/page/nothing.js", "/v1", "/v1/jobs/")
"""Answered by the framework, or by nobody."""
OPEN = {"/", "/page/app.js", "/page/app.css", "/page/icon.svg", "/v1/health"}
"""What needs no token, as the contract and the page have it; not taken from the service."""
VALUES = {"name": ("app.js", "basecolor"), "path": ("maps/basecolor.png",), "digest": ("0" * 64,)}
"""What stands in for the parameters of an address; all others are ids."""
PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")
Headers = Sequence[tuple[str, str | bytes]]


def addresses() -> list[str]:
    """Return an address for each route, and some that lead nowhere."""
    found: list[str] = []
    for router in ROUTERS:
        for route in router.routes:
            path = getattr(route, "path", "")
            assert path, f"{route} has no address; say here how it is tried"
            found += _filled(path)
    assert len(found) > 20
    return sorted({*found, *OPEN, *BESIDES})


def _filled(path: str) -> list[str]:
    parameter = PARAMETER.search(path)
    if parameter is None:
        return [path]
    values = VALUES.get(parameter[1], ("0" * 32,))
    return [text for value in values for text in _filled(path.replace(parameter[0], value, 1))]


def everywhere(*, without: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Return each method with each address."""
    return [(method, path) for path in addresses() if path not in set(without) for method in METHODS]


class Wire:
    """One kept connection, over which any headers go as they are given, and nothing besides them."""

    def __init__(self, running: Running) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=PATIENCE)
        self.host = ("Host", f"127.0.0.1:{running.port}")
        self.token = ("Authorization", f"Bearer {running.token}")

    def __enter__(self) -> Wire:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def send(self, method: str, path: str, headers: Headers = (), body: bytes | None = None) -> Answer:
        """Send a request with exactly these headers (and the length of a body) and return the answer."""
        self._connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            self._connection.putheader(name, value)
        if body is not None:
            self._connection.putheader("Content-Length", str(len(body)))
        self._connection.endheaders(body)
        answer = self._connection.getresponse()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())

    def full(self, method: str, path: str, headers: Headers = ()) -> Answer:
        """Send a request from the right place, with the token, and with more headers."""
        return self.send(method, path, [self.host, self.token, *headers])


def kind_of(answer: Answer) -> str:
    """Return the name of the problem that an answer tells."""
    return str(answer.json()["type"]).removeprefix("urn:svbrdf:problem:")
