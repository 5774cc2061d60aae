"""A device that is asked for exists or is refused with advice; `auto` always finds one; those listed can be named."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from svbrdf_core.device import list_devices, resolve
from svbrdf_core.errors import InputError

HAS_TORCH = importlib.util.find_spec("torch") is not None


def test_the_processor_is_always_there() -> None:
    assert resolve("cpu") == "cpu"


def test_auto_is_a_device_that_can_be_named() -> None:
    found = resolve("auto")
    assert resolve(found) == found


@pytest.mark.parametrize("name", ["", "gpu", "cpu:0", "cuda:", "cuda:x", "cuda:-1", "mps:0", "auto:1", "CUDA"])
def test_a_name_that_is_none(name: str) -> None:
    with pytest.raises(InputError, match="choose one of auto, cpu, cuda, mps"):
        resolve(name)


@pytest.mark.parametrize("name", ["cuda:99", "mps"])
def test_a_device_that_is_absent(name: str) -> None:
    if name == "mps" and sys.platform == "darwin":
        pytest.skip("a Mac may have it")
    with pytest.raises(InputError, match="finds no" if HAS_TORCH else r"svbrdf-inpaint\[torch\]"):
        resolve(name)


def test_without_torch_the_advice_is_to_install_it() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from svbrdf_core.device import resolve\n"
        "from svbrdf_core.errors import InputError\n"
        "assert resolve('auto') == 'cpu'\n"
        "try: resolve('cuda')\n"
        "except InputError as error: print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "svbrdf-inpaint[torch]" in run.stdout


def test_those_listed_can_be_named_and_the_first_is_the_one_chosen() -> None:
    names = [device.name for device in list_devices()]
    assert [resolve(name) for name in names] == names
    assert names[-1] == "cpu" and names[0].partition(":")[0] == resolve("auto")


@pytest.mark.parametrize("call", ["resolve('cpu')", "resolve('auto')", "list_devices()"])
def test_torch_is_loaded_only_where_it_may_find_a_device(call: str) -> None:
    code = (
        "import sys; from svbrdf_core import device; may = device._may_have_graphics()\n"
        f"device.{call}; print('torch' in sys.modules, may)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded, may = run.stdout.split()
    assert loaded == ("False" if call == "resolve('cpu')" or not HAS_TORCH else may)
