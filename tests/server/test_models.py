"""Models and requests that are not what they should be: cases M1 to M4 of the contract."""

from __future__ import annotations

import ast
import io
import json
import re
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.server import odd_files as odd
from tests.server.running import PATIENCE, Answer, Json, Running
from tests.server.sending import ended, job, kept, little_memory, made, refused, results
from tests.test_tree import ROOT, lines_with, tracked

TINY = {"train_steps": 2, "batch_size": 1, "crop_size": 16, "width": 8, "sampling_steps": 1, "cache": False}
FORMAT = "svbrdf-inpaint 2"


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a model file of a material of colours, trained for two steps as `svbrdf train` does."""
    home = tmp_path_factory.mktemp("model")
    (home / "maps").mkdir()
    (home / "maps" / "diffuse.png").write_bytes(odd.png())
    code = (
        "import sys, svbrdf_core as sv\n"
        "from pathlib import Path\n"
        f"settings = sv.DiffusionSettings(**{TINY!r})\n"
        "data, _ = sv.train([sv.Material.load(Path(sys.argv[1]))], settings, device='cpu')\n"
        "Path(sys.argv[2]).write_bytes(data)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(home / "maps"), str(home / "model")], check=True, timeout=PATIENCE)
    return (home / "model").read_bytes()


@pytest.fixture
def material_id(run: Running) -> str:
    return made(run, {"diffuse.png": odd.png()})


def with_model(run: Running, material_id: str, data: bytes, method: str = "diffusion") -> Answer:
    """Ask for a job with a model file."""
    choice = learning({"file": kept(run, data)})
    settings = choice["settings"] if method == "diffusion" else {"diffusion": choice["settings"]}
    return job(run, material_id, "rect:20,20,16,16", method={"name": method, "settings": settings})


def learning(model: object) -> Json:
    """Return a choice of diffusion with what stands for its model."""
    return {"name": "diffusion", "settings": {**TINY, "model": model}}


def safetensors(header: object, body: bytes = b"", length: int | None = None) -> bytes:
    """Return a file of that form, whose header may be anything and of any announced length."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + body


def test_a_model_is_taken_and_used(run: Running, material_id: str, model: bytes) -> None:
    done = ended(run, with_model(run, material_id, model))
    assert list(results(run, done)) == ["diffuse.png"]
    assert any("was trained at 1/" in note for note in map(str, done["result"]["notes"]))
    assert str(run.home) not in json.dumps(done)


def harmful(marker: Path) -> bytes:
    """Return a pickle, written by hand, that makes a folder when it is loaded."""
    return b"cos\nmkdir\n(V" + str(marker).encode() + b"\ntR."


