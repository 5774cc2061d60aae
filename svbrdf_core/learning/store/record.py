"""File format of a kept model: the model with its description, and digests that tell damage.

One file and not two, so that one rename puts an entry in place whole, whoever else is writing it::

    svbrdf-model 1 DIGEST           of the next line
    {"key": …, "digest": …, …}      the description in JSON, with the digest of what follows
    the model                       a safetensors file as it came
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from svbrdf_core.learning.store.content import Table, hash_bytes

MAGIC = b"svbrdf-model 1 "
FIRST = len(MAGIC) + len(hash_bytes(b"")) + 1
"""Length of the first line."""


class Damaged(Exception):
    """A file that is not what was written; the message says in which way."""


@dataclass(frozen=True)
class Head:
    """The description of a model.

    Attributes:
        key: what the model depends on besides the material.
        content: the digest of the known content it was trained on.
        title: words for the user.
        digest: the digest of the model.
        blocks: the blocks of the known content.
    """

    key: str
    content: str
    title: str
    digest: str
    blocks: Table


def pack(key: str, content: str, title: str, blocks: Table, data: bytes) -> bytes:
    """Return the bytes of the file that holds a model."""
    facts = {
        "key": key,
        "content": content,
        "title": title,
        "digest": hash_bytes(data),
        "blocks": base64.b64encode(blocks.astype("<u4").tobytes()).decode(),
    }
    line = json.dumps(facts).encode() + b"\n"
    return MAGIC + hash_bytes(line).encode() + b"\n" + line + data


def read_head(stream: BinaryIO) -> Head:
    """Return the description at the start of a file, and leave the stream where the model begins.

    Raises:
        Damaged: there is none, or it has changed.
    """
    first = stream.read(FIRST)
    if not first.startswith(MAGIC):
        raise Damaged("it was not written by this program")
    line = stream.readline()
    if first != MAGIC + hash_bytes(line).encode() + b"\n":
        raise Damaged("its description has changed")
    try:
        facts = json.loads(line)
        blocks = np.frombuffer(base64.b64decode(facts["blocks"], validate=True), "<u4").astype(np.uint32)
        key, content, title, digest = (str(facts[name]) for name in ("key", "content", "title", "digest"))
        return Head(key, content, title, digest, blocks.reshape(-1, 3))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Damaged("its description cannot be understood") from error


def read(stream: BinaryIO) -> tuple[Head, bytes]:
    """Return the description and the model.

    Raises:
        Damaged: either has changed, or the model is not a safetensors file.
    """
    head = read_head(stream)
    data = stream.read()
    if hash_bytes(data) != head.digest:
        raise Damaged("the model has changed or is cut off")
    if not is_safetensors(data):
        raise Damaged("the model is not a safetensors file")
    return head, data


def is_safetensors(data: bytes) -> bool:
    """Whether the bytes begin with a safetensors header and are as long as it says."""
    start = 8 + int.from_bytes(data[:8], "little")
    if not 8 < start <= len(data):
        return False
    try:
        header = json.loads(data[8:start])
        ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"]
        return bool(start + max(ends, default=0) == len(data))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return False
