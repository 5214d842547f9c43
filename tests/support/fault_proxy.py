"""A TCP proxy that does to a gateway's connections what networks do. One per destination of a gateway; all on one asyncio loop.

    proxy = Proxy(target port); await proxy.start(); proxy.port
    await proxy.suffer("dribble", 2.5)      a fault, from now for so many seconds; one at a time

reset       every connection is reset
refuse      every connection is reset, and every new one while it lasts
half_open   what was connected stays so and carries nothing ever again; new connections work
blackhole   nothing passes while it lasts, on no connection
dribble     one byte passes a second
delay       what the far side says comes so much later: acknowledgements
duplicate   what the far side says comes twice
"""
import asyncio
import contextlib
import random
import socket
import struct
import time

FAULTS = ("reset", "refuse", "half_open", "blackhole", "dribble", "delay", "duplicate")
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close() sends RST


class Link:
    """One connection and the one behind it."""

    def __init__(self, near, far):
        self.near, self.far = near, far  # writers
        self.dead = None  # since when it carries nothing, by time.monotonic()

    def reset(self):
        for side in (self.near, self.far):
            with contextlib.suppress(OSError, ValueError):
                side.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            side.transport.abort()


class Proxy:
    """`rewrite` may be set: told of each piece that the far side says, gives what is passed on instead."""

    def __init__(self, target):
        self.target = target
        self.rewrite = lambda piece: piece
        self.fault, self.until = None, 0.0
        self.links = set()
        self.noticed = []  # seconds from half-open to the client's giving up the connection

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def suffer(self, fault, seconds):
        self.fault, self.until = fault, time.monotonic() + seconds
        if fault in ("reset", "refuse"):
            for link in list(self.links):
                link.reset()
        if fault == "half_open":
            for link in self.links:
                link.dead = link.dead or time.monotonic()
        await asyncio.sleep(seconds)
        self.fault = None

    async def serve(self, reader, writer):
        if self.fault == "refuse":
            Link(writer, writer).reset()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        link = Link(writer, far_writer)
        self.links.add(link)
        there = asyncio.create_task(self.pump(link, reader, far_writer, self.passed))
        back = asyncio.create_task(self.pump(link, far_reader, writer, self.answered))
        await there  # until the client is gone
        if link.dead:
            self.noticed.append(time.monotonic() - link.dead)
        back.cancel()
        self.links.discard(link)
        for side in (writer, far_writer):
            side.close()

    async def pump(self, link, reader, writer, handle):
        """Until one side is gone; a link that is dead is read and goes nowhere, until its client gives up."""
        with contextlib.suppress(OSError):
            while piece := await reader.read(65536):
                if not link.dead:
                    await handle(link, writer, piece)
        if not link.dead:
            writer.close()

    async def passed(self, link, writer, piece):
        while self.fault == "blackhole" and not link.dead:
            await asyncio.sleep(0.02)
        while self.fault == "dribble" and len(piece) > 1 and not link.dead:
            writer.write(piece[:1])
            piece = piece[1:]
            await asyncio.sleep(1)
        if not link.dead:
            writer.write(piece)
            await writer.drain()

    async def answered(self, link, writer, piece):
        piece = self.rewrite(piece)
        if self.fault == "delay":
            await asyncio.sleep(random.uniform(0.2, 1.5))
        if self.fault == "duplicate":
            await self.passed(link, writer, piece)
        await self.passed(link, writer, piece)
