"""One fill, from request to end, through broken connections and new starts of the service.

`Watch.run` does the work in the background, tries again by a `RetryPolicy`, and writes into a `SharedStatus`, which
every thread may read.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from ..client import Service, Stopped, UserError
from ..client.gate import GATE
from .request import InpaintRequest
from .status import ENDED, Status, parse_progress, parse_result
from .submission import Submission
from .threads import unexpected_error
from .wording import text_of

T = TypeVar("T")
LOG = logging.getLogger(__name__)
CANCEL_TIMEOUT = 10.0
"""Seconds for telling a service that is gone that the job is not wanted any more."""
MAX_RETRY_DELAY = 5.0
"""Seconds between two tries."""
BUSY_DELAY = 15.0
"""Seconds to wait for a full queue where the service does not say."""
BUSY_TIMEOUT = 1800.0
"""Seconds after which a queue that stays full is given up."""


class SharedStatus:
    """Where a fill's thread writes how far it is, and others read it and say that they want it no more."""

    def __init__(self, job: str | None) -> None:
        self._began = self._updated = time.monotonic()
        self._lock = threading.Lock()
        self._status = Status(job=job)
        self._cancelled_at = float("inf")
        self.cancelling = threading.Event()

    def read(self) -> Status:
        """Return how far it is, now."""
        with self._lock:
            status, updated = self._status, self._updated
        if status.phase in ENDED:
            return status
        now = time.monotonic()
        left = None if status.left is None else max(status.left - (now - updated), 0.0)
        return replace(status, elapsed=now - self._began, left=left)

    def cancel(self) -> None:
        """Note that nobody wants it any more."""
        if not self.cancelling.is_set():
            self._cancelled_at = time.monotonic()
            self.cancelling.set()
        self.update()

    def is_cancelling_for(self, seconds: float) -> bool:
        """Whether nobody has wanted it for so long."""
        return time.monotonic() - self._cancelled_at > seconds

    def update(self, **changed: Any) -> None:
        """Change the status; what has ended, or is not wanted any more, takes no other phase but its end.

        Any news says that there is no obstacle, unless it names one.
        """
        with self._lock:
            if self._status.phase in ENDED:
                return
            if self.cancelling.is_set() and changed.get("phase") not in ENDED:
                changed |= {"phase": "cancelling", "fraction": None, "left": None}
            self._updated = time.monotonic()
            elapsed = self._updated - self._began
            self._status = replace(self._status, elapsed=elapsed, **{"obstacle": None, **changed})


class RetryPolicy:
    """How often and how long something is tried again."""

    def __init__(self, seconds: float, tries: int = 3) -> None:
        """Begin.

        Args:
            seconds: for a service that is gone, or is started anew.
            tries: for one that says it is broken.
        """
        self._seconds, self._tries = seconds, tries
        self.reset()

    def reset(self) -> None:
        """Begin anew, since something went well."""
        self._since: float | None = None
        self._count = 0

    def delay_after(self, error: UserError, *, can_relocate: bool) -> float:
        """Return the seconds to wait after an error.

        Args:
            error: what went wrong.
            can_relocate: whether the service may turn up elsewhere, with another token.

        Raises:
            UserError: trying again would be no use.
        """
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        self._count += 1
        if not self._may_pass(error, now - self._since, can_relocate):
            raise error
        if error.kind == "busy":
            return error.wait or BUSY_DELAY
        return min(0.2 * 2.0 ** min(self._count, 8), MAX_RETRY_DELAY)

    def _may_pass(self, error: UserError, passed: float, can_relocate: bool) -> bool:
        if error.kind == "busy":
            return passed < BUSY_TIMEOUT
        if error.kind == "broken" and error.wait is None:
            return self._count < self._tries
        if error.kind in ("absent", "lost", "broken"):
            return passed < self._seconds
        return can_relocate and error.kind in ("refused", "not_a_service") and passed < self._seconds


