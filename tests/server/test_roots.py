"""Folders that jobs may name: cases P4, P5 and P7 of the contract, with links, swaps and things that are no files."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from svbrdf_server.data.names import BadName
from svbrdf_server.data.roots import WALKS, Root
from tests.server.conftest import Sample
from tests.server.running import PATIENCE, Answer, Running, service

SECONDS = 4.0
"""How long a swap is tried against requests."""


@dataclass
class Place:
    """A service with a root, and a secret folder beside it that has the same files with other content."""

    running: Running
    root: Path
    secret: Path

    def ask(self, folder: str, path: str | None = None) -> Answer:
        """Ask for a job on a folder of the root, with a hole that is none unless a mask is given."""
        mask = {"shape": "rect:0,0,9999,9999"} if path is None else {"path": path}  # the whole: no job is made of it
        return self.running.post("/v1/jobs", {"root": {"root": "data", "folder": folder}, "hole": {"masks": [mask]}})

    def taken(self) -> set[str]:
        """Return the digests of all files that were taken in."""
        return {path.name for path in (self.running.data / "files").glob("*/*")}

    def secrets(self) -> set[str]:
        """Return the digests that must never be among them."""
        found = {hashlib.sha256(path.read_bytes()).hexdigest() for path in self.secret.rglob("*") if path.is_file()}
        assert found
        return found

    def refused(self, answer: Answer) -> None:
        """Assert that a path was refused, and nothing of the secret was taken."""
        assert (answer.status, answer.json()["type"]) == (422, "urn:svbrdf:problem:path"), answer
        for text in (str(self.root.parent), str(self.running.home), "secret-"):
            assert text.encode() not in answer.body
        assert not self.taken() & self.secrets()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, sample: Sample) -> Iterator[Place]:
    home = tmp_path_factory.mktemp("place")
    root, secret = home / "data", home / "data-secret"
    shutil.copytree(sample.folder, root / "mat")
    shutil.copy(sample.mask, root / "mask.png")
    shutil.copytree(root, secret)
    for path in secret.rglob("*.png"):
        path.write_bytes(path.read_bytes() + b"secret-" + path.name.encode())  # readers stop before it
    with service(home / "service", "--root", f"data={root}") as running:
        found = Place(running, root, secret)
        assert found.ask("mat").json()["type"] == "urn:svbrdf:problem:mask"
        assert len(found.taken()) >= 2
        yield found


def test_a_folder_whose_name_begins_as_the_roots_is_not_in_it(place: Place) -> None:
    """Contract P4."""
    link = place.root / "sibling"
    link.symlink_to(place.secret)
    try:
        for folder in ("../data-secret", "../data-secret/mat", "sibling", "sibling/mat", "mat/../../data-secret"):
            place.refused(place.ask(folder))
            place.refused(place.ask("mat", f"{folder}/mask.png"))
    finally:
        link.unlink()


def test_links_out_of_the_root_are_refused(place: Place) -> None:
    """Contract P5."""
    folder = place.root / "links"
    shutil.copytree(place.root / "mat", folder)
    secret = place.secret / "mask.png"
    try:
        for link in (folder / "mask.png", folder / "basecolor2.png", folder / ".hidden.png"):
            for target in (secret, Path(os.path.relpath(secret, folder)), Path("/proc/self/environ"), Path("/nothing")):
                link.symlink_to(target)
                place.refused(place.ask("mat", f"links/{link.name}"))
                if link.name[0] != "." and link.exists():
                    place.refused(place.ask("links"))
                link.unlink()
        (place.root / "loop").symlink_to("loop")
        for path in ("loop", "loop/x"):
            place.refused(place.ask(path))
            place.refused(place.ask("mat", path))
    finally:
        (place.root / "loop").unlink(missing_ok=True)
        shutil.rmtree(folder)


def test_links_within_the_root_lead_on(place: Place) -> None:
    """Contract P5."""
    (place.root / "again").symlink_to("mat")
    (place.root / "mat" / "hole").symlink_to(place.root / "mask.png")
    try:
        answer = place.ask("again", "again/hole")
        assert answer.status == 202, answer
        place.running.request("POST", f"/v1/jobs/{answer.json()['id']}/cancel")
    finally:
        (place.root / "again").unlink()
        (place.root / "mat" / "hole").unlink()


@contextmanager
def swapping(path: Path, secret: Path) -> Iterator[None]:
    """Keep exchanging a folder or file for a link to a secret one and back."""
    aside, stop = path.with_name("aside"), threading.Event()

    def swap() -> None:
        while not stop.is_set():
            path.rename(aside)
            path.symlink_to(secret)
            path.unlink()
            aside.rename(path)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert path.exists() and not path.is_symlink() and not aside.exists()


@pytest.mark.skipif(not WALKS, reason="this system opens files by their whole path alone")
@pytest.mark.parametrize("swapped", ["mat", "mask.png"])
def test_what_is_swapped_after_the_check_is_never_taken(place: Place, swapped: str) -> None:
    """Contract P5."""
    end = threading.Event()
    threading.Timer(SECONDS, end.set).start()
    found = set()
    with swapping(place.root / swapped, place.secret / swapped):
        while not end.is_set():
            found.add(place.ask("mat", None if swapped == "mat" else "mask.png").status)
            found.add(place.ask(".", "mat/normal.png" if swapped == "mat" else "mask.png").status)
    assert found <= {202, 422}
    assert not place.taken() & place.secrets()
    for job in place.running.request("GET", "/v1/jobs?count=200").json()["jobs"]:
        place.running.request("POST", f"/v1/jobs/{job['id']}/cancel")


@pytest.mark.skipif(not WALKS, reason="this system opens files by their whole path alone")
def test_the_resolver_alone_never_opens_or_lists_what_was_swapped_in(place: Place) -> None:
    """Contract P5."""
    root, opened, refused = Root(place.root), 0, 0
    secret = (place.secret / "mat" / "normal.png").read_bytes()
    (place.secret / "mat" / "only-here.png").write_bytes(b"secret-")
    end = threading.Event()
    threading.Timer(SECONDS / 2, end.set).start()
    with swapping(place.root / "mat", place.secret / "mat"):
        while not end.is_set():
            try:
                with root.open("mat/normal.png") as stream:
                    assert stream.read() != secret
                assert "only-here.png" not in root.files("mat")
                opened += 1
            except BadName:
                refused += 1
    assert opened and refused


def test_what_is_no_file_is_refused_at_once(place: Place) -> None:
    """Contract P7."""
    folder = place.root / "odd"
    shutil.copytree(place.root / "mat", folder)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "s.png"))
        os.mkfifo(folder / "f.png")
        (folder / "d.png").mkdir()
        try:
            for name in ("s.png", "f.png", "d.png"):
                place.refused(place.ask("mat", f"odd/{name}"))
            before = place.taken()
            answer = place.ask("odd")  # left out, as everything that is no file
            assert answer.json()["type"] == "urn:svbrdf:problem:mask", answer
            assert place.taken() == before
            for name in ("s.png", "f.png", "d.png"):
                assert place.ask("odd", None).status == 422, name
        finally:
            shutil.rmtree(folder)
    for path in ("mat", ".", "", "mat/"):
        place.refused(place.ask("mat", path))
    for path in ("mask.png", "mat/normal.png"):
        place.refused(place.ask(path))  # a file is no folder


def test_a_folder_without_images_or_that_cannot_be_read_is_refused(place: Place) -> None:
    """Contract P7."""
    (place.root / "empty").mkdir()
    (place.root / "text").mkdir()
    (place.root / "text" / "notes.txt").write_text("no image")
    try:
        for folder in ("empty", "text", "nothing"):
            place.refused(place.ask(folder))
    finally:
        shutil.rmtree(place.root / "text")
        (place.root / "empty").rmdir()
