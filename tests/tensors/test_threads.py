"""Array work on several threads: everything is done once, in order, whatever becomes of the other threads."""

from __future__ import annotations

import _thread
import threading
import time

import pytest

from svbrdf_core.tensors.threads import map_in_threads


@pytest.fixture(params=["as many as there are", "four", "one"])
def cores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have several numbers of cores."""
    if request.param != "as many as there are":
        monkeypatch.setattr("svbrdf_core.tensors.threads.count_share", lambda: {"four": 4, "one": 1}[request.param])


@pytest.mark.usefixtures("cores")
@pytest.mark.parametrize("count", [0, 1, 2, 7, 100])
def test_each_item_is_done_once_and_results_keep_the_order(count: int) -> None:
    done: list[int] = []

    def square(n: int) -> int:
        time.sleep(0.0005 * (n % 3))
        done.append(n)
        return n * n

    assert map_in_threads(square, range(count)) == [n * n for n in range(count)]
    assert sorted(done) == list(range(count))


def test_items_are_done_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("svbrdf_core.tensors.threads.count_share", lambda: 2)
    both = threading.Barrier(2)
    assert sorted(map_in_threads(lambda _: both.wait(30), range(2))) == [0, 1]


@pytest.mark.parametrize("start", ["dies at once", "is refused"])
def test_a_thread_that_does_not_begin_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, start: str) -> None:
    """So it is when there is no memory for it: the library's own pool would wait for ever."""

    def refuse(*_: object) -> int:
        if start == "is refused":
            raise RuntimeError("can't start new thread")
        return 0

    monkeypatch.setattr("svbrdf_core.tensors.threads.count_share", lambda: 4)
    monkeypatch.setattr(_thread, "start_new_thread", refuse)
    assert map_in_threads(str, range(5)) == ["0", "1", "2", "3", "4"]


@pytest.mark.usefixtures("cores")
@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt, ValueError])
def test_an_error_is_raised_again_and_nothing_more_is_begun(error: type[BaseException]) -> None:
    begun: list[int] = []

    def fail(n: int) -> None:
        begun.append(n)
        time.sleep(0.001)
        if n == 1:
            raise error("no more")

    with pytest.raises(error, match="no more"):
        map_in_threads(fail, range(50))
    assert len(begun) < 10
    seen = len(begun)
    time.sleep(0.05)
    assert len(begun) == seen
