"""A fake service for each test, and images to send."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from blender_addon.job import Request
from blender_addon.wire import Service, Source
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
    with Service(bad.address, timeout=0.6) as made:
        yield made


@pytest.fixture
def hole() -> NDArray[np.uint8]:
    """Return a small hole."""
    mask = np.zeros((8, 8), np.uint8)
    mask[2:4, 3:6] = 1
    return mask


@pytest.fixture
def request_of_one(hole: NDArray[np.uint8]) -> Request:
    """Return a request that the fake can take."""
    return Request(
        "wall", (Source("0.png", b"no picture, but the fake does not look"),), {"basecolor": "0.png"}, "auto", hole
    )


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait little where a real service may take long."""
    monkeypatch.setattr("blender_addon.wire.service.WORK", 0.6)
    monkeypatch.setattr("blender_addon.wire.asking.SILENCE", 0.6)
    monkeypatch.setattr("blender_addon.job.watch.FAREWELL", 0.6)
