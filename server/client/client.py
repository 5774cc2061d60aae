"""A typed client of version 1 of the interface."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO
from urllib.parse import quote

import httpx

from svbrdf_core.codec.plain import JsonObject

from ..proof import Stranger
from .errors import ServiceError, no_answer, not_a_service, problem_of
from .proving import ProvingTransport

PIECE = 2**20
PARALLEL_UPLOADS = 3
"""Files that are sent at the same time."""
TIMEOUT = httpx.Timeout(10.0, read=120.0, write=60.0)
SLOW, LOOK = 120.0, 10.0
"""Seconds that the service may take to look at all jobs of a batch, and at each besides."""
STREAM_TIMEOUT = 60.0
"""Seconds without a word, not even a comment, after which a stream of events is taken to be dead."""
FOREIGN = ("token", "not-a-service")
"""Kinds of an error that means another service, or none."""
MAX_TRIES = 5
"""How often a broken connection is made anew before it is given up."""


@dataclass(frozen=True)
class Event:
    """Something that happened to a job: ``job`` (the whole of it), ``state``, ``progress`` or ``preview``."""

    seq: int
    kind: str
    data: JsonObject


class Client:
    """Speaks with one service. Safe to use from one thread at a time."""

    def __init__(self, url: str, token: str, *, transport: httpx.BaseTransport | None = None) -> None:
        """Make a client; nothing is sent yet.

        Args:
            url: of the service, without a path.
            token: of the service.
            transport: what carries requests, instead of one that asks each connection for proof first.
        """
        # What is sent over loopback is not worth packing, and a proxy has no business with it.
        headers = {"authorization": f"Bearer {token}", "accept-encoding": "identity"}
        self._http = httpx.Client(
            base_url=url,
            headers=headers,
            timeout=TIMEOUT,
            transport=ProvingTransport(url, token) if transport is None else transport,
            trust_env=False,
            follow_redirects=False,
        )
        self.url = url

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    @contextlib.contextmanager
    def with_timeout(self, seconds: float) -> Iterator[None]:
        """Wait no longer than this for any answer, meanwhile."""
        before, self._http.timeout = self._http.timeout, httpx.Timeout(seconds)
        try:
            yield
        finally:
            self._http.timeout = before

    def info(self) -> JsonObject:
        """Return what the service can do."""
        return self._json("GET", "/v1/info")

    def models(self) -> JsonObject:
        """Return the models that the service offers (``models``), and files that it does not, with why (``refused``).

        A job names one in the settings of its method as ``{"file": …, "name": …}``, both as they are here.
        """
        return self._json("GET", "/v1/models")

    def upload(self, path: Path) -> str:
        """Send a file unless it is there already, and return its digest.

        Raises:
            ServiceError: it is not taken.
            OSError: it cannot be read.
        """
        digest = digest_of(path)
        if self._send("HEAD", f"/v1/files/{digest}", missing_ok=True).status_code != 200:
            self._put(path, digest)
        return digest

    def material(self, files: Mapping[str, Path], **body: Any) -> JsonObject:
        """Make a material of files by name, of which only those are sent that the service does not have.

        Args:
            files: name to path.
            body: what else is said of it: its ``name``, and how the files are read (``source``); see the interface's
                description.
        """
        digests = {name: digest_of(path) for name, path in files.items()}
        wanted = {"files": [{"name": name, "file": digest} for name, digest in digests.items()], **body}
        try:
            return self._json("POST", "/v1/materials", wanted)
        except ServiceError as error:
            if error.kind != "missing":
                raise
            missing = set(error.more["missing"])
        self._put_all({digests[name]: path for name, path in files.items() if digests[name] in missing})
        return self._json("POST", "/v1/materials", wanted)

    def submit(
        self, wanted: Mapping[str, Any], *, files: Mapping[str, Path] | None = None, key: str = ""
    ) -> JsonObject:
        """Ask for a job and return it. A lost answer does no harm: the request is sent again under the same key.

        Args:
            wanted: see the interface's description.
            files: digest to path of masks and models that it names; those are sent that the service does not have.
            key: of the caller's own making; asked for again under it, the job is the same.
        """
        return self._submit("/v1/jobs", wanted, files, key)

    def retry(self, job: str, **changed: Any) -> JsonObject:
        """Ask for a job again with parts of its request changed, and return the new one."""
        return self._json("POST", f"/v1/jobs/{job}/retry", changed, headers={"idempotency-key": uuid.uuid4().hex})

    def jobs(self, *, count: int = 50, before: int | None = None, states: Sequence[str] = ()) -> JsonObject:
        """Return a page of jobs, the newest first."""
        query: dict[str, Any] = {"count": count, "state": list(states)}
        return self._json("GET", "/v1/jobs", query=query if before is None else query | {"before": before})

    def job(self, job: str) -> JsonObject:
        """Return a job as it is now."""
        return self._json("GET", f"/v1/jobs/{job}")

    def cancel(self, job: str) -> JsonObject:
        """Cancel a job and return it as it is then."""
        return self._json("POST", f"/v1/jobs/{job}/cancel")

    def delete(self, job: str) -> None:
        """Forget a job that has ended."""
        self._send("DELETE", f"/v1/jobs/{job}")

    def plan_batch(self, **wanted: Any) -> JsonObject:
        """Return which materials a folder below a root has, and which mask is whose; nothing is done.

        Args:
            wanted: ``root``, ``library`` and ``masks`` (or ``shape``); see the interface's description.
        """
        return self._json("POST", "/v1/batches/plan", wanted)

    def submit_batch(
        self, name: str, jobs: Sequence[Mapping[str, Any]], *, files: Mapping[str, Path] | None = None, key: str = ""
    ) -> JsonObject:
        """Ask for many jobs together and return the batch. All are accepted or none; all are looked at before.

        Args:
            name: what it is called.
            jobs: what `submit` takes, of each.
            files: as of `submit`, of all jobs.
            key: as of `submit`.

        Raises:
            ServiceError: of kind ``rows``, with ``rows`` in ``more``, if some of them cannot be done.
        """
        with self.with_timeout(SLOW + LOOK * len(jobs)):
            return self._submit("/v1/batches", {"name": name, "jobs": list(jobs)}, files, key)

    def batches(self, *, count: int = 50, before: int | None = None) -> JsonObject:
        """Return a page of batches, the newest first."""
        query: dict[str, Any] = {"count": count}
        return self._json("GET", "/v1/batches", query=query if before is None else query | {"before": before})

    def batch(self, batch: str) -> JsonObject:
        """Return a batch as it is now; to follow it, ask now and then."""
        return self._json("GET", f"/v1/batches/{batch}")

    def batch_jobs(self, batch: str, *, states: Sequence[str] = ()) -> Iterator[JsonObject]:
        """Yield the jobs of a batch in the order of its rows, of each the newest."""
        after: int | None = 0
        while after is not None:
            page = self._json("GET", f"/v1/batches/{batch}/jobs", query={"after": after, "state": list(states)})
            yield from page["jobs"]
            after = page["next"]

    def cancel_batch(self, batch: str) -> JsonObject:
        """Cancel all jobs of a batch that wait or run, and return it as it is then."""
        return self._json("POST", f"/v1/batches/{batch}/cancel")

    def retry_batch(self, batch: str, *, states: Sequence[str] = ("failed", "interrupted")) -> JsonObject:
        """Do those jobs of a batch again that ended in one of some states, and return it as it is then."""
        with self.with_timeout(SLOW + LOOK * sum(self.batch(batch)["counts"].get(state, 0) for state in states)):
            return self._json("POST", f"/v1/batches/{batch}/retry", {"states": list(states)})

    def delete_batch(self, batch: str) -> None:
        """Forget a batch that has ended, with its jobs and their results."""
        self._send("DELETE", f"/v1/batches/{batch}")

    def events(self, job: str, *, after: int = 0) -> Iterator[Event]:
        """Follow a job to its end; broken connections are made anew and go on where they were.

        Raises:
            ServiceError: there is no such job, or the service is gone.
        """
        failures, ended = 0, False
        while not ended:
            try:
                for event in self._events(job, after):
                    after, failures = max(after, event.seq), 0
                    ended = event.data["state"] in ENDED if "state" in event.data else ended
                    yield event
            except (httpx.TransportError, ServiceError, Stranger) as error:
                failures, ended = failures + 1, False
                known = isinstance(error, ServiceError) and (400 <= error.status < 500 or error.kind in FOREIGN)
                if failures > MAX_TRIES or known or isinstance(error, Stranger):
                    raise no_answer(error) from error
            time.sleep(0.1 * 2**failures)

    def fetch(self, job: str, file: str, target: Path) -> None:
        """Write a file of a result, by its name in the report, to a place of one's own; begun anew if it breaks off.

        Raises:
            ServiceError: there is no such file, or the service is gone.
            OSError: it cannot be written, or is there already.
        """
        with target.open("xb") as stream:
            self._save(f"/v1/jobs/{job}/files/{quote(file)}", stream)

    def preview(self, job: str) -> bytes:
        """Return the newest preview, a PNG."""
        return self._send("GET", f"/v1/jobs/{job}/preview").content

    def map(self, job: str, name: str, *, variation: int = 1, form: str = "application/x-npy") -> bytes:
        """Return one map of a result in a form."""
        path = f"/v1/jobs/{job}/maps/{quote(name, safe='')}"
        return self._send("GET", path, query={"variation": variation}, headers={"accept": form}).content

    def render(self, **wanted: Any) -> bytes:
        """Return a picture of a material or a result, a PNG."""
        return self._send("POST", "/v1/render", wanted).content

    def release(self) -> JsonObject:
        """Have memory given back."""
        return self._json("POST", "/v1/release")

    def stop(self) -> None:
        """End the service."""
        self._send("POST", "/v1/stop")

    def _submit(self, path: str, wanted: Mapping[str, Any], files: Mapping[str, Path] | None, key: str) -> JsonObject:
        """Ask for something new, and send the files that it names and the service does not have."""
        headers = {"idempotency-key": key or uuid.uuid4().hex}
        try:
            return self._json("POST", path, wanted, headers=headers)
        except ServiceError as error:
            if error.kind != "missing" or not files:
                raise
            missing = [digest for digest in error.more["missing"] if digest in files]
        self._put_all({digest: files[digest] for digest in missing})
        return self._json("POST", path, wanted, headers=headers)

    def _events(self, job: str, after: int) -> Iterator[Event]:
        timeout = httpx.Timeout(10.0, read=STREAM_TIMEOUT)
        headers = {"last-event-id": str(after)}
        with self._http.stream("GET", f"/v1/jobs/{job}/events", headers=headers, timeout=timeout) as answer:
            if answer.status_code != 200:
                answer.read()
                raise problem_of(answer)
            yield from parse_events(answer.iter_lines())

    def _put_all(self, files: Mapping[str, Path]) -> None:
        """Send several files, some at once: while one is synced to the service's disk another is on its way."""
        with ThreadPoolExecutor(PARALLEL_UPLOADS) as threads:
            try:
                for sent in [threads.submit(self._put, path, digest) for digest, path in files.items()]:
                    sent.result()
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                raise

    def _put(self, path: Path, digest: str) -> None:
        def pieces() -> Iterator[bytes]:
            with path.open("rb") as stream:
                while piece := stream.read(PIECE):
                    yield piece

        size = str(path.stat().st_size)
        headers = {"content-type": "application/octet-stream", "content-length": size}
        self._send_checked(lambda: self._http.put(f"/v1/files/{digest}", content=pieces(), headers=headers))

    def _save(self, path: str, target: BinaryIO) -> None:
        for number in range(MAX_TRIES):
            try:
                target.seek(0)
                target.truncate()
                with self._http.stream("GET", path) as answer:
                    if answer.status_code != 200:
                        answer.read()
                        raise problem_of(answer)
                    for piece in answer.iter_bytes(PIECE):
                        target.write(piece)
                return
            except Stranger as error:
                raise no_answer(error) from error
            except httpx.TransportError as error:
                if number == MAX_TRIES - 1:
                    raise no_answer(error) from error
                time.sleep(0.2 * 2**number)

    def _json(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> JsonObject:
        answer = self._send(method, path, body, query=query, headers=headers)
        try:
            found = answer.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise not_a_service(answer)
        return found

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        missing_ok: bool = False,
    ) -> httpx.Response:
        return self._send_checked(
            lambda: self._http.request(method, path, json=body, params=query, headers=headers), missing_ok=missing_ok
        )

    def _send_checked(self, send: Any, *, missing_ok: bool = False) -> httpx.Response:
        """Send a request, once more if the connection broke, and return the answer.

        Raises:
            ServiceError: it says that something is wrong, or there is none.
        """
        try:
            try:
                answer: httpx.Response = send()
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                answer = send()  # everything that is sent may be sent twice
        except (httpx.TransportError, Stranger) as error:
            raise no_answer(error) from error
        if answer.is_success or (missing_ok and answer.status_code == 404):
            return answer
        raise problem_of(answer)


ENDED = frozenset({"done", "failed", "cancelled", "interrupted"})


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def parse_events(lines: Iterator[str]) -> Iterator[Event]:
    """Return the events of a stream of lines; comments are left out."""
    fields: dict[str, str] = {}
    for line in lines:
        if line and not line.startswith(":"):
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif not line and "data" in fields:
            try:
                event = Event(int(fields.get("id", 0)), fields.get("event", "message"), json.loads(fields["data"]))
            except ValueError as error:
                raise ServiceError("something that is no service of ours sends events", kind="not-a-service") from error
            yield event
            fields = {}
