"""Goal: docs/formats/journal.md is complete and true. A reader written from the page alone sees what ours sees, entry for
entry, and no flipped bit gets past it or ours.

Method: journals of the release binary with everything in them: several segments, groups of many sizes, quarantine, all
kinds of text.
"""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timezone
from pathlib import Path
from typing import Iterator

import pytest

from independent_journal_reader import (ENTRY_HEADER, RECORD_HEADER, SEGMENT_HEADER, DamagedJournal, crc32c, read_identity,
                                        read_journal, xxh64)
from support.events import cell_executed, numbered
from support.load import Ledger, Load
from support.options import segment_bytes
from support.server import Server, run_command, wait_until

SMALL_SEGMENT = 1 << 20
KINDS = {1: "event", 2: "quarantine", 3: "server"}


def time_text(time_us: int) -> str:
    whole = datetime.fromtimestamp(time_us // 1_000_000, timezone.utc)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{time_us % 1_000_000:06}Z"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A stopped server with a journal of several segments."""
    server = Server(tmp_path_factory.mktemp("filled") / "data", segment_bytes(SMALL_SEGMENT)).start()
    server.post([numbered("s", 1), numbered("s", 2, code=7), cell_executed(code="日本語 👩‍🏫 \u2028", futureField=[1, None])])
    event = cell_executed(code="one")
    server.post([event])
    server.post([{**event, "code": "two"}])
    ledger = Ledger()
    load = Load(server, ledger, seed=11, batch=60)
    wait_until(lambda: ledger.counts()[1] >= 6000, "the load is acknowledged", timeout_s=60)
    load.stop()
    server.stop()
    return server


def test_hash_functions_against_published_values() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(b"6789", crc32c(b"12345")) == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, appendix B.4
    assert xxh64(b"") == 0xEF46DB3751D8E999
    assert xxh64(b"a") == 0xD24EC4F1A98C6E5B
    assert xxh64(b"abc") == 0x44BC2CF5AD770999


def test_both_readers_see_the_same(filled: Server) -> None:
    entries = list(read_journal(filled.journal))
    assert len(list(filled.journal.glob("*.segment"))) >= 3
    assert [entry.sequence for entry in entries] == list(range(1, len(entries) + 1))
    assert {entry.kind for entry in entries} >= {1, 2}
    ours = [json.loads(line) for line in run_command("journal", "export", "--all", "--data", filled.data).stdout.splitlines()]
    assert len(ours) == len(entries)
    for mine, entry in zip(ours, entries):
        assert mine.pop("sequence") == entry.sequence
        assert mine.pop("kind") == KINDS[entry.kind]
        assert mine.pop("receivedTime") == time_text(entry.received_us)
        assert mine == entry.event()


def test_identity(filled: Server) -> None:
    identity = read_identity(filled.journal)
    inspected = run_command("journal", "inspect", "--data", filled.data).stdout.decode()
    assert str(identity.journal_id) in inspected
    assert identity.epoch == 1


def test_beside_a_running_writer(filled: Server, tmp_path: Path) -> None:
    """Rule 6: what the writer says is durable can be read, and all that is acknowledged is."""
    shutil.copytree(filled.data, tmp_path / "data")
    server = Server(tmp_path / "data", segment_bytes(SMALL_SEGMENT)).start()
    ledger = Ledger()
    load = Load(server, ledger, seed=12, batch=3)
    try:
        for _ in range(3):
            acknowledged = set(ledger.acknowledged)
            seen = {str(entry.id) for entry in read_journal(server.journal)}
            assert acknowledged <= seen
        load.stop()
        # The writer is still there, and nothing more comes to say that the last group is durable.
        assert set(ledger.acknowledged) <= {str(entry.id) for entry in read_journal(server.journal)}
    finally:
        load.stop()
        server.stop()


def outcome(journal: Path) -> list[tuple] | str:
    try:
        return [(entry.sequence, entry.id, entry.payload) for entry in read_journal(journal)]
    except DamagedJournal as damage:
        return str(damage)


@pytest.fixture(scope="module", params=["sealed", "unsealed"])
def small(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The data directory of a stopped server, and its first segment of three small records: sealed early, because the next
    group did not fit behind them, or the last one."""
    server = Server(tmp_path_factory.mktemp(request.param) / "data", segment_bytes(SMALL_SEGMENT)).start()
    for _ in range(3):
        server.post([cell_executed(), cell_executed(code="x" * 100)])
    if request.param == "sealed":
        server.post([cell_executed(code="x" * 250_000) for _ in range(5)])
    server.stop()
    segments = sorted(server.journal.glob("*.segment"))
    assert len(segments) == (2 if request.param == "sealed" else 1)
    return server.data, segments[0]


def bytes_that_say_something(content: bytes) -> Iterator[int]:
    """Offsets of all headers and the footer byte for byte, and of each 16th byte of the payloads. Not the zeros that fill a
    record up: nothing stands there, and only this page's reader looks at them."""
    yield from range(SEGMENT_HEADER.size)
    at = SEGMENT_HEADER.size
    while content[at:at + 4] == b"CMG1":
        _, _, total, _, count, *_ = RECORD_HEADER.unpack_from(content, at)
        entries = at + RECORD_HEADER.size
        payloads = entries + ENTRY_HEADER.size * count
        lengths = [ENTRY_HEADER.unpack_from(content, entries + ENTRY_HEADER.size * index)[4] for index in range(count)]
        yield from range(at, payloads)
        yield from range(payloads, payloads + sum(lengths), 16)
        at += total
    if content[at:at + 8] == b"CMONEND1":
        yield from range(at, len(content))


def test_no_flipped_bit_gets_past(small: tuple[Path, Path]) -> None:
    """Each is named: in the last record of the last segment, where it looks like a torn write, by the file `durable`."""
    data, segment = small
    assert isinstance(outcome(data / "journal"), list)
    run_command("journal", "verify", "--data", data)
    content = segment.read_bytes()
    for at in bytes_that_say_something(content):
        damaged = bytearray(content)
        damaged[at] ^= 1 << at % 8
        segment.write_bytes(damaged)
        assert isinstance(outcome(data / "journal"), str), f"byte {at} of {segment.name}"
        verdict = run_command("journal", "verify", "--data", data, check=False)
        assert verdict.returncode == 1, f"byte {at} of {segment.name}: {verdict}"
    segment.write_bytes(content)


def test_a_flipped_bit_of_durable_costs_nothing(filled: Server, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(filled.data, data)
    path = data / "journal" / "durable"
    whole = outcome(data / "journal")
    content = path.read_bytes()
    for at in range(0, len(content), 3):
        damaged = bytearray(content)
        damaged[at] ^= 1
        path.write_bytes(damaged)
        assert outcome(data / "journal") == whole, f"byte {at}"
        run_command("journal", "verify", "--data", data)


@pytest.mark.parametrize("name", ["identity"])
def test_flipped_bits_of_the_small_files(filled: Server, tmp_path: Path, name: str) -> None:
    data = tmp_path / "data"
    shutil.copytree(filled.data, data)
    path = data / "journal" / name
    content = path.read_bytes()
    for at in range(len(content)):
        damaged = bytearray(content)
        damaged[at] ^= 1
        path.write_bytes(damaged)
        assert isinstance(outcome(data / "journal"), str), f"byte {at}"


def test_missing_segment(filled: Server, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(filled.data, data)
    segments = sorted((data / "journal").glob("*.segment"))
    segments[1].unlink()
    assert "does not continue" in outcome(data / "journal")
    assert run_command("journal", "verify", "--data", data, check=False).returncode != 0
