"""From where a service may be called: cases H1 to H12 of its contract, for every method and every route."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from svbrdf_server.http.hosts import allowed_hosts
from tests.server.running import Running
from tests.server.surface import OPEN, Headers, Wire, everywhere, kind_of

JSON = ("Content-Type", "application/json")


@pytest.fixture
def wire(shared: Running) -> Iterator[Wire]:
    with Wire(shared) as found:
        yield found


def refused(wire: Wire, *hosts: str, headers: Headers = (), kind: str = "host") -> None:
    """Assert that a request is refused everywhere, although it brings the token."""
    sent = [*(("Host", host) for host in hosts), wire.token, *headers]
    for method, path in everywhere():
        answer = wire.send(method, path, sent)
        assert answer.status == 403, (method, path, answer)
        assert method == "HEAD" or kind_of(answer) == kind, (method, path, answer)


def let_in(wire: Wire, host: str, headers: Headers = ()) -> None:
    """Assert that a request without a token is stopped nowhere before the token is asked for."""
    for method, path in everywhere():
        answer = wire.send(method, path, [("Host", host), *headers])
        if path in OPEN:
            expected = {200} if method in ("GET", "HEAD") else {405, 415}
            assert answer.status in (expected | {405} if method == "HEAD" else expected), (method, path, answer)
        else:
            assert answer.status == 401, (method, path, answer)


def test_a_strangers_name_with_the_same_origin_is_refused(shared: Running, wire: Wire) -> None:
    """Contract H1."""
    host = f"attacker.example:{shared.port}"
    refused(wire, host, headers=[("Origin", f"http://{host}")])
    refused(wire, host)


def test_a_name_that_begins_with_localhost_is_refused(shared: Running, wire: Wire) -> None:
    """Contract H2."""
    refused(wire, f"localhost.attacker.com:{shared.port}")


def test_a_name_that_begins_with_the_address_is_refused(shared: Running, wire: Wire) -> None:
    """Contract H3."""
    refused(wire, f"127.0.0.1.nip.io:{shared.port}")


@pytest.mark.parametrize("hosts", [(), ("",), ("{0}", "{0}"), ("{0}", "evil"), ("evil", "{0}"), (" ",)])
def test_an_empty_missing_or_doubled_host_is_refused(shared: Running, wire: Wire, hosts: tuple[str, ...]) -> None:
    """Contract H4."""
    sent = [("Host", host.format(wire.host[1])) for host in hosts]
    for method, path in everywhere():
        answer = wire.send(method, path, [*sent, wire.token])
        assert answer.status in (400, 403), (method, path, answer)
        assert method == "HEAD" or kind_of(answer) == "host", (method, path, answer)


@pytest.mark.parametrize(
    "head",
    [
        "GET {path} HTTP/1.1\r\n",
        "GET {path} HTTP/1.0\r\n",
        "GET {path} HTTP/1.1\r\nHost:\r\n",
        "GET {path} HTTP/1.1\r\nHost: \t \r\n",
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: 127.0.0.1:{port}\r\n",
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nhOST: evil\r\n",
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}, evil\r\n",
        "GET {path} HTTP/1.1\r\nHost : 127.0.0.1:{port}\r\n",
        "GET {path} HTTP/1.1\r\nHost: evil\r\n 127.0.0.1:{port}\r\n",
        "GET {path} HTTP/1.1\r\nX: y\r\n Host: 127.0.0.1:{port}\r\n",
        "GET http://127.0.0.1:{port}{path} HTTP/1.1\r\nHost: evil\r\n",
        "GET http://127.0.0.1:{port}{path} HTTP/1.1\r\n",
        "GET http://evil{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n",
        "GET http://evil:{port}@127.0.0.1{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n",
    ],
)
@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/health", "/"])
def test_hosts_as_no_library_would_send_them_are_refused(shared: Running, head: str, path: str) -> None:
    """Contract H4."""
    head = head.format(port=shared.port, path=path)
    found = shared.raw((f"{head}Authorization: Bearer {shared.token}\r\nConnection: close\r\n\r\n").encode())
    assert found.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 403 ")), found
    assert found.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]", "LOCALHOST", "LocalHost"])
def test_loopback_names_pass_with_the_right_port_alone(shared: Running, wire: Wire, name: str) -> None:
    """Contract H5."""
    let_in(wire, f"{name}:{shared.port}")
    assert wire.send("GET", "/v1/jobs", [("Host", f"{name}:{shared.port}"), wire.token]).status == 200
    refused(wire, f"{name}:{shared.port + 1 if shared.port < 65535 else 1}")
    for host in (name, f"{name}:", f"{name}:0{shared.port}", f"{name}:{shared.port}0", f"{name}:{shared.port}:80"):
        assert wire.send("GET", "/v1/jobs", [("Host", host), wire.token]).status == 403, host


@pytest.mark.parametrize(
    "name",
    [
        "127.0.0.1@evil", "evil@127.0.0.1", "localhost.", "127.0.0.1.", "0x7f000001", "0x7f.0.0.1", "2130706433",
        "017700000001", "0177.0.0.1", "127.1", "127.0.1", "127.0.0.2", "0.0.0.0", "0", "[::ffff:127.0.0.1]", "[::]",
        "[0:0:0:0:0:0:0:1]", "[::1%25lo]", "::1", "127.0.0.1/", "127.0.0.1#", "127.0.0.1\\", "http://127.0.0.1",
        "ip6-localhost", "lоcalhost".encode().decode("latin-1"), "１２７.0.0.1".encode().decode("latin-1"),
    ],
)  # fmt: skip
def test_what_else_leads_to_this_machine_is_refused(shared: Running, wire: Wire, name: str) -> None:
    """Contract H6."""
    for port in (f":{shared.port}", ""):
        sent = ("Host", f"{name}{port}".encode("latin-1"))
        for path in ("/v1/jobs", "/v1/health", "/", "/v1/nothing"):
            for method in ("GET", "POST", "OPTIONS"):
                answer = wire.send(method, path, [sent, wire.token])
                assert (answer.status, kind_of(answer)) == (403, "host"), (method, path, answer)


def test_the_address_it_listens_on_and_names_it_was_given_pass() -> None:
    """Contract H6."""
    assert allowed_hosts("127.0.0.1", 5, ()) == {"127.0.0.1:5", "localhost:5", "[::1]:5"}
    assert allowed_hosts("::1", 5, ("Desk",)) == {"127.0.0.1:5", "localhost:5", "[::1]:5", "desk:5"}
    assert allowed_hosts("10.0.0.7", 5, ()) == {"10.0.0.7:5"}
    assert allowed_hosts("0.0.0.0", 80, ()) >= {"127.0.0.1", "127.0.0.1:80"}
    assert not any("0.0.0.0" in host for host in allowed_hosts("0.0.0.0", 5, ()))


def test_what_proxies_say_changes_nothing(shared: Running, wire: Wire) -> None:
    """Contract H7."""
    good, bad = wire.host[1], "attacker.example"
    names = ("X-Forwarded-Host", "X-Host", "X-Forwarded-Server", "X-Original-Host", "X-HTTP-Host-Override")
    to_good: Headers = [*((name, good) for name in names), ("Forwarded", f"host={good};for=127.0.0.1;proto=http")]
    refused(wire, bad, headers=[*to_good, ("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-Port", str(shared.port))])
    to_bad: Headers = [*((name, bad) for name in names), ("Forwarded", f"host={bad}"), ("X-Forwarded-For", "6.6.6.6")]
    let_in(wire, good, [*to_bad, ("X-Forwarded-Proto", "https"), ("X-Forwarded-Prefix", "/x")])
    rewritten = [("X-Original-URL", "/v1/health"), ("X-Rewrite-URL", "/v1/health"), ("X-HTTP-Method-Override", "GET")]
    let_in(wire, good, rewritten)
    answer = wire.full("GET", "/v1/jobs/", to_bad)
    assert bad not in str(answer.headers) and b"attacker" not in answer.body


ORIGINS = [
    "https://evil", "null", "http://localhost.evil", "http://localhost.evil:{port}", "http://127.0.0.1:{other}",
    "http://127.0.0.1", "https://127.0.0.1:{port}", "http://127.0.0.1:{port}/", "http://127.0.0.1:{port}@evil",
    "http://evil@127.0.0.1:{port}", "", "127.0.0.1:{port}", "file://", "chrome-extension://abc", "http://",
    "http://127.0.0.1:{port} http://evil", "http://127.0.0.1:{port}, http://evil", "*",
]  # fmt: skip


@pytest.mark.parametrize("origin", ORIGINS)
def test_other_origins_are_refused(shared: Running, wire: Wire, origin: str) -> None:
    """Contract H8."""
    origin = origin.format(port=shared.port, other=shared.port - 1)
    refused(wire, wire.host[1], headers=[("Origin", origin)], kind="origin")


def test_its_own_origin_and_none_pass_and_a_second_one_does_not(shared: Running, wire: Wire) -> None:
    """Contract H8."""
    own = ("Origin", shared.url)
    let_in(wire, wire.host[1], [own])
    assert wire.full("GET", "/v1/jobs").status == 200
    assert wire.full("GET", "/v1/jobs", [own]).status == 200
    assert wire.full("GET", "/v1/jobs", [own, ("Origin", "https://evil")]).status == 403
    assert wire.full("GET", "/v1/jobs", [("Origin", "https://evil"), own]).status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "CROSS-SITE", "", "same-origin, cross-site", "x"])
def test_pages_of_other_sites_are_refused(wire: Wire, site: str) -> None:
    """Contract H9."""
    refused(wire, wire.host[1], headers=[("Sec-Fetch-Site", site)], kind="origin")


def test_its_own_page_and_a_typed_address_pass(wire: Wire) -> None:
    """Contract H9."""
    for site in ("same-origin", "none"):
        assert wire.full("GET", "/v1/jobs", [("Sec-Fetch-Site", site)]).status == 200


KINDS = [
    "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "text/json",
    "application/json-patch+json", "text/plain; application/json", "application/jsonx", "application/xml",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_other_kinds_of_bodies_are_refused(wire: Wire, kind: str) -> None:
    """Contract H10."""
    for method, path in everywhere():
        if method in ("POST", "PUT"):
            sent = [wire.host, wire.token, ("Content-Type", kind)]
            for body in (b"{}", None):
                answer = wire.send(method, path, sent, body)
                assert (answer.status, kind_of(answer)) == (415, "media-type"), (method, path, answer)


def test_no_kind_two_kinds_and_bodies_of_other_methods_are_refused(wire: Wire) -> None:
    """Contract H10."""
    for method, path in everywhere():
        if method in ("POST", "PUT"):
            for kinds in ([], [JSON, ("Content-Type", "text/plain")], [("Content-Type", "text/plain"), JSON]):
                answer = wire.send(method, path, [wire.host, wire.token, *kinds], b"{}")
                assert answer.status == 415, (method, path, answer)
        elif method in ("GET", "DELETE", "OPTIONS"):
            answer = wire.send(method, path, [wire.host, wire.token, JSON], b"{}")
            assert (answer.status, kind_of(answer)) == (400, "body"), (method, path, answer)


def test_no_answer_lets_another_origin_read_it(shared: Running, wire: Wire) -> None:
    """Contract H11."""
    asked = [
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "authorization,content-type"),
        ("Access-Control-Request-Private-Network", "true"),
    ]
    for origin in ("https://evil", "null", shared.url, None):
        own = [] if origin is None else [("Origin", origin)]
        for _, path in everywhere():
            for token in ([], [wire.token]):
                answer = wire.send("OPTIONS", path, [wire.host, *own, *asked, *token])
                assert answer.status >= 300, (path, answer)
                assert not [name for name in answer.headers if name.startswith("access-control-")], (path, answer)
    for method, path in (("GET", "/v1/jobs"), ("GET", "/v1/health"), ("GET", "/"), ("GET", "/v1/nothing")):
        answer = wire.full(method, path, [("Origin", shared.url)])
        assert not [name for name in answer.headers if name.startswith("access-control-")], (path, answer)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


SOCKET = [
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
]


def test_sockets_are_refused_before_they_are_accepted(shared: Running) -> None:
    """Contract H12."""
    for path in sorted({path for _, path in everywhere()}):
        with Wire(shared) as wire:
            answer = wire.send("GET", path, [wire.host, *SOCKET])
            assert answer.status == (200 if path in OPEN else 401), (path, answer)
            assert "sec-websocket-accept" not in answer.headers
        with Wire(shared) as wire:
            other = [("Host", "evil"), ("Origin", "http://evil"), wire.token, *SOCKET]
            assert wire.send("GET", path, other).status == 403, path
    with Wire(shared) as wire:  # not even with the token: there are none
        assert wire.send("GET", "/v1/jobs", [wire.host, wire.token, *SOCKET]).status == 200
    with Wire(shared) as wire:
        old = [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABk")]
        assert wire.send("GET", "/v1/jobs", [wire.host, *old]).status == 401


def test_the_stream_of_events_is_refused_without_the_token(shared: Running, wire: Wire) -> None:
    """Contract H12."""
    path = f"/v1/jobs/{'0' * 32}/events"
    stream = ("Accept", "text/event-stream")
    assert wire.send("GET", path, [wire.host, stream]).status == 401
    assert wire.send("GET", path, [wire.host, stream, ("Authorization", "Bearer x")]).status == 401
    assert wire.send("GET", path, [("Host", "evil"), wire.token, stream]).status == 403
    assert wire.full("GET", path, [stream]).status == 404
