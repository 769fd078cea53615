"""Goal: a full disk costs nothing. Below the reserve ingest answers 503 with Retry-After, reads go on, and ingest resumes by
itself when there is space.

Method: a small file system of the server's own (in a mount namespace that ends with it), filled and emptied while it runs;
with a reserve and without one; and a reserve larger than any disk.
"""

from __future__ import annotations

from pathlib import Path

from support.events import cell_executed
from support.load import Ledger, send_again
from support.options import disk_reserve, segment_bytes
from support.server import Server, wait_until
from support.small_disk import MIB, fill, inside, on_small_disk

LARGER_THAN_ANY_DISK = 1 << 40


def small_disk(data: Path, size_bytes: int) -> list[str]:
    data.mkdir()
    return on_small_disk(data, size_bytes)


def post(server: Server, events: list[dict], ledger: Ledger) -> int:
    ledger.sent(events)
    answer = server.post(events)
    ledger.answered(events, answer.status)
    if answer.status == 503:
        assert int(answer.headers["retry-after"]) >= 1
    return answer.status


def check_reads_go_on(server: Server, ledger: Ledger) -> None:
    assert {event["eventId"] for event in server.export()} == ledger.acknowledged
    assert server.get("/api/v1/projections").status == 200
    assert server.get("/api/v1/delivery").status == 200
    assert server.get("/metrics").status == 200
    assert server.get("/api/v1/health/live").status == 200
    health = server.get("/api/v1/health")
    assert health.status == 503, "ingest does not work"


def test_disk_that_fills_up_and_empties(new_server, tmp_path: Path) -> None:
    server: Server = new_server(*disk_reserve(32 * MIB), *segment_bytes(8 * MIB))
    server.start(wrapper=small_disk(server.data, 128 * MIB))
    ledger = Ledger()
    assert post(server, [cell_executed() for _ in range(100)], ledger) == 202

    filler = inside(server.process.pid, server.data) / "filler"
    fill(filler, leave_bytes=4 * MIB)
    wait_until(lambda: post(server, [cell_executed()], ledger) == 503, "ingest is refused")
    check_reads_go_on(server, ledger)
    assert server.get("/api/v1/health/ready").status == 503

    filler.unlink()
    wait_until(lambda: post(server, [cell_executed()], ledger) == 202, "ingest resumes by itself")
    assert server.get("/api/v1/health/ready").status == 200
    send_again(server, ledger.unknown(), ledger)
    stored = [event["eventId"] for event in server.export()]
    assert len(stored) == len(set(stored)) == len(ledger.events)
    assert set(stored) == set(ledger.events)
    server.wait_until_projected()
    server.stop()


def test_disk_that_the_load_itself_fills(new_server, tmp_path: Path) -> None:
    """Nobody else writes: the journal stops in time by its own reserve, without an error of the disk."""
    server: Server = new_server(*disk_reserve(16 * MIB), *segment_bytes(4 * MIB))
    server.start(wrapper=small_disk(server.data, 64 * MIB))
    ledger = Ledger()
    statuses = []
    while 503 not in statuses:
        statuses.append(post(server, [cell_executed(code="x" * 200_000) for _ in range(10)], ledger))
        assert set(statuses) <= {202, 503}
        assert len(statuses) < 200
    assert statuses.count(202) >= 5
    check_reads_go_on(server, ledger)
    server.stop()


def test_disk_that_is_full_to_the_end(new_server, tmp_path: Path) -> None:
    """Without a reserve journal and rows meet errors of the disk. Nothing is lost, nothing ends, and all of it goes on when
    there is space. The second time tells whether what the first one left half done was taken for whole."""
    server: Server = new_server(*disk_reserve(0), *segment_bytes(4 * MIB))
    server.start(wrapper=small_disk(server.data, 64 * MIB))
    ledger = Ledger()
    assert post(server, [cell_executed()], ledger) == 202

    filler = inside(server.process.pid, server.data) / "filler"
    for _ in range(2):
        fill(filler, leave_bytes=0)
        statuses: list[int] = []
        while 503 not in statuses:
            statuses.append(post(server, [cell_executed(code="x" * 200_000) for _ in range(10)], ledger))
            assert set(statuses) <= {202, 503}
            assert len(statuses) < 50
        assert {event["eventId"] for event in server.export()} == ledger.acknowledged
        wait_until(lambda: server.relational()["lastError"], "the rows meet the end of the disk, too")
        assert server.relational()["alarm"] is False

        filler.unlink()
        wait_until(lambda: post(server, [cell_executed()], ledger) == 202, "ingest resumes by itself")
        send_again(server, ledger.unknown(), ledger)
        stored = [event["eventId"] for event in server.export()]
        assert len(stored) == len(set(stored)) and set(stored) == set(ledger.events)
        rows = server.wait_until_projected()
        assert (rows["cursor"]["sequence"], rows["deadLetters"]) == (len(stored), 0)
    server.stop()


def test_reserve_larger_than_the_disk(new_server) -> None:
    server: Server = new_server()
    server.start()
    ledger = Ledger()
    assert post(server, [cell_executed()], ledger) == 202
    server.stop()
    server.start(options=disk_reserve(LARGER_THAN_ANY_DISK), ready=False)
    assert post(server, [cell_executed()], ledger) == 503
    check_reads_go_on(server, ledger)
    server.stop()
    server.start()
    send_again(server, ledger.unknown(), ledger)
    assert len(server.export()) == 2
    # What was acknowledged before is acknowledged again.
    assert post(server, list(ledger.events.values()), ledger) == 202
