"""Frames of WebSockets, byte by byte: right ones, wrong ones, and what the server sends."""

from __future__ import annotations

import random
import socket

from support.raw import connect, send

CONTINUE, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def frame(opcode: int, payload: bytes = b"", last: bool = True, reserved: int = 0, mask: bytes | None = b"\x1f\xc0\x7e\xa5",
          announced: int | None = None, form: int = 0) -> bytes:
    """`announced`: the length it claims; `form`: 2 or 8 bytes of length where fewer would do; `mask=None`: none."""
    length = len(payload) if announced is None else announced
    form = form or (0 if length < 126 else 2 if length < 1 << 16 else 8)
    masked = 0x80 if mask is not None else 0
    short = {0: length & 0x7F, 2: 126, 8: 127}[form]
    head = bytes([(0x80 if last else 0) | reserved << 4 | opcode, masked | short])
    if form:
        head += (length & ((1 << 8 * form) - 1)).to_bytes(form, "big")
    if mask is None:
        return head + payload
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def close(code: int, reason: bytes = b"") -> bytes:
    return frame(CLOSE, code.to_bytes(2, "big") + reason)


# What RFC 6455 forbids, or this server does not take, and the code that says so.
WRONG = {
    "a reserved bit": (frame(TEXT, b"{}", reserved=4), 1002),
    "no mask": (frame(TEXT, b"{}", mask=None), 1002),
    "an unknown opcode": (frame(3, b"{}"), 1002),
    "an unknown control opcode": (frame(11, b"{}"), 1002),
    "a ping in fragments": (frame(PING, b"a", last=False), 1002),
    "a long ping": (frame(PING, b"a" * 126), 1002),
    "a continuation of nothing": (frame(CONTINUE, b"{}"), 1002),
    "a message in a message": (frame(TEXT, b"{", last=False) + frame(TEXT, b"}"), 1002),
    "a length longer than need be": (frame(TEXT, b"{}", form=2), 1002),
    "a length of eight bytes for two": (frame(TEXT, b"a" * 200, form=8), 1002),
    "a negative length": (frame(TEXT, announced=(1 << 64) - 1, form=8), 1002),
    "a huge length": (frame(TEXT, announced=1 << 40), 1009),
    "a length just too large": (frame(TEXT, announced=(64 << 10) + 1), 1009),
    "too much in fragments": (frame(TEXT, b"a" * 40_000, last=False) + frame(CONTINUE, b"a" * 40_000), 1009),
    "binary": (frame(BINARY, b"\x00"), 1003),
    "no UTF-8": (frame(TEXT, b"\xff\xfe"), 1007),
    "half a character": (frame(TEXT, "あ".encode()[:2]), 1007),
    "a surrogate": (frame(TEXT, b"\xed\xa0\x80"), 1007),
    "a close code that may not travel": (close(1005), 1002),
    "a close code of nobody": (close(999), 1002),
    "a close code out of range": (close(5000), 1002),
    "half a close code": (frame(CLOSE, b"\x03"), 1002),
    "a reason that is no UTF-8": (close(1000, b"\xff"), 1007),
}


def open_socket(port: int, path: str, timeout_s: float = 20.0) -> socket.socket:
    """Behind its handshake, of which nothing behind the head is read."""
    connection = connect(port, timeout_s=timeout_s)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                       "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        assert byte, f"no answer to the handshake at {path}: {head!r}"
        head += byte
    assert head.startswith(b"HTTP/1.1 101 "), (path, head)
    return connection


def heard(data: bytes, whole: bool = True) -> tuple[list[str], int]:
    """The messages of the server and the code with which it closed (0: it did not); what RFC 6455 forbids it fails."""
    texts: list[str] = []
    while len(data) >= 2:
        first, length = data[0], data[1]
        opcode, at = first & 0x0F, 2
        assert first & 0x70 == 0 and length < 0x80, f"not a frame of a server: {data[:20]!r}"
        assert first & 0x80 and opcode in (TEXT, CLOSE, PING, PONG), f"not a frame of this server: {data[:20]!r}"
        if length >= 126:
            at = 4 if length == 126 else 10
            length = int.from_bytes(data[2:at], "big")
        payload, left = data[at:at + length], data[at + length:]
        if len(payload) < length:
            break
        data = left
        if opcode == TEXT:
            texts.append(payload.decode())
        if opcode == CLOSE:
            assert not data, f"bytes behind the last: {data[:100]!r}"
            payload[2:].decode()
            return texts, int.from_bytes(payload[:2], "big")
    assert not whole or not data, f"a frame that is cut: {data[:100]!r}"
    return texts, 0


def random_frames(source: random.Random) -> bytes:
    """A few frames, most of them sound ones of which bits, lengths or ends were changed."""
    made = b""
    for _ in range(source.randint(1, 5)):
        kind = source.random()
        if kind < 0.25:
            made += source.choice(list(WRONG.values()))[0]
            continue
        payload = source.choice([b"", b"{}", b"[]", b'{"type":"ping"}', b'{"type":"join_room","room":"r"}', b'{"type":null}', b"\x00",
                                 source.randbytes(source.randint(0, 300)), b"[" * 2_000, "日本語".encode() * source.randint(1, 60)])
        one = frame(source.choice([TEXT, TEXT, TEXT, CONTINUE, PING, PONG, CLOSE, BINARY, source.randrange(16)]), payload,
                    last=source.random() < 0.8, mask=source.randbytes(4))
        if kind < 0.6:
            changed = bytearray(one)
            for _ in range(source.randint(1, 3)):
                changed[source.randrange(min(len(changed), 14))] = source.randrange(256)
            one = bytes(changed)
        made += one if source.random() < 0.9 else one[:source.randint(0, len(one))]
    return made


def say(connection: socket.socket, data: bytes, source: random.Random) -> None:
    """In one piece or in a few."""
    cuts = sorted({0, len(data), *(source.randrange(len(data) + 1) for _ in range(source.choice([0, 0, 2])))})
    for begin, end in zip(cuts, cuts[1:]):
        if not send(connection, data[begin:end]):
            return
