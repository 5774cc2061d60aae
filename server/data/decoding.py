"""Decompression of uploads, never to more than is allowed."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Protocol

import zstandard

from .blobs import Incoming

PIECE = 2**20
WINDOW = 2**27
"""Bytes of history that compressed data may ask for: what zstd's own tool takes without being told."""


class Damaged(Exception):
    """The bytes are not what they were announced to be."""


class Full(Exception):
    """More came out than is allowed."""


class Sink:
    """Where plain bytes go, up to a bound.

    Attributes:
        overflowed: whether there were more.
    """

    def __init__(self, incoming: Incoming, most: int) -> None:
        self._incoming, self._most = incoming, most
        self.overflowed = False

    def write(self, piece: bytes) -> int:
        """Take plain bytes.

        Raises:
            Full: it is more than the bound.
        """
        if self._incoming.size + len(piece) > self._most:
            self.overflowed = True
            raise Full
        self._incoming.write(piece)
        return len(piece)


class Decoding(Protocol):
    """Takes compressed bytes."""

    def write(self, piece: bytes) -> None:
        """Take the next bytes; what is beyond the sink's bound is dropped.

        Raises:
            Damaged: they make no sense.
        """
        ...

    def close(self) -> None:
        """Say that there are no more.

        Raises:
            Damaged: there should be.
        """
        ...


Decoder = Callable[[Sink], Decoding]


class _Plain:
    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, piece: bytes) -> None:
        try:
            self._sink.write(piece)
        except Full:
            return

    def close(self) -> None:
        return


class _Gzip:
    def __init__(self, sink: Sink) -> None:
        self._sink, self._inflate = sink, zlib.decompressobj(31)

    def write(self, piece: bytes) -> None:
        try:
            while piece:
                if self._inflate.eof:
                    raise Damaged
                self._sink.write(self._inflate.decompress(piece, PIECE))
                piece = self._inflate.unconsumed_tail
        except zlib.error as error:
            raise Damaged from error
        except Full:
            return

    def close(self) -> None:
        if not self._inflate.eof and not self._sink.overflowed:
            raise Damaged


class _Zstd:
    def __init__(self, sink: Sink) -> None:
        # Its writer hands on what a few bytes grow into in small pieces, so that the sink can stop it in time.
        self._writer = zstandard.ZstdDecompressor(max_window_size=WINDOW).stream_writer(sink, closefd=False)  # type: ignore[arg-type]

    def write(self, piece: bytes) -> None:
        try:
            self._writer.write(piece)
        except zstandard.ZstdError as error:
            raise Damaged from error
        except Full:
            return

    def close(self) -> None:
        return  # a frame that was cut short is told by its digest


DECODERS: dict[str, Decoder] = {"identity": _Plain, "gzip": _Gzip, "zstd": _Zstd}
"""By the name in ``Content-Encoding``."""
