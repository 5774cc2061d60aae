"""Settings and limits of a service."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

GB = 2**30


@dataclass(frozen=True)
class Limits:
    """Bounds of a service; ``svbrdf serve --limit NAME=VALUE`` sets each.

    Attributes:
        queue: jobs that may wait.
        batch: jobs of one batch; no more than ``queue``.
        file: bytes of one uploaded file, after decompression.
        text: bytes of one JSON body.
        store: bytes of all uploaded files and results together.
        pixels: of one map.
        maps: files of one material.
        models: files that are offered as models.
        variations: of one job.
        attempts: how often a job that takes its worker down is begun.
        hang: seconds without any progress after which a worker is ended.
        stop: seconds that a cancelled job may take to stop before its worker is ended.
        check: seconds for reading a material or a mask, drawing a picture, or converting a map.
        connections: that may be open at once; fewer where there are not twice as many file descriptors.
        connections_each: of one client address.
        streams: of events that may be open at once.
        head: seconds that a request line and its headers may take.
        idle: seconds that a connection is kept between two requests.
        stall: seconds that a client may read nothing of an answer.
        idle_body: seconds that a request's body may pause.
        body_rate: bytes a second that a body has at the least, over ``idle_body`` seconds.
        memory: bytes that a job may need by its estimate; what the machine has at the most.
        work: seconds that a job may take by its estimate.
        keep_days: results older than this are removed, but the newest of each material.
        keep_hours: uploads that nothing uses are removed after this.
        preview: seconds between two previews of a running job.
    """

    queue: int = 1000
    batch: int = 500
    file: int = 2 * GB
    text: int = 2**20
    store: int = 50 * GB
    pixels: int = 2**28
    maps: int = 64
    models: int = 200
    variations: int = 64
    attempts: int = 3
    hang: float = 600.0
    stop: float = 10.0
    check: float = 120.0
    connections: int = 1024
    connections_each: int = 512
    streams: int = 256
    head: float = 10.0
    idle: float = 30.0
    stall: float = 30.0
    idle_body: float = 30.0
    body_rate: int = 100
    memory: int = 1024 * GB
    work: float = 172_800.0
    keep_days: float = 30.0
    keep_hours: float = 6.0
    preview: float = 2.0


@dataclass(frozen=True)
class ServiceSettings:
    """How a service is run.

    Attributes:
        data: folder of the database, uploads and results.
        host: address to listen on.
        port: 0 takes a free one.
        token: what every request must bring.
        names: host names it may be called by, besides the loopback names if it listens there.
        roots: folders that jobs may name instead of uploading.
        models: folders of models that are offered; the one in the data folder if there are none.
        device: of the workers.
        workers: processes that fill; of several each sees one CUDA device, in order.
        idle_exit: minutes without a request or a job after which the service ends; None stays.
        resume: whether jobs that an end of the service interrupted are begun again at the next start.
        limits: bounds.
    """

    data: Path
    token: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 0
    names: tuple[str, ...] = ()
    roots: Mapping[str, Path] = field(default_factory=dict)
    models: tuple[Path, ...] = ()
    device: str = "auto"
    workers: int = 1
    idle_exit: float | None = None
    resume: bool = False
    limits: Limits = Limits()


def parse_limits(texts: Sequence[str]) -> Limits:
    """Return bounds from ``NAME=VALUE`` texts.

    Raises:
        ValueError: an unknown name, or a value that is no number above 0.
    """
    kinds = {item.name: int if isinstance(item.default, int) else float for item in fields(Limits)}
    found: dict[str, float] = {}
    for text in texts:
        name, _, value = text.partition("=")
        if name not in kinds:
            raise ValueError(f"There is no limit {name!r}; choose one of {', '.join(kinds)}.")
        try:
            found[name] = kinds[name](value)
        except ValueError:
            found[name] = math.nan
        if not 0 < found[name] < math.inf:
            raise ValueError(f"--limit {name} takes a number above 0, not {value!r}.")
    return replace(Limits(), **found)  # type: ignore[arg-type] # each value has its field's type
