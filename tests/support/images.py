"""Images and forms for the tests of maps, written here: nothing but the standard library."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from support.server import ROOT

SAMPLES: Path = ROOT / "tests/data/maps"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 64, height: int = 48, depth: int = 8, colour_type: int = 2, row: bytes | None = None, extra: bytes = b"",
        rows: int | None = None) -> bytes:
    """Each line is `row`, red when there is none, and cut where no map is that wide; `rows`: as many lines as are really there."""
    row = b"\xff\x00\x00" * min(width, 16_384) if row is None else row
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    lines = zlib.compress((b"\x00" + row) * (height if rows is None else rows), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + extra + _chunk(b"IDAT", lines) + _chunk(b"IEND", b"")


def palette_png() -> bytes:
    """Of two colours, one of which is transparent."""
    return png(16, 16, 8, 3, b"\x00\x01" * 8, _chunk(b"PLTE", b"\x00\xff\x00\xff\x00\xff") + _chunk(b"tRNS", b"\xff\x00"))


def jpeg_size(jpeg: bytes) -> tuple[int, int]:
    """Width and height of a plain JPEG, whose markers are all looked at: none holds metadata."""
    assert jpeg.startswith(b"\xff\xd8") and jpeg.endswith(b"\xff\xd9")
    at, size = 2, None
    while jpeg[at + 1] != 0xDA:
        marker, length = struct.unpack(">xBH", jpeg[at:at + 4])
        assert marker not in (0xFE, *range(0xE1, 0xEE)), f"metadata: {marker:02x}"
        if marker in (0xC0, 0xC2):
            height, width = struct.unpack(">HH", jpeg[at + 5:at + 9])
            size = (width, height)
        at += 2 + length
    assert size is not None
    return size


BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


def form(**fields: str | tuple[str, bytes] | tuple[str, bytes, str]) -> bytes:
    """As a browser sends it: a text, or the name and the content of a file, and its type."""
    body = b""
    for name, value in fields.items():
        body += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        if isinstance(value, str):
            body += b"\r\n\r\n" + value.encode()
        else:
            filename, content, *kind = value
            body += f'; filename="{filename}"\r\nContent-Type: {(kind or ["image/png"])[0]}\r\n\r\n'.encode() + content
        body += b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()
