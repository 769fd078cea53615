"""Goal: law 5. The relational store may be slow, absent, damaged, or back from the dead: events are taken all the while, the
lag is told, and nothing waits for the store but its own projection, which catches up when it can.

Method: each state for real, with SQLite and the file system from outside; then what the API says and what the rows are.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import Callable

from support.database import event_count, event_ids
from support.events import cell_executed
from support.server import Server, wait_until


def post(server: Server, count: int) -> None:
    """Each in a request of its own: none of them may wait for the store."""
    for _ in range(count):
        assert server.post([cell_executed()]).status == 202


def check_ingest_is_ready(server: Server) -> None:
    assert server.get("/api/v1/health/ready").status == 200
    assert server.get("/api/v1/health").status == 200, "ingest works, whatever the store does"


def check_rows_are_the_journal(server: Server) -> None:
    server.wait_until_projected()
    assert event_ids(server.database) == [event["eventId"] for event in server.export()]


def test_a_store_that_is_held_up(server: Server) -> None:
    """Another program holds the database for longer than the projection waits for it."""
    post(server, 5)
    server.wait_until_projected()
    with closing(sqlite3.connect(server.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        post(server, 20)
        held = wait_until(lambda: (entry := server.relational())["lastError"] and entry, "the projection meets the lock")
        assert "locked" in held["lastError"] and not held["alarm"]
        assert (held["lagEvents"], held["cursor"]["sequence"]) == (20, 5)
        assert held["lagSeconds"] > 0
        post(server, 5)
        check_ingest_is_ready(server)
        other.execute("ROLLBACK")
    check_rows_are_the_journal(server)
    assert event_count(server.database) == 30


def test_a_store_that_is_absent_at_the_start(server: Server) -> None:
    post(server, 3)
    server.stop()
    for file in server.data.glob("relational.db*"):
        file.unlink()
    server.database.mkdir()
    server.start()
    post(server, 10)
    check_ingest_is_ready(server)
    absent = wait_until(lambda: (entry := server.relational())["lastError"] and entry, "the projection says what it lacks")
    assert (absent["lagEvents"], absent["alarm"]) == (13, False)
    server.database.rmdir()
    check_rows_are_the_journal(server)
    assert event_count(server.database) == 13


def test_a_store_of_nonsense(server: Server) -> None:
    """Another attempt would meet the same, so a person is called; the file is left as it is, and ingest goes on."""
    post(server, 3)
    server.wait_until_projected()
    server.stop()
    nonsense = b"this was a database\n" * 1000
    server.database.write_bytes(nonsense)
    server.start()
    post(server, 3)
    check_ingest_is_ready(server)
    entry = wait_until(lambda: (entry := server.relational())["alarm"] and entry, "the projection gives up")
    assert (entry["state"], entry["lagEvents"]) == ("stopped", 6)
    assert server.get("/api/v1/health").json["status"] == "degraded"
    server.stop()
    assert server.database.read_bytes() == nonsense
    # Its rows are made from events: a new file gets them all.
    server.database.unlink()
    server.start()
    check_rows_are_the_journal(server)
    assert event_count(server.database) == 6


def test_a_store_back_from_a_backup(server: Server) -> None:
    """Its cursor is older than the journal's end: what it lacks is added, once."""
    post(server, 10)
    server.wait_until_projected()
    server.stop()
    backup = server.data.parent / "backup.db"
    shutil.copy(server.database, backup)
    server.start()
    post(server, 15)
    server.wait_until_projected()
    server.stop()
    for file in server.data.glob("relational.db*"):
        file.unlink()
    shutil.copy(backup, server.database)
    assert event_count(server.database) == 10
    server.start()
    check_rows_are_the_journal(server)
    assert event_count(server.database) == 25


def test_a_store_of_another_journal(new_server: Callable[..., Server]) -> None:
    """Its rows speak of other events: nothing is added to them and nothing is skipped."""
    other = new_server(name="other").start()
    post(other, 7)
    other.wait_until_projected()
    other.stop()
    server = new_server().start()
    post(server, 3)
    server.wait_until_projected()
    server.stop()
    for file in server.data.glob("relational.db*"):
        file.unlink()
    shutil.copy(other.database, server.database)
    server.start()
    post(server, 10)
    check_ingest_is_ready(server)
    entry = wait_until(lambda: (entry := server.relational())["alarm"] and entry, "the projection gives up")
    assert entry["state"] == "stopped" and "journal" in entry["lastError"]
    assert event_ids(server.database) == event_ids(other.database)
