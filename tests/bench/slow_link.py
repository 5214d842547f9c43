#!/usr/bin/python3
"""A link as a modem's: what goes in comes out `delay` seconds later, at most `rate` bytes a second towards the far end.

    slow_link.py FAR_PORT DELAY_S BYTES_PER_S

Prints its port when it listens; a line with the bytes carried so far towards the far end, whenever a line comes in.
"""
import asyncio
import collections
import sys

carried = 0


async def carry(reader, writer, delay, rate, counted):
    """Bounded: what is under way is at most what the link holds within `delay`, and one piece."""
    global carried
    loop = asyncio.get_running_loop()
    under_way = collections.deque()
    more = asyncio.Event()

    async def deliver():
        while True:
            while not under_way:
                more.clear()
                await more.wait()
            due, piece = under_way.popleft()
            await asyncio.sleep(max(0, due - loop.time()))
            if not piece:
                writer.close()
                return
            writer.write(piece)
            await writer.drain()

    delivery = asyncio.create_task(deliver())
    free = loop.time()  # when the link has sent what it was given
    while True:
        piece = await reader.read(8192)
        free = max(free, loop.time()) + len(piece) / rate
        under_way.append((free + delay, piece))
        more.set()
        if counted:
            carried += len(piece)
        if not piece:
            break
        await asyncio.sleep(max(0, free - loop.time()))
    await delivery


async def serve(far_port, delay, rate):
    async def connected(reader, writer):
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", far_port)
        await asyncio.gather(carry(reader, far_writer, delay, rate, True), carry(far_reader, writer, delay, rate, False),
                             return_exceptions=True)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=16384)
    print(server.sockets[0].getsockname()[1], flush=True)
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while await lines.readline():
        print(carried, flush=True)


asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])))
