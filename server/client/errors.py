"""What a service, or its absence, says is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from svbrdf_core.sentences import Sentence

from ..proof import Stranger


class ServiceError(Exception):
    """The service did not do what it was asked.

    Attributes:
        status: of HTTP, 0 if nothing was asked of it: no answer, or no proof that it is the service.
        kind: short name of the problem, as in its ``type``.
        more: further members of the problem.
        sentence: the message, with what can be done about it.
    """

    def __init__(self, message: str, status: int = 0, kind: str = "no-answer", more: Mapping[str, Any] | None = None):
        super().__init__(message)
        self.status, self.kind, self.more = status, kind, dict(more or {})
        advised = self.more.get("sentence")
        self.sentence = Sentence.from_json(advised) if advised else Sentence(message)


def problem_of(answer: httpx.Response) -> ServiceError:
    """Return what an answer says is wrong."""
    try:
        found = answer.json()
        detail, kind = str(found["detail"]), str(found["type"]).rpartition(":")[2]
    except (ValueError, KeyError, TypeError):
        return not_a_service(answer)
    return ServiceError(detail, answer.status_code, kind, found)


def not_a_service(answer: httpx.Response) -> ServiceError:
    """Return the error of an answer that no service of ours gives."""
    said = f"something that is no service of ours answers there (status {answer.status_code}); see its address."
    return ServiceError(said, answer.status_code, "not-a-service")


def no_answer(error: Exception) -> ServiceError:
    """Return what a broken connection is."""
    if isinstance(error, ServiceError):
        return error
    if isinstance(error, Stranger):
        what = "a service with another token" if error.is_service else "no service of ours"
        said = f"what answers there does not know the token ({what}), so nothing was sent to it; see its address."
        return ServiceError(said, 0, "token" if error.is_service else "not-a-service")
    return ServiceError(f"it does not answer ({type(error).__name__}); see whether it runs: svbrdf serve --status.")
