"""An answer that is not what was asked for, or none at all, comes in; Trouble with a sentence goes out."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import Any

from .errors import Kind, Trouble

LONGEST = 600
"""Characters of a sentence that comes from elsewhere."""
WAITS = (1.0, 120.0)
"""Seconds that a service may ask to wait."""


@contextlib.contextmanager
def explained(url: str) -> Iterator[None]:
    """Make Trouble of whatever goes wrong with a connection."""
    try:
        yield
    except ConnectionRefusedError as error:
        said = f"No service answers at {url}; start one, or give its address in the preferences."
        raise Trouble("absent", said) from error
    except socket.gaierror as error:
        said = f"There is no machine of that name ({url}); see the address in the preferences."
        raise Trouble("absent", said) from error
    except ssl.SSLError as error:
        said = f"{url} cannot be reached safely (its certificate is not known here, or it does not speak HTTPS)."
        raise Trouble("stranger", said) from error
    except TimeoutError as error:
        raise Trouble("lost", f"The service at {url} does not answer in time; see whether it still runs.") from error
    except (http.client.IncompleteRead, OSError) as error:
        raise Trouble("lost", f"The connection to {url} broke off; see whether the service still runs.") from error
    except (http.client.HTTPException, UnicodeError) as error:
        raise stranger(url) from error
    except (OverflowError, MemoryError) as error:
        raise Trouble("broken", f"{url} sends more than any service would; see the address.") from error


def stranger(url: str, status: int = 0) -> Trouble:
    """Return the trouble of another program at that address."""
    said = f"Something that is no service of ours answers at {url}; see the address, or start the service anew."
    return Trouble("stranger", said, status=status)


def refusal(url: str, token: str, status: int, headers: Mapping[str, str], body: memoryview) -> Trouble:
    """Return the trouble that an answer tells of."""
    found = _problem(body)
    told = _clean(found.get("detail"), token)
    wait = _wait(headers.get("retry-after"))
    if found:
        kind = _kind(status)
        if status == 401:
            told = _other_token(url)
        return Trouble(kind, told or f"The service says no ({status}).", status=status, wait=wait, more=found)
    if status == 429:
        return Trouble("busy", f"{url} is busy; try again in a while.", status=status, wait=wait)
    if status >= 500:
        said = f"The service at {url} is broken or starting (it answers {status}); try again, or see its log."
        return Trouble("broken", said, status=status, wait=wait)
    if status in (401, 403) and not body.nbytes:  # as to HEAD, which is never told more
        return Trouble("refused", _other_token(url), status=status)
    return stranger(url, status)


def json_of(url: str, body: memoryview) -> dict[str, Any]:
    """Return the JSON object in a body.

    Raises:
        Trouble: there is none.
    """
    try:
        found = json.loads(bytes(body))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise stranger(url, 200)
    return found


def _other_token(url: str) -> str:
    return f"The service at {url} asks for another token; give it in the preferences."


def _kind(status: int) -> Kind:
    named: dict[int, Kind] = {401: "refused", 403: "refused", 404: "gone", 429: "busy"}
    return named.get(status, "broken" if status >= 500 else "bad")


def _problem(body: memoryview) -> dict[str, Any]:
    """Return the members of a problem (RFC 9457) as our services tell of them; empty if it is none."""
    try:
        found = json.loads(bytes(body))
    except (ValueError, RecursionError):
        return {}
    is_ours = isinstance(found, dict) and str(found.get("type", "")).startswith("urn:svbrdf:problem:")
    return found if is_ours else {}


def _clean(detail: object, token: str) -> str:
    """Return a sentence from elsewhere as it may be shown."""
    text = re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in str(detail or ""))).strip()
    if token:
        text = text.replace(token, "…")
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _wait(text: str | None) -> float | None:
    if text is None or not re.fullmatch(r"[0-9]{1,9}", text):
        return None
    return min(max(float(text), WAITS[0]), WAITS[1])