def archive(pickled: bytes) -> bytes:
    """Return a pickle as `torch.save` packs it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr("model/data.pkl", pickled)
        packed.writestr("model/version", "3")
    return stream.getvalue()


@pytest.mark.parametrize("method", ["diffusion", "auto"])
@pytest.mark.parametrize("form", ["pickle", "torch", "old torch", "npy"])
def test_a_pickle_is_refused_unread(run: Running, material_id: str, tmp_path: Path, form: str, method: str) -> None:
    """Contract M1."""
    marker = tmp_path / "it ran"
    pickled = harmful(marker)
    object_array = b"\x93NUMPY\1\0\x4a\0{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(84) + pickled
    data = {
        "pickle": pickled,
        "torch": archive(pickled),
        "old torch": b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03." + pickled,
        "npy": object_array,
    }[form]
    refused(with_model(run, material_id, data, method), 422, "not a model of this program, or is damaged")
    assert not marker.exists()


def test_the_pickle_of_this_test_would_run(tmp_path: Path) -> None:
    """Contract M1."""
    (tmp_path / "file").write_bytes(harmful(tmp_path / "it ran"))
    code = "import pickle, sys; pickle.Unpickler(open(sys.argv[1], 'rb')).load()"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "file")], check=True, timeout=PATIENCE)
    assert (tmp_path / "it ran").is_dir()


def test_a_pickle_is_no_map_and_no_mask(run: Running, material_id: str, tmp_path: Path) -> None:
    """Contract M1."""
    marker = tmp_path / "it ran"
    object_array = b"\x93NUMPY\1\0\x4a\0{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(84)
    for data in (harmful(marker), object_array + harmful(marker)):
        answer = run.post("/v1/materials", {"files": [{"name": "diffuse.npy", "file": kept(run, data)}]})
        refused(answer, 422)
        refused(job(run, material_id, data), 422)
    assert not marker.exists()


LIES: dict[str, bytes] = {
    "nothing": b"",
    "seven bytes": bytes(7),
    "no header": bytes(8),
    "a length of 2^64": b"\xff" * 8,
    "a length of 100 MB": struct.pack("<Q", 10**8) + b"{}",
    "a length beyond the end": safetensors({}, length=500),
    "a length too short": safetensors({"__metadata__": {FORMAT: "{}"}}, length=3),
    "no JSON": safetensors(b"{nonsense"),
    "deep JSON": safetensors(b"[" * 500_000),
    "a list": safetensors([]),
    "no facts": safetensors({}),
    "facts that are none": safetensors({"__metadata__": {FORMAT: "3"}}),
    "facts without end": safetensors({"__metadata__": {FORMAT: "[" * 100_000}}),
    "offsets beyond the end": safetensors({"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 2**40]}}),
    "negative offsets": safetensors({"a": {"dtype": "F32", "shape": [4], "data_offsets": [-16, 0]}}, bytes(16)),
    "offsets that overlap": safetensors(
        {name: {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]} for name in "ab"}, bytes(16)
    ),
    "a shape that overflows": safetensors(
        {"a": {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 16]}}, bytes(16)
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_model_that_lies_about_itself(run: Running, material_id: str, lie: str) -> None:
    """Contract M2."""
    refused(with_model(run, material_id, LIES[lie]), 422, "train it again")


def test_a_huge_header(run: Running, material_id: str) -> None:
    """Contract M2."""
    tensors = {f"t{n}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for n in range(400_000)}
    data = safetensors(tensors)
    assert len(data) > 2**24
    refused(with_model(run, material_id, data[:100]), 422)  # torch is loaded now
    with little_memory(run):
        refused(with_model(run, material_id, data), 422, "not a model of this program")


def facts_of(model: bytes) -> tuple[Json, bytes]:
    """Return the header and the tensors of a model file."""
    length = int.from_bytes(model[:8], "little")
    found: Json = json.loads(model[8 : 8 + length])
    return found, model[8 + length :]


@pytest.mark.parametrize(
    "told",
    [
        {"arguments": {"width": 4096}},
        {"arguments": {"width": 10**9}},
        {"arguments": {"width": -1}},
        {"arguments": {"no such": 1}},
        {"channels": [f"diffuse.{n}" for n in range(3000)]},
        {"channels": []},
        {"architecture": "os.system"},
        {"task": "os.system"},
        {"scale": 0},
    ],
)
def test_a_model_that_says_it_is_larger_than_it_is(run: Running, material_id: str, model: bytes, told: Json) -> None:
    """Contract M2."""
    header, body = facts_of(model)
    facts = json.loads(header["__metadata__"][FORMAT])
    header["__metadata__"][FORMAT] = json.dumps({"spec": {**facts["spec"], **told}})
    refused(with_model(run, material_id, model[:-1]), 422)  # torch is loaded now
    with little_memory(run):
        refused(with_model(run, material_id, safetensors(header, body)), 422, "train it again")


def test_a_model_that_is_cut_short_or_too_long(run: Running, material_id: str, model: bytes) -> None:
    """Contract M2."""
    for data in (model[:-4], model + bytes(4), model[: len(model) // 2], model[:8]):
        refused(with_model(run, material_id, data), 422, "not a model of this program")


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "model.safetensors", "0" * 63, 5, True, ["a"]])
@pytest.mark.parametrize("form", ["file", "plain", "more"])
def test_a_model_is_named_by_its_digest_alone(run: Running, material_id: str, name: object, form: str) -> None:
    """Contract M2."""
    model = {"file": {"file": name}, "plain": name, "more": {"file": name, "more": 1}}[form]
    refused(job(run, material_id, "rect:8,8,8,8", method=learning(model)), 422)
    missing = job(run, material_id, "rect:8,8,8,8", method=learning({"file": "0" * 64}))
    refused(missing, 409, "must be sent first")


RUNS_TEXT = {
    ".py": r"allow_pickle\s*=\s*True|(?<!\w)(?:pickle|dill|marshal|shelve|joblib)\.loads?\(|weights_only\s*=\s*False"
    r"|yaml\.load\(|torch\.load\((?!.*weights_only=True)|(?<![\w.])(?:eval|exec|__import__)\(|shell\s*=\s*True|os\.(?:system|popen)\(",
    ".js": r"(?<!\w)eval\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write|Function\(|javascript:"
    r"|set(?:Timeout|Interval)\(\s*[\"'`]|import\((?!\"\./[\w-]+\.js\"\))",  # the page's own modules, as types of JSDoc
    ".html": r"\son\w+\s*=|javascript:|<script(?![^>]*\ssrc=)[^>]*>|\sstyle\s*=|https?://(?!www\.w3\.org/)",
    ".css": r"@import|url\(\s*[\"']?(?:https?:)?//|expression\(",
    ".svg": r"<script|\son\w+\s*=|javascript:",
}
"""By ending: what runs text or data as code, or fetches it from elsewhere."""


@pytest.mark.parametrize("ending", RUNS_TEXT)
def test_nothing_runs_text_or_data_as_code(ending: str) -> None:
    """Contract M3."""
    folders = (ROOT / "server", ROOT / "svbrdf_core", ROOT / "blender_addon")
    here = folders[:1] if ending != ".py" else folders
    paths = [path for path in tracked() if path.suffix == ending and any(top in path.parents for top in here)]
    assert paths
    assert lines_with(re.compile(RUNS_TEXT[ending]), paths) == []


def test_the_server_imports_nothing_that_loads_objects() -> None:
    """Contract M3."""
    forbidden = {"pickle", "marshal", "shelve", "dill", "joblib", "yaml", "numpy", "torch", "PIL"}
    for path in (ROOT / "server").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            assert not {name.partition(".")[0] for name in names} & forbidden, path


def test_the_server_process_has_loaded_none_of_it(run: Running) -> None:
    """Contract M3."""
    assert run.process is not None
    maps = Path(f"/proc/{run.process.pid}/maps")
    if not maps.exists():
        pytest.skip("no /proc on this system")
    assert not re.findall(r"/(?:torch|numpy|PIL|imagecodecs)/\S+", maps.read_text(encoding="utf-8"))


def wish(material_id: str, **more: str) -> bytes:
    """Return the JSON of a job with parts that are given as JSON text, without the braces round them."""
    own = {"hole": '"masks":[{"shape":"rect:8,8,8,8"}]', "method": '"device":"cpu"'}
    texts = {name: f"{{{own[name]},{more[name]}}}" if name in more else f"{{{text}}}" for name, text in own.items()}
    texts |= {name: text for name, text in more.items() if name not in own} | {"material": json.dumps(material_id)}
    return ("{" + ",".join(f'"{name}":{text}' for name, text in texts.items()) + "}").encode()


DEEP = {"objects": ('{"a":', "1", "}"), "lists": ("[", "", "]")}
LONG = "9" * 400
LONGER = "9" * 5000
"""More digits than Python turns into a number."""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("unknown", "1"),
        ("__proto__", "{}"),
        ("hole.unknown", "1"),
        ("method.unknown", "1"),
        ("output", '{"folder":"/tmp"}'),
        ("output", '{"in_place":true}'),
        ("source", '{"path":"/etc"}'),
        ("method.seed", "-1"),
        ("method.seed", "1.5"),
        ("method.seed", "1e30"),
        ("method.seed", LONG),
        ("method.seed", LONGER),
        ("method.seed", "-" + LONGER),
        ("method.seed", "NaN"),
        ("method.variations", "0"),
        ("method.variations", "65"),
        ("method.variations", "1000000000"),
        ("method.variations", LONGER),
        ("hole.grow", "NaN"),
        ("hole.grow", "Infinity"),
        ("hole.grow", "1e400"),
        ("hole.grow", LONG),
        ("hole.grow", LONGER),
        ("hole.feather", "-Infinity"),
        ("hole.feather", "-1"),
        ("hole.masks", "[]"),
        ("hole.masks", '[{"shape":"rect:1,1,1,1","file":null,"path":"a"}]'),
        ("hole.masks", '[{"shape":"rect:' + LONGER + ',1,1,1"}]'),
        ("hole.masks", '[{"shape":"rect:NaN,0,1,1"}]'),
        ("hole.masks", json.dumps([{"shape": "rect:1,1,1,1"}] * 257)),
        ("method.name", '"no such method"'),
        ("method.name", '"' + "a" * 201 + '"'),
        ("method.name", '"\\ud800"'),
        ("method.device", '"cuda:0; rm"'),
        ("hole.tileable", '"perhaps"'),
        ("method.settings", '{"no such setting":1}'),
        ("method.settings", '{"\\ud800":1}'),
        ("method.settings", '{"levels":1000000000}'),
        ("method.settings", '{"levels":' + LONG + "}"),
        ("method.settings", '{"levels":' + LONGER + "}"),
        ("method.settings", '{"levels":"1000000000"}'),
        ("method.settings", '{"levels":1e9}'),
        ("method.settings", '{"feature_weight":NaN}'),
        ("method.settings", '{"feature_weight":"NaN"}'),
        ("method.settings", '{"feature_weight":"Infinity"}'),
        ("method.settings", '{"feature_weight":1e400}'),
        ("method.settings", '{"levels":[[[[1]]]]}'),
        ("method.settings", json.dumps({f"a{n}": 1 for n in range(65)})),
    ],
)
def test_what_is_out_of_bounds_is_refused(run: Running, material_id: str, name: str, text: str) -> None:
    """Contract M4."""
    part, _, field = name.partition(".")
    body = wish(material_id, **{part: f'"{field}":{text}' if field else text})
    answer = run.request("POST", "/v1/jobs", body, content_type="application/json")
    said = refused(answer, 422)
    assert len(answer.body) < 4000 and "9" * 100 not in said  # nothing of it is repeated


@pytest.mark.parametrize("steps", ["1000000000", '"1000000000"', "1e9", "1000001", LONG, LONGER])
@pytest.mark.parametrize(
    "setting", ["train_steps", "batch_size", "crop_size", "width", "sampling_steps", "coarse_hole", "seconds"]
)
def test_a_billion_steps(run: Running, material_id: str, setting: str, steps: str) -> None:
    """Contract M4."""
    text = f'{{"{setting}":{steps}}}'
    for method, settings in (("diffusion", text), ("auto", f'{{"diffusion":{text}}}')):
        body = wish(material_id, method=f'"name":"{method}","settings":{settings}')
        refused(run.request("POST", "/v1/jobs", body, content_type="application/json"), 422)


@pytest.mark.parametrize("kind", DEEP)
@pytest.mark.parametrize("depth", [20, 250, 600, 990, 5000, 150_000])
def test_deep_nesting(run: Running, material_id: str, kind: str, depth: int) -> None:
    """Contract M4."""
    before, inner, after = DEEP[kind]
    deep = before * depth + inner + after * depth
    for body in (wish(material_id, method=f'"settings":{{"a":{deep}}}'), deep.encode()):
        answer = run.request("POST", "/v1/jobs", body, content_type="application/json")
        refused(answer, 422)
        assert len(answer.body) < 4000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b"null",
        b"[]",
        b"1",
        b'"text"',
        b"NaN",
        b"{}{}",
        b"{'a':1}",
        b'{"a":1,}',
        b"\0",
        b"\xef\xbb\xbf{}",
    ],
)
@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/materials", "/v1/render"])
def test_what_is_no_json_object_is_refused(run: Running, path: str, body: bytes) -> None:
    """Contract M4."""
    refused(run.request("POST", path, body, content_type="application/json"), 422)


def test_a_body_that_is_too_long(run: Running, material_id: str) -> None:
    """Contract M4."""
    body = wish(material_id, method=f'"name":"{"a" * 2**20}"')
    refused(run.request("POST", "/v1/jobs", body, content_type="application/json"), 413)


def test_the_other_shapes_are_as_strict(run: Running, material_id: str) -> None:
    """Contract M4."""
    done = ended(run, job(run, material_id, "rect:8,8,8,8"))
    bodies: list[tuple[str, Json]] = [
        (f"/v1/jobs/{done['id']}/retry", {"unknown": 1}),
        (f"/v1/jobs/{done['id']}/retry", {"method": {"seed": 2**60}}),
        (f"/v1/jobs/{done['id']}/retry", {"method": {"variations": 10**9}}),
        (f"/v1/jobs/{done['id']}/retry", {"method": {"settings": {"levels": 10**9}}}),
        (f"/v1/jobs/{done['id']}/retry", {"method": {"name": "diffusion", "settings": {"train_steps": 10**9}}}),
        ("/v1/render", {"material": material_id, "size": 10**9}),
        ("/v1/render", {"material": material_id, "relief": 10**400}),
        ("/v1/render", {"material": material_id, "light": "../../x"}),
        ("/v1/render", {"material": material_id, "light": "no-such-light"}),
        ("/v1/render", {"material": material_id, "job": done["id"]}),
        ("/v1/materials", {"files": []}),
        ("/v1/materials", {"files": [{"name": "a.png", "file": "0" * 64}] * 2}),
        ("/v1/materials", {"files": [{"name": "a.png", "file": "0" * 64, "more": 1}]}),
        ("/v1/materials", {"files": [{"name": "a.png", "file": "A" * 64}]}),
    ]
    for path, body in bodies:
        refused(run.post(path, body), 422)


@pytest.mark.parametrize(
    "query",
    ["count=0", "count=201", "count=" + "9" * 20, "count=a", "count=NaN", "count=1e2", "before=-1", "state=nonsense",
     "before=" + "9" * 30, "before=" + "9" * 1500],
)  # fmt: skip
def test_queries_are_bounded(run: Running, query: str) -> None:
    """Contract M4."""
    refused(run.request("GET", f"/v1/jobs?{query}"), 422)


@pytest.mark.parametrize("seq", ["9" * 20, "-1", "a", "", "0", "1e3", "9" * 21])
def test_event_numbers_are_bounded(run: Running, material_id: str, seq: str) -> None:
    """Contract M4."""
    done = ended(run, job(run, material_id, "rect:8,8,8,8"))
    answer = run.request("GET", f"/v1/jobs/{done['id']}/events", last_event_id=seq)
    assert answer.status == (422 if len(seq) > 20 else 200)
    assert answer.status != 200 or answer.body.startswith(b"event: job\n")
