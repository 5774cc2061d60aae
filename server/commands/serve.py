"""``svbrdf serve``: run the local service, or look at or end the one that runs."""

from __future__ import annotations

import importlib.util
import os
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import svbrdf_core as sv
from svbrdf_core.cli.options import Device, JsonOption, QuietOption
from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.cli.session import Session
from svbrdf_core.codec.plain import Json

if TYPE_CHECKING:
    from ..runtime import Running

PLACE = "Where it listens"
WORK = "What it works with"
KNOWN = "One that runs"
PATIENCE = 20.0
"""Seconds that a service may take to end."""

Host = Annotated[
    str, typer.Option("--host", metavar="ADDRESS", rich_help_panel=PLACE, help="Another than loopback needs a token.")
]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, rich_help_panel=PLACE, help="0 takes a free one.")]
Names = Annotated[
    list[str] | None,
    typer.Option("--allow-host", metavar="NAME", rich_help_panel=PLACE, help="A host name it may be called by too."),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        rich_help_panel=PLACE,
        help="A file with the token to ask for, instead of a new one at each start; SVBRDF_TOKEN does the same.",
    ),
]
Roots = Annotated[
    list[str] | None,
    typer.Option("--root", metavar="NAME=DIR", rich_help_panel=WORK, help="A folder that jobs may name by NAME."),
]
Models = Annotated[
    list[Path] | None,
    typer.Option(
        "--models",
        metavar="DIR",
        rich_help_panel=WORK,
        help="A folder of models to offer; may be given again. Without it: models, in the data folder.",
    ),
]
Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", rich_help_panel=WORK, help="Folder of the jobs, uploads and results."),
]
Limit = Annotated[
    list[str] | None,
    typer.Option("--limit", metavar="NAME=VALUE", rich_help_panel=WORK, help="A bound; docs/service.md lists them."),
]
Status = Annotated[bool, typer.Option("--status", rich_help_panel=KNOWN, help="Say whether one runs, and where.")]
Stop = Annotated[bool, typer.Option("--stop", rich_help_panel=KNOWN, help="End the one that runs.")]