class Watch:
    """One fill. `run` does it and belongs into the background; `status` and `cancel` are for every thread."""

    def __init__(
        self,
        service: Service,
        request: InpaintRequest | None = None,
        *,
        job: str | None = None,
        retry_seconds: float = 120.0,
    ) -> None:
        """Make ready.

        Args:
            service: that is to do it.
            request: what is to be done; or
            job: the id of a job that the service has already.
            retry_seconds: to wait for a service that is gone.
        """
        if (request is None) == (job is None):
            raise ValueError("a watch is of a request or of a job")
        self._service, self._request = service, request
        self._retry = RetryPolicy(retry_seconds)
        self._shared_status = SharedStatus(job)
        self._leaving = False

    @property
    def service(self) -> Service:
        """The service as it was last found."""
        return self._service

    @property
    def status(self) -> Status:
        """How far it is, now."""
        return self._shared_status.read()

    def cancel(self) -> None:
        """Want it no more: it ends soon, wherever it is. To be called twice does no harm."""
        self._shared_status.cancel()

    def run(self) -> Status:
        """Do it, to its end, through broken connections and new starts of the service; return how it ended."""
        try:
            self._finish(self._run_job())
        except Stopped:
            self._close("cancelled")
        except UserError as error:
            self._fail(error)
        except Exception as error:
            LOG.exception("A fill failed")
            self._fail(unexpected_error(error))
        finally:
            self._service.close()
        return self.status

    def _run_job(self) -> dict[str, Any]:
        """Return the job as it is when it has ended."""
        self._service = self._service.relocate()
        self._stoppable_service().check_health()
        job = self.status.job
        if self._request is not None:
            submission = Submission(self._request, uuid.uuid4().hex)
            self._shared_status.update(phase="sending", fraction=0.0)
            job = self._retry_call(lambda: self._submit(submission))
        return self._follow(str(job))

    def _submit(self, submission: Submission) -> str:
        """Return the id of the job that the service makes of a request."""
        service, shared = self._stoppable_service(), self._shared_status
        submission.send_files(service, shared.cancelling.is_set, lambda part: shared.update(fraction=part))
        shared.update(fraction=None)
        material = submission.create_material(service)
        if shared.cancelling.is_set():
            raise Stopped
        # Not stopped at once: a job that was accepted, but whose number nobody heard, could not be cancelled.
        patient = self._service.with_stop(lambda: shared.is_cancelling_for(CANCEL_TIMEOUT))
        job = submission.create_job(patient, material)
        self._take_event("job", job)
        return str(job.get("id"))

    def _follow(self, job: str) -> dict[str, Any]:
        """Return a job when it has ended; its events change the status."""
        last = 0

        def follow_once() -> dict[str, Any] | None:
            nonlocal last
            if self._shared_status.cancelling.is_set() and not self._leaving:
                self._leaving, self._retry = True, RetryPolicy(CANCEL_TIMEOUT)
            if self._leaving:
                self._service.cancel_job(job)
            for number, kind, data in self._stoppable_service().stream_events(job, last):
                last = max(last, number)
                self._retry.reset()
                self._take_event(kind, data)
            view = self._service.get_job(job)
            return view if view.get("state") in ENDED else None

        while True:
            try:
                if (view := self._retry_call(follow_once)) is not None:
                    return view
                GATE.sleep(0.2)  # the service let go of the connection
            except Stopped:
                continue  # to cancel it

    def _take_event(self, kind: str, data: Mapping[str, Any]) -> None:
        if kind == "job":
            self._shared_status.update(job=str(data.get("id")))
        if kind in ("job", "state"):
            self._take_state(data)
        if kind == "progress" or (kind == "job" and data.get("state") == "running"):
            progress = data if kind == "progress" else data.get("progress")
            changed = parse_progress(progress if isinstance(progress, Mapping) else {})
            self._shared_status.update(phase="running", **changed)
        number = data.get({"job": "preview", "preview": "number"}.get(kind, ""))
        if isinstance(number, int) and number > self.status.preview_number:
            self._take_preview(number)
        if kind == "quiet" and self.status.phase == "queued":
            self._take_state(self._stoppable_service().get_job(str(self.status.job)))

    def _take_state(self, data: Mapping[str, Any]) -> None:
        ahead = data.get("ahead", self.status.ahead)
        if data.get("state") == "queued" and isinstance(ahead, int):
            self._shared_status.update(phase="queued", ahead=ahead, fraction=None, left=None)
        elif data.get("state") == "running":
            self._shared_status.update(phase="running", ahead=0)

    def _take_preview(self, number: int) -> None:
        try:
            picture = self._stoppable_service().get_preview(str(self.status.job))
        except UserError:
            return  # the next one, perhaps; if the service is gone that is noticed elsewhere
        self._shared_status.update(preview=picture, preview_number=number)

    def _stoppable_service(self) -> Service:
        return self._service.with_stop(lambda: self._shared_status.cancelling.is_set() and not self._leaving)

    def _retry_call(self, call: Callable[[], T]) -> T:
        """Return what a call returns, which is made again as long as there is hope."""
        while True:
            try:
                returned = call()
                self._retry.reset()
                return returned
            except UserError as error:
                delay = self._retry.delay_after(error, can_relocate=self._service.can_relocate)
                self._shared_status.update(obstacle=error, fraction=None, left=None)
            if self._leaving:
                GATE.sleep(min(delay, 1.0))
            elif GATE.sleep(delay, self._shared_status.cancelling):
                raise Stopped
            self._service.close()
            self._service = self._service.relocate()

    def _finish(self, job: Mapping[str, Any]) -> None:
        state, reason = str(job["state"]), job.get("reason")
        if state == "cancelled" or (state == "done" and self._shared_status.cancelling.is_set()):
            self._close("cancelled")
        elif state == "done":
            names = [] if self._request is None else [image.name for image in self._request.images]
            result = parse_result(job, names or self._get_file_names(job))
            self._shared_status.update(phase="done", result=result, fraction=1.0, left=0.0)
        else:
            sentence = text_of(reason) or "The service does not say why it ended; see its log."
            self._close(state, UserError("job", sentence, more={"kind": job.get("kind"), "sentence": reason}))

    def _get_file_names(self, job: Mapping[str, Any]) -> list[str]:
        """Return the names under which the images of an old job were sent."""
        with contextlib.suppress(UserError):
            return self._service.get_file_names(str(job["material"]))
        return []

    def _fail(self, error: UserError) -> None:
        """End by an error; where the job may still go on it is only interrupted."""
        may_go_on = error.kind in ("absent", "lost", "broken", "refused", "not_a_service")
        goes_on = self.status.job is not None and may_go_on
        phase = "cancelled" if self._shared_status.cancelling.is_set() else "interrupted" if goes_on else "failed"
        self._close(phase, error)

    def _close(self, phase: str, error: UserError | None = None) -> None:
        self._shared_status.update(phase=phase, error=error, fraction=None, left=None)
