"""A proxy between a service and what it waits for, which fails as networks and servers do.

It knows no protocol: it stands before a database, a broker, Redis or another service alike.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

LOCALHOST = "127.0.0.1"
PIECE_BYTES = 65536
PATIENCE_SECONDS = 10
"""How long the proxy may take to do as it is told."""

Mode = Literal["passing", "refusing", "blackhole", "resetting"]


@dataclass(eq=False)
class _Connection:
    """A client, and the server that it is passed on to; none while it was taken in a black hole.

    Attributes:
        is_lost: Something was swallowed: no more comes through, in neither direction.
        is_over: Set when its server need not be kept waiting any longer.
        dropping: Set when the next answer is swallowed; it is asked for once.
    """

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    is_lost: bool = False
    is_over: asyncio.Event = field(default_factory=asyncio.Event)
    dropping: threading.Event | None = None

    def reset(self) -> None:
        """Break off, as by a machine that knows nothing of the connection."""
        self.is_over.set()
        for writer in filter(None, (self.client, self.server)):
            _reset(writer)


class FaultProxy:
    """Passes bytes on until it is told to fail.

    What a method says counts at once, for the connections that are open and for those to come, until another says
    otherwise. Call them from any thread.

    Attributes:
        port: Where it listens, on this machine.
        accepted: How many connections it has taken so far.
    """

    def __init__(self, host: str, port: int) -> None:
        self.accepted = 0
        self._upstream = (host, port)
        self._mode: Mode = "passing"
        self._latency_seconds = 0.0
        self._drop: tuple[Callable[[bytes], bool], threading.Event] | None = None
        self._connections: set[_Connection] = set()
        self._listening: asyncio.Server | None = None
        # Holds the port where nothing listens: nobody else is given it.
        self._reserved = socket.socket()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._reserved.bind((LOCALHOST, 0))
        self.port: int = self._reserved.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"fault-proxy-{self.port}", daemon=True)
        self._thread.start()
        self._do(self._listen())

    def before(self, url: str) -> str:
        """Return a URL of the upstream with the proxy in its place."""
        parts = urlsplit(url)
        credentials, at, _ = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{credentials}{at}{LOCALHOST}:{self.port}"))

    def passing(self) -> None:
        """Pass everything on, at once."""
        self._do(self._switch("passing"))

    def latency(self, seconds: float) -> None:
        """Let every piece of an answer come so much later."""
        self._do(self._switch("passing", seconds))

    def refusing(self) -> None:
        """Listen no longer; connections that are open are reset, as where a process dies."""
        self._do(self._switch("refusing"))

    def blackhole(self) -> None:
        """Take connections and requests, and say nothing, not even good-bye.

        A connection on which something was swallowed stays silent for good; others are well again afterwards.
        """
        self._do(self._switch("blackhole"))

    def resetting(self) -> None:
        """Take connections and reset them; those that are open as well."""
        self._do(self._switch("resetting"))

    def reset(self) -> None:
        """Reset the connections that are open, once."""
        self._do(self._reset_all())

    def drop_reply(self, when: Callable[[bytes], bool]) -> threading.Event:
        """Swallow the answer to the next request for which `when` is true, and reset the connection; pass on the rest.

        `when` sees the bytes of one piece: a short request arrives whole. The event returned is set when it has
        happened.
        """
        happened = threading.Event()
        self._do(self._switch("passing", drop=(when, happened)))
        return happened

    def stop(self) -> None:
        """End the proxy and all that goes through it; doing it twice is harmless."""
        if self._loop.is_closed():
            return
        self._do(self._switch("refusing"))
        self._do(self._ended())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_SECONDS)
        self._loop.close()
        self._reserved.close()

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(PATIENCE_SECONDS)

    async def _switch(
        self,
        mode: Mode,
        latency_seconds: float = 0,
        drop: tuple[Callable[[bytes], bool], threading.Event] | None = None,
    ) -> None:
        self._mode, self._latency_seconds, self._drop = mode, latency_seconds, drop
        if mode != "blackhole":
            for connection in self._connections:
                if connection.is_lost:
                    connection.is_over.set()
        if mode in ("refusing", "resetting"):
            await self._reset_all()
        if mode == "refusing" and self._listening:
            self._listening.close()
            self._listening = None
        elif mode != "refusing" and not self._listening:
            await self._listen()

    async def _listen(self) -> None:
        self._listening = await asyncio.start_server(self._taken, LOCALHOST, self.port, reuse_port=True)

    async def _reset_all(self) -> None:
        for connection in self._connections:
            connection.reset()

    async def _ended(self) -> None:
        while self._connections:
            await asyncio.sleep(0.01)

    async def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        connection = _Connection(writer)
        self._connections.add(connection)
        try:
            await _broken_off(connection, self._passed_on(connection, reader))
        finally:
            self._connections.remove(connection)
            for end in filter(None, (connection.client, connection.server)):
                end.transport.abort() if connection.is_lost else end.close()

    async def _passed_on(self, connection: _Connection, reader: asyncio.StreamReader) -> None:
        if self._mode in ("refusing", "resetting"):
            connection.reset()
        elif self._mode == "blackhole":
            connection.is_lost = True
            await _swallowed(reader)
        else:
            try:
                answers, connection.server = await asyncio.open_connection(*self._upstream)
            except OSError:
                connection.reset()
                return
            async with asyncio.TaskGroup() as both:
                both.create_task(_broken_off(connection, self._requests(connection, reader, connection.server)))
                both.create_task(_broken_off(connection, self._answers(connection, answers)))

    async def _requests(
        self, connection: _Connection, reader: asyncio.StreamReader, server: asyncio.StreamWriter
    ) -> None:
        while piece := await reader.read(PIECE_BYTES):
            if self._is_lost(connection):
                continue
            if self._drop and self._drop[0](piece):
                connection.dropping, self._drop = self._drop[1], None
            server.write(piece)
            await server.drain()
        if self._is_lost(connection):
            await connection.is_over.wait()  # nobody tells the server either that its client has gone
            server.transport.abort()
        else:
            server.write_eof()

    async def _answers(self, connection: _Connection, answers: asyncio.StreamReader) -> None:
        while piece := await answers.read(PIECE_BYTES):
            if self._is_lost(connection):
                continue
            if connection.dropping:
                connection.reset()
                connection.dropping.set()
                return
            if self._latency_seconds:
                await asyncio.sleep(self._latency_seconds)
            connection.client.write(piece)
            await connection.client.drain()
        if not self._is_lost(connection):
            connection.client.write_eof()

    def _is_lost(self, connection: _Connection) -> bool:
        connection.is_lost = connection.is_lost or self._mode == "blackhole"
        return connection.is_lost


@contextmanager
def fault_proxy(host: str, port: int) -> Iterator[FaultProxy]:
    """Stand before a server until the end, passing everything on to begin with."""
    proxy = FaultProxy(host, port)
    try:
        yield proxy
    finally:
        proxy.stop()


async def _broken_off(connection: _Connection, passing: Coroutine[Any, Any, None]) -> None:
    """Break off on both sides what one side has broken off."""
    try:
        await passing
    except OSError:
        if not connection.is_lost:
            connection.reset()


async def _swallowed(reader: asyncio.StreamReader) -> None:
    while await reader.read(PIECE_BYTES):
        pass


def _reset(writer: asyncio.StreamWriter) -> None:
    taken = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):  # it has been reset from the other side
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
