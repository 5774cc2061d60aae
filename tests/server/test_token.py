"""Who may use a service: cases T1, T2, T4 and T5 of its contract."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from svbrdf_server.client import Client, ServiceError
from tests.server.conftest import Sample
from tests.server.running import PATIENCE, Running, service
from tests.server.surface import OPEN, Headers, Wire, everywhere

OWN = "a-token-of-my-own-0123456789"
JSON = ("Content-Type", "application/json")


@pytest.fixture
def wire(shared: Running) -> Iterator[Wire]:
    with Wire(shared) as found:
        yield found


def wrong(token: str) -> dict[str, Headers]:
    """Return what a request may bring instead of the token."""
    other = token[:-1] + ("A" if token[-1] != "A" else "B")
    texts: dict[str, str | bytes] = {
        "empty": "",
        "no token": "Bearer",
        "blank token": "Bearer ",
        "wrong": f"Bearer {other}",
        "prefix": f"Bearer {token[:-1]}",
        "one letter": f"Bearer {token[0]}",
        "longer": f"Bearer {token}x",
        "twice": f"Bearer {token}{token}",
        "listed": f"Bearer {token}, Bearer {token}",
        "blank before": f"Bearer  {token}",
        "tab": f"Bearer\t{token}",
        "other case": f"Bearer {token.swapcase()}",
        "small": f"Bearer {token.lower()}",
        "non-ASCII": b"Bearer \xe9\xff" + token.encode()[2:],
        "UTF-8": f"Bearer {token}é".encode(),
        "alone": token,
        "basic": f"Basic {token}",
        "quoted": f'Bearer "{token}"',
        "long": "Bearer " + "a" * 5000,
    }
    found: dict[str, Headers] = {name: [("Authorization", text)] for name, text in texts.items()}
    right = ("Authorization", f"Bearer {token}")
    return {
        **found,
        "none": [],
        "doubled": [right, right],
        "right and wrong": [right, ("Authorization", "Bearer x")],
        "wrong and right": [("Authorization", "Bearer x"), right],
        "another header": [("X-Authorization", f"Bearer {token}"), ("Token", token), ("Cookie", f"token={token}")],
        "proxy's": [("Proxy-Authorization", f"Bearer {token}")],
    }


def test_every_wrong_token_gets_the_same_answer(shared: Running, wire: Wire) -> None:
    """Contract T1."""
    bodies = set()
    for name, headers in wrong(shared.token).items():
        for method, path in (("GET", "/v1/jobs"), ("GET", "/v1/nothing"), ("POST", "/v1/stop"), ("DELETE", "/")):
            if path in OPEN:
                continue
            answer = wire.send(method, path, [wire.host, *headers])
            assert answer.status == 401, (name, answer)
            assert answer.headers["www-authenticate"] == "Bearer"
            bodies.add((answer.body, *sorted(set(answer.headers) - {"date"})))
    assert len(bodies) == 1


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_right_token_passes(wire: Wire, shared: Running, scheme: str) -> None:
    """Contract T1."""
    answer = wire.send("GET", "/v1/jobs", [wire.host, ("Authorization", f"{scheme} {shared.token}")])
    assert answer.status == 200


def test_a_token_in_an_address_is_refused_everywhere(shared: Running, wire: Wire) -> None:
    """Contract T2."""
    for query in ("token={}", "access_token={}", "a=b&Token={}", "api_key={}", "t%6Fken={}", "token", "svbrdf-token=x"):
        for method, path in everywhere():
            answer = wire.full(method, f"{path}?{query.format(shared.token)}")
            assert answer.status == 401, (method, path, query, answer)
            assert shared.token.encode() not in answer.body
    assert wire.send("GET", f"/v1/jobs?x={shared.token}", [wire.host]).status == 401
    assert wire.send("GET", f"/v1/jobs/{shared.token}", [wire.host]).status == 401


def test_the_token_is_in_no_error_log_record_or_command_line(home: Path, sample: Sample) -> None:
    """Contract T2."""
    with service(home) as running, running.client() as client, Wire(running) as wire:
        material = client.material(sample.files())["id"]
        wish = {"material": material, "hole": {"masks": [{"shape": "rect:10,10,8,8"}]}, "previews": False}
        job = client.submit(wish)["id"]
        assert [event.kind for event in client.events(job)][-1] == "state"
        answers = [
            wire.full("GET", f"/v1/jobs/{running.token}"),
            wire.full("GET", f"/v1/jobs/{job}/files/{running.token}"),
            wire.full("GET", f"/{running.token}"),
            wire.full("GET", f"/v1/jobs?count={running.token}"),
            wire.full("GET", f"/v1/jobs?token={running.token}"),
            wire.full("PATCH", f"/v1/materials/{running.token}/maps/{running.token}"),
            wire.send("POST", "/v1/jobs", [wire.host, wire.token, JSON], json.dumps({"a": running.token}).encode()),
            wire.send("POST", "/v1/jobs", [wire.host, wire.token, JSON], f'{{"x": "{running.token}'.encode()),
            wire.send("POST", "/v1/materials", [wire.host, wire.token, JSON], f'["{running.token}"]'.encode()),
            wire.send("POST", "/v1/render", [wire.host, wire.token, ("Content-Type", f"x/{running.token}")], b"{}"),
            wire.full("GET", "/v1/info"),
            wire.full("GET", "/v1/openapi.json"),
            wire.full("GET", f"/v1/jobs/{job}"),
        ]
        secret = running.token.encode()
        assert {answer.status for answer in answers} >= {200, 401, 404, 405, 415, 422}
        assert not [answer for answer in answers if secret in answer.body or running.token in str(answer.headers)]
        assert secret in running.runtime_file.read_bytes()
        processes = [psutil.Process(running.process.pid if running.process else 0), *running.workers()]
        assert len(processes) > 1
        assert not [one for one in processes if running.token in " ".join(one.cmdline())]
    kept = [path for path in home.rglob("*") if path.is_file()]
    assert {"jobs.sqlite", "log"} <= {path.name for path in kept}
    assert not [path for path in kept if secret in path.read_bytes()]
    assert not running.runtime_file.exists()


def test_workers_are_not_given_the_token(home: Path, sample: Sample) -> None:
    """Contract T2."""
    with service(home, SVBRDF_TOKEN=OWN, SVBRDF_OTHER="yes") as running, running.client() as client:
        assert running.token == OWN
        client.info()
        workers = running.workers()
        assert workers
        for worker in workers:
            environment = worker.environ()
            assert environment["SVBRDF_OTHER"] == "yes"
            assert OWN not in str(environment)


def test_no_proxy_is_told_the_token(home: Path, tmp_path: Path) -> None:
    """Contract T2."""
    with socket.create_server(("127.0.0.1", 0)) as proxy, service(home) as running:
        proxy.settimeout(1)
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        through = {"http_proxy": address, "HTTP_PROXY": address, "all_proxy": address, "no_proxy": ""}
        command = [sys.executable, "-m", "svbrdf_core", "serve", "--status", "--json"]
        variables = running.variables() | through
        said = subprocess.run(command, env=variables, capture_output=True, timeout=PATIENCE, check=True)
        assert json.loads(said.stdout)["running"] is True
        with pytest.raises(TimeoutError):
            proxy.accept()


def test_every_route_asks_for_it(shared: Running, wire: Wire) -> None:
    """Contract T4."""
    bodies = set()
    for headers in (wrong(shared.token)[name] for name in ("none", "empty", "wrong", "prefix", "other case", "UTF-8")):
        for method, path in everywhere(without=OPEN):
            answer = wire.send(method, path, [wire.host, *headers])
            assert answer.status == 401, (method, path, headers, answer)
            if method != "HEAD":
                bodies.add(answer.body)
    assert len(bodies) == 1


def test_what_is_open_says_nothing_and_changes_nothing(shared: Running, wire: Wire) -> None:
    """Contract T4."""
    for path in OPEN:
        answer = wire.send("GET", path, [wire.host])
        assert answer.status == 200
        for secret in (shared.token, str(shared.home), str(Path.home()), str(shared.port)):
            assert secret.encode() not in answer.body, path
    assert wire.send("GET", "/v1/health", [wire.host]).json() == {"status": "ok"}
    for path in ("//v1/jobs", "/v1//jobs", "/v1/./jobs", "/page/../v1/jobs", "/V1/jobs", "/v1/health/", "/%76%31/jobs"):
        assert wire.send("GET", path, [wire.host]).status == 401, path


def test_an_old_token_is_worth_nothing_after_a_restart(home: Path) -> None:
    """Contract T5."""
    with service(home) as running:
        old, port = running.token, running.port
    running.start("--port", str(port))
    try:
        assert running.port == port and running.token != old
        assert running.request("GET", "/v1/jobs", token=old).status == 401
        assert running.request("GET", "/v1/jobs").status == 200
        with Client(running.url, old) as client, pytest.raises(ServiceError) as error:
            client.jobs()
        assert error.value.kind == "token" and "nothing was sent" in str(error.value)
    finally:
        running.stop()
