"""Client of the service's HTTP API: a method for each route, and token, timeout and size limit for every request."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPResponse
from typing import Any, TypeVar
from urllib.parse import quote

from numpy.typing import NDArray

from .address import Address, find_address
from .arrays import decode_npy
from .errors import UserError, not_a_service, parse_json, parse_refusal
from .source import Upload
from .transport import ConnectionPool, Deadline, HttpAnswer, HttpRequest, never, read_headers

Json = dict[str, Any]
Event = tuple[int, str, Json]
"""Number, kind and content of a server-sent event."""
S = TypeVar("S", bound="ApiClient")
EVENT_TIMEOUT = 35.0
"""Seconds after which a stream of events is taken to be dead; a living one says something every ten."""
WORK_TIMEOUT = 150.0
"""Seconds for what the service itself takes up to two minutes: reading a material or a mask, drawing a picture."""
MAX_JSON_BYTES = 2**25
MAX_EVENT_BYTES = 2**24
MAX_PICTURE_BYTES = 2**27
MAX_FILE_BYTES = 2**32


class ApiClient:
    """Authorized requests to one address. Safe to use from several threads; `close` it."""

    def __init__(
        self, address: Address, *, timeout: float = 30.0, find_again: Callable[[], Address | None] | None = None
    ) -> None:
        """Make a client; nothing is sent yet.

        Args:
            address: where the service is.
            timeout: seconds to wait for an answer that needs no work.
            find_again: looks for the service anew when it is gone: one that was started anew has another address.
        """
        self._address, self._timeout, self._find_again = address, timeout, find_again
        self._pool = ConnectionPool(address.url, address.token)
        self._stop: Callable[[], bool] = never

    @property
    def address(self) -> Address:
        """Where the service is."""
        return self._address

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._address.url})"

    def __enter__(self: S) -> S:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that nobody uses."""
        self._pool.close()

    def with_stop(self: S, stop: Callable[[], bool]) -> S:
        """Return the same client for a caller who may want no answer any more: its calls then raise Stopped."""
        other = copy.copy(self)
        other._stop = stop
        return other

    def relocate(self: S) -> S:
        """Return a client of the service where it is now, if it can be found anew; else the same."""
        address = None if self._find_again is None else self._find_again()
        if address is None or address == self._address:
            return self
        other = type(self)(address, timeout=self._timeout, find_again=self._find_again)
        other._stop = self._stop
        return other

    @property
    def can_relocate(self) -> bool:
        """Whether the service may be found anew where it is not any more."""
        return self._find_again is not None

    def _request_json(self, method: str, path: str, body: Mapping[str, Any] | None = None, **more: Any) -> Json:
        return parse_json(self._address.url, self._request(method, path, body, **more).body)

    def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, token: bool = True,
        headers: Mapping[str, str] | None = None, timeout: float | None = 0.0, max_bytes: int = MAX_JSON_BYTES,
        accept: Iterable[int] = (200, 201, 202),
    ) -> HttpAnswer:  # fmt: skip
        """Return the answer to a request; ``timeout`` is in seconds, None for as long as bytes come."""
        sent = dict(headers or {}) | (self._authorization() if token else {})
        if body is None:
            return self._exchange(HttpRequest(method, path, sent), timeout, max_bytes, accept)
        data = memoryview(json.dumps(body, allow_nan=False).encode())
        sent["Content-Type"] = "application/json"
        request = HttpRequest(method, path, sent, data.nbytes, lambda: (data,))
        return self._exchange(request, timeout, max_bytes, accept)

    def _exchange(
        self, request: HttpRequest, timeout: float | None, max_bytes: int, accept: Iterable[int]
    ) -> HttpAnswer:
        idle = max(timeout or 0.0, self._timeout)
        body = None if timeout is None else idle
        answer = self._pool.request(request, lambda: Deadline(idle, body, self._stop), max_bytes)
        if answer.status not in accept:
            raise self._parse_refusal(answer.status, answer.headers, answer.body)
        return answer

    @contextmanager
    def _stream(self, path: str, headers: Mapping[str, str]) -> Iterator[HTTPResponse]:
        """Give a stream of events, which is read as it comes, for as long as something comes."""
        request = HttpRequest("GET", path, {**headers, **self._authorization()})
        with self._pool.stream(request, lambda: Deadline(EVENT_TIMEOUT, None, self._stop)) as response:
            if response.status != 200:
                body = memoryview(response.read(MAX_JSON_BYTES))
                raise self._parse_refusal(response.status, read_headers(response), body)
            if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
                raise not_a_service(self._address.url, 200)
            yield response

    def _parse_refusal(self, status: int, headers: Mapping[str, str], body: memoryview) -> UserError:
        return parse_refusal(self._address.url, self._address.token, status, headers, body)

    def _authorization(self) -> dict[str, str]:
        if not re.fullmatch(r"[!-~]+", self._address.token):  # else it could be no header
            raise UserError("refused", "That token is none: it has letters and digits alone; see the preferences.")
        return {"Authorization": f"Bearer {self._address.token}"}


