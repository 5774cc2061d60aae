"""Errors as RFC 9457 problem details: a kind for programs and a sentence for people."""

from __future__ import annotations

import errno
import http
import json
import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as PlainError
from starlette.responses import Response

from svbrdf_core.sentences import Sentence

MEDIA = "application/problem+json"
LOG = logging.getLogger("svbrdf.service")
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO})
"""Errors of a disk that takes nothing: not our fault, and for the user to mend."""


class Problem(HTTPException):
    """An answer that says what is wrong and what to do next.

    It is one of the framework's own errors, so that it comes through unchanged wherever it is raised.

    Attributes:
        status_code: of HTTP.
        kind: a short name that does not change, for programs.
        detail: one sentence for people; what can be done about it, where that differs by surface, is in its JSON.
        headers: of the answer.
        more: further members of the JSON object.
    """

    def __init__(
        self, status: int, kind: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.kind, self.more = kind, more

    def body(self) -> bytes:
        """Return the JSON object."""
        known = {
            "type": f"urn:svbrdf:problem:{self.kind}",
            "title": http.HTTPStatus(self.status_code).phrase,
            "status": self.status_code,
            "detail": self.detail,
        }
        said = self.detail
        more = {"sentence": said.to_json()} if isinstance(said, Sentence) and said.remedies else {}
        return json.dumps(known | more | self.more).encode()

    def response(self) -> Response:
        """Return the answer."""
        return Response(self.body(), self.status_code, self.headers, MEDIA)


def not_found(what: str) -> Problem:
    """Return the problem of something that does not exist (any more)."""
    return Problem(404, "not-found", f"There is no such {what}; it may have been removed.")


def no_room(error: OSError) -> Problem:
    """Return the problem that a failure to write is."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Problem(507, "no-room", "The disk of the data folder is full; make room and send it again.")
    return Problem(507, "no-room", f"The data folder cannot be written ({error.strerror}); see the service's log.")


def install(app: FastAPI) -> None:
    """Make every error of an application a problem."""

    @app.exception_handler(Problem)
    async def _problem(request: Request, error: Problem) -> Response:
        return error.response()

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        # What was sent is not repeated: it may be huge, or no JSON at all (NaN).
        faults = [{"where": ".".join(map(str, e["loc"]))[:200], "what": str(e["msg"])} for e in error.errors()[:20]]
        said = "; ".join(f"{fault['where']}: {fault['what']}" for fault in faults[:3])
        return Problem(422, "invalid", f"The request is not as described ({said[:600]}).", faults=faults).response()

    @app.exception_handler(PlainError)
    async def _plain(request: Request, error: PlainError) -> Response:
        if error.status_code == 400 and isinstance(error.__cause__, ValueError | RecursionError):
            # The framework says 400 for numbers too long and nesting too deep to be read, but 422 for other bad JSON.
            return Problem(422, "invalid", "The body is no JSON that can be read; see /v1/openapi.json.").response()
        kinds = {404: "not-found", 405: "method"}
        said = {404: "There is nothing at this address.", 405: "This address does not take that method."}
        detail = said.get(error.status_code, str(error.detail))
        kind = kinds.get(error.status_code, "request")
        return Problem(error.status_code, kind, detail, headers=dict(error.headers or {})).response()

    @app.exception_handler(Exception)
    async def _ours(request: Request, error: Exception) -> Response:
        LOG.error("%s %a failed", request.method, request.url.path, exc_info=error)  # a path may hold line breaks
        detail = "Something went wrong that is our fault; please report it with the service's log."
        return Problem(500, "fault", detail).response()
