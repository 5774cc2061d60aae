"""The gate at which threads stand still, and that all waiting of the add-on's threads goes through it."""

from __future__ import annotations

import ast
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from blender_addon.client import Service, UserError
from blender_addon.client.gate import GATE, PATIENCE, Gate
from blender_addon.client.transport import Deadline
from blender_addon.job import Background
from blender_addon.job.threads import run_parallel
from tests.addon.fake import JOB, Fake, Talk
from tests.addon.watching import wait_until

ADDON = Path(__file__).parents[2] / "blender_addon"


class Counter:
    """A thread that counts, and may be stopped between any two numbers."""

    def __init__(self, gate: Gate) -> None:
        self.count, self.over = 0, threading.Event()
        self.thread = gate.start(lambda: self._count(gate))

    def _count(self, gate: Gate) -> None:
        while not self.over.is_set():
            gate.pause()
            self.count += 1
            time.sleep(0)

    def advances(self) -> bool:
        before = self.count
        time.sleep(0.02)
        return self.count > before


@contextmanager
def counters(gate: Gate, number: int = 3) -> Iterator[list[Counter]]:
    """Give threads that count."""
    made = [Counter(gate) for _ in range(number)]
    try:
        yield made
    finally:
        for one in made:
            one.over.set()
            one.thread.join()


@pytest.fixture
def gate() -> Gate:
    return Gate(needed=True)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give threads the time that a busy machine takes to let them come."""
    monkeypatch.setattr("blender_addon.client.gate.PATIENCE", 20.0)


@pytest.fixture
def needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The add-on's own gate is one that closes, whichever Python this is."""
    monkeypatch.setattr(GATE, "needed", True)


def test_threads_stand_still_while_it_is_closed(gate: Gate) -> None:
    with counters(gate) as made:
        for _ in range(20):  # at once again, too
            with gate.closed() as still:
                assert still
                before = [one.count for one in made]
                assert [one.count for one in made] == before
        with gate.closed() as still, gate.closed() as inner:
            assert still and inner
            assert not any(one.advances() for one in made)
        wait_until(lambda: all(one.advances() for one in made))


def test_a_thread_that_is_started_meanwhile_waits(gate: Gate) -> None:
    with gate.closed():
        one = Counter(gate)
        assert not one.thread.is_alive() and not one.advances()
    wait_until(one.advances)
    one.over.set()
    one.thread.join()


def test_what_was_to_begin_when_it_opens_may_be_given_up_before(needed: None) -> None:
    background = Background()
    with GATE.closed():
        background.run(lambda: 1, lambda came: None)
        assert background.busy
        background.close()
    wait_until(lambda: not background._threads)


def test_a_thread_that_ends_is_waited_for(gate: Gate) -> None:
    for _ in range(30):
        thread = gate.start(lambda: None)
        with gate.closed() as still:
            assert still and not thread.is_alive()


def test_a_thread_that_does_not_come_holds_nobody_up_for_long(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blender_addon.client.gate.PATIENCE", PATIENCE)
    over = threading.Event()
    thread = gate.start(over.wait)
    began = time.monotonic()
    with gate.closed() as still:
        assert not still
    assert PATIENCE <= time.monotonic() - began < PATIENCE + 10
    over.set()
    thread.join()


def test_one_that_rests_is_not_waited_for_and_comes_back_only_when_it_opens(gate: Gate) -> None:
    over, back = threading.Event(), threading.Event()

    def rest() -> None:
        with gate.resting():
            over.wait()
        back.set()

    thread = gate.start(rest)
    wait_until(lambda: not gate._running)
    with gate.closed() as still:
        assert still
        over.set()
        assert not back.wait(0.05)
    thread.join()
    assert back.is_set()


def test_sleep_ends_in_time_by_its_event_and_stands_still(gate: Gate) -> None:
    wake, ended = threading.Event(), threading.Event()

    def sleep() -> None:
        assert gate.sleep(60.0, wake)
        ended.set()

    assert not gate.sleep(0.0) and not gate.sleep(0.01, wake)
    thread = gate.start(sleep)
    with gate.closed() as still:
        assert still
        wake.set()
        assert not ended.wait(0.05)
    thread.join()
    assert ended.is_set()


def test_where_python_has_a_lock_of_its_own_for_each_thread_it_is_never_closed() -> None:
    gate = Gate(needed=False)
    with counters(gate) as made, gate.closed():
        wait_until(lambda: all(one.advances() for one in made))


def test_time_behind_the_gate_does_not_count_as_silence(gate: Gate, needed: None) -> None:
    waited: list[float] = []
    began = threading.Event()

    def wait() -> None:
        deadline = Deadline(1.0)
        began.set()
        time.sleep(0.02)
        waited.append(deadline.wait())

    thread = GATE.start(wait)
    began.wait()
    with GATE.closed():
        time.sleep(1.2)
    thread.join()
    assert 0 < waited[0] < 1.0


def follow(service: Service) -> None:
    for _event in service.stream_events(JOB):
        pass


@pytest.mark.usefixtures("needed")
@pytest.mark.parametrize(
    "work",
    [follow, lambda service: run_parallel([lambda: follow(service)] * 3)],
    ids=["one", "parallel"],
)
def test_threads_that_follow_a_job_stand_still_soon(bad: Fake, work: Callable[[Service], object]) -> None:
    """Contract B5."""

    def stream(talk: Talk) -> None:
        talk.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        while not talk.over.wait(0.002):
            talk.raw(b": here\n\n")

    bad.answers[f"GET /v1/jobs/{JOB}/events"] = stream
    background = Background()
    stopped = threading.Event()
    errors: list[object] = []
    with Service(bad.address, timeout=2.0) as service:
        background.run(lambda: work(service.with_stop(stopped.is_set)), errors.append)
        time.sleep(0.1)
        for _ in range(5):
            with GATE.closed() as still:
                assert still
        stopped.set()
        wait_until(lambda: background.poll() or not background.busy)
    assert [error.kind for error in errors if isinstance(error, UserError)] == ["lost"]


def called(path: Path) -> set[str]:
    """Return what a file calls, by its last two names."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {".".join(ast.unparse(call).split(".")[-2:]) for call in calls}


def test_nothing_else_overrides_a_context_starts_a_thread_or_waits_in_one() -> None:
    """Contract B5."""
    found = {
        (path.relative_to(ADDON).as_posix(), name)
        for path in ADDON.rglob("*.py")
        for name in called(path)
        if name.endswith(("temp_override", "Thread", "time.sleep", "ThreadPoolExecutor"))
        or (name.endswith(".wait") and path.relative_to(ADDON).parts[0] in ("client", "job"))
    }
    assert found == {
        ("holes/overrides.py", "context.temp_override"),
        ("client/gate.py", "threading.Thread"),
        ("client/gate.py", "wake.wait"),
        ("client/transport.py", "deadline.wait"),  # which waits for nothing, but says how long to
        ("client/transport.py", "_deadline.wait"),
        ("preview/child.py", "threading.Thread"),  # a process of its own, which overrides nothing
        ("client/arrays.py", "ThreadPoolExecutor"),  # ended before whoever began it goes on
        ("ui/operators/filling.py", "time.sleep"),  # on the main thread
        ("ui/operators/library.py", "time.sleep"),  # the same
        ("library/child.py", "threading.Thread"),  # a process of its own, which overrides nothing
        ("session/repairing.py", "time.sleep"),  # in that process
    }
