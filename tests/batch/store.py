"""A local S3, by moto's server in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fsspec

BUCKET = "textures"


@contextmanager
def local_s3(log: Path) -> Iterator[dict[str, str]]:
    """Run an S3 with an empty bucket, and give the environment by which programs use it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": "whatever",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with log.open("w") as output:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        server = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **environment})
    try:
        _wait(port, server)
        yield environment
    finally:
        server.kill()
        server.wait()


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(1800):
        assert server.poll() is None, "moto's server ended"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("moto's server does not answer")


def s3() -> Any:
    """Return the store as tests look into it, without what it remembers of earlier times."""
    return fsspec.filesystem("s3", use_listings_cache=False, skip_instance_cache=True)


def put_folder(folder: Path, where: str) -> None:
    """Copy a folder below an address without its scheme."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    s3().put([str(path) for path in files], [f"{where}/{path.relative_to(folder).as_posix()}" for path in files])


def objects(where: str) -> dict[str, bytes]:
    """Return all objects below an address without its scheme, by their names below it."""
    store = s3()
    return {name[len(where) + 1 :]: store.cat_file(name) for name in store.find(where)}
