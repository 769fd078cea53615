"""A second reader of the journal, written from docs/formats/journal.md alone.

It shares nothing with the C++ code: XXH64 and CRC-32C are implemented here from their public specifications. When this
reader and `cellmon journal export` agree, the page describes the format completely; when they differ, one of them is wrong.

    /usr/bin/python3 independent_journal_reader.py DIR        prints an entry a line, as JSON
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import re
import struct
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

MASK64 = (1 << 64) - 1
SEGMENT_HEADER = struct.Struct("<8sII16sQQQII")
FOOTER = struct.Struct("<8sQQQQQIIII")
RECORD_HEADER = struct.Struct("<4sIQQIIQQQQ")
ENTRY_HEADER = struct.Struct("<16sQQQIIHHI")
DURABLE = struct.Struct("<QQ16sII")
assert (SEGMENT_HEADER.size, FOOTER.size, RECORD_HEADER.size, ENTRY_HEADER.size) == (64, 64, 64, 56)
SEGMENT_NAME = re.compile(r"^(\d{20})\.segment$")


class DamagedJournal(Exception):
    """The folder is not a journal that the format page allows. The text says where."""


def _crc32c_table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


CRC32C_TABLE = _crc32c_table()


def crc32c(data: bytes, seed: int = 0) -> int:
    """RFC 3720 appendix B.4; `seed` is the value of a previous CRC that this one continues."""
    value = seed ^ 0xFFFFFFFF
    table = CRC32C_TABLE
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF


P1, P2, P3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
P4, P5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5


def _rotate(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (64 - bits))) & MASK64


def _round(accumulator: int, lane: int) -> int:
    return _rotate((accumulator + lane * P2) & MASK64, 31) * P1 & MASK64


def xxh64(data: bytes, seed: int = 0) -> int:
    """XXH64 as its specification (xxhash_spec.md, version 0.2.0) has it."""
    position = 0
    length = len(data)
    if length >= 32:
        accumulators = [(seed + P1 + P2) & MASK64, (seed + P2) & MASK64, seed, (seed - P1) & MASK64]
        while position + 32 <= length:
            lanes = struct.unpack_from("<4Q", data, position)
            accumulators = [_round(a, lane) for a, lane in zip(accumulators, lanes)]
            position += 32
        a, b, c, d = accumulators
        value = (_rotate(a, 1) + _rotate(b, 7) + _rotate(c, 12) + _rotate(d, 18)) & MASK64
        for accumulator in accumulators:
            value = ((value ^ _round(0, accumulator)) * P1 + P4) & MASK64
    else:
        value = (seed + P5) & MASK64
    value = (value + length) & MASK64
    while position + 8 <= length:
        (lane,) = struct.unpack_from("<Q", data, position)
        value = (_rotate(value ^ _round(0, lane), 27) * P1 + P4) & MASK64
        position += 8
    if position + 4 <= length:
        (word,) = struct.unpack_from("<I", data, position)
        value = (_rotate(value ^ (word * P1 & MASK64), 23) * P2 + P3) & MASK64
        position += 4
    for byte in data[position:]:
        value = _rotate(value ^ (byte * P5 & MASK64), 11) * P1 & MASK64
    value = (value ^ (value >> 33)) * P2 & MASK64
    value = (value ^ (value >> 29)) * P3 & MASK64
    return value ^ (value >> 32)


@dataclass(frozen=True)
class Entry:
    sequence: int
    id: uuid.UUID
    content_hash: int
    received_us: int
    kind: int
    payload: bytes | None  # None: blanked, and the redaction list says so; or removed
    chain: int
    removed: bool = False  # its segment has no payloads any more

    def event(self) -> dict:
        return json.loads(self.payload.decode("utf-8"))


@dataclass(frozen=True)
class Identity:
    journal_id: uuid.UUID
    epoch: int


@dataclass
class Position:
    """Where the history stands: the last sequence that was read and the chain there."""

    sequence: int = 0
    chain: int = 0


def _checked_lines(path: Path, first_line: str) -> list[str]:
    """The lines between the first and the `crc32c` line of one of the small text files."""
    content = path.read_bytes()
    body, mark, last = content.rpartition(b"crc32c ")
    if not mark or not re.fullmatch(rb"[0-9a-f]{8}\n", last) or int(last, 16) != crc32c(body):
        raise DamagedJournal(f"{path.name}: the CRC does not fit")
    lines = body.decode("utf-8").split("\n")
    if lines[0] != first_line or lines[-1] != "":
        raise DamagedJournal(f"{path.name}: does not begin with '{first_line}'")
    return lines[1:-1]


def read_identity(directory: Path) -> Identity:
    lines = _checked_lines(directory / "identity", "cellmon-journal 1")
    values = dict(line.split(" ", 1) for line in lines)
    return Identity(uuid.UUID(values["id"]), int(values["epoch"]))


def read_redactions(directory: Path) -> list[tuple[int, int]]:
    path = directory / "redactions"
    if not path.exists():
        return []
    ranges = [line.split(" ") for line in _checked_lines(path, "cellmon-redactions 1")]
    return [(int(first), int(last)) for first, last in ranges]


def read_durable(directory: Path, identity: Identity) -> int:
    """The last durable sequence of this journal and epoch; 0 when the file does not tell."""
    path = directory / "durable"
    for _ in range(16):  # A writer may be in the middle of its write.
        data = path.read_bytes() if path.exists() else b""
        if len(data) != DURABLE.size:
            continue
        sequence, epoch, journal_id, _, crc = DURABLE.unpack(data)
        if crc == crc32c(data[:36]):
            ours = (uuid.UUID(bytes=journal_id), epoch) == (identity.journal_id, identity.epoch)
            return sequence if ours else 0
    return 0


def writer_runs(directory: Path) -> bool:
    try:
        lock = os.open(directory / "lock", os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(lock)


class SegmentReader:
    def __init__(self, path: Path, identity: Identity, redactions: list[tuple[int, int]]) -> None:
        self._name = path.name
        self._data = path.read_bytes()
        self._redactions = redactions
        self._read_header(identity)
        self._read_footer()

    def _damaged(self, offset: int, what: str) -> DamagedJournal:
        return DamagedJournal(f"{self._name} at {offset}: {what}")

    def _read_header(self, identity: Identity) -> None:
        if len(self._data) < 64:
            raise self._damaged(0, "shorter than a segment header")
        fields = SEGMENT_HEADER.unpack_from(self._data)
        magic, version, _, journal_id, self.epoch, self.first, self.chain_before, self.salt, crc = fields
        if magic != b"CMONSEG1" or crc != crc32c(self._data[:60]):
            raise self._damaged(0, "not a segment header")
        if version not in (1, 2):
            raise self._damaged(8, f"format version {version}")
        self.payloads_removed = version == 2
        if uuid.UUID(bytes=journal_id) != identity.journal_id:
            raise self._damaged(16, "belongs to another journal")
        if int(SEGMENT_NAME.match(self._name)[1]) != self.first:
            raise self._damaged(40, "the first sequence is not the one in the file's name")

    def _read_footer(self) -> None:
        self.sealed = False
        self.footer = None
        offset = len(self._data) - 64
        if offset < 64:
            return
        fields = FOOTER.unpack_from(self._data, offset)
        fits = fields[0] == b"CMONEND1" and fields[9] == crc32c(self._data[offset:offset + 60], self.salt)
        if fits and fields[4] == offset and fields[7] == self.salt:
            self.sealed = True
            self.footer = fields

    def entries(self, position: Position, last_segment: bool) -> Iterator[Entry]:
        if self.first != position.sequence + 1 or self.chain_before != position.chain:
            raise self._damaged(40, f"does not continue sequence {position.sequence}")
        if not self.sealed and not last_segment:
            raise self._damaged(len(self._data), "has no footer, and is not the last segment")
        end = len(self._data) - 64 if self.sealed else len(self._data)
        offset = 64
        records = 0
        while offset < end:
            record = self._record(offset, end, position)
            if isinstance(record, str):
                if self.sealed:
                    raise self._damaged(offset, record)
                self._refuse_valid_record_behind(offset, position)
                return
            entries, offset = record
            records += 1
            for entry in entries:
                position.sequence, position.chain = entry.sequence, entry.chain
                yield entry
        if self.sealed:
            _, first, last, chain, _, count, *_ = self.footer
            if (first, last, chain, count) != (self.first, position.sequence, position.chain, records):
                raise self._damaged(end, "the footer does not describe the records")

    def _head(self, offset: int, end: int) -> tuple | None:
        """The fields of a record header whose CRC is right."""
        if offset + 64 > end or self._data[offset:offset + 4] != b"CMG1":
            return None
        fields = RECORD_HEADER.unpack_from(self._data, offset)
        _, crc, total, _, count, *_ = fields
        head = 64 + 56 * count
        if count < 1 or total % 8 or total < head or offset + total > end:
            return None
        return fields if crc32c(self._data[offset + 8:offset + head], self.salt) == crc else None

    def _record(self, offset: int, end: int, position: Position) -> tuple[list[Entry], int] | str:
        """The record's entries and the offset behind it, or what is wrong with it."""
        fields = self._head(offset, end)
        if fields is None:
            return "no valid record header"
        _, _, total, first, count, _, _, chain_before, chain_after, _ = fields
        if first != position.sequence + 1 or chain_before != position.chain:
            return "the record does not continue the one before"
        chain = chain_before
        payload_at = offset + 64 + 56 * count
        entries = []
        for index in range(count):
            header_at = offset + 64 + 56 * index
            header = self._data[header_at:header_at + 56]
            raw_id, content_hash, received, sequence, length, crc, kind, encoding, _ = ENTRY_HEADER.unpack(header)
            if sequence != first + index or encoding != 0:
                return f"entry {index} of the record is not plausible"
            chain = xxh64(header, chain)
            if self.payloads_removed:
                entries.append(Entry(sequence, uuid.UUID(bytes=raw_id), content_hash, received, kind, None, chain, True))
                continue
            if payload_at + length > offset + total:
                return f"entry {index} of the record is not plausible"
            payload: bytes | None = self._data[payload_at:payload_at + length]
            payload_at += length
            if crc32c(payload) != crc:
                if not any(low <= sequence <= high for low, high in self._redactions):
                    return f"the payload of sequence {sequence} has another CRC"
                payload = None
            entries.append(Entry(sequence, uuid.UUID(bytes=raw_id), content_hash, received, kind, payload, chain))
        if chain != chain_after:
            return "the chain does not fit"
        padding = self._data[payload_at:offset + total]
        if len(padding) > 7 or any(padding):
            return "the record is not filled up as it must be"
        return entries, offset + total

    def _refuse_valid_record_behind(self, offset: int, position: Position) -> None:
        candidate = self._data.find(b"CMG1", offset + 8)
        while candidate >= 0:
            if candidate % 8 == 0:
                fields = self._head(candidate, len(self._data))
                if fields is not None and fields[3] > position.sequence:
                    raise self._damaged(offset, f"no valid record, but one lies behind it at {candidate}")
            candidate = self._data.find(b"CMG1", candidate + 1)


def read_journal(directory: Path | str) -> Iterator[Entry]:
    """All entries that may be shown, in order. Raises DamagedJournal."""
    directory = Path(directory)
    identity = read_identity(directory)
    beside_writer = writer_runs(directory)
    durable = read_durable(directory, identity)
    redactions = read_redactions(directory)
    names = sorted(name for name in os.listdir(directory) if SEGMENT_NAME.match(name))
    position = Position()
    for name in names:
        segment = SegmentReader(directory / name, identity, redactions)
        for entry in segment.entries(position, last_segment=name == names[-1]):
            if beside_writer and entry.sequence > durable:
                return
            yield entry
    if not beside_writer and durable > position.sequence:
        missing = durable - position.sequence
        raise DamagedJournal(f"{missing} acknowledged entries are missing behind sequence {position.sequence}")


def main() -> int:
    for entry in read_journal(sys.argv[1]):
        payload = None if entry.payload is None else base64.b64encode(entry.payload).decode("ascii")
        print(json.dumps({"sequence": entry.sequence, "id": str(entry.id), "kind": entry.kind,
                          "receivedUs": entry.received_us, "payload": payload}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
