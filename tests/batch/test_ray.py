"""A Ray cluster fills what one machine fills, whatever worker or machine of it is lost."""

from __future__ import annotations

import importlib.util
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast, overload

import pytest

if importlib.util.find_spec("ray") is None:
    pytest.skip("Ray is not installed", allow_module_level=True)

from svbrdf_core.errors import InputError
from svbrdf_core.runs import ray_executor
from svbrdf_core.runs.executors import Task
from svbrdf_core.runs.ray_executor import LEAST, LOCAL, RayExecutor
from tests.batch.library import write_library, write_long_library
from tests.batch.tasks import BEATS, assigned, beat, die_once, nothing, refuse
from tests.cli.conftest import Svbrdf, process, svbrdf, tree
from tests.server.running import until

__all__ = ["svbrdf"]
pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="Ray's test cluster")]
ROOT = Path(__file__).parents[2]
FAST = ("--method", "telea", "--quiet")
SETS = tuple(f"set{number}" for number in range(12))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_library(tmp_path, SETS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # where workers find the tests' own tasks
    monkeypatch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    return tmp_path


@pytest.fixture
def cluster(home: Path) -> Iterator[Any]:
    """A cluster of three machines, one of which says that it has graphics cards."""
    from ray.cluster_utils import Cluster

    made: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": 10**8})
    made.add_node(num_cpus=1, num_gpus=2, object_store_memory=10**8)
    yield made
    made.shutdown()


class Counted(Sequence[Task]):
    """Tasks that tell how many were taken."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._tasks, self.taken = tasks, 0

    def __len__(self) -> int:
        return len(self._tasks)

    @overload
    def __getitem__(self, at: int) -> Task: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Task]: ...
    def __getitem__(self, at: int | slice) -> Task | Sequence[Task]:
        self.taken += 1
        return self._tasks[at]


def test_a_cluster_on_this_machine_fills_the_same_and_begins_a_killed_worker_again(home: Path, svbrdf: Svbrdf) -> None:
    words = ("batch", "library", "--masks", "masks", *FAST)
    assert svbrdf(*words, "-o", "here", "--jobs", "2").code == 0
    assert svbrdf(*words, "-o", "there", "--ray", "local").code == 0
    assert tree(home / "there" / "set3") == tree(home / "here" / "set3")
    with RayExecutor("local", jobs=1) as executor:
        tasks = [Task(4, die_once(home / "died"), 0), Task(7, refuse, 0)]
        outcomes = {one.number: one for one in executor.run(tasks)}
    assert outcomes[4].value == "alive" and outcomes[7].why == "The hole is full; paint less."
    assert (home / "died").is_file()


def test_a_machine_without_this_package_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH")
    with RayExecutor("local", jobs=1) as executor:
        (lost,) = executor.run([Task(1, refuse, 0)])
    assert lost.why is not None and "cannot run it (ModuleNotFoundError: No module named 'tests'" in lost.why


def test_one_that_is_started_here_joins_no_other(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray itself, asked for no address, joins whatever runs on the machine or the environment names."""
    import ray

    monkeypatch.setenv("RAY_ADDRESS", cluster.address)
    with RayExecutor("local", jobs=1) as executor:
        there = cast(Any, ray).cluster_resources()
        assert there["CPU"] == 1 and "GPU" not in there
        assert [one.number for one in executor.run([Task(3, nothing, 0)])] == [3]


def test_tasks_have_their_share_of_a_cluster_and_few_wait_there(cluster: Any) -> None:
    with RayExecutor(cluster.address) as executor:
        outcomes = list(executor.run([Task(0, assigned, 10**6, on_graphics=True), Task(1, assigned, 0)]))
        found = {one.number: one.value for one in outcomes}
        (shared, card), (alone, _) = found[0], found[1]
        assert shared["CPU"] == 1 and shared["GPU"] == 0.5 and shared["memory"] >= 10**6 and card in ("0", "1")
        assert alone == {"CPU": 1}
        tasks = Counted([Task(number, nothing, 0) for number in range(60)])
        for done, _ in enumerate(executor.run(tasks)):
            assert tasks.taken - done <= LEAST + 1
    assert done == 59


@pytest.mark.parametrize("own", [True, False], ids=["started here", "joined"])
def test_work_ends_with_the_one_who_asked_for_it(home: Path, request: pytest.FixtureRequest, own: bool) -> None:
    address = LOCAL if own else request.getfixturevalue("cluster").address
    pulse = home / "pulse"
    with RayExecutor(address, jobs=1 if own else None) as executor:
        outcomes = executor.run([Task(0, nothing, 0), Task(1, beat(pulse), 0), Task(2, refuse, 0)])
        assert next(outcomes).number == 0
        until(pulse.exists)
        cast(Any, outcomes).close()
    until(lambda: _still(pulse))
    assert int(pulse.read_text(encoding="utf-8")) < BEATS - 1, "it was left to end by itself"


def _still(pulse: Path) -> bool:
    was = pulse.stat().st_mtime_ns
    time.sleep(1)
    return pulse.stat().st_mtime_ns == was


def test_a_machine_that_is_lost_in_the_middle_loses_nothing(cluster: Any, home: Path) -> None:
    write_long_library(home, SETS, quick=4)
    lost = cluster.add_node(num_cpus=1, object_store_memory=10**8)
    words = ("batch", "library", "--masks", "masks", "-o", "out", *FAST, "--ray", cluster.address)
    run = process(*words, cwd=home)
    made: dict[str, int] = {}
    while run.poll() is None and len(made) < 3:
        made = _stamps(home / "out")
        time.sleep(0.02)
    assert run.poll() is None, run.communicate()
    lost.kill_raylet(check_alive=False)
    made = _stamps(home / "out")
    out, err = run.communicate(timeout=300)
    assert run.returncode == 0, (out, err)
    after = _stamps(home / "out")
    assert len(after) == len(SETS) and made.items() <= after.items(), "done twice"
    assert list((home / "out/_batch/staging").iterdir()) == []


def test_the_example_of_a_cluster_is_one_that_ray_accepts() -> None:
    import yaml
    from ray.autoscaler._private.util import prepare_config, validate_config

    example = yaml.safe_load((ROOT / "examples" / "cluster.yaml").read_text(encoding="utf-8"))
    validate_config(whole := prepare_config(example))
    assert set(whole["available_node_types"]) == {"head", "processors", "graphics"}
    with pytest.raises(Exception, match="nonsense"):
        validate_config({**whole, "nonsense": 1})


def _stamps(out: Path) -> dict[str, int]:
    return {path.parent.name: path.stat().st_mtime_ns for path in out.glob("set*/basecolor.png")}


@pytest.mark.parametrize("form", ["127.0.0.1:{}", "ray://127.0.0.1:{}"])
def test_a_cluster_that_is_not_there_is_one_sentence(home: Path, svbrdf: Svbrdf, form: str) -> None:
    words = ("batch", "library", "--masks", "masks", *FAST, "-o", "far", "--ray", form.format(9))
    ran = svbrdf(*words)
    assert ran.code == 3 and "cannot be reached" in ran.err and ran.err.count("\n") == 1


def test_one_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_executor, "WAIT", 3.0)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        started = time.monotonic()
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(InputError, match="no answer within 3 s"), RayExecutor(address):
            raise AssertionError
        assert time.monotonic() - started < 120
