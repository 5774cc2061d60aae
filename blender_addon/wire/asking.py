"""One request comes in, and with it goes what goes with each: token, time and size; its answer goes out, or Trouble."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPResponse
from typing import Any, TypeVar

from .address import Address
from .answers import json_of, refusal, stranger
from .channel import Call, Channel
from .errors import Trouble
from .response import Answer, headers_of
from .timed import Clock, never

Json = dict[str, Any]
S = TypeVar("S", bound="Asking")
SILENCE = 35.0
"""Seconds after which a stream of events is taken to be dead; a living one says something every ten."""
TEXT = 2**25
"""Most bytes of an answer in JSON."""


class Asking:
    """What asks one service. Safe to use from several threads; `close` it."""

    def __init__(
        self, address: Address, *, timeout: float = 30.0, again: Callable[[], Address | None] | None = None
    ) -> None:
        """Make a client; nothing is sent yet.

        Args:
            address: where it is.
            timeout: seconds to wait for an answer that needs no work.
            again: looks for the service anew when it is gone: one that was started anew has another address.
        """
        self._address, self._timeout, self._again = address, timeout, again
        self._channel = Channel(address.url)
        self._stop: Callable[[], bool] = never

    @property
    def address(self) -> Address:
        """Where it is."""
        return self._address

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._address.url})"

    def __enter__(self: S) -> S:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that nobody uses."""
        self._channel.close()

    def stoppable(self: S, stop: Callable[[], bool]) -> S:
        """Return the same service for a caller who may want no answer any more: its calls then raise Stopped."""
        other = copy.copy(self)
        other._stop = stop
        return other

    def renewed(self: S) -> S:
        """Return the service where it is now, if it can be found anew; else the same."""
        found = None if self._again is None else self._again()
        if found is None or found == self._address:
            return self
        other = type(self)(found, timeout=self._timeout, again=self._again)
        other._stop = self._stop
        return other

    @property
    def can_renew(self) -> bool:
        """Whether the service may be found anew where it is not any more."""
        return self._again is not None

    @contextmanager
    def _open(self, path: str, headers: Mapping[str, str]) -> Iterator[HTTPResponse]:
        """Give a stream of events, which is read as it comes, for as long as something comes."""
        call = Call("GET", path, {**headers, **self._token()})
        with self._channel.open(call, lambda: Clock(SILENCE, None, self._stop)) as response:
            if response.status != 200:
                raise self._refusal(response.status, headers_of(response), memoryview(response.read(TEXT)))
            if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
                raise stranger(self._address.url, 200)
            yield response

    def _json(self, method: str, path: str, body: Mapping[str, Any] | None = None, **more: Any) -> Json:
        return json_of(self._address.url, self._answer(method, path, body, **more).body)

    def _answer(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, token: bool = True,
        headers: Mapping[str, str] | None = None, patience: float | None = 0.0, most: int = TEXT,
        fine: Iterable[int] = (200, 201, 202),
    ) -> Answer:  # fmt: skip
        """Return the answer to a request; ``patience`` is in seconds, None for as long as bytes come."""
        sent = dict(headers or {}) | (self._token() if token else {})
        if body is None:
            return self._checked(Call(method, path, sent), patience, most, fine)
        data = memoryview(json.dumps(body, allow_nan=False).encode())
        sent["Content-Type"] = "application/json"
        return self._checked(Call(method, path, sent, data.nbytes, lambda: (data,)), patience, most, fine)

    def _checked(self, call: Call, patience: float | None, most: int, fine: Iterable[int]) -> Answer:
        seconds = max(patience or 0.0, self._timeout)
        body = None if patience is None else seconds
        answer = self._channel.ask(call, lambda: Clock(seconds, body, self._stop), most)
        if answer.status not in fine:
            raise self._refusal(answer.status, answer.headers, answer.body)
        return answer

    def _refusal(self, status: int, headers: Mapping[str, str], body: memoryview) -> Trouble:
        return refusal(self._address.url, self._address.token, status, headers, body)

    def _token(self) -> dict[str, str]:
        if not re.fullmatch(r"[!-~]+", self._address.token):  # else it could be no header
            raise Trouble("refused", "That token is none: it has letters and digits alone; see the preferences.")
        return {"Authorization": f"Bearer {self._address.token}"}
