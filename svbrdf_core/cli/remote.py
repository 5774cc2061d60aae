"""``svbrdf inpaint --server``: the same repair, done by a service."""

from __future__ import annotations

import contextlib
import importlib.util
import re
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from svbrdf_core.cli.fetching import brought
from svbrdf_core.cli.fills import lines, shown
from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.cli.sending import Parcel, packed
from svbrdf_core.cli.session import Session
from svbrdf_core.errors import Cancelled, FillError, InputError, MaskError, OutputError, SvbrdfError
from svbrdf_core.material import Material
from svbrdf_core.reading import Reading
from svbrdf_core.repairing import Repair
from svbrdf_core.repairing.checking import prepared
from svbrdf_core.run import Progress, TrainingProgress

if TYPE_CHECKING:
    from svbrdf_server.client import Client

Json = dict[str, Any]
OnProgress = Callable[[int, Progress], None]
ERRORS: dict[str, type[SvbrdfError]] = {
    "input": InputError,
    "mask": MaskError,
    "fill": FillError,
    "memory": FillError,
    "worker": FillError,
    "output": OutputError,
    "fault": SvbrdfError,
}
"""What a kind of failure of a service is here."""
LATER = (408, 429)
"""Of HTTP: what is asked for is in order, but not now."""
LEAVE = 4.0
"""Seconds that a service may take to stop a job after Ctrl-C."""


def check_server() -> None:
    """See that what speaks with a service is installed.

    Raises:
        InputError: it is not.
    """
    if importlib.util.find_spec("httpx") is None:
        raise InputError("--server needs an HTTP client; install it with: pip install 'svbrdf-inpaint[server]'.")


def run(job: Repair, reading: Reading, where: str, session: Session, *, quiet: bool = False) -> Outcome:
    """Have a repair done by a service, write what was asked for and report it, as `svbrdf_core.cli.fills.run` does.

    Args:
        job: what is wanted.
        reading: how its material was read.
        where: address of the service, or ``auto`` for the one that runs here.
        session: of the command.
        quiet: say nothing.

    Raises:
        SvbrdfError: anything that the user can put right; nothing was written.
    """
    from svbrdf_server.client import NoService, ServiceError, connect

    def tell(sentences: Iterable[str]) -> None:
        session.tell(sentences, quiet=quiet)

    found = prepared(job, tell, here=False)
    parcel = packed(job, reading)
    try:
        client = connect(where)
    except NoService as error:
        raise InputError(str(error)) from error
    with client, shown(session, jobs=job.choice.variations, quiet=quiet) as progress:
        try:
            done = _done(client, job.material, parcel, progress)
            report = brought(job, done["result"], lambda file, target: client.fetch(done["id"], file, target))
        except ServiceError as error:
            raise _error(error, client, parcel) from error
    notes = [_named(note, parcel.names) for note in report["notes"]]
    tell([*found.more, *(note for note in notes if note not in found.notes)])
    report["notes"] = list(dict.fromkeys(notes))
    return Outcome(report, () if quiet else lines(report))


def _done(client: Client, material: Material, parcel: Parcel, progress: OnProgress) -> Json:
    """Send everything, follow the job to its end and return it, done.

    Raises:
        ServiceError: the service refuses, or is gone.
        SvbrdfError: the job failed.
    """
    progress(0, Progress("sending the maps", 0.0))
    try:
        material.check_unchanged()
        known = client.material(parcel.maps, **parcel.reading)
    except OSError as error:
        raise InputError(f"{error.filename} cannot be read ({error.strerror}); nothing was written.") from error
    _check_same(material, known)
    wanted = {"material": known["id"], **parcel.job}
    key = uuid.uuid4().hex
    jobs: list[Json] = []
    with _stopped_along(lambda: jobs[0] if jobs else client.submit(wanted, key=key), client):
        jobs.append(client.submit(wanted, files=parcel.files, key=key))
        ended = _followed(client, jobs[0], progress)
    if ended["state"] == "done":
        return ended
    if ended["state"] == "cancelled":
        raise Cancelled(f"The job was cancelled in the service at {client.url}; nothing was written.")
    reason = _named(ended["reason"], parcel.names, parcel.maps)
    raise ERRORS.get(ended["kind"], OutputError)(reason)