def serve(
    context: typer.Context,
    host: Host = "127.0.0.1",
    port: Port = 0,
    allow_host: Names = None,
    token_file: TokenFile = None,
    root: Roots = None,
    models: Models = None,
    data: Data = None,
    device: Annotated[Device, typer.Option(rich_help_panel=WORK, help="What to compute on.")] = Device.auto,
    workers: Annotated[
        int, typer.Option(min=1, max=64, rich_help_panel=WORK, help="Jobs done at once, one on each CUDA device.")
    ] = 1,
    idle_exit: Annotated[
        float | None,
        typer.Option("--idle-exit", min=0, metavar="MIN", rich_help_panel=WORK, help="End after MIN minutes unused."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", rich_help_panel=WORK, help="Begin interrupted jobs again by itself.")
    ] = False,
    limit: Limit = None,
    status: Status = False,
    stop: Stop = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> Outcome:
    """Run a service that fills holes for Blender, a browser, and svbrdf inpaint --server.

    It listens on this machine alone unless it is told otherwise, and asks for a token that only you can read.
    """
    if importlib.util.find_spec("fastapi") is None:
        raise sv.InputError(
            "svbrdf serve needs a web server; install it with: pip install 'svbrdf-inpaint[server,torch]'."
        )
    if status and stop:
        raise typer.BadParameter("--status and --stop are two commands; give one.")
    if stop:
        return _stop(quiet)
    if status:
        return _status(quiet)
    from ..config import ServiceSettings, parse_limits
    from ..runtime import default_data, path

    if (running := _find_running()) is not None:
        raise sv.InputError(
            f"A service is running already at {running.url} (process {running.process}); use it, or end it with "
            "svbrdf serve --stop."
        )
    token = _token(token_file)
    try:
        settings = ServiceSettings(
            data=data or default_data(), token=token or secrets.token_urlsafe(32), host=host, port=port,
            names=tuple(allow_host or ()), roots=_roots(root or ()), models=_model_folders(models or ()),
            device=device.value, workers=workers, idle_exit=idle_exit, resume=resume, limits=parse_limits(limit or ()),
        )  # fmt: skip
    except ValueError as error:
        raise sv.InputError(str(error)) from error
    from ..run import CannotStart  # with the whole server, which a wrong option need not wait for
    from ..run import serve as start

    session: Session = context.obj

    def report_start(url: str) -> None:
        # A terminal is the user's own; a log may be read by others.
        shown = settings.token if session.console.is_terminal else "…"
        page = f"The page is {url}/#token={shown} ({path()} holds the token). Ctrl-C ends the service."
        session.tell([f"Ready at {url}.", page], quiet=quiet)

    try:
        start(settings, own_token=token is not None, on_start=report_start)
    except CannotStart as error:
        raise sv.OutputError(str(error)) from error
    return Outcome({"ended": True})


def _find_running() -> Running | None:
    """Return the service that runs, None if there is none."""
    from .. import runtime

    if (found := runtime.read()) is None:
        return None
    from ..run import is_alive  # with the whole server, which takes a second

    return found if is_alive(found) else None


def _status(quiet: bool) -> Outcome:
    from ..runtime import path

    running = _find_running()
    if running is None:
        reason = _why_not()
        return Outcome({"running": False, "reason": reason}, () if quiet else (reason,))
    sentence = f"{running.url} (process {running.process}), data in {running.data}, token in {path()}"
    found: dict[str, Json] = {"running": True, "url": running.url, "process": running.process, "data": running.data}
    return Outcome({**found, "runtime_file": str(path())}, () if quiet else (sentence,))


def _why_not() -> str:
    """Return a sentence about why no service runs, or seems to."""
    from .. import runtime

    found = runtime.read()
    if found is None:
        return "No service runs; svbrdf serve starts one."
    if runtime.still_runs(found):
        return (
            f"A service (process {found.process}) should run at {found.url}, but does not answer; wait, or end "
            "that process."
        )
    return (
        f"No service runs; the last one (process {found.process}) ended without a word, and whatever answers at "
        f"{found.url} now is not it. svbrdf serve starts one."
    )


def _stop(quiet: bool) -> Outcome:
    from ..client import Client

    running = _find_running()
    if running is None:
        raise sv.InputError(f"There is none to end. {_why_not()}")
    with Client(running.url, running.token) as client:
        client.stop()
    end = time.monotonic() + PATIENCE
    while _exists(running.process):
        if time.monotonic() > end:
            raise sv.OutputError(f"The service (process {running.process}) is still ending; look again in a while.")
        time.sleep(0.05)
    return Outcome({"stopped": running.process}, () if quiet else (f"Ended process {running.process}.",))


def _exists(process: int) -> bool:
    from ..runtime import read

    found = read()
    return found is not None and found.process == process


def _token(file: Path | None) -> str | None:
    """Return the token that the user chose, None if there is none.

    Raises:
        InputError: it cannot be read, or is too easy.
    """
    try:
        text = os.environ.get("SVBRDF_TOKEN") if file is None else _read_secret(file)
    except (OSError, UnicodeDecodeError) as error:
        raise sv.InputError(f"{file} cannot be read as a token; give a text file that you may read.") from error
    if text is None:
        return None
    token = text.strip()
    if len(token) < 16 or not token.isascii() or not token.isprintable() or " " in token:
        raise sv.InputError("The token must have 16 letters or digits or more, without blanks.")
    return token


def _read_secret(file: Path) -> str:
    from ..private import is_readable_by_others

    with file.open(encoding="utf-8") as stream:
        if is_readable_by_others(os.fstat(stream.fileno())):
            raise sv.InputError(f"Others can read {file}, so it is no secret: chmod 600 it, and put a new token in.")
        return stream.read()


def _model_folders(folders: list[Path] | tuple[()]) -> tuple[Path, ...]:
    for folder in folders:
        if not os.path.isdir(folder):  # noqa: PTH112 # a name that is too long is no folder either
            raise sv.InputError(f"There is no folder {folder}; --models takes one that is there.")
    return tuple(dict.fromkeys(folder.resolve() for folder in folders))


def _roots(texts: list[str] | tuple[()]) -> dict[str, Path]:
    from ..data.names import BadName
    from ..data.names import name as checked

    found: dict[str, Path] = {}
    for text in texts:
        name, equals, folder = text.partition("=")
        if not equals or not name or not folder:
            raise sv.InputError(f"--root takes NAME=DIR, not {text!r}.")
        try:
            checked(name)
        except BadName as error:
            raise sv.InputError(f"--root {name!r} is no name for a folder: {error}") from error
        if name in found:
            raise sv.InputError(f"--root {name} is given twice; give each folder a name of its own.")
        if not os.path.isdir(folder):  # noqa: PTH112 # a name that is too long is no folder either
            raise sv.InputError(f"There is no folder {folder}; --root {name}=… takes one that is there.")
        found[name] = Path(folder)
    return found
