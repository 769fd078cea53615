#!/usr/bin/python3
"""Answers POSTs after 10 to 110 ms, evenly spread, however many wait at the same time: delaying_server.py PORT. Its quantiles
are known: q of them take 10 ms + q × 100 ms and what the way takes."""

import asyncio
import sys

LEAST_S = 0.010
SPAN_S = 0.100
# Multiples of the golden ratio fill an interval more evenly than chance does.
GOLDEN = 0.6180339887498949
BODY = b'{"message":"ok","batch_stats":{"total_events":1,"failed_events":[]}}'
ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)


class Server:
    def __init__(self) -> None:
        self._requests = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                if b"content-length:" in head:
                    await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
                self._requests += 1
                # Not when this task happens to run again, but a time from now.
                await asyncio.sleep(LEAST_S + SPAN_S * (self._requests * GOLDEN % 1))
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


async def main() -> None:
    server = await asyncio.start_server(Server().serve, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


asyncio.run(main())
