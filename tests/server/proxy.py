"""A bad connection: what goes through it is counted, and breaks off where a test wants it to."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Cut:
    """Answers to requests that hold ``request`` end after ``after`` bytes, as often as ``left`` says."""

    request: bytes
    after: int
    left: int


@dataclass
class Proxy:
    """Hands bytes on to the service at a port of this machine.

    Attributes:
        sent: bytes that clients have sent.
        cuts: what is to break off.
    """

    target: int
    sent: int = 0
    cuts: list[Cut] = field(default_factory=list)
    port: int = 0
    clients: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def serve(self, client: socket.socket) -> None:
        """Hand on one connection to its end."""
        room: list[int] = []
        self.clients.append(client)
        with client, socket.create_connection(("127.0.0.1", self.target)) as server:
            forth = threading.Thread(target=self._forth, args=(client, server, room))
            forth.start()
            with contextlib.suppress(OSError):
                while data := server.recv(2**16):
                    if room:
                        data, room[0] = data[: room[0]], room[0] - len(data)
                    client.sendall(data)
                    if room and room[0] <= 0:
                        break
            for end in (client, server):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            forth.join()

    def _forth(self, client: socket.socket, server: socket.socket, room: list[int]) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(2**16):
                self.sent += len(data)
                for cut in self.cuts:
                    if cut.left and cut.request in data:
                        cut.left -= 1
                        room[:] = [cut.after]
                here, there = f"127.0.0.1:{self.port}".encode(), f"127.0.0.1:{self.target}".encode()
                server.sendall(data.replace(here, there))
            server.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def proxy(target: int) -> Iterator[Proxy]:
    """Give a proxy for the service at a port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made = Proxy(target, port=int(listening.getsockname()[1]))
        open_ones: list[threading.Thread] = []

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    thread = threading.Thread(target=made.serve, args=(listening.accept()[0],))
                    thread.start()
                    open_ones.append(thread)

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield made
        finally:
            for end in (listening, *made.clients):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            for thread in (accepting, *open_ones):
                thread.join()
