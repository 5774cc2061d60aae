"""Discovery: the client of a service at an address, or of the one that runs here."""

from __future__ import annotations

import os
import re

from .. import runtime
from .client import Client
from .errors import ServiceError

ADDRESS = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[^\s/:?#@\[\]]+)(:[0-9]{1,5})?", re.IGNORECASE)


class NoService(Exception):
    """There is none to be found; the message says how to start one."""


def connect(where: str = "auto") -> Client:
    """Return a client of the service at an address, or with ``auto`` of the one that this user runs.

    The token is the one in the file that the service wrote, if that speaks of the address, else the environment's
    (``SVBRDF_TOKEN``).

    Raises:
        NoService: there is none, it does not answer, or it needs a token that is not known.
    """
    found = runtime.read()
    if where == "auto":
        if found is None:
            raise NoService("No service runs here; start one with svbrdf serve, or give its address.")
        return _first_client(found.url, [found.token])
    url = where.rstrip("/")
    if ADDRESS.fullmatch(url) is None:
        raise NoService(
            f"{_redact(where)} is no address of a service; give one such as http://127.0.0.1:8000, the token as "
            "SVBRDF_TOKEN in the environment."
        )
    own = [found.token] if found is not None and found.url == url else []
    tokens = [*own, *([os.environ["SVBRDF_TOKEN"].strip()] if os.environ.get("SVBRDF_TOKEN") else [])]
    if not tokens:
        raise NoService(f"There is no token for a service at {url}; put it into the environment as SVBRDF_TOKEN.")
    return _first_client(url, tokens)


def _first_client(url: str, tokens: list[str]) -> Client:
    """Return a client with the first token that is taken; the file may be of a service that is gone."""
    for number, token in enumerate(tokens, 1):
        client = _make_client(url, token)
        try:
            if "jobs" not in client.jobs(count=1):
                raise ServiceError("something that is no service of ours answers there.", 200, "not-a-service")
            return client
        except ServiceError as error:
            client.close()
            if error.kind == "token" and number < len(tokens):
                continue
            said = "it goes by another token; put that into the environment as SVBRDF_TOKEN (this one was not sent)."
            reason = said if error.kind == "token" else str(error)
            raise NoService(f"The service at {url} cannot be used: {reason}") from error
        except BaseException:
            client.close()
            raise
    raise AssertionError("there is a token")


def _make_client(url: str, token: str) -> Client:
    try:
        return Client(url, token)
    except ValueError as error:  # a header holds ASCII alone
        raise NoService("The token in SVBRDF_TOKEN is none: it has letters and digits alone.") from error


def _redact(where: str) -> str:
    """Return an address without what may be a secret in it."""
    return re.sub(r"[?#].*|//[^/]*@", "…", where)
