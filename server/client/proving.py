"""A transport each of whose connections is used only after the service at its other end has proven to be the right one.

A service may end at any time and another program take its port, so that no earlier proof says anything of a new
connection.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

from ..proof import ask_for_proof, host_of


class ProvingTransport(httpx.HTTPTransport):
    """Carries requests to one service, and nothing to anything else.

    Every request may raise `Stranger`.
    """

    def __init__(self, url: str, token: str) -> None:
        super().__init__(trust_env=False)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            network_backend=_Backend(url, token),
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
        )


class _Backend(httpcore.SyncBackend):
    def __init__(self, url: str, token: str) -> None:
        self._host, self._token, self._secure = host_of(url), token, url.lower().startswith("https:")

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        """See httpcore."""
        stream = super().connect_tcp(host, port, timeout, local_address, socket_options)
        if self._secure:  # the proof comes when the connection is a safe one
            return _Unproven(stream, self)
        return self.prove(stream, timeout)

    def prove(self, stream: httpcore.NetworkStream, timeout: float | None) -> httpcore.NetworkStream:
        """Return a connection whose other end knows the token."""
        try:
            ask_for_proof(
                lambda data: stream.write(data, timeout),
                lambda size: stream.read(size, timeout),
                self._host,
                self._token,
            )
        except BaseException as error:
            stream.close()
            if isinstance(error, ConnectionError):
                raise httpcore.ReadError(str(error)) from error
            raise
        return stream


class _Unproven(httpcore.NetworkStream):
    """A connection before TLS, over which nothing is sent."""

    def __init__(self, stream: httpcore.NetworkStream, backend: _Backend) -> None:
        self._stream, self._backend = stream, backend

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
        """See httpcore."""
        return self._backend.prove(self._stream.start_tls(ssl_context, server_hostname, timeout), timeout)

    def close(self) -> None:
        """See httpcore."""
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        """See httpcore."""
        return self._stream.get_extra_info(info)
