"""A client of the service (`svbrdf serve`) in NumPy and the standard library alone, to copy from.

It sends the arrays of a folder as maps (``diffuse.npy``, ``normal.npy``, …, each ``(H, W)`` or ``(H, W, C)``), has the
hole filled and writes the repaired arrays to another folder:

    SVBRDF_TOKEN=… python examples/service_client.py http://127.0.0.1:8000 wall mask.npy repaired
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ENDED = ("done", "failed", "cancelled", "interrupted")


class Service:
    """One service, by its address and token."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> bytes:
        """Return the answer to one request; a refusal is a RuntimeError with the service's own words."""
        sent = {"Authorization": f"Bearer {self._token}"} | {k.replace("_", "-"): v for k, v in headers.items()}
        try:
            with self._open(urllib.request.Request(self._url + path, body, sent, method=method)) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                raise RuntimeError(json.loads(error.read() or b'{"detail": ""}')["detail"] or str(error)) from None

    def tell(self, path: str, body: object, **headers: str) -> Any:
        """Send JSON and return JSON."""
        return json.loads(self.ask("POST", path, json.dumps(body).encode(), content_type="application/json", **headers))

    def send(self, array: NDArray[Any]) -> str:
        """Send an array, unless the service has it, and return the digest that it goes by."""
        stream = io.BytesIO()
        np.save(stream, array)
        digest = hashlib.sha256(stream.getbuffer()).hexdigest()
        try:
            self.ask("HEAD", f"/v1/files/{digest}")
        except RuntimeError:
            self.ask("PUT", f"/v1/files/{digest}", stream.getvalue(), content_type="application/octet-stream")
        return digest

    def repair(self, maps: Mapping[str, NDArray[Any]], mask: NDArray[Any], **more: Any) -> dict[str, NDArray[Any]]:
        """Return maps with the hole (where the mask is not 0) filled; `more` is as in the API's description."""
        files = [{"name": f"{name}.npy", "file": self.send(array)} for name, array in maps.items()]
        source = {"overrides": {name: f"{name}.npy" for name in maps}}
        material = self.tell("/v1/materials", {"files": files, "source": source})
        hole = {"masks": [{"file": self.send(mask), "name": "mask.npy"}]}
        wanted = {"material": material["id"], "hole": hole, **more}
        job = self.tell("/v1/jobs", wanted, idempotency_key=uuid.uuid4().hex)
        while job["state"] not in ENDED:
            time.sleep(0.1)
            job = json.loads(self.ask("GET", f"/v1/jobs/{job['id']}"))
        if job["state"] != "done":
            raise RuntimeError(job["reason"])
        found = {
            name: self.ask("GET", f"/v1/jobs/{job['id']}/maps/{name}", accept="application/x-npy") for name in maps
        }
        return {name: np.load(io.BytesIO(data), allow_pickle=False) for name, data in found.items()}


def main(url: str, folder: str, mask: str, out: str) -> None:
    """Repair a folder of arrays."""
    maps = {path.stem: np.load(path, allow_pickle=False) for path in sorted(Path(folder).glob("*.npy"))}
    service = Service(url, os.environ["SVBRDF_TOKEN"])
    done = service.repair(maps, np.load(mask, allow_pickle=False))
    Path(out).mkdir(parents=True, exist_ok=True)
    for name, array in done.items():
        np.save(Path(out, name), array)


if __name__ == "__main__":
    main(*sys.argv[1:])