def _followed(client: Client, job: Json, progress: OnProgress) -> Json:
    from svbrdf_server.client import ServiceError

    variations = int(job["request"]["variations"])
    try:
        for event in client.events(job["id"]):
            if event.kind == "progress":
                progress(*_progress(event.data, variations))
            elif event.kind == "job" and event.data["ahead"]:
                progress(0, Progress(f"waiting for {event.data['ahead']} jobs before it", 0.0))
        ended: Json = client.job(job["id"])
    except ServiceError as error:
        if error.status == 0:
            raise OutputError(
                f"The service at {client.url} does not answer any more, so nothing was written here. If it runs, job "
                f"{job['id']} goes on there and is on its page; else start it (svbrdf serve) and give this command "
                "again."
            ) from error
        raise
    return ended


def _progress(said: Mapping[str, Any], variations: int) -> tuple[int, Progress]:
    """Return the number of a fill and how far it is; a service tells how far all are."""
    number = int(said["variation"]) - 1
    fraction = min(1.0, max(0.0, said["fraction"] * variations - number))
    training = None if said["step"] is None else TrainingProgress(said["step"], said["steps"], said["loss"])
    return number, Progress(said["phase"], fraction, said["seconds_left"], training)


@contextmanager
def _stopped_along(job: Callable[[], Json], client: Client) -> Iterator[None]:
    """Cancel a job when the body is stopped by Ctrl-C.

    Args:
        job: returns it; called then.
        client: of its service.
    """
    from svbrdf_server.client import ServiceError

    try:
        yield
    except KeyboardInterrupt:
        end = time.monotonic() + LEAVE
        with contextlib.suppress(ServiceError), client.hurried(LEAVE):
            state = client.cancel(job()["id"])
            while state["state"] == "cancelling" and time.monotonic() < end:
                time.sleep(0.05)
                state = client.job(state["id"])
        raise


def _check_same(material: Material, known: Mapping[str, Any]) -> None:
    """See that a service understands the files as this program does.

    Raises:
        InputError: it does not.
    """
    here = {
        name: [binding.height, binding.width, binding.n_channels, sorted({p.file.path.name for p in binding.places})]
        for name, binding in material.maps.items()
    }
    there = {name: [m["height"], m["width"], m["channels"], m["files"]] for name, m in known["maps"].items()}
    if here != there:
        raise InputError(
            f"The service reads the files as other maps ({', '.join(there)}) than this program ({', '.join(here)}); "
            "use the same version of svbrdf-inpaint on both sides."
        )


def _error(error: Any, client: Client, parcel: Parcel) -> SvbrdfError:
    """Return what a refusal of a service is here."""
    text = _named(str(error), parcel.names, parcel.maps)
    if error.kind in ("no-answer", "stranger", "token"):
        return OutputError(f"The service at {client.url} cannot be used any more: {text}")
    if "more than the limit" in text:
        limit = "the limit is the service's own: svbrdf serve --limit pixels=N"
        return InputError(f"{text.partition(';')[0]}; {limit}, whatever --max-pixels says.")
    if error.kind in ERRORS:
        return ERRORS[error.kind](text)
    return (OutputError if error.status in LATER or error.status >= 500 else InputError)(text)


def _named(text: str, names: Mapping[str, str], maps: Mapping[str, Path] | None = None) -> str:
    """Return a sentence of a service with files called as they are here."""
    for there, here in sorted(names.items(), key=lambda pair: len(pair[0]), reverse=True):
        text = text.replace(there, here)
    for name in sorted(maps or {}, key=len, reverse=True):
        path = str((maps or {})[name])
        text = re.sub(rf"(?<![\w/\\.-]){re.escape(name)}(?!\w)", lambda _, path=path: path, text)  # type: ignore[misc]
    return text
