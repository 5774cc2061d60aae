"""Submission of a request: the upload of its files, its material and its job at the service."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ..client import Service, Source, UserError
from ..client.source import Upload, prepare_upload
from .request import InpaintRequest
from .threads import run_parallel

MAX_ROUNDS = 3
"""How often files are sent that the service says it has not (any more)."""


class Submission:
    """One request on its way; what was sent once is not sent again."""

    def __init__(self, request: InpaintRequest, key: str) -> None:
        """Make ready.

        Args:
            request: what is wanted.
            key: of the caller's own making; under it the job is the same, however often it is asked for.
        """
        self._request, self._key = request, key
        self._files = request.files()
        self._uploads: dict[str, Upload] = {}

    def send_files(self, service: Service, stop: Callable[[], bool], on_progress: Callable[[float], None]) -> None:
        """Send all files that the service has not; ``on_progress`` hears which part of the bytes is there.

        Nothing is sent if a file among the settings cannot be read.

        Raises:
            UserError: one cannot be read, or is not taken.
            Stopped: the caller wanted no more.
        """
        self._request.method.check_files()
        failed, sent = threading.Event(), _SentBytes(self._files, on_progress)
        service = service.with_stop(lambda: stop() or failed.is_set())

        def send_one(source: Source) -> None:
            upload = self._uploads.get(source.name) or prepare_upload(source)
            self._uploads[source.name] = upload
            service.send_file(upload, partial(sent.add, source.name, upload.size))

        run_parallel([partial(send_one, source) for source in self._files], failed)

    def create_material(self, service: Service) -> str:
        """Return the id of the material, which the service reads now.

        Raises:
            UserError: it does not take them.
        """
        wanted = self._request.material_json(self._digests())
        return str(self._send_missing(service, lambda: service.create_material(wanted)).get("id"))

    def create_job(self, service: Service, material: str) -> dict[str, Any]:
        """Return the job.

        Raises:
            UserError: it is not taken.
        """
        wanted = self._request.job_json(material, self._digests())
        return self._send_missing(service, lambda: service.create_job(wanted, self._key))

    def _digests(self) -> dict[str, str]:
        return {name: upload.digest for name, upload in self._uploads.items()}

    def _send_missing(self, service: Service, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Ask, and send what the service turns out not to have: uploads that nothing uses go after a while."""
        for _ in range(MAX_ROUNDS - 1):
            try:
                return ask()
            except UserError as error:
                missing = error.more.get("missing")
                known = {upload.digest: upload for upload in self._uploads.values()}
                if not isinstance(missing, list) or not missing or not set(map(str, missing)) <= known.keys():
                    raise
                run_parallel([partial(service.send_file, known[str(digest)]) for digest in missing])
        return ask()


class _SentBytes:
    """Which part of all bytes is there."""

    def __init__(self, sources: Sequence[Source], on_progress: Callable[[float], None]) -> None:
        self._all = max(sum(map(_count_bytes, sources)), 1)
        self._sent: Mapping[str, int] = {}
        self._on_progress, self._lock = on_progress, threading.Lock()

    def add(self, name: str, most: int, count: int) -> None:
        """Note bytes of a source, which has no more than so many, however often they had to be sent."""
        with self._lock:
            self._sent = {**self._sent, name: min(self._sent.get(name, 0) + count, most)}
            self._on_progress(min(sum(self._sent.values()) / self._all, 1.0))


def _count_bytes(source: Source) -> int:
    if isinstance(source.data, bytes):
        return len(source.data)
    try:
        return source.data.nbytes if not hasattr(source.data, "stat") else source.data.stat().st_size
    except OSError:
        return 0  # it will be said when it is read