class Service(ApiClient):
    """One service. Safe to use from several threads; `close` it.

    Every method raises UserError if it is not answered.
    """

    @classmethod
    def find(cls, *, timeout: float = 30.0) -> Service | None:
        """Return the service that this user runs, by its runtime file; None if there is no such file."""
        address = find_address()
        return None if address is None else cls(address, timeout=timeout, find_again=find_address)

    def check_health(self) -> None:
        """Find out whether a service lives there; the token is not sent.

        Raises:
            UserError: it does not.
        """
        if self._request_json("GET", "/v1/health", token=False).get("status") != "ok":
            raise not_a_service(self._address.url, 200)

    def get_info(self) -> Json:
        """Return what the service can do; it is one, and takes the token."""
        info = self._request_json("GET", "/v1/info", timeout=WORK_TIMEOUT)
        if "methods" not in info:
            raise not_a_service(self._address.url, 200)
        return info

    def get_models(self) -> Json:
        """Return the ``models`` that lie in the service's folders, and what is there and ``refused``."""
        return self._request_json("GET", "/v1/models", timeout=WORK_TIMEOUT)

    def send_file(self, upload: Upload, on_sent: Callable[[int], None] = lambda count: None) -> None:
        """Send a file unless it is there already; ``on_sent`` hears how many bytes are."""
        path = f"/v1/files/{upload.digest}"
        if self._request("HEAD", path, accept=(200, 404)).status == 200:
            on_sent(upload.size)
            return
        headers = {"Content-Type": "application/octet-stream"}
        request = HttpRequest("PUT", path, headers | self._authorization(), upload.size, upload.pieces, on_sent)
        answer = self._exchange(request, 0.0, MAX_JSON_BYTES, (200, 201))
        if parse_json(self._address.url, answer.body).get("file") != upload.digest:
            raise not_a_service(self._address.url, answer.status)

    def create_material(self, wanted: Mapping[str, Any]) -> Json:
        """Return the material of files that were sent; ``more["missing"]`` of UserError: they must be sent."""
        return self._request_json("POST", "/v1/materials", wanted, timeout=WORK_TIMEOUT)

    def get_file_names(self, material: str) -> list[str]:
        """Return the names of the files of a material."""
        files = self._request_json("GET", f"/v1/materials/{_quote_id(material)}").get("files")
        return [str(name) for name in files] if isinstance(files, list) else []

    def create_job(self, wanted: Mapping[str, Any], key: str) -> Json:
        """Ask for a job and return it; asked for again under the same key it is the same."""
        return self._request_json("POST", "/v1/jobs", wanted, timeout=WORK_TIMEOUT, headers={"Idempotency-Key": key})

    def get_job(self, job: str) -> Json:
        """Return a job as it is now."""
        return self._request_json("GET", f"/v1/jobs/{_quote_id(job)}")

    def list_jobs(self, count: int = 50) -> list[Json]:
        """Return the newest jobs."""
        jobs = self._request_json("GET", f"/v1/jobs?count={count}").get("jobs")
        if not isinstance(jobs, list):
            raise not_a_service(self._address.url, 200)
        return [job for job in jobs if isinstance(job, dict)]

    def cancel_job(self, job: str) -> Json:
        """Cancel a job and return it as it is then; one that has ended stays as it is."""
        return self._request_json("POST", f"/v1/jobs/{_quote_id(job)}/cancel")

    def retry_job(self, job: str, variations: int, share: float | None = None, variation: int = 1) -> str:
        """Ask for a done job once more, with seeds that were not used; return the new job's id.

        Args:
            job: its id.
            variations: how many.
            share: how much of one of its results is to change, up to 1 for all of it; None of a method that cannot.
            variation: which result.
        """
        method = {"variations": variations} if share is None else {"variations": variations, "from_step": share}
        changed = {"method": method, "variation": variation}
        return str(self._request_json("POST", f"/v1/jobs/{_quote_id(job)}/retry", changed).get("id"))

    def stream_events(self, job: str, last: int = 0) -> Iterator[Event]:
        """Follow a job from an event's number on, to its end or that of the connection; see `parse_events`."""
        headers = {"Accept": "text/event-stream", "Last-Event-ID": str(last)}
        with self._stream(f"/v1/jobs/{_quote_id(job)}/events", headers) as response:
            yield from parse_events(response, self._address.url)

    def get_preview(self, job: str) -> bytes:
        """Return the newest picture of a job, a PNG."""
        return bytes(self._request("GET", f"/v1/jobs/{_quote_id(job)}/preview", max_bytes=MAX_PICTURE_BYTES).body)

    def get_file(self, job: str, path: str) -> bytes:
        """Return a file of a result, by its name in the result."""
        return bytes(self._get_file(job, path))

    def get_array(self, job: str, path: str) -> NDArray[Any]:
        """Return a file of a result that is an array."""
        return decode_npy(self._get_file(job, path))

    def render_picture(self, job: str, variation: int = 1, size: int = 256) -> bytes:
        """Return a drawing of a result, a PNG."""
        wanted = {"job": job, "variation": variation, "size": size}
        answer = self._request("POST", "/v1/render", wanted, timeout=WORK_TIMEOUT, max_bytes=MAX_PICTURE_BYTES)
        return bytes(answer.body)

    def release_memory(self) -> Json:
        """Have memory given back, the graphics card's too."""
        return self._request_json("POST", "/v1/release", timeout=WORK_TIMEOUT)

    def shut_down(self) -> None:
        """End the service in good order."""
        self._request("POST", "/v1/stop", accept=(202,))

    def _get_file(self, job: str, path: str) -> memoryview:
        path = f"/v1/jobs/{_quote_id(job)}/files/{quote(path)}"
        return self._request("GET", path, max_bytes=MAX_FILE_BYTES, timeout=None).body


def parse_events(response: HTTPResponse, url: str) -> Iterator[Event]:
    """Return the server-sent events of an answer: number, kind and content; number 0 if it has none.

    A comment, by which the service says only that it lives, is an event of the kind ``quiet``.

    Raises:
        UserError: they are not what a service says.
        OverflowError: one is larger than it may be.
    """
    fields: dict[str, str] = {}
    size = 0
    while line := response.readline(MAX_EVENT_BYTES):
        size += len(line)
        if size > MAX_EVENT_BYTES:
            raise OverflowError
        text = str(line, "utf-8").rstrip("\r\n")
        if text.startswith(":"):
            yield 0, "quiet", {}
        elif text:
            name, _, value = text.partition(":")
            fields[name] = value.removeprefix(" ")
            continue
        elif "data" in fields:
            yield _parse_event(fields, url)
        fields, size = {}, 0


def _parse_event(fields: Mapping[str, str], url: str) -> Event:
    try:
        number = int(fields.get("id", "0"))
        content = json.loads(fields["data"])
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise not_a_service(url, 200)
    return number, fields.get("event", ""), content


def _quote_id(job: str) -> str:
    return quote(job, safe="")
