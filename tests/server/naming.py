"""Names and paths that lead elsewhere, and a service that they are tried on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tests.server.conftest import Sample
from tests.server.running import Answer, Json, Running
from tests.server.surface import Wire

BAD = {
    "P1": [
        "../x", "../../../../../etc/passwd", "a/../../x", "/etc/passwd", "//etc/passwd", "~/x", "~root/x", "~",
        "file:///etc/passwd", "file:x", "//host/share/x", "\\\\host\\share\\x", "\\\\?\\C:\\x", "./../x", "a//../x",
    ],
    "P2": [
        "..\\x", "a\\..\\..\\x", "%2e%2e%2fx", "..%2fx", "%2e%2e/x", "%5cx", "..%5cx", "%252e%252e%252fx", "..%252fx",
        "%00", "C:x", "C:\\x", "c:/x", "CON", "con.png", "NUL", "aux.tar.gz", "COM1", "LPT9.png", "COM¹", "CONIN$",
        "name:stream", "x.png::$DATA", "x.png.", "x.png ", " x.png", "a*", "a?", "a|b", "<a", 'a"',
    ],
    "P3": [
        "\0", "x\0.png", "x\n.png", "x\r\n.png", "x\x1b[2J", "x\x7f", "x\u2028y", "x\x85y", "a" * 5000, "é" * 150,
        "..", "...", " ", ". .", "a/" * 40, "/", "//", "\\",
    ],
}  # fmt: skip
EVERY = [(case, text) for case, texts in BAD.items() for text in texts]
NO_ID = "0" * 32
HOLE = {"masks": [{"shape": "rect:1,1,8,8"}]}


@dataclass
class Tried:
    """A service that bad names are sent to, with what they are put beside: a material, a mask and a done job."""

    running: Running
    wire: Wire
    material: str
    files: dict[str, str]
    job: str
    before: set[Path]

    def post(self, path: str, body: Json) -> Answer:
        """Send JSON and return what is said, which is no server's path."""
        headers = [self.wire.host, self.wire.token, ("Content-Type", "application/json")]
        return self.clean(self.wire.send("POST", path, headers, json.dumps(body).encode()))

    def get(self, method: str, path: str) -> Answer:
        """Ask for an address and return what is said, which is no server's path."""
        return self.clean(self.wire.full(method, path))

    def clean(self, answer: Answer) -> Answer:
        """P9: no answer says where something lies on this machine."""
        for text in (str(self.running.home), str(Path.home()) + "/", "site-packages", "Traceback", "/tmp/"):
            assert text.encode() not in answer.body and text not in str(answer.headers), answer
        return answer

    def reading(self, **changed: object) -> Answer:
        """Make a material with one thing changed."""
        named = [{"name": name, "file": file} for name, file in self.files.items()]
        return self.post("/v1/materials", {"files": named, **changed})

    def wish(self, **changed: object) -> Answer:
        """Ask for a job with one thing changed."""
        return self.post("/v1/jobs", {"material": self.material, "hole": HOLE, **changed})


def outside(running: Running, sample: Sample) -> set[Path]:
    """Return all files and folders where a name could lead to, but those of the data folder."""
    places = (running.home, sample.folder.parent, Path.cwd() / "tests")
    found = {path for place in places for path in place.rglob("*") if "__pycache__" not in path.parts}
    return {path for path in found if not path.is_relative_to(running.data)} | set(running.data.glob("*"))
