"""``svbrdf inpaint --server``: the same repair, done by a service."""

from __future__ import annotations

import contextlib
import importlib.util
import re
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import svbrdf_core as sv
from svbrdf_core.cli.bar import visible_run
from svbrdf_core.cli.fills import lines
from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.cli.session import Session
from svbrdf_core.codec.plain import JsonObject
from svbrdf_core.sentences import Sentence

from .fetching import fetch_results
from .sending import Upload, UploadedMaterial, upload_of

if TYPE_CHECKING:
    from ..client import Client

ERRORS: dict[str, type[sv.SvbrdfError]] = {
    "input": sv.InputError,
    "mask": sv.MaskError,
    "fill": sv.FillError,
    "memory": sv.FillError,
    "worker": sv.FillError,
    "output": sv.OutputError,
    "fault": sv.SvbrdfError,
}
"""What a kind of failure of a service is here."""
NOT_NOW = (408, 429)
"""Of HTTP: what is asked for is in order, but not now."""
CANCEL_TIMEOUT = 4.0
"""Seconds that a service may take to stop a job after Ctrl-C."""


def run(request: sv.InpaintRequest, where: str, session: Session, *, quiet: bool = False) -> Outcome:
    """Have a repair done by a service, write what was asked for and report it, as `svbrdf_core.cli.fills.run` does.

    Args:
        request: what is wanted.
        where: address of the service, or ``auto`` for the one that runs here.
        session: of the command.
        quiet: say nothing.

    Raises:
        SvbrdfError: anything that the user can put right; nothing was written.
    """
    if importlib.util.find_spec("httpx") is None:
        raise sv.InputError("--server needs an HTTP client; install it with: pip install 'svbrdf-inpaint[server]'.")
    from ..client import NoService, ServiceError, connect

    with contextlib.ExitStack() as stack, visible_run(session, quiet=quiet) as shown:
        prepared = sv.prepare(request, shown, here=False)
        request = prepared.request
        drawn = stack.enter_context(tempfile.TemporaryDirectory(prefix="svbrdf-"))
        sent = sv.masks_by_tile(prepared, Path(drawn))
        upload = upload_of(sent, prepared.material, prepared.former)
        try:
            client = connect(where)
        except NoService as error:
            raise sv.InputError(str(error)) from error
        with client:
            try:
                done = _do(client, upload, shown)
                report = fetch_results(
                    request, prepared.material, done["result"], lambda file, to: client.fetch(done["id"], file, to)
                )
            except ServiceError as error:
                raise _error(error, client, upload) from error
        notes = [_local_note(note, upload.names) for note in report["notes"]]
        if prepared.tiles:  # of which the service knows those that it was sent
            report |= prepared.extent
            own = [Sentence.of(note) for note in shown.notes if note not in prepared.warnings]
            notes = [*own, *(note for note in notes if not note.startswith("Tile"))]
        report["notes"] = list(dict.fromkeys(notes))
        for note in report["notes"]:
            shown.note(note)
    return Outcome(report, () if quiet else lines(report))


def _do(client: Client, upload: Upload, shown: sv.Run) -> JsonObject:
    """Send everything, follow the job to its end and return it, done.

    Raises:
        ServiceError: the service refuses, or is gone.
        SvbrdfError: the job failed.
    """
    shown.report("sending the maps", 0.0)
    material, *examples = [_send(client, one) for one in (upload.material, *upload.examples)]
    former = None if upload.former is None else _send(client, upload.former)
    wanted = {"material": material, "examples": examples, "former": former, **upload.job}
    key = uuid.uuid4().hex
    jobs: list[JsonObject] = []
    with _cancel_on_interrupt(lambda: jobs[0] if jobs else client.submit(wanted, key=key), client):
        jobs.append(client.submit(wanted, files=upload.files, key=key))
        ended = _follow(client, jobs[0], shown)
    if ended["state"] == "done":
        return ended
    if ended["state"] == "cancelled":
        raise sv.Cancelled(f"The job was cancelled in the service at {client.url}; nothing was written.")
    reason = Sentence.from_json(ended["reason"]).changed(
        lambda text: _with_local_names(text, upload.names, upload.map_names)
    )
    raise ERRORS.get(ended["kind"], sv.OutputError)(reason)


