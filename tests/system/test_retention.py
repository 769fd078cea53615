"""Goal: what events say leaves the journal when it is old or too much, and not before a backup has it; ids stay, so that a resend never
doubles; what would need it again says so and touches nothing, and a backup brings it back.

Method: the release binary under a clock that is moved by days; the second reader of the journal, the rows in SQLite, the commands.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable

import pytest

from independent_journal_reader import read_journal
from support.backups import back_up, exported_ids, restore
from support.database import event_ids, event_rows
from support.events import cell_executed
from support.later import later
from support.options import segment_bytes
from support.retention import inspected, journal_bytes, metric, removed_through
from support.server import Server, run_command, wait_until

MIB = 1 << 20
SECRET = "what-was-once-written"
pytestmark = pytest.mark.moved_clock
OPTIONS = (*segment_bytes(MIB), "--checkpoint-interval", "200ms")
BY_DAYS = ("--retention-payload-days", "30")
EVENTS = 8_000  # Some four segments.


def fill(server: Server) -> list[dict]:
    events = [cell_executed(code=f"{SECRET} {n}", emailAddress=f"student{n % 40:03}@example.com", executionCount=n) for n in range(EVENTS)]
    for begin in range(0, EVENTS, 200):
        assert server.post(events[begin:begin + 200]).status == 202
    server.wait_until_projected()
    return events


def traces(server: Server) -> int:
    """How often an event's own words stand in the journal."""
    return sum(path.read_bytes().count(SECRET.encode()) for path in server.journal.glob("*.segment"))


def audited(server: Server, *options: str) -> dict:
    done = run_command("audit", "--data", server.data, "--json", *options, check=False)
    (report,) = json.loads(done.stdout)["stores"]
    assert done.returncode == (0 if report["clean"] else 1), done
    return report


@pytest.fixture
def aged(new_server: Callable[..., Server], tmp_path: Path) -> tuple[Server, list[dict], Path]:
    """A running server forty days later, that keeps contents for thirty; its events, and a backup of all of them."""
    server = new_server(*OPTIONS, *BY_DAYS).start()
    events = fill(server)
    back_up(server, tmp_path / "backups")
    server.stop()
    server.environment.update(later(40))
    server.start()
    wait_until(lambda: metric(server, "segments_total") >= 2 and metric(server, "waiting_segments") == 0, "old contents are removed")
    return server, events, tmp_path / "backups"


def test_old_contents_go_and_everything_else_stays(aged: tuple[Server, list[dict], Path]) -> None:
    server, events, _ = aged
    through = removed_through(server)
    assert metric(server, "sequence") == through and metric(server, "ok") == 1
    assert EVENTS / 2 < through < EVENTS
    assert traces(server) == EVENTS - through
    assert "retention: the content of the events through sequence" in server.log()

    # Both readers: each event has its place and its id.
    entries = list(read_journal(server.journal))[:EVENTS]
    assert [str(entry.id) for entry in entries] == [event["eventId"] for event in events]
    assert [entry.removed for entry in entries] == [n < through for n in range(EVENTS)]
    verified = run_command("journal", "verify", "--data", server.data)
    assert f"Of {through} of them the payloads were removed".encode() in verified.stdout
    assert "payloads removed" in run_command("journal", "inspect", "--data", server.data).stdout.decode()
    lines = server.export()
    assert [line.get("removed", False) for line in lines] == [n < through for n in range(EVENTS)]
    assert [line["id"] for line in lines[:through]] == [event["eventId"] for event in events[:through]]
    assert lines[-1]["code"] == events[-1]["code"]

    # A resend is a resend; other content under an old id is no new event.
    rows = event_rows(server.database)
    answer = server.post([events[0], events[through - 1], events[-1]])
    assert answer.status == 202 and answer.stats["duplicates"] == 3
    assert server.post([{**events[1], "code": "changed"}]).stats["duplicates"] == 0
    server.wait_until_projected()
    assert event_rows(server.database) == rows and len(rows) == EVENTS
    assert server.post([cell_executed()]).status == 202

    # What can be compared is; the rest is named.
    server.wait_until_projected()
    for depth in ((), ("--deep",)):
        report = audited(server, *depth)
        assert report["clean"] and f"through sequence {through} was removed" in report["notes"][0], report

    # A death, and a start in which nothing is to be done.
    server.kill()
    server.start()
    server.wait_until_projected()
    assert removed_through(server) == through
    assert server.post([events[0]]).stats["duplicates"] == 1
    assert not [line for line in server.log().splitlines() if " error " in line]


