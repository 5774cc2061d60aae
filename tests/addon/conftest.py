"""A fake service for each test, and images to send."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from blender_addon.client import Service, Source
from blender_addon.job import HoleSpec, InpaintRequest, LoadOptions
from tests.addon.fake import Fake, fake
from tests.server.running import Running
from tests.server.running import service as running_service


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Give a real service, which tests leave as it is."""
    with running_service(tmp_path_factory.mktemp("service")) as made:
        yield made


@pytest.fixture
def bad() -> Iterator[Fake]:
    """Give a service that can be told to behave badly."""
    with fake() as made:
        yield made


@pytest.fixture
def service(bad: Fake) -> Iterator[Service]:
    """Give a client of it, with little patience."""
    with Service(bad.address, timeout=2.0) as made:
        yield made


@pytest.fixture
def hole() -> NDArray[np.uint8]:
    """Return a small hole."""
    mask = np.zeros((8, 8), np.uint8)
    mask[2:4, 3:6] = 1
    return mask


@pytest.fixture
def request_of_one(hole: NDArray[np.uint8]) -> InpaintRequest:
    """Return a request that the fake can take."""
    return InpaintRequest(
        title="wall",
        images=(Source("0.png", b"no picture, but the fake does not look"),),
        source=LoadOptions(overrides={"basecolor": "0.png"}),
        hole=HoleSpec((hole,)),
    )


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait little where a real service may take long."""
    monkeypatch.setattr("blender_addon.client.service.WORK_TIMEOUT", 2.0)
    monkeypatch.setattr("blender_addon.client.service.EVENT_TIMEOUT", 2.0)
    monkeypatch.setattr("blender_addon.job.watch.CANCEL_TIMEOUT", 2.0)
