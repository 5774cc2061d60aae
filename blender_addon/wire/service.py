"""What is wanted of one service comes in; its answers go out, or Trouble."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from numpy.typing import NDArray

from . import npy, runtime, stream
from .answers import json_of, stranger
from .asking import TEXT, Asking, Json
from .channel import Call
from .source import Body
from .stream import Event

WORK = 150.0
"""Seconds for what the service itself takes up to two minutes: reading a material or a mask, drawing a picture."""
PICTURE, FILE = 2**27, 2**32
"""Most bytes of a picture, and of a map."""


class Service(Asking):
    """One service. Safe to use from several threads; `close` it."""

    @classmethod
    def found(cls, *, timeout: float = 30.0) -> Service | None:
        """Return the service that this user runs, by its file; None if there is no such file."""
        address = runtime.find()
        return None if address is None else cls(address, timeout=timeout, again=runtime.find)

    def health(self) -> None:
        """Find out whether a service lives there; the token is not sent.

        Raises:
            Trouble: it does not.
        """
        if self._json("GET", "/v1/health", token=False).get("status") != "ok":
            raise stranger(self._address.url, 200)

    def info(self) -> Json:
        """Return what the service can do; it is one, and takes the token.

        Raises:
            Trouble: (every method) it does not answer so.
        """
        found = self._json("GET", "/v1/info", patience=WORK)
        if "methods" not in found:
            raise stranger(self._address.url, 200)
        return found

    def send(self, body: Body, progress: Callable[[int], None] = lambda count: None) -> None:
        """Send what `body_of` made of a source, unless it is there already; ``progress`` hears how many bytes are."""
        path = f"/v1/files/{body.digest}"
        if self._answer("HEAD", path, fine=(200, 404)).status == 200:
            progress(body.size)
            return
        headers = {"Content-Type": "application/octet-stream"}
        call = Call("PUT", path, headers | self._token(), body.size, body.pieces, progress)
        answer = self._checked(call, 0.0, TEXT, (200, 201))
        if json_of(self._address.url, answer.body).get("file") != body.digest:
            raise stranger(self._address.url, answer.status)

    def material(self, files: Mapping[str, str], roles: Mapping[str, str], **reading: Any) -> Json:
        """Return the material of files, given by name and digest; ``more["missing"]`` of Trouble: they must be sent."""
        listed = [{"name": name, "file": digest} for name, digest in files.items()]
        return self._json("POST", "/v1/materials", {"files": listed, "roles": dict(roles), **reading}, patience=WORK)

    def names(self, material: str) -> list[str]:
        """Return the names of the files of a material."""
        files = self._json("GET", f"/v1/materials/{_id(material)}").get("files")
        return [str(name) for name in files] if isinstance(files, list) else []

    def job(self, wanted: Mapping[str, Any], key: str) -> Json:
        """Ask for a job and return it; asked for again under the same key it is the same."""
        return self._json("POST", "/v1/jobs", wanted, patience=WORK, headers={"Idempotency-Key": key})

    def look(self, job: str) -> Json:
        """Return a job as it is now."""
        return self._json("GET", f"/v1/jobs/{_id(job)}")

    def jobs(self, count: int = 50) -> list[Json]:
        """Return the newest jobs."""
        found = self._json("GET", f"/v1/jobs?count={count}").get("jobs")
        if not isinstance(found, list):
            raise stranger(self._address.url, 200)
        return [job for job in found if isinstance(job, dict)]

    def cancel(self, job: str) -> Json:
        """Cancel a job and return it as it is then; one that has ended stays as it is."""
        return self._json("POST", f"/v1/jobs/{_id(job)}/cancel")

    def retry(self, job: str, variations: int) -> str:
        """Ask for a done job once more, with seeds that were not used; return the new job's id."""
        return str(self._json("POST", f"/v1/jobs/{_id(job)}/retry", {"variations": variations}).get("id"))

    def events(self, job: str, last: int = 0) -> Iterator[Event]:
        """Follow a job from an event's number on, to its end or that of the connection; see `stream.events`."""
        headers = {"Accept": "text/event-stream", "Last-Event-ID": str(last)}
        with self._open(f"/v1/jobs/{_id(job)}/events", headers) as response:
            yield from stream.events(response, self._address.url)

    def preview(self, job: str) -> bytes:
        """Return the newest picture of a job, a PNG."""
        return bytes(self._answer("GET", f"/v1/jobs/{_id(job)}/preview", most=PICTURE).body)

    def file(self, job: str, path: str) -> bytes:
        """Return a file of a result, by its name in the result."""
        return bytes(self._file(job, path))

    def array(self, job: str, path: str) -> NDArray[Any]:
        """Return a file of a result that is an array."""
        return npy.decode(self._file(job, path))

    def picture(self, job: str, variation: int = 1, size: int = 256) -> bytes:
        """Return a drawing of a result, a PNG."""
        wanted = {"job": job, "variation": variation, "size": size}
        return bytes(self._answer("POST", "/v1/render", wanted, patience=WORK, most=PICTURE).body)

    def release(self) -> Json:
        """Have memory given back, the graphics card's too."""
        return self._json("POST", "/v1/release", patience=WORK)

    def stop(self) -> None:
        """End the service in good order."""
        self._answer("POST", "/v1/stop", fine=(202,))

    def _file(self, job: str, path: str) -> memoryview:
        return self._answer("GET", f"/v1/jobs/{_id(job)}/files/{quote(path)}", most=FILE, patience=None).body


def _id(job: str) -> str:
    return quote(job, safe="")
