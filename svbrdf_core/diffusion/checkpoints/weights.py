"""Files of weights by others: safetensors, and pickles of which nothing is run."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from svbrdf_core.errors import InputError
from svbrdf_core.learning.archive import Shapes, Tensors

NESTED = ("params_ema", "state_dict", "model_state_dict", "params", "model", "net")
"""Under which of these a file of `torch.save` holds its weights, if not at the top."""
PREFIXES = ("module.", "netG.")
"""What all names begin with in files of some training programs."""
MAX_TENSORS = 20_000
"""The largest published network that is read here has about a thousand."""

UNREADABLE = (
    "The file of weights is neither safetensors nor a file of torch.save, or only a part of one; fetch it again."
)
PICKLE = (
    "The file of weights holds more than tensors, and what else a pickle holds is code that would run; "
    "save its state_dict alone, best as safetensors."
)
TORCHSCRIPT = (
    "The file of weights is a TorchScript program; save its state_dict alone, best as safetensors, on a machine that "
    "may run it."
)


def read_shapes(path: Path) -> Shapes:
    """Return the shapes of the tensors in a file, without reading the tensors.

    Raises:
        InputError: the file cannot be read, or `read_weights` would not take it.
    """
    return {name: tuple(tensor.shape) for name, tensor in _read(path, "meta").items()}


def read_weights(path: Path) -> Tensors:
    """Return the tensors in a file, float32 on the processor; integers and truth values as they are.

    Raises:
        InputError: the file cannot be read, holds something else, or only a part.
    """
    tensors = _read(path, "cpu")
    return {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}


def _read(path: Path, device: str) -> Tensors:
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            start = stream.read(9)
    except OSError as error:
        raise InputError(f"The weights {path} cannot be read: {error.strerror}.") from error
    found = _read_safetensors(path, device) if start[8:9] == b"{" else _read_pickle(path, device)
    return _check(found, size)


def _read_safetensors(path: Path, device: str) -> object:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            if device == "meta":
                names = list(file.keys())
                return {name: torch.empty(file.get_slice(name).get_shape(), device="meta") for name in names}
            # Copied, since where they lie in the file decides on the kernels, and so on the last digits.
            return {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise InputError(UNREADABLE) from error


def _read_pickle(path: Path, device: str) -> object:
    """Return what a file of `torch.save` holds, by an unpickler that knows tensors and plain data alone."""
    _check_archive(path)
    try:
        with warnings.catch_warnings(action="ignore"):  # of what is no file of torch.save
            return torch.load(path, map_location=device, weights_only=True)
    except UnpicklingError as error:
        raise InputError(PICKLE if "GLOBAL" in str(error) else UNREADABLE) from error
    except MemoryError:
        raise
    except Exception as error:  # a pickle that was made to do harm may fail in any way
        raise InputError(UNREADABLE) from error


def _check_archive(path: Path) -> None:
    """Refuse an archive that is a program, or that is compressed, which no weights are, but what swells when read."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return  # an older format, or nothing that can be read
    if any(entry.filename.endswith("/constants.pkl") for entry in entries):
        raise InputError(TORCHSCRIPT)
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise InputError(UNREADABLE)


def _check(found: object, size: int) -> Tensors:
    """Return the weights among what a file of ``size`` bytes holds; they cannot be larger than that."""
    tensors = _unwrap(found)
    if not tensors or len(tensors) > MAX_TENSORS:
        raise InputError("The file holds no weights of a network; choose another.")
    if not all(isinstance(name, str) and _is_plain(tensor) for name, tensor in tensors.items()):
        raise InputError("The file holds more than the weights of a network; save its state_dict alone.")
    whole: Tensors = dict(tensors)
    if sum(tensor.numel() for tensor in whole.values()) > size:  # a byte or more each
        raise InputError(UNREADABLE)
    for prefix in PREFIXES:
        if all(name.startswith(prefix) for name in whole):
            whole = {name.removeprefix(prefix): tensor for name, tensor in whole.items()}
    return whole


def _is_plain(value: object) -> bool:
    return isinstance(value, torch.Tensor) and value.layout == torch.strided and not value.is_quantized


def _unwrap(found: object) -> Mapping[Any, Any]:
    if not isinstance(found, Mapping):
        return {}
    inner = next((found[name] for name in NESTED if isinstance(found.get(name), Mapping)), found)
    return inner if isinstance(inner, Mapping) else {}
