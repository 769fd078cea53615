"""The server's flags that the tests use, in one place."""

from __future__ import annotations


def segment_bytes(size: int) -> tuple[str, ...]:
    return ("--journal-segment-bytes", str(size))


def disk_reserve(size: int) -> tuple[str, ...]:
    return ("--journal-disk-reserve-bytes", str(size))


def projection_batch(events: int) -> tuple[str, ...]:
    return ("--projection-batch-events", str(events))


def gap_grace(milliseconds: int) -> tuple[str, ...]:
    return ("--stream-gap-grace", f"{milliseconds}ms")
