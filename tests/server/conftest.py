"""One service for the tests that leave it as it is, and a material with a hole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import svbrdf_core as sv
from svbrdf_core.example import write_example
from tests.server.running import Running, service
from tests.server.sending import quiet


@dataclass(frozen=True)
class Sample:
    """An example material with a defect and the mask of it, as files."""

    folder: Path
    mask: Path

    def files(self) -> dict[str, Path]:
        """Return the maps by name."""
        return {path.name: path for path in sorted(self.folder.iterdir())}


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Return a material of 128 x 128 with a hole."""
    home = tmp_path_factory.mktemp("sample")
    write_example(home, "bricks", 128, 0)
    return Sample(home / "damaged", home / "mask.png")


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, sample: Sample) -> Iterator[Running]:
    """Give a service that many tests use; they must not stop it, fill its queue, or rely on what is in it."""
    home = tmp_path_factory.mktemp("service")
    with service(home, "--root", f"sample={sample.folder.parent}") as running:
        yield running


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory, sample: Sample) -> None:
    """Have the kernels compiled, which is silent for longer than some tests let a worker be."""
    request = sv.InpaintRequest(
        source=sv.LoadOptions(sample.folder),
        hole=sv.HoleSpec((sv.InputFile(sample.mask),)),
        method=sv.MethodChoice(device="cpu"),
        output=sv.OutputSpec(tmp_path_factory.mktemp("compiled") / "maps"),
    )
    sv.repair(request)


@pytest.fixture
def run(shared: Running) -> Iterator[Running]:
    """Give the shared service, on which nothing may break."""
    with quiet(shared):
        yield shared


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return the folder for a service of one test's own."""
    return tmp_path / "home"