def test_what_would_need_them_refuses_and_touches_nothing(aged: tuple[Server, list[dict], Path]) -> None:
    server, events, backups = aged
    through = removed_through(server)
    rows = event_rows(server.database)
    for options in ((), ("--accept-difference",)):
        refused = run_command("rebuild", "relational", "--data", server.data, *options, check=False)
        assert refused.returncode == 3 and f"through sequence {through} was removed".encode() in refused.stderr, refused
    assert event_rows(server.database) == rows

    # The rows are lost: events are taken all the same, and nobody fills a part of the tables.
    server.stop()
    for path in server.data.glob("relational.db*"):
        path.unlink()
    server.start(ready=False)
    stopped = wait_until(lambda: (entry := server.relational())["state"] == "stopped" and entry, "the projection has stopped")
    assert stopped["lastError"].startswith("needs_snapshot: needs snapshot") and "cellmon restore" in stopped["lastError"]
    assert server.post([cell_executed()]).status == 202
    assert server.post([events[0]]).stats["duplicates"] == 1
    server.stop()

    # The backup that was made before still has them.
    restored = Server(server.data.parent / "restored", OPTIONS)
    done = restore(backups, restored.data)
    assert b"is not in that backup" not in done.stdout
    try:
        restored.start()
        restored.wait_until_projected()
        ids = [event["eventId"] for event in events]
        assert event_ids(restored.database) == ids == exported_ids(restored.data)
        assert removed_through(restored) == 0 and traces(restored) == EVENTS
    finally:
        restored.kill()


def test_backups_behind_it(aged: tuple[Server, list[dict], Path], tmp_path: Path) -> None:
    """In the same folder they keep the contents; in another one they say what they lack."""
    server, events, backups = aged
    through = removed_through(server)
    assert server.post([cell_executed()]).status == 202
    for where, lacks in ((backups, 0), (tmp_path / "elsewhere", through)):
        back_up(server, where)
        assert run_command("backup", "verify", "--from", where).returncode == 0
        data = tmp_path / f"restored-{lacks}"
        done = restore(where, data)
        assert (f"events through {through} is not in that backup".encode() in done.stdout) is (lacks > 0), done.stdout
        other = Server(data)
        assert removed_through(other) == lacks
        entries = list(read_journal(other.journal))
        assert [str(entry.id) for entry in entries[:EVENTS]] == [event["eventId"] for event in events]
        assert sum(entry.removed for entry in entries) == lacks
    # A server on what lacks them takes events, and fills no part of a table.
    server.stop()
    other = Server(tmp_path / f"restored-{through}", OPTIONS)
    try:
        other.start(ready=False)
        stopped = wait_until(lambda: (entry := other.relational())["state"] == "stopped" and entry, "there is nothing to make rows from")
        assert "needs snapshot" in stopped["lastError"]
        assert other.post([events[5]]).stats["duplicates"] == 1
        assert other.post([cell_executed()]).stats["duplicates"] == 0
        assert "their numbers count as never received" in other.log()
    finally:
        other.kill()


def test_by_size_and_not_without_a_backup(new_server: Callable[..., Server], tmp_path: Path) -> None:
    server = new_server(*OPTIONS, "--retention-payload-bytes", f"{MIB}B").start()
    fill(server)
    # What is young stays, whatever its size.
    before = journal_bytes(server)
    assert before > 2 * MIB and metric(server, "waiting_segments") == 0
    server.stop()
    server.environment.update(later(0.5))
    server.start()
    wait_until(lambda: metric(server, "waiting_segments") > 0, "the oldest are due")
    assert metric(server, "segments_total") == 0 and metric(server, "ok") == 0
    assert removed_through(server) == 0 and traces(server) == EVENTS

    back_up(server, tmp_path / "backups")
    wait_until(lambda: metric(server, "waiting_segments") == 0 and metric(server, "segments_total") > 0, "a backup has them")
    kept = [segment for segment in inspected(server)["segments"] if segment["sealed"] and not segment["payloadsRemoved"]]
    assert kept and sum(segment["bytes"] for segment in kept) <= MIB, "not more than must"
    assert metric(server, "kept_bytes") == sum(segment["bytes"] for segment in kept)
    assert journal_bytes(server) < before / 2
    assert audited(server)["clean"]


def test_also_without_a_backup_when_told(new_server: Callable[..., Server]) -> None:
    server = new_server(*OPTIONS, *BY_DAYS, "--retention-without-backup", "on").start()
    fill(server)
    server.stop()
    server.environment.update(later(40))
    server.start()
    wait_until(lambda: metric(server, "segments_total") > 0 and metric(server, "waiting_segments") == 0, "nobody waits for a backup")
    assert traces(server) == EVENTS - removed_through(server)


def test_a_day_ends_a_segment(new_server: Callable[..., Server]) -> None:
    """What a small class writes fills no segment in months: what is old lies apart all the same, when it goes by days."""
    server = new_server(*OPTIONS, *BY_DAYS, "--retention-without-backup", "on").start()
    assert server.post([cell_executed(code=f"{SECRET} 1")]).status == 202
    server.wait_until_projected()
    server.stop()
    server.environment.update(later(40))
    server.start()
    assert traces(server) == 1, "nothing follows it yet"
    assert server.post([cell_executed(code=f"{SECRET} 2")]).status == 202
    server.wait_until_projected()
    assert len(list(server.journal.glob("*.segment"))) == 2
    server.restart()
    wait_until(lambda: metric(server, "sequence") == 1, "what is old is gone")
    assert traces(server) == 1
