"""TLS in front of a plain destination, whose certificate can be changed at any time; what a client says to a wrong one is counted."""
import asyncio
import ssl

from fault_proxy import Proxy


class Door(Proxy):
    """`authority`: tests/support/authority.py; `client`: whose certificates clients must show, None: nobody asks."""

    def __init__(self, target, authority, client=None):
        super().__init__(target)
        self.authority, self.client = authority, client
        self.asked = 0  # by clients that were shown a wrong certificate
        self.handshakes = 0  # with a right one that a client agreed to
        self.stolen = 0  # bytes after the handshake that were meant for another

    async def start(self):
        await super().start()  # for a port of its own
        await self.show("good0")

    async def show(self, certificate):
        """From now on; every connection is closed."""
        self.server.close()
        for link in list(self.links):
            link.reset()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.authority.path(certificate) + ".pem", self.authority.path(certificate) + ".key")
        if self.client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.authority.path(self.client) + ".pem")
        good = certificate.startswith("good")
        if not good:
            context.sni_callback = self.ask
        self.server = await asyncio.start_server(self.let_in if good else self.steal, "127.0.0.1", self.port, ssl=context)

    def ask(self, *_):
        self.asked += 1

    async def let_in(self, reader, writer):
        self.handshakes += 1
        await self.serve(reader, writer)

    async def steal(self, reader, writer):
        try:
            while piece := await reader.read(65536):
                self.stolen += len(piece)
        except OSError:
            pass
        writer.close()