def _send(client: Client, material: UploadedMaterial) -> str:
    """Send the files of a material that the service does not have, and return the material's id there.

    Raises:
        ServiceError: the service refuses, or is gone.
        InputError: a file cannot be read, has changed, or is understood otherwise there.
    """
    try:
        material.loaded.check_unchanged()
        known = client.material(material.maps, **material.body)
    except OSError as error:
        raise sv.InputError(f"{error.filename} cannot be read ({error.strerror}); nothing was written.") from error
    _check_same(material.loaded, known)
    return str(known["id"])


def _follow(client: Client, job: JsonObject, shown: sv.Run) -> JsonObject:
    """Follow a job to its end, and return it as it is then."""
    from ..client import ServiceError

    try:
        for event in client.events(job["id"]):
            if event.kind == "progress":
                shown.on_progress(_progress(event.data))
            elif event.kind == "job" and event.data["ahead"]:
                shown.report(f"waiting for {event.data['ahead']} jobs before it", 0.0)
        ended: JsonObject = client.job(job["id"])
    except ServiceError as error:
        if error.status == 0:
            raise sv.OutputError(
                f"The service at {client.url} does not answer any more, so nothing was written here. If it runs, job "
                f"{job['id']} goes on there and is on its page; else start it (svbrdf serve) and give this command "
                "again."
            ) from error
        raise
    return ended


def _progress(said: Mapping[str, Any]) -> sv.Progress:
    training = None if said["step"] is None else sv.TrainingProgress(said["step"], said["steps"], said["loss"])
    return sv.Progress(
        said["phase"], said["fraction"], said["seconds_left"], training,
        variation=said["variation"], variations=said["variations"],
    )  # fmt: skip


@contextmanager
def _cancel_on_interrupt(job: Callable[[], JsonObject], client: Client) -> Iterator[None]:
    """Cancel a job when the body is stopped by Ctrl-C.

    Args:
        job: returns it; called then.
        client: of its service.
    """
    from ..client import ServiceError

    try:
        yield
    except KeyboardInterrupt:
        end = time.monotonic() + CANCEL_TIMEOUT
        with contextlib.suppress(ServiceError), client.with_timeout(CANCEL_TIMEOUT):
            state = client.cancel(job()["id"])
            while state["state"] == "cancelling" and time.monotonic() < end:
                time.sleep(0.05)
                state = client.job(state["id"])
        raise


def _check_same(material: sv.Material, known: Mapping[str, Any]) -> None:
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
        raise sv.InputError(
            f"The service reads the files as other maps ({', '.join(there)}) than this program ({', '.join(here)}); "
            "use the same version of svbrdf-inpaint on both sides."
        )


def _error(error: Any, client: Client, upload: Upload) -> sv.SvbrdfError:
    """Return what a refusal of a service is here."""
    said = error.sentence.changed(lambda text: _with_local_names(text, upload.names, upload.map_names))
    if error.kind in ("no-answer", "not-a-service", "token"):
        return sv.OutputError(f"The service at {client.url} cannot be used any more: {said}")
    if any(remedy.kind == "pixels" for remedy in said.remedies):
        limit = "the limit is the service's own: svbrdf serve --limit pixels=N"
        return sv.InputError(f"{said.fact}; {limit}, whatever --max-pixels says.")
    if error.kind in ERRORS:
        return ERRORS[error.kind](said)
    return (sv.OutputError if error.status in NOT_NOW or error.status >= 500 else sv.InputError)(said)


def _local_note(note: Mapping[str, Any], names: Mapping[str, str]) -> Sentence:
    return Sentence.from_json(note).changed(lambda text: _with_local_names(text, names))


def _with_local_names(text: str, names: Mapping[str, str], maps: Mapping[str, Path] | None = None) -> str:
    """Return a sentence of a service with files called as they are here."""
    for there, here in sorted(names.items(), key=lambda pair: len(pair[0]), reverse=True):
        text = text.replace(there, here)
    for name in sorted(maps or {}, key=len, reverse=True):
        path = str((maps or {})[name])
        text = re.sub(rf"(?<![\w/\\.-]){re.escape(name)}(?!\w)", lambda _, path=path: path, text)  # type: ignore[misc]
    return text
