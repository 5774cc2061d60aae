"""A request, or the id of a job, comes in; a status that changes until the fill has ended goes out."""

from __future__ import annotations

import contextlib
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..wire import Service, Stopped, Trouble
from .board import Board
from .patience import Patience
from .request import Request
from .sending import Sending
from .status import ENDED, Status, result_of, running

T = TypeVar("T")
LOG = logging.getLogger(__name__)
FAREWELL = 10.0
"""Seconds for telling a service that is gone that the job is not wanted any more."""


class Watch:
    """One fill. `run` does it and belongs into the background; `status` and `cancel` are for every thread."""

    def __init__(
        self, service: Service, request: Request | None = None, *, job: str | None = None, patience: float = 120.0
    ) -> None:
        """Make ready.

        Args:
            service: that is to do it.
            request: what is to be done; or
            job: the id of a job that the service has already.
            patience: seconds to wait for a service that is gone.
        """
        if (request is None) == (job is None):
            raise ValueError("a watch is of a request or of a job")
        self._service, self._request = service, request
        self._patience = Patience(patience)
        self._board = Board(job)
        self._leaving = False

    @property
    def service(self) -> Service:
        """The service as it was last found."""
        return self._service

    @property
    def status(self) -> Status:
        """How far it is, now."""
        return self._board.status

    def cancel(self) -> None:
        """Want it no more: it ends soon, wherever it is. To be called twice does no harm."""
        self._board.cancel()

    def run(self) -> Status:
        """Do it, to its end, through broken connections and new starts of the service; return how it ended."""
        try:
            self._end(self._done())
        except Stopped:
            self._close("cancelled")
        except Trouble as trouble:
            self._fail(trouble)
        except Exception as error:
            LOG.exception("A fill failed")
            said = f"Something went wrong that is our fault ({type(error).__name__}); see the console."
            self._fail(Trouble("broken", said))
        finally:
            self._service.close()
        return self.status

    def _done(self) -> dict[str, Any]:
        """Return the job as it is when it has ended."""
        self._service = self._service.renewed()
        self._stoppable().health()
        job = self.status.job
        if self._request is not None:
            sending = Sending(self._request, uuid.uuid4().hex)
            self._board.say(phase="sending", fraction=0.0)
            job = self._patiently(lambda: self._sent(sending))
        return self._followed(str(job))

    def _sent(self, sending: Sending) -> str:
        service, board = self._stoppable(), self._board
        sending.files(service, board.unwanted.is_set, lambda part: board.say(fraction=part))
        board.say(fraction=None)
        material = sending.material(service)
        if board.unwanted.is_set():
            raise Stopped
        # Not stopped at once: a job that was accepted, but whose number nobody heard, could not be cancelled.
        job = sending.job(self._service.stoppable(lambda: board.unwanted_for(FAREWELL)), material)
        self._take("job", job)
        return str(job.get("id"))

    def _followed(self, job: str) -> dict[str, Any]:
        last = 0

        def follow() -> dict[str, Any] | None:
            nonlocal last
            if self._board.unwanted.is_set() and not self._leaving:
                self._leaving, self._patience = True, Patience(FAREWELL)
            if self._leaving:
                self._service.cancel(job)
            for number, kind, data in self._stoppable().events(job, last):
                last = max(last, number)
                self._patience.heard()
                self._take(kind, data)
            found = self._service.look(job)
            return found if found.get("state") in ENDED else None

        while True:
            try:
                if (found := self._patiently(follow)) is not None:
                    return found
                time.sleep(0.2)  # the service let go of the connection
            except Stopped:
                continue  # to cancel it

    def _take(self, kind: str, data: Mapping[str, Any]) -> None:
        """Take an event."""
        if kind == "job":
            self._board.say(job=str(data.get("id")))
        if kind in ("job", "state"):
            self._take_state(data)
        if kind == "progress" or (kind == "job" and data.get("state") == "running"):
            told = data if kind == "progress" else data.get("progress")
            self._board.say(phase="running", **running(told if isinstance(told, Mapping) else {}))
        number = data.get({"job": "preview", "preview": "number"}.get(kind, ""))
        if isinstance(number, int) and number > self.status.preview_number:
            self._take_preview(number)
        if kind == "quiet" and self.status.phase == "queued":
            self._take_state(self._stoppable().look(str(self.status.job)))

    def _take_state(self, data: Mapping[str, Any]) -> None:
        ahead = data.get("ahead", self.status.ahead)
        if data.get("state") == "queued" and isinstance(ahead, int):
            self._board.say(phase="queued", ahead=ahead, fraction=None, left=None)
        elif data.get("state") == "running":
            self._board.say(phase="running", ahead=0)

    def _take_preview(self, number: int) -> None:
        try:
            picture = self._stoppable().preview(str(self.status.job))
        except Trouble:
            return  # the next one, perhaps; if the service is gone that is noticed elsewhere
        self._board.say(preview=picture, preview_number=number)

    def _stoppable(self) -> Service:
        return self._service.stoppable(lambda: self._board.unwanted.is_set() and not self._leaving)

    def _patiently(self, do: Callable[[], T]) -> T:
        """Return what something returns, which is done again as long as there is hope."""
        while True:
            try:
                came = do()
                self._patience.heard()
                return came
            except Trouble as trouble:
                wait = self._patience.after(trouble, renewable=self._service.can_renew)
                self._board.say(obstacle=trouble, fraction=None, left=None)
            if self._leaving:
                time.sleep(min(wait, 1.0))
            elif self._board.unwanted.wait(wait):
                raise Stopped
            self._service.close()
            self._service = self._service.renewed()

    def _end(self, job: Mapping[str, Any]) -> None:
        state, reason = str(job["state"]), str(job.get("reason") or "")
        if state == "cancelled" or (state == "done" and self._board.unwanted.is_set()):
            self._close("cancelled")
        elif state == "done":
            names = [] if self._request is None else [source.name for source in self._request.sources]
            result = result_of(job, names or self._names(job))
            self._board.say(phase="done", result=result, fraction=1.0, left=0.0)
        else:
            said = reason or "The service does not say why it ended; see its log."
            self._close(state, Trouble("job", said, more={"kind": job.get("kind")}))

    def _names(self, job: Mapping[str, Any]) -> list[str]:
        """Return the names under which the images of an old job were sent."""
        with contextlib.suppress(Trouble):
            return self._service.names(str(job["material"]))
        return []

    def _fail(self, trouble: Trouble) -> None:
        """End by trouble; where the job may still go on it is only interrupted."""
        goes_on = self.status.job is not None and trouble.kind in ("absent", "lost", "broken", "refused", "stranger")
        phase = "cancelled" if self._board.unwanted.is_set() else "interrupted" if goes_on else "failed"
        self._close(phase, trouble)

    def _close(self, phase: str, trouble: Trouble | None = None) -> None:
        self._board.say(phase=phase, trouble=trouble, fraction=None, left=None)
