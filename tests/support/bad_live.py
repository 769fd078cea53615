"""Defects of the live socket: of the messages that a client gets, one is missing, late or out of order, or the connection ends."""

from __future__ import annotations

import asyncio
from typing import AsyncIterator

CONNECTIONS = 3  # Of each run of clients; the second of them meets what hits one alone.
AT = 20  # The delta that it happens to.
DELAY_S = 12.0
TEXT = 1


class Live:
    """What one connection meets."""

    alone = True  # It hits one connection of a run; else each.

    def __init__(self) -> None:
        self.deltas = 0

    async def take(self, kind: int, raw: bytes, payload: bytes) -> list[bytes] | None:
        """The frames that go to the client now; None: the connection ends."""
        if kind != TEXT or b'"type":"delta"' not in payload[:60]:
            return [raw]
        self.deltas += 1
        return await self.delta(raw)

    async def delta(self, raw: bytes) -> list[bytes] | None:
        return [raw]


class Skips(Live):
    """One message never comes."""

    async def delta(self, raw: bytes) -> list[bytes] | None:
        return [] if self.deltas == AT else [raw]


class SkipsAll(Skips):
    """The same message comes to nobody: no connection has less than the others."""

    alone = False


class Swaps(Live):
    """One message comes behind the next."""

    held = b""

    async def delta(self, raw: bytes) -> list[bytes] | None:
        if self.deltas == AT:
            self.held = raw
            return []
        held, self.held = self.held, b""
        return [raw, held] if held else [raw]


class Cuts(Live):
    """The connection ends."""

    async def delta(self, raw: bytes) -> list[bytes] | None:
        return None if self.deltas == AT else [raw]


class Delays(Live):
    """What comes from one message on comes late."""

    async def delta(self, raw: bytes) -> list[bytes] | None:
        if self.deltas == AT:
            await asyncio.sleep(DELAY_S)
        return [raw]


async def frames(reader: asyncio.StreamReader) -> AsyncIterator[tuple[int, bytes, bytes]]:
    """Kind, bytes and payload of each frame of a server, which masks none."""
    while True:
        raw = await reader.readexactly(2)
        length = raw[1] & 0x7F
        if length >= 126:
            more = await reader.readexactly(2 if length == 126 else 8)
            raw += more
            length = int.from_bytes(more, "big")
        payload = await reader.readexactly(length)
        yield raw[0] & 0x0F, raw + payload, payload


async def pass_frames(live: Live, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    async for kind, raw, payload in frames(reader):
        out = await live.take(kind, raw, payload)
        if out is None:
            return
        for one in out:
            writer.write(one)
        await writer.drain()
