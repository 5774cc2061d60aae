"""A job from its acceptance to its maps."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from svbrdf_core import read_image
from svbrdf_server.client import Client
from tests.server.conftest import Sample
from tests.server.running import Running


@pytest.fixture
def client(shared: Running) -> Iterator[Client]:
    with shared.client() as found:
        yield found


def submitted(client: Client, sample: Sample, **wish: object) -> str:
    """Return the id of a job on the sample."""
    material = client.material(sample.files())
    mask = client.upload(sample.mask)
    wanted = {"material": material["id"], "hole": {"masks": [{"file": mask}], "tileable": True}, **wish}
    return str(client.submit(wanted)["id"])


def test_a_job_is_done_and_its_maps_are_as_the_files(client: Client, sample: Sample, tmp_path: Path) -> None:
    job = submitted(client, sample)
    kinds = [event.kind for event in client.events(job)]
    assert kinds[0] == "job" and kinds[-1] == "state" and "preview" in kinds
    done = client.job(job)
    assert done["state"] == "done" and done["reason"] is None
    for file in done["result"]["variations"][0]["files"]:
        client.fetch(job, file, tmp_path / Path(file).name)
    stored = np.load(io.BytesIO(client.map(job, "normal")), allow_pickle=False)
    assert np.array_equal(stored, read_image(tmp_path / "normal.png").samples)
