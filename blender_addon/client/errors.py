"""Errors with a sentence for the user, made from failed connections and from the service's refusals (RFC 9457)."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import Any, Literal

MAX_SENTENCE = 600
"""Characters of a sentence that comes from elsewhere."""
RETRY_AFTER = (1.0, 120.0)
"""Seconds that a service may ask to wait: at least, at most."""

Kind = Literal[
    "absent", "not_a_service", "refused", "offline", "busy", "bad", "broken", "lost", "gone", "job", "file",
    "maps", "hole", "linked", "draw", "cancelled",
]  # fmt: skip


class UserError(Exception):
    """Something could not be done.

    Attributes:
        kind: ``absent`` (no service), ``not_a_service`` (something else is there), ``refused`` (the token, or the name
            it is called by), ``offline`` (Blender may not go online), ``busy`` (the queue is full), ``bad`` (the
            service will not do this), ``broken`` (a fault of the service), ``lost`` (the connection), ``gone`` (no such
            job any more), ``job`` (the job failed), ``file`` (a file of this machine). Of the add-on itself: ``maps``
            (none can be filled), ``hole`` (there is none), ``linked`` (another .blend's), ``draw`` (no pictures),
            ``cancelled``.
        sentence: what is wrong and what to do.
        status: of HTTP; 0 if it is none of that.
        wait: seconds after which to try again, if the service said so.
        more: what else the service said, for programs.
    """

    def __init__(
        self,
        kind: Kind,
        sentence: str,
        *,
        status: int = 0,
        wait: float | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.kind: Kind = kind
        self.sentence = sentence
        self.status, self.wait, self.more = status, wait, dict(more or {})


class Stopped(Exception):
    """The caller wanted no answer any more."""


@contextlib.contextmanager
def translate_errors(url: str) -> Iterator[None]:
    """Raise a UserError for whatever goes wrong with a connection."""
    try:
        yield
    except ConnectionRefusedError as error:
        sentence = f"No service answers at {url}; start one, or give its address in the preferences."
        raise UserError("absent", sentence) from error
    except socket.gaierror as error:
        sentence = f"There is no machine of that name ({url}); see the address in the preferences."
        raise UserError("absent", sentence) from error
    except ssl.SSLError as error:
        sentence = f"{url} cannot be reached safely (its certificate is not known here, or it does not speak HTTPS)."
        raise UserError("not_a_service", sentence) from error
    except TimeoutError as error:
        raise UserError("lost", f"The service at {url} does not answer in time; see whether it still runs.") from error
    except (http.client.IncompleteRead, OSError) as error:
        raise UserError("lost", f"The connection to {url} broke off; see whether the service still runs.") from error
    except (http.client.HTTPException, UnicodeError) as error:
        raise not_a_service(url) from error
    except (OverflowError, MemoryError) as error:
        raise UserError("broken", f"{url} sends more than any service would; see the address.") from error


def not_a_service(url: str, status: int = 0) -> UserError:
    """Return the error for another program at that address."""
    sentence = f"Something that is no service of ours answers at {url}; see the address, or start the service anew."
    return UserError("not_a_service", sentence, status=status)


def parse_refusal(url: str, token: str, status: int, headers: Mapping[str, str], body: memoryview) -> UserError:
    """Return the error that an answer describes."""
    problem = _parse_problem(body)
    detail = clean_text(problem.get("detail"), token)
    if "sentence" in problem:
        problem["sentence"] = _clean_sentence(problem["sentence"], token)
    wait = _parse_retry_after(headers.get("retry-after"))
    if problem:
        kind = _kind_of_status(status)
        if status == 401:
            detail = _wrong_token(url)
        return UserError(kind, detail or f"The service says no ({status}).", status=status, wait=wait, more=problem)
    if status == 429:
        return UserError("busy", f"{url} is busy; try again in a while.", status=status, wait=wait)
    if status >= 500:
        sentence = f"The service at {url} is broken or starting (it answers {status}); try again, or see its log."
        return UserError("broken", sentence, status=status, wait=wait)
    if status in (401, 403) and not body.nbytes:  # as to HEAD, whose answer has no body
        return UserError("refused", _wrong_token(url), status=status)
    return not_a_service(url, status)


def parse_json(url: str, body: memoryview) -> dict[str, Any]:
    """Return the JSON object in a body.

    Raises:
        UserError: there is none.
    """
    data = _load_object(body)
    if data is None:
        raise not_a_service(url, 200)
    return data


def _wrong_token(url: str) -> str:
    return f"The service at {url} asks for another token; give it in the preferences."


def _kind_of_status(status: int) -> Kind:
    named: dict[int, Kind] = {401: "refused", 403: "refused", 404: "gone", 429: "busy"}
    return named.get(status, "broken" if status >= 500 else "bad")


def _parse_problem(body: memoryview) -> dict[str, Any]:
    """Return the members of a problem as our services describe it; empty if it is none."""
    data = _load_object(body) or {}
    return data if str(data.get("type", "")).startswith("urn:svbrdf:problem:") else {}


def _load_object(body: memoryview) -> dict[str, Any] | None:
    try:
        data = json.loads(bytes(body))
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _clean_sentence(said: object, token: str) -> dict[str, Any]:
    """Return the JSON of a sentence with nothing in it but texts that may be shown."""
    found: dict[str, Any] = said if isinstance(said, dict) else {}
    remedies = found.get("remedies")
    return {
        "text": clean_text(found.get("text"), token),
        "fact": clean_text(found.get("fact"), token),
        "remedies": [
            {name: clean_text(one.get(name), token) for name in ("kind", "words")}
            for one in (remedies if isinstance(remedies, list) else [])
            if isinstance(one, dict)
        ],
    }


def clean_text(detail: object, token: str = "") -> str:
    """Return a sentence from elsewhere as it may be shown."""
    text = re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in str(detail or ""))).strip()
    if token:
        text = text.replace(token, "…")
    return text if len(text) <= MAX_SENTENCE else text[: MAX_SENTENCE - 1] + "…"


def _parse_retry_after(text: str | None) -> float | None:
    if text is None or not re.fullmatch(r"[0-9]{1,9}", text):
        return None
    return min(max(float(text), RETRY_AFTER[0]), RETRY_AFTER[1])
