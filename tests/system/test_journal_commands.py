"""Goal: the reading commands work beside a running server and tell what the server tells.

Method: run them while events arrive, compare with the API.
"""

from __future__ import annotations

import json
import subprocess
import threading

from support.client import Client
from support.events import cell_executed
from support.options import segment_bytes
from support.server import BINARY, SURROUNDINGS, Server, run_command, wait_until


def exported(server: Server, *options: str) -> list[dict]:
    return [json.loads(line) for line in run_command("journal", "export", "--data", server.data, *options).stdout.splitlines()]


def test_export_is_what_the_api_exports(server: Server) -> None:
    server.post([cell_executed(code=f"print('{n} 文字 😀')") for n in range(50)])
    lines = exported(server)
    assert [line["sequence"] for line in lines] == list(range(1, 51))
    assert lines == server.export()
    server.stop()
    assert exported(server) == lines


def test_both_exports_tell_events_from_the_rest(server: Server) -> None:
    """An event a line; what was kept in quarantine comes when it is asked for, told by its kind."""
    event = cell_executed(code="first")
    assert server.post([event, {**event, "code": "second"}]).status == 202
    assert [line["kind"] for line in exported(server)] == ["event"]
    assert exported(server) == server.export()
    everything = exported(server, "--all")
    assert [line["kind"] for line in everything] == ["event", "quarantine"]
    assert everything == server.export(all_kinds=True)
    assert server.get("/api/v1/events/export?all=2").status == 422


def test_export_into_a_reader_that_has_seen_enough(server: Server) -> None:
    """`export | head -1`: the pipe breaks while much is still to come, and that is no fault. A full disk is one."""
    for _ in range(3):
        server.post([cell_executed(code="x" * 1000) for _ in range(1000)])
    command = [str(BINARY), "journal", "export", "--data", str(server.data)]
    export = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=SURROUNDINGS)
    assert json.loads(export.stdout.readline())["sequence"] == 1
    export.stdout.close()
    assert export.stderr.read() == b""
    export.stderr.close()
    assert export.wait(60) == 0
    with open("/dev/full", "wb") as full:
        refused = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, env=SURROUNDINGS)
    assert refused.returncode == 3
    assert b"write the output" in refused.stderr


def test_inspect_and_verify(server: Server) -> None:
    server.post([cell_executed() for _ in range(30)])
    inspected = run_command("journal", "inspect", "--data", server.data).stdout.decode()
    identity = (server.journal / "identity").read_text(encoding="utf-8").splitlines()[1].split()[1]
    assert identity in inspected
    assert "30" in inspected
    assert run_command("journal", "verify", "--data", server.data).returncode == 0


def test_verify_finds_a_flipped_bit(server: Server) -> None:
    # Several groups: the last record alone could also be a torn write.
    for _ in range(3):
        server.post([cell_executed() for _ in range(10)])
    server.stop()
    (segment,) = server.journal.glob("*.segment")
    content = bytearray(segment.read_bytes())
    at = content.index(b"student001")
    content[at] ^= 1
    segment.write_bytes(content)
    done = run_command("journal", "verify", "--data", server.data, check=False)
    assert done.returncode != 0
    assert segment.name.encode() in done.stdout + done.stderr


def test_reading_while_events_arrive(new_server) -> None:
    """Never a torn entry, never one that is not durable yet, always a gapless beginning; and in the end all of it, while the
    writer still runs. The segments are small, so that readers go from one to the next."""
    server = new_server(*segment_bytes(1 << 20)).start()
    due = threading.Semaphore(60)  # Each round reads all of it again: what arrives during one has a bound, however long it takes.
    stopping = threading.Event()

    def send() -> None:
        client = Client(server.port)
        while due.acquire() and not stopping.is_set():
            assert client.post([cell_executed(code="x" * 1000) for _ in range(7)]).status == 202
        client.close()

    senders = [threading.Thread(target=send) for _ in range(3)]
    for sender in senders:
        sender.start()
    try:
        wait_until(lambda: server.relational()["durableSequence"] > 100, "events arrive")
        seen = 0
        rounds = 0
        while rounds < 20 or len(list(server.journal.glob("*.segment"))) < 3:
            rounds += 1
            due.release(60)
            lines = exported(server)
            assert [line["sequence"] for line in lines] == list(range(1, len(lines) + 1))
            assert len(lines) >= seen
            seen = len(lines)
            assert run_command("journal", "verify", "--data", server.data).returncode == 0
    finally:
        stopping.set()
        due.release(len(senders))
        for sender in senders:
            sender.join()
    assert seen > 100
    server.client.close()  # It has said nothing for as long as the rounds took: the server may have closed it.
    assert exported(server) == server.export()


def test_rebuild_gives_the_same_rows(server: Server) -> None:
    from support.database import event_rows

    # Projected in parts, so that the rows come from other batches than those of the rebuild.
    for begin in range(1, 201, 25):
        server.post([cell_executed(executionCount=n, hasError=n % 5 == 0) for n in range(begin, begin + 25)])
        server.wait_until_projected()
    before = event_rows(server.database)
    stopping = threading.Event()

    def send() -> None:
        client = Client(server.port)
        while not stopping.is_set():
            assert client.post([cell_executed()]).status == 202

    sender = threading.Thread(target=send)
    sender.start()
    try:
        assert run_command("rebuild", "relational", "--data", server.data).returncode == 0
    finally:
        stopping.set()
        sender.join()
    server.wait_until_projected()
    after = event_rows(server.database)
    assert after[:len(before)] == before
    assert len(after) == len(server.export())
